"""Tracebacks at a fraction of their cost, to the letter as IPython prints them.

In a class every wrong answer prints some. The first of a process loads a highlighter and its grammars and files every
loaded module by its path: done once in the warm worker, it is there for each child.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterable
from typing import Any

import pygments.lexer
from ipykernel.compiler import XCachingCompiler
from pygments.formatters.terminal256 import Terminal256Formatter
from pygments.regexopt import regex_opt


class _Compiler(XCachingCompiler):
    """Files every cell as part of no module; else each of its frames is looked for among all modules, in vain."""

    def get_code_name(self, raw_code: str, code: str, number: int) -> str:
        name: str = super().get_code_name(raw_code, code, number)
        inspect.modulesbyfile[name] = ""
        return name


@functools.cache
def _remembered(words: tuple[str, ...], prefix: str, suffix: str) -> str:
    pattern: str = regex_opt(words, prefix, suffix)
    return pattern


def _pattern(words: Iterable[str], prefix: str = "", suffix: str = "") -> str:
    """For each frame the highlighter is made anew, and asks for the patterns of the same keywords."""
    return _remembered(tuple(words), prefix, suffix)


def prepare(shell: Any) -> None:
    """Make a shell's tracebacks cheap."""
    shell.compile = _Compiler()
    pygments.lexer.regex_opt = _pattern
    # IPython formats each traceback a second time, for a history that ends with the notebook's process.
    shell._format_exception_for_storage = lambda *args, **kwargs: {}


def remember_colours() -> None:
    """For each traceback its style is made anew, all of its colours are looked for in the terminal's palette, and each
    function that it passes is coloured, the checks of the course as well: keep what has been found once."""
    import stack_data

    highlight: Any = stack_data.core._pygmented_with_ranges
    lines: dict[Any, list[str]] = {}

    def coloured(formatter: Any, code: str, ranges: list[tuple[int, int]]) -> list[str]:
        key = formatter.style, code, tuple(ranges)
        if key not in lines:
            lines[key] = highlight(formatter, code, ranges)
        return lines[key]

    stack_data.core._pygmented_with_ranges = coloured
    set_up: Any = Terminal256Formatter._setup_styles
    known: dict[Any, dict[str, Any]] = {}

    def once(formatter: Any) -> None:
        if formatter.style not in known:
            set_up(formatter)
            known[formatter.style] = {name: vars(formatter)[name] for name in ("best_match", "style_string")}
        vars(formatter).update(known[formatter.style])

    Terminal256Formatter._setup_styles = once
    stack_data.style_with_executing_node = functools.cache(stack_data.style_with_executing_node)
