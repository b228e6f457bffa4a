"""The work folder: the learner's copies of released notebooks, which git ignores.

::

    work/TOPIC/TOPIC.ipynb      what the learner works on
    work/backups/               copies kept before anything is replaced
    work/progress.json          see :mod:`.state`
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from course.tools import paths
from course.tools.errors import UserError
from course.tools.learning import released

NAME = "work"
BACKUPS = "backups"


class WorkError(UserError):
    """Something is not in the work folder as it must be; the message says what to do."""


def folder(root: Path) -> Path:
    """Where the learner's copies lie."""
    return root / NAME


def notebook(root: Path, topic_id: str) -> Path:
    """The learner's copy of a topic."""
    return folder(root) / topic_id / f"{topic_id}.ipynb"


def started(root: Path, topic_ids: list[str]) -> list[str]:
    """Those of the topics that the learner has begun."""
    return [topic_id for topic_id in topic_ids if notebook(root, topic_id).exists()]


def release(root: Path, topic_id: str) -> released.Notebook:
    """The topic as it was released."""
    return released.read(_release_file(root, topic_id))


def start(root: Path, topic_id: str, *, fresh: bool = False) -> Path | None:
    """Copy the release into the work folder, unless there is work already.

    ``fresh``: put a new copy in its place. Gives the backup of what was there, if there was anything to replace.
    """
    source, target = _release_file(root, topic_id), notebook(root, topic_id)
    kept = None
    if target.exists():
        if not fresh:
            return None
        kept = backup(root, topic_id)
    target.parent.mkdir(parents=True, exist_ok=True)
    write(target, source.read_bytes())
    return kept


def reset(root: Path, topic_id: str, exercise_id: str) -> Path:
    """Put the stub of one exercise back into the learner's copy, and give the backup of what it was before.

    Raises
    ------
    WorkError
        The topic is not begun, or the learner's copy cannot be read.
    """
    path = notebook(root, topic_id)
    content = load(root, topic_id)
    cells: list[dict[str, Any]] = content["cells"]
    original = released.load(_release_file(root, topic_id))["cells"]
    ids = [_name(cell) for cell in original]
    stub = original[ids.index(exercise_id)]
    places = [number for number, cell in enumerate(cells) if released.marks(cell).get("grade_id") == exercise_id]
    kept = backup(root, topic_id)
    if places:
        cells[places[-1]] |= {"cell_type": "code", "source": stub["source"], "outputs": [], "execution_count": None}
        cells[places[-1]]["metadata"]["nbgrader"] = stub["metadata"]["nbgrader"]
    else:
        # After the nearest cell above it that is still there.
        above = set(ids[: ids.index(exercise_id)])
        after = [number for number, cell in enumerate(cells) if _name(cell) in above]
        cells.insert(after[-1] + 1 if after else 0, stub)
    write(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())
    return kept


def load(root: Path, topic_id: str) -> dict[str, Any]:
    """The JSON of the learner's copy.

    Raises
    ------
    WorkError
        The topic is not begun, or the learner's copy cannot be read.
    """
    path = notebook(root, topic_id)
    try:
        return released.load(path)
    except FileNotFoundError:
        raise not_started(topic_id) from None
    except released.NotANotebook as error:
        raise damaged(root, topic_id, str(error)) from None


def answer(content: dict[str, Any], exercise_id: str) -> str | None:
    """What the learner has written into an exercise's cell; ``None`` where the cell is gone."""
    found = [cell for cell in content["cells"] if released.marks(cell).get("grade_id") == exercise_id]
    return released.source(found[-1]) if found else None


def not_started(topic_id: str) -> WorkError:
    return WorkError(f"you have not started {topic_id}: course start {topic_id}")


def damaged(root: Path, topic_id: str, why: str) -> WorkError:
    """What to say of a copy that cannot be read."""
    where = notebook(root, topic_id).relative_to(root)
    return WorkError(
        f"{where} cannot be used ({why}). Older copies are in {NAME}/{BACKUPS}/, and in "
        f".ipynb_checkpoints beside it; 'course start {topic_id} --fresh' gives a new one, and keeps this as a backup"
    )


def backup(root: Path, topic_id: str) -> Path:
    """Copy the learner's copy aside, under the time."""
    path = notebook(root, topic_id)
    place = folder(root) / BACKUPS
    place.mkdir(parents=True, exist_ok=True)
    stamp, number = datetime.now().strftime("%Y-%m-%d-%H%M%S"), 1
    while True:
        target = place / f"{topic_id}-{stamp}{f'-{number}' if number > 1 else ''}.ipynb"
        with contextlib.suppress(FileExistsError), target.open("xb") as file, path.open("rb") as original:
            shutil.copyfileobj(original, file)
            return target
        number += 1


def write(path: Path, data: bytes) -> None:
    """Put ``data`` in place of a file all at once: after a crash it holds the old or the new, never half of it."""
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(scratch).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _release_file(root: Path, topic_id: str) -> Path:
    path = paths.release_notebook(root, topic_id)
    if not path.is_file():
        raise WorkError(
            f"the course's copy, {path.relative_to(root)}, is missing: "
            f"git checkout -- release, or course release {topic_id}"
        )
    return path


def _name(cell: dict[str, Any]) -> str:
    return str(released.marks(cell).get("grade_id") or cell.get("id") or "")
