"""The learner's progress: ``work/progress.json``, readable, safe against two processes and against a crash."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from course.tools.learning import workfolder

NAME = "progress.json"
_LOCK = ".progress.lock"
_PATIENCE = 30.0


@dataclass
class Exercise:
    """What is known of one exercise.

    ``answer`` is the fingerprint of what was checked last, ``attempts`` how many different answers were checked,
    ``hints`` how many hints were given.
    """

    points: float = 0.0
    of: float = 0.0
    status: str = ""
    checked: str = ""
    answer: str = ""
    attempts: int = 0
    hints: int = 0
    solution_seen: bool = False


@dataclass
class Topic:
    """What is known of one topic; times are local, in ISO format."""

    started: str = ""
    checked: str = ""
    exercises: dict[str, Exercise] = field(default_factory=dict)

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise's record, made where there is none."""
        return self.exercises.setdefault(exercise_id, Exercise())


@dataclass
class Progress:
    """All of it. ``broken``: where a file that could not be read was put aside."""

    topics: dict[str, Topic] = field(default_factory=dict)
    broken: str = ""

    def topic(self, topic_id: str) -> Topic:
        """The topic's record, made where there is none."""
        return self.topics.setdefault(topic_id, Topic())


def read(root: Path) -> Progress:
    """The progress as it is on disk now."""
    path = workfolder.folder(root) / NAME
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Progress()
    except (ValueError, TypeError, AttributeError):
        return Progress(broken=NAME)


@contextlib.contextmanager
def update(root: Path) -> Iterator[Progress]:
    """Read, change, write, while no other process does. A file that cannot be read is put aside, not overwritten."""
    folder = workfolder.folder(root)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / _LOCK, timeout=_PATIENCE):
        progress = read(root)
        if progress.broken:
            aside = folder / f"progress-unreadable-{datetime.now():%Y-%m-%d-%H%M%S-%f}.json"
            (folder / NAME).replace(aside)
            progress.broken = aside.name
        yield progress
        topics = {name: dataclasses.asdict(topic) for name, topic in progress.topics.items()}
        workfolder.write(folder / NAME, (json.dumps({"topics": topics}, ensure_ascii=False, indent=2) + "\n").encode())


def now() -> str:
    """The local time, to the second."""
    return datetime.now().isoformat(timespec="seconds")


def _parse(value: Any) -> Progress:
    progress = Progress()
    for topic_id, known in value["topics"].items():
        exercises = {name: _make(Exercise, one) for name, one in known.get("exercises", {}).items()}
        progress.topics[topic_id] = dataclasses.replace(_make(Topic, known), exercises=exercises)
    return progress


def _make(kind: Any, known: dict[str, Any]) -> Any:
    """What is known, as far as this version knows it; of the wrong type: ``TypeError``."""
    made = kind()
    for one in dataclasses.fields(kind):
        if one.name in known and one.name != "exercises":
            default = getattr(made, one.name)
            given = known[one.name]
            if not isinstance(given, int | float if isinstance(default, float) else type(default)):
                raise TypeError(f"{one.name} is {given!r}")
            setattr(made, one.name, given)
    return made
