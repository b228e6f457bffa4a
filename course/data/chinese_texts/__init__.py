"""Chinese texts: 32 classics, 35 short modern documents, 30 questions, and a small lexicon. See ``PROVENANCE.md``."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

__all__ = ["lexicon", "load", "queries"]


def load() -> dict[str, str]:
    """The documents: title and text, the classics first."""
    return {row["title"]: row["text"] for row in _read("texts.json")}


def queries() -> list[tuple[str, tuple[str, ...]]]:
    """The questions: each as asked, and the titles of the documents that answer it."""
    return [(row["query"], tuple(row["relevant"])) for row in _read("queries.json")]


def lexicon() -> frozenset[str]:
    """Words of two characters or more, for segmentation by maximum matching."""
    return frozenset((resources.files(__package__) / "lexicon.txt").read_text(encoding="utf-8").split())


def _read(name: str) -> Any:
    return json.loads((resources.files(__package__) / name).read_text(encoding="utf-8"))
