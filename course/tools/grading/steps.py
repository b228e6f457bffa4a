"""nbgrader's ``Autograde`` taken apart: *sanitize* before the run, *record* after it, each by nbgrader's own code.

nbgrader opens the gradebook anew in each preprocessor, asks it for each cell by itself and commits after each. Here all
of one student's changes join one transaction, so that a student is either recorded or not; what was released is read
once for the whole class; and nothing is written before the run.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fastjsonschema
import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.writers import FilesWriter
from nbformat.notebooknode import NotebookNode
from nbgrader import api
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.converters import Autograde, autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.nbgraderformat.common import BaseMetadataValidator
from nbgrader.preprocessors import (
    Execute,
    checkcellmetadata,
    latesubmissions,
    overwritecells,
    overwritekernelspec,
    saveautogrades,
)
from nbgrader.utils import parse_utc, setenv
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from traitlets.config import Config
from traitlets.utils.importstring import import_item

#: The modules of nbgrader that open a gradebook on their own while grading.
_OPENERS = (autograde, latesubmissions, overwritecells, overwritekernelspec, saveautogrades)
#: Stands for the metadata of a cell that has none of nbgrader's.
_VALID = {"schema_version": 3, "grade": False, "locked": False, "solution": False}


class _Deferring(Session):
    """A commit is left to the owner of the transaction. Until then a query sends on what has changed, or a new step."""

    changed = False

    def commit(self) -> None:
        self.changed = True


class Released(Gradebook):
    """What nbgrader's *sanitize* asks a gradebook about an assignment: read once, then answered without a database.

    A submission that it is told of is not entered.
    """

    def __init__(self, gradebook: Gradebook, assignment_id: str) -> None:
        self._assignment = gradebook.find_assignment(assignment_id)
        self._notebooks = {notebook.name: notebook for notebook in self._assignment.notebooks}
        self._sources: dict[tuple[str, str], SourceCell] = {}
        self._graded: dict[tuple[str, str], GradeCell | TaskCell] = {}
        #: By notebook, the ids of the cells that have a grade in each submission, and of those that have a comment.
        self.cells: dict[str, tuple[list[str], list[str]]] = {}
        for notebook in self._notebooks.values():
            graded = [*notebook.task_cells, *notebook.grade_cells]  # of two with one name nbgrader finds the latter
            written = [*notebook.solution_cells, *notebook.task_cells]
            self.cells[notebook.name] = [cell.id for cell in graded], [cell.id for cell in written]
            self._graded |= {(notebook.name, cell.name): cell for cell in graded}
            self._sources |= {(notebook.name, cell.name): cell for cell in notebook.source_cells}
            for cell in (*graded, *notebook.solution_cells, *notebook.source_cells):
                gradebook.db.refresh(cell)  # with all attributes, since it cannot be asked later
        gradebook.db.expunge_all()

    def close(self) -> None:
        """Nothing is open."""

    def find_assignment(self, name: str) -> Assignment:
        return self._assignment

    def find_notebook(self, name: str, assignment: str) -> Notebook:
        return self._one(self._notebooks, name)

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> SourceCell:
        return self._one(self._sources, (notebook, name))

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> GradeCell | TaskCell:
        return self._one(self._graded, (notebook, name))

    def find_student(self, student_id: str) -> None:
        """Whether there is such a student is seen when the results are entered."""

    def update_or_create_student(self, name: str, **options: Any) -> None:
        """Left for later, too."""

    def update_or_create_submission(self, assignment: str, student: str, **options: Any) -> Any:
        return SimpleNamespace(total_seconds_late=0)

    def _one(self, known: dict[Any, Any], key: Any) -> Any:
        if key not in known:
            raise MissingEntry(f"No such entry: {key}")
        return known[key]


class Joined(Gradebook):
    """A gradebook in a transaction of somebody else's: its commits only become final with that one.

    The grades and comments of a submission come with one query, the first time that one of them is asked for, and what
    was released is not asked for again where it is given.
    """

    def __init__(self, connection: Any, courses: set[str], released: Released | None) -> None:
        self.engine = connection.engine
        # "rollback_only": a rollback here undoes everything.
        factory = sessionmaker(
            class_=_Deferring, autoflush=True, bind=connection, join_transaction_mode="rollback_only"
        )
        self.db = scoped_session(factory)
        self.authenticator = None
        self._released = released
        self._courses = courses
        self._found: dict[tuple[Any, str, str, str], dict[str, Any]] = {}
        self._submissions: dict[tuple[str, str], SubmittedAssignment] = {}

    def opened(self, course_id: str) -> Joined:
        """As if opened anew: nothing that was read before a change is taken for current."""
        session = self.db()
        if session.changed:
            session.flush()
            session.expire_all()
            session.changed = False
            self._found.clear()
        if course_id not in self._courses:
            self.check_course(course_id)
            self._courses.add(course_id)
        self.course_id = course_id
        return self

    def find_assignment(self, name: str) -> Assignment:
        """The released one, or the gradebook's."""
        known = self._released
        return known.find_assignment(name) if known else super().find_assignment(name)

    def find_notebook(self, name: str, assignment: str) -> Notebook:
        """The released one, or the gradebook's."""
        known = self._released
        return known.find_notebook(name, assignment) if known else super().find_notebook(name, assignment)

    def find_submission(self, assignment: str, student: str) -> SubmittedAssignment:
        """Found once: the transaction's own object, which is read anew after each change."""
        key = assignment, student
        if key not in self._submissions:
            self._submissions[key] = super().find_submission(assignment, student)
        return self._submissions[key]

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Grade:
        """As nbgrader's: a grade cell's, or else a task cell's."""
        found = self._of_submission(Grade, GradeCell, notebook, assignment, student).get(grade_cell)
        return found or super().find_grade(grade_cell, notebook, assignment, student)

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Comment:
        """As nbgrader's: a solution cell's, or else a task cell's."""
        found = self._of_submission(Comment, SolutionCell, notebook, assignment, student).get(solution_cell)
        return found or super().find_comment(solution_cell, notebook, assignment, student)

    def _of_submission(self, kind: Any, of: Any, notebook: str, assignment: str, student: str) -> dict[str, Any]:
        key = (kind, notebook, assignment, student)
        if key not in self._found:
            rows = (
                self.db.query(of.name, kind)
                .select_from(kind)
                .join(of, of.id == kind.cell_id)
                .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
                .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
                .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
                .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
                .filter(
                    Notebook.name == notebook,
                    Assignment.name == assignment,
                    SubmittedAssignment.student_id == student,
                )
            )
            self._found[key] = dict(rows.all())
        return self._found[key]

    def add_submission(self, assignment: str, student: str, timestamp: Any = None) -> SubmittedAssignment:
        """As nbgrader's, which makes an object of each row: here each table gets its rows with one statement."""
        assert self._released is not None, "submissions are entered once it is known what was released"
        of = self._released.find_assignment(assignment)
        mine = {"assignment_id": of.id, "student_id": student, "timestamp": parse_utc(timestamp), "id": api.new_uuid()}
        rows: dict[Any, list[dict[str, Any]]]
        rows = {SubmittedAssignment: [mine], SubmittedNotebook: [], Grade: [], Comment: []}
        for notebook in of.notebooks:
            theirs = {"assignment_id": mine["id"], "notebook_id": notebook.id, "id": api.new_uuid()}
            rows[SubmittedNotebook].append(theirs)
            graded, written = self._released.cells[notebook.name]
            rows[Grade] += [{"cell_id": cell, "notebook_id": theirs["id"]} for cell in graded]
            rows[Comment] += [{"cell_id": cell, "notebook_id": theirs["id"]} for cell in written]
        self.db.flush()
        for kind, made in rows.items():
            self.db.bulk_insert_mappings(kind, made)
        return self.find_submission(assignment, student)

    def close(self) -> None:
        """Left to the owner of the transaction."""


class Ledger:
    """The gradebook's database, opened once, by one process."""

    def __init__(self, db_url: str, course_id: str) -> None:
        with Gradebook(db_url, course_id):
            pass  # it makes the tables where there are none
        self._engine = create_engine(db_url)
        #: Those that the gradebook is known to have.
        self._courses: set[str] = set()
        #: What was released, once that is known.
        self.released: Released | None = None

    @contextlib.contextmanager
    def transaction(self, *, keep: bool) -> Iterator[Gradebook]:
        """One transaction, which nbgrader's own code takes part in; ``keep=False`` undoes it at the end."""
        with self._engine.connect() as connection:
            outer = connection.begin()
            joined = Joined(connection, self._courses, self.released)
            try:
                # What goes wrong is raised as well: no need to log its traceback.
                with _opening(joined.opened), _instead(api, "app_log", _silent()):
                    yield joined
                    joined.db.flush()
                if keep:
                    outer.commit()
                else:
                    outer.rollback()
                    self._courses.clear()
            except BaseException as error:
                if outer.is_active:
                    outer.rollback()
                self._courses.clear()
                if (trouble := _of_the_database(error)) is not None:
                    raise trouble from None
                raise
            finally:
                joined.db.remove()

    def close(self) -> None:
        self._engine.dispose()


def _of_the_database(error: BaseException) -> OperationalError | None:
    """The database's own trouble (a full disk, say) behind what nbgrader takes for a bad entry."""
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, OperationalError):
        behind = behind.__cause__ or behind.__context__
    return behind


def _silent() -> logging.Logger:
    log = logging.Logger("course.nbgrader", logging.WARNING)
    log.addHandler(logging.NullHandler())
    return log


def scored(gradebook: Gradebook, assignment: str, tests: set[str]) -> set[str]:
    """The students of whom every test cell (given by name) has a score; one whose grading was cut off has gaps."""
    of_assignment = (
        gradebook.db.query(SubmittedAssignment.student_id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    )
    gaps = (
        of_assignment.join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .filter(BaseCell.name.in_(tests), Grade.auto_score.is_(None))
    )
    return {row.student_id for row in of_assignment} - {row.student_id for row in gaps}


@contextlib.contextmanager
def _opening(opened: Callable[[str], Gradebook]) -> Iterator[None]:
    """Whatever of nbgrader opens the gradebook gets this one."""

    def gradebook(db_url: str, course_id: str = "default_course", authenticator: Any = None) -> Gradebook:
        return opened(course_id)

    with contextlib.ExitStack() as stack:
        for module in _OPENERS:
            stack.enter_context(_instead(module, "Gradebook", gradebook))
        yield


@contextlib.contextmanager
def _instead(module: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


class _Compiled(BaseMetadataValidator):
    """nbgrader's check of a cell's metadata, which proves the schema itself anew for each cell: here it is compiled."""

    def __init__(self) -> None:
        super().__init__()
        self._check = fastjsonschema.compile(self.schema, use_default=False)

    def validate_cell(self, cell: NotebookNode) -> None:
        try:
            self._check(cell.metadata.get("nbgrader", _VALID))
        except fastjsonschema.JsonSchemaException:
            super().validate_cell(cell)  # it says what is wrong


class _Validator(MetadataValidator, _Compiled):
    """The same in all versions: nbgrader's class calls :class:`_Compiled` where it called its base class."""


class _Exporter(NotebookExporter):
    """nbconvert's, without its copies of the notebook, which is used up here, and its validations after each step."""

    def preprocessed(self, notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        resources = self._init_resources(resources)
        for preprocessor in self._preprocessors:
            notebook, resources = preprocessor(notebook, resources)
        return notebook, resources


class Steps(Autograde):
    """nbgrader's converter for one assignment, from one folder of submissions to another.

    Notebooks come and go by their names, in memory; in their place in the first folder may be empty files.
    """

    def __init__(self, coursedir: CourseDirectory, config: Config, released: Released) -> None:
        super().__init__(coursedir=coursedir, config=config)
        self._released, self._validator = released, _Validator()
        self.autograde_preprocessors = [one for one in _chosen(self) if not issubclass(one, Execute)]
        self.log = _silent()
        self.writer = FilesWriter(parent=self, config=self.config)
        self.exporter = _Exporter(parent=self, config=self.config)
        self._made: dict[bool, list[Any]] = {}

    def sanitize(self, student_id: str, notebooks: dict[str, NotebookNode]) -> dict[str, NotebookNode]:
        """Make the folder to run in, with the files that lie beside the notebooks; gives nbgrader's sanitized ones."""
        with _opening(lambda course_id: self._released):
            self._begin(student_id)
            names = [Path(path).stem for path in self.notebooks]
            return {name: self._convert(student_id, name, notebooks[name])[0] for name in names}

    def record(self, student_id: str, executed: dict[str, NotebookNode]) -> None:
        """Enter the executed notebooks into the gradebook and write them as nbgrader would."""
        self._begin(student_id)
        self._sanitizing = False
        try:
            for name, notebook in sorted(executed.items()):
                with setenv(NBGRADER_EXECUTION="autograde"):
                    notebook, resources = self._convert(student_id, name, notebook)
                    nbformat.validate(notebook, relax_add_props=True)
                    self.write_single_notebook(nbformat.v4.writes(notebook) + "\n", resources)
        finally:
            self._sanitizing = True
        self.set_permissions(self.coursedir.assignment_id, student_id)

    def _begin(self, student_id: str) -> None:
        self._sanitizing = True
        folder = self._format_source(self.coursedir.assignment_id, student_id)
        self.notebooks = sorted(str(path) for path in Path(folder).glob("*.ipynb"))
        self._destination(student_id).mkdir(parents=True, exist_ok=True)
        self.init_assignment(self.coursedir.assignment_id, student_id)

    def _convert(self, student_id: str, name: str, notebook: NotebookNode) -> tuple[NotebookNode, Any]:
        self._init_preprocessors()
        folder = Path(self._format_source(self.coursedir.assignment_id, student_id))
        resources = self.init_single_notebook_resources(str(folder / f"{name}.ipynb"))
        resources["metadata"] = {"name": name, "path": str(folder)}
        with _instead(checkcellmetadata, "MetadataValidator", lambda: self._validator):
            return self.exporter.preprocessed(notebook, resources)

    def _init_preprocessors(self) -> None:
        """Made once of the packages' own, which keep nothing from one notebook for the next."""
        if self._sanitizing not in self._made:
            super()._init_preprocessors()
            made = self.exporter._preprocessors
            if not all(type(one).__module__.startswith(("nbgrader.", "nbconvert.")) for one in made):
                return
            self._made[self._sanitizing] = made
        self.exporter._preprocessors = self._made[self._sanitizing]

    def _destination(self, student_id: str) -> Path:
        return Path(os.path.normpath(self._format_dest(self.coursedir.assignment_id, student_id)))


def _chosen(converter: Autograde) -> list[type]:
    """The configured preprocessors, which may be given by their names."""
    return [one if isinstance(one, type) else import_item(one) for one in converter.autograde_preprocessors]
