"""From the source to the notebooks: what is in them, what is not, and that nothing changes without a cause."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from course import syllabus
from course.tools import build, cohort, paths, topic, unbegun
from tests.conftest import ROOT, TOPIC

TOPICS = [row.id for row in syllabus.TOPICS]


def test_the_instructors_notebook_has_every_cell_with_its_id(small_course: Path) -> None:
    notebook = nbformat.read(build.build(small_course, TOPIC), as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [
        "title", "install", "setup", "centre", "centre-examples", "centre-behaviour", "scale", "scale-examples",
        "scale-figure", "why-scale",
    ]  # fmt: skip
    assert notebook.cells[4].metadata.nbgrader == {
        "grade": True, "grade_id": "centre-examples", "locked": True, "points": 1, "schema_version": 3,
        "solution": False, "task": False,
    }  # fmt: skip
    assert notebook.cells[8].metadata.tags == ["look"]


def test_a_rebuild_changes_no_byte(small_course: Path) -> None:
    first = build.build(small_course, TOPIC).read_bytes()
    released = build.release(small_course, TOPIC).read_bytes()
    assert build.build(small_course, TOPIC).read_bytes() == first
    assert build.release(small_course, TOPIC).read_bytes() == released


def test_the_release_holds_stubs_and_no_secrets(small_course: Path) -> None:
    path = build.release(small_course, TOPIC)
    text = path.read_text()
    for secret in (
        "BEGIN",
        "x.mean(axis=-1",
        "secret_oracle",
        "secret_twice",
        "steps of equal size",
        "3 points for saying",
    ):
        assert secret not in text
    assert text.count("not implemented yet") == 2
    assert "Your answer" in text
    assert [file.name for file in (small_course / "release" / TOPIC).iterdir()] == [f"{TOPIC}.ipynb"]
    assert all(cell.get("outputs", []) == [] for cell in nbformat.read(path, as_version=4).cells)


def test_stale_files_are_found(small_course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syllabus, "TOPICS", (syllabus.Topic(TOPIC, "Scaling", "Tests", 10),))
    (small_course / "README.md").write_text("# Small\n<!-- syllabus -->\n<!-- /syllabus -->\n")
    assert {stale.reason for stale in build.check(small_course, [TOPIC])} == {
        "it does not exist",
        "its table of topics differs from the syllabus",
    }
    released = build.release(small_course, TOPIC)
    build.write_readme_table(small_course)
    assert build.check(small_course, [TOPIC]) == []
    assert (
        "| [Scaling](release/scaling/scaling.ipynb) | Tests | 2 | 8 | 10 |" in (small_course / "README.md").read_text()
    )

    released.write_text(released.read_text().replace("Scaling", "Sealing"))
    assert [stale.path for stale in build.check(small_course, [TOPIC])] == [released]
    build.release(small_course, TOPIC)
    (released.parent / "answers.py").write_text("")
    (small_course / "release" / "gone").mkdir()
    assert [stale.path.name for stale in build.check(small_course, [TOPIC])] == ["answers.py", "gone"]


def test_links_to_colab_appear_only_with_a_repository(small_course: Path) -> None:
    loaded = topic.load(paths.source_file(small_course, TOPIC))
    assert "colab" not in build.notebook(loaded).cells[0].source
    linked = build.notebook(loaded, "https://github.com/someone/course")
    assert "colab.research.google.com/github/someone/course/blob/main/release/scaling" in linked.cells[0].source
    assert "repository = 'https://github.com/someone/course'" in linked.cells[1].source


@pytest.mark.parametrize("topic_id", TOPICS)
def test_nothing_of_a_solution_can_be_found_in_a_release(topic_id: str) -> None:
    """Each cell is shown without the lines of its solution or hidden test, and without any mark."""
    source = topic.load(paths.source_file(ROOT, topic_id))
    released = nbformat.read(paths.release_notebook(ROOT, topic_id), as_version=4)
    text = "\n".join(cell.source for cell in released.cells)
    shown = {cell.id: cell.source for cell in released.cells}
    for exercise in source.exercises:
        assert f'raise {unbegun.ERROR}("{unbegun.SAYS}")' in shown[exercise.id]
        for cell in (exercise.answer, *exercise.tests):
            hidden, visible = lines_by_marks(cell.source)
            for line in hidden - visible:
                assert line not in shown[cell.id].splitlines(), f"{cell.id}: {line}"
    for mark in ("BEGIN SOLUTION", "BEGIN HIDDEN", "BEGIN MARK", "mistake=", "right="):
        assert mark not in text
    for cell in source.cells:
        if cell.kind == "written":
            assert shown[cell.id] == "*Your answer: write it here.*"
    assert [path.name for path in paths.release_notebook(ROOT, topic_id).parent.iterdir()] == [f"{topic_id}.ipynb"]


def lines_by_marks(source: str) -> tuple[set[str], set[str]]:
    """The lines between marks that say something of their own, and those outside."""
    inside, hidden, visible = False, set(), set()
    for line in source.splitlines():
        if "### BEGIN" in line or "### END" in line:
            inside = "### BEGIN" in line
        elif inside and len(line.strip()) > 25:
            hidden.add(line)
        elif not inside:
            visible.add(line)
    return hidden, visible


def test_nothing_of_a_solution_can_be_imported() -> None:
    """The installed package holds no reference and no cohort."""
    definitions = set()
    for topic_id in TOPICS:
        source = topic.load(paths.source_file(ROOT, topic_id))
        for exercise in source.exercises:
            definitions |= lines_by_marks(exercise.answer.source)[0]
        for member in cohort.members(source):
            definitions |= {line for line in member.source.splitlines() if line.strip().startswith("return ")}
    package = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "course").rglob("*.py"))
    lines = set(package.splitlines())
    assert {line for line in definitions if len(line.strip()) > 40 and line in lines} == set()
