"""The index of questions and the tools appendix lead somewhere, and leave nothing out."""

from __future__ import annotations

import ast
import importlib
import re

import nbformat
import pytest

from course import syllabus
from course.tools import paths, topic
from tests.conftest import ROOT

QUESTIONS = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
TOOLS = (ROOT / "docs" / "tools.md").read_text(encoding="utf-8")
TOPICS = [row.id for row in syllabus.TOPICS]
#: The notes number their questions in these themes.
NUMBERED = {"BERT, fifteen questions": 15, "Transformer, five questions": 5, "Self-attention, six questions": 6}


def rows(text: str) -> list[list[str]]:
    """The cells of every row of a page's tables, headings left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [
        row for row, after in zip(cells, [*cells[1:], []], strict=True) if not _is_rule(row) and not _is_rule(after)
    ]


def _is_rule(row: list[str]) -> bool:
    return bool(row) and all(re.fullmatch(r":?-+:?", cell) for cell in row)


def test_every_link_leads_to_a_cell() -> None:
    links = re.findall(r"\]\(\.\./release/(\w+)/(\w+)\.ipynb#cell-id=([\w-]+)\)", QUESTIONS)
    assert len(links) > 60
    assert QUESTIONS.count("](../") == len(links)
    ids = {
        topic_id: {cell.id for cell in nbformat.read(paths.release_notebook(ROOT, topic_id), as_version=4).cells}
        for topic_id in {folder for folder, _, _ in links}
    }
    assert [(folder, cell) for folder, name, cell in links if folder != name or cell not in ids[folder]] == []


def test_each_question_is_answered_or_its_notebook_is_named() -> None:
    for chinese, english, answered, _ in rows(QUESTIONS):
        assert chinese and english, chinese
        assert re.fullmatch(r"\[.+\]\(.+\)|to come: `\w+`", answered), (english, answered)
        coming = re.search(r"to come: `(\w+)`", answered)
        assert coming is None or coming[1] not in TOPICS, f"{english}: {answered} has come: link to its answer"


@pytest.mark.parametrize(("theme", "count"), NUMBERED.items())
def test_the_numbered_questions_are_all_there(theme: str, count: int) -> None:
    section = QUESTIONS.split(f"## {theme}\n")[1].split("\n## ")[0]
    assert [int(row[0].split(".")[0]) for row in rows(section)] == list(range(1, count + 1))


@pytest.mark.parametrize("topic_id", TOPICS)
def test_every_exercise_has_its_row_in_the_tools_appendix(topic_id: str) -> None:
    source = topic.load(paths.source_file(ROOT, topic_id))
    written = {
        node.name
        for exercise in source.exercises
        for node in ast.parse(exercise.answer.source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    section = TOOLS.split(f"(../release/{topic_id}/{topic_id}.ipynb)\n")[1].split("\n## ")[0]
    named = {name for row in rows(section) for name in re.findall(r"`(\w+)`", row[0])}
    assert named == written


def test_the_calls_of_installed_libraries_exist() -> None:
    calls = sorted(set(re.findall(r"`((?:torch|sklearn|scipy|numpy)\.[\w.]+)", TOOLS)))
    assert len(calls) > 40
    for call in calls:
        _resolve(call)


def _resolve(dotted: str) -> object:
    """The object of that dotted name, or an error."""
    parts = dotted.split(".")
    for split in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for name in parts[split:]:
            found = getattr(found, name)
        return found
    raise AssertionError(f"no {dotted}")
