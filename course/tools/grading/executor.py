"""nbgrader's ``Execute`` with the warm, sandboxed kernel: for ``course grade`` and for nbgrader's own commands.

``nbgrader_config.py`` puts it into ``Autograde.autograde_preprocessors``, which ``nbgrader autograde`` and formgrader's
button read.
"""

from __future__ import annotations

import atexit
import math
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from traitlets import Bool, Instance, Integer, Unicode
from traitlets.config import Config

from course.tools.grading import blueprint
from course.tools.grading.files import beside, put
from course.tools.grading.imports import WARM
from course.tools.grading.kernel import Manager, error_in, not_run, refused
from course.tools.grading.limits import Limits
from course.tools.grading.sandbox import NoSandbox
from course.tools.grading.warm import Warm, WorkerLost
from course.tools.verdict.plan import plans
from course.tools.verdict.shown import LESSON

LOOK = "look"
#: Why a fresh kernel is nothing for other people's work.
_UNSHUT = "a notebook that is not forked from the warm process cannot be shut in: grade on Linux, or add --no-sandbox"


class WarmExecute(Execute):
    """Run a notebook in a child of the warm worker. All that nbgrader's ``Execute`` can be told holds here too."""

    full = Bool(False, help="Run the cells tagged 'look' as well; nothing graded depends on them.").tag(config=True)
    sandbox = Bool(True, help="Shut notebooks in with bubblewrap. Without it they can do all that you can.").tag(
        config=True
    )
    separate = Bool(
        True, help="Run tests outside the learner's process, where the instructor's copy of the notebook says so."
    ).tag(config=True)
    fork = Bool(
        sys.platform == "linux",
        help="Fork each notebook from a warm process. Where that is not safe, a fresh Jupyter kernel serves each: "
        "slower, without a sandbox, with no limit but a cell's time, and with tests in the learner's process.",
    ).tag(config=True)
    iopub_timeout = Integer(
        60, help="Seconds that a cell which timed out has to end. One that cannot be interrupted is killed before."
    ).tag(config=True)
    files = Instance(dict, allow_none=True, help="Files beside the notebook, instead of those in its folder.")
    plan = Instance(dict, allow_none=True, help="Which cells judge; in nbgrader's commands it is found out.")
    stopped = Unicode("", help="Why the notebook could not run to its end; empty where it did.")

    def forks(self) -> bool:
        """Whether notebooks are forked; what is neither forked nor may run without a sandbox is refused."""
        if self.sandbox and not self.fork:
            raise NoSandbox(_UNSHUT)
        return self.fork

    def preprocess(self, nb: NotebookNode, resources: Any = None, km: Any = None) -> tuple[NotebookNode, Any]:
        """Execute the notebook, in place."""
        self.stopped = ""
        files = self.files
        if files is None:
            files = beside(Path((resources or {}).get("metadata", {}).get("path") or "."))
        if not self.forks():
            return self._in_a_fresh_kernel(nb, files), resources
        if self.plan is None:
            self.plan = _plan(self.config, (resources or {}).get("nbgrader", {}))
        warm = worker(self.sandbox)
        self._manager = Manager(warm, Limits(config=self.config), files, self.plan if self.separate else None)
        try:
            nb, resources = super().preprocess(nb, resources, self._manager)
        finally:
            client = self._manager.made
            if client is not None:
                run_sync(client.stop_channels)()
            self._manager.close()
        if client is not None and client.lost:
            raise WorkerLost(f"the sandbox that ran the notebook has ended: {warm.said()}")
        self.stopped = client.stopped if client is not None else ""
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Execute one cell. Tags can keep a cell from running only where nothing is graded by it."""
        if cell.cell_type != "code":
            return cell, resources
        judged = self._take_charge(cell)
        if utils.is_grade(cell) or utils.is_solution(cell) or utils.is_locked(cell):
            tags = cell.metadata.pop("tags", None)
            try:
                cell, resources = self._execute(cell, resources, index)
            finally:
                if tags is not None:
                    cell.metadata["tags"] = tags
            if judged:
                self._conclude(cell)
            return cell, resources
        if LOOK in cell.metadata.get("tags", []) and not self.full:
            return cell, resources
        return self._execute(cell, resources, index)

    def _in_a_fresh_kernel(self, nb: NotebookNode, files: dict[str, str]) -> NotebookNode:
        self.separate = False
        with tempfile.TemporaryDirectory(prefix="course-") as place:
            put(files, Path(place))
            nb, _ = super().preprocess(nb, {"metadata": {"path": place}})
        return nb

    def _execute(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """A kernel of Jupyter's own that dies costs its cells, not the notebook; ours does not look dead."""
        if self.stopped:
            reply = not_run(self.stopped)
        else:
            try:
                return super().preprocess_cell(cell, resources, index)
            except DeadKernelError:
                self.stopped = "the notebook's process ended by itself"
                reply = refused("Stopped", self.stopped)
        cell.outputs.append(new_output("error", **error_in(reply)))
        return cell, resources

    def _take_charge(self, cell: NotebookNode) -> bool:
        """See to it that a cell of the course is what the course says, and runs where it says; whether it judges."""
        if self.plan is None or not self.separate:
            return False
        client = self._manager.made
        assert client is not None, "nbclient makes the client before it runs a cell"
        client.role = "learner"
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        setup = dict(self.plan["setup"])
        if grade_id in setup:
            cell.source = setup[grade_id]
        if grade_id not in self.plan["tests"]:
            return False
        client.role = "judge"
        cell.source, points = self.plan["tests"][grade_id]
        cell.metadata["nbgrader"] |= {"grade": True, "solution": False, "locked": True, "points": points}
        return True

    def _conclude(self, cell: NotebookNode) -> None:
        """Leave in a test's outputs what the learner may know of it, and no points but those that there are."""
        client = self._manager.made
        assert client is not None
        points = cell.metadata["nbgrader"]["points"]
        for position, output in enumerate(cell.outputs):
            if output.output_type == "execute_result" and not _partial_credit(output, points):
                cell.outputs[position] = new_output(
                    "error",
                    ename="NoPoints",
                    evalue=f"the test ended in a value that is no share of {points:g} points",
                    traceback=[],
                )
        if client.lesson is not None:
            cell.outputs.append(new_output("display_data", {LESSON: client.lesson}))


def _partial_credit(output: NotebookNode, points: float) -> bool:
    """Whether nbgrader may read a result as it will: a number from none to all points, or no number at all."""
    try:
        value = float(output.data.get("text/plain", ""))
    except (TypeError, ValueError):
        return True
    return math.isfinite(value) and 0 <= value <= points


def _plan(config: Config, about: dict[str, Any]) -> dict[str, Any] | None:
    """The plan of the notebook that one of nbgrader's commands is grading."""
    if "db_url" not in about:
        return None
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id = about["assignment"]
    with Gradebook(about["db_url"]) as gradebook:
        known = blueprint.read(gradebook, coursedir)
    return plans(coursedir, about["assignment"], known).get(about["notebook"])


_workers: dict[bool, Warm] = {}
_lock = threading.Lock()


def worker(sandboxed: bool, modules: Sequence[str] = ()) -> Warm:
    """The warm worker of this process, started when first asked for; processes forked from here share it.

    ``modules`` are all that it need have imported; where none are named, whatever one there is will do.
    """
    with _lock:
        known = _workers.get(sandboxed)
        if known is not None and not known.modules.issuperset(modules):
            _workers.pop(sandboxed).close()
            known = None
        if known is None:
            known = _workers[sandboxed] = Warm(sandboxed=sandboxed, modules=modules or WARM)
        known.wanted = True
        return known


def lend(warm: Warm, sandboxed: bool) -> None:
    """Let notebooks of this process run on a worker that was started elsewhere."""
    with _lock:
        _workers[sandboxed] = warm


def forget_workers() -> None:
    """Let go of the warm workers, and of one that has ended."""
    with _lock:
        while _workers:
            _workers.popitem()[1].close()


atexit.register(forget_workers)
