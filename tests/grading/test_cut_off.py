"""A call that is cut off, by Ctrl-C, ``kill -9`` or a full disk, loses nothing: the next one goes on."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from compare import notebooks, tables
from conftest import TOPIC, hand_in, solved
from nbformat.v4 import new_code_cell

COMMAND = [sys.executable, "-m", "course.cli", "grade", TOPIC, "--jobs", "1", "--json"]
STUDENTS = [f"s{number}" for number in range(6)]


@pytest.fixture(scope="module")
def undisturbed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A class that is not graded yet, and the same graded in one go."""
    folder = tmp_path_factory.mktemp("cut-off")
    before, after = folder / "before", folder / "after"
    shutil.copytree(built, before)
    for number, student in enumerate(STUDENTS):
        notebook = solved(before, **({"centre": "centre = abs"} if number % 2 else {}))
        notebook.cells.insert(1, new_code_cell("import time; time.sleep(0.4)"))
        hand_in(before, student, notebook)
    shutil.copytree(before, after)
    assert {student["status"] for student in called(after)["students"]} == {"graded"}
    return before, after


@pytest.fixture
def klass(undisturbed: tuple[Path, Path], tmp_path: Path) -> Path:
    """A class of its own for one test."""
    folder = tmp_path / "class"
    shutil.copytree(undisturbed[0], folder)
    (folder / "autograded").mkdir(exist_ok=True)
    return folder


def called(folder: Path, status: int = 0) -> dict[str, Any]:
    """Call the command, and give what it says in JSON."""
    done = subprocess.run(COMMAND, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == status, done.stderr
    return dict(json.loads(done.stdout))


def started(folder: Path) -> subprocess.Popen[str]:
    """Call the command, and come back when two students are recorded."""
    process = subprocess.Popen(
        COMMAND, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs never hear of it
    )  # fmt: skip
    deadline = time.monotonic() + 200
    while len(list((folder / "autograded").glob(f"s*/{TOPIC}"))) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def assert_goes_on(folder: Path, after: Path) -> None:
    """The next call skips who is recorded, grades the others, and leaves what an undisturbed one leaves."""
    statuses = [student["status"] for student in called(folder)["students"]]
    assert statuses.count("skipped") >= 2
    assert set(statuses) == {"skipped", "graded"}
    assert_same(folder, after)


def assert_same(folder: Path, after: Path) -> None:
    assert notebooks(folder / "autograded") == notebooks(after / "autograded")
    assert tables(f"sqlite:///{folder / 'gradebook.db'}") == tables(f"sqlite:///{after / 'gradebook.db'}")


def test_ctrl_c(klass: Path, undisturbed: tuple[Path, Path]) -> None:
    process = started(klass)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of the group
    _, said = process.communicate(timeout=200)
    assert process.returncode == 130, said
    assert "Stopped after" in said
    assert "Traceback" not in said
    assert_goes_on(klass, undisturbed[1])


def test_kill(klass: Path, undisturbed: tuple[Path, Path]) -> None:
    process = started(klass)
    process.kill()  # this one only: it cannot tell the others
    process.communicate(timeout=200)
    assert_goes_on(klass, undisturbed[1])


def test_a_second_call_at_the_same_time_is_refused(klass: Path) -> None:
    with (klass / "autograded" / f".grading-{TOPIC}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(COMMAND, cwd=klass, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert "is being graded already" in done.stderr


def test_what_was_half_recorded_by_nbgrader_is_graded_again(klass: Path, undisturbed: tuple[Path, Path]) -> None:
    """nbgrader's own command, killed on the way, leaves a folder and no scores; it then skips the student."""
    shutil.copytree(klass / "submitted" / "s0", klass / "autograded" / "s0")
    assert [s["status"] for s in called(klass)["students"]] == ["graded"] * len(STUDENTS)
    assert_same(klass, undisturbed[1])


#: In a mount namespace of its own, with a disk of 3 MiB that is nearly full at the first call.
_ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=3m none "$1/disk"
cp -a "$1/class" "$1/disk/"
cd "$1/disk/class"
head -c $((`stat -f -c '%a * %S' .` - $2)) /dev/zero > ballast
set +e
"${@:3}" > "$1/first.json" 2> "$1/first.txt"; echo $? > "$1/first.rc"
rm ballast
"${@:3}" > "$1/second.json" 2> "$1/second.txt"; echo $? > "$1/second.rc"
cp -a "$1/disk/class" "$1/out"
"""


@pytest.mark.parametrize("left", [0, 120_000])
def test_a_full_disk(klass: Path, undisturbed: tuple[Path, Path], tmp_path: Path, left: int) -> None:
    (tmp_path / "disk").mkdir()
    own = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", _ON_A_SMALL_DISK, "bash"]
    subprocess.run([*own, str(tmp_path), str(left), *COMMAND], check=True, timeout=300)
    said = (tmp_path / "first.txt").read_text()
    assert (tmp_path / "first.rc").read_text() == "1\n", said
    assert "Traceback" not in said
    assert "No space left on device" in said or "disk is full" in said or "disk I/O error" in said
    if left:
        first = [student["status"] for student in json.loads((tmp_path / "first.json").read_text())["students"]]
        assert set(first) == {"graded", "failed"}
    assert (tmp_path / "second.rc").read_text() == "0\n", (tmp_path / "second.txt").read_text()
    assert_same(tmp_path / "out", undisturbed[1])
