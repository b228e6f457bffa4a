"""A broken submission costs only itself, with a message that an instructor and a student understand."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from conftest import TOPIC, cell, graded, hand_in, released, solved
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course.tools import feedback
from course.tools.grading.grade import Outcome

FULL = 5.0  # what code can earn in the small course
LESS_CENTRE = 2.0


@dataclass(frozen=True)
class Broken:
    """A broken submission: what is handed in, and what must come of it."""

    make: Callable[[Path], NotebookNode | bytes]
    status: str
    points: float
    says: str
    name: str = f"{TOPIC}.ipynb"


def changed(change: Callable[[NotebookNode], object]) -> Callable[[Path], NotebookNode]:
    def make(folder: Path) -> NotebookNode:
        notebook = solved(folder)
        change(notebook)
        return notebook

    return make


def metadata(cell_id: str, **values: object) -> Callable[[Path], NotebookNode]:
    return changed(lambda notebook: cell(notebook, cell_id).metadata["nbgrader"].update(values))


def remove(*ids: str) -> Callable[[Path], NotebookNode]:
    def change(notebook: NotebookNode) -> None:
        for cell_id in ids:
            notebook.cells.remove(cell(notebook, cell_id))

    return changed(change)


def copied_test(notebook: NotebookNode) -> None:
    original = cell(notebook, "centre-examples")
    copy = new_code_cell("assert False, 'a copy'", metadata=json.loads(json.dumps(original.metadata)))
    notebook.cells.insert(notebook.cells.index(original), copy)


def retyped(notebook: NotebookNode) -> None:
    one = cell(notebook, "centre-examples")
    one.cell_type = "markdown"
    for name in ("outputs", "execution_count"):
        del one[name]


def answer_retyped(notebook: NotebookNode) -> None:
    one = cell(notebook, "centre")
    one.cell_type = "raw"
    for name in ("outputs", "execution_count"):
        del one[name]


def split(notebook: NotebookNode) -> None:
    one = cell(notebook, "centre")
    first, rest = one.source.split("    return", 1)
    one.source = "def helper(x):\n    return x - x.mean(axis=-1, keepdims=True)"
    second = first + "    return helper(x)"
    assert rest
    notebook.cells.insert(notebook.cells.index(one) + 1, new_code_cell(second))


def tagged(notebook: NotebookNode) -> None:
    cell(notebook, "centre").source = "def centre(x): return None"
    for one in notebook.cells:
        one.metadata["tags"] = ["skip-execution", "look"]


def moved(notebook: NotebookNode) -> None:
    one = cell(notebook, "centre-examples")
    notebook.cells.remove(one)
    notebook.cells.insert(1, one)


def answer_moved(notebook: NotebookNode) -> None:
    """Behind its tests, and behind a helper that it needs."""
    answer = cell(notebook, "centre")
    position = notebook.cells.index(cell(notebook, "centre-behaviour"))
    helper = new_code_cell("def average(x):\n    return x.mean(axis=-1, keepdims=True)")
    answer.source = answer.source.replace("x.mean(axis=-1, keepdims=True)", "average(x)")
    notebook.cells.remove(answer)
    notebook.cells[position:position] = [helper, answer]


def without_metadata(notebook: NotebookNode) -> None:
    """As some editors save it."""
    for one in notebook.cells:
        one.metadata = {}


def split_with_metadata(cell_id: str, at: str) -> Callable[[Path], NotebookNode]:
    """JupyterLab's *Split Cell* gives both halves the metadata of the whole."""

    def change(notebook: NotebookNode) -> None:
        second = cell(notebook, cell_id)
        first = new_code_cell(metadata=json.loads(json.dumps(second.metadata)))
        head, second.source = second.source.split(at, 1)
        first.source = head.rstrip()
        second.source = at + second.source
        notebook.cells.insert(notebook.cells.index(second), first)

    return changed(change)


def written_retyped(notebook: NotebookNode) -> None:
    one = cell(notebook, "why-scale")
    one.update(cell_type="code", source="because_of = 'the size of a step'", outputs=[], execution_count=None)


def flooded(notebook: NotebookNode) -> None:
    cell(notebook, "centre").outputs = [new_output("stream", text="x" * (100 << 20))]


BROKEN = {
    "not-json": Broken(lambda _: b"{", "refused", 0, "not JSON"),
    "empty-file": Broken(lambda _: b"", "refused", 0, "the file is empty"),
    "json-but-no-notebook": Broken(lambda _: b"[1, 2]", "refused", 0, "not a notebook"),
    "deeply-nested": Broken(lambda _: b"[" * 100_000, "refused", 0, "not JSON"),
    "cells-are-no-cells": Broken(lambda _: b'{"nbformat": 4, "cells": [1]}', "refused", 0, "not a valid notebook"),
    "nbformat-5": Broken(
        lambda f: nbformat.writes(solved(f)).replace('"nbformat": 4', '"nbformat": 5').encode(),
        "refused", 0, "not a valid notebook",
    ),
    "nbformat-3": Broken(
        lambda f: nbformat.writes(nbformat.convert(solved(f), 3), version=3).encode(), "mended", FULL, "format 3"
    ),
    "old-schema": Broken(metadata("centre-examples", schema_version=1), "mended", FULL, "changed settings"),
    "new-schema": Broken(metadata("centre-examples", schema_version=99), "mended", FULL, "changed settings"),
    "copied-test": Broken(changed(copied_test), "mended", FULL, "more than once"),
    "retyped-test": Broken(changed(retyped), "mended", FULL, "had become a markdown cell"),
    "split-answer": Broken(changed(split), "graded", FULL, ""),
    "split-test": Broken(split_with_metadata("centre-examples", "assert_close("), "mended", FULL, "more than once"),
    "split-answer-in-two": Broken(split_with_metadata("scale", "def scale"), "mended", FULL, "more than once"),
    "retyped-answer": Broken(changed(answer_retyped), "mended", FULL, "the cell centre had become a raw cell"),
    "retyped-written-answer": Broken(changed(written_retyped), "mended", FULL, "had become a code cell"),
    "deleted-tests": Broken(remove("centre-examples", "scale-examples", "setup"), "mended", FULL, "were missing"),
    "deleted-answer": Broken(remove("centre"), "mended", 0, "the answer cell centre is missing"),
    "deleted-answer-and-tests": Broken(remove("scale", "scale-examples"), "mended", 3, "was missing"),
    "moved-test": Broken(changed(moved), "mended", FULL, "the cell centre-examples had been moved"),
    "moved-answer": Broken(changed(answer_moved), "mended", FULL, "centre-behaviour had been moved"),
    "test-made-ungraded": Broken(metadata("centre-examples", grade=False), "mended", FULL, "changed settings"),
    "points-raised": Broken(metadata("centre-examples", points=100), "graded", FULL, ""),
    "points-are-text": Broken(metadata("centre-examples", points="many"), "mended", FULL, "changed settings"),
    "foreign-grade-id": Broken(metadata("centre-examples", grade_id="other"), "mended", FULL, "had lost its settings"),
    "metadata-no-dict": Broken(
        changed(lambda n: cell(n, "centre").metadata.update(nbgrader=[1])), "mended", FULL, "had lost its settings"
    ),
    "metadata-of-all-lost": Broken(changed(without_metadata), "mended", FULL, "scale had lost its settings"),
    "another-notebook": Broken(
        lambda _: new_notebook(cells=[new_code_cell("print('my diary')")]), "refused", 0, "it is another one"
    ),
    "no-cells": Broken(lambda _: new_notebook(), "refused", 0, "it is another one"),
    "skip-tags": Broken(changed(tagged), "graded", LESS_CENTRE, ""),
    "flooded": Broken(changed(flooded), "graded", FULL, ""),
    "prints-without-end": Broken(
        changed(lambda n: n.cells.insert(-1, new_code_cell("while True: print('x' * 10_000)"))),
        "mended", FULL, "displayed more than 16 MiB",
    ),
    "latin-1": Broken(
        lambda f: nbformat.writes(solved(f)).replace("Scaling", "Skalierung: Größe").encode("latin-1", "replace"),
        "mended", FULL, "Latin-1",
    ),
    "byte-order-mark": Broken(lambda f: b"\xef\xbb\xbf" + nbformat.writes(solved(f)).encode(), "graded", FULL, ""),
    "wrong-name": Broken(lambda f: solved(f), "mended", FULL, "is called my work.ipynb", "my work.ipynb"),
    "no-notebook": Broken(lambda _: b"?", "refused", 0, "there is no notebook", "notes.txt"),
    "ends-its-process": Broken(
        changed(lambda n: n.cells.insert(-1, new_code_cell("import os; os._exit(1)"))),
        "mended",
        FULL,
        "ended by itself",
    ),
    "forged-partial-credit": Broken(
        changed(lambda n: n.cells.insert(2, new_code_cell("get_ipython().events.register('post_run_cell', print)"))),
        "graded", FULL, "",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded_class(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Outcome]]:
    """All of them in one class, with a student whose work is in order; graded once."""
    folder = tmp_path_factory.mktemp("broken") / "class"
    shutil.copytree(built, folder)
    for student, broken in BROKEN.items():
        hand_in(folder, student, broken.make(folder), broken.name)
    hand_in(folder, "in-order", solved(folder))
    hand_in(folder, "two-notebooks", solved(folder))
    hand_in(folder, "two-notebooks", released(folder), "copy.ipynb")
    hand_in(folder, "neither-name", solved(folder), "a.ipynb")
    hand_in(folder, "neither-name", solved(folder), "b.ipynb")
    stamp = hand_in(folder, "bad-timestamp", solved(folder)).with_name("timestamp.txt")
    stamp.write_text("yesterday, about noon", encoding="utf-8")
    (folder / "secret.txt").write_text("the instructor's own", encoding="utf-8")
    link = hand_in(folder, "linked", solved(folder)).with_name("link.txt")
    link.symlink_to(folder / "secret.txt")
    whole = hand_in(folder, "linked-notebook", b"").with_name(f"{TOPIC}.ipynb")
    whole.unlink()
    whole.symlink_to(folder / "submitted" / "in-order" / TOPIC / f"{TOPIC}.ipynb")
    outcomes = graded(folder)
    assert feedback.generate(folder, TOPIC, sorted(outcomes)) == {}
    return folder, dict(outcomes)


def page(folder: Path, student: str) -> str:
    """The text of a student's feedback page, without its marks and line breaks."""
    text = (folder / "feedback" / student / TOPIC / f"{TOPIC}.html").read_text(encoding="utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


@pytest.mark.parametrize("student", BROKEN)
def test_it_costs_only_itself(graded_class: tuple[Path, dict[str, Outcome]], student: str) -> None:
    folder, outcomes = graded_class
    outcome, expected = outcomes[student], BROKEN[student]
    assert (outcome.status, outcome.points) == (expected.status, expected.points), outcome.message
    assert expected.says in outcome.message
    if expected.status != "graded":
        assert expected.says in page(folder, student), "the student's feedback says it, too"


@pytest.mark.parametrize(
    ("student", "status", "points", "says"),
    [
        ("in-order", "graded", FULL, ""),
        ("two-notebooks", "mended", FULL, "copy.ipynb is not part"),
        ("neither-name", "refused", 0, "the file is empty"),
        ("bad-timestamp", "mended", FULL, "the time of submission is unknown"),
        ("linked", "mended", FULL, "link.txt is a link"),
        ("linked-notebook", "refused", 0, "there is no notebook"),
    ],
)
def test_what_lies_around_it(
    graded_class: tuple[Path, dict[str, Outcome]], student: str, status: str, points: float, says: str
) -> None:
    folder, outcomes = graded_class
    outcome = outcomes[student]
    assert (outcome.status, outcome.points) == (status, points), outcome.message
    assert says in outcome.message
    assert says in page(folder, student)


def test_links_are_not_followed(graded_class: tuple[Path, dict[str, Outcome]]) -> None:
    folder, _ = graded_class
    for place, _, names in os.walk(folder / "autograded"):
        for name in names:
            assert b"instructor's own" not in Path(place, name).read_bytes()
