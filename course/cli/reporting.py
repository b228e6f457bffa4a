"""Commands for those who teach a class: report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from course.cli.common import choose, console, stderr

app = typer.Typer()


@app.command()
def report(
    topic: Annotated[str, typer.Argument(help="The topic whose graded submissions are reported on.")],
    hide_names: Annotated[bool, typer.Option("--hide-names", help="Call students by numbers drawn anew.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Also write the table of points as CSV.")] = False,
    out: Annotated[Path | None, typer.Option(help="The folder to write into. [default: reports]")] = None,
) -> None:
    """Write a page on how a class did: points, exercises, common mistakes, submissions to look at.

    Example: course report losses --csv
    """
    from course import syllabus
    from course.tools import paths
    from course.tools.report import gather, page

    root = paths.find_root()
    (chosen,) = choose([topic])
    try:
        found = gather.gather(root, chosen, hide_names=hide_names)
    except gather.ReportError as error:
        stderr.print(f"[red]course:[/] {escape(str(error))}", soft_wrap=True)
        raise typer.Exit(1) from None
    folder = out or root / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{chosen}.html"]
    written[0].write_text(page.html(found, syllabus.find(chosen).title), encoding="utf-8")
    if csv:
        written.append(folder / f"{chosen}.csv")
        written[1].write_text(page.table(found), encoding="utf-8")
    for path in written:
        console.print(f"wrote {path}", soft_wrap=True)
