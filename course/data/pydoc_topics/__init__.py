"""The help topics of Python 3.11, and questions about them with the topics that answer each.

``load`` gives 79 real documents of very different lengths (200 to 62,000 characters), some of them contained in others;
``queries`` gives 50 questions, labelled by hand. See ``PROVENANCE.md``.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

__all__ = ["load", "queries"]


def load() -> dict[str, str]:
    """The documents: the name of each topic and its text, in alphabetical order of the names."""
    topics: dict[str, str] = _read("topics.json")
    return topics


def queries() -> list[tuple[str, tuple[str, ...]]]:
    """The questions: each as asked, and the names of all topics whose text answers it."""
    return [(row["query"], tuple(row["relevant"])) for row in _read("queries.json")]


def _read(name: str) -> Any:
    return json.loads((resources.files(__package__) / name).read_text(encoding="utf-8"))
