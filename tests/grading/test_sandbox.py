"""What a notebook can see, use and leave behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellTimeoutError
from nbformat.v4 import new_code_cell, new_notebook

from course.tools.grading import kernel, sandbox, usage
from course.tools.grading.run import Ran, run

BELOW_TMP = """
import nbformat
from course.tools.grading.run import run

cell = nbformat.v4.new_code_cell("import os, course.syllabus; print(*os.listdir('/tmp'))")
result = run(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])), {}, {})
print("stopped:", result.stopped)
print("saw:", *(output.get("text") for output in nbformat.reads(result.notebook, 4).cells[0].outputs))
"""


def ran(
    *sources: str, settings: dict[str, dict[str, object]] | None = None, files: dict[str, str] | None = None
) -> Ran:
    return run(nbformat.writes(new_notebook(cells=[new_code_cell(s) for s in sources])), files or {}, settings or {})


def said(result: Ran) -> list[str]:
    """Of each cell, what it printed, or the name of its error."""
    found = []
    for cell in nbformat.reads(result.notebook, as_version=4).cells:
        found.append("".join(o.get("text", "") or o.get("ename", "") for o in cell.outputs).strip())
    return found


def test_the_course_and_the_home_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("42", encoding="utf-8")
    here = Path(__file__).resolve()
    private = [str(tmp_path / "secret"), str(here), str(here.parents[2] / "nbgrader_config.py"), "/etc/shadow"]
    result = ran(f"import os; print([p for p in {private!r} if os.path.exists(p)])")
    assert said(result) == ["[]"]


def test_a_course_below_tmp_is_seen_though_each_notebook_has_a_tmp_of_its_own() -> None:
    """Where a clone lies below /tmp, the notebook's own /tmp must not hide it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        shutil.copytree(Path(sandbox.course.__file__).parent, Path(folder, "course"))
        done = subprocess.run(
            [sys.executable, "-c", BELOW_TMP], capture_output=True, text=True, cwd=folder,
            env={**os.environ, "PYTHONPATH": folder},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # Python itself may lie below /tmp, too, where this course does.
    own = {Path(place).parts[2] for place in (sys.prefix, sys.base_prefix) if Path(place).is_relative_to("/tmp")}
    assert done.stdout.split()[:2] == ["stopped:", "saw:"]
    assert set(done.stdout.split()[2:]) == {Path(folder).name} | own


def test_nothing_but_the_scratch_can_be_written() -> None:
    places = ["/", "/usr", "/etc", "/dev", "/proc", str(Path(sandbox.course.__file__).parent)]
    attempt = "try:\n    open(place + '/x', 'w')\n    print(place)\nexcept OSError:\n    pass"
    body = "\n".join("    " + line for line in attempt.splitlines())
    result = ran(f"for place in {places!r}:\n{body}\nopen('x', 'w').close()\nprint('scratch')")
    assert said(result) == ["scratch"]


def test_no_network() -> None:
    result = ran("import socket; socket.create_connection(('127.0.0.1', 22), 1)")
    assert said(result)[0] in ("OSError", "ConnectionRefusedError")
    assert "unreachable" in result.notebook


def test_neither_the_worker_nor_its_channel_can_be_reached() -> None:
    result = ran(
        "import os; print([name for name in os.listdir('/proc') if name.isdigit()])",
        "sockets = [os.readlink(f'/proc/self/fd/{fd}') for fd in os.listdir('/proc/self/fd') "
        "if os.path.exists(f'/proc/self/fd/{fd}')]\n"
        "print(len([s for s in sockets if s.startswith('socket')]))",
        "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.umount2(b'/proc', 2), libc.mount(b'proc', b'/scratch', b'proc', 0, None))",
        "for pid in range(1, 20):\n    try:\n        if pid != os.getpid(): os.kill(pid, 9); print(pid)\n"
        "    except OSError: pass",
        "print('alive')",
    )
    # Of sockets there are its own channel, and the pair that asyncio wakes itself with. Its namespace has a process 1,
    # the keeper, which no signal from inside ends.
    assert said(result) == ["[]", "3", "-1 -1", "1", "alive"]


def test_siblings_share_no_files() -> None:
    ran("for place in ('/tmp', '/dev/shm', '/cache', '.'): open(place + '/left', 'w').close()")
    result = ran("import os; print([p for p in ('/tmp', '/dev/shm', '/cache', '.') if os.path.exists(p + '/left')])")
    assert said(result) == ["[]"]


def test_nothing_is_left_running(tmp_path: Path) -> None:
    mark = f"course-orphan-{time.time_ns()}"
    ran(
        "import os, subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', {mark!r}], start_new_session=True)\n"
        "if os.fork() == 0:\n    os.setsid(); import time; time.sleep(600)"
    )
    deadline = time.monotonic() + 5
    while _running(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(mark)


def _running(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes():
                return True
        except OSError:
            continue
    return False


def test_a_process_that_a_cell_forks_ends_with_the_cell() -> None:
    result = ran("import os\nforked = os.fork() == 0", "print(forked)")
    assert (result.stopped, said(result)[1]) == ("", "False")


@pytest.mark.parametrize(
    ("source", "limits", "why"),
    [
        ("while True: print('x' * 1000)", {"output_mib": 1}, "more than 1 MiB"),
        ("from IPython.display import display\nwhile True: display('x' * 1000)", {"output_mib": 1}, "more than 1 MiB"),
        ("import time; time.sleep(60)", {"seconds": 1}, "longer than 1 seconds"),
        ("while True: pass", {"cpu_seconds": 1}, "more CPU time"),
        # One that is refused a process goes on: without that the cell could end, and the notebook stop at the next one.
        (
            "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
            {"processes": 30},
            "more than 30 processes",
        ),
        ("import os; os._exit(3)", {}, "exit code 3"),
        (
            "import os, time\nfor i in range(3):\n    if os.fork() == 0:\n"
            "        x = b'1' * (150 << 20); time.sleep(30)\n"
            "time.sleep(30)",
            {"memory_mib": 300},
            "more than 300 MiB of memory",
        ),
    ],
)
def test_limits_stop_the_notebook_and_say_why(source: str, limits: dict[str, object], why: str) -> None:
    began = time.monotonic()
    result = ran("print('first')", source, "print('never')", settings={"Limits": {"seconds": 60, **limits}})
    assert why in result.stopped
    assert said(result)[0] == "first"
    assert said(result)[2] == "NotRun"
    assert time.monotonic() - began < 60


def test_limits_that_a_cell_survives() -> None:
    result = ran(
        "x = b'1' * (400 << 20)",
        "open('big', 'wb').write(b'1' * (3 << 20))",
        "for i in range(9): open(f'f{i}', 'wb').write(b'1' * (1 << 20))",
        "files = [open('x', 'w') for _ in range(100)]",
        "print('goes on')",
        settings={"Limits": {"memory_mib": 200, "file_mib": 2, "scratch_mib": 6, "open_files": 64}},
    )
    assert said(result) == ["MemoryError", "OSError", "OSError", "OSError", "goes on"]


def test_a_cell_that_times_out_costs_only_itself() -> None:
    settings: dict[str, dict[str, object]] = {"ExecutePreprocessor": {"timeout": 1}}
    result = ran("import time", "time.sleep(30)", "print('next')", settings=settings)
    assert said(result) == ["", "KeyboardInterruptCellTimeoutError", "next"]
    assert not result.stopped


def test_a_cell_that_cannot_be_interrupted_is_killed() -> None:
    settings: dict[str, dict[str, object]] = {"ExecutePreprocessor": {"timeout": 1}}
    stubborn = "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except KeyboardInterrupt:\n        pass"
    result = ran(stubborn, "print('next')", settings=settings)
    assert "did not stop when it was interrupted" in result.stopped
    assert said(result)[1] == "NotRun"


def test_a_cell_that_nbclient_does_not_wait_for_costs_no_later_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next notebook's channel gets the same descriptor: nothing may listen to that one any more."""
    monkeypatch.setattr(kernel, "GRACE", 60.0)
    stubborn = "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except KeyboardInterrupt:\n        pass"
    settings: dict[str, dict[str, object]] = {"ExecutePreprocessor": {"timeout": 1, "iopub_timeout": 1}}
    for _ in range(2):
        with pytest.raises(CellTimeoutError):
            ran("print('first')", stubborn, settings=settings)
        assert said(ran("print('second')")) == ["second"]


def test_files_beside_the_notebook_are_there() -> None:
    assert said(ran("print(open('data/a.txt').read())", files={"data/a.txt": "aGVsbG8="})) == ["hello"]


def test_generators_differ_between_notebooks_and_warnings_fire_in_each() -> None:
    source = "import random, numpy, torch, warnings\nprint(random.random(), numpy.random.rand(), torch.rand(1).item())"
    assert said(ran(source)) != said(ran(source))
    for _ in range(2):
        assert "RuntimeWarning" in said(ran("import numpy; numpy.mean([])"))[0]


def test_without_bubblewrap_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(sandbox.NoSandbox, match="apt install bubblewrap"):
        sandbox.wrap(["true"])


def test_no_sandbox_runs_all_the_same() -> None:
    settings: dict[str, dict[str, object]] = {"WarmExecute": {"sandbox": False}}
    result = ran("import os; print(os.path.exists('/proc/1'))", "1/0", "os._exit(1)", settings=settings)
    assert said(result) == ["True", "ZeroDivisionError", "Stopped"]


@pytest.mark.parametrize("own_session", [False, True])
def test_without_a_sandbox_only_a_child_s_own_session_counts_against_its_limits(own_session: bool) -> None:
    """Else all that runs beside the grading would be taken for the child's, until it has opened its session."""
    with subprocess.Popen(["sleep", "60"], start_new_session=own_session) as child:
        assert usage.survey([child.pid], sandboxed=False) == {child.pid: [child.pid] if own_session else []}
        child.kill()
