"""What a learner wants to know first: the points of each exercise, and for what failed, why."""

from __future__ import annotations

from dataclasses import dataclass, field

from nbformat.notebooknode import NotebookNode
from nbgrader.utils import is_grade, is_solution, is_task

from course.tools import failures


@dataclass
class Line:
    """One exercise: its points, what failed, what a marker wrote. ``waiting``: a person has still to mark it."""

    id: str
    written: bool = False
    score: float = 0.0
    points: float = 0.0
    waiting: bool = False
    failures: list[failures.Failure] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        if self.waiting:
            return "to be marked"
        if self.score >= self.points:
            return "full points"
        if self.failures and all(failure.not_begun for failure in self.failures):
            return "not begun"
        return "some points" if self.score > 0 else "no points"


def lines(notebook: NotebookNode) -> list[Line]:
    """One line for each exercise of a graded notebook, in its order."""
    answers = [_id(cell) for cell in notebook.cells if is_solution(cell)]
    found: dict[str, Line] = {}
    for cell in notebook.cells:
        if not (is_grade(cell) or is_solution(cell) or is_task(cell)):
            continue
        exercise = failures.owner(_id(cell), answers)
        line = found.setdefault(exercise, Line(exercise))
        told = cell.metadata.nbgrader
        if told.get("comment"):
            line.comments.append(told.comment)
        if is_grade(cell) or is_task(cell):
            line.written |= is_solution(cell) or is_task(cell)
            line.score += told.get("score") or 0.0
            line.points += told.get("points") or 0.0
            line.waiting |= bool(told.get("needs_manual_grade"))
            line.failures += failures.of(cell)
    return [line for line in found.values() if line.points or line.comments]


def _id(cell: NotebookNode) -> str:
    return str(cell.metadata.nbgrader.grade_id)
