"""A bound on all processes of a worker together.

Linux does not limit the number of root's processes, and the worker's own watch over them starves on a busy machine:
where root grades, a control group keeps a fork bomb small. Elsewhere the limit of each notebook's processes holds.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

#: Where control groups of processes are found: version 1, version 2.
_PLACES = (Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup"))
_MOST = max(256, 64 * (os.cpu_count() or 1))


def make() -> Path | None:
    """A new control group, or ``None`` where this process may not make one."""
    for place in _PLACES:
        with contextlib.suppress(OSError):
            group = Path(tempfile.mkdtemp(prefix="course-", dir=place))
            try:
                (group / "pids.max").write_text(str(_MOST), encoding="ascii")
            except OSError:
                group.rmdir()
                continue
            return group
    return None


def within(group: Path, command: list[str]) -> list[str]:
    """The same command, as the first process of a group."""
    return ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs"), *command]


def remove(group: Path) -> None:
    """Forget a group whose processes have ended; one that still has some stays."""
    with contextlib.suppress(OSError):
        group.rmdir()
