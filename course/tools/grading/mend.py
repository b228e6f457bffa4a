"""Bring a submission into the shape that nbgrader expects, and say what was done; what cannot be mended is said, too.

nbgrader stops a whole class for some of these. A submission without damage comes out as it went in.
"""

from __future__ import annotations

import json
import math
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import is_grade, parse_utc

from course.tools.grading.blueprint import Blueprint, Part

_MOST = 256 << 20
_MOST_FILES = 1000
TIMESTAMP = "timestamp.txt"
_FLAGS = ("grade", "solution", "task", "schema_version")


class Unreadable(Exception):
    """A notebook that nothing can be graded of; the message is for the instructor and the student."""


@dataclass
class Submission:
    """What was handed in: notebooks by name, other files by relative path, and what there is to say about them."""

    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


def read(folder: Path, blueprint: Blueprint) -> Submission:
    """Read and mend what a student has handed in. Links are not followed."""
    found = Submission()
    texts: dict[str, bytes] = {}
    for path, data in _regular_files(folder, found.notes):
        if path.endswith(".ipynb"):
            texts[path.removesuffix(".ipynb")] = data
        else:
            found.files[path] = data
    _check_timestamp(found)
    try:
        chosen = _choose(texts, blueprint, found.notes)
    except Unreadable as error:
        return all_unreadable(blueprint, str(error), found)
    for name, data in chosen.items():
        try:
            notebook = parse(data, found.notes)
            mend(notebook, blueprint[name], found.notes)
        except Unreadable as error:
            found.unreadable[name] = str(error)
            notebook = stand_in(blueprint[name], str(error))
        found.notebooks[name] = notebook
    if found.notes:
        for name in found.notebooks.keys() - found.unreadable.keys():
            found.notebooks[name].cells.insert(0, _note(found.notes))
    for notebook in found.notebooks.values():
        if notebook.nbformat_minor < 5:  # there cells have no ids
            for cell in notebook.cells:
                cell.pop("id", None)
    return found


def all_unreadable(blueprint: Blueprint, why: str, found: Submission | None = None) -> Submission:
    """A submission that nothing can be graded of, with its other files if it has any."""
    found = found or Submission()
    for name, parts in blueprint.items():
        found.notebooks[name] = stand_in(parts, why)
        found.unreadable[name] = why
    return found


def parse(data: bytes, notes: list[str]) -> NotebookNode:
    """The notebook in a file's bytes."""
    if not data.strip():
        raise Unreadable("the file is empty: hand in the notebook again")
    try:
        value = json.loads(_decode(data, notes))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the file is not a notebook (it is not JSON: {error}): hand in the notebook again") from None
    version = value.get("nbformat") if isinstance(value, dict) else None
    if not isinstance(version, int) or not isinstance(value.get("cells", value.get("worksheets")), list):
        raise Unreadable("the file is JSON but not a notebook: hand in the notebook again")
    try:
        notebook = nbformat.from_dict(value)
        if version != 4:
            notebook = nbformat.convert(notebook, 4)
            notes.append(f"the notebook was in format {version} and has been converted to format 4")
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
            else:  # left behind by a change of type
                for name in ("outputs", "execution_count"):
                    cell.pop(name, None)
            if isinstance(cell.source, list):
                cell.source = "".join(cell.source)
        try:
            nbformat.validate(notebook)  # it also sees to the cells' ids
        except nbformat.ValidationError:
            _, notebook = nbformat.validator.normalize(notebook, strip_invalid_metadata=True)
            nbformat.validate(notebook)
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        raise Unreadable(f"the file is not a valid notebook ({said}): open it in Jupyter and save it again") from None
    return notebook


def mend(notebook: NotebookNode, parts: tuple[Part, ...], notes: list[str]) -> None:
    """Restore, in place, what belongs to the course: the released cells' metadata, type, presence and order.

    Raises
    ------
    Unreadable
        None of the released cells is there: it is another notebook.
    """
    present = _recognized(notebook, parts, notes)
    if parts and not present:
        raise Unreadable("none of this assignment's cells is in the notebook: it is another one; hand in the right one")
    for part in parts:
        if part.id in present:
            present[part.id] = _restored(notebook, present[part.id], part, notes)
    _restore_missing(notebook, parts, present, notes)
    _restore_order(notebook, parts, present, notes)


def stand_in(parts: tuple[Part, ...], why: str) -> NotebookNode:
    """A notebook to record for one that cannot be graded: as released, with the reason on top."""
    return new_notebook(cells=[_note([why]), *(part.cell() for part in parts)])


def refuse(notebook: NotebookNode, why: str) -> None:
    """Let each test fail, in place, with the reason."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_grade(cell):
            error = new_output("error", ename="NotGraded", evalue=why, traceback=[f"NotGraded: {why}"])
            cell.outputs = [error]


def _recognized(notebook: NotebookNode, parts: tuple[Part, ...], notes: list[str]) -> dict[str, NotebookNode]:
    """The cell of each part that is there, by its grade id; where a cell has lost that, by its own id."""
    known = {part.id: part for part in parts}
    present: dict[str, NotebookNode] = {}
    others: list[NotebookNode] = []
    for cell in notebook.cells:
        metadata = cell.metadata.get("nbgrader")
        part = known.get(str(metadata.get("grade_id"))) if isinstance(metadata, dict) else None
        if part is None:
            cell.metadata.pop("nbgrader", None)
            others.append(cell)
            continue
        if part.id in present:
            notes.append(f"the cell {part.id} is there more than once: only the last one counts")
            present[part.id].metadata.pop("nbgrader")
        present[part.id] = cell
    for cell in others:
        part = known.get(cell.get("id", ""))
        if part is not None and part.id not in present:
            notes.append(f"the cell {part.id} had lost its settings: they are as released again")
            cell.metadata["nbgrader"] = nbformat.from_dict(part.metadata())
            present[part.id] = cell
    return present


def _restored(notebook: NotebookNode, cell: NotebookNode, part: Part, notes: list[str]) -> NotebookNode:
    """The cell with the type and the settings that it was released with."""
    if cell.cell_type != part.cell_type:
        notes.append(f"the cell {part.id} had become a {cell.cell_type} cell: it is a {part.cell_type} cell again")
        make = new_code_cell if part.cell_type == "code" else new_markdown_cell
        identity = {"id": cell.id} if "id" in cell else {}
        made = make(cell.source, metadata=cell.metadata, **identity)
        notebook.cells[_index(notebook, cell)] = cell = made
    metadata, wanted = cell.metadata["nbgrader"], part.metadata()
    wrong = [name for name in _FLAGS if metadata.get(name, False) != wanted[name]]
    if not isinstance(metadata.get("locked"), bool):
        wrong.append("locked")
    if "points" in wanted and not _is_number(metadata.get("points")):
        wrong.append("points")
    for name in wrong:
        metadata[name] = wanted[name]
    if wrong:
        notes.append(f"the cell {part.id} had changed settings ({', '.join(wrong)}): they are as released again")
    return cell


def _restore_missing(
    notebook: NotebookNode, parts: tuple[Part, ...], present: dict[str, NotebookNode], notes: list[str]
) -> None:
    after: NotebookNode | None = None
    restored, answers = [], []
    for part in parts:
        if part.id not in present and part.restored:
            restored.append(part.id)
            present[part.id] = part.cell()
            notebook.cells.insert(0 if after is None else _index(notebook, after) + 1, present[part.id])
        elif part.id not in present:
            answers.append(part.id)
        after = present.get(part.id, after)
    if restored:
        one = "the cell {} was missing: it is there again, as released"
        many = "the cells {} were missing: they are there again, as released"
        notes.append(_say(restored, one, many))
    if answers:
        one = "the answer cell {} is missing: its exercise is judged without it"
        many = "the answer cells {} are missing: their exercises are judged without them"
        notes.append(_say(answers, one, many))


def _restore_order(
    notebook: NotebookNode, parts: tuple[Part, ...], present: dict[str, NotebookNode], notes: list[str]
) -> None:
    """Put cells that were moved back behind the one that they followed.

    As few as can be, and rather the course's than the student's, who may have put helpers before the answer.
    """
    ordered = [part for part in parts if part.id in present]
    place = {part.id: _index(notebook, present[part.id]) for part in ordered}
    weights = [1 if part.restored else len(ordered) for part in ordered]
    kept = _heaviest_increasing([place[part.id] for part in ordered], weights)
    moved, after = [], None
    for number, part in enumerate(ordered):
        cell = present[part.id]
        if number not in kept:
            moved.append(part.id)
            del notebook.cells[_index(notebook, cell)]
            notebook.cells.insert(0 if after is None else _index(notebook, after) + 1, cell)
        after = cell
    if moved:
        one = "the cell {} had been moved: it is in its place again"
        many = "the cells {} had been moved: they are in their places again"
        notes.append(_say(moved, one, many))


def _heaviest_increasing(values: list[int], weights: list[int]) -> set[int]:
    """The positions of the increasing subsequence that weighs most."""
    best: list[tuple[int, int]] = []  # the weight of the heaviest one that ends here, and where it comes from
    for end, value in enumerate(values):
        before = max(
            ((best[start][0], start) for start in range(end) if values[start] < value), default=(0, -1)
        )  # fmt: skip
        best.append((before[0] + weights[end], before[1]))
    found: set[int] = set()
    position = max(range(len(best)), key=lambda end: best[end][0], default=-1)
    while position >= 0:
        found.add(position)
        position = best[position][1]
    return found


def _index(notebook: NotebookNode, cell: NotebookNode) -> int:
    return next(index for index, one in enumerate(notebook.cells) if one is cell)


def _say(ids: list[str], one: str, many: str) -> str:
    return one.format(ids[0]) if len(ids) == 1 else many.format(f"{', '.join(ids[:-1])} and {ids[-1]}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _regular_files(folder: Path, notes: list[str]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    left = _MOST
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in (".ipynb_checkpoints", "__pycache__"))
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted([*links, *names]):
            path = Path(place, name)
            relative = str(path.relative_to(folder))
            mode = path.lstat()
            if not stat.S_ISREG(mode.st_mode):
                notes.append(f"{relative} is a link or no ordinary file: it was left out")
            elif mode.st_size > left or len(found) == _MOST_FILES:
                notes.append(f"{relative} is left out: a submission may hold {_MOST >> 20} MiB and {_MOST_FILES} files")
            else:
                left -= mode.st_size
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
                with os.fdopen(descriptor, "rb") as file:
                    found.append((relative, file.read()))
    return found


def _choose(texts: dict[str, bytes], blueprint: Blueprint, notes: list[str]) -> dict[str, bytes]:
    """The notebooks to grade, by the name that the gradebook has for them."""
    chosen = {name: texts[name] for name in blueprint if name in texts}
    others = sorted(name for name in texts if name not in blueprint)
    missing = [name for name in blueprint if name not in texts]
    if len(missing) == 1 and len(others) == 1:
        notes.append(f"the notebook is called {others[0]}.ipynb: it was graded as {missing[0]}.ipynb")
        chosen[missing[0]] = texts[others[0]]
    elif not texts:
        raise Unreadable("there is no notebook: hand in " + " and ".join(f"{name}.ipynb" for name in blueprint))
    else:
        notes += [f"{name}.ipynb is not part of this assignment: it was left out" for name in others]
        if missing and others:
            chosen |= dict.fromkeys(missing, b"")
            notes.append(f"several notebooks, and none is called {missing[0]}.ipynb: hand in one of that name")
    return chosen


def _check_timestamp(found: Submission) -> None:
    if TIMESTAMP not in found.files:
        return
    try:
        parse_utc(found.files[TIMESTAMP].decode("utf-8").strip())
    except Exception:
        del found.files[TIMESTAMP]
        found.notes.append(f"{TIMESTAMP} cannot be read: the time of submission is unknown, so nothing counts as late")


def _decode(data: bytes, notes: list[str]) -> str:
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    notes.append("the file was not in UTF-8: it was read as Latin-1")
    return data.decode("latin-1")


def _note(notes: list[str]) -> NotebookNode:
    lines: list[Any] = ["**From grading** — this submission was not quite in order:", "", *(f"- {n}" for n in notes)]
    return new_markdown_cell("\n".join(lines), id="grading-note")
