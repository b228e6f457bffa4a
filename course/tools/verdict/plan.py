"""Which cells of a notebook run where. It is taken from the instructor's own copies, never from a submission.

The mode (``metadata.course.verdict``) is in the notebooks that ``course build`` makes; the cells, hidden tests and all,
are those of the gradebook. A plan is plain data: it travels with the notebook to wherever that runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory

from course.tools.grading.blueprint import Blueprint, Part
from course.tools.grading.files import beside

SEPARATE = "separate"
Plan = dict[str, Any]


def plans(coursedir: CourseDirectory, assignment: str, blueprint: Blueprint) -> dict[str, Plan]:
    """The plans of those notebooks of an assignment whose verdict is reached in a process of its own."""
    found = {}
    released = Path(coursedir.format_path(coursedir.release_directory, ".", assignment))
    folders = [Path(coursedir.format_path(coursedir.source_directory, ".", assignment)), released]
    for name, parts in blueprint.items():
        copy = next((folder / f"{name}.ipynb" for folder in folders if (folder / f"{name}.ipynb").is_file()), None)
        if copy is not None and is_separate(nbformat.read(copy, as_version=4)):
            found[name] = make(parts) | {"files": beside(released) if released.is_dir() else {}}
    return found


def is_separate(notebook: NotebookNode) -> bool:
    """Whether an instructor's copy asks for a verdict outside the learner's process."""
    said = notebook.metadata.get("course")
    return isinstance(said, dict) and said.get("verdict") == SEPARATE


def make(parts: tuple[Part, ...]) -> Plan:
    """The plan of a notebook from its released cells.

    ``setup`` are the cells that run in both processes, by id and source; ``tests`` those that judge, by id their source
    and points; ``hidden`` says whether any of them hides something; ``files`` are those that set-up cells may read.
    """
    code = [part for part in parts if part.cell_type == "code"]
    tests = [part for part in code if part.grade and not part.solution]
    return {
        "setup": [[part.id, part.source] for part in code if part.locked and not part.grade and not part.solution],
        "tests": {part.id: [part.source, part.points or 0] for part in tests},
        "hidden": any("### BEGIN HIDDEN TESTS" in part.source for part in tests),
        "files": {},
    }
