"""Feedback pages, made by nbgrader: one process for each of several submissions at a time."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from course.tools import build, feedback_page, fork, paths


def generate(root: Path, topic_id: str, students: list[str], *, jobs: int = 1) -> dict[str, str]:
    """Write ``feedback/STUDENT/TOPIC/TOPIC.html`` for each student.

    Returns
    -------
    dict
        The students whose page could not be made, and why.
    """
    failed = {}
    with contextlib.suppress(FileNotFoundError):  # a release is kept in many ways: without it each page takes longer
        feedback_page.prepare(nbformat.read(paths.release_notebook(root, topic_id), as_version=4))
    for student, result in fork.forked(lambda student: _one(root, topic_id, student), students, jobs=jobs, timeout=120):
        if isinstance(result, fork.Lost):
            failed[student] = result.reason
    return failed


def _one(root: Path, topic_id: str, student: str) -> None:
    config = build.load_config(root)
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id, coursedir.student_id = topic_id, student
    converter = GenerateFeedback(coursedir=coursedir, config=config)
    converter.force = True
    converter.log = logging.Logger("course.feedback", level=logging.CRITICAL)
    converter.start()
