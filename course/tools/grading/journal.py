"""What grading had to say of each submission, kept beside the results: the gradebook has no place for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One submission: its status and message when it was last graded, and the seconds that its notebooks ran."""

    student: str
    status: str
    message: str
    seconds: float | None


def read(root: Path, autograded: str, topic_id: str) -> dict[str, Entry]:
    """The entries by student; none where the topic was graded by other means, or the file is damaged."""
    try:
        values = json.loads(_place(root, autograded, topic_id).read_text(encoding="utf-8"))
        return {value["student"]: Entry(**value) for value in values}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def write(root: Path, autograded: str, topic_id: str, entries: Iterable[Entry]) -> None:
    """Add entries; those of students graded now take the place of older ones."""
    merged = read(root, autograded, topic_id) | {entry.student: entry for entry in entries}
    path = _place(root, autograded, topic_id)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([asdict(merged[student]) for student in sorted(merged)], indent=1), encoding="utf-8")
    fresh.replace(path)


def _place(root: Path, autograded: str, topic_id: str) -> Path:
    return Path(root, autograded) / f".grading-{topic_id}.json"
