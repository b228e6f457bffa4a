"""Prove a topic's exercises: what its tests let through, and what they wrongly refuse.

For each exercise: the reference and the unsolved release; the cohort; mutants of the reference; the same verdict
whatever the seeds and threads; and for the whole notebook its cost. ``docs/audit.md`` explains the report.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from course.testing import CheckFailed, assert_close
from course.tools import cohort, fork, mutation, paths, topic, trial, unbegun
from course.tools.grading import imports, pages
from course.tools.topic import Cell, Exercise, Topic
from course.tools.verdict import trial as outside_trial

#: The bars that every topic must reach.
KILLED_AT_LEAST, KILLED_VISIBLE_AT_LEAST = 0.98, 0.80
MUTANTS_PER_STATEMENT = 3
SOLVED_SECONDS, GRADED_SECONDS = 60.0, 3.0
DETERMINISM_RUNS = 10
DIFFERENTIAL_CALLS = 10_000

# Seconds for a mutant, which may loop for ever, and for what is known to end and must not be lost to a slow machine.
_MUTANT_FLOOR, _FLOOR, _TIMEOUT_FACTOR = 4.0, 120.0, 10.0
_COST_RUNS = 3
_CALLS_AT_ONCE = 2_500
_EXTRA_MEMORY = 6 << 30


@dataclass(frozen=True)
class Survivor:
    """A mutant that every test lets pass."""

    file: str
    line: int
    exercise: str
    operator: str
    was: str
    now: str


@dataclass
class ExerciseReport:
    """What the audit found for one exercise. ``problems`` is empty where every bar is reached."""

    id: str
    points: float
    statements: int = 0
    mutants: int = 0
    equivalent: int = 0
    killed: int = 0
    killed_visible: int = 0
    members: int = 0
    members_exact: int = 0
    mistakes: int = 0
    messages: int = 0
    mistakes_caught_visible: int = 0
    outside: int = 0
    outside_equal: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class TopicReport:
    """What the audit found for one topic."""

    id: str
    reference: bool = False
    unsolved: bool = False
    deterministic: bool = False
    independent: bool = False
    seconds: float = 0.0
    graded_seconds: float = 0.0
    slowest_cell: str = ""
    peak_mib: float = 0.0
    exercises: list[ExerciseReport] = field(default_factory=list)
    survivors: list[Survivor] = field(default_factory=list)
    operators: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def blackbox(self) -> bool:
        """Whether no exercise needs another's answer, and every answer got the same verdict outside its process."""
        return self.independent and 0 < self.total("outside") == self.total("outside_equal")

    @property
    def passed(self) -> bool:
        return not self.problems and not any(exercise.problems for exercise in self.exercises)

    def total(self, name: str) -> int:
        """The sum of one count over the exercises."""
        return sum(getattr(exercise, name) for exercise in self.exercises)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "id": self.id,
            "passed": self.passed,
            "reference": self.reference,
            "unsolved": self.unsolved,
            "cohort": {
                "members": self.total("members"),
                "exact": self.total("members_exact"),
                "mistakes": self.total("mistakes"),
                "messages": self.total("messages"),
                "mistakes_caught_visible": self.total("mistakes_caught_visible"),
            },
            "mutants": {
                "total": self.total("mutants"),
                "statements": self.total("statements"),
                "equivalent": self.total("equivalent"),
                "killed": self.total("killed"),
                "killed_visible": self.total("killed_visible"),
                "operators": self.operators,
                "survivors": [asdict(survivor) for survivor in self.survivors],
            },
            "blackbox": self.blackbox,
            "independent": self.independent,
            "outside": {"judged": self.total("outside"), "equal": self.total("outside_equal")},
            "deterministic": self.deterministic,
            "seconds": round(self.seconds, 2),
            "graded_seconds": round(self.graded_seconds, 2),
            "slowest_cell": self.slowest_cell,
            "peak_mib": round(self.peak_mib, 1),
            "exercises": [asdict(exercise) for exercise in self.exercises],
            "problems": self.problems,
        }


@dataclass(frozen=True)
class _Run:
    """One judgement to make in a child: this answer, these tests, so many threads, and how often over."""

    purpose: str
    exercise: str
    answer: str
    visible: bool = False
    stop: bool = False
    threads: int = 1
    times: int = 1
    subject: Any = None


def audit(
    root: Path,
    topic_id: str,
    *,
    jobs: int = 1,
    sample: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> TopicReport:
    """Audit one topic.

    Call it in a process that has imported numpy and torch and started no threads: it forks.

    Parameters
    ----------
    jobs : int
        How many children run at a time.
    sample : int, optional
        Try no more than this many mutants of each exercise (chosen by a hash, always the same ones).
    progress : callable
        Called with the number of judgements made, and that of all.
    """
    source = topic.load(paths.source_file(root, topic_id))
    return _Audit(source, root, jobs, sample, progress).report()


class _Audit:
    """One audit: the topic, what is prepared once, and the judgements so far."""

    def __init__(
        self, source: Topic, root: Path, jobs: int, sample: int | None, progress: Callable[[int, int], None]
    ) -> None:
        self.topic, self.root, self.jobs, self.sample, self.progress = source, root, jobs, sample, progress
        self.released = trial.released_sources(source, root)
        self.members = cohort.members(source)
        marks, self.differential_source = cohort.equivalents(source)
        self.marks = {_key(mark): mark for mark in marks}
        self.prepared: trial.Names = {}
        self.limits: dict[str, float] = {}
        #: By exercise and answer: the different verdicts it got in the learner's process, each passed or not by test.
        self.verdicts: dict[tuple[str, str], set[tuple[bool, ...]]] = {}

    def report(self) -> TopicReport:
        report = TopicReport(self.topic.id)
        report.exercises = [ExerciseReport(exercise.id, exercise.points) for exercise in self.topic.exercises]
        self._cost(report)
        self._import()
        _limit_threads(1)
        self.prepared = trial.prepare(self.topic)
        self._compile()
        gc.freeze()  # what is there stays: no child need look through it, nor copy it for that
        pages.enlarge()
        self._reference(report)
        self._judge_all(report)
        self._summarise(report)
        return report

    def _import(self) -> None:
        """Import here what the tests would import in every child."""
        for name in imports.of(self.root, [self.topic.id]):
            importlib.import_module(name)

    def _compile(self) -> None:
        """Compile here what every child will run."""
        for exercise in self.topic.exercises:
            trial.compiled(self.released[exercise.id], exercise.id)
            for test in (*exercise.tests, *self._visible(exercise)):
                trial.compiled(test.source, test.id)

    def _cost(self, report: TopicReport) -> None:
        """Run the solved notebook; once more where it is over a bar, as a slow moment of the machine is not its own."""
        graded = [cell.id for cell in self.topic.cells if cell.kind in ("answer", "test")]
        best: dict[str, float] = {}
        for _ in range(_COST_RUNS):
            result = fork.run(lambda: _solved_run(self.topic), timeout=10 * SOLVED_SECONDS)
            if isinstance(result, fork.Lost):
                report.problems.append(f"the solved notebook does not run: {result.reason}")
                return
            seconds, report.peak_mib = result
            best = {cell_id: min(taken, best.get(cell_id, taken)) for cell_id, taken in seconds.items()}
            report.seconds = sum(best.values())
            report.graded_seconds = sum(best[cell_id] for cell_id in graded)
            if report.seconds < SOLVED_SECONDS and report.graded_seconds <= GRADED_SECONDS:
                break
        report.slowest_cell = max(best, key=lambda cell_id: best[cell_id])
        if report.seconds >= SOLVED_SECONDS:
            report.problems.append(
                f"the solved notebook takes {report.seconds:.0f} s: {SOLVED_SECONDS:.0f} are allowed"
            )
        if report.graded_seconds > GRADED_SECONDS:
            report.problems.append(
                f"answers and tests take {report.graded_seconds:.1f} s: {GRADED_SECONDS:.0f} are allowed"
            )

    def _reference(self, report: TopicReport) -> None:
        """Full marks for the reference, also where all else is unsolved; none for the unsolved release."""
        report.reference = report.unsolved = report.independent = True
        by_id = {found.id: found for found in report.exercises}
        runs = [_Run("reference", e.id, e.answer.source) for e in self.topic.exercises]
        runs += [_Run("unsolved", e.id, self.released[e.id]) for e in self.topic.exercises]
        for run, verdicts in self._forked(runs, lambda run: _FLOOR):
            found = by_id[run.exercise]
            if isinstance(verdicts, fork.Lost):
                found.problems.append(f"{run.purpose}: {verdicts.reason}")
                report.reference = report.independent = False
                continue
            if run.purpose == "reference":
                self.verdicts[run.exercise, run.answer] = {_passes(verdicts)}
                self.limits[run.exercise] = sum(verdict.seconds for verdict in verdicts)
                for verdict in verdicts:
                    if not verdict.passed:
                        report.reference = report.independent = False
                        found.problems.append(f"reference: {verdict.test} fails: {verdict.text}")
            else:
                for verdict in verdicts:
                    if verdict.passed or unbegun.SAYS not in verdict.message:
                        report.unsolved = False
                        how = "passes" if verdict.passed else f"says {verdict.text.splitlines()[0]!r}"
                        found.problems.append(f"unsolved: {verdict.test} {how}, where it must say {unbegun.SAYS!r}")

    def _judge_all(self, report: TopicReport) -> None:
        by_id = {found.id: found for found in report.exercises}
        runs: list[_Run] = []
        mutants: list[mutation.Mutant] = []
        for exercise in self.topic.exercises:
            region = mutation.solution_lines(exercise.answer.source)
            made = mutation.mutants(exercise.id, exercise.answer.source, region)
            by_id[exercise.id].statements = mutation.statements(exercise.answer.source, region)
            if len(made) < MUTANTS_PER_STATEMENT * by_id[exercise.id].statements:
                by_id[exercise.id].problems.append(f"only {len(made)} mutants: too few to judge the tests by")
            mutants += _sampled(made, self.sample)
        for member in self.members:
            runs.append(_Run("member", member.exercise, member.source, subject=member))
            runs.append(_Run("member", member.exercise, member.source, visible=True, subject=member))
            runs.append(_Run("outside", member.exercise, member.source, subject=member.name))
        runs += [_Run("outside", e.id, e.answer.source, subject="the reference") for e in self.topic.exercises]
        runs += [_Run("mutant", m.exercise, m.source, stop=True, subject=m) for m in mutants]
        answers = [(e.id, e.answer.source) for e in self.topic.exercises] + [
            (m.exercise, m.source) for m in self.members
        ]
        # Two of the runs are made already: the first one, and the one outside the process.
        times = (DETERMINISM_RUNS - 2) // 2 if self.sample is None else 1
        for exercise_id, answer in answers:
            runs += [_Run("again", exercise_id, answer, threads=threads, times=times) for threads in (1, 2)]
        report.operators = dict(sorted(Counter(mutant.operator for mutant in mutants).items()))

        outside: list[tuple[_Run, tuple[bool, ...]]] = []
        survivors: list[mutation.Mutant] = []
        for done, (run, result) in enumerate(self._forked(runs, self._limit), 1):
            self.progress(done, len(runs))
            found = by_id[run.exercise]
            if run.purpose == "member":
                self._member(found, run, result)
                if not run.visible and not isinstance(result, fork.Lost):
                    self.verdicts.setdefault((run.exercise, run.answer), set()).add(_passes(result))
            elif run.purpose == "mutant":
                found.mutants += 1
                outcome = result if isinstance(result, str) else "visible"  # lost: it hung or died
                found.killed += outcome != "survived"
                found.killed_visible += outcome == "visible"
                if outcome == "survived":
                    survivors.append(run.subject)
            elif run.purpose == "outside":
                outside.append((run, () if isinstance(result, fork.Lost) else _passes(result)))
            else:
                self.verdicts.setdefault((run.exercise, run.answer), set()).update(
                    {(False,)} if isinstance(result, fork.Lost) else result
                )
        report.deterministic = True
        for (exercise_id, answer), seen in self.verdicts.items():
            if len(seen) > 1:
                report.deterministic = False
                who = next((m.name for m in self.members if m.source == answer), "the reference")
                by_id[exercise_id].problems.append(f"not deterministic: {who} got {len(seen)} different verdicts")
        for run, passes in outside:
            found = by_id[run.exercise]
            found.outside += 1
            found.outside_equal += {passes} == self.verdicts[run.exercise, run.answer]
            if {passes} != self.verdicts[run.exercise, run.answer]:
                found.problems.append(f"outside the process {run.subject} gets another verdict: {passes or 'none'}")
        self._survivors(report, by_id, survivors)

    def _member(self, found: ExerciseReport, run: _Run, result: Any) -> None:
        member: cohort.Member = run.subject
        lost = isinstance(result, fork.Lost)
        if run.visible:
            if not member.right and (lost or any(not verdict.passed for verdict in result)):
                found.mistakes_caught_visible += 1
            return
        found.members += 1
        found.mistakes += not member.right
        where = f"cohort/{member.exercise}.py:{member.line} {member.name}"
        if lost:
            found.problems.append(f"{where}: {result.reason}")
            return
        failed = [verdict for verdict in result if not verdict.passed]
        if trial.earned(result) == member.points:
            found.members_exact += 1
        else:
            because = "".join(f"\n      {verdict.test}: {verdict.text.strip()}" for verdict in failed)
            found.problems.append(f"{where}: got {trial.earned(result):g} points, not {member.points:g}{because}")
        if not member.right:
            if any(member.says in verdict.text for verdict in failed):
                found.messages += 1
            else:
                said = "".join(f"\n      {verdict.test}: {verdict.text.strip()}" for verdict in failed)
                found.problems.append(f"{where}: no failing test says {member.says!r}{said}")

    def _survivors(
        self, report: TopicReport, by_id: dict[str, ExerciseReport], survivors: list[mutation.Mutant]
    ) -> None:
        claimed = [mutant for mutant in survivors if _key(mutant) in self.marks]
        differences = self._differences(claimed)
        for mutant in claimed:
            found = by_id[mutant.exercise]
            found.equivalent += 1
            if reason := differences.get(mutant):
                found.problems.append(f"marked equivalent, but it is not: {mutant.now}\n      {reason}")
        if self.sample is None:
            for key in self.marks.keys() - {_key(mutant) for mutant in claimed}:
                by_id[key[0]].problems.append(
                    f"equivalents.py marks a mutant that does not survive: {self.marks[key].now}"
                )
        for mutant in survivors:
            if mutant not in claimed:
                answer = self.topic.exercise(mutant.exercise).answer
                file = str(self.topic.path.relative_to(self.root))
                report.survivors.append(
                    Survivor(
                        file, answer.line + mutant.line - 1, mutant.exercise, mutant.operator, mutant.was, mutant.now
                    )
                )

    def _summarise(self, report: TopicReport) -> None:
        functions = {e.id: _public_definitions(e) for e in self.topic.exercises}
        for found in report.exercises:
            rights = found.members - found.mistakes
            needed = max(4, 2 * functions[found.id])
            if found.mistakes < needed or rights < 2:
                found.problems.append(
                    f"the cohort has {found.mistakes} mistakes and {rights} other right answers: "
                    f"{needed} and 2 are asked for"
                )
        real = report.total("mutants") - report.total("equivalent")
        for name, bar in (("killed", KILLED_AT_LEAST), ("killed_visible", KILLED_VISIBLE_AT_LEAST)):
            share = report.total(name) / real if real else 0.0
            if share < bar:
                words = "by all tests" if name == "killed" else "by the visible tests alone"
                report.problems.append(f"{share:.1%} of the mutants are killed {words}: {bar:.0%} is the bar")

    def _forked(self, runs: Sequence[_Run], limit: Callable[[_Run], float]) -> Iterable[tuple[_Run, Any]]:
        return fork.forked(self._judge, runs, jobs=self.jobs, timeout=limit, extra_memory=_EXTRA_MEMORY)

    def _limit(self, run: _Run) -> float:
        may_hang = run.purpose == "mutant" and _key(run.subject) not in self.marks
        floor = _MUTANT_FLOOR if may_hang else _FLOOR
        return floor + run.times * _TIMEOUT_FACTOR * self.limits.get(run.exercise, 1.0)

    def _judge(self, run: _Run) -> Any:
        """In a child: the verdicts; for a mutant, which tests kill it: "visible", "hidden", or none ("survived");
        for a run to be made again and again, the set of different verdicts, each a tuple of passed or not.
        """
        if run.threads > 1:
            _limit_threads(run.threads)
        exercise = self.topic.exercise(run.exercise)
        answers = [
            (other.id, run.answer if other.id == run.exercise else self.released[other.id])
            for other in self.topic.exercises
        ]
        if run.purpose == "mutant":
            if not _all_pass(trial.judge(self.prepared, answers, self._visible(exercise), stop=True)):
                return "visible"
            return "survived" if _all_pass(trial.judge(self.prepared, answers, exercise.tests, stop=True)) else "hidden"
        if run.purpose == "again":
            seen = set()
            for turn in range(run.times):
                _seed(1 + run.threads + 2 * turn)
                verdicts = trial.judge(self.prepared, answers, exercise.tests)
                seen.add(_passes(verdicts))
            return seen
        if run.purpose == "outside":
            return outside_trial.judge(self.prepared, answers, exercise.tests)
        return trial.judge(self.prepared, answers, self._visible(exercise) if run.visible else exercise.tests)

    def _visible(self, exercise: Exercise) -> list[Cell]:
        return [Cell(test.id, "test", self.released[test.id], test.line, test.points) for test in exercise.tests]

    def _differences(self, claimed: Sequence[mutation.Mutant]) -> dict[mutation.Mutant, str]:
        """Where mutants marked as equivalent part from the reference in random calls: those alone that do.

        The reference is called once for all of an exercise's mutants, and the calls are shared out over the jobs.
        """
        by_exercise: dict[str, list[mutation.Mutant]] = {}
        for mutant in claimed:
            by_exercise.setdefault(mutant.exercise, []).append(mutant)
        parts = [
            (tuple(mutants), range(DIFFERENTIAL_CALLS)[first : first + _CALLS_AT_ONCE])
            for mutants in by_exercise.values()
            for first in range(0, DIFFERENTIAL_CALLS, _CALLS_AT_ONCE)
        ]
        found: dict[mutation.Mutant, str] = {}
        outcomes = fork.forked(lambda part: self._differ(*part), parts, jobs=self.jobs, timeout=600.0)
        for (mutants, _), reasons in sorted(outcomes, key=lambda outcome: outcome[0][1].start):
            if isinstance(reasons, fork.Lost):
                reasons = dict.fromkeys(mutants, reasons.reason)
            found = reasons | found
        return found

    def _differ(self, mutants: Sequence[mutation.Mutant], calls: range) -> dict[mutation.Mutant, str]:
        """In a child: the first of these calls in which each mutant of one exercise parts from the reference."""
        exercise = self.topic.exercise(mutants[0].exercise)
        attempts = dict(self.prepared)
        trial.execute(self.differential_source, cohort.EQUIVALENTS, attempts)
        attempt = attempts[cohort.attempt_name(exercise.id)]

        def names(answer: str) -> trial.Names:
            given = dict(self.prepared)
            for other in self.topic.exercises:
                trial.execute(self.released[other.id], other.id, given)
            trial.execute(answer, exercise.id, given)
            return given

        def tried(given: trial.Names, call: int) -> tuple[Any, str]:
            _seed(call)
            try:
                return attempt(given, np.random.default_rng(call)), ""
            except Exception as error:
                return None, type(error).__name__

        reference = names(exercise.answer.source)
        sides = {mutant: names(mutant.source) for mutant in mutants}
        reasons: dict[mutation.Mutant, str] = {}
        for call in calls:
            expected, expected_error = tried(reference, call)
            if expected_error and call == 0:
                return dict.fromkeys(sides, f"call {call} raises {expected_error} with the reference itself")
            for mutant, given in sides.items():
                if mutant in reasons:
                    continue
                got, got_error = tried(given, call)
                if got_error != expected_error:
                    reasons[mutant] = f"call {call}: {got_error or 'a result'} for {expected_error or 'a result'}"
                    continue
                try:
                    assert_close(got, expected, rtol=1e-9, atol=1e-12)
                except CheckFailed as difference:
                    reasons[mutant] = f"call {call}: {difference}"
        return reasons


def _solved_run(source: Topic) -> tuple[dict[str, float], float]:
    """In a child: seconds of each code cell of the solved notebook, looks included, and peak memory in MiB."""
    import matplotlib.pyplot as plt

    names: trial.Names = {"__name__": "__main__"}
    seconds = {}
    for cell in source.cells:
        if cell.kind in ("prose", "written"):
            continue
        wall, cpu = time.perf_counter(), time.process_time()
        trial.execute(cell.source, cell.id, names)
        for number in plt.get_fignums():
            plt.figure(number).canvas.draw()
        plt.close("all")
        # The smaller of the two: threads make the one too large, other work on the machine the other.
        seconds[cell.id] = min(time.perf_counter() - wall, time.process_time() - cpu)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _key(change: mutation.Mutant | cohort.Equivalent) -> tuple[str, str, str]:
    """What identifies a change to an answer: blanks do not count, which mutation operators set as they please."""
    return change.exercise, "".join(change.was.split()), "".join(change.now.split())


def _passes(verdicts: Iterable[trial.Verdict]) -> tuple[bool, ...]:
    return tuple(verdict.passed for verdict in verdicts)


def _all_pass(verdicts: Iterable[trial.Verdict]) -> bool:
    return all(verdict.passed for verdict in verdicts)


def _sampled(mutants: list[mutation.Mutant], sample: int | None) -> list[mutation.Mutant]:
    if sample is None or len(mutants) <= sample:
        return mutants
    return sorted(mutants, key=lambda mutant: hashlib.sha256(mutant.source.encode()).digest())[:sample]


def _public_definitions(exercise: Exercise) -> int:
    """How many functions or classes of its own an exercise asks for (1 where there is a single one)."""
    defined, _, _ = topic.names(exercise.answer.source)
    return sum(not name.startswith("_") for name in defined)


def _seed(seed: int) -> None:
    import torch

    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _limit_threads(threads: int) -> None:
    import threadpoolctl
    import torch

    torch.set_num_threads(threads)
    threadpoolctl.threadpool_limits(threads)
