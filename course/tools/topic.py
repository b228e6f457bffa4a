"""A topic's source: the cells of ``source/TOPIC/TOPIC.py``, their kinds, and the exercises they form."""

from __future__ import annotations

import ast
import builtins
import functools
import re
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import jupytext

from course.tools.errors import UserError

Kind = Literal["prose", "setup", "answer", "test", "look", "written"]

#: The marks that nbgrader clears by, and the kinds of cell that each may stand in.
MARKS: dict[str, tuple[Kind, ...]] = {
    "SOLUTION": ("answer", "written"),
    "HIDDEN TESTS": ("test",),
    "MARK SCHEME": ("written",),
}
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ALWAYS_THERE = frozenset(dir(builtins)) | {"__name__", "__doc__", "__file__"}


@dataclass(frozen=True)
class Problem:
    """Something in a source file to mend: where it is, what is wrong, what to do."""

    path: Path
    line: int
    cell: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: cell {self.cell or 'without id'}: {self.message}"


class SourceError(UserError):
    """A source file that cannot be built; ``problems`` lists all that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Cell:
    """One cell. ``line`` is that of its first line of source in the file; ``points`` is 0 where it is not graded."""

    id: str
    kind: Kind
    source: str
    line: int
    points: float = 0.0


@dataclass(frozen=True)
class Exercise:
    """An answer cell and the test cells that judge it."""

    answer: Cell
    tests: tuple[Cell, ...]

    @property
    def id(self) -> str:
        return self.answer.id

    @property
    def points(self) -> float:
        return sum(test.points for test in self.tests)


@dataclass(frozen=True)
class Topic:
    """A topic as its source file gives it."""

    id: str
    path: Path
    cells: tuple[Cell, ...]
    exercises: tuple[Exercise, ...] = field(default=())

    @property
    def setup(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.kind == "setup")

    @property
    def points(self) -> float:
        return sum(cell.points for cell in self.cells)

    @property
    def cohort(self) -> Path:
        return self.path.parent / "cohort"

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise of that id, or a ``KeyError`` that names those there are."""
        for exercise in self.exercises:
            if exercise.id == exercise_id:
                return exercise
        raise KeyError(f"{self.id} has no exercise {exercise_id!r}: it has {', '.join(e.id for e in self.exercises)}")


def load(path: Path) -> Topic:
    """Read and check a topic's source.

    Raises
    ------
    SourceError
        With every problem found: file, line, cell, and what to do.
    FileNotFoundError
        There is no such file.
    """
    text = path.read_text(encoding="utf-8")
    cells, problems = _parse(path, text)
    exercises = tuple(_exercises(path, cells, problems))
    if not problems:
        problems += _check_names(path, cells, exercises)
    if problems:
        raise SourceError(sorted(problems, key=lambda problem: problem.line))
    return Topic(path.stem, path, tuple(cells), exercises)


def _parse(path: Path, text: str) -> tuple[list[Cell], list[Problem]]:
    notebook = jupytext.reads(text, fmt="py:percent")
    openers = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"# %%(?!%)", line)]
    if len(openers) != len(notebook.cells):
        where = Problem(path, 1, "", "there is code before the first '# %%' line: give it a cell of its own")
        return [], [where]
    cells: list[Cell] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for raw, opener in zip(notebook.cells, openers, strict=True):
        metadata = dict(raw.metadata)
        nbgrader = metadata.get("nbgrader", {})
        cell_id = str(nbgrader.get("grade_id") or metadata.get("id") or "")

        def problem(message: str, line: int = opener, cell_id: str = cell_id) -> None:
            problems.append(Problem(path, line, cell_id, message))

        if not cell_id:
            problem('it has no id: add id="some-name", or a grade_id in nbgrader={…}, to its "# %%" line')
        elif not _ID.fullmatch(cell_id):
            problem("its id must be lower-case words joined by dashes")
        elif cell_id in seen:
            problem(f"its id is used already, on line {seen[cell_id]}: give each cell its own")
        seen.setdefault(cell_id, opener)
        kind = _kind(raw.cell_type, metadata, nbgrader, problem)
        points = nbgrader.get("points", 0)
        if kind in ("test", "written") and not (isinstance(points, int | float) and points > 0):
            problem('a graded cell needs points: add "points": 1 to its nbgrader={…}')
            points = 0
        cell = Cell(cell_id, kind, raw.source, opener + 1, float(points))
        _check_marks(cell, problem)
        if raw.cell_type == "code":
            try:
                ast.parse(raw.source)
            except SyntaxError as error:
                problem(f"it does not parse: {error.msg}", opener + (error.lineno or 1))
        cells.append(cell)
    return cells, problems


def _kind(cell_type: str, metadata: dict[str, Any], nbgrader: dict[str, Any], problem: Any) -> Kind:
    roles = {role for role in ("grade", "solution", "locked", "task") if nbgrader.get(role)}
    if cell_type == "markdown":
        if roles == {"grade", "solution"}:
            return "written"
        if roles:
            problem('a markdown cell is prose, or a written question ("grade": true, "solution": true)')
        return "prose"
    if roles == {"solution"}:
        return "answer"
    if roles == {"grade"}:
        return "test"
    if roles == {"locked"}:
        return "setup"
    if "look" in metadata.get("tags", []) and not roles:
        return "look"
    problem(
        'a code cell is set-up ("locked": true), an answer ("solution": true), a test ("grade": true) '
        'or an experiment (tags=["look"]): say which on its "# %%" line'
    )
    return "look"


def _check_marks(cell: Cell, problem: Any) -> None:
    for mark, kinds in MARKS.items():
        depth = count = 0
        for offset, line in enumerate(cell.source.splitlines()):
            for word, change in (("BEGIN", 1), ("END", -1)):
                if f"### {word} {mark}" in line:
                    depth += change
                    count += 1
                    if depth not in (0, 1):
                        problem(f"BEGIN {mark} and END {mark} are not balanced here", cell.line + offset)
                        depth = max(0, min(depth, 1))
        if depth:
            problem(f"BEGIN {mark} is never closed: add '### END {mark}'")
        if count and cell.kind not in kinds:
            problem(f"{mark} marks may stand only in cells of kind {' or '.join(kinds)}, and this one is {cell.kind}")
        if mark == "SOLUTION" and cell.kind == "answer" and not count:
            problem("an answer needs its reference between '### BEGIN SOLUTION' and '### END SOLUTION'")


def _exercises(path: Path, cells: list[Cell], problems: list[Problem]) -> Iterator[Exercise]:
    answer: Cell | None = None
    tests: list[Cell] = []
    for cell in [*cells, Cell("", "answer", "", 0)]:
        if cell.kind == "answer":
            if answer is not None:
                if not tests:
                    problems.append(
                        Problem(path, answer.line - 1, answer.id, "this answer has no test: add a graded cell below it")
                    )
                yield Exercise(answer, tuple(tests))
            answer, tests = cell, []
        elif cell.kind == "test":
            if answer is None or not cell.id.startswith(answer.id + "-"):
                above = f"the answer above it is {answer.id!r}" if answer else "there is no answer above it"
                problems.append(
                    Problem(path, cell.line - 1, cell.id, f"{above}: a test's id is its answer's id, a dash and a name")
                )
            tests.append(cell)


def names(source: str) -> tuple[set[str], set[str], set[str]]:
    """The global names that a cell defines, those it uses when it runs, and those its functions use when called."""
    table = _symbols(source)
    defined: set[str] = set()
    now: set[str] = set()
    later: set[str] = set()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            defined.add(symbol.get_name())
        if symbol.is_referenced():
            now.add(symbol.get_name())
    inner = list(table.get_children())
    while inner:
        child = inner.pop()
        inner += child.get_children()
        # A comprehension or a class body runs at once; a function later.
        target = now if child.get_name() in ("listcomp", "setcomp", "dictcomp", "genexpr") else later
        target |= {s.get_name() for s in child.get_symbols() if s.is_global() and s.is_referenced()}
    return defined, now, later


@functools.lru_cache(256)
def _symbols(source: str) -> symtable.SymbolTable:
    return symtable.symtable(source, "cell", "exec")


def _imported(source: str) -> set[str]:
    """The global names that a cell imports."""
    return {symbol.get_name() for symbol in _symbols(source).get_symbols() if symbol.is_imported()}


def _check_names(path: Path, cells: list[Cell], exercises: tuple[Exercise, ...]) -> Iterable[Problem]:
    owner = {cell.id: exercise for exercise in exercises for cell in (exercise.answer, *exercise.tests)}
    setup: set[str] = set(_ALWAYS_THERE)
    set_up_by: dict[str, str] = {}
    answers: dict[str, str] = {}
    elsewhere: dict[str, str] = {}
    for cell in cells:
        if cell.kind in ("prose", "written"):
            continue
        defined, now, later = names(cell.source)
        allowed = setup | defined
        message = "set-up cells define it not, nor does this cell"
        if cell.kind == "answer":
            now = now - answers.keys()
            message = "an answer may use set-up names and, as defaults of arguments, functions of earlier answers"
        elif cell.kind == "test":
            allowed = allowed | names(owner[cell.id].answer.source)[0]
            message = "a test may use names of set-up cells, of its own exercise, and its own"
        if cell.kind != "look":
            for name in sorted((now | later) - allowed):
                where = f" (it comes from {elsewhere[name]!r})" if name in elsewhere else ""
                yield Problem(path, cell.line, cell.id, f"it depends on the name {name!r}{where}: {message}")
        if cell.kind == "setup":
            setup |= defined
            set_up_by |= dict.fromkeys(defined, cell.id)
        else:
            for name in sorted((defined - _imported(cell.source)) & set_up_by.keys()):
                yield Problem(
                    path,
                    cell.line,
                    cell.id,
                    f"it defines anew the name {name!r} of {set_up_by[name]!r}: set-up cells run in the learner's "
                    "process and in the tests', other cells in one of the two, which would differ; take another name",
                )
        if cell.kind == "answer":
            answers |= dict.fromkeys(defined, cell.id)
        elsewhere |= dict.fromkeys(defined, cell.id)
