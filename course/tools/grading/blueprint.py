"""What the gradebook knows of an assignment's notebooks: the measure that a submission is brought to."""

from __future__ import annotations

from dataclasses import dataclass

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook


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
        """The cell itself."""
        make = new_code_cell if self.cell_type == "code" else new_markdown_cell
        return make(self.source, metadata={"nbgrader": self.metadata()})


Blueprint = dict[str, tuple[Part, ...]]


def read(gradebook: Gradebook, assignment_id: str) -> Blueprint:
    """The parts of each notebook of an assignment, in their order."""
    found: Blueprint = {}
    for notebook in gradebook.find_assignment(assignment_id).notebooks:
        grades = {cell.name: cell.max_score for cell in notebook.grade_cells}
        tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
        solutions = {cell.name for cell in notebook.solution_cells}
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
            for cell in notebook.source_cells
        )
    return found
