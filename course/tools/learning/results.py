"""From a notebook that has run to what the learner is told about each exercise."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from nbformat.notebooknode import NotebookNode

from course.tools import unbegun
from course.tools.grading.executor import LESSON
from course.tools.learning import released
from course.tools.learning.assemble import HIDDEN, PREVIEW

Status = Literal["passed", "wrong", "error in your code", "not attempted"]

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_JUDGED = ("CheckFailed", "AssertionError")
_STOPPED = ("Stopped", "NotRun")
#: What the judge puts above the traceback of the learner's process, and a frame of a cell there, with its line.
_THEIRS = "In the learner's process:"
_THEIR_FRAME = re.compile(r'^  File ".*ipykernel_\d+/\d+\.py", line (\d+).*\n +(.*)$', re.MULTILINE)
#: A frame of IPython's traceback: which cell, and the line that it stopped at.
_FRAME = re.compile(r"^Cell In\[(\d+)\], line (\d+).*$", re.MULTILINE)
_SYNTAX = ("SyntaxError", "IndentationError", "TabError")


@dataclass(frozen=True)
class Failure:
    """Why a cell did not pass.

    ``message`` is for the learner; of a hidden test it gives no expected values away, which ``full`` does.
    ``mistake`` is the name of a known one. ``line`` is where the learner's code stopped, with its number.
    """

    cell: str
    hidden: bool
    judged: bool
    message: str
    full: str
    mistake: str = ""
    line: str = ""
    source: str = ""


@dataclass(frozen=True)
class Result:
    """The verdict on one exercise."""

    exercise: str
    status: Status
    points: float
    of: float
    failures: tuple[Failure, ...] = ()


def read(
    executed: NotebookNode, release: released.Notebook, missing: frozenset[str], only: str | None = None
) -> list[Result]:
    """The verdict on each exercise, or on one, from the outputs of the notebook that :mod:`.assemble` made."""
    run = _Run(executed)
    return [
        _judge(run, exercise, exercise.id in missing) for exercise in release.exercises if only in (None, exercise.id)
    ]


def setup_errors(executed: NotebookNode) -> list[str]:
    """What went wrong in cells of the course that all else needs; no answer can be judged then."""
    said = []
    for cell in executed.cells:
        marks = released.marks(cell)
        if marks.get("locked") and not marks.get("grade"):
            error = _error(cell)
            if error is not None:
                said.append(f"{marks['grade_id']}: {error.ename}: {_plain(error.evalue)}")
    return said


class _Run:
    """The executed cells, by what they are."""

    def __init__(self, executed: NotebookNode) -> None:
        self.graded: dict[str, NotebookNode] = {}
        self.previews: dict[str, NotebookNode] = {}
        self.answers: dict[int, NotebookNode] = {}
        for cell in executed.cells:
            if PREVIEW in cell.metadata:
                self.previews[cell.metadata[PREVIEW]] = cell
                continue
            marks = released.marks(cell)
            if marks:
                self.graded[marks["grade_id"]] = cell
            if not marks.get("locked"):
                self.answers[cell.execution_count or 0] = cell


def _judge(run: _Run, exercise: released.Exercise, missing: bool) -> Result:
    answer = run.graded.get(exercise.id)
    attempted = answer is not None and answer.source.strip() != exercise.stub.strip()
    points, failures = 0.0, []
    for test in exercise.tests:
        failure = _test_failure(run, test)
        if failure is None:
            points += test.points
        else:
            failures.append(failure)
    if not failures:
        return Result(exercise.id, "passed", points, exercise.points)
    if missing:
        why = f"its cell is not in your notebook: 'course reset {exercise.id}' puts it back, unsolved"
        return Result(
            exercise.id, "not attempted", points, exercise.points, (Failure(exercise.id, False, False, why, why),)
        )
    if not attempted:
        return Result(exercise.id, "not attempted", points, exercise.points)
    error = _error(answer) if answer is not None else None
    if answer is not None and error is not None:
        failures = [_failure(run, exercise.id, answer, error, hidden=False)]
        if owner := _whose(run, str(error.evalue)) if error.ename == "NameError" else "":
            told = (
                f"{failures[0].message}: it comes from the exercise {owner}, whose cell does not run. Mend that first"
            )
            failures = [replace(failures[0], message=told, full=told)]
    status: Status = "wrong" if any(failure.judged for failure in failures) else "error in your code"
    return Result(exercise.id, status, points, exercise.points, tuple(_distinct(failures)))


def _whose(run: _Run, message: str) -> str:
    """The exercise whose cell did not run and so has not defined a name that another one needs."""
    name = re.match(r"name '(\w+)' is not defined", message)
    for cell_id, cell in run.graded.items():
        if name and _error(cell) is not None and re.search(rf"^(?:def|class) {name[1]}\b", cell.source, re.MULTILINE):
            return cell_id
    return ""


def _test_failure(run: _Run, test: released.Test) -> Failure | None:
    cell = run.graded[test.id]
    error = _error(cell)
    if error is None:
        return None
    preview = run.previews.get(test.id)
    shown = _error(preview) if preview is not None else None
    if preview is not None and shown is not None:
        return _failure(run, test.id, preview, shown, hidden=False)
    return _failure(run, test.id, cell, error, hidden=HIDDEN in cell.source)


def _failure(run: _Run, cell_id: str, cell: NotebookNode, error: NotebookNode, *, hidden: bool) -> Failure:
    name, value = str(error.ename), re.sub(r"\n{3,}", "\n\n", _plain(str(error.evalue)))
    traceback = _plain("\n".join(error.get("traceback", [])))
    judged = name in _JUDGED
    line = ""
    if judged:
        full = value or f"this does not hold: {_asserted(traceback)}"
        message = _lesson(cell, value) if hidden else full
    elif name in _STOPPED:
        message = full = value
    elif name in ("CellTimeoutError", "KeyboardInterrupt", "TimeoutError") and not value:
        message = full = "it ran out of time and was stopped: is there a loop that never ends?"
        line = _stopped_at(run, cell, traceback)
    elif name == unbegun.ERROR:
        message = full = f"a part of it is {unbegun.SAYS}: it still raises {unbegun.ERROR}"
        line = _stopped_at(run, cell, traceback)
    elif name in _SYNTAX:
        # "invalid syntax (1063758517.py, line 1)": the file is the cell.
        message = full = f"{name}: {re.sub(r' [(][^()]*, line ([0-9]+)[)]$', '', value)}"
        found = re.search(r"Cell In\[\d+\], line (\d+)\n(.*)\n", traceback)
        line = f"line {found[1]}: {found[2].strip()}" if found else ""
    else:
        message = full = f"{name}: {value}" if value else name
        line = _stopped_at(run, cell, traceback)
    mistake = next((one.removeprefix("→").strip() for one in full.splitlines() if one.startswith("→")), "")
    return Failure(cell_id, hidden, judged, message, full, mistake, line, cell.source)


def _lesson(cell: NotebookNode, value: str) -> str:
    """A hidden check's message without expected values.

    The judge leaves it in the outputs; where tests share the learner's process it is what stands above the table.
    """
    return _said_by_the_judge(cell) or value.partition("\n\n")[0] or "a hidden check does not hold"


def _said_by_the_judge(cell: NotebookNode) -> str | None:
    """What a judge outside the learner's process has left in a test's outputs; ``None`` where there was none."""
    return next((str(o.data[LESSON]["says"]) for o in cell.outputs if LESSON in o.get("data", {})), None)


def _asserted(traceback: str) -> str:
    """The statement of a bare ``assert``."""
    found = re.findall(r"^-+> \d+ (.*)$", traceback, re.MULTILINE)
    return found[-1].strip() if found else "a condition of the test"


def _stopped_at(run: _Run, cell: NotebookNode, traceback: str) -> str:
    """The last line of the learner's own cells in a traceback."""
    theirs = _THEIR_FRAME.findall(traceback.partition(_THEIRS)[2])
    if theirs:
        return "line {}: {}".format(*theirs[-1])
    if _said_by_the_judge(cell) is not None:  # its own frames are those of the test
        return ""
    frames = list(_FRAME.finditer(traceback))
    for frame in reversed(frames):
        answer = run.answers.get(int(frame[1]))
        lines = answer.source.splitlines() if answer is not None else []
        if 0 < int(frame[2]) <= len(lines):
            return f"line {frame[2]}: {lines[int(frame[2]) - 1].strip()}"
    return ""


def _distinct(failures: list[Failure]) -> list[Failure]:
    """One of those that say the same."""
    return list({(failure.message, failure.line): failure for failure in reversed(failures)}.values())[::-1]


def _error(cell: NotebookNode) -> NotebookNode | None:
    """The first error among a cell's outputs."""
    return next((output for output in cell.outputs if output.output_type == "error"), None)


def _plain(text: str) -> str:
    return _ESCAPES.sub("", text)
