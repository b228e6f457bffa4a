"""A small course in a folder of its own, for the tests of the tools."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = Path(__file__).parent / "fixtures"
#: The fixture's one topic.
TOPIC = "scaling"


@pytest.fixture
def root() -> Path:
    """The course's own folder."""
    return ROOT


@pytest.fixture
def small_course(tmp_path: Path) -> Path:
    """A course with the one topic ``scaling``, not built yet."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(FIXTURES / TOPIC, tmp_path / "source" / TOPIC)
    return tmp_path
