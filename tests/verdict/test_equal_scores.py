"""Outside the learner's process every answer of every cohort gets what it gets inside, and hears the same words."""

from __future__ import annotations

import pytest
import torch

from course import syllabus
from course.tools import cohort, fork, paths, topic, trial
from course.tools.verdict import trial as outside
from tests.conftest import ROOT

TOPICS = [row.id for row in syllabus.TOPICS]


@pytest.mark.long
@pytest.mark.parametrize("topic_id", TOPICS)
def test_equal_scores(topic_id: str) -> None:
    source = topic.load(paths.source_file(ROOT, topic_id))
    stubs = trial.released_sources(source, ROOT)
    members = cohort.members(source)

    def differences() -> list[str]:
        torch.set_num_threads(1)
        prepared = trial.prepare(source)
        references = {exercise.id: exercise.answer.source for exercise in source.exercises}
        found = []
        for exercise in source.exercises:
            answers = [("reference", references[exercise.id]), ("unsolved", stubs[exercise.id])]
            answers += [(member.name, member.source) for member in members if member.exercise == exercise.id]
            for name, answer in answers:
                given = list((references | {exercise.id: answer}).items())
                inside = trial.judge(dict(prepared), given, exercise.tests)
                apart = outside.judge(prepared, given, exercise.tests)
                found += [
                    f"{one.test}, {name}: inside {one.passed} {one.text!r}, outside {two.passed} {two.text!r}"
                    for one, two in zip(inside, apart, strict=True)
                    if one.passed != two.passed
                    or (two.error == "CheckFailed" and one.message.splitlines()[0] != two.message.splitlines()[0])
                ]
        return found

    assert fork.run(differences, timeout=900) == []
