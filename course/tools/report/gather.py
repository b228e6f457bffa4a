"""What the gradebook and the graded notebooks know of a class's work on one topic."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.api import SubmittedAssignment as Submission
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade

from course.tools import build, failures
from course.tools.failures import Failure, owner
from course.tools.grading import extension, journal

#: An exercise whose correlation with the rest of the points is lower discriminates badly.
DISCRIMINATES_FROM = 0.2
#: With fewer students a correlation says nothing.
ENOUGH_STUDENTS = 8

Kind = Literal["code", "written"]


class ReportError(Exception):
    """There is nothing to report on; the message says what to do."""


@dataclass(frozen=True)
class Work:
    """One student's graded submission. ``points`` holds what each exercise got, None where a mark is still to come."""

    student: str
    name: str
    points: dict[str, float | None]
    penalty: float
    seconds_late: float
    failures: tuple[tuple[str, Failure], ...]
    message: str = ""
    seconds: float | None = None

    @property
    def total(self) -> float:
        """All points so far, less the penalty for lateness."""
        return max(0.0, sum(points or 0.0 for points in self.points.values()) - self.penalty)

    @property
    def not_begun(self) -> list[str]:
        """The exercises whose answer is as it was released."""
        return list(dict.fromkeys(exercise for exercise, failure in self.failures if failure.not_begun))


@dataclass(frozen=True)
class Item:
    """One exercise, over the class. ``discrimination`` is the correlation of its points with all others', or None."""

    id: str
    kind: Kind
    points: float
    full: int
    part: int
    none: int
    not_begun: int
    waiting: int
    discrimination: float | None

    @property
    def success(self) -> float | None:
        """The share of those marked who have full points; None where nobody is marked yet."""
        marked = self.full + self.part + self.none
        return self.full / marked if marked else None

    @property
    def verdict(self) -> str:
        """What there is to say about it as a measure of the class, empty where it is in order."""
        marked = self.full + self.part + self.none
        if marked < ENOUGH_STUDENTS:
            return ""
        if self.full == marked or self.none == marked:
            return "everybody has full points" if self.full else "nobody has a point"
        if self.discrimination is not None and self.discrimination < DISCRIMINATES_FROM:
            return f"discriminates badly (r = {self.discrimination:.2f})"
        return ""


@dataclass(frozen=True)
class Mistake:
    """A named mistake, how many students made it, and one message as they read it."""

    exercise: str
    name: str
    students: int
    example: str


@dataclass(frozen=True)
class ClassReport:
    """Everything that the page shows."""

    topic: str
    max_points: float
    works: tuple[Work, ...]
    items: tuple[Item, ...]
    mistakes: tuple[Mistake, ...]
    missing: tuple[str, ...]
    ungraded: tuple[str, ...]

    @property
    def late(self) -> list[Work]:
        return [work for work in self.works if work.seconds_late > 0]

    @property
    def troubled(self) -> list[Work]:
        """Submissions about which grading had something to say."""
        return [work for work in self.works if work.message]

    @property
    def unfinished(self) -> list[Work]:
        return [work for work in self.works if work.not_begun]

    @property
    def seconds(self) -> list[float]:
        """Seconds that the notebooks took to run, of those known."""
        return [work.seconds for work in self.works if work.seconds is not None]


def gather(root: Path, topic_id: str, *, hide_names: bool = False) -> ClassReport:
    """Read what is known of a topic's submissions.

    Parameters
    ----------
    hide_names : bool
        Call students *student 1*, *student 2*, … in an order drawn anew each time.

    Raises
    ------
    ReportError
        The gradebook does not know the topic, or nothing is graded yet.
    """
    coursedir = CourseDirectory(config=build.load_config(root))
    if "root" not in coursedir.config.CourseDirectory:
        coursedir.root = str(root.resolve())
    coursedir.assignment_id = topic_id
    outcomes = journal.read(root, coursedir.autograded_directory, topic_id)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            assignment = gradebook.find_assignment(topic_id)
        except MissingEntry:
            raise ReportError(f"the gradebook does not know {topic_id}: run course build {topic_id} first") from None
        if trouble := extension.without_date(gradebook, topic_id):
            raise ReportError(trouble)
        exercises = dict(_exercises(assignment.notebooks))
        graded = _notebooks(coursedir, "autograded")
        works = [
            _work(submission, exercises, graded.get(submission.student.id, []), outcomes.get(submission.student.id))
            for submission in assignment.submissions
        ]
        roster = {student.id: _name(student) for student in gradebook.students}
        most = float(assignment.max_score)
    if not works:
        raise ReportError(f"nothing of {topic_id} is graded yet: run course grade {topic_id} first")
    works.sort(key=lambda work: work.student)
    submitted = _notebooks(coursedir, "submitted").keys()
    known = {work.student for work in works}
    missing = sorted(name for student, name in roster.items() if student not in submitted | known)
    if hide_names:
        works = _anonymous(works)
        missing = [f"student {n}" for n in range(len(works) + 1, len(works) + len(missing) + 1)]
    return ClassReport(
        topic_id,
        most,
        tuple(works),
        tuple(_item(exercise, cells, works) for exercise, cells in _grouped(exercises).items()),
        tuple(_mistakes(works)),
        tuple(missing),
        tuple(sorted(submitted - known)),
    )


@dataclass(frozen=True)
class _Cell:
    exercise: str
    kind: Kind
    points: float


def _exercises(notebooks: Iterable[object]) -> Iterator[tuple[str, _Cell]]:
    """Each graded cell's id, and the exercise it belongs to: a test's id begins with that of the answer it judges."""
    for notebook in notebooks:
        answers = [cell.name for cell in notebook.solution_cells]  # type: ignore[attr-defined]
        for cell in notebook.grade_cells:  # type: ignore[attr-defined]
            kind: Kind = "written" if cell.name in answers else "code"
            yield cell.name, _Cell(owner(cell.name, answers), kind, float(cell.max_score))


def _grouped(cells: dict[str, _Cell]) -> dict[str, list[_Cell]]:
    found: dict[str, list[_Cell]] = {}
    for cell in cells.values():
        found.setdefault(cell.exercise, []).append(cell)
    return found


def _notebooks(coursedir: CourseDirectory, step: str) -> dict[str, list[Path]]:
    """The notebooks of each student in one of nbgrader's folders."""
    directory = getattr(coursedir, f"{step}_directory")
    pattern = Path(coursedir.format_path(directory, "*", coursedir.assignment_id)).relative_to(coursedir.root)
    depth = pattern.parts.index("*")
    found: dict[str, list[Path]] = {}
    for folder in sorted(Path(coursedir.root).glob(str(pattern))):
        student = folder.relative_to(coursedir.root).parts[depth]
        found[student] = sorted(folder.glob("*.ipynb"))
    return found


def _work(
    submission: Submission, cells: dict[str, _Cell], notebooks: list[Path], outcome: journal.Entry | None
) -> Work:
    points: dict[str, float | None] = {cell.exercise: 0.0 for cell in cells.values()}
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            exercise = cells[grade.name].exercise
            before = points[exercise]
            points[exercise] = None if grade.needs_manual_grade or before is None else before + float(grade.score)
    return Work(
        submission.student.id,
        _name(submission.student),
        points,
        sum(float(notebook.late_submission_penalty or 0) for notebook in submission.notebooks),
        submission.total_seconds_late or 0.0,
        tuple(failure for path in notebooks for failure in _failures(path, cells)),
        outcome.message if outcome else "",
        outcome.seconds if outcome else None,
    )


def _failures(path: Path, cells: dict[str, _Cell]) -> Iterator[tuple[str, Failure]]:
    for cell in nbformat.read(path, as_version=4).cells:
        if is_grade(cell) and cell.metadata.nbgrader.grade_id in cells:
            for failure in failures.of(cell):
                yield cells[failure.test].exercise, failure


def _item(exercise: str, cells: Sequence[_Cell], works: Sequence[Work]) -> Item:
    most = sum(cell.points for cell in cells)
    got = [(work.points[exercise], work) for work in works]
    marked = [(points, work) for points, work in got if points is not None]
    full = sum(points >= most for points, _ in marked)
    none = sum(points == 0 for points, _ in marked)
    return Item(
        exercise,
        cells[0].kind,
        most,
        full,
        len(marked) - full - none,
        none,
        sum(exercise in work.not_begun for work in works),
        len(got) - len(marked),
        _correlation(
            [points for points, _ in marked],
            [sum(p or 0.0 for e, p in work.points.items() if e != exercise) for _, work in marked],
        ),
    )


def _correlation(one: list[float], other: list[float]) -> float | None:
    if len(one) < ENOUGH_STUDENTS or len(set(one)) == 1 or len(set(other)) == 1:
        return None
    return statistics.correlation(one, other)


def _mistakes(works: Sequence[Work]) -> list[Mistake]:
    """The named mistakes, the commonest first; each student counts once for each."""
    made: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for work in works:
        named = {(exercise, failure.mistake): failure.message for exercise, failure in work.failures if failure.mistake}
        made.update(named.keys())
        examples = named | examples
    return [Mistake(exercise, name, count, examples[exercise, name]) for (exercise, name), count in made.most_common()]


def _anonymous(works: list[Work]) -> list[Work]:
    shuffled = random.sample(works, len(works))
    return [replace(work, student=f"s{n}", name=f"student {n}") for n, work in enumerate(shuffled, 1)]


def _name(student: object) -> str:
    full = " ".join(part for part in (student.first_name, student.last_name) if part)  # type: ignore[attr-defined]
    return full or student.id  # type: ignore[attr-defined]
