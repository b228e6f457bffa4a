"""Commands for those who learn by themselves: start, check, hint, solution, reset, progress."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from course import syllabus
from course.cli.common import AsJson, choose, console, examples, note, print_json, stderr, tell

if TYPE_CHECKING:
    from course.tools.learning.advice import Hint, Standing
    from course.tools.learning.checking import Report
    from course.tools.learning.results import Failure, Result

app = typer.Typer()

Exercise = Annotated[
    str, typer.Argument(metavar="EXERCISE", help="Its name, or TOPIC/EXERCISE where two topics have one of that name.")
]
_COLOURS = {"passed": "green", "wrong": "red", "error in your code": "red", "not attempted": "dim"}
_BAR = 10
_POINTS = 2


@app.command(epilog=examples("course start losses", "course start losses --no-browser", "course start losses --fresh"))
def start(
    topic: Annotated[str, typer.Argument(metavar="TOPIC", help="The topic to work on.")],
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open JupyterLab in the work folder, or only copy.")
    ] = True,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew; what you have is kept in work/backups.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before beginning anew.")] = False,
) -> None:
    """Copy a topic's notebook into work/, which git ignores, and open JupyterLab there.

    Where you have begun already, your copy is opened as it is.
    """
    from course.tools import paths
    from course.tools.learning import state, workfolder

    (topic_id,) = choose([topic])
    root = paths.find_root()
    path = workfolder.notebook(root, topic_id)
    where, existed = path.relative_to(root), path.exists()
    if fresh and existed and not yes:
        if not sys.stdin.isatty():
            raise workfolder.WorkError(
                f"{where} would be replaced: add --yes (it is kept in work/backups all the same)"
            )
        typer.confirm(f"Replace {where} by a fresh copy? Yours is kept in work/backups.", abort=True)
    kept = workfolder.start(root, topic_id, fresh=fresh)
    if not existed or fresh:
        with state.update(root) as progress:
            progress.topic(topic_id).started = state.now()
    tell(f"{where} is there already: you go on where you were" if existed and not fresh else f"copied to {where}")
    if kept is not None:
        tell(f"your earlier copy is {kept.relative_to(root)}")
    row = syllabus.find(topic_id)
    if row.prerequisites and not existed:
        tell(f"it builds on {', '.join(row.prerequisites)}")
    tell(f"About {row.minutes} minutes. Save the notebook, then: [bold]course check {topic_id}[/]")
    if browser:
        raise typer.Exit(_open_lab(workfolder.folder(root), path))


def _open_lab(folder: Path, notebook: Path) -> int:
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # as in a container: who calls this as root wants it
    command.append(str(notebook.relative_to(folder)))
    tell("JupyterLab runs until you press Ctrl-C here.")
    with contextlib.suppress(KeyboardInterrupt):
        return subprocess.run(command, cwd=folder, check=False).returncode
    return 0


@app.command(epilog=examples("course check", "course check losses", "course check losses --exercise bce --reveal"))
def check(
    topic: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="The topic; all that you have started if none is named.")
    ] = None,
    exercise: Annotated[
        str | None, typer.Option("--exercise", "-e", metavar="ID", help="Judge only this exercise.")
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Of hidden tests, too: what was expected, and the test itself.")
    ] = False,
    hints: Annotated[bool, typer.Option("--hints/--no-hints", help="With or without the next hint.")] = True,
    seconds: Annotated[
        int, typer.Option(min=1, metavar="SECONDS", help="Stop a cell that runs longer than this.")
    ] = 20,
    sandbox: Annotated[bool, typer.Option(help="Run your notebook shut in, or with all that you can do.")] = True,
    as_json: AsJson = False,
) -> None:
    """Judge your saved notebook by all tests, visible and hidden.

    Ends with 1 while something is not passed.
    """
    from course.tools import paths
    from course.tools.learning import advice, checking, workfolder

    root = paths.find_root()
    chosen, only = _what_to_check(root, topic, exercise)
    for topic_id in chosen:
        workfolder.load(root, topic_id)  # before anything is started: what cannot be read is told at once
    passed, printed = True, []
    with checking.checker(root, chosen, sandbox=sandbox) as checker:
        if checker.unprotected:
            # One's own work needs no sandbox.
            note(f"no sandbox ({checker.unprotected}): your notebook runs as in JupyterLab, with all that you can do")
        for topic_id in chosen:
            with _working(f"checking {topic_id}"):
                report = checker.check(root, topic_id, only=only, patience=seconds)
            shown, broken = advice.record(root, report)
            if broken:
                note(f"work/progress.json could not be read: it is now work/{broken}, and a new one was begun")
            shown = shown if hints else {}
            if as_json:
                printed.append(_as_json(report, shown, reveal=reveal, sandboxed=not checker.unprotected))
            else:
                _print_report(report, shown, reveal=reveal, only=only)
            passed = passed and all(result.status == "passed" for result in report.results)
    if as_json:
        print_json(printed)
    if not passed:
        raise typer.Exit(1)


@app.command(epilog=examples("course hint bce", "course hint losses/bce --again"))
def hint(
    exercise: Exercise,
    again: Annotated[bool, typer.Option("--again", help="Show those that you were given, and no new one.")] = False,
) -> None:
    """Give the next hint to an exercise: one more each time."""
    from course.tools import paths
    from course.tools.learning import advice

    root = paths.find_root()
    topic_id, found = advice.locate(root, exercise)
    given = advice.next_hint(root, topic_id, found, again=again)
    for one in given:
        _print_hint(one)
    if not given and again:
        tell("you were given no hint yet")
    elif not given:
        had = f"you have had all {len(found.hints)} hints" if found.hints else f"there are no hints to {found.id}"
        tell(f"{had}. After a try of your own, [bold]course solution {found.id}[/] shows the reference")
    elif given[-1].number < given[-1].of and not again:
        tell(f"[dim]{given[-1].of - given[-1].number} more: course hint {found.id}[/]")


@app.command(epilog=examples("course solution bce", "course solution bce --anyway"))
def solution(
    exercise: Exercise,
    anyway: Annotated[bool, typer.Option("--anyway", help="Show it without a try of your own.")] = False,
) -> None:
    """Show the reference answer to an exercise, once you have written and checked one of your own."""
    from rich.syntax import Syntax

    from course.tools import paths
    from course.tools.learning import advice, workfolder

    root = paths.find_root()
    topic_id, found = advice.locate(root, exercise)
    why = "" if anyway else advice.why_not_yet(root, topic_id, found)
    if why:
        raise workfolder.WorkError(f"{why}; --anyway shows it all the same")
    code = advice.solution(root, topic_id, found.id)
    if console.is_terminal:
        console.print(Syntax(code, "python", theme="ansi_dark", background_color="default", word_wrap=True))
        tell("\n[dim]One right answer among many: tests judge what yours returns, not how it is written.[/]")
    else:
        sys.stdout.write(code + "\n")


@app.command(epilog=examples("course reset bce"))
def reset(exercise: Exercise) -> None:
    """Put an exercise's cell back to what it was at the start; your notebook is kept in work/backups first."""
    from course.tools import paths
    from course.tools.learning import advice, workfolder

    root = paths.find_root()
    topic_id, found = advice.locate(root, exercise)
    kept = workfolder.reset(root, topic_id, found.id)
    where = workfolder.notebook(root, topic_id).relative_to(root)
    tell(f"{found.id} is as it was at the start, in {where}; what you had is in {kept.relative_to(root)}")
    tell("If the notebook is open in JupyterLab: File › Reload Notebook from Disk, before you save it there.")


@app.command(epilog=examples("course progress", "course progress --json"))
def progress(as_json: AsJson = False) -> None:
    """Show all topics with your points, when you last checked, and what to do next."""
    from dataclasses import asdict

    from course.tools import paths
    from course.tools.learning import advice, state

    root = paths.find_root()
    standings = advice.standings(root)
    if state.read(root).broken:
        note("work/progress.json cannot be read: mend it, or let 'course check' put it aside and begin a new one")
    if as_json:
        print_json([asdict(one) for one in standings])
        return
    for unit, group in itertools.groupby(standings, key=lambda one: one.unit):
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for number, width in enumerate(_columns(standings)):
            table.add_column(width=width, justify="right" if number == _POINTS else "left")
        table.add_column()
        for one in group:
            table.add_row(
                f"  {one.topic}",
                _bar(one.points, one.of) if one.started else "",
                f"{one.points:g}/{one.of:g}" if one.started else f"[dim]–/{one.of:g}[/]",
                _when(one.checked) if one.started else "",
                escape(one.next) or "[green]done[/]",
            )
        console.print(f"[bold]{escape(unit)}[/]")
        console.print(table)
    written = sum(one.written for one in standings)
    tell(f"\n[dim]Points are those that code can earn; written questions ({written:g} more) are marked by a person.[/]")
    following = _following(standings)
    tell(f"Next: [bold]course start {following}[/]" if following else "[green]All of it is done.[/]")


def _columns(standings: list[Standing]) -> tuple[int, int, int, int]:
    """The widths of topic, bar, points and time, so that the units stand under each other."""
    topic = max(len(one.topic) for one in standings) + 2
    points = max(len(f"{one.points:g}/{one.of:g}") for one in standings)
    return topic, _BAR, points, len("today 00:00")


def _following(standings: list[Standing]) -> str:
    """The topic to turn to now: one that is begun, else the first that is not. Empty where all is done."""
    begun = [one.topic for one in standings if one.started and one.next]
    return next(iter(begun + [one.topic for one in standings if not one.started]), "")


def _what_to_check(root: Path, topic: str | None, exercise: str | None) -> tuple[list[str], str | None]:
    from course.tools.learning import advice, workfolder

    if exercise is not None:
        name = exercise if topic is None or "/" in exercise else f"{choose([topic])[0]}/{exercise}"
        topic_id, found = advice.locate(root, name)
        if topic is not None and topic != topic_id:
            raise workfolder.WorkError(f"{exercise} is an exercise of {topic_id}, not of {topic}")
        return [topic_id], found.id
    if topic is not None:
        return choose([topic]), None
    begun = workfolder.started(root, [row.id for row in syllabus.TOPICS])
    if not begun:
        raise workfolder.WorkError("you have not started any topic: course start TOPIC ('course progress' lists them)")
    return begun, None


def _print_report(report: Report, hints: dict[str, Hint], *, reveal: bool, only: str | None) -> None:
    table = Table("exercise", box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("points", justify="right")
    table.add_column("verdict")
    for result in report.results:
        verdict = f"[{_COLOURS[result.status]}]{result.status}[/]"
        table.add_row(result.exercise, f"{result.points:g}/{result.of:g}", verdict)
    console.print(table)
    untried = []
    for result in report.results:
        if result.status == "not attempted" and not result.failures:
            untried.append(result.exercise)
        elif result.status != "passed":
            _print_failures(result, hints.get(result.exercise), reveal=reveal)
    console.print()
    for remark in report.notes:
        note(remark)
    total = f"{report.topic}: [bold]{report.points:g} of {report.of:g} points[/] in {report.seconds:.1f} s"
    more = f", {report.release.written:g} more are marked by a person" if report.release.written and not only else ""
    tell(total + more)
    if untried:
        tell(f"[dim]No idea how to begin with {untried[0]}? course hint {untried[0]}[/]")


def _print_failures(result: Result, hint: Hint | None, *, reveal: bool) -> None:
    """One block: the exercise, then each test's message, then the hint."""
    console.print(f"\n[bold]{result.exercise}[/] [{_COLOURS[result.status]}]{result.status}[/]")
    hidden = False
    for failure in result.failures:
        kind = "hidden test " if failure.hidden else "visible test " if failure.cell != result.exercise else "cell "
        _print_indented(Text(kind + failure.cell, style="dim"))
        _print_indented(_message(failure, reveal=reveal), 4)
        hidden = hidden or (failure.hidden and failure.judged)
        if reveal and failure.hidden:
            _print_indented(Text(f"the test:\n{failure.source}", style="dim"), 4)
    if hidden and not reveal:
        _print_indented(Text("--reveal shows what the hidden tests expected", style="dim"))
    if hint is not None:
        _print_hint(hint)


def _print_indented(text: Text, by: int = 2) -> None:
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, by), expand=False))
    else:  # lines as they are, to be searched and pasted
        console.print(*(Text(" " * by) + line for line in text.split()), sep="\n", soft_wrap=True)


def _message(failure: Failure, *, reveal: bool) -> Text:
    text = Text()
    for line in (failure.full if reveal else failure.message).splitlines():
        text.append(line + "\n", style="yellow" if line.startswith("→") else "")
    if failure.line:
        text.append(f"at {failure.line}\n", style="cyan")
    text.rstrip()
    return text


def _print_hint(hint: Hint) -> None:
    from rich.markdown import Markdown

    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_row(
        Text(f"  Hint {hint.number} of {hint.of}:", style="magenta"), Markdown(hint.text, code_theme="ansi_dark")
    )
    console.print(grid)


def _as_json(report: Report, hints: dict[str, Hint], *, reveal: bool, sandboxed: bool) -> dict[str, Any]:
    return {
        "topic": report.topic,
        "points": report.points,
        "of": report.of,
        "sandbox": sandboxed,
        "seconds": round(report.seconds, 2),
        "notes": list(report.notes),
        "exercises": [
            {
                "id": result.exercise,
                "status": result.status,
                "points": result.points,
                "of": result.of,
                "failures": [
                    {
                        "cell": failure.cell,
                        "hidden": failure.hidden,
                        "message": failure.full if reveal else failure.message,
                        "mistake": failure.mistake or None,
                        "line": failure.line or None,
                    }
                    for failure in result.failures
                ],
                "hint": hints[result.exercise].text if result.exercise in hints else None,
            }
            for result in report.results
        ],
    }


def _bar(points: float, of: float) -> str:
    full = int(_BAR * points / of) if of else 0
    return f"[green]{'█' * full}[/][dim]{'░' * (_BAR - full)}[/]"


def _when(moment: str) -> str:
    """A time as a person says it."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return ""
    days = (date.today() - then.date()).days
    return f"today {then:%H:%M}" if days == 0 else "yesterday" if days == 1 else f"{then:%Y-%m-%d}"


@contextlib.contextmanager
def _working(what: str) -> Iterator[None]:
    with stderr.status(what) if stderr.is_terminal else contextlib.nullcontext():
        yield
