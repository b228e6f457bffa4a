"""What a forked child gives up before it runs a cell: the machine, its siblings, the worker.

Linux only. Each step is a system call that the Python of this course (3.11) does not wrap yet.
"""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterable
from pathlib import Path

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_RDONLY, _NOSUID, _NODEV, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_CAPABILITY_VERSION_3 = 0x20080522
#: What of /proc stays: facts about the machine that libraries ask for, and the notebook's own process.
_PROC_FILES = ("cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems")

_libc = ctypes.CDLL(None, use_errno=True)


def unshare() -> None:
    """New user, mount, network and IPC namespaces for this process, and a PID namespace for its children."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", _NEWUSER | _NEWNS | _NEWPID | _NEWNET | _NEWIPC)
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
