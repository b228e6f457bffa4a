"""What the gradebook knows of an assignment's notebooks: the measure that a submission is brought to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory


@dataclass(frozen=True)
class Part:
    """A cell as it was released."""

    id: str
    cell_type: str
    source: str
    grade: bool
    solution: bool
    locked: bool
    task: bool
    points: float | None

    @property
    def restored(self) -> bool:
        """Whether it comes back when it is missing: all but the answers in code."""
        return self.grade or self.task or not self.solution

    @property
    def is_test(self) -> bool:
        """Whether code alone decides its score."""
        return self.grade and not self.solution and self.cell_type == "code"

    def metadata(self) -> dict[str, object]:
        """Its nbgrader metadata."""
        made: dict[str, object] = {
            "grade": self.grade,
            "grade_id": self.id,
            "locked": self.locked,
            "schema_version": 3,
            "solution": self.solution,
            "task": self.task,
        }
        if self.points is not None:
            made["points"] = self.points
        return made

    def cell(self) -> NotebookNode:
        """The cell itself. Its own id is made of its grade id, so that two gradings leave the same."""
        make = new_code_cell if self.cell_type == "code" else new_markdown_cell
        own = re.sub(r"[^A-Za-z0-9_-]", "-", f"restored-{self.id}")[:64]
        return make(self.source, id=own, metadata={"nbgrader": self.metadata()})


Blueprint = dict[str, tuple[Part, ...]]


def read(gradebook: Gradebook, coursedir: CourseDirectory) -> Blueprint:
    """The parts of each notebook of an assignment, in the order of the instructor's notebook.

    The gradebook does not keep that order: what a later release changes may come last there.
    """
    found: Blueprint = {}
    for notebook in gradebook.find_assignment(coursedir.assignment_id).notebooks:
        grades = {cell.name: cell.max_score for cell in notebook.grade_cells}
        tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
        solutions = {cell.name for cell in notebook.solution_cells}
        place = _places(coursedir, notebook.name)
        found[notebook.name] = tuple(
            Part(
                cell.name,
                cell.cell_type,
                cell.source,
                cell.name in grades,
                cell.name in solutions and cell.name not in tasks,
                bool(cell.locked),
                cell.name in tasks,
                grades.get(cell.name, tasks.get(cell.name)),
            )
            for cell in sorted(notebook.source_cells, key=lambda cell: place.get(cell.name, len(place)))
        )
    return found


def _places(coursedir: CourseDirectory, name: str) -> dict[str, int]:
    """Where each grade id stands in the instructor's notebook, or in the released one where that is not at hand."""
    for directory in (coursedir.source_directory, coursedir.release_directory):
        path = Path(coursedir.format_path(directory, ".", coursedir.assignment_id), f"{name}.ipynb")
        if path.is_file():
            cells = nbformat.read(path, as_version=4).cells
            return {cell.metadata.get("nbgrader", {}).get("grade_id", ""): index for index, cell in enumerate(cells)}
    return {}
