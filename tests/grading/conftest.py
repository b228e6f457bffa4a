"""A class of students who hand in the small course's one topic."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from course.tools import build, topic
from course.tools.grading import executor
from course.tools.grading.grade import Outcome, grade

TOPIC = "scaling"
HERE = Path(__file__).parent
ROOT = HERE.parents[1]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small course, built and released once; copy it."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "tests" / "fixtures" / TOPIC, folder / "source" / TOPIC)
    build.build(folder, TOPIC)
    build.release(folder, TOPIC)
    return folder


@pytest.fixture
def classroom(built: Path, tmp_path: Path) -> Path:
    """A course of its own for one test, with nothing submitted yet."""
    folder = tmp_path / "class"
    shutil.copytree(built, folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _end_workers() -> Iterator[None]:
    yield
    executor.forget_workers()


def released(folder: Path) -> NotebookNode:
    """The student's notebook, unsolved."""
    return nbformat.read(folder / "release" / TOPIC / f"{TOPIC}.ipynb", as_version=4)


def solved(folder: Path, **answers: str) -> NotebookNode:
    """The student's notebook with the reference's answers, or those given by the answer's id."""
    source = topic.load(folder / "source" / TOPIC / f"{TOPIC}.py")
    references = {exercise.id: exercise.answer.source for exercise in source.exercises} | answers
    notebook = released(folder)
    for cell in notebook.cells:
        if cell.id in references:
            lines = references[cell.id].splitlines()
            cell.source = "\n".join(line for line in lines if "### " not in line)
    return notebook


def hand_in(folder: Path, student: str, notebook: NotebookNode | bytes, name: str = f"{TOPIC}.ipynb") -> Path:
    """Put a notebook, or the bytes of one, where submissions are collected."""
    path = folder / "submitted" / student / TOPIC / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(notebook if isinstance(notebook, bytes) else nbformat.writes(notebook).encode())
    return path


def graded(folder: Path, **options: object) -> dict[str, Outcome]:
    """Grade the class; outcomes by student."""
    chosen: dict[str, object] = {"jobs": 1, **options}
    return {outcome.student: outcome for outcome in grade(folder, [TOPIC], **chosen)[TOPIC]}  # type: ignore[arg-type]


def result(folder: Path, student: str) -> NotebookNode:
    """The notebook that grading has left for formgrader and feedback."""
    return nbformat.read(folder / "autograded" / student / TOPIC / f"{TOPIC}.ipynb", as_version=4)


def cell(notebook: NotebookNode, cell_id: str) -> NotebookNode:
    """A cell by its grade id or its id."""
    for one in notebook.cells:
        if one.metadata.get("nbgrader", {}).get("grade_id", one.get("id")) == cell_id:
            return one
    raise KeyError(cell_id)


Hand = Callable[..., Path]
