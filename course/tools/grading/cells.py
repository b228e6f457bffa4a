"""What IPython does to each cell before it runs, with the same end and less work.

It searches a cell for magics, which takes longest, asks twice whether it awaits something, each time by compiling it,
and parses it. Where a cell is Python as it stands, nothing is searched; what has been found out is not asked again,
unless it warns: IPython then does so as often as it asks.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from IPython.core import interactiveshell


def prepare(shell: Any) -> None:
    """Make it cheap for a shell to read a cell."""
    # The kernel has each cell made into Python twice: first to see whether it awaits something.
    shell.transform_cell = functools.lru_cache(1)(shell.transform_cell)
    manager: Any = shell.input_transformer_manager
    search, usual = manager.do_token_transforms, list(manager.token_transformers)
    parse, flags = shell.compile.ast_parse, shell.compile.flags
    ask: Callable[[str], bool] = interactiveshell._should_be_async
    trees: dict[str, ast.Module] = {}
    answers: dict[str, bool] = {}

    def transforms(lines: list[str]) -> list[str]:
        trees.clear()
        answers.clear()
        source = "".join(lines)
        with _warnings(shown=False) as said:
            tree = _parsed(source) if manager.token_transformers == usual else None
        if tree is None:
            found: list[str] = search(lines)
            return found
        if not said:
            trees[source] = tree
        return lines

    def ast_parse(source: str, filename: str = "<unknown>", symbol: str = "exec") -> Any:
        known = trees.pop(source, None)  # it is used up: who runs it takes it apart
        if known is None or symbol != "exec" or shell.compile.flags != flags:
            return parse(source, filename, symbol)
        return known

    def awaits(cell: str) -> bool:
        if cell in answers:
            return answers[cell]
        with _warnings(shown=True) as said:
            answer = ask(cell)
        if not said:
            answers[cell] = answer
        return answer

    manager.do_token_transforms = transforms
    shell.compile.ast_parse = ast_parse
    interactiveshell._should_be_async = awaits


def _parsed(source: str) -> ast.Module | None:
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    try:
        tree: ast.Module = compile(source, "<>", "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return tree


@contextlib.contextmanager
def _warnings(*, shown: bool) -> Iterator[list[Any]]:
    """What is warned of meanwhile. Python's own way to catch warnings would make it forget which it has given."""
    show, said = warnings.showwarning, []

    def note(*args: Any, **kwargs: Any) -> None:
        said.append(args)
        if shown:
            show(*args, **kwargs)

    warnings.showwarning = note
    try:
        yield said
    finally:
        warnings.showwarning = show
