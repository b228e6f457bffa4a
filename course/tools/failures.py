"""What failed in a graded notebook: for feedback and for reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nbformat.notebooknode import NotebookNode

from course.tools import unbegun

#: How :mod:`course.testing` marks the line that names a known mistake.
ARROW = "→ "


@dataclass(frozen=True)
class Failure:
    """A test that failed, and what it says; ``mistake`` names a known mistake, empty where it is none."""

    test: str
    error: str
    mistake: str
    message: str

    @property
    def not_begun(self) -> bool:
        """Whether it failed because the answer is as it was released."""
        return self.error == unbegun.ERROR or self.message == unbegun.SAYS


def of(cell: NotebookNode) -> Iterator[Failure]:
    """The failures of one test cell."""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            named = [line for line in output.evalue.splitlines() if line.startswith(ARROW)]
            mistake = named[0].removeprefix(ARROW) if named else ""
            yield Failure(cell.metadata.nbgrader.grade_id, output.ename, mistake, output.evalue.strip())


def owner(cell_id: str, answers: Iterable[str]) -> str:
    """The exercise that a graded cell belongs to: a test's id is that of the answer it judges, a dash and a name."""
    owners = [answer for answer in answers if cell_id == answer or cell_id.startswith(f"{answer}-")]
    return max(owners, key=len, default=cell_id)
