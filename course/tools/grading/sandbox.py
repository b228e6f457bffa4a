"""The bubblewrap around the worker: what it sees of the machine, and whether it can be had here."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import course
from course.tools.errors import UserError

#: Inside bubblewrap: where a child works, where it builds its own /proc, where the worker keeps its caches.
SCRATCH, SPARE, CACHE = "/scratch", "/spare", "/cache"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SETTINGS = (
    "fonts",
    "ld.so.cache",
    "alternatives",
    "localtime",
    "mime.types",
    "ssl",
    "passwd",
    "group",
)
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
#: Where glibc looks whether this system has memory in pieces of 2 MiB.
_HUGE_PAGES = "/sys/kernel/mm/transparent_hugepage"
_SOMEBODY = 1000
_TRIAL = """
import os, sys
from course.tools.grading import isolate
child, _ = isolate.fork(isolate.unshare)
sys.exit(os.waitpid(child, 0)[1] != 0)
"""


class NoSandbox(UserError):
    """This machine cannot shut other people's code in."""


def python_folders() -> list[str]:
    """What code is imported from: Python, its environment, and this copy of the course."""
    return list(dict.fromkeys([sys.base_prefix, sys.prefix, str(Path(course.__file__).parent)]))


def environment(*, many: bool = True) -> dict[str, str]:
    """All that a worker, sandboxed or not, gets to know of the environment. ``many``: it is to fork often."""
    known = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "LANG": "C.UTF-8",
        "HOME": "/tmp",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBGRADER_EXECUTION": "autograde",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONHASHSEED": "random",
        # This very copy of the course, however Python found it here (installed, or a folder on its path).
        "PYTHONPATH": str(Path(course.__file__).parents[1]),
    } | dict.fromkeys(THREADS, "1")
    if many:
        known["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"  # as :mod:`.pages` does for memory of Python's own
    return known


def wrap(command: list[str], *, many: bool = True) -> list[str]:
    """The same command in bubblewrap: no network, nothing to write on, and to read only Python and the system."""
    bound = [path for path in _SYSTEM if Path(path).is_dir() and not Path(path).is_symlink()]
    links = [path for path in _SYSTEM if Path(path).is_symlink()]
    wrapped = [_bwrap(), "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    # What the worker may do for its children's namespaces, in bubblewrap's user namespace, it may do nowhere else.
    wrapped += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    # Somebody else than root, even where root grades: as root a child could not have a user namespace of its own.
    wrapped += ["--unshare-user", "--uid", str(_SOMEBODY), "--gid", str(_SOMEBODY)]
    for path in bound:
        wrapped += ["--ro-bind", path, path]
    for path in links:
        wrapped += ["--symlink", str(Path(path).readlink()), path]
    for name in _SETTINGS:
        wrapped += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    wrapped += ["--ro-bind-try", _HUGE_PAGES, _HUGE_PAGES]
    wrapped += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", CACHE, "--tmpfs", "/tmp"]
    for known in _font_lists():
        wrapped += ["--ro-bind", str(known), f"{CACHE}/{known.name}"]
    for path in (SCRATCH, SPARE):
        wrapped += ["--dir", path]
    for path in python_folders():
        wrapped += ["--ro-bind", path, path]
    for name, value in {**environment(many=many), "MPLCONFIGDIR": CACHE}.items():
        wrapped += ["--setenv", name, value]
    return [*wrapped, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--", *command]


def _font_lists() -> list[Path]:
    """Where matplotlib has written which fonts this machine has: to look for them takes half a second."""
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return sorted(Path(os.environ.get("MPLCONFIGDIR") or Path(home, "matplotlib")).glob("fontlist-v*.json"))


@functools.cache
def check() -> None:
    """Try it once.

    Raises
    ------
    NoSandbox
        With what to install or to change.
    """
    trial = [sys.executable, "-c", _TRIAL]
    done = subprocess.run(wrap(trial), capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2]
        raise NoSandbox(
            f"bubblewrap is installed but cannot be used here ({said}): this system, or this container, "
            "forbids user namespaces. Allow them (sysctl kernel.unprivileged_userns_clone=1, "
            "kernel.apparmor_restrict_unprivileged_userns=0), or grade on another machine; "
            "--no-sandbox runs submissions without any protection"
        )


def _bwrap() -> str:
    found = shutil.which("bwrap")
    if found is None:
        raise NoSandbox(
            "other people's code runs only in a sandbox, and this machine has none: install bubblewrap "
            "(apt install bubblewrap, dnf install bubblewrap; on Windows in WSL; on macOS grade in a Linux machine). "
            "--no-sandbox runs submissions without any protection"
        )
    return found
