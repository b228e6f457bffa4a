"""After a test has been mended: manual scores and comments stay, and work on an older release is graded by its ids."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TOPIC, cell, graded, hand_in, result, solved
from nbgrader.api import Gradebook

from course.tools import build, paths
from course.tools.grading.grade import GradingError
from course.tools.report.gather import ReportError, gather

STRICT = 'assert_close(centre(np.ones(3)), np.full(3, 99.0), label="a wrong demand")\n'


def gradebook(folder: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{folder / 'gradebook.db'}")


def nbgrader(folder: Path, *arguments: str) -> None:
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [scripts / "nbgrader", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def rewrite(folder: Path, old: str, new: str) -> None:
    """Change the topic's source, and release it again."""
    path = paths.source_file(folder, TOPIC)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    build.build(folder, TOPIC)


def by_course(folder: Path) -> None:
    graded(folder, force=True)


def by_nbgrader(folder: Path) -> None:
    nbgrader(folder, "autograde", TOPIC, "--force")


@pytest.mark.parametrize("again", [by_course, by_nbgrader])
def test_manual_scores_and_comments_stay(classroom: Path, again: object) -> None:
    demand = "# Hidden tests: other shapes, and the error.\n"
    rewrite(classroom, demand, demand + STRICT)
    notebook = solved(classroom)
    cell(notebook, "why-scale").source = "So that one rate suits all."
    hand_in(classroom, "ada", notebook)
    assert graded(classroom)["ada"].points == 3
    where = (TOPIC, TOPIC, "ada")
    with gradebook(classroom) as book:
        book.find_grade("why-scale", *where).manual_score = 2.5
        book.find_grade("scale-examples", *where).extra_credit = 0.5
        book.find_comment("why-scale", *where).manual_comment = "Nearly."
        book.find_comment("centre", *where).manual_comment = "Neat."
        book.db.commit()
    rewrite(classroom, STRICT, "")
    again(classroom)  # type: ignore[operator]
    with gradebook(classroom) as book:
        assert book.find_grade("centre-behaviour", *where).auto_score == 2
        assert book.find_grade("why-scale", *where).manual_score == 2.5
        assert book.find_grade("why-scale", *where).needs_manual_grade
        assert book.find_grade("scale-examples", *where).extra_credit == 0.5
        assert book.find_comment("why-scale", *where).manual_comment == "Nearly."
        assert book.find_comment("centre", *where).manual_comment == "Neat."
        assert book.find_submission(TOPIC, "ada").score == 5 + 2.5 + 0.5


def test_work_on_an_older_release_is_graded_by_its_ids(classroom: Path) -> None:
    """The corrected release has another test, another text in one, and another set-up cell."""
    old = solved(classroom)
    added = (
        '# %% nbgrader={"grade_id": "centre-zeros", "grade": true, "points": 1}\nassert (centre(ZEROS) == 0).all()\n'
    )
    rewrite(classroom, "from course.testing import", "ZEROS = np.zeros((2, 3))\nfrom course.testing import")
    rewrite(
        classroom,
        '\n# %% nbgrader={"grade_id": "scale", "sol',
        f'\n{added}\n\n# %% nbgrader={{"grade_id": "scale", "sol',
    )
    rewrite(classroom, "[1.0, 3.0, 8.0], [0.0, 1.0, 5.0]", "[1.0, 3.0, 8.0], [0.0, 1.0, 5.0]  # corrected\n")
    hand_in(classroom, "early", old)
    outcome = graded(classroom)["early"]
    assert (outcome.points, outcome.max_points) == (6, 9)
    assert outcome.message == "the cell centre-zeros was missing: it is there again, as released"
    notebook = result(classroom, "early")
    assert "# corrected" in cell(notebook, "centre-examples").source
    ids = [one.metadata.get("nbgrader", {}).get("grade_id") for one in notebook.cells]
    assert ids.index("centre-behaviour") + 1 == ids.index("centre-zeros")


def test_roster_and_due_dates_by_nbgraders_own_means(classroom: Path) -> None:
    (classroom / "students.csv").write_text("id,first_name,last_name,email\nada,Ada,Right,ada@example.org\n")
    nbgrader(classroom, "db", "student", "import", "students.csv")
    nbgrader(classroom, "db", "assignment", "add", TOPIC, "--duedate=2027-01-31 23:59 UTC")
    late = hand_in(classroom, "ada", solved(classroom))
    (late.parent / "timestamp.txt").write_text("2027-02-01 00:59:00 UTC", encoding="utf-8")
    graded(classroom)
    with gradebook(classroom) as book:
        assert book.find_student("ada").first_name == "Ada"
        assert book.find_submission(TOPIC, "ada").total_seconds_late == 3600


def test_an_extension_without_a_due_date_is_named(classroom: Path) -> None:
    """nbgrader's own code ends with a TypeError there."""
    hand_in(classroom, "ada", solved(classroom))
    graded(classroom)
    with gradebook(classroom) as book:
        book.grant_extension(TOPIC, "ada", days=2)
    with pytest.raises(GradingError, match=f"{TOPIC} has no due date, but there is an extension of it for ada"):
        graded(classroom, force=True)
    with pytest.raises(ReportError, match="no due date"):
        gather(classroom, TOPIC)


def test_a_cell_added_after_grading_is_refused_in_a_sentence(classroom: Path) -> None:
    hand_in(classroom, "ada", solved(classroom))
    graded(classroom)
    more = '# %% nbgrader={"grade_id": "scale-more", "grade": true, "points": 1}\nscale(np.ones(2))\n\n'
    look = '# %% id="scale-figure"'
    with pytest.raises(build.ReleaseError) as caught:
        rewrite(classroom, look, more + look)
    said = str(caught.value)
    assert said.startswith(f"nbgrader would not release {TOPIC}: Cannot add or remove cells") and "\n" not in said
