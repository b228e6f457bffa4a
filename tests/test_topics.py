"""Every topic as a product: it runs offline, in time, with its figures, and nbgrader itself gives the right points."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from course import syllabus
from course.tools import build, cohort, demo, paths, topic, trial
from tests.conftest import ROOT
from tests.test_stock import must, nbgraders_own_executor

TOPICS = [row.id for row in syllabus.TOPICS]
#: Figures that are worth keeping: at least so many in every notebook.
FIGURES = 3
EXERCISES = range(5, 8)

pytestmark = pytest.mark.parametrize("topic_id", TOPICS)


def without_network(*command: str) -> list[str]:
    """A command that finds no network, where bubblewrap is there to take it away."""
    wrapper = ["bwrap", "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"]
    return [*(wrapper if shutil.which("bwrap") else []), *command]


def test_the_source_is_a_script(topic_id: str) -> None:
    """It is plain Python, without magics or ``await`` at top level. (The audit runs all of it without a kernel.)"""
    script = paths.source_file(ROOT, topic_id)
    compile(script.read_bytes(), script, "exec")


def test_the_solved_notebook_runs_and_shows_its_figures(topic_id: str, tmp_path: Path) -> None:
    """In a real kernel, without a network, from any folder; it writes no file, and no cell to stderr.
    (The audit asks for less than a minute.)
    """
    path = tmp_path / f"{topic_id}.ipynb"
    before = files_of(topic_id)
    nbformat.write(build.notebook(topic.load(paths.source_file(ROOT, topic_id))), path)
    code = f"""
import nbformat, nbclient
notebook = nbformat.read({str(path)!r}, as_version=4)
nbclient.NotebookClient(notebook, timeout=120).execute()
nbformat.write(notebook, {str(path)!r})
"""
    done = subprocess.run(
        without_network(sys.executable, "-c", code), cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert files_of(topic_id) == before
    assert list(tmp_path.iterdir()) == [path]
    notebook = nbformat.read(path, as_version=4)
    figures = [
        cell.id
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    looks = {cell.id for cell in notebook.cells if "look" in cell.metadata.get("tags", [])}
    assert len(figures) >= FIGURES
    assert set(figures) <= looks
    warnings = [o.text for c in notebook.cells for o in c.get("outputs", []) if o.get("name") == "stderr"]
    assert warnings == []


def test_it_has_the_parts_that_every_notebook_has(topic_id: str) -> None:
    source = topic.load(paths.source_file(ROOT, topic_id))
    assert len(source.exercises) in EXERCISES
    assert len([cell for cell in source.cells if cell.kind == "written"]) == 1
    prose = "\n".join(cell.source for cell in source.cells if cell.kind == "prose")
    for number, exercise in enumerate(source.exercises, 1):
        assert f"**Exercise {number}** · {exercise.points:g} point" in prose, exercise.id
    assert prose.count("<details>") == prose.count("</details>") >= 2 * len(source.exercises)
    for part in ("**Time**", "Interview questions", "References"):
        assert part.lower() in prose.lower(), part


def test_every_answer_gets_exactly_its_points(topic_id: str, tmp_path: Path) -> None:
    """nbgrader's own executor judges the reference, the unsolved release and one wrong answer to each exercise;
    ``course grade``, which starts no kernel for each, judges the rest of the cohort.

    Exercises are independent, so one submission carries one member of each.
    """
    shutil.copy(ROOT / paths.CONFIG, tmp_path)
    source = topic.load(paths.source_file(ROOT, topic_id))
    released = build.release_into(ROOT, topic_id, tmp_path).decode()
    answers = dict(submissions(source))
    by_nbgrader = ["reference", "unsolved", "cohort0"]
    for student in by_nbgrader:
        hand_in(tmp_path, topic_id, student, released, answers[student])
    with nbgraders_own_executor(tmp_path):
        must(tmp_path, "nbgrader", "autograde", topic_id, "--create", "--Execute.skip_cells_with_tag=look")
    for student in answers.keys() - set(by_nbgrader):
        hand_in(tmp_path, topic_id, student, released, answers[student])
    protection = "--sandbox" if shutil.which("bwrap") else "--no-sandbox"
    must(tmp_path, "course", "grade", topic_id, "--jobs", "1", protection)

    expected = {
        student: {exercise: points for exercise, (_, points) in given.items()} for student, given in answers.items()
    }
    assert points_by_exercise(tmp_path, source, expected) == expected


def files_of(topic_id: str) -> set[Path]:
    """All that lies in a topic's folder, but for what Python caches."""
    folder = paths.source_file(ROOT, topic_id).parent
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def hand_in(root: Path, topic_id: str, student: str, released: str, answers: dict[str, tuple[str, float]]) -> None:
    notebook = nbformat.reads(released, as_version=4)
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = answers[cell.id][0]
    target = root / "submitted" / student / topic_id / f"{topic_id}.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)


def points_by_exercise(
    root: Path, source: topic.Topic, wanted: dict[str, dict[str, float]]
) -> dict[str, dict[str, float]]:
    """What the gradebook says of the exercises that each student has answered."""
    tests = {test.id: exercise.id for exercise in source.exercises for test in exercise.tests}
    found = {student: dict.fromkeys(answers, 0.0) for student, answers in wanted.items()}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(source.id):
            for grade in submission.notebooks[0].grades:
                exercise, of_student = tests.get(grade.name), found[submission.student.id]
                if exercise in of_student:
                    of_student[exercise] += grade.auto_score
    return found


def submissions(source: topic.Topic) -> Iterator[tuple[str, dict[str, tuple[str, float]]]]:
    """Students, and by exercise their answer and the points it must get."""
    stubs = trial.released_sources(source, ROOT)
    yield "reference", {e.id: (demo.reference(e), e.points) for e in source.exercises}
    yield "unsolved", {e.id: (stubs[e.id], 0.0) for e in source.exercises}
    by_exercise = [[m for m in cohort.members(source) if m.exercise == e.id] for e in source.exercises]
    for number, members in enumerate(zip_longest(*by_exercise)):
        yield f"cohort{number}", {m.exercise: (demo.without_marks(m.source), m.points) for m in members if m}
