"""Judge one answer to one exercise: set-up, answer, tests.

Answer and tests run in namespaces of their own: tests see the answer's names, the answer sees none of theirs.
Call it in a forked child (:mod:`course.tools.fork`), with the set-up cells run once in the parent.
"""

from __future__ import annotations

import contextlib
import functools
import io
import linecache
import time
import traceback
import types
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, ClearSolutions

from course.tools import build
from course.tools.topic import Cell, Topic

Names = dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    """What one test cell said: the type of the exception and its text, both empty where it passed."""

    test: str
    points: float
    passed: bool
    error: str = ""
    message: str = ""
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """What a learner reads: the message of a check as it is, any other error with its type."""
        return self.message if self.error in ("CheckFailed", "AssertionError") else f"{self.error}: {self.message}"


def earned(verdicts: Iterable[Verdict]) -> float:
    """The points of the tests that passed."""
    return sum(verdict.points for verdict in verdicts if verdict.passed)


def released_sources(topic: Topic, root: Path) -> dict[str, str]:
    """Each cell's source as the student gets it, by id, cleared of solutions and hidden tests by nbgrader itself."""
    notebook = build.notebook(topic)
    config = build.load_config(root)
    for preprocessor in (ClearSolutions, ClearHiddenTests, ClearMarkScheme):
        notebook, _ = preprocessor(config=config).preprocess(notebook, {})
    return {cell.id: cell.source for cell in notebook.cells}


def prepare(topic: Topic) -> Names:
    """Run the set-up cells, and give the names they define."""
    names: Names = {"__name__": "__main__"}
    for cell in topic.setup:
        execute(cell.source, cell.id, names)
    return names


def judge(
    prepared: Names, answers: Iterable[tuple[str, str]], tests: Iterable[Cell], *, stop: bool = False
) -> list[Verdict]:
    """Run ``answers`` (id and source, in order), then each test.

    ``stop``: leave off at the first test that fails, when only "all pass" matters.
    """
    learner = dict(prepared)
    trouble = ""
    for cell_id, source in answers:
        try:
            execute(source, cell_id, learner)
        except Exception as error:
            trouble = f"the answer {cell_id} does not run: {type(error).__name__}: {error}"
    given = {name: value for name, value in learner.items() if name not in prepared or prepared[name] is not value}
    verdicts = []
    for test in tests:
        began = time.perf_counter()
        try:
            execute(test.source, test.id, {**prepared, **given})
            verdict = Verdict(test.id, test.points, True, seconds=time.perf_counter() - began)
        except Exception as error:
            message = str(error) or "".join(traceback.format_exception_only(error)).strip()
            if isinstance(error, NameError) and trouble:
                message = trouble
            verdict = Verdict(test.id, test.points, False, type(error).__name__, message, time.perf_counter() - began)
        verdicts.append(verdict)
        if stop and not verdict.passed:
            break
    return verdicts


def execute(source: str, cell_id: str, names: Names) -> None:
    """Run one cell's source in ``names``; what it prints is dropped, and tracebacks show its lines."""
    code = compiled(source, cell_id)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        exec(code, names)


@functools.cache
def compiled(source: str, cell_id: str) -> types.CodeType:
    """A cell's code. What is compiled before a fork, the children need not compile again."""
    filename = f"<{cell_id}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return compile(source, filename, "exec")
