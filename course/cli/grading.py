"""Commands for those who grade: grade, doctor."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from course.cli.common import CORES, AsJson, Jobs, choose, complain, console, print_json, stderr

if TYPE_CHECKING:
    from course.tools.grading.grade import Outcome

app = typer.Typer()

#: Seconds between two lines about how far it is, where there is no terminal.
_LINE_EVERY = 10.0
_COLOURS = {"graded": "green", "mended": "yellow", "refused": "red", "skipped": "dim", "failed": "bold red"}
_INTERRUPTED = 130


@app.command()
def grade(
    topic: Annotated[str, typer.Argument(help="The topic whose submissions are graded.")],
    jobs: Jobs = CORES,
    full: Annotated[bool, typer.Option("--full", help="Run the experiments (cells tagged look), too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Grade again what was graded; manual scores stay.")] = False,
    sandbox: Annotated[bool, typer.Option(help="Shut submissions in with bubblewrap.")] = True,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Run the notebooks on the Dask cluster with this scheduler, tcp://…"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Grade every submission of a topic: warm, in a sandbox, on all cores.

    Ends with 1 where a submission could not be graded for a reason that is not its own (a full disk, say): call again.

    Example: course grade losses --jobs 2
    """
    from course.tools import paths
    from course.tools.grading import imports
    from course.tools.grading.warm import Warm

    root = paths.find_root()
    # A topic of one's own need not be in the syllabus.
    chosen = topic if paths.source_file(root, topic).parent.is_dir() else choose([topic])[0]
    if not sandbox:
        stderr.print("[yellow]No sandbox[/]: what you grade can do all that you can.")
    began = time.monotonic()
    modules = imports.needed(root, [chosen], full=full)
    # It warms up while all the rest is imported. Outside Linux nothing is forked; to shut in is refused there.
    early = scheduler is None and (sandbox or sys.platform == "linux")
    warm = Warm(sandboxed=sandbox, modules=modules) if early else None
    from sqlalchemy.exc import SQLAlchemyError

    from course.tools.grading import executor
    from course.tools.grading import grade as tool

    if warm is not None:
        executor.lend(warm, sandbox)
    with Count(chosen, stderr) as count:
        try:
            outcomes = tool.grade(
                root,
                [chosen],
                jobs=jobs,
                full=full,
                force=force,
                sandbox=sandbox,
                scheduler=scheduler,
                progress=count.add,
            )[chosen]
        except (OSError, SQLAlchemyError) as error:
            complain(f"{error}\nMend that and call again: it goes on.")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            stderr.print(
                f"[yellow]Stopped[/] after {count.done} of {count.total} students; what they got is in the gradebook. "
                f"Call it again to go on{' (with --force from the first)' if force else ''}.",
                soft_wrap=True,
            )
            raise typer.Exit(_INTERRUPTED) from None
    counts: Counter[str] = Counter(outcome.status for outcome in outcomes)
    seconds = time.monotonic() - began
    if as_json:
        print_json(
            {"topic": chosen, "seconds": round(seconds, 3), "counts": counts, "students": list(map(asdict, outcomes))}
        )
    else:
        print_outcomes(chosen, outcomes, counts, seconds)
    if counts["failed"]:
        raise typer.Exit(1)


class Count:
    """How far grading is: a bar in a terminal; elsewhere a line now and then, and one for each that failed."""

    def __init__(self, topic_id: str, to: Console) -> None:
        self.done = self.total = self.failed = 0
        self._console, self._topic = to, topic_id
        self._began = self._told = time.monotonic()
        # Without a thread of its own: grading forks.
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[trouble]}"),
            console=to,
            auto_refresh=False,
            disable=not to.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task(topic_id, total=None, rate="", trouble="")

    def __enter__(self) -> Count:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def add(self, outcome: Outcome, done: int, total: int) -> None:
        """One more student is done."""
        self.done, self.total = done, total
        self.failed += outcome.status == "failed"
        now = time.monotonic()
        rate = f"{done / max(now - self._began, 1e-3):.1f}/s"
        trouble = f"[red]{self.failed} failed[/]" if self.failed else ""
        self._bar.update(self._task, completed=done, total=total, rate=rate, trouble=trouble, refresh=True)
        if self._console.is_terminal:
            return
        if outcome.status == "failed":
            self._console.print(f"{outcome.student}: failed: {escape(outcome.message)}", soft_wrap=True)
        if now - self._told > _LINE_EVERY and done < total:
            self._told = now
            left = (now - self._began) * (total - done) / done
            self._console.print(
                f"{self._topic}: {done} of {total} students, {rate}, {left:.0f} s left, {self.failed} failed",
                soft_wrap=True,
            )


def print_outcomes(topic_id: str, outcomes: list[Outcome], counts: Counter[str], seconds: float) -> None:
    """The summary: each student, what there is to say of some, and the totals."""
    table = Table("student", "status", box=None, header_style="bold")
    table.add_column("points", justify="right")
    table.add_column("of", justify="right")
    for outcome in outcomes:
        points = (f"{number:g}" if number is not None else "-" for number in (outcome.points, outcome.max_points))
        table.add_row(escape(outcome.student), f"[{_COLOURS[outcome.status]}]{outcome.status}[/]", *points)
    console.print(table)
    for outcome in outcomes:
        if outcome.message:
            console.print(
                f"[{_COLOURS[outcome.status]}]{outcome.status}[/] {escape(outcome.student)}: {escape(outcome.message)}",
                soft_wrap=True,
            )
    told = ", ".join(f"{counts[status]} {status}" for status in _COLOURS if counts[status])
    console.print(f"{topic_id}: {len(outcomes)} students in {seconds:.1f} s: {told}", soft_wrap=True)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what this machine protects when it grades other people's work, and what not.

    Ends with 1 where it cannot shut submissions in a sandbox at all.

    Example: course doctor
    """
    from course.tools.grading import doctor as tool

    with stderr.status("trying a notebook in the sandbox …"):
        findings = tool.examine()
    if as_json:
        print_json({"sandbox": findings[0].holds, "findings": list(map(asdict, findings))})
    else:
        for found in findings:
            mark = "[green]✓ yes[/]" if found.holds else "[red]✗ no [/]"
            console.print(f"{mark}  {escape(found.what)}", soft_wrap=True)
            if found.why:
                console.print(f"       [dim]{escape(found.why)}[/]", soft_wrap=True)
        console.print(f"\n{_VERDICT[findings[0].holds]}", soft_wrap=True)
    if not findings[0].holds:
        raise typer.Exit(1)


_VERDICT = {
    True: "[bold]course grade[/] shuts each submission in; docs/grading.md says what that covers and what not.",
    False: "[bold]course grade[/] stops. With --no-sandbox it goes on; what is graded can then do all that you can.",
}
