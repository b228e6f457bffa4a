"""``course grade`` and ``course doctor`` as they are called."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import TOPIC, hand_in, solved
from nbformat.v4 import new_code_cell
from rich.console import Console

from course.cli.grading import Count
from course.tools.grading import doctor
from course.tools.grading.grade import Outcome


def course(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "course.cli", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_grade_sums_up_and_a_refused_submission_is_no_failure(classroom: Path) -> None:
    hand_in(classroom, "ada", solved(classroom))
    hand_in(classroom, "hana", b"{")
    done = course(classroom, "grade", TOPIC, "--jobs", "1")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["ada", "graded", "5", "8"] in lines
    assert ["hana", "refused", "0", "8"] in lines
    assert "refused hana: the file is not a notebook (it is not JSON" in done.stdout
    assert "1 graded, 1 refused" in done.stdout
    assert "SAWarning" not in done.stderr
    again = course(classroom, "grade", TOPIC, "--json")
    said: dict[str, Any] = json.loads(again.stdout)
    assert said["counts"] == {"skipped": 2}
    assert [(s["student"], s["points"]) for s in said["students"]] == [("ada", 5), ("hana", 0)]
    assert again.stderr == ""


def test_without_bubblewrap_it_stops_and_names_the_remedy(classroom: Path) -> None:
    hand_in(classroom, "ada", solved(classroom))
    nowhere = {"PATH": str(classroom)}
    done = course(classroom, "grade", TOPIC, **nowhere)
    assert done.returncode == 1
    assert "apt install bubblewrap" in done.stderr
    assert not (classroom / "autograded" / "ada").exists()
    examined = course(classroom, "doctor", "--json", **nowhere)
    assert examined.returncode == 1
    assert json.loads(examined.stdout)["sandbox"] is False
    open_ = course(classroom, "grade", TOPIC, "--no-sandbox", "--json", **nowhere)
    assert open_.returncode == 0, open_.stderr
    assert "what you grade can do all that you can" in open_.stderr
    assert json.loads(open_.stdout)["counts"] == {"graded": 1}


def test_where_nothing_may_be_forked_a_fresh_kernel_serves(classroom: Path) -> None:
    with (classroom / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write("\nc.WarmExecute.fork = False\n")
    reads = solved(classroom)
    reads.cells.insert(0, new_code_cell("assert open('beside.txt').read() == 'here', 'no file beside it'"))
    (hand_in(classroom, "ada", reads).parent / "beside.txt").write_text("here", encoding="utf-8")
    ends = solved(classroom)
    ends.cells.insert(0, new_code_cell("import os; os._exit(1)"))
    hand_in(classroom, "eve", ends)
    shut = course(classroom, "grade", TOPIC)
    assert shut.returncode == 1
    assert "cannot be shut in: grade on Linux, or add --no-sandbox" in shut.stderr
    assert not (classroom / "autograded" / "ada").exists()
    done = course(classroom, "grade", TOPIC, "--no-sandbox", "--json")
    assert done.returncode == 0, done.stderr
    said = {one["student"]: one for one in json.loads(done.stdout)["students"]}
    assert (said["ada"]["status"], said["ada"]["points"]) == ("graded", 5)
    assert (said["eve"]["status"], said["eve"]["points"]) == ("mended", 0)
    assert said["eve"]["message"] == "the notebook's process ended by itself"


def test_nothing_to_grade_is_said(classroom: Path) -> None:
    done = course(classroom, "grade", TOPIC)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was submitted" in done.stderr
    unknown = course(classroom, "grade", "no-such-topic")
    assert unknown.returncode == 1
    assert "no topic 'no-such-topic'" in unknown.stderr


def test_the_doctor_tries_everything() -> None:
    findings = {found.what: found for found in doctor.examine()}
    assert len(findings) == 8
    for what, found in findings.items():
        assert found.holds or (os.getuid() == 0 and "processes are limited" in what and "you are root" in found.why)


def test_the_doctor_finds_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doctor._QUESTIONS, "no network", "print(False)")
    monkeypatch.setitem(doctor._QUESTIONS, "no privileges", "1 / 0")
    open_ = {found.what for found in doctor.examine() if not found.holds}
    assert {"no network", "no privileges"} <= open_


@pytest.mark.parametrize("terminal", [True, False])
def test_progress(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course.cli.grading._LINE_EVERY", -1.0)
    text = io.StringIO()
    with Count("losses", Console(file=text, force_terminal=terminal, width=120)) as count:
        count.add(Outcome("ada", "graded"), 1, 3)
        count.add(Outcome("bo", "failed", message="the disk is full; call again"), 2, 3)
        count.add(Outcome("cai", "refused"), 3, 3)
    assert (count.done, count.total, count.failed) == (3, 3, 1)
    said = text.getvalue()
    assert "1 failed" in said
    if terminal:
        assert "2/3" in said
        assert "/s" in said
    else:
        assert "\x1b" not in said
        assert len(said.splitlines()) == 3
        assert "bo: failed: the disk is full" in said
        assert "2 of 3 students" in said
