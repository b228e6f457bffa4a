"""nbgrader's ``Autograde`` taken apart: *sanitize* before the run, *record* after it, each by nbgrader's own code.

nbgrader opens the gradebook anew in each preprocessor and commits after each cell. Here all of one student's changes
join one transaction, so that a student is either recorded or not; and nothing is written before the run.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbconvert.writers import FilesWriter
from nbgrader.api import Assignment, BaseCell, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.converters import Autograde, autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, latesubmissions, overwritecells, overwritekernelspec, saveautogrades
from nbgrader.utils import setenv
from sqlalchemy import create_engine
from sqlalchemy.orm import scoped_session, sessionmaker
from traitlets.config import Config
from traitlets.utils.importstring import import_item

#: The modules of nbgrader that open a gradebook on their own while grading.
_OPENERS = (autograde, latesubmissions, overwritecells, overwritekernelspec, saveautogrades)


class Joined(Gradebook):
    """A gradebook in a transaction of somebody else's: its commits only become final with that one."""

    def __init__(self, connection: Any) -> None:
        self.engine = connection.engine
        # "rollback_only": a commit here flushes, a rollback here undoes everything.
        factory = sessionmaker(autoflush=True, bind=connection, join_transaction_mode="rollback_only")
        self.db = scoped_session(factory)
        self.authenticator = None

    def add_submission(self, assignment: str, student: str, **options: Any) -> SubmittedAssignment:
        """As nbgrader's, whose half-made objects SQLAlchemy would flush, and warn of, at each query on the way."""
        with self.db.no_autoflush:
            return super().add_submission(assignment, student, **options)

    def close(self) -> None:
        """Left to the owner of the transaction."""


class Ledger:
    """The gradebook's database, opened once, by one process."""

    def __init__(self, db_url: str, course_id: str) -> None:
        with Gradebook(db_url, course_id):
            pass  # it makes the tables where there are none
        self._engine = create_engine(db_url)

    @contextlib.contextmanager
    def transaction(self, *, keep: bool) -> Iterator[Gradebook]:
        """One transaction, which nbgrader's own code takes part in; ``keep=False`` undoes it at the end."""
        with self._engine.connect() as connection:
            outer = connection.begin()
            joined = Joined(connection)

            def opened(db_url: str, course_id: str = "default_course", authenticator: Any = None) -> Gradebook:
                joined.check_course(course_id)
                joined.course_id = course_id
                return joined

            before = [module.Gradebook for module in _OPENERS]
            for module in _OPENERS:
                module.Gradebook = opened
            try:
                yield joined
                if keep:
                    outer.commit()
                else:
                    outer.rollback()
            except BaseException:
                outer.rollback()
                raise
            finally:
                for module, opener in zip(_OPENERS, before, strict=True):
                    module.Gradebook = opener
                joined.db.remove()

    def close(self) -> None:
        self._engine.dispose()


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


class Steps(Autograde):
    """nbgrader's converter for one assignment, from one folder of submissions to another.

    ``said`` collects what nbgrader warns of while it works.
    """

    def __init__(self, coursedir: CourseDirectory, config: Config) -> None:
        super().__init__(coursedir=coursedir, config=config)
        self.autograde_preprocessors = [one for one in _chosen(self) if not issubclass(one, Execute)]
        self.log = logging.Logger("course.nbgrader", logging.WARNING)
        self.log.addHandler(logging.NullHandler())
        self.writer = FilesWriter(parent=self, config=self.config)
        self.exporter = self.exporter_class(parent=self, config=self.config)

    def sanitize(self, student_id: str) -> list[Path]:
        """Make the folder to run in; the notebooks in it are nbgrader's sanitized ones."""
        self._begin(student_id)
        self._sanitizing = True
        return [self._convert(Path(notebook)) for notebook in self.notebooks]

    def record(self, student_id: str) -> None:
        """Enter the executed notebooks into the gradebook and write them as nbgrader would."""
        executed = {path: path.read_bytes() for path in self._destination(student_id).glob("*.ipynb")}
        self._begin(student_id)
        self._sanitizing = False
        try:
            for path, data in sorted(executed.items()):
                path.write_bytes(data)
                with setenv(NBGRADER_EXECUTION="autograde"):
                    self._convert(path)
        finally:
            self._sanitizing = True
        self.set_permissions(self.coursedir.assignment_id, student_id)

    def _begin(self, student_id: str) -> None:
        self._sanitizing = True
        folder = self._format_source(self.coursedir.assignment_id, student_id)
        self.notebooks = sorted(str(path) for path in Path(folder).glob("*.ipynb"))
        self._destination(student_id).mkdir(parents=True, exist_ok=True)
        self.init_assignment(self.coursedir.assignment_id, student_id)

    def _convert(self, notebook: Path) -> Path:
        self._init_preprocessors()
        super(Autograde, self).convert_single_notebook(str(notebook))
        return Path(self.writer.build_directory, notebook.name)

    def _destination(self, student_id: str) -> Path:
        return Path(os.path.normpath(self._format_dest(self.coursedir.assignment_id, student_id)))


def _chosen(converter: Autograde) -> list[type]:
    """The configured preprocessors, which may be given by their names."""
    return [one if isinstance(one, type) else import_item(one) for one in converter.autograde_preprocessors]
