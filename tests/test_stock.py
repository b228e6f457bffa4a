"""nbgrader's own commands, with its own executor, on a fresh clone of a small course."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from course.tools import build, cohort, demo, paths, topic
from tests.conftest import TOPIC


def use_nbgraders_own_executor(root: Path) -> None:
    """Turn the one switch in ``nbgrader_config.py``."""
    path = root / paths.CONFIG
    text = path.read_text(encoding="utf-8")
    assert "\nSANDBOX = True\n" in text
    path.write_text(text.replace("\nSANDBOX = True\n", "\nSANDBOX = False\n"), encoding="utf-8")


def call(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the environment in a course's folder."""
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        [scripts / command[0], *command[1:]], cwd=root, env=environment, capture_output=True, text=True
    )


def must(root: Path, *command: str) -> str:
    done = call(root, *command)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@contextmanager
def nbgraders_own_executor(root: Path) -> Iterator[None]:
    """For a while, nbgrader's own executor; then the course's settings again."""
    path = root / paths.CONFIG
    text = path.read_text(encoding="utf-8")
    use_nbgraders_own_executor(root)
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def fresh_clone(small_course: Path) -> Path:
    """A course as git gives it: with its release, without gradebook or built notebooks."""
    use_nbgraders_own_executor(small_course)
    build.release(small_course, TOPIC)
    (small_course / "gradebook.db").unlink()
    paths.source_notebook(small_course, TOPIC).unlink()
    return small_course


def hand_in(root: Path, student: str, answers: dict[str, str]) -> None:
    notebook = nbformat.read(paths.release_notebook(root, TOPIC), as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    target = root / "submitted" / student / TOPIC / f"{TOPIC}.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)


def scores(root: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {submission.student.id: submission.score for submission in gradebook.assignment_submissions(TOPIC)}


def test_without_course_build_nbgrader_registers_nothing(fresh_clone: Path) -> None:
    """Why the README asks for one command first."""
    build.write_source_notebook(fresh_clone, TOPIC)
    assert "Skipping existing assignment" in must(fresh_clone, "nbgrader", "generate_assignment", TOPIC)
    source = topic.load(paths.source_file(fresh_clone, TOPIC))
    hand_in(fresh_clone, "ada", {e.id: demo.reference(e) for e in source.exercises})
    assert call(fresh_clone, "nbgrader", "autograde", TOPIC, "--create").returncode != 0


@pytest.mark.parametrize("registration", ["course build", "--force"])
def test_every_member_of_the_cohort_gets_its_points(fresh_clone: Path, registration: str) -> None:
    source = topic.load(paths.source_file(fresh_clone, TOPIC))
    reference = {exercise.id: demo.reference(exercise) for exercise in source.exercises}
    expected = {"reference": 5.0, "unsolved": 0.0}
    hand_in(fresh_clone, "reference", reference)
    hand_in(fresh_clone, "unsolved", {})
    for member in cohort.members(source):
        # Its exercise alone is answered: the others are as released.
        expected[member.name] = member.points
        hand_in(fresh_clone, member.name, {member.exercise: demo.without_marks(member.source)})
    build.build(fresh_clone, TOPIC)
    if registration == "--force":
        (fresh_clone / "gradebook.db").unlink()
        must(fresh_clone, "nbgrader", "generate_assignment", TOPIC, "--force")
    must(fresh_clone, "nbgrader", "autograde", TOPIC, "--create")
    assert scores(fresh_clone) == expected


def test_feedback_and_zip_collect_work(fresh_clone: Path) -> None:
    build.build(fresh_clone, TOPIC)
    source = topic.load(paths.source_file(fresh_clone, TOPIC))
    archive = fresh_clone / "downloaded" / TOPIC / "archive"
    archive.mkdir(parents=True)
    hand_in(fresh_clone, "ada", {exercise.id: demo.reference(exercise) for exercise in source.exercises})
    shutil.move(fresh_clone / "submitted" / "ada" / TOPIC / f"{TOPIC}.ipynb", archive / f"ada_attempt_{TOPIC}.ipynb")
    shutil.rmtree(fresh_clone / "submitted")
    pattern = r".+\/(?P<student_id>\w+)_attempt_(?P<file_id>.+)"
    must(fresh_clone, "nbgrader", "zip_collect", TOPIC, f"--FileNameCollectorPlugin.named_regexp={pattern}")
    must(fresh_clone, "nbgrader", "autograde", TOPIC, "--create")
    must(fresh_clone, "nbgrader", "generate_feedback", TOPIC)
    assert scores(fresh_clone) == {"ada": 5.0}
    page = (fresh_clone / "feedback" / "ada" / TOPIC / f"{TOPIC}.html").read_text()
    assert "centre-examples" in page
