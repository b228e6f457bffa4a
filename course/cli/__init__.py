"""The ``course`` command."""

from __future__ import annotations

try:
    import typer
    from rich.markup import escape
except ModuleNotFoundError as error:  # the package alone, as notebooks need it
    raise SystemExit(f"the course command needs {error.name}: pip install 'course[tools]', or make install") from None

from course.cli import authoring, demo, grading, reporting
from course.cli.common import stderr

app = typer.Typer(
    help="Build, release, grade and prove a course of notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(authoring.app)
app.add_typer(demo.app)
app.add_typer(grading.app)
app.add_typer(reporting.app)


def main() -> None:
    """Run the command; what a user can mend is told in a sentence, without a traceback."""
    from course.tools import build as tool
    from course.tools import paths, topic

    try:
        app()
    except (paths.NotInCourse, topic.SourceError, tool.ReleaseError) as error:
        stderr.print(f"[red]course:[/] {escape(str(error))}", soft_wrap=True)
        raise SystemExit(1) from None
    except FileNotFoundError as error:
        stderr.print(f"[red]course:[/] there is no file {error.filename}", soft_wrap=True)
        raise SystemExit(1) from None
