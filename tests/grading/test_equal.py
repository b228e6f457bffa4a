"""Ours leaves what nbgrader's own executor leaves: notebooks, and every table of the gradebook."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import nbgrader
import pytest
from compare import bare, kinds, notebooks, rounded, settled, tables
from conftest import ROOT, TOPIC, hand_in, released, solved
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from course import syllabus
from course.tools import build, cohort, demo, paths, topic
from course.tools.grading import sandbox
from course.tools.grading.grade import grade

#: What a look cell measures differs from run to run.
READS_A_CLOCK = re.compile(r"\b(?:perf_counter|thread_time)\(")
#: What a notebook can do to its outputs.
CELLS = r'''
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
listed = !echo one; echo two
if listed:
    %env COURSE_TRIAL=2
listed, os.environ["COURSE_TRIAL"]
---
"""
%no magic?
""", 7 %\
4, x is 3, "\d", 1if x else 2
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
'''


@pytest.fixture
def twins(classroom: Path) -> tuple[Path, Path]:
    """The class twice over: for nbgrader, and for us."""
    talkative = solved(classroom)
    for source in CELLS.strip().split("\n---\n"):
        talkative.cells.insert(len(talkative.cells) - 1, new_code_cell(source))
    hand_in(classroom, "talkative", talkative)
    hand_in(classroom, "idle", released(classroom))
    for number, answers in enumerate(folded(topic.load(paths.source_file(classroom, TOPIC)))):
        hand_in(classroom, f"cohort{number}", solved(classroom, **answers))
    late = hand_in(classroom, "late", solved(classroom))
    (late.parent / "timestamp.txt").write_text("2030-01-01 10:00:00 UTC", encoding="utf-8")
    (late.parent / "data.csv").write_text("1,2\n", encoding="utf-8")
    with (classroom / paths.CONFIG).open("a", encoding="utf-8") as config:
        config.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    with Gradebook(f"sqlite:///{classroom / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(TOPIC, duedate="2029-12-31 23:59 UTC")
    other = classroom.with_name("other")
    shutil.copytree(classroom, other)
    return classroom, other


def test_a_class_of_the_small_course(twins: tuple[Path, Path]) -> None:
    """With tests in the learner's process, as nbgrader has them; tests/verdict proves equal scores without."""
    stock, ours = twins
    by_nbgrader(stock, build.load_config(stock), TOPIC)
    with (ours / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write("\nc.WarmExecute.separate = False\n")
    grade(ours, [TOPIC], jobs=2, full=True)
    assert_equal(stock, ours)
    with Gradebook(f"sqlite:///{ours / 'gradebook.db'}") as gradebook:
        (late,) = gradebook.find_submission(TOPIC, "late").notebooks
        assert late.late_submission_penalty == 5


def folded(source: topic.Topic) -> Iterator[dict[str, str]]:
    """The whole cohort in as few students as can be: one who gives the first answer to each exercise, and so on."""
    of_each = [
        [(exercise.id, member.source) for member in cohort.members(source) if member.exercise == exercise.id]
        for exercise in source.exercises
    ]
    for answers in itertools.zip_longest(*of_each):
        yield dict(answer for answer in answers if answer is not None)


def a_topic_of_the_course(folder: Path, topic_id: str, students: int | None) -> None:
    """A real topic, look cells included, handed in by the reference and by its cohort, or the first few of it."""
    stock, ours = folder / "stock", folder / "ours"
    stock.mkdir()
    shutil.copy(ROOT / paths.CONFIG, stock)
    with (stock / paths.CONFIG).open("a") as settings:
        settings.write("\nc.WarmExecute.separate = False\n")
        # On a slow machine, experiments of up to a minute are not to run out of time, in either; and nbgrader sets no
        # limit to the memory that a wrong answer's figure takes.
        settings.write("c.ExecutePreprocessor.timeout = c.Limits.seconds = c.Limits.cpu_seconds = 7200\n")
        settings.write("c.Limits.memory_mib = 16384\n")
    source = topic.load(paths.source_file(ROOT, topic_id))
    notebook = nbformat.reads(build.release_into(ROOT, topic_id, stock).decode(), as_version=4)
    for number, answers in enumerate(itertools.islice([{}, *folded(source)], students)):
        given = {exercise.id: demo.reference(exercise) for exercise in source.exercises} | answers
        for cell in notebook.cells:
            cell.source = demo.without_marks(given.get(cell.id, cell.source))
        target = stock / "submitted" / f"s{number:02}" / topic_id / f"{topic_id}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    shutil.copytree(stock, ours)
    shutil.copytree(stock, folder / "again")
    by_nbgrader(stock, build.load_config(stock), topic_id)
    outcomes = grade(ours, [topic_id], jobs=2, full=True)[topic_id]
    assert {outcome.status for outcome in outcomes} == {"graded"}

    def again(students: set[str]) -> Path:
        for work in (folder / "again" / "submitted").iterdir():
            if work.name not in students:
                shutil.rmtree(work)
        by_nbgrader(folder / "again", build.load_config(stock), topic_id)
        return folder / "again"

    assert_equal(stock, ours, again)


def test_a_topic(tmp_path: Path) -> None:
    a_topic_of_the_course(tmp_path, "losses", 2)


@pytest.mark.long
@pytest.mark.parametrize("topic_id", [row.id for row in syllabus.TOPICS])
def test_every_topic_and_cohort(tmp_path: Path, topic_id: str) -> None:
    a_topic_of_the_course(tmp_path, topic_id, None)


NBGRADERS = Path(nbgrader.__file__).parent / "tests"
_CHANGED = [f"apps/files/submitted-{what}" for what in ("changed", "grade-cell-changed", "locked-cell-changed")]
#: Of the notebooks that nbgrader's own tests use: what is released, and what is handed in for it.
SAMPLE = {
    "apps/files/submitted-unchanged": ["apps/files/submitted-unchanged", *_CHANGED],
    **{
        name: [name]
        for name in (
            "apps/files/open_relative_file",
            "apps/files/side-effects",
            "apps/files/test-with-output",
            "preprocessors/files/infinite-recursion",
            "preprocessors/files/long-output",
            "preprocessors/files/manually-graded-code-cell",
            "preprocessors/files/test_taskcell",
            "preprocessors/files/warning-pattern",
            "ui-tests/files/blank",
        )
    },
}
#: Those that nbgrader itself will not release (bad, old or too new metadata), and one that prints as much as it can
#: until it is stopped, each time more or less.
NEVER_EQUAL = ("infinite-loop-with-output",)


def all_shipped() -> dict[str, list[str]]:
    """Each notebook there is, handed in as it was released, and the changed ones for the unchanged ones."""
    names = {path.read_bytes(): str(path.relative_to(NBGRADERS))[:-6] for path in sorted(NBGRADERS.glob("**/*.ipynb"))}
    chosen = {name: [name] for name in sorted(names.values()) if Path(name).name not in NEVER_EQUAL}
    for name in chosen:
        if name.endswith("-unchanged"):
            chosen[name] += [other for other in chosen if other.startswith(name.removesuffix("unchanged") + "changed")]
    chosen["apps/files/submitted-unchanged"] = SAMPLE["apps/files/submitted-unchanged"]
    return chosen


def shipped_are_equal(folder: Path, shipped: dict[str, list[str]]) -> set[str]:
    """Release, hand in, grade twice, compare; returns those that nbgrader would not release."""
    stock, ours = folder / "stock", folder / "ours"
    stock.mkdir()
    (stock / paths.CONFIG).write_text("", encoding="utf-8")
    shutil.copy(NBGRADERS / "apps/files/autotests.yml", stock)
    assignments: dict[str, int] = {}
    for number, (released_as, handed_in) in enumerate(shipped.items()):
        assignment = f"ps{number:02}"
        source = stock / "source" / assignment / "p1.ipynb"
        source.parent.mkdir(parents=True)
        shutil.copy(NBGRADERS / f"{released_as}.ipynb", source)
        (source.parent / "data.txt").write_text("beside", encoding="utf-8")
        shutil.copy(NBGRADERS / "apps/files/jupyter.png", source.parent)
        config = build.load_config(stock)
        config.CourseDirectory.root = str(stock)
        try:
            GenerateAssignment(
                coursedir=CourseDirectory(config=config, assignment_id=assignment), config=config
            ).start()
        except (NbGraderException, SystemExit):
            continue
        assignments[assignment] = len(handed_in)
        for student, file in enumerate(handed_in):
            target = stock / "submitted" / f"s{student}" / assignment / "p1.ipynb"
            target.parent.mkdir(parents=True)
            shutil.copy(NBGRADERS / f"{file}.ipynb", target)
    shutil.copytree(stock, ours)
    for assignment, students in assignments.items():
        by_nbgrader(stock, build.load_config(stock), assignment)
        outcomes = grade(ours, [assignment], jobs=2)[assignment]
        assert [(outcome.status, outcome.message) for outcome in outcomes] == [("graded", "")] * students
    assert_equal(stock, ours)
    return {name for number, name in enumerate(shipped) if f"ps{number:02}" not in assignments}


def test_notebooks_that_nbgrader_ships(tmp_path: Path) -> None:
    assert shipped_are_equal(tmp_path, SAMPLE) == set()


@pytest.mark.long
def test_every_notebook_that_nbgrader_ships(tmp_path: Path) -> None:
    shipped = all_shipped()
    refused = shipped_are_equal(tmp_path, shipped)
    assert len(shipped) - len(refused) > 35


def test_what_nbgrader_itself_will_not_grade_is_graded(tmp_path: Path) -> None:
    """Its own damaged, old and too new notebooks, handed in for the one that they come from: none stops the class."""
    config = Config()
    config.CourseDirectory.root = str(tmp_path)
    (tmp_path / paths.CONFIG).write_text("", encoding="utf-8")
    files = NBGRADERS / "preprocessors" / "files"
    source = tmp_path / "source" / "ps" / "p1.ipynb"
    source.parent.mkdir(parents=True)
    shutil.copy(files / "submitted-unchanged.ipynb", source)
    GenerateAssignment(coursedir=CourseDirectory(config=config, assignment_id="ps"), config=config).start()
    handed_in = {
        "in-order": files / "submitted-unchanged.ipynb",
        "answer-type": files / "submitted-answer-cell-type-changed.ipynb",
        "test-type": files / "submitted-grade-cell-type-changed.ipynb",
        "twice": files / "duplicate-grade-ids.ipynb",
        "no-points": files / "blank-points.ipynb",
        "too-new": NBGRADERS / "apps" / "files" / "too-new.ipynb",
        "version-0": NBGRADERS / "apps" / "files" / "test-v0.ipynb",
    }
    for student, file in handed_in.items():
        target = tmp_path / "submitted" / student / "ps" / "p1.ipynb"
        target.parent.mkdir(parents=True)
        shutil.copy(file, target)
    outcomes = {outcome.student: outcome for outcome in grade(tmp_path, ["ps"], jobs=1)["ps"]}
    assert outcomes.keys() == handed_in.keys()
    assert {student for student, outcome in outcomes.items() if outcome.status == "graded"} == {"in-order"}
    assert all(o.status in ("mended", "refused") and o.message for s, o in outcomes.items() if s != "in-order")
    assert outcomes["test-type"].points == outcomes["in-order"].points


def by_nbgrader(folder: Path, config: Config, assignment: str) -> None:
    """Autograde with nbgrader's own executor."""
    config = Config({name: section for name, section in config.items() if name != "Autograde"})
    config.CourseDirectory.root = str(folder)
    # Two of its kernels at a time can draw the same port; one then tells so on stderr, for which nbgrader takes points.
    config.KernelManager.transport = "ipc"
    coursedir = CourseDirectory(config=config, assignment_id=assignment)
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as sockets:
        config.KernelManager.ip = f"{sockets}/kernel"
        # ipykernel sends what subprocesses print nowhere when it finds itself in a test.
        patch.delenv("PYTEST_CURRENT_TEST", raising=False)
        for name in sandbox.THREADS:  # sums of many threads differ in their last digits
            patch.setenv(name, "1")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # of nbgrader's way to make a submission, not of ours
            Autograde(coursedir=coursedir, config=config).start()


def alike(cell: str, wanted: str) -> bool:
    """The same; in look cells, but for two things that no two runs have in common.

    What a cell prints to stdout and what it warns of on stderr may come in another order, since ours is faster; and
    what reads a clock shows other figures each time.
    """
    if cell == wanted or '"look"' not in wanted:
        return cell == wanted
    return settled(cell) == settled(wanted) or (bool(READS_A_CLOCK.search(wanted)) and kinds(cell) == kinds(wanted))


def assert_equal(stock: Path, ours: Path, again: Callable[[set[str]], Path] | None = None) -> None:
    """Notebooks and tables are the same.

    ``again`` grades some students by nbgrader once more: where two of its own runs differ (a wrong answer that draws
    by chance, say) ours need not show the same, but a graded cell must end in the same way, and have the same score.
    """
    expected, found = notebooks(stock / "autograded"), notebooks(ours / "autograded")
    assert found.keys() == expected.keys()
    for name, theirs in expected.items():
        assert (found[name].mode, found[name].around) == (theirs.mode, theirs.around), name
        assert len(found[name].cells) == len(theirs.cells), name
    differing = [name for name in expected if not all(map(alike, found[name].cells, expected[name].cells))]
    if differing:
        assert again is not None, differing
        once_more = notebooks(again({Path(name).parts[0] for name in differing}) / "autograded")
        for name in differing:
            for cell, wanted, second in zip(
                found[name].cells, expected[name].cells, once_more[name].cells, strict=True
            ):
                if not alike(cell, wanted):
                    assert wanted != second, f"{name}: nbgrader shows this twice: {wanted}, and ours {cell}"
                    left = bare if '"look"' in wanted else kinds
                    assert left(cell) == left(wanted), name
    expected_tables, found_tables = (tables(f"sqlite:///{folder / 'gradebook.db'}") for folder in (stock, ours))
    assert found_tables.keys() == expected_tables.keys()
    for table, rows in expected_tables.items():
        assert found_tables[table] == rows, table
    assert len(found_tables["grade"]) > 10


def test_the_comparison_sees_a_difference(twins: tuple[Path, Path]) -> None:
    one, other = twins
    grade(one, [TOPIC], jobs=1)
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


def test_the_comparison_passes_over_rounding_and_nothing_else() -> None:
    def said(text: str) -> list[Any]:
        return rounded([{"text": text}])

    assert said("[0, 2]    1  5.20417043e-18  [-0.000, +0.35]") == said("[0, 2]    1         0  [+0.000, +0.35]")
    for one, other in (("0.00", "0.01"), ("10", "1"), ("1e-3", "1e-4"), ("1e-15", "1"), ("x0", "x"), ("0.5", ".5")):
        assert said(f"is {one}") != said(f"is {other}")


def test_a_clock_excuses_other_figures_and_nothing_else() -> None:
    def cell(source: str, text: str, tag: str = "look", stream: str = "stdout") -> str:
        output = {"output_type": "stream", "name": stream, "text": text}
        return json.dumps({"source": source, "metadata": {"tags": [tag]}, "outputs": [output]})

    measured = cell("print(perf_counter() - start)", "1 ms")
    assert alike(cell("print(perf_counter() - start)", "2 ms"), measured)
    assert not alike(cell("print(perf_counter() - start)", "1 ms", stream="stderr"), measured)
    assert not alike(cell("print(perf_counter() - begin)", "1 ms"), measured)
    assert not alike(cell("print(count)", "2 ms"), cell("print(count)", "1 ms"))
    assert not alike(cell("perf_counter()", "2 ms", tag="test"), cell("perf_counter()", "1 ms", tag="test"))
