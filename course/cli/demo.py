"""``course demo``: the whole loop on a class of synthetic students."""

from __future__ import annotations

import shutil
import time

import typer
from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from course.cli.common import CORES, Jobs, Topics, choose, console, examples, stderr

app = typer.Typer()


@app.command(epilog=examples("course demo", "course demo losses --jobs 1"))
def demo(topics: Topics = None, jobs: Jobs = CORES) -> None:
    """Release the topics, hand in the work of six synthetic students, grade it, write feedback, show the gradebook.

    Everything happens in the folder demo/, beside the real course; the class is made of the topics' cohorts.
    """
    from course.tools import demo as tool
    from course.tools import feedback, fork, paths
    from course.tools.grading import executor
    from course.tools.grading.grade import grade

    began = time.monotonic()
    root, chosen = paths.find_root(), choose(topics)
    folder = tool.prepare(root)
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    notes: list[str] = []
    # These students are our own: where there is no sandbox to be had, they need none.
    sandbox = shutil.which("bwrap") is not None
    executor.worker(sandbox)  # it warms up meanwhile
    # Without a thread of its own: the work below forks.
    with Progress(*columns, console=stderr, auto_refresh=False, disable=not stderr.is_terminal) as bar:

        def step(what: str, total: int) -> TaskID:
            if not stderr.is_terminal:
                console.print(what)
            return bar.add_task(what, total=total)

        def advance(*_: object) -> None:
            bar.update(task, advance=1, refresh=True)

        task = step("release and hand in", len(chosen))
        for turn, topic_id in enumerate(chosen):
            tool.submit(root, folder, topic_id, turn)
            advance()
        task = step("grade", len(chosen) * len(tool.CLASS))
        outcomes = grade(folder, chosen, jobs=jobs, sandbox=sandbox, progress=advance)
        bar.update(task, completed=len(chosen) * len(tool.CLASS), refresh=True)  # not everybody hands in everything
        for topic_id, of_topic in outcomes.items():
            notes += [f"{topic_id}: {one.student}: {one.message}" for one in of_topic if not one.graded]
        graded = {topic_id: [one.student for one in of_topic if one.graded] for topic_id, of_topic in outcomes.items()}
        task = step("write feedback", len(graded))
        pages = fork.forked(
            lambda topic_id: feedback.generate(folder, topic_id, graded[topic_id]), chosen, jobs=jobs, timeout=600
        )
        for topic_id, failed in pages:
            advance()
            if isinstance(failed, fork.Lost):
                failed = dict.fromkeys(graded[topic_id], failed.reason)
            notes += [f"{topic_id}: {student}: no feedback: {reason}" for student, reason in failed.items()]

    scores = tool.scores(folder, chosen)
    console.print(_gradebook(scores, chosen))
    for note in notes:
        console.print(f"[yellow]note[/] {note}", soft_wrap=True, markup=True)
    console.print(
        f"\n{len(tool.CLASS)} students, {len(chosen)} topics, {time.monotonic() - began:.0f} s. Feedback pages are in "
        f"[bold]{tool.FOLDER}/feedback[/]; for formgrader: [bold]cd {tool.FOLDER} && ../.venv/bin/jupyter lab[/]",
        soft_wrap=True,
    )
    robbed = tool.robbed(scores)
    for student, topic_id in robbed:
        stderr.print(f"[red]course:[/] {topic_id}: {student.name} answers all rightly and has not got all points")
    if robbed:
        raise typer.Exit(1)


def _gradebook(scores: dict[str, dict[str, float | None]], topics: list[str]) -> Table:
    from course.tools import demo as tool

    table = Table(
        title="The gradebook",
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
        padding=0,
    )
    table.add_column("student", no_wrap=True)
    for topic_id in topics:
        table.add_column(topic_id, justify="right", no_wrap=True)
    for student in tool.CLASS:
        cells = [scores[student.id][topic_id] for topic_id in topics]
        table.add_row(student.name, *("-" if score is None else f"{score:g}" for score in cells))
    table.add_section()
    table.add_row("code can earn", *(f"{scores['max'][topic_id]:g}" for topic_id in topics))
    return table
