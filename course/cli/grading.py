"""Commands for those who grade: grade."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from course.cli.common import CORES, Jobs, choose, console, counting, examples, stderr

app = typer.Typer()


@app.command(epilog=examples("course grade losses", "course grade losses --force --jobs 4"))
def grade(
    topic: Annotated[str, typer.Argument(help="The topic whose submissions are graded.")],
    jobs: Jobs = CORES,
    full: Annotated[bool, typer.Option("--full", help="Run the experiments (cells tagged look), too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Grade again what was graded; manual scores stay.")] = False,
    sandbox: Annotated[bool, typer.Option(help="Shut submissions in with bubblewrap.")] = True,
) -> None:
    """Grade every submission of a topic: warm, in a sandbox, on all cores."""
    from course.tools import paths
    from course.tools.grading import grade as tool
    from course.tools.grading.sandbox import NoSandbox

    (chosen,) = choose([topic])
    if not sandbox:
        stderr.print("[yellow]No sandbox[/]: what you grade can do all that you can.")
    try:
        with counting(chosen) as count:
            outcomes = tool.grade(
                paths.find_root(),
                chosen,
                jobs=jobs,
                full=full,
                force=force,
                sandbox=sandbox,
                progress=lambda _, done, total: count(done, total),
            )
    except (tool.GradingError, NoSandbox) as error:
        stderr.print(f"[red]course:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None
    table = Table("student", "status", "points", "of", box=None, header_style="bold")
    for outcome in outcomes:
        points = (f"{number:g}" if number is not None else "-" for number in (outcome.points, outcome.max_points))
        table.add_row(outcome.student, outcome.status, *points)
    console.print(table)
    for outcome in outcomes:
        if outcome.message:
            console.print(f"[yellow]note[/] {outcome.student}: {escape(outcome.message)}", soft_wrap=True)
    if any(outcome.status == "failed" for outcome in outcomes):
        raise typer.Exit(1)
