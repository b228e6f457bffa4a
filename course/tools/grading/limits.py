"""What one notebook may use. Set them in ``nbgrader_config.py``: ``c.Limits.memory_mib = 4096``."""

from __future__ import annotations

from typing import Any

from traitlets import Integer
from traitlets.config import Configurable


class Limits(Configurable):
    """The limits of one notebook's process and of all that it starts."""

    memory_mib = Integer(2048, min=64, help="Memory in MiB, beyond what the warm worker has loaded.").tag(config=True)
    processes = Integer(64, min=1, help="Processes and threads at a time.").tag(config=True)
    open_files = Integer(256, min=16, help="Open files of one process.").tag(config=True)
    file_mib = Integer(64, min=1, help="Size of one file in MiB.").tag(config=True)
    scratch_mib = Integer(256, min=1, help="All files of one notebook together, in MiB.").tag(config=True)
    output_mib = Integer(16, min=1, help="Everything printed and displayed by one notebook, in MiB.").tag(config=True)
    seconds = Integer(300, min=1, help="Wall time of one notebook; cells have a limit of their own.").tag(config=True)
    cpu_seconds = Integer(300, min=1, help="CPU time of one process.").tag(config=True)

    def as_dict(self) -> dict[str, int]:
        """The limits as plain data, for a process that has no configuration."""
        return {name: getattr(self, name) for name in sorted(self.class_own_traits(config=True))}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Limits:
        """The limits that :meth:`as_dict` gave."""
        return cls(**values)
