"""The syllabus with what only the sources know: points and exercises."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from course import syllabus
from course.tools import paths, topic

README_BEGIN, README_END = "<!-- syllabus -->", "<!-- /syllabus -->"


@dataclass(frozen=True)
class Row:
    """One topic; ``points`` includes those of written questions."""

    id: str
    title: str
    unit: str
    minutes: int
    points: float
    exercises: int


def rows(root: Path) -> list[Row]:
    """All topics, in the order of the syllabus."""
    found = []
    for row in syllabus.TOPICS:
        source = topic.load(paths.source_file(root, row.id))
        found.append(Row(row.id, row.title, row.unit, row.minutes, source.points, len(source.exercises)))
    return found


def readme_table(root: Path) -> str:
    """The README's table of topics, in Markdown."""
    lines = ["| topic | unit | exercises | points | minutes |", "| --- | --- | ---: | ---: | ---: |"]
    lines += [
        f"| [{row.title}](release/{row.id}/{row.id}.ipynb) | {row.unit} "
        f"| {row.exercises} | {row.points:g} | {row.minutes} |"
        for row in rows(root)
    ]
    return "\n".join(lines)


def readme_with_table(root: Path) -> str:
    """The README as it must be: with its table of topics as the syllabus and the sources give it."""
    text = (root / "README.md").read_text(encoding="utf-8")
    before, rest = text.split(README_BEGIN)
    _, after = rest.split(README_END)
    return f"{before}{README_BEGIN}\n{readme_table(root)}\n{README_END}{after}"
