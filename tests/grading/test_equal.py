"""Ours leaves what nbgrader's own executor leaves: notebooks, and every table of the gradebook."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import nbgrader
import pytest
from compare import notebooks, tables
from conftest import TOPIC, cohort_of, hand_in, released, solved
from nbformat.v4 import new_code_cell
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from course.tools import build
from course.tools.grading.grade import grade

#: What a notebook can do to its outputs.
CELLS = """
print("a"); import sys; print("b", file=sys.stderr); print("c")
---
1 + 1
---
print("before"); raise ValueError("no")
---
def f(x):
    return 1 / x

f(0)
---
def broken(:
---
from IPython.display import HTML, clear_output, display, update_display
handle = display("first", display_id="there")
print("gone"); clear_output(); display(HTML("<b>kept</b>"))
---
update_display("second", display_id="there")
---
import matplotlib.pyplot as plt
plt.plot([1, 3, 2]); plt.title("one")
---
figure, axes = plt.subplots(1, 2)
print("drawn")
---
import asyncio
await asyncio.sleep(0.01)
"awaited"
---
input("? ")
---
%env COURSE_TRIAL=1
---
%%capture caught
print("caught")
---
caught.stdout, In[-1][:6], _
---
!echo from the shell
---
import os
os.environ["NBGRADER_EXECUTION"], os.environ["COURSE_TRIAL"], get_ipython().execution_count
---
import pandas_is_not_installed
---
import warnings
warnings.warn("careful")
---
import logging
logging.warning("logged")
---
class Odd:
    def _repr_html_(self): return "<i>odd</i>"
    def __repr__(self): raise RuntimeError("no repr")
Odd()
---
raise SystemExit(3)
---
%no_such_magic
---
x = 3
x?
---
1; 2;
---
import numpy as np, torch
np.arange(6).reshape(2, 3), torch.ones(2)
---
os.system("echo from the system")
---
import subprocess
subprocess.run(["echo", "from a process"], check=True).returncode
---
get_ipython()
---
try:
    1 / 0
except ZeroDivisionError as error:
    raise KeyError("second") from error
"""


@pytest.fixture
def twins(classroom: Path) -> tuple[Path, Path]:
    """The class twice over: for nbgrader, and for us."""
    talkative = solved(classroom)
    for source in CELLS.strip().split("\n---\n"):
        talkative.cells.insert(len(talkative.cells) - 1, new_code_cell(source))
    hand_in(classroom, "talkative", talkative)
    hand_in(classroom, "idle", released(classroom))
    for student, notebook in list(cohort_of(classroom).items())[:2]:
        hand_in(classroom, student, notebook)
    late = hand_in(classroom, "late", solved(classroom))
    (late.parent / "timestamp.txt").write_text("2030-01-01 10:00:00 UTC", encoding="utf-8")
    (late.parent / "data.csv").write_text("1,2\n", encoding="utf-8")
    other = classroom.with_name("other")
    shutil.copytree(classroom, other)
    return classroom, other


def test_a_class_of_the_small_course(twins: tuple[Path, Path]) -> None:
    stock, ours = twins
    by_nbgrader(stock, build.load_config(stock), TOPIC)
    grade(ours, TOPIC, jobs=2, full=True)
    assert_equal(stock, ours)


#: Of the notebooks that nbgrader's own tests use: what is released, and what is handed in for it.
SHIPPED = {
    "apps/files/submitted-unchanged": (
        "apps/files/submitted-changed",
        "apps/files/submitted-unchanged",
        "apps/files/submitted-grade-cell-changed",
        "preprocessors/files/long-output",
        "preprocessors/files/infinite-recursion",
    ),
    "apps/files/test-with-output": ("apps/files/test-with-output",),
    "apps/files/open_relative_file": ("apps/files/open_relative_file",),
    "apps/files/side-effects": ("apps/files/side-effects",),
}


def test_notebooks_that_nbgrader_ships(tmp_path: Path) -> None:
    stock, ours = tmp_path / "stock", tmp_path / "ours"
    shipped = Path(nbgrader.__file__).parent / "tests"
    config = Config()
    for folder in (stock, ours):
        for number, (released_as, handed_in) in enumerate(SHIPPED.items()):
            source = folder / "source" / f"ps{number}" / "p1.ipynb"
            source.parent.mkdir(parents=True)
            shutil.copy(shipped / f"{released_as}.ipynb", source)
            (source.parent / "data.txt").write_text("beside", encoding="utf-8")
            coursedir = CourseDirectory(config=config, root=str(folder), assignment_id=f"ps{number}")
            GenerateAssignment(coursedir=coursedir, config=config).start()
            for student, file in enumerate(handed_in):
                target = folder / "submitted" / f"s{student}" / f"ps{number}" / "p1.ipynb"
                target.parent.mkdir(parents=True)
                shutil.copy(shipped / f"{file}.ipynb", target)
        (folder / "nbgrader_config.py").write_text("", encoding="utf-8")
    for number, handed_in in enumerate(SHIPPED.values()):
        by_nbgrader(stock, config, f"ps{number}")
        outcomes = grade(ours, f"ps{number}", jobs=2)
        assert [(outcome.status, outcome.message) for outcome in outcomes] == [("graded", "")] * len(handed_in)
    assert_equal(stock, ours)


def by_nbgrader(folder: Path, config: Config, assignment: str) -> None:
    """Autograde with nbgrader's own executor."""
    config = Config({name: section for name, section in config.items() if name != "Autograde"})
    config.CourseDirectory.root = str(folder)
    coursedir = CourseDirectory(config=config, assignment_id=assignment)
    with pytest.MonkeyPatch.context() as patch:
        # ipykernel sends what subprocesses print nowhere when it finds itself in a test.
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        Autograde(coursedir=coursedir, config=config).start()


def assert_equal(stock: Path, ours: Path) -> None:
    expected, found = notebooks(stock / "autograded"), notebooks(ours / "autograded")
    assert found.keys() == expected.keys()
    for name, (mode, lines) in expected.items():
        assert found[name][0] == mode, name
        assert found[name][1] == lines, name
    expected_tables, found_tables = (tables(f"sqlite:///{folder / 'gradebook.db'}") for folder in (stock, ours))
    assert found_tables.keys() == expected_tables.keys()
    for table, rows in expected_tables.items():
        assert found_tables[table] == rows, table
    assert len(found_tables["grade"]) > 10


def test_the_comparison_sees_a_difference(twins: tuple[Path, Path]) -> None:
    one, other = twins
    grade(one, TOPIC, jobs=1)
    shutil.copytree(one / "autograded", other / "autograded")
    shutil.copy(one / "gradebook.db", other)
    assert_equal(one, other)
    path = other / "autograded" / "idle" / TOPIC / f"{TOPIC}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source += " "
    path.chmod(0o644)
    nbformat.write(notebook, path)
    path.chmod(0o444)
    with pytest.raises(AssertionError):
        assert_equal(one, other)
