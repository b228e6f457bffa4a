"""Commands for those who write topics: syllabus, build, release, audit."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from course.cli.common import CORES, AsJson, Jobs, Topics, choose, console, counting, examples, print_json, stderr

if TYPE_CHECKING:
    from course.tools.audit import TopicReport

app = typer.Typer()


@app.command(name="syllabus", epilog=examples("course syllabus", "course syllabus --json"))
def list_topics(as_json: AsJson = False) -> None:
    """List the topics, with their points and exercises."""
    from course.tools import catalogue, paths

    rows = catalogue.rows(paths.find_root())
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    table = Table("topic", "title", "unit", "exercises", "points", "minutes", box=None, header_style="bold")
    for row in rows:
        table.add_row(row.id, row.title, row.unit, str(row.exercises), f"{row.points:g}", str(row.minutes))
    console.print(table)


@app.command(epilog=examples("course build", "course build losses", "course build --check"))
def build(
    topics: Topics = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if a generated file is stale.")] = False,
) -> None:
    """Check the sources, make the instructor's notebooks, and register the topics in the gradebook."""
    from course.tools import build as tool
    from course.tools import paths

    root, chosen = paths.find_root(), choose(topics)
    if check:
        stale = tool.check(root, chosen)
        for file in stale:
            stderr.print(f"[red]stale[/] {file.path.relative_to(root)}: {file.reason}", soft_wrap=True)
        if stale:
            stderr.print("Run [bold]course release[/] and commit what it changes.")
            raise typer.Exit(1)
        console.print(f"{len(chosen)} topics in step with their sources")
        return
    for topic_id in chosen:
        console.print(f"built {tool.build(root, topic_id).relative_to(root)}")


@app.command(epilog=examples("course release losses"))
def release(topics: Topics = None) -> None:
    """Make the students' notebooks, release/TOPIC/TOPIC.ipynb, by nbgrader, and the README's table of topics."""
    from course.tools import build as tool
    from course.tools import paths

    root = paths.find_root()
    for topic_id in choose(topics):
        console.print(f"released {tool.release(root, topic_id).relative_to(root)}")
    tool.write_readme_table(root)


@app.command(epilog=examples("course audit losses", "course audit losses --sample 5 --jobs 1"))
def audit(
    topics: Topics = None,
    as_json: AsJson = False,
    jobs: Jobs = CORES,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Try at most this many mutants of each exercise (quicker).")
    ] = None,
) -> None:
    """Prove the exercises: reference, cohort, mutants, independence, determinism, cost."""
    # Read when a library is loaded. Threads that wait in a loop would take from each other what two jobs have.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import matplotlib

    matplotlib.use("Agg")
    import torch  # noqa: F401 - imported once, before the forks

    from course.tools import audit as tool
    from course.tools import paths

    root, reports = paths.find_root(), []
    for topic_id in choose(topics):
        with counting(topic_id) as count:
            report = tool.audit(root, topic_id, jobs=jobs, sample=sample, progress=count)
        reports.append(report)
        if not as_json:
            print_audit(report)
    if as_json:
        print_json([report.as_json() for report in reports])
    elif len(reports) > 1:
        print_verdict(reports)
    if not all(report.passed for report in reports):
        raise typer.Exit(1)


def print_verdict(reports: list[TopicReport]) -> None:
    """The last lines, which tell of topics far above what to mend in them."""
    failed = [report for report in reports if not report.passed]
    for report in failed:
        console.print(f"{report.id}: [bold]not passed[/]")
        _print_problems(report)
    console.print(f"{len(reports) - len(failed)} of {len(reports)} topics passed")


def print_audit(report: TopicReport) -> None:
    """The audit of one topic as a table, then everything to mend."""
    table = Table(
        "exercise", "points", "cohort exact", "messages", "seen by visible", "mutants", "killed", "by visible",
        title=f"{report.id}", title_justify="left", box=None, header_style="bold", title_style="bold",
    )  # fmt: skip
    for found in report.exercises:
        real = found.mutants - found.equivalent
        table.add_row(
            found.id,
            f"{found.points:g}",
            f"{found.members_exact}/{found.members}",
            f"{found.messages}/{found.mistakes}",
            f"{found.mistakes_caught_visible}/{found.mistakes}",
            f"{found.mutants}" + (f" ({found.equivalent} equivalent)" if found.equivalent else ""),
            f"{found.killed / real:.1%}" if real else "-",
            f"{found.killed_visible / real:.1%}" if real else "-",
        )
    console.print(table)
    real = report.total("mutants") - report.total("equivalent")
    if real:
        console.print(
            f"mutants: {report.total('mutants')} of {report.total('statements')} statements, "
            f"{report.total('equivalent')} equivalent, killed {report.total('killed') / real:.1%}, "
            f"by the visible tests alone {report.total('killed_visible') / real:.1%}"
        )
    console.print(
        f"reference {_yes(report.reference)} · unsolved {_yes(report.unsolved)} · "
        f"independent {_yes(report.independent)} · deterministic {_yes(report.deterministic)} · "
        f"same verdict outside the process {report.total('outside_equal')}/{report.total('outside')}"
    )
    console.print(
        f"solved in {report.seconds:.1f} s (graded cells {report.graded_seconds:.2f} s, slowest cell "
        f"{report.slowest_cell}), {report.peak_mib:.0f} MiB"
    )
    for survivor in report.survivors:
        console.print(
            f"[yellow]survivor[/]  {survivor.file}:{survivor.line}  {survivor.exercise}  {survivor.operator}\n"
            + "".join(f"  [red]- {escape(line)}[/]\n" for line in survivor.was.splitlines())
            + "".join(f"  [green]+ {escape(line)}[/]\n" for line in survivor.now.splitlines()).rstrip("\n"),
            soft_wrap=True,
        )
    _print_problems(report)
    console.print(f"{report.id}: [bold]{'passed' if report.passed else 'not passed'}[/]\n")


def _print_problems(report: TopicReport) -> None:
    for problem in [*report.problems, *(f"{e.id}: {problem}" for e in report.exercises for problem in e.problems)]:
        console.print(f"[red]mend[/] {escape(problem)}", soft_wrap=True)


def _yes(value: bool) -> str:
    return "[green]yes[/]" if value else "[red]no[/]"
