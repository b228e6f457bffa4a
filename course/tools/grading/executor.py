"""nbgrader's ``Execute`` with the warm, sandboxed kernel: for ``course grade`` and for nbgrader's own commands.

``nbgrader_config.py`` puts it into ``Autograde.autograde_preprocessors``, which ``nbgrader autograde`` and formgrader's
button read.
"""

from __future__ import annotations

import atexit
import base64
import os
import stat
import threading
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import Execute
from traitlets import Bool, Dict, Unicode

from course.tools.grading.kernel import Manager
from course.tools.grading.limits import Limits
from course.tools.grading.warm import Warm, WorkerLost

LOOK = "look"
#: The most that files beside a notebook may hold together.
FILES_MIB = 64


class WarmExecute(Execute):
    """Run a notebook in a child of the warm worker. All that nbgrader's ``Execute`` can be told holds here too."""

    full = Bool(False, help="Run the cells tagged 'look' as well; nothing graded depends on them.").tag(config=True)
    sandbox = Bool(True, help="Shut notebooks in with bubblewrap. Without it they can do all that you can.").tag(
        config=True
    )
    files = Dict(None, allow_none=True, help="Files beside the notebook, instead of those in its folder.")
    stopped = Unicode("", help="Why the notebook could not run to its end; empty where it did.")

    def preprocess(self, nb: NotebookNode, resources: Any = None, km: Any = None) -> tuple[NotebookNode, Any]:
        """Execute the notebook, in place."""
        files = self.files
        if files is None:
            files = beside(Path((resources or {}).get("metadata", {}).get("path") or "."))
        warm = worker(self.sandbox)
        manager = Manager(warm, Limits(config=self.config), files)
        try:
            nb, resources = super().preprocess(nb, resources, manager)
        finally:
            client = manager.made
            manager.close()
        if client is not None and client.lost:
            raise WorkerLost(f"the sandbox that ran the notebook has ended: {warm.said()}")
        self.stopped = client.stopped if client is not None else ""
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Execute one cell. Tags can keep a cell from running only where nothing is graded by it."""
        tags = cell.metadata.get("tags", [])
        if utils.is_grade(cell) or utils.is_solution(cell) or utils.is_locked(cell):
            cell.metadata.pop("tags", None)
            try:
                return super().preprocess_cell(cell, resources, index)
            finally:
                if tags:
                    cell.metadata["tags"] = tags
        if LOOK in tags and not self.full:
            return cell, resources
        return super().preprocess_cell(cell, resources, index)


_workers: dict[bool, Warm] = {}
_lock = threading.Lock()


def worker(sandboxed: bool) -> Warm:
    """The warm worker of this process, started when first asked for; processes forked from here share it."""
    with _lock:
        if sandboxed not in _workers:
            _workers[sandboxed] = Warm(sandboxed=sandboxed)
        return _workers[sandboxed]


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


def beside(folder: Path, limit: int = FILES_MIB << 20) -> dict[str, str]:
    """The files of a folder, in base64 by their relative path: no notebooks, no links, nothing over the limit."""
    found: dict[str, str] = {}
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            size = path.lstat().st_size
            if path.suffix == ".ipynb" or not stat.S_ISREG(path.lstat().st_mode) or size > limit:
                continue
            limit -= size
            found[str(path.relative_to(folder))] = base64.b64encode(path.read_bytes()).decode("ascii")
    return found
