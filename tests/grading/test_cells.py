"""What is spared in reading a cell changes nothing that comes of it."""

from __future__ import annotations

import ast
import random
import warnings
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from IPython.core import interactiveshell
from IPython.core.compilerop import CachingCompiler
from IPython.core.inputtransformer2 import TransformerManager

from course.tools.grading import cells

#: All that a magic is made of, and what stands around it.
PIECES = ["a", "time", "1", "f(", ")", "[", "]", " ", "    ", "\n", "\n    ", "\r", "\f", "\\\n", "#", "'", '"', "'''"]
PIECES += ["%", "%%", "!", "!!", "?", "??", "=", "==", " = ", ",", ";", "/", ":", "if a:\n    "]


class Shell(SimpleNamespace):
    """Of IPython's shell what reads a cell."""

    def __init__(self) -> None:
        self.input_transformer_manager, self.compile = TransformerManager(), CachingCompiler()
        self.transform_cell = self.input_transformer_manager.transform_cell

    def read(self, cell: str) -> list[object]:
        """The cell as the kernel and its shell read it, one after the other, with what is warned of."""
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            transformed = self.transform_cell(cell)
            awaits = [interactiveshell._should_be_async(transformed) for _ in range(2)]
            tree = ast.dump(self.compile.ast_parse(transformed, "<cell>"), include_attributes=True)
        return [transformed, awaits, tree, [(one.filename, one.lineno, str(one.message)) for one in said]]


@pytest.fixture
def sparing(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Shell]:
    def make() -> Shell:
        shell = Shell()
        cells.prepare(shell)
        return shell

    monkeypatch.setattr(interactiveshell, "_should_be_async", interactiveshell._should_be_async)
    return make


def test_no_magic_is_missed(sparing: Callable[[], Shell]) -> None:
    def transformed(shell: Shell, cell: str) -> str:
        try:
            return str(shell.transform_cell(cell))
        except SyntaxError as error:
            return f"SyntaxError: {error}"

    choose = random.Random(0)
    usual, ours = Shell(), sparing()
    changed = 0
    for _ in range(4000):
        cell = "".join(choose.choices(PIECES, k=choose.randint(1, 9)))
        expected = transformed(usual, cell)
        assert transformed(ours, cell) == expected, repr(cell)
        changed += expected.rstrip("\n") != cell.rstrip("\n")
    assert changed > 1000


@pytest.mark.parametrize(
    "cell",
    [
        "1 + 1",
        "await a",
        "async with a:\n    pass",
        "%time 1",
        "a = !ls",
        "1if a else 2",
        'a is 3, "\\d"',
        "assert (a, 1)",
    ],
)
def test_a_cell_is_read_the_same_with_every_warning(sparing: Callable[[], Shell], cell: str) -> None:
    expected = Shell().read(cell)
    ours = sparing()
    assert ours.read(cell) == expected
    assert ours.read(cell) == expected


def test_what_a_statement_of_the_future_changes_is_parsed_anew(sparing: Callable[[], Shell]) -> None:
    ours, expected = sparing(), Shell()
    for shell in (ours, expected):
        shell.compile("from __future__ import barry_as_FLUFL", "<cell>", "exec")
        with pytest.raises(SyntaxError):
            shell.read("1 != 2")


def test_a_cell_that_is_no_python_is_reported_the_same(sparing: Callable[[], Shell]) -> None:
    usual, ours = Shell(), sparing()
    for cell in ("def f(:", "a\n  b", "'", "if a:\n    b\n  c"):
        messages = []
        for shell in (usual, ours):
            with pytest.raises(SyntaxError) as refused:
                shell.read(cell)
            messages.append((str(refused.value), refused.value.filename))
        assert messages[0] == messages[1]
