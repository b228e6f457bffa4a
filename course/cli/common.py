"""What every command shares: the console, how topics are named, progress, JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.theme import Theme

from course import syllabus
from course.tools.errors import UserError, alike

_THEME = Theme({"markdown.code": "cyan"})
console = Console(highlight=False, theme=_THEME)
stderr = Console(stderr=True, highlight=False, theme=_THEME)

Topics = Annotated[list[str] | None, typer.Argument(metavar="TOPIC", help="Topics; all of them if none is named.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON, last on standard output.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=1, help="How many to run at a time.")]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose(topics: list[str] | None) -> list[str]:
    """The topics named, or all; an unknown one ends the command with the list of those there are."""
    known = [row.id for row in syllabus.TOPICS]
    for name in topics or []:
        if name not in known:
            raise UserError(f"no topic {name!r}{alike(name, known)}: there are {', '.join(known)}")
    return topics or known


def examples(*commands: str) -> str:
    """The end of a command's help: how it is called."""
    return "\n\n".join(["[bold]Examples[/]", *commands])


def tell(text: str, to: Console = console) -> None:
    """Print a sentence: broken between words on a terminal, and not at all in a file."""
    to.print(text, soft_wrap=not to.is_terminal)


def note(text: str) -> None:
    """A remark on standard error, with what may look like markup left as it is."""
    tell(f"[yellow]note[/] {escape(text)}", stderr)


def complain(text: str) -> None:
    """An error on standard error: what is wrong, and what to do."""
    tell(f"[red]course:[/] {escape(text)}", stderr)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, moved by a function of (done, total); nothing where that is no terminal.

    It has no thread of its own: a tool that forks may be called under it.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=stderr,
        auto_refresh=False,
        disable=not stderr.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total, refresh=True)


def print_json(value: Any) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
