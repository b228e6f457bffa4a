"""Grade a class: sanitize and record here, one student after another; run on all cores, or on a cluster.

A student's work appears in ``autograded/`` only when the gradebook has it, and all at once. So a call that was cut off
is simply repeated: it goes on with those who are missing.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import chdir
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config

from course.tools import build
from course.tools.errors import UserError
from course.tools.grading import blueprint, cluster, extension, imports, isolate, journal, mend
from course.tools.grading.executor import WarmExecute, worker
from course.tools.grading.files import beside
from course.tools.grading.run import Ran, run_all
from course.tools.grading.steps import Ledger, Released, Steps, scored
from course.tools.verdict import plan, processor

Status = Literal["graded", "mended", "refused", "skipped", "failed"]
Progress = Callable[["Outcome", int, int], None]


class GradingError(UserError):
    """The class cannot be graded at all; the message says what to do."""


@dataclass(frozen=True)
class Outcome:
    """What became of one student's submission.

    ``status`` is *graded*; *mended* (graded after repairs, or stopped half-way); *refused* (nothing could be graded, no
    points); *skipped* (graded before); or *failed* (this machine's fault: nothing recorded, call again).
    ``seconds`` is the time that its notebooks ran.
    """

    student: str
    status: Status
    points: float | None = None
    max_points: float | None = None
    message: str = ""
    seconds: float | None = None

    @property
    def graded(self) -> bool:
        """Whether its score says what the student's work is worth."""
        return self.status in ("graded", "mended", "skipped")


@dataclass
class _Prepared:
    """A student's sanitized notebooks by name, as JSON, and of those that are not to run, why."""

    student: str
    notes: list[str]
    unreadable: dict[str, str]
    notebooks: dict[str, str] = field(default_factory=dict)

    @property
    def readable(self) -> list[str]:
        return [name for name in self.notebooks if name not in self.unreadable]


def grade(
    root: Path,
    topic_ids: Sequence[str],
    *,
    jobs: int,
    full: bool = False,
    force: bool = False,
    sandbox: bool = True,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> dict[str, list[Outcome]]:
    """Grade every submission of the topics, without a pause between them.

    Parameters
    ----------
    jobs : int
        How many notebooks to run at a time on this machine.
    full : bool
        Run the look cells, too.
    force : bool
        Grade again what has been graded; manual scores and comments stay.
    sandbox : bool
        Shut each notebook in with bubblewrap.
    scheduler : str, optional
        The address of a Dask scheduler, to run notebooks on its workers.
    progress : callable, optional
        Called with each outcome, how many submissions are done, and how many there are in all topics together.

    Returns
    -------
    dict
        The outcomes of each topic, in the order of the students' names.

    Raises
    ------
    GradingError
        The gradebook does not know a topic, nothing was submitted, or somebody else is grading it.
    NoSandbox
        There is no bubblewrap to be had, and ``sandbox`` is set.
    """
    config = build.load_config(root)
    settings = _settings(config, full, sandbox)
    outcomes: dict[str, list[Outcome]] = {topic_id: [] for topic_id in topic_ids}
    done = total = 0

    def came(klass: _Class, outcome: Outcome) -> None:
        nonlocal done
        done += 1
        outcomes[klass.topic].append(outcome)
        if progress:
            progress(outcome, done, total)

    with contextlib.ExitStack() as stack:
        todo: list[tuple[_Class, str]] = []
        before: list[tuple[_Class, str]] = []
        for topic_id in topic_ids:
            coursedir = _coursedir(config, root, topic_id)
            students = _students(coursedir)
            if not students:
                raise GradingError(f"nothing was submitted: there is no {_place(coursedir, 'submitted', '*')}")
            stack.enter_context(chdir(coursedir.root))
            staging = stack.enter_context(_staging(coursedir))
            ledger = Ledger(coursedir.db_url, coursedir.course_id)
            stack.callback(ledger.close)
            klass = _Class(coursedir, config, ledger, staging)
            for student in students:
                (before if not force and klass.is_done(student) else todo).append((klass, student))
        total = len(before) + len(todo)
        for klass, student in before:
            came(klass, klass.recorded(student))
        gc.freeze()  # what is imported stays: neither this process nor those forked from it need look through it
        if todo:
            modules = imports.needed(root, topic_ids, full=full)
            with _runners(jobs, settings, modules, scheduler) as (runners, places):
                for klass, outcome in _all(todo, runners, settings, ahead=2 * places):
                    klass.tell(outcome)
                    came(klass, outcome)
    return {topic_id: sorted(of, key=lambda outcome: outcome.student) for topic_id, of in outcomes.items()}


def _all(
    todo: list[tuple[_Class, str]], runners: Executor, settings: dict[str, Any], ahead: int
) -> Iterator[tuple[_Class, Outcome]]:
    """Prepare a few students ahead of the run, and record each as soon as it has run."""
    waiting = list(reversed(todo))
    running: dict[Future[list[Ran]], tuple[_Class, _Prepared]] = {}
    while waiting or running:
        while waiting and len(running) < ahead:
            klass, student = waiting.pop()
            try:
                prepared = klass.prepare(student)
                texts = [prepared.notebooks[name] for name in prepared.readable]
                plans = [klass.plans.get(name) for name in prepared.readable]
                files = beside(klass.folder(student))
                running[runners.submit(run_all, texts, files, settings, plans)] = klass, prepared
            except (OSError, SQLAlchemyError, BrokenProcessPool) as error:
                yield klass, Outcome(student, "failed", message=f"{_plain(error)}; call again")
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            klass, prepared = running.pop(future)
            if (
                lost := future.exception()
            ) is not None:  # of the machine or the cluster; a notebook's end in its outputs
                yield klass, Outcome(prepared.student, "failed", message=f"{_plain(lost)}; call again")
                continue
            try:
                yield klass, klass.record(prepared, future.result())
            except (OSError, SQLAlchemyError) as error:
                yield klass, Outcome(prepared.student, "failed", message=f"{_plain(error)}; call again")


class _Class:
    """One class's submissions of one topic: the trusted steps."""

    def __init__(self, coursedir: CourseDirectory, config: Config, ledger: Ledger, staging: Path) -> None:
        self._coursedir, self._ledger, self._staging = coursedir, ledger, staging
        self.topic = coursedir.assignment_id
        inner = _coursedir(config, Path(coursedir.root), self.topic)
        inner.submitted_directory = str(staging.relative_to(coursedir.root) / "in")
        inner.autograded_directory = str(staging.relative_to(coursedir.root) / "out")
        self._inner = inner
        with ledger.transaction(keep=False) as gradebook:
            try:
                self._blueprint = blueprint.read(gradebook, coursedir)
                tests = {part.id for parts in self._blueprint.values() for part in parts if part.is_test}
                self._scored = scored(gradebook, self.topic, tests)
                released = Released(gradebook, self.topic)
            except MissingEntry:
                raise GradingError(
                    f"the gradebook does not know {self.topic}: run course build {self.topic} first"
                ) from None
            if trouble := extension.without_date(gradebook, self.topic):
                raise GradingError(trouble)
        ledger.released = released
        self._steps = Steps(inner, config, released)
        self.plans = plan.plans(coursedir, self.topic, self._blueprint)

    def folder(self, student: str) -> Path:
        """Where a student's work lies until it is recorded."""
        return Path(self._inner.format_path(self._inner.autograded_directory, student, self.topic))

    def is_done(self, student: str) -> bool:
        """Whether a student is graded, and has not submitted anew since."""
        theirs, ours = _place(self._coursedir, "submitted", student), _place(self._coursedir, "autograded", student)
        if not ours.exists() or student not in self._scored:
            return False
        handed_in, graded = _timestamp(theirs), _timestamp(ours)
        return not (handed_in and graded and handed_in > graded)

    def recorded(self, student: str) -> Outcome:
        """What the gradebook has for a student who is not graded again."""
        with self._ledger.transaction(keep=False) as gradebook:
            return Outcome(student, "skipped", *self._points(gradebook, student))

    def tell(self, outcome: Outcome) -> None:
        """Keep what there is to say of a submission for the class report; it is graded where that cannot be kept."""
        entry = journal.Entry(outcome.student, outcome.status, outcome.message, outcome.seconds)
        with contextlib.suppress(OSError):
            journal.add(Path(self._coursedir.root), self._coursedir.autograded_directory, self.topic, entry)

    def prepare(self, student: str) -> _Prepared:
        """Mend and sanitize; nothing is recorded yet."""
        submission = mend.read(_place(self._coursedir, "submitted", student), self._blueprint)
        try:
            return self._sanitized(student, submission)
        except (OSError, SQLAlchemyError):
            raise
        except Exception as error:  # whatever is wrong with a submission costs only itself
            return self._sanitized(student, mend.all_unreadable(self._blueprint, _plain(error)))

    def record(self, prepared: _Prepared, ran: list[Ran]) -> Outcome:
        """Enter a student's results into the gradebook, then show them in ``autograded/``."""
        for name, result in zip(prepared.readable, ran, strict=True):
            prepared.notebooks[name] = result.notebook
            if result.stopped:
                prepared.notes.append(result.stopped)
        try:
            points = self._enter(prepared)
        except (OSError, SQLAlchemyError):
            raise
        except Exception as error:  # results that nbgrader cannot record
            why = f"its results cannot be recorded: {_plain(error)}"
            prepared = self._sanitized(prepared.student, mend.all_unreadable(self._blueprint, why))
            points = self._enter(prepared)
        refused = prepared.unreadable.values()
        status: Status = "refused" if refused else "mended" if prepared.notes else "graded"
        message = "; ".join([*dict.fromkeys(refused), *prepared.notes])
        return Outcome(prepared.student, status, *points, message, sum(result.seconds for result in ran))

    def _sanitized(self, student: str, submission: mend.Submission) -> _Prepared:
        source = Path(self._inner.format_path(self._inner.submitted_directory, student, self.topic))
        for folder in (source, self.folder(student)):
            shutil.rmtree(folder, ignore_errors=True)
        for name, data in submission.files.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        source.mkdir(parents=True, exist_ok=True)
        for name in submission.notebooks:
            (source / f"{name}.ipynb").touch()
        prepared = _Prepared(student, submission.notes, submission.unreadable)
        for name, notebook in self._steps.sanitize(student, submission.notebooks).items():
            if name in submission.unreadable:
                mend.refuse(notebook, submission.unreadable[name])
            prepared.notebooks[name] = json.dumps(notebook, ensure_ascii=False)
        return prepared

    def _enter(self, prepared: _Prepared) -> tuple[float, float]:
        student = prepared.student
        executed = {name: nbformat.v4.reads(text) for name, text in prepared.notebooks.items()}
        shown = _place(self._coursedir, "autograded", student)
        with self._ledger.transaction(keep=True) as gradebook:
            self._steps.record(student, executed)
            points = self._points(gradebook, student)
            shown.parent.mkdir(parents=True, exist_ok=True)
            if shown.exists():
                # At once: a student with half of the former results would count as graded.
                shown.rename(self._staging / f"former-{student}")
            # Should this process end before the last line, the student counts as not graded and is graded again.
        self.folder(student).rename(shown)
        return points

    def _points(self, gradebook: Gradebook, student: str) -> tuple[float, float]:
        submission = gradebook.find_submission(self.topic, student)
        late = sum(notebook.late_submission_penalty or 0 for notebook in submission.notebooks)
        return max(0.0, float(submission.score) - late), float(submission.max_score)


def _coursedir(config: Config, root: Path, topic_id: str) -> CourseDirectory:
    coursedir = CourseDirectory(config=config)
    if "root" not in config.CourseDirectory:
        coursedir.root = str(root.resolve())
    coursedir.assignment_id = topic_id
    return coursedir


def _place(coursedir: CourseDirectory, step: str, student: str) -> Path:
    directory = getattr(coursedir, f"{step}_directory")
    return Path(os.path.normpath(coursedir.format_path(directory, student, coursedir.assignment_id)))


def _students(coursedir: CourseDirectory) -> list[str]:
    pattern = coursedir.format_path(
        coursedir.submitted_directory, "(?P<student>[^/]+)", re.escape(coursedir.assignment_id), escape=True
    )
    glob = coursedir.format_path(coursedir.submitted_directory, "*", coursedir.assignment_id)
    anchor = Path(glob).anchor
    found = (re.fullmatch(pattern, str(path)) for path in Path(anchor).glob(str(Path(glob).relative_to(anchor))))
    excluded = coursedir.student_id_exclude.split(",")
    return sorted(match["student"] for match in found if match and match["student"] not in excluded)


def _timestamp(folder: Path) -> Any:
    path = folder / mend.TIMESTAMP
    try:
        return mend.parse_utc(path.read_text(encoding="utf-8").strip())
    except Exception:  # none, or one that :mod:`.mend` will complain about
        return None


def _settings(config: Config, full: bool, sandbox: bool) -> dict[str, Any]:
    """What the run needs of the configuration; nothing else leaves this process."""
    kinds = ("Limits", "WarmExecute", "Execute", "ExecutePreprocessor", "NotebookClient")
    settings = {kind: dict(config[kind]) for kind in kinds if kind in config}
    settings.setdefault("WarmExecute", {}).update(sandbox=sandbox)
    if full:
        settings["WarmExecute"]["full"] = True
    return settings


@contextlib.contextmanager
def _runners(
    jobs: int, settings: dict[str, Any], modules: Sequence[str], scheduler: str | None
) -> Iterator[tuple[Executor, int]]:
    """What runs notebooks, here or on a cluster, and how many at a time."""
    if scheduler is not None:
        try:
            with cluster.runners(scheduler) as found:
                yield found
        except cluster.NoCluster as error:
            raise GradingError(str(error)) from None
        return
    chosen = WarmExecute(config=Config(settings))
    forks = chosen.forks()
    if forks:
        worker(chosen.sandbox, modules)  # warms up once; the processes forked below share it
    others = set(multiprocessing.active_children())
    context: Any = multiprocessing.get_context("fork" if forks else "spawn")
    places = context.Value("i", 0)
    runners = ProcessPoolExecutor(jobs, context, initializer=_follow, initargs=(os.getpid(), places))
    try:
        yield runners, jobs
    except BaseException:  # Ctrl-C, for one: what still runs is not waited for
        for process in set(multiprocessing.active_children()) - others:
            process.kill()
        raise
    finally:
        runners.shutdown(cancel_futures=True)


def _follow(owner: int, places: Any) -> None:
    """Leave Ctrl-C to the process that owns the pool, and end with it, however it ends: it holds the class's lock.

    Each has a processor of its own, for the tests of its notebooks, too.
    """
    with places.get_lock():
        processor.choose(places.value)
        places.value += 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        isolate.die_with_parent()
    if os.getppid() != owner:
        os._exit(1)


@contextlib.contextmanager
def _staging(coursedir: CourseDirectory) -> Iterator[Path]:
    """A folder beside the results, out of sight of nbgrader's patterns, for one call at a time."""
    base = Path(coursedir.root, coursedir.autograded_directory)
    base.mkdir(parents=True, exist_ok=True)
    staging = base / f".grading-{coursedir.assignment_id}"
    with (base / f".grading-{coursedir.assignment_id}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GradingError(f"{coursedir.assignment_id} is being graded already, by another call") from None
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _plain(error: BaseException) -> str:
    said = str(error).strip().partition("\n")[0]
    return f"{said} ({type(error).__name__})" if said else type(error).__name__
