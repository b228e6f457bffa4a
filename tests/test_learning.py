"""What a learner on their own calls: the real commands, on the small course and on one real topic."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from typer.main import get_command

from course import cli, syllabus
from course.tools import build, paths, topic
from course.tools.grading import executor, sandbox
from course.tools.learning import released, state, visible, workfolder
from tests.conftest import FIXTURES, ROOT, TOPIC

ANSWER = '# %% nbgrader={"grade_id": "centre", "solution": true}'
TASK = """# %% [markdown] id="centre-task"
# Write `centre`.
#
# <details><summary>Hint 1</summary>Which axis is <em>last</em>? <code>axis=-1</code>, if d &gt; 0.</details>
# <details><summary>Hint 2</summary>Use <code>keepdims=True</code>.</details>

"""
RIGHT_CENTRE = """def centre(x):
    if x.shape[-1] == 0:
        raise ValueError("empty")
    return x - x.mean(-1, keepdims=True)
"""
RIGHT_SCALE = """def scale(x, subtract=centre):
    y = subtract(x)
    return y / np.abs(y).max(-1, keepdims=True)
"""


@dataclass
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out.splitlines()[-1])


Course = Callable[..., Said]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small course, with hints to its first exercise, released."""
    folder = tmp_path_factory.mktemp("learner")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(FIXTURES / TOPIC, folder / "source" / TOPIC)
    source = paths.source_file(folder, TOPIC)
    source.write_text(source.read_text(encoding="utf-8").replace(ANSWER, TASK + ANSWER), encoding="utf-8")
    build.release(folder, TOPIC)
    return folder


@pytest.fixture
def clone(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of the small course for one test; it is the current folder."""
    folder = tmp_path / "clone"
    shutil.copytree(built, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(syllabus, "TOPICS", (syllabus.Topic(TOPIC, "Scaling", "Tests", 10),))
    return folder


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Course:
    """The command, called in this process."""

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["course", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        executor.forget_workers()
        said = capsys.readouterr()
        return Said(int(end.value.code or 0), said.out, said.err)

    return call


def write(folder: Path, topic_id: str = TOPIC, /, **answers: str | None) -> Path:
    """Save the learner's copy with these answers (``_`` for ``-``); ``None`` removes the cell."""
    path = workfolder.notebook(folder, topic_id)
    notebook = nbformat.read(path, as_version=4)
    for name, code in answers.items():
        for cell in list(notebook.cells):
            if cell.metadata.get("nbgrader", {}).get("grade_id") == name.replace("_", "-"):
                if code is None:
                    notebook.cells.remove(cell)
                else:
                    cell.source = code
    nbformat.write(notebook, path)
    return path


def statuses(said: Said) -> dict[str, str]:
    return {one["id"]: one["status"] for one in said.json[0]["exercises"]}


# Starting


def test_start_copies_the_release_and_never_writes_over_work(clone: Path, course: Course) -> None:
    said = course("start", TOPIC, "--no-browser")
    path = clone / "work" / TOPIC / f"{TOPIC}.ipynb"
    assert said.code == 0 and f"work/{TOPIC}/{TOPIC}.ipynb" in said.out
    assert path.read_bytes() == paths.release_notebook(clone, TOPIC).read_bytes()
    write(clone, centre=RIGHT_CENTRE)
    mine = path.read_bytes()
    assert "go on where you were" in course("start", TOPIC, "--no-browser").out
    refused = course("start", TOPIC, "--no-browser", "--fresh")
    assert refused.code == 1 and "--yes" in refused.err
    assert path.read_bytes() == mine
    assert course("start", TOPIC, "--no-browser", "--fresh", "--yes").code == 0
    assert path.read_bytes() == paths.release_notebook(clone, TOPIC).read_bytes()
    (backup,) = (clone / "work" / "backups").iterdir()
    assert backup.read_bytes() == mine


def test_start_opens_jupyterlab_in_the_work_folder(
    clone: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []

    def run(command: list[str], **options: Any) -> Any:
        called.append((command, options["cwd"]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("course.cli.learning.subprocess.run", run)
    assert course("start", TOPIC).code == 0
    ((command, cwd),) = called
    assert command[1:3] == ["-m", "jupyterlab"] and command[-1] == f"{TOPIC}/{TOPIC}.ipynb"
    assert cwd == clone / "work" and f"--ServerApp.root_dir={cwd}" in command


def test_git_ignores_the_work_folder() -> None:
    ignored = subprocess.run(["git", "check-ignore", "work/progress.json"], cwd=ROOT, capture_output=True, check=False)
    assert ignored.returncode == 0


# Checking


def test_a_verdict_in_words_and_what_is_kept_of_it(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    write(clone, centre="def centre(x):\n    return x - x.mean(0)\n")
    first = course("check")
    assert first.code == 1
    lines = [" ".join(line.split()) for line in first.out.splitlines()]
    assert "centre 0/3 wrong" in lines and "scale 0/2 not attempted" in lines
    assert "→ this is the mean of each column: the question asks for each row" in first.out
    assert "expected" in first.out and "-3" in first.out
    assert "Hint 1 of 2: Which axis is last? axis=-1, if d > 0." in first.out
    assert "secret" not in first.out
    kept = json.loads((clone / "work" / "progress.json").read_text(encoding="utf-8"))["topics"][TOPIC]["exercises"]
    assert kept["centre"]["attempts"] == 1 and kept["centre"]["hints"] == 1 and kept["scale"]["attempts"] == 0
    # The same answer again earns no other hint; a new one does.
    assert "Hint 1 of 2" in course("check", TOPIC).out
    write(clone, centre="def centre(x):\n    return x\n")
    assert "Hint 2 of 2: Use keepdims=True." in course("check", TOPIC).out


def test_hidden_tests_give_nothing_away_until_asked_to(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    # Right for two axes, which is all that the visible test of centre tries; scale's hidden part is in a visible cell.
    write(
        clone,
        centre="def centre(x):\n    return x - x.mean(1, keepdims=True)\n",
        scale=RIGHT_SCALE.replace("np.abs(y).max(-1, keepdims=True)", "np.abs(x).max(-1, keepdims=True)"),
    )
    said = course("check", "--json")
    assert said.code == 1 and statuses(said) == {"centre": "wrong", "scale": "wrong"}
    failures = {one["id"]: one["failures"] for one in said.json[0]["exercises"]}
    assert [(one["cell"], one["hidden"]) for one in failures["centre"]] == [("centre-behaviour", True)]
    assert [(one["cell"], one["hidden"]) for one in failures["scale"]] == [("scale-examples", True)]
    assert failures["scale"][0]["message"].startswith("the largest size in each row is wrong in")
    assert "expected" not in failures["scale"][0]["message"] and "secret" not in said.out
    told = course("check", "--reveal", "--exercise", "scale")
    assert "expected" in told.out and "secret_twice" in told.out
    assert "centre" not in told.out.split()[:12]


def test_right_answers_pass_and_progress_says_so(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    assert "Next: course start scaling" in course("progress").out
    write(clone, centre=RIGHT_CENTRE, scale=RIGHT_SCALE)
    said = course("check")
    assert said.code == 0 and "5 of 5 points" in said.out and "3 more are marked by a person" in said.out
    assert "██████████" in course("progress").out and "done" in course("progress").out
    (row,) = course("progress", "--json").json
    assert (row["points"], row["of"], row["next"]) == (5, 5, "")


def test_code_that_does_not_run_or_does_not_end(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    write(
        clone,
        centre="def centre(x):\n    return x -\n",
        scale="def scale(x, subtract=None):\n    while True:\n        x = x + 1\n",
    )
    said = course("check", "--json", "--seconds", "4")
    assert statuses(said) == dict.fromkeys(["centre", "scale"], "error in your code")
    (syntax,), (loop, *_) = (one["failures"] for one in said.json[0]["exercises"])
    assert syntax["message"] == "SyntaxError: invalid syntax" and syntax["line"] == "line 2: return x -"
    assert "never ends" in loop["message"] and loop["line"].startswith("line ")


def test_an_error_names_the_learners_line(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    write(clone, centre="def centre(x):\n    y = x.mean(5)\n    return x - y\n", scale=RIGHT_SCALE + "\nscale(centre)")
    said = course("check", "--json", "--no-hints")
    first = said.json[0]["exercises"][0]
    assert first["status"] == "error in your code" and first["hint"] is None
    assert "AxisError" in first["failures"][0]["message"]
    assert first["failures"][0]["line"] == "line 2: y = x.mean(5)"


def test_edited_and_missing_cells(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    write(clone, centre="def centre(x):\n    return x\n", centre_examples="pass", setup=None, scale=None)
    said = course("check", "--json")
    assert statuses(said) == {"centre": "wrong", "scale": "not attempted"}
    notes = " ".join(said.json[0]["notes"])
    assert "not the course's own (centre-examples)" in notes and "missing from your notebook (setup)" in notes
    assert "course reset scale" in said.json[0]["exercises"][1]["failures"][0]["message"]
    # The edited test was not the one that judged.
    assert said.json[0]["exercises"][0]["failures"][0]["cell"] == "centre-examples"
    assert course("reset", "scale").code == 0
    cells = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nbformat.read(
        workfolder.notebook(clone, TOPIC), as_version=4).cells]  # fmt: skip
    assert cells.index("scale") == cells.index("scale-examples") - 1


@pytest.mark.parametrize(
    ("content", "why"), [(b"", "empty"), (b'{"cells": [', "not JSON"), (b"[1]", "no cells"), (b"\xff\xfe\xfa", "UTF-8")]
)
def test_a_damaged_notebook_is_told_and_kept(clone: Path, course: Course, content: bytes, why: str) -> None:
    course("start", TOPIC, "--no-browser")
    path = workfolder.notebook(clone, TOPIC)
    path.write_bytes(content)
    for command in (["check"], ["reset", "centre"], ["solution", "centre"]):
        said = course(*command)
        assert said.code == 1 and why in said.err and "course start scaling --fresh" in said.err, command
    assert path.read_bytes() == content


def test_another_notebook_in_its_place(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    path = workfolder.notebook(clone, TOPIC)
    path.write_bytes((ROOT / "release" / "tfidf" / "tfidf.ipynb").read_bytes())
    said = course("check")
    assert said.code == 1 and "it is the notebook of tfidf" in said.err


def test_without_a_sandbox_one_line_says_so_and_it_goes_on(
    clone: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    sandbox.check.cache_clear()
    course("start", TOPIC, "--no-browser")
    write(clone, centre=RIGHT_CENTRE, scale=RIGHT_SCALE)
    said = course("check", "--json")
    sandbox.check.cache_clear()
    assert said.code == 0 and said.json[0]["points"] == 5 and said.json[0]["sandbox"] is False
    assert len([line for line in said.err.splitlines() if "no sandbox (bubblewrap is not installed)" in line]) == 1


def test_where_there_is_no_linux_a_plain_kernel_runs_it(
    clone: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course("start", TOPIC, "--no-browser")
    write(clone, centre=RIGHT_CENTRE)
    monkeypatch.setattr("course.tools.learning.checking.sys.platform", "darwin")
    said = course("check", "--json")
    assert statuses(said) == {"centre": "passed", "scale": "not attempted"} and "needs Linux" in said.err


def test_the_reference_answers_of_a_real_topic_pass(course: Course, tmp_path: Path, monkeypatch: Any) -> None:
    clone = tmp_path / "clone"
    for part in ("source/tfidf", "release/tfidf"):
        shutil.copytree(ROOT / part, clone / part)
    shutil.copy(ROOT / "nbgrader_config.py", clone)
    monkeypatch.chdir(clone)
    course("start", "tfidf", "--no-browser")
    source = topic.load(paths.source_file(clone, "tfidf"))
    answers = {exercise.id.replace("-", "_"): exercise.answer.source for exercise in source.exercises}
    broken = answers.pop("bm25")
    write(clone, "tfidf", **answers, bm25=broken.replace("return", "return None and", 1))
    said = course("check", "tfidf", "--json", "--exercise", "idf")
    assert said.code == 0 and statuses(said) == {"idf": "passed"}
    said = course("check", "tfidf", "--json")
    wanted = {exercise.id: "passed" for exercise in source.exercises} | {"bm25": "wrong"}
    assert statuses(said) == wanted


# Hints, solutions, resets


def test_hints_come_one_by_one(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    assert "no hint yet" in course("hint", "centre", "--again").out
    one, two, three = (course("hint", "centre").out for _ in range(3))
    assert "Hint 1 of 2: Which axis is last?" in one and "1 more" in one
    assert "Hint 2 of 2: Use keepdims=True." in two and "Hint 1" not in two
    assert "all 2 hints" in three and "course solution centre" in three
    again = course("hint", "scaling/centre", "--again").out
    assert "Hint 1 of 2" in again and "Hint 2 of 2" in again
    assert "no hints to scale" in course("hint", "scale").out


def test_the_solution_is_shown_after_an_honest_attempt(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    refused = course("solution", "centre")
    assert refused.code == 1 and "no answer yet" in refused.err and "--anyway" in refused.err
    write(clone, centre="def centre(x):\n    return x\n")
    refused = course("solution", "centre")
    assert refused.code == 1 and "course check scaling --exercise centre" in refused.err
    course("check", "--exercise", "centre")
    shown = course("solution", "centre")
    assert shown.code == 0 and "keepdims=True" in shown.out and "###" not in shown.out
    ast.parse(shown.out)
    assert course("solution", "scale", "--anyway").code == 0
    assert state.read(clone).topic(TOPIC).exercise("scale").solution_seen


def test_reset_puts_one_stub_back_and_keeps_the_rest(clone: Path, course: Course) -> None:
    course("start", TOPIC, "--no-browser")
    path = write(clone, centre=RIGHT_CENTRE, scale=RIGHT_SCALE)
    mine = path.read_bytes()
    said = course("reset", "centre")
    assert said.code == 0 and "Reload Notebook from Disk" in said.out
    content = workfolder.load(clone, TOPIC)
    stub = workfolder.release(clone, TOPIC).exercise("centre")
    assert stub is not None and workfolder.answer(content, "centre") == stub.stub
    assert workfolder.answer(content, "scale") == RIGHT_SCALE
    nbformat.validate(nbformat.read(path, as_version=4))
    (backup,) = (clone / "work" / "backups").iterdir()
    assert backup.read_bytes() == mine


def test_names_of_exercises(clone: Path, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "course start TOPIC" in course("hint", "centre").err
    assert "course start scaling" in course("hint", "scaling/centre").err
    assert "course start TOPIC" in course("check").err
    assert "course start scaling" in course("check", TOPIC).err
    course("start", TOPIC, "--no-browser")
    said = course("hint", "center")
    assert said.code == 1 and "did you mean centre?" in said.err and "scaling/scale" in said.err
    # A second topic with exercises of the same names.
    for part in ("source", "release"):
        shutil.copytree(clone / part / TOPIC, clone / part / "twice")
    paths.source_file(clone, TOPIC).parent.joinpath(f"../twice/{TOPIC}.py").rename(clone / "source/twice/twice.py")
    (clone / f"release/twice/{TOPIC}.ipynb").rename(clone / "release/twice/twice.ipynb")
    monkeypatch.setattr(syllabus, "TOPICS", (*syllabus.TOPICS, syllabus.Topic("twice", "Twice", "Tests", 10)))
    course("start", "twice", "--no-browser")
    said = course("hint", "centre")
    assert said.code == 1 and "scaling/centre or twice/centre" in said.err
    assert course("hint", "twice/centre").code == 0
    assert "did you mean twice?" in course("hint", "twic/centre").err


# The state


def _give_hints(root: Path) -> None:
    for _ in range(20):
        with state.update(root) as progress:
            progress.topic("t").exercise("e").hints += 1


def test_two_processes_lose_nothing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_give_hints, [tmp_path] * 2))
    assert state.read(tmp_path).topic("t").exercise("e").hints == 40


def test_a_crash_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with state.update(tmp_path) as progress:
        progress.topic("t").checked = "2026-01-01T00:00:00"

    def crash(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="no space"), state.update(tmp_path) as progress:
        progress.topic("t").checked = "2027-01-01T00:00:00"
    assert state.read(tmp_path).topic("t").checked == "2026-01-01T00:00:00"
    assert {path.name for path in (tmp_path / "work").iterdir()} <= {"progress.json", ".progress.lock"}


@pytest.mark.parametrize("text", ["{", "[]", '{"topics": {"t": {"exercises": {"e": {"hints": "many"}}}}}'])
def test_a_state_that_cannot_be_read_is_put_aside(clone: Path, course: Course, text: str) -> None:
    course("start", TOPIC, "--no-browser")
    (clone / "work" / "progress.json").write_text(text, encoding="utf-8")
    assert "cannot be read" in course("progress").err
    assert course("hint", "centre").code == 0
    (aside,) = (clone / "work").glob("progress-unreadable-*.json")
    assert aside.read_text(encoding="utf-8") == text
    assert state.read(clone).topic(TOPIC).exercise("centre").hints == 1


# In a notebook


def test_check_in_a_notebook(clone: Path) -> None:
    notebook = nbformat.read(paths.release_notebook(clone, TOPIC), as_version=4)
    path = clone / f"{TOPIC}.ipynb"
    nbformat.write(notebook, path)
    setup = next(cell.source for cell in notebook.cells if cell.id == "setup")
    calls = [
        setup,
        "from course import check\nx = 'kept'\ncheck('centre')",
        "def centre(x):\n    return x - x.mean(0)\ncheck('centre')",
        RIGHT_CENTRE + "\ncheck('centre')\nprint(x)",
        "def centre(x):\n    return x.nothing\ncheck('centre')",
        "check('middle')\ncheck('scale')",
    ]
    session = nbformat.v4.new_notebook(cells=[new_code_cell(call) for call in calls])
    executed = NotebookClient(session, resources={"metadata": {"path": str(clone)}}, allow_errors=True).execute()
    said = ["".join(output.get("text", output.get("evalue", "")) for output in cell.outputs) for cell in executed.cells]
    assert "centre is not defined" in said[1] and "0 of 1 visible tests pass" in said[1]
    assert "→ this is the mean of each column" in said[2] and "expected" in said[2]
    assert "centre-examples: passed" in said[3] and "1 of 1 visible tests pass" in said[3]
    assert "course check scaling --exercise centre" in said[3] and said[3].rstrip().endswith("kept")
    assert "has no attribute 'nothing'" in said[4] and "return x.nothing" in said[4] and "exec(" not in said[4]
    assert "there are centre, scale" in said[5] and "scale is not defined" in said[5]


def test_check_says_where_it_cannot_find_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    visible.check("centre")
    assert 'check("centre", notebook="TOPIC.ipynb")' in capsys.readouterr().out
    visible.check("centre", "no.ipynb")
    assert "no file no.ipynb" in capsys.readouterr().out


def test_check_takes_less_than_50_milliseconds(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the largest notebook there is; in time of the processor, since other tests run beside it."""
    largest = max(ROOT.glob("release/*/*.ipynb"), key=lambda path: path.stat().st_size)
    names: dict[str, Any] = {}
    monkeypatch.setattr(visible, "_names", lambda: names)
    first = released.read(largest).exercises[0].id
    began = time.process_time()
    visible.check(first, str(largest))
    assert time.process_time() - began < 0.05


# The command line


def test_importing_the_package_is_cheap() -> None:
    heavy = ("numpy", "nbformat", "torch", "nbgrader", "matplotlib")
    code = f"import sys, course, course.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_every_command_has_a_panel_and_an_example(course: Course) -> None:
    names = [command.name or command.callback.__name__ for command in cli.app.registered_commands]  # type: ignore[union-attr]
    assert not names
    commands = get_command(cli.app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        assert command.rich_help_panel in cli.PANELS, name
        assert f"course {name}" in f"{command.epilog} {command.help}", name
    said = course("--help")
    assert all(panel in said.out for panel in cli.PANELS)
    assert all(said.out.count(f"│ {name} ") == 1 for name in commands)


def test_no_colours_into_a_pipe_or_with_no_color(clone: Path, course: Course) -> None:
    for arguments in (["--help"], ["progress"], ["start", TOPIC, "--no-browser"], ["hint", "centre"], ["hint", "x"]):
        said = course(*arguments)
        assert "\x1b" not in said.out + said.err


def test_what_is_wrong_with_a_call_is_said_with_a_remedy(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "did you mean losses?" in course("start", "loses").err
    monkeypatch.chdir(tmp_path)
    assert "the one you cloned" in course("progress").err


def test_an_exercise_is_known_by_its_functions_too() -> None:
    notebook = released.read(ROOT / "release" / "losses" / "losses.ipynb")
    found = [notebook.exercise(name) for name in ("bce", "bce_from_logits", "bce_from_probabilities")]
    assert found == [notebook.exercises[0]] * 3
    assert notebook.exercise("bce_from") is None
