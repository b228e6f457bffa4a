"""What grading had to say of each submission, kept beside the results: the gradebook has no place for it."""

from __future__ import annotations

import json
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
    """The last entry of each student; a damaged line is passed over."""
    try:
        lines = _place(root, autograded, topic_id).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    found: dict[str, Entry] = {}
    for line in lines:
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            continue
        found[entry.student] = entry
    return found


def add(root: Path, autograded: str, topic_id: str, entry: Entry) -> None:
    """Add an entry: at once, so that a call that is cut off leaves what it has said."""
    with _place(root, autograded, topic_id).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(entry)) + "\n")


def _place(root: Path, autograded: str, topic_id: str) -> Path:
    return Path(root, autograded) / f".grading-{topic_id}.jsonl"
