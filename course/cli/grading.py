"""Commands for those who grade: grade, doctor."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from course.cli.common import CORES, AsJson, Jobs, choose, console, print_json, stderr

app = typer.Typer()

_COLOURS = {"graded": "green", "mended": "yellow", "refused": "red", "skipped": "dim", "failed": "red"}


@app.command()
def grade(
    topic: Annotated[str, typer.Argument(metavar="TOPIC")],
    jobs: Jobs = CORES,
    full: Annotated[bool, typer.Option("--full", help="Run the look cells, too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Grade again; manual scores and comments stay.")] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox/--no-sandbox", help="Shut submissions in; without, they can do all that you can.")
    ] = True,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler (tcp://…), to run notebooks on its workers.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Grade a class: every submission of a topic, in a sandbox, into nbgrader's gradebook."""
    from course.tools import paths
    from course.tools.grading import grade as tool
    from course.tools.grading import sandbox as box

    root, topic_id = paths.find_root(), choose([topic])[0]
    if not sandbox:
        stderr.print("[yellow]course: no sandbox:[/] submissions can read and change all that you can")
    began = time.monotonic()
    with _progress() as bar:
        task = bar.add_task(topic_id, total=None, rate="", failures=0)

        def show(outcome: tool.Outcome, done: int, total: int) -> None:
            failures = bar.tasks[task].fields["failures"] + (not outcome.graded)
            rate = f"{60 * done / (time.monotonic() - began):.0f}/min"
            bar.update(task, completed=done, total=total, rate=rate, failures=failures, refresh=True)
            if not stderr.is_terminal:
                stderr.print(f"{done}/{total} {outcome.student} {outcome.status}", soft_wrap=True)

        try:
            outcomes = tool.grade(
                root, topic_id, jobs=jobs, full=full, force=force, sandbox=sandbox, scheduler=scheduler, progress=show
            )
        except (tool.GradingError, box.NoSandbox) as error:
            bar.stop()
            stderr.print(f"[red]course:[/] {escape(str(error))}", soft_wrap=True)
            raise typer.Exit(1) from None
    if as_json:
        print_json([vars(outcome) for outcome in outcomes])
    else:
        _print(outcomes)
    if any(outcome.status == "failed" for outcome in outcomes):
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say what this machine protects when it grades, and what not."""
    from course.tools.grading import doctor as tool

    findings = tool.examine()
    for finding in findings:
        mark = "[green]yes[/]" if finding.holds else "[red]no [/]"
        why = f": {escape(finding.why)}" if finding.why else ""
        console.print(f"{mark} {escape(finding.what)}{why}", soft_wrap=True)
    if not findings[0].holds:
        raise typer.Exit(1)


def _progress() -> Progress:
    # Without a thread of its own: the work below forks.
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]} failed"),
        console=stderr,
        auto_refresh=False,
        disable=not stderr.is_terminal,
        transient=True,
    )


def _print(outcomes: list[Any]) -> None:
    table = Table("student", "status", "points", "", box=None, header_style="bold")
    for found in outcomes:
        points = "" if found.points is None else f"{found.points:g} / {found.max_points:g}"
        status = f"[{_COLOURS[found.status]}]{found.status}[/]"
        table.add_row(escape(found.student), status, points, escape(found.message))
    console.print(table)
    counts = {status: sum(found.status == status for found in outcomes) for status in _COLOURS}
    console.print(", ".join(f"{count} {status}" for status, count in counts.items() if count))
