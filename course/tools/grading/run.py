"""*Run*: from a notebook and the files beside it to the notebook with outputs. Nothing else is read or written.

So it can be called in any process of any machine that has the same packages.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import nbformat
from traitlets.config import Config

from course.tools.grading.executor import WarmExecute, forget_workers
from course.tools.grading.warm import WorkerLost


@dataclass(frozen=True)
class Ran:
    """A notebook with outputs, why it did not run to its end (empty where it did), and the seconds it took."""

    notebook: str
    stopped: str
    seconds: float = 0.0


def run(notebook: str, files: dict[str, str], settings: dict[str, Any], plan: dict[str, Any] | None = None) -> Ran:
    """Run a notebook.

    Parameters
    ----------
    notebook : str
        The notebook as JSON.
    files : dict
        The files beside it: relative path to base64.
    settings : dict
        Configuration of ``WarmExecute`` and ``Limits``, as plain data.
    plan : dict, optional
        Which cells judge, and where: see :mod:`course.tools.verdict.plan`. Without one, all cells share one process.

    Raises
    ------
    WorkerLost
        The sandbox broke down twice; the notebook is not to blame.
    """
    try:
        return _once(notebook, files, settings, plan)
    except WorkerLost:
        forget_workers()
        return _once(notebook, files, settings, plan)


def run_all(
    notebooks: list[str], files: dict[str, str], settings: dict[str, Any], plans: list[dict[str, Any] | None]
) -> list[Ran]:
    """Run the notebooks of one submission, each by itself, with the plan of each."""
    return [run(notebook, files, settings, plan) for notebook, plan in zip(notebooks, plans, strict=True)]


def _once(notebook: str, files: dict[str, str], settings: dict[str, Any], plan: dict[str, Any] | None) -> Ran:
    began = time.monotonic()
    executor = WarmExecute(config=Config(settings), files=files, plan=plan)
    node, _ = executor.preprocess(nbformat.v4.reads(notebook), {})
    return Ran(json.dumps(node, ensure_ascii=False), executor.stopped, time.monotonic() - began)
