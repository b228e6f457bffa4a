"""The ``course`` command."""

from __future__ import annotations

from typing import NoReturn

try:
    import typer
except ModuleNotFoundError as error:  # the package alone, as notebooks need it
    raise SystemExit(f"the course command needs {error.name}: pip install 'course[tools]', or make install") from None

from course.cli import authoring, demo, grading, learning, reporting
from course.cli.common import complain
from course.tools.errors import UserError

_HELP = """
Deep learning and NLP in notebooks: implement every idea, and get an honest verdict at once.

Learning by yourself? [bold]course progress[/] lists the topics, [bold]course start TOPIC[/] opens one, and [bold]course check[/] judges what you have written. Every command explains itself: [bold]course check --help[/].
"""  # noqa: E501

app = typer.Typer(
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    epilog="Everything works from any folder of the course's clone. The pages in docs/ say more.",
)
#: Who uses what: the panels of the help.
PANELS = {
    "Learning by yourself": (learning.app,),
    "Teaching a class": (grading.app, reporting.app, demo.app),
    "Writing topics": (authoring.app,),
}
for _panel, _apps in PANELS.items():
    for _one in _apps:
        for _command in _one.registered_commands:
            _command.rich_help_panel = _panel
        app.add_typer(_one)


def main() -> None:
    """Run the command; what a user can mend is told in a sentence, without a traceback."""
    try:
        app()
    except UserError as error:
        _fail(str(error))
    except FileNotFoundError as error:
        _fail(f"there is no file {error.filename}: is the clone complete? 'git status' shows what is missing")
    except PermissionError as error:
        _fail(f"{error.filename} cannot be read or written: it, or its folder, belongs to somebody else")


def _fail(message: str) -> NoReturn:
    complain(message)
    raise SystemExit(1) from None
