"""The files beside a notebook, as data that can be sent to wherever it runs."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

#: The most that files beside a notebook may hold together.
FILES_MIB = 64


def beside(folder: Path, limit: int = FILES_MIB << 20) -> dict[str, str]:
    """The files of a folder, in base64 by their relative path: no notebooks, no links, nothing over the limit."""
    found: dict[str, str] = {}
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            size = path.lstat().st_size
            if path.suffix == ".ipynb" or not stat.S_ISREG(path.lstat().st_mode) or size > limit:
                continue
            limit -= size
            found[str(path.relative_to(folder))] = base64.b64encode(path.read_bytes()).decode("ascii")
    return found


def put(files: dict[str, str], folder: Path) -> None:
    """Write files that came as data."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
