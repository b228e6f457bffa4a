"""``make lab``: JupyterLab starts in a course's folder, with nbgrader's and jupytext's extensions at work."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, TOPIC
from tests.test_stock import must

PATIENCE = 120.0
TOKEN = "for-the-test"


@pytest.fixture
def server(small_course: Path) -> Iterator[str]:
    """The address of a JupyterLab that was started in a small course's folder."""
    runtime = small_course / "runtime"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--port-retries=0", "--allow-root"]
    process = subprocess.Popen(
        [*command, f"--IdentityProvider.token={TOKEN}"],
        cwd=small_course,
        env={**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not (started := list(runtime.glob("jpserver-*.json"))):
            assert process.poll() is None, "JupyterLab has ended"
            assert time.monotonic() < deadline, "JupyterLab did not start"
            time.sleep(0.2)
        yield json.loads(started[0].read_text())["url"]
    finally:
        process.terminate()
        process.wait()


def get(address: str) -> bytes:
    request = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200
        body: bytes = answer.read()
        return body


def test_lab_starts_opens_a_source_as_a_notebook_and_serves_formgrader(server: str) -> None:
    assert b"jupyterlab" in get(f"{server}lab").lower()
    source: dict[str, Any] = json.loads(get(f"{server}api/contents/source/{TOPIC}/{TOPIC}.py?type=notebook"))
    assert source["type"] == "notebook"
    ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in source["content"]["cells"]]
    assert "centre" in ids and "centre-examples" in ids
    assert b"formgrader" in get(f"{server}formgrader").lower()


def test_the_extensions_are_enabled() -> None:
    """``make lab`` calls that JupyterLab, and it has nbgrader and jupytext on both sides."""
    assert re.search(r"^lab:.*\n\t.*\n\t\$\(BIN\)/jupyter lab ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    colours = re.compile(r"\x1b\[[0-9;]*m")
    in_browser = colours.sub("", must(ROOT, "jupyter", "labextension", "list"))
    in_server = colours.sub("", must(ROOT, "jupyter", "server", "extension", "list"))
    for name in ("@jupyter/nbgrader", "jupyterlab-jupytext"):
        assert re.search(rf"{name} v\S+ enabled OK", in_browser), in_browser
    for name in ("nbgrader.server_extensions.formgrader", "validate_assignment", "assignment_list", "jupytext"):
        assert re.search(rf"{name} enabled", in_server), in_server
        assert re.search(rf"{name} \S* ?OK", in_server), in_server
