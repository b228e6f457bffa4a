"""A source that cannot be built is refused with the file, the line, the cell and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from course.tools import topic
from tests.conftest import TOPIC


def source(root: Path) -> Path:
    return root / "source" / TOPIC / f"{TOPIC}.py"


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


def test_cells_know_their_kind_line_and_points(small_course: Path) -> None:
    loaded = topic.load(source(small_course))
    assert [cell.kind for cell in loaded.cells] == [
        "prose", "setup", "answer", "test", "test", "answer", "test", "look", "written",
    ]  # fmt: skip
    lines = source(small_course).read_text().splitlines()
    for cell in loaded.cells:
        assert cell.source.splitlines()[0] in lines[cell.line - 1]
    assert [(e.id, e.points) for e in loaded.exercises] == [("centre", 3), ("scale", 2)]
    assert loaded.points == 8


@pytest.mark.parametrize(
    ("edit", "cell", "says"),
    [
        (replaced(' id="title"', ""), "without id", "it has no id"),
        (replaced('id="title"', 'id="The Title"'), "The Title", "lower-case words joined by dashes"),
        (replaced('id="scale-figure"', 'id="title"'), "title", "its id is used already, on line 9"),
        (
            replaced('"grade_id": "centre-behaviour"', '"grade_id": "centre-examples"'),
            "centre-examples",
            "used already",
        ),
        (replaced(', "points": 2', ""), "centre-behaviour", "a graded cell needs points"),
        (replaced('"points": 1', '"points": 0'), "centre-examples", "a graded cell needs points"),
        (replaced('"grade_id": "scale-examples"', '"grade_id": "other"'), "other", "the answer above it is 'scale'"),
        (replaced("    ### END SOLUTION\n", ""), "centre", "BEGIN SOLUTION is never closed"),
        (replaced("### END HIDDEN TESTS", "### BEGIN HIDDEN TESTS"), "centre-behaviour", "not balanced"),
        (
            replaced("fig, ax", "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\nfig, ax"),
            "scale-figure",
            "may stand only in cells of kind test",
        ),
        (replaced("return x - x.mean", "return x - - x.mean("), "centre", "it does not parse"),
        (replaced(' tags=["look"]', ""), "scale-figure", "a code cell is set-up"),
        (
            replaced("    ### BEGIN SOLUTION\n    centred", "    centred"),
            "scale",
            "not balanced",
        ),
        (replaced("# %% [markdown] id", "import os\n\n# %% [markdown] id"), "without id", "give it a cell of its own"),
        (replaced("np.ones(2)", "np.ones(secret_oracle.ndim)"), "scale-examples", "comes from 'centre-behaviour'"),
        (replaced("assert_close(\n    scale", "_ = centre\nassert_close(\n    scale"), "scale-examples", "'centre'"),
        (replaced("centred = subtract(x)", "centred = centre(x)"), "scale", "as defaults of arguments"),
        (replaced("centred = subtract(x)", "centred = numpy.array(x)"), "scale", "depends on the name 'numpy'"),
        (
            replaced("def centre(x)", "def assert_raises(): pass\n\n\ndef centre(x)"),
            "centre",
            "anew the name 'assert_raises'",
        ),
        (
            replaced("assert_close(\n    scale", "np = None\nassert_close(\n    scale"),
            "scale-examples",
            "name 'np' of 'setup'",
        ),
    ],
)
def test_problems_are_named(small_course: Path, edit: Callable[[str], str], cell: str, says: str) -> None:
    path = source(small_course)
    text = path.read_text()
    path.write_text(edit(text))
    assert path.read_text() != text
    with pytest.raises(topic.SourceError) as caught:
        topic.load(path)
    assert any(says in problem.message and (problem.cell or "without id") == cell for problem in caught.value.problems)
    assert str(path) in str(caught.value)


def test_an_answer_without_a_test_is_refused(small_course: Path) -> None:
    path = source(small_course)
    text = path.read_text()
    start, end = text.index('# %% nbgrader={"grade_id": "scale-examples"'), text.index('# %% id="scale-figure"')
    path.write_text(text[:start] + text[end:])
    with pytest.raises(topic.SourceError, match="this answer has no test"):
        topic.load(path)


def test_nothing_graded_may_use_an_experiment(small_course: Path) -> None:
    path = source(small_course)
    answer = '# %% nbgrader={"grade_id": "scale", '
    text = path.read_text().replace(answer, f'# %% id="early" tags=["look"]\nfactor = 2\n\n{answer}')
    path.write_text(text.replace("return centred / np", "return factor * centred / np"))
    with pytest.raises(topic.SourceError, match=r"'factor' \(it comes from 'early'\)"):
        topic.load(path)


def test_every_problem_is_told_at_once(small_course: Path) -> None:
    path = source(small_course)
    path.write_text(path.read_text().replace(', "points": 1', "").replace(' id="title"', ""))
    with pytest.raises(topic.SourceError) as caught:
        topic.load(path)
    assert len(caught.value.problems) == 2
