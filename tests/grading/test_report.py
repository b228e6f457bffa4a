"""The class report says what is so: counted by hand for a small class."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from conftest import TOPIC, graded, hand_in, released, solved
from nbgrader.api import Gradebook

from course.tools import cohort, paths, topic
from course.tools.report import charts, gather, page

COLUMNS = "this is the mean of each column: the question asks for each row"
FORMULA = "def centre(x):\n    raise ValueError('=1+1 <script>alert(1)</script>')"


@pytest.fixture
def report(classroom: Path) -> tuple[Path, gather.ClassReport]:
    """Twelve are right, two make the same mistake, one has not begun, one is late, and one file is broken."""
    members = {m.name: m for m in cohort.members(topic.load(paths.source_file(classroom, TOPIC)))}
    for number in range(12):
        hand_in(classroom, f"right{number:02}", solved(classroom))
    for student in ("dana", "emil"):
        hand_in(classroom, student, solved(classroom, centre=members["mean-of-columns"].source))
    hand_in(classroom, "gus", released(classroom))
    late = hand_in(classroom, "late", solved(classroom, centre=FORMULA))
    (late.parent / "timestamp.txt").write_text("2030-01-02 10:00:00 UTC", encoding="utf-8")
    hand_in(classroom, "hana", b"{")
    with Gradebook(f"sqlite:///{classroom / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(TOPIC, duedate="2030-01-01 10:00:00 UTC")
        gradebook.add_student("absent", first_name="Ab", last_name="Sent")
    graded(classroom)
    hand_in(classroom, "new", solved(classroom))
    return classroom, gather.gather(classroom, TOPIC)


def test_it_counts(report: tuple[Path, gather.ClassReport]) -> None:
    _, found = report
    assert found.max_points == 8
    items = {item.id: item for item in found.items}
    centre, scale, written = items["centre"], items["scale"], items["why-scale"]
    assert (centre.points, centre.full, centre.part, centre.none, centre.not_begun) == (3, 12, 0, 5, 1)
    assert (scale.points, scale.full, scale.part, scale.none, scale.not_begun) == (2, 15, 0, 2, 1)
    assert centre.success == pytest.approx(12 / 17)
    assert (written.kind, written.points) == ("written", 3)
    assert [(m.exercise, m.name, m.students) for m in found.mistakes] == [("centre", COLUMNS, 2)]
    assert "[0, 0]" in found.mistakes[0].example
    assert [work.student for work in found.late] == ["late"]
    assert found.late[0].seconds_late == 24 * 3600
    assert [(work.student, work.not_begun) for work in found.unfinished] == [("gus", ["centre", "scale"])]
    assert [work.student for work in found.troubled] == ["hana"]
    assert (found.missing, found.ungraded) == (("Ab Sent",), ("new",))
    assert len(found.seconds) == 17


def test_an_exercise_that_measures_nothing_is_flagged(report: tuple[Path, gather.ClassReport]) -> None:
    _, found = report
    item = found.items[0]
    assert item.verdict == ""
    flagged = gather.Item(item.id, "code", 3, 8, 0, 8, 0, 0, -0.1)
    assert flagged.verdict == "discriminates badly (r = -0.10)"
    assert gather.Item(item.id, "code", 3, 16, 0, 0, 0, 0, None).verdict == "everybody has full points"
    assert gather.Item(item.id, "code", 3, 2, 0, 1, 0, 0, -0.1).verdict == ""


def test_the_page_needs_nothing_and_runs_nothing(report: tuple[Path, gather.ClassReport]) -> None:
    _, found = report
    text = page.html(found, "Scaling")
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert text.count("<img ") == text.count('alt="') == 2
    for said in (COLUMNS, "Ab Sent", "by 1 day, 0:00:00", "hand in the notebook again", "course grade scaling"):
        assert said in text.replace("&#39;", "'"), said
    assert "lowest 0, median 5" in charts.points(found).text
    assert "centre: 12 full points, 0 some, 4 none, 1 not begun" in charts.success(found).text


def test_names_can_be_hidden(report: tuple[Path, gather.ClassReport]) -> None:
    folder, _ = report
    hidden = gather.gather(folder, TOPIC, hide_names=True)
    text = page.html(hidden, "Scaling") + page.table(hidden)
    for name in ("right00", "dana", "gus", "hana", "Sent", "late:"):
        assert name not in text, name
    assert sorted(work.total for work in hidden.works)[-12:] == [5.0] * 12


def test_the_table_is_csv_that_no_spreadsheet_executes(report: tuple[Path, gather.ClassReport]) -> None:
    _, found = report
    rows = list(csv.DictReader(io.StringIO(page.table(found))))
    assert len(rows) == 17
    by_student = {row["student"]: row for row in rows}
    assert (by_student["dana"]["centre"], by_student["dana"]["scale"], by_student["dana"]["total"]) == ("0", "2", "2")
    assert by_student["late"]["seconds_late"] == "86400"
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]


def test_errors_say_what_to_do(classroom: Path) -> None:
    with pytest.raises(gather.ReportError, match=f"run course grade {TOPIC} first"):
        gather.gather(classroom, TOPIC)
    with pytest.raises(gather.ReportError, match="run course build other first"):
        gather.gather(classroom, "other")
