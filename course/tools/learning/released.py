"""A notebook as a learner has it: its exercises with their stubs, visible tests and hints.

Read with the standard library alone, for it is read while a learner waits.
"""

from __future__ import annotations

import ast
import html
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DETAILS = re.compile(r"<details>\s*<summary>\s*Hint\s*\d*\s*</summary>(.*?)</details>", re.DOTALL | re.IGNORECASE)


class NotANotebook(Exception):
    """A file that cannot be read as a notebook; the message says why."""


@dataclass(frozen=True)
class Test:
    """A test cell, as released: where all is hidden, only comments are left of its source."""

    id: str
    points: float
    source: str

    @property
    def visible(self) -> bool:
        """Whether there is anything to run."""
        try:
            return bool(ast.parse(self.source).body)
        except SyntaxError:
            return True


@dataclass(frozen=True)
class Exercise:
    """An answer cell and what belongs to it."""

    id: str
    stub: str
    hints: tuple[str, ...]
    tests: tuple[Test, ...]

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)


@dataclass(frozen=True)
class Notebook:
    """A released notebook, or one that was made from it. ``written`` are the points that a person gives."""

    topic: str
    exercises: tuple[Exercise, ...]
    written: float

    @property
    def points(self) -> float:
        """What code can earn."""
        return sum(exercise.points for exercise in self.exercises)

    def exercise(self, exercise_id: str) -> Exercise | None:
        """The exercise of that id (``-`` and ``_`` are one), or else the one that asks for a function of that name."""
        wanted = exercise_id.replace("_", "-")
        defines = re.compile(rf"^(?:def|class) {re.escape(exercise_id)}\b", re.MULTILINE)
        return next(
            itertools.chain(
                (one for one in self.exercises if one.id == wanted),
                (one for one in self.exercises if defines.search(one.stub)),
            ),
            None,
        )


def load(path: Path) -> dict[str, Any]:
    """A notebook's JSON.

    Raises
    ------
    NotANotebook
        It is no JSON, or not that of a notebook.
    FileNotFoundError
        There is no such file.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise NotANotebook("it is not text in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise NotANotebook(f"it is not JSON: {error}" if path.stat().st_size else "it is empty") from None
    if not isinstance(value, dict) or not isinstance(value.get("cells"), list):
        raise NotANotebook("it is JSON, but it holds no cells")
    if not all(isinstance(cell, dict) for cell in value["cells"]):
        raise NotANotebook("it is JSON, but its cells are none")
    return value


def read(path: Path) -> Notebook:
    """The exercises of a notebook, in its order."""
    return parse(load(path), path.stem)


def parse(notebook: Mapping[str, Any], name: str = "") -> Notebook:
    """The exercises in a notebook's JSON. An answer's tests are those below it; its hints stand in the prose above."""
    exercises: list[Exercise] = []
    answer: tuple[str, str, tuple[str, ...]] | None = None
    tests: list[Test] = []
    prose: list[str] = []
    written = 0.0
    for cell in [*notebook["cells"], {"cell_type": "end"}]:
        nbgrader = marks(cell)
        kind = cell.get("cell_type")
        answers = kind == "code" and nbgrader.get("solution") and not nbgrader.get("grade")
        if answer is not None and (answers or kind == "end"):
            exercises.append(Exercise(*answer, tuple(tests)))
        if kind == "markdown":
            prose.append(source(cell))
            if nbgrader.get("grade"):
                written += _points(nbgrader)
            continue
        if answers:
            answer = str(nbgrader.get("grade_id")), source(cell), hints("\n\n".join(prose))
            tests = []
        elif nbgrader.get("grade") and kind == "code":
            tests.append(Test(str(nbgrader.get("grade_id")), _points(nbgrader), source(cell)))
        prose = []
    metadata = notebook.get("metadata")
    topic = metadata.get("course", {}).get("topic", name) if isinstance(metadata, dict) else name
    return Notebook(topic, tuple(exercises), written)


def marks(cell: Mapping[str, Any]) -> dict[str, Any]:
    """A cell's nbgrader metadata; empty where it has none."""
    metadata = cell.get("metadata")
    found = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def source(cell: Mapping[str, Any]) -> str:
    """A cell's source, which a notebook may keep as one string or as lines."""
    text = cell.get("source", "")
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def hints(prose: str) -> tuple[str, ...]:
    """The hints folded into a task's prose, in order, as Markdown."""
    return tuple(_markdown(body) for body in _DETAILS.findall(prose))


def _markdown(body: str) -> str:
    """The few tags that stand in hints as Markdown, and characters for entities."""
    for tag, mark in (("code", "`"), ("em", "*"), ("i", "*"), ("strong", "**"), ("b", "**")):
        body = re.sub(rf"</?{tag}>", mark, body)
    return html.unescape(re.sub(r"<[a-z/][^>]*>", "", body)).strip()


def _points(nbgrader: Mapping[str, Any]) -> float:
    points = nbgrader.get("points", 0)
    return float(points) if isinstance(points, int | float) else 0.0
