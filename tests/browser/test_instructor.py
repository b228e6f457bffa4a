"""An instructor in formgrader: autograde (our runner behind the button), mark by hand, comment, feedback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Lab
from tests.conftest import TOPIC

COMMENT = "Think of one step in two directions."


def test_autograde_mark_and_give_feedback(page: Page, lab: Lab) -> None:
    page.goto(lab.url("/formgrader"))
    expect(page.locator("#main-table")).to_contain_text(TOPIC)

    page.goto(lab.url(f"/formgrader/manage_submissions/{TOPIC}"))
    row = page.locator("#main-table tr").filter(has_text="ada")
    expect(row).to_contain_text("needs autograding")
    row.locator("td.autograde a").click()
    dialog = page.locator(".modal-body")
    expect(dialog).to_contain_text(f"Successfully autograded '{TOPIC}' for student 'ada'")
    close(page)
    expect(row.locator("td.status")).to_contain_text("needs manual grading")
    expect(row.locator("td.score")).to_have_text("3 / 8")
    # Our runner left experiments out; nbgrader's own would have run them.
    graded = nbformat.read(lab.folder / "autograded" / "ada" / TOPIC / f"{TOPIC}.ipynb", as_version=4)
    (look,) = [cell for cell in graded.cells if "look" in cell.metadata.get("tags", [])]
    assert look.execution_count is None

    page.goto(lab.url(f"/formgrader/gradebook/{TOPIC}/{TOPIC}"))
    page.locator("#main-table a").first.click()
    expect(page.locator("#scale-examples")).to_have_attribute("placeholder", "0")
    expect(page.locator("body")).to_contain_text("you forgot that a negative number can be the largest in size")
    score = page.locator("#why-scale")
    score.fill("2")
    score.blur()
    comment = page.locator("#scale-comment")
    comment.fill(COMMENT)
    comment.blur()
    # Each is saved as it loses the focus, and formgrader shows it for a moment.
    page.wait_for_timeout(2000)

    with Gradebook(f"sqlite:///{lab.folder / 'gradebook.db'}") as gradebook:
        assert gradebook.find_grade("why-scale", TOPIC, TOPIC, "ada").manual_score == 2
        assert gradebook.find_comment("scale", TOPIC, TOPIC, "ada").comment == COMMENT

    page.goto(lab.url(f"/formgrader/manage_submissions/{TOPIC}"))
    row = page.locator("#main-table tr").filter(has_text="ada")
    expect(row.locator("td.score")).to_have_text("5 / 8")
    row.locator("td.generate-feedback a").click()
    expect(page.locator(".modal-body")).to_contain_text("Successfully generated feedback")

    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    page.on("request", lambda request: messages.append(request.url) if request.url.startswith("http") else None)
    page.goto((lab.folder / "feedback" / "ada" / TOPIC / f"{TOPIC}.html").as_uri())
    body = page.locator("body")
    expect(body).to_contain_text("5 of 8 points")
    expect(body).to_contain_text("you forgot that a negative number can be the largest in size")
    expect(body).to_contain_text(COMMENT)
    # It loads nothing, runs nothing, and nothing is wider than a telephone.
    assert messages == []
    page.set_viewport_size({"width": 380, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


def close(page: Page) -> None:
    page.locator(".modal-footer button").first.click()
    expect(page.locator(".modal-body")).to_have_count(0)


def test_the_exchange_between_two_folders(lab: Lab, tmp_path: Path) -> None:
    """Release, fetch, submit, collect: an instructor and a student on one machine."""
    exchange, student = tmp_path / "exchange", tmp_path / "student"
    exchange.mkdir()
    exchange.chmod(0o777)
    student.mkdir()
    settings = (
        f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\nc.CourseDirectory.course_id = 'deep-learning-nlp'\n"
    )
    (student / "nbgrader_config.py").write_text(settings, encoding="utf-8")

    def nbgrader(folder: Path, *command: str) -> str:
        home = tmp_path / f"home-{folder.name}"
        home.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "HOME": str(home),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NBGRADER_LOG_LEVEL": "INFO",
        }
        done = subprocess.run(["nbgrader", *command], cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    nbgrader(lab.folder, "release_assignment", TOPIC, f"--Exchange.root={exchange}")
    nbgrader(student, "fetch_assignment", TOPIC)
    fetched = student / TOPIC / f"{TOPIC}.ipynb"
    assert "not implemented yet" in fetched.read_text(encoding="utf-8")
    nbgrader(student, "submit", TOPIC)
    nbgrader(lab.folder, "collect", TOPIC, f"--Exchange.root={exchange}")
    collected = [
        path for path in (lab.folder / "submitted").glob(f"*/{TOPIC}/{TOPIC}.ipynb") if "ada" not in path.parts
    ]
    assert len(collected) == 1
    assert (collected[0].parent / "timestamp.txt").exists()
