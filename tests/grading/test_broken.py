"""A broken submission costs only itself, with a message that an instructor and a student understand.

``broken/`` holds the submissions, ``broken/expected.toml`` what must come of each.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE, TOPIC, cell, graded, hand_in, solved
from nbformat.v4 import new_output

from course.tools import feedback
from course.tools.grading.grade import Outcome

BROKEN = HERE / "broken"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((BROKEN / "expected.toml").read_text(encoding="utf-8"))


def hand_in_what_cannot_be_stored(folder: Path) -> set[str]:
    """100 MB of output, and links to other files of the class."""
    flooded = solved(folder)
    cell(flooded, "centre").outputs = [new_output("stream", text="x" * (100 << 20))]
    hand_in(folder, "flooded", flooded)
    (folder / "secret.txt").write_text("the instructor's own", encoding="utf-8")
    hand_in(folder, "linked", solved(folder)).with_name("link.txt").symlink_to(folder / "secret.txt")
    notebook = hand_in(folder, "linked-notebook", b"")
    notebook.unlink()
    notebook.symlink_to(folder / "submitted" / "in-order" / TOPIC / f"{TOPIC}.ipynb")
    return {"flooded", "linked", "linked-notebook"}


@pytest.fixture(scope="module")
def graded_class(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Outcome]]:
    """All of them in one class, with a student whose work is in order; graded once."""
    folder = tmp_path_factory.mktemp("broken") / "class"
    shutil.copytree(built, folder)
    students = {place.name for place in BROKEN.iterdir() if place.is_dir()}
    for student in students:
        shutil.copytree(BROKEN / student, folder / "submitted" / student / TOPIC)
    students |= hand_in_what_cannot_be_stored(folder)
    outcomes = graded(folder)
    assert students == set(outcomes) == set(EXPECTED)
    assert feedback.generate(folder, TOPIC, sorted(outcomes)) == {}
    return folder, dict(outcomes)


def page(folder: Path, student: str) -> str:
    """The text of a student's feedback page, without its marks and line breaks."""
    text = (folder / "feedback" / student / TOPIC / f"{TOPIC}.html").read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


@pytest.mark.parametrize("student", EXPECTED)
def test_it_costs_only_itself(graded_class: tuple[Path, dict[str, Outcome]], student: str) -> None:
    folder, outcomes = graded_class
    outcome, expected = outcomes[student], EXPECTED[student]
    assert (outcome.status, outcome.points) == (expected["status"], expected["points"]), outcome.message
    assert bool(outcome.message) == bool(expected["says"]), outcome.message
    assert expected["says"] in outcome.message
    assert expected["says"] in page(folder, student), "the student's feedback says it, too"


def test_links_are_not_followed(graded_class: tuple[Path, dict[str, Outcome]]) -> None:
    folder, _ = graded_class
    for place, _, names in os.walk(folder / "autograded"):
        for name in names:
            assert b"instructor's own" not in Path(place, name).read_bytes()
