"""Check a topic: the learner's answers in the course's notebook, run in the sandbox.

A verdict is awaited by a person. So the worker is started before anything else is loaded (the two take about the same
time), and imports only what the topic's graded cells import.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.tools import paths
from course.tools.grading import imports
from course.tools.grading.sandbox import NoSandbox
from course.tools.grading.warm import Warm
from course.tools.learning import released, workfolder

if TYPE_CHECKING:
    from nbformat.notebooknode import NotebookNode

    from course.tools.learning.assemble import Assembled
    from course.tools.learning.results import Result

#: Seconds that one cell may take. All graded cells of a topic together take three.
PATIENCE = 20


@dataclass(frozen=True)
class Report:
    """A topic's verdict. ``notes`` say what was not in order with the learner's copy."""

    topic: str
    results: tuple[Result, ...]
    notes: tuple[str, ...]
    answers: dict[str, str]
    release: released.Notebook
    seconds: float

    @property
    def points(self) -> float:
        return sum(result.points for result in self.results)

    @property
    def of(self) -> float:
        return sum(result.of for result in self.results)


class Checker:
    """Checks topics with one warm worker. ``unprotected`` says why there is no sandbox; empty where there is one."""

    def __init__(self, warm: Warm | None, unprotected: str) -> None:
        self.warm, self.unprotected = warm, unprotected

    def check(self, root: Path, topic_id: str, *, only: str | None = None, patience: int = PATIENCE) -> Report:
        """Run visible and hidden tests on the learner's saved copy.

        Parameters
        ----------
        only : str, optional
            The one exercise to judge.
        patience : int
            Seconds that one cell may take.

        Raises
        ------
        WorkError
            The topic is not begun, its copy cannot be read, or set-up cells do not run here.
        """
        began = time.monotonic()
        from course.tools import build, topic
        from course.tools.grading import mend
        from course.tools.learning import assemble, results

        path = workfolder.notebook(root, topic_id)
        try:
            learner = mend.parse(path.read_bytes(), [])
            release = workfolder.release(root, topic_id)
            course = build.notebook(topic.load(paths.source_file(root, topic_id)))
            whose = learner.metadata.get("course", {}).get("topic", topic_id)
            if whose != topic_id:
                raise workfolder.damaged(root, topic_id, f"it is the notebook of {whose}")
            made = assemble.assemble(course, release, learner, only)
        except FileNotFoundError:
            raise workfolder.not_started(topic_id) from None
        except mend.Unreadable as error:
            raise workfolder.damaged(root, topic_id, str(error).removesuffix(": hand in the notebook again")) from None
        answers = {
            released.marks(cell)["grade_id"]: cell.source
            for cell in made.notebook.cells
            if released.marks(cell).get("solution")
        }
        executed = self._run(made, path.parent, patience)
        broken = results.setup_errors(executed)
        if broken:
            raise workfolder.WorkError(
                f"{topic_id}: set-up cells do not run here, so nothing can be judged ({'; '.join(broken)}). "
                "Is the course installed as its README says?"
            )
        found = results.read(executed, release, made.missing, only)
        return Report(topic_id, tuple(found), made.notes, answers, release, time.monotonic() - began)

    def _run(self, made: Assembled, folder: Path, patience: int) -> NotebookNode:
        import nbformat

        from course.tools.grading import executor, run

        files = executor.beside(folder)
        if self.warm is not None:
            executor.lend(self.warm, not self.unprotected)
        settings: dict[str, Any] = {
            "ExecutePreprocessor": {"timeout": patience},
            "WarmExecute": {"sandbox": not self.unprotected, "fork": self.warm is not None},
        }
        ran = run.run(nbformat.writes(made.notebook), files, settings, made.plan)
        return nbformat.reads(ran.notebook, as_version=4)


@contextlib.contextmanager
def checker(root: Path, topic_ids: list[str], *, sandbox: bool = True) -> Iterator[Checker]:
    """A checker for these topics; its worker warms up while the caller goes on."""
    warm, unprotected = _start(imports.of(root, topic_ids), sandbox)
    try:
        yield Checker(warm, unprotected)
    finally:
        if warm is not None:
            warm.close()


def _start(modules: list[str], sandbox: bool) -> tuple[Warm | None, str]:
    if sys.platform != "linux":
        return None, "the sandbox needs Linux"
    if not sandbox:
        return Warm(sandboxed=False, modules=modules, many=False), "you asked for none"
    try:
        return Warm(modules=modules, many=False), ""
    except NoSandbox as error:
        why = "bubblewrap is not installed" if "install bubblewrap" in str(error) else "this system forbids it"
        return Warm(sandboxed=False, modules=modules, many=False), why
