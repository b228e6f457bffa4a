"""The demo's class gets what its answers are worth."""

from __future__ import annotations

import shutil
from pathlib import Path

from course.tools import demo
from course.tools.grading.grade import grade
from tests.conftest import TOPIC


def test_the_class_gets_what_its_answers_are_worth(small_course: Path) -> None:
    folder = demo.prepare(small_course)
    demo.submit(small_course, folder, TOPIC, 0)
    grade(folder, [TOPIC], jobs=1, sandbox=shutil.which("bwrap") is not None)
    scores = demo.scores(folder, [TOPIC])
    points = {student: by_topic[TOPIC] for student, by_topic in scores.items()}
    assert points["max"] == points["ada"] == points["bo"] == 5.0
    assert points["emil"] == 3.0, "the first of two exercises"
    for student in ("cai", "dana"):
        assert points[student] in (0.0, 1.0, 2.0, 3.0, 4.0)
    assert not points["fei"]
    assert demo.robbed(scores) == []


def test_a_right_answer_without_its_points_is_noticed() -> None:
    scores: dict[str, dict[str, float | None]] = {student.id: {TOPIC: 5.0} for student in demo.CLASS}
    scores |= {"max": {TOPIC: 5.0}, "bo": {TOPIC: 0.0}, "dana": {TOPIC: 0.0}}
    assert [(student.id, topic_id) for student, topic_id in demo.robbed(scores)] == [("bo", TOPIC)]
