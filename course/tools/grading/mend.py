"""Bring a submission into the shape that nbgrader expects, and say what was done; what cannot be mended is said, too.

nbgrader stops a whole class for some of these. A submission without damage comes out as it went in.
"""

from __future__ import annotations

import json
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
            if isinstance(cell.source, list):
                cell.source = "".join(cell.source)
        _, notebook = nbformat.validator.normalize(notebook, strip_invalid_metadata=True)
        nbformat.validate(notebook)
    except Exception as error:
        said = str(error).strip().partition("\n")[0]
        raise Unreadable(f"the file is not a valid notebook ({said}): open it in Jupyter and save it again") from None
    return notebook


def mend(notebook: NotebookNode, parts: tuple[Part, ...], notes: list[str]) -> None:
    """Restore, in place, what belongs to the course: the released cells' metadata, type and presence."""
    known = {part.id: part for part in parts}
    present: dict[str, NotebookNode] = {}
    for index, cell in enumerate(notebook.cells):
        metadata = cell.metadata.get("nbgrader")
        if metadata is None:
            continue
        part = known.get(str(metadata.get("grade_id"))) if isinstance(metadata, dict) else None
        if part is None:
            del cell.metadata["nbgrader"]
            continue
        if part.id in present:
            notes.append(f"the cell {part.id} is there more than once: only the last one counts")
            present[part.id].metadata.pop("nbgrader")
        if cell.cell_type != part.cell_type:
            notes.append(f"the cell {part.id} had become a {cell.cell_type} cell: it is a {part.cell_type} cell again")
            make = new_code_cell if part.cell_type == "code" else new_markdown_cell
            identity = {"id": cell.id} if "id" in cell else {}
            notebook.cells[index] = cell = make(cell.source, metadata=cell.metadata, **identity)
        _restore(cell, part, notes)
        present[part.id] = cell
    _restore_missing(notebook, parts, present, notes)


def stand_in(parts: tuple[Part, ...], why: str) -> NotebookNode:
    """A notebook to record for one that cannot be graded: as released, with the reason on top."""
    return new_notebook(cells=[_note([why]), *(part.cell() for part in parts)])


def refuse(notebook: NotebookNode, why: str) -> None:
    """Let each test fail, in place, with the reason."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_grade(cell):
            error = new_output("error", ename="NotGraded", evalue=why, traceback=[f"NotGraded: {why}"])
            cell.outputs = [error]


def _restore(cell: NotebookNode, part: Part, notes: list[str]) -> None:
    metadata, wanted = cell.metadata["nbgrader"], part.metadata()
    wrong = [name for name in _FLAGS if metadata.get(name, False) != wanted[name]]
    if not isinstance(metadata.get("locked"), bool):
        wrong.append("locked")
    if "points" in wanted and not isinstance(metadata.get("points"), int | float):
        wrong.append("points")
    for name in wrong:
        metadata[name] = wanted[name]
    if wrong:
        notes.append(f"the cell {part.id} had changed settings ({', '.join(wrong)}): they are as released again")


def _restore_missing(
    notebook: NotebookNode, parts: tuple[Part, ...], present: dict[str, NotebookNode], notes: list[str]
) -> None:
    after: NotebookNode | None = None
    for part in parts:
        if part.id not in present and part.restored:
            notes.append(f"the cell {part.id} was missing: it is there again, as released")
            cell = present[part.id] = part.cell()
            place = next((index + 1 for index, one in enumerate(notebook.cells) if one is after), 0)
            notebook.cells.insert(place, cell)
        elif part.id not in present:
            notes.append(f"the answer cell {part.id} is missing: its exercise is judged without it")
        after = present.get(part.id, after)


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
