"""A real JupyterLab on a small course, and a real browser to use it with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from course.tools import build, demo, paths, topic
from tests.conftest import FIXTURES, ROOT, TOPIC

TOKEN = "browser-tests"
PATIENCE = 90.0
#: Chromium alone on a closed network: nothing that phones home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
expect.set_options(timeout=PATIENCE * 1000)


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, and the course's folder that it serves."""

    address: str
    folder: Path

    def url(self, path: str) -> str:
        return f"{self.address}{path}?token={TOKEN}"


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium: apt-get install chromium")
        pytest.skip("there is no chromium: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab in a course with one topic, released, and one student's work handed in."""
    folder = tmp_path_factory.mktemp("lab") / "course"
    folder.mkdir()
    shutil.copy(ROOT / paths.CONFIG, folder)
    shutil.copytree(FIXTURES / TOPIC, folder / "source" / TOPIC)
    build.build(folder, TOPIC)
    build.release(folder, TOPIC)
    hand_in(folder, "ada")
    home = tmp_path_factory.mktemp("home")
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    log = home / "lab.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            ["jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.port=0", "--LabApp.news_url=None",
             f"--IdentityProvider.token={TOKEN}"],
            cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield Lab(_address(log, server), folder)
    finally:
        server.terminate()
        server.wait(30)


def hand_in(folder: Path, student: str) -> None:
    """The work of a student who got the second exercise wrong."""
    source = topic.load(paths.source_file(folder, TOPIC))
    notebook = nbformat.read(paths.release_notebook(folder, TOPIC), as_version=4)
    for cell in notebook.cells:
        if cell.id == "centre":
            cell.source = demo.reference(source.exercise("centre"))
        elif cell.id == "scale":
            cell.source = "def scale(x, subtract=centre):\n    return x / x.max(-1, keepdims=True)"
        elif cell.id == "why-scale":
            cell.source = "Because numbers of one size are easier to read."
    target = folder / "submitted" / student / TOPIC / f"{TOPIC}.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)


def _address(log: Path, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        found = re.search(r"http://(?:localhost|127\.0\.0\.1):\d+", log.read_text())
        if found and "is running at" in log.read_text():
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
