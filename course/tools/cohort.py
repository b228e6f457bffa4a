"""A topic's cohort: typical answers to its exercises, each with the points it must earn.

``source/TOPIC/cohort/EXERCISE.py`` is a percent file; each cell is a member that defines only what differs from the
reference. ``source/TOPIC/cohort/equivalents.py`` marks mutants that no test can tell from the reference.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

from course.tools.topic import Exercise, Problem, SourceError, Topic

EQUIVALENTS = "equivalents.py"


@dataclass(frozen=True)
class Member:
    """One answer. ``source`` is the whole answer cell; ``says`` a part of the message that a mistake must trigger."""

    exercise: str
    name: str
    right: bool
    points: float
    says: str
    source: str
    line: int


@dataclass(frozen=True)
class Equivalent:
    """A mutant that behaves as the reference does: the line before and after, and why."""

    exercise: str
    was: str
    now: str
    reason: str


def members(topic: Topic) -> list[Member]:
    """All members of a topic's cohort, in the order of the exercises.

    Raises
    ------
    SourceError
        A file that belongs to no exercise, or a member without a name, points or message.
    """
    known = {exercise.id for exercise in topic.exercises}
    problems = [
        Problem(path, 1, path.stem, f"the topic has no exercise of this name: there are {', '.join(sorted(known))}")
        for path in sorted(topic.cohort.glob("*.py"))
        if path.stem not in known and path.name != EQUIVALENTS
    ]
    found: list[Member] = []
    for exercise in topic.exercises:
        path = topic.cohort / f"{exercise.id}.py"
        if path.exists():
            found += _read(path, exercise, problems)
    if problems:
        raise SourceError(problems)
    return found


def splice(reference: str, member: str) -> str:
    """The reference's source with the definitions of ``member`` in the place of its own."""
    replaced = {name for node in ast.parse(member).body for name in _defines(node)}
    lines = reference.splitlines()
    spans = [
        (min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) - 1, node.end_lineno or 0)
        for node in ast.parse(reference).body
        if _defines(node) & replaced
    ]
    if not spans:
        return f"{reference}\n\n\n{member}"
    for position, (start, end) in reversed(list(enumerate(spans))):
        lines[start:end] = member.splitlines() if position == 0 else []
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip()


def equivalents(topic: Topic) -> tuple[list[Equivalent], str]:
    """The mutants marked as equivalent, and the source of the file, whose functions make the random calls."""
    path = topic.cohort / EQUIVALENTS
    if not path.exists():
        return [], ""
    names: dict[str, Any] = {}
    source = path.read_text(encoding="utf-8")
    exec(compile(source, str(path), "exec"), names)
    marks = [Equivalent(**{key: _tidy(value) for key, value in mark.items()}) for mark in names["EQUIVALENT"]]
    problems = [
        Problem(path, 1, mark.exercise, f"an equivalent needs a function {attempt_name(mark.exercise)}(answer, rng)")
        for mark in marks
        if not callable(names.get(attempt_name(mark.exercise)))
    ]
    problems += [Problem(path, 1, mark.exercise, "an equivalent needs a reason") for mark in marks if not mark.reason]
    if problems:
        raise SourceError(problems)
    return marks, source


def attempt_name(exercise: str) -> str:
    """The function in ``equivalents.py`` that makes one random call for an exercise."""
    return "try_" + exercise.replace("-", "_")


def _read(path: Path, exercise: Exercise, problems: list[Problem]) -> list[Member]:
    text = path.read_text(encoding="utf-8")
    openers = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
    notebook = jupytext.reads(text, fmt="py:percent")
    cells = notebook.cells[-len(openers) :] if openers else []
    found = []
    for cell, line in zip(cells, openers, strict=True):
        mistake, right = cell.metadata.get("mistake"), cell.metadata.get("right")
        name, says = mistake or right or "", cell.metadata.get("says", "")
        if bool(mistake) == bool(right):
            problems.append(Problem(path, line, name, 'a member is mistake="…" or right="…"'))
            continue
        if mistake and ("points" not in cell.metadata or not says):
            problems.append(Problem(path, line, name, 'a mistake declares points=… and says="…"'))
            continue
        try:
            source = splice(exercise.answer.source, cell.source)
        except SyntaxError as error:
            problems.append(Problem(path, line + (error.lineno or 0), name, f"it does not parse: {error.msg}"))
            continue
        points = float(cell.metadata["points"]) if mistake else exercise.points
        found.append(Member(exercise.id, name, bool(right), points, says, source, line))
    return found


def _defines(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def _tidy(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())
