"""A class of synthetic students, made of the topics' cohorts, to show the whole loop at work."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory

from course.tools import build, cohort, paths, topic
from course.tools.topic import Exercise, Topic

FOLDER = "demo"
_CONFIG = '''\
"""The demo's own gradebook and folders; all other settings are the course's."""

from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig("../nbgrader_config.py")  # noqa: F821
c.CourseDirectory.root = str(Path(__file__).resolve().parent)
'''

Answers = dict[str, str]


@dataclass(frozen=True)
class Student:
    """A synthetic student, and how they answer."""

    id: str
    name: str
    habit: str


CLASS = (
    Student("ada", "Ada Right", "right"),
    Student("bo", "Bo Otherwise", "right, otherwise"),
    Student("cai", "Cai Mistaken", "mistakes"),
    Student("dana", "Dana Mixed", "half wrong"),
    Student("emil", "Emil Unfinished", "half done"),
    Student("fei", "Fei Broken", "broken or no file"),
)


def prepare(root: Path) -> Path:
    """An empty course folder for the demo, beside the real one: its own config, gradebook and submissions."""
    folder = root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / paths.CONFIG).write_text(_CONFIG, encoding="utf-8")
    return folder


def submit(root: Path, folder: Path, topic_id: str, turn: int) -> None:
    """Release a topic into the demo's folder and hand in every student's work.

    ``turn`` varies who makes which mistake from topic to topic.
    """
    source = topic.load(paths.source_file(root, topic_id))
    members = cohort.members(source)
    released = nbformat.reads(build.release_into(root, topic_id, folder, source).decode(), as_version=4)
    for position, student in enumerate(CLASS):
        target = folder / "submitted" / student.id / topic_id / f"{topic_id}.ipynb"
        if student.habit.startswith("broken"):
            if turn % 2 == 0:
                write(target, nbformat.writes(released)[:4000])
            continue
        answers = dict(_answers(source, members, student, position + turn))
        write(target, nbformat.writes(filled(released, source, answers)))


def scores(folder: Path, topic_ids: list[str]) -> dict[str, dict[str, float | None]]:
    """Points by student and topic from the gradebook, None where not graded; under ``"max"`` what code can earn."""
    config = build.load_config(folder)
    with Gradebook(CourseDirectory(config=config).db_url) as gradebook:
        found: dict[str, dict[str, float | None]] = {student.id: dict.fromkeys(topic_ids) for student in CLASS}
        found["max"] = {topic_id: gradebook.find_assignment(topic_id).max_code_score for topic_id in topic_ids}
        for topic_id in topic_ids:
            for submission in gradebook.assignment_submissions(topic_id):
                found[submission.student.id][topic_id] = submission.code_score
    return found


def robbed(scores: dict[str, dict[str, float | None]]) -> list[tuple[Student, str]]:
    """Those whose answers are all right and who have not got all points for them: something is wrong with grading."""
    return [
        (student, topic_id)
        for student in CLASS
        if student.habit.startswith("right")
        for topic_id, most in scores["max"].items()
        if scores[student.id][topic_id] != most
    ]


def _answers(source: Topic, members: list[cohort.Member], student: Student, turn: int) -> Iterator[tuple[str, str]]:
    for number, exercise in enumerate(source.exercises):
        rights = [reference(exercise)] + [m.source for m in members if m.exercise == exercise.id and m.right]
        mistakes = [m.source for m in members if m.exercise == exercise.id and not m.right] or rights
        match student.habit:
            case "right":
                yield exercise.id, rights[0]
            case "right, otherwise":
                others = rights[1:] or rights
                yield exercise.id, others[turn % len(others)]
            case "half done":
                if number < len(source.exercises) / 2:
                    yield exercise.id, rights[0]
            case "half wrong":
                chosen = mistakes if (number + turn) % 2 else rights
                yield exercise.id, chosen[turn % len(chosen)]
            case _:
                yield exercise.id, mistakes[turn % len(mistakes)]


def reference(exercise: Exercise) -> str:
    """The reference answer as a student would have written it: without the marks."""
    return without_marks(exercise.answer.source)


def without_marks(source: str) -> str:
    """A source without nbgrader's marks."""
    return "\n".join(line for line in source.splitlines() if not line.strip().startswith(("### BEGIN", "### END")))


def filled(released: NotebookNode, source: Topic, answers: Answers) -> NotebookNode:
    """A student's notebook with answers in their places, by the ids of their cells."""
    notebook = copy.deepcopy(released)
    written = {cell.id for cell in source.cells if cell.kind == "written"}
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = without_marks(answers[cell.id])
        elif cell.id in written:
            cell.source = "Because the experiment above shows it: I would point to its figure and say what it means."
    return notebook


def write(path: Path, text: str) -> None:
    """Write a file in a folder that need not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
