"""The notebook to run: the course's own, hidden tests included, with the learner's answers and cells put in.

Nothing of the learner's copy counts but what answer cells hold and what the learner has added.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import nbformat
from nbformat.notebooknode import NotebookNode

from course.tools.grading import mend
from course.tools.grading.blueprint import Part
from course.tools.grading.executor import LOOK
from course.tools.learning import released
from course.tools.verdict.plan import Plan, is_separate, make

#: In a cell's metadata: the test whose visible part it is.
PREVIEW = "visible_part_of"
HIDDEN = "### BEGIN HIDDEN TESTS"


@dataclass(frozen=True)
class Assembled:
    """The notebook to run, which of its cells judge, what is to be said of the learner's copy, what answers it lacks.

    ``plan`` is as :func:`course.tools.verdict.plan.make` makes it; ``None`` where tests share the learner's process.
    """

    notebook: NotebookNode
    plan: Plan | None
    notes: tuple[str, ...]
    missing: frozenset[str]


def assemble(
    course: NotebookNode, release: released.Notebook, learner: NotebookNode, only: str | None = None
) -> Assembled:
    """Put the learner's cells into the course's notebook.

    A test cell with a visible and a hidden part comes twice: first what is visible, then all of it, which counts.

    Parameters
    ----------
    course : NotebookNode
        The instructor's notebook, with hidden tests.
    release : released.Notebook
        The student's version of it.
    learner : NotebookNode
        The learner's copy; it is changed.
    only : str, optional
        Leave out the tests of all other exercises.

    Raises
    ------
    Unreadable
        The learner's copy is another notebook.
    """
    parts = {part.id: part for part in _parts(course)}
    notes = list(_remarks(learner, parts))
    mend.mend(learner, tuple(parts.values()), [])
    tests = {test.id: (exercise.id, test) for exercise in release.exercises for test in exercise.tests}
    edited: list[str] = []
    cells: list[NotebookNode] = []
    for cell in learner.cells:
        name = str(released.marks(cell).get("grade_id", ""))
        if cell.cell_type != "code" or (not name and LOOK in cell.metadata.get("tags", [])):
            continue
        if not name:
            cell.metadata.clear()
        elif name in tests:
            exercise_id, test = tests[name]
            if cell.source not in (test.source, parts[name].source):
                edited.append(name)
            if only not in (None, exercise_id):
                continue
            if test.visible and HIDDEN in parts[name].source:
                cells.append(nbformat.v4.new_code_cell(test.source, metadata={PREVIEW: name}))
        if name and parts[name].locked:
            cell.source = parts[name].source
        cells.append(cell)
    if edited:
        notes.append(
            f"tests in your notebook are not the course's own ({', '.join(edited)}): they were edited, or the course "
            "has changed since you started. The course's own were run"
        )
    present = {released.marks(cell).get("grade_id") for cell in cells}
    missing = frozenset(exercise.id for exercise in release.exercises) - present
    made = nbformat.v4.new_notebook(cells=cells, metadata=course.metadata)
    return Assembled(made, make(tuple(parts.values())) if is_separate(course) else None, tuple(notes), missing)


def _remarks(learner: NotebookNode, parts: dict[str, Part]) -> list[str]:
    """What of the learner's copy is not as released, where it matters for the code that runs."""
    names = [str(released.marks(cell).get("grade_id", "")) or str(cell.get("id", "")) for cell in learner.cells]
    said = [
        f"the cell {name} is in your notebook {count} times: only the last one counts"
        for name, count in Counter(names).items()
        if name in parts and count > 1
    ]
    types = {name: cell.cell_type for name, cell in zip(names, learner.cells, strict=True) if name in parts}
    turned = [name for name, cell_type in types.items() if cell_type != parts[name].cell_type]
    if turned:
        said.append(
            f"cells have become {types[turned[0]]} cells ({', '.join(turned)}): they were run as what they were"
        )
    gone = [part.id for part in parts.values() if part.locked and part.id not in names]
    if gone:
        said.append(f"cells of the course are missing from your notebook ({', '.join(gone)}): its own were run")
    return said


def _parts(course: NotebookNode) -> list[Part]:
    found = []
    for cell in course.cells:
        marks = released.marks(cell)
        if marks:
            flags = {name: bool(marks[name]) for name in ("grade", "solution", "locked", "task")}
            points = marks.get("points")
            found.append(Part(marks["grade_id"], cell.cell_type, cell.source, points=points, **flags))
    return found
