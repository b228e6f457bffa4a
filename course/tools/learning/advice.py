"""What to show when: hints one after another, the solution after an honest attempt, what to do next."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from course import syllabus
from course.tools import paths
from course.tools.errors import alike
from course.tools.learning import released, state, workfolder

if TYPE_CHECKING:
    from course.tools.learning.checking import Report


@dataclass(frozen=True)
class Hint:
    """One hint, in Markdown; ``number`` counts from 1 to ``of``."""

    number: int
    of: int
    text: str


@dataclass(frozen=True)
class Standing:
    """Where the learner stands in one topic. ``next`` says what to do there; empty where all is done."""

    topic: str
    title: str
    unit: str
    started: bool
    points: float
    of: float
    written: float
    checked: str
    next: str


def locate(root: Path, name: str) -> tuple[str, released.Exercise]:
    """The topic and the exercise that ``EXERCISE`` or ``TOPIC/EXERCISE`` names.

    Raises
    ------
    WorkError
        There is none of that name among the topics begun, or more than one.
    """
    topic_id, _, exercise_id = name.rpartition("/")
    known = [row.id for row in syllabus.TOPICS]
    if topic_id and topic_id not in known:
        raise workfolder.WorkError(
            f"there is no topic {topic_id!r}{alike(topic_id, known)}: 'course progress' lists them"
        )
    begun = [topic_id] if topic_id else workfolder.started(root, known)
    if not begun:
        raise workfolder.WorkError("you have not started any topic: course start TOPIC ('course progress' lists them)")
    if topic_id and not workfolder.started(root, begun):
        raise workfolder.not_started(topic_id)
    releases = {one: workfolder.release(root, one) for one in begun}
    found = [(one, exercise) for one, release in releases.items() if (exercise := release.exercise(exercise_id))]
    if len(found) == 1:
        return found[0]
    if found:
        raise workfolder.WorkError(
            f"several topics have an exercise {exercise_id!r}: say which, "
            + " or ".join(f"{one}/{exercise_id}" for one, _ in found)
        )
    there = {f"{one}/{e.id}": e.id for one, release in releases.items() for e in release.exercises}
    whose = f"{topic_id} has no" if topic_id else "no topic that you have started has an"
    like = alike(exercise_id, there.values())
    raise workfolder.WorkError(f"{whose} exercise {exercise_id!r}{like}: there are {', '.join(there)}")


def record(root: Path, report: Report) -> tuple[dict[str, Hint], str]:
    """Enter a verdict into the progress.

    Gives the hint to show for each exercise that was tried and is not passed: every new try that fails earns the next
    one, the same answer checked again does not. And the name of a file of progress that could not be read, if any.
    """
    shown: dict[str, Hint] = {}
    with state.update(root) as progress:
        topic = progress.topic(report.topic)
        topic.checked = state.now()
        for result in report.results:
            known = topic.exercise(result.exercise)
            known.points, known.of, known.status, known.checked = result.points, result.of, result.status, topic.checked
            if result.status == "not attempted":
                continue
            answer = fingerprint(report.answers.get(result.exercise, ""))
            new, known.answer = answer != known.answer, answer
            known.attempts += new
            exercise = report.release.exercise(result.exercise)
            if result.status != "passed" and exercise is not None and exercise.hints:
                known.hints = min(max(known.hints + new, 1), len(exercise.hints))
                shown[result.exercise] = _hint(exercise, known.hints)
        return shown, progress.broken


def next_hint(root: Path, topic_id: str, exercise: released.Exercise, *, again: bool = False) -> list[Hint]:
    """The next hint, now counted as given; with ``again`` those given before. Empty where there is none left."""
    with state.update(root) as progress:
        known = progress.topic(topic_id).exercise(exercise.id)
        given = min(known.hints, len(exercise.hints))
        if again:
            return [_hint(exercise, number) for number in range(1, given + 1)]
        if given == len(exercise.hints):
            return []
        known.hints = given + 1
        return [_hint(exercise, known.hints)]


def why_not_yet(root: Path, topic_id: str, exercise: released.Exercise) -> str:
    """Why the solution is not shown yet; empty where the learner has tried: written an answer, and checked it."""
    answer = workfolder.answer(workfolder.load(root, topic_id), exercise.id)
    if answer is None or answer.strip() == exercise.stub.strip():
        return (
            f"{exercise.id} has no answer yet. Try it first ('course hint {exercise.id}' helps, 'course check' judges)"
        )
    if not state.read(root).topic(topic_id).exercise(exercise.id).attempts:
        return (
            f"you have not checked your answer to {exercise.id} yet: course check {topic_id} --exercise {exercise.id}"
        )
    return ""


def solution(root: Path, topic_id: str, exercise_id: str) -> str:
    """The reference answer, without the marks around it; that it was seen is noted."""
    from course.tools import topic

    source = topic.load(paths.source_file(root, topic_id)).exercise(exercise_id).answer.source
    with state.update(root) as progress:
        progress.topic(topic_id).exercise(exercise_id).solution_seen = True
    return "\n".join(line for line in source.splitlines() if not line.strip().startswith("### "))


def standings(root: Path) -> list[Standing]:
    """Every topic of the syllabus, in its order."""
    progress = state.read(root)
    found = []
    for row in syllabus.TOPICS:
        release = workfolder.release(root, row.id)
        begun = workfolder.notebook(root, row.id).exists()
        known = progress.topics.get(row.id, state.Topic())
        points = sum(known.exercise(exercise.id).points for exercise in release.exercises)
        found.append(
            Standing(
                row.id, row.title, row.unit, begun, points, release.points, release.written, known.checked,
                _next(row, release, known, progress, begun),
            )
        )  # fmt: skip
    return found


def fingerprint(answer: str) -> str:
    """Enough to tell one answer from another."""
    return hashlib.sha256(answer.strip().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _next(
    row: syllabus.Topic, release: released.Notebook, known: state.Topic, progress: state.Progress, begun: bool
) -> str:
    if not begun:
        before = [one for one in row.prerequisites if not progress.topics.get(one, state.Topic()).checked]
        return "start" + (f", after {', '.join(before)}" if before else "")
    if not known.checked:
        return "check"
    for exercise in release.exercises:
        status = known.exercise(exercise.id).status
        if status != "passed":
            return f"{exercise.id}: {status or 'not checked'}"
    return ""


def _hint(exercise: released.Exercise, number: int) -> Hint:
    return Hint(number, len(exercise.hints), exercise.hints[number - 1])
