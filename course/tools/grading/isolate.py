"""What a forked child gives up before it runs a cell: the machine, its siblings, the worker.

Linux only. Each step is a system call that the Python of this course (3.11) does not wrap yet.
"""

from __future__ import annotations

import _thread
import ctypes
import functools
import os
import resource
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_CAPABILITY_VERSION_3 = 0x20080522
#: What of /proc stays: facts about the machine that libraries ask for, and the notebook's own process.
_PROC_FILES = ("cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems")

#: The first process of a PID namespace. It waits for input that never comes, and has the system bury whom it inherits.
_INIT = ("/bin/sh", "-c", "trap '' CHLD; read never")

_libc = ctypes.CDLL(None, use_errno=True)


@functools.cache
def _silence() -> tuple[int, int]:
    """A pipe on which nothing is ever said: the end to read from, and the end that keeps it open."""
    return os.pipe()


def fork(function: Callable[[], object]) -> tuple[int, int]:
    """Fork a child into a PID namespace of its own, and run a function in it; the child ends with the function.

    It takes the privilege to administer the system (in the user namespace that bubblewrap has made, not outside), and
    one copy of this process, which is what costs: the first process of the namespace is a small one.

    Returns
    -------
    tuple
        The numbers of the child and of the first process of its namespace. When that is killed, the system kills all
        that is left in there. It is to be waited for after the child.
    """
    read_from = [(os.POSIX_SPAWN_DUP2, _silence()[0], 0)]
    came: list[tuple[int, int] | Exception] = []
    finished = _thread.allocate_lock()

    def start() -> None:
        try:
            _call("unshare", _NEWPID)  # for the children of this thread; a thread can do so once
            first = os.posix_spawn(_INIT[0], _INIT, {}, file_actions=read_from)
            child = os.fork()
            if child == 0:
                end_with(function)
            came.append((child, first))
        except Exception as error:
            came.append(error)
        finally:
            finished.release()

    with finished:
        _thread.start_new_thread(start, ())
        finished.acquire()
    if isinstance(came[0], Exception):
        raise came[0]
    return came[0]


def end_with(function: Callable[[], object]) -> NoReturn:
    """All that is left to do in this process."""
    code = 1
    try:
        function()
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def unshare() -> None:
    """New user, mount, network and IPC namespaces for this process."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _NEWUSER | _NEWNS | _NEWNET | _NEWIPC)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
    _call("mount", None, b"/", None, _REC | _PRIVATE, None)


def private_scratch(place: str, mebibytes: int, parts: dict[str, str], keep: Iterable[str] = ()) -> None:
    """An empty folder of limited size at ``place``; its ``parts`` take the place of folders that all could share.

    The folders to ``keep`` stay in sight where a part would hide them: a course may have been cloned below /tmp.
    """
    options = f"size={mebibytes}m,mode=0700".encode()
    _call("mount", b"tmpfs", place.encode(), b"tmpfs", _NOSUID | _NODEV, options)
    for name, target in parts.items():
        part = Path(place, name)
        part.mkdir()
        for folder in keep:
            if Path(folder).is_relative_to(target):
                inner = part / Path(folder).relative_to(target)
                inner.mkdir(parents=True, exist_ok=True)
                _bind(folder, str(inner))
        _bind(str(part), target)


def hide_processes(spare: str) -> None:
    """Leave in /proc this process and a few facts about the machine; call it in the process to be seen.

    A second /proc cannot be mounted in a nested user namespace, and the one of the sandbox shows the worker and
    everybody's children. ``spare`` is an empty folder to build the new one on.
    """
    _call("mount", b"tmpfs", spare.encode(), b"tmpfs", _NOSUID | _NODEV, b"size=1m,mode=0755")
    me = Path(spare, "self")
    me.mkdir()
    _bind(f"/proc/{Path('/proc/self').readlink()}", str(me))
    Path(spare, "thread-self").symlink_to("self")
    for name in _PROC_FILES:
        if Path("/proc", name).exists():
            Path(spare, name).touch()
            _bind(f"/proc/{name}", f"{spare}/{name}")
    Path(spare, "mounts").symlink_to("self/mounts")
    _call("mount", spare.encode(), b"/proc", None, _BIND | _REC, None)
    _call("mount", None, b"/proc", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV, None)


def drop_privileges() -> None:
    """No capability is left and none can come back, in this process and all that it starts."""
    capability = 0
    while _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:  # until the last that this Linux knows
        capability += 1
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def die_with_parent() -> None:
    """The kernel kills this process when its parent ends."""
    _call("prctl", _PR_SET_PDEATHSIG, 9, 0, 0, 0)


def limit(limits: dict[str, int]) -> None:
    """Resource limits of this process and, each for itself, of those it starts."""
    memory = _address_space() + (limits["memory_mib"] << 20)
    wanted = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_FSIZE: limits["file_mib"] << 20,
        resource.RLIMIT_CPU: limits["cpu_seconds"],
        resource.RLIMIT_CORE: 0,
    }
    for what, value in wanted.items():
        hard = resource.getrlimit(what)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # At the soft limit of CPU time the signal tells why; at the hard one the process is just killed.
        most = value + 1 if what == resource.RLIMIT_CPU and hard in (resource.RLIM_INFINITY, value + 1) else value
        resource.setrlimit(what, (value, most))


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def _bind(source: str, target: str) -> None:
    _call("mount", source.encode(), target.encode(), None, _BIND | _REC, None)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
