"""Where things are in a course's folder."""

from __future__ import annotations

from pathlib import Path

from course.tools.errors import UserError

CONFIG = "nbgrader_config.py"


class NotInCourse(UserError):
    """The command was called outside a course's folder."""


def find_root(start: Path | None = None) -> Path:
    """The course's folder: the nearest one, from ``start`` upwards, that holds ``nbgrader_config.py``."""
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise NotInCourse(f"no {CONFIG} in {start} or above it: call this from the course's folder, the one you cloned")


def source_file(root: Path, topic_id: str) -> Path:
    """The text that a topic is made from."""
    return root / "source" / topic_id / f"{topic_id}.py"


def source_notebook(root: Path, topic_id: str) -> Path:
    """The instructor's notebook, built from the text."""
    return root / "source" / topic_id / f"{topic_id}.ipynb"


def release_notebook(root: Path, topic_id: str) -> Path:
    """The student's notebook."""
    return root / "release" / topic_id / f"{topic_id}.ipynb"
