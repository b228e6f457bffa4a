"""Each hostile submission gets what its honest content is worth, shows nothing that is hidden, and harms nobody."""

from __future__ import annotations

import hashlib
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from course.tools import build, feedback
from course.tools.grading import executor
from course.tools.grading.grade import Outcome, grade
from tests.attacks.hostile import ATTACKS, Attack
from tests.grading.conftest import ROOT, TOPIC, hand_in, released, solved

# Some of these never end by themselves: minutes, and a sandbox that holds.
pytestmark = pytest.mark.long

#: Seconds for one cell: some of the attacks never end.
PATIENCE = 5
KEPT = ("nbgrader_config.py", "source", "release", "submitted")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Outcome], dict[str, str]]:
    """A class of attackers and one honest student, graded together; and what the folder was before."""
    folder = tmp_path_factory.mktemp("attacked")
    settings = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    settings += f"\nc.ExecutePreprocessor.timeout = {PATIENCE}\nc.Limits.seconds = 60\nc.Limits.memory_mib = 1024\n"
    (folder / "nbgrader_config.py").write_text(settings, encoding="utf-8")
    fixture = ROOT / "tests" / "fixtures" / TOPIC / f"{TOPIC}.py"
    (folder / "source" / TOPIC).mkdir(parents=True)
    (folder / "source" / TOPIC / f"{TOPIC}.py").write_bytes(fixture.read_bytes())
    build.build(folder, TOPIC)
    build.release(folder, TOPIC)
    for attack in ATTACKS:
        notebook = solved(folder) if attack.solved else released(folder)
        attack.change(notebook)
        place = hand_in(folder, attack.name, notebook).parent
        for name, text in attack.files:
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_text(text, encoding="utf-8")
    hand_in(folder, "honest", solved(folder))
    before = contents(folder)
    outcomes = {outcome.student: outcome for outcome in grade(folder, [TOPIC], jobs=2)[TOPIC]}
    executor.forget_workers()
    feedback.generate(folder, TOPIC, list(outcomes), jobs=2)
    return folder, outcomes, before


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file that grading has no business to change."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in KEPT
        for path in sorted([folder / name, *(folder / name).rglob("*")])
        if path.is_file()
    }


def page(folder: Path, student: str) -> str:
    return (folder / "feedback" / student / TOPIC / f"{TOPIC}.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_it_gets_what_its_honest_content_is_worth(
    attacked: tuple[Path, dict[str, Outcome], dict[str, str]], attack: Attack
) -> None:
    folder, outcomes, _ = attacked
    outcome = outcomes[attack.name]
    assert outcome.status in ("graded", "mended"), outcome.message
    assert outcome.points == attack.worth, outcome.message
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission(TOPIC, attack.name).max_score == 8.0


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_its_feedback_shows_nothing_that_is_hidden(
    attacked: tuple[Path, dict[str, Outcome], dict[str, str]], attack: Attack
) -> None:
    shown = page(attacked[0], attack.name)
    assert "centre-behaviour" in shown
    for secret in ("secret_oracle", "secret_twice", "HIDDEN TESTS"):
        assert secret not in shown
    found = BeautifulSoup(shown, "html.parser")
    assert found.find_all(["script", "iframe"]) == []
    assert [one for one in found.find_all(True) if any(name.startswith("on") for name in one.attrs)] == []


def test_nothing_is_found_out_before_a_test_runs(attacked: tuple[Path, dict[str, Outcome], dict[str, str]]) -> None:
    for attack in ATTACKS:
        path = attacked[0] / "autograded" / attack.name / TOPIC / f"{TOPIC}.ipynb"
        for one in nbformat.read(path, as_version=4).cells:
            if one.metadata.get("nbgrader", {}).get("grade_id") == "centre":
                printed = "".join(output.get("text", "") for output in one.outputs)
                assert "LEAK" not in printed, f"{attack.name}: {printed[:500]}"


def test_the_rest_of_the_class_is_graded_and_nothing_else_has_changed(
    attacked: tuple[Path, dict[str, Outcome], dict[str, str]],
) -> None:
    folder, outcomes, before = attacked
    assert outcomes["honest"].points == 5.0
    assert len(outcomes) == len(ATTACKS) + 1
    assert contents(folder) == before


def test_the_instructor_sees_all(attacked: tuple[Path, dict[str, Outcome], dict[str, str]]) -> None:
    path = attacked[0] / "autograded" / "equal-to-everything" / TOPIC / f"{TOPIC}.ipynb"
    assert "secret_oracle" in path.read_text(encoding="utf-8")
