"""What this machine protects when it grades other people's work, and what not: tried, not guessed."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

import course
from course.tools.grading import sandbox
from course.tools.grading.limits import Limits
from course.tools.grading.run import run
from course.tools.grading.warm import WorkerLost

#: A question to a notebook in the sandbox, and the answer that it must give.
_QUESTIONS = {
    "no network": """
import socket
try:
    socket.create_connection(("192.0.2.1", 9), 0.2)
except OSError as error:
    print(error.errno == 101)
""",
    "nothing outside the scratch folder can be written": """
import os
print(not any(os.access(path, os.W_OK) for path in {kept!r}))
""",
    "your home and the course's folder cannot be seen": """
import os
print(not any(map(os.path.exists, {private!r})))
""",
    "other notebooks' processes and the worker cannot be seen": """
import os
print(not [name for name in os.listdir("/proc") if name.isdigit()])
""",
    "no privileges": """
print("CapEff:\\t0000000000000000" in open("/proc/self/status").read())
""",
    "memory is limited": """
try:
    bytearray({memory!r})
    print(False)
except MemoryError:
    print(True)
""",
    "processes are limited by the system": """
import resource
print(resource.getrlimit(resource.RLIMIT_NPROC)[0] > 0 and {user!r} != 0)
""",
}
_WHY = {
    "processes are limited by the system": "you are root, whom Linux does not limit; too many are noticed and killed "
    "within a tenth of a second all the same. Grade as an ordinary user",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is protected, or is not and why."""

    what: str
    holds: bool
    why: str = ""


def examine() -> list[Finding]:
    """Try everything. The first finding says whether grading other people's work is possible at all."""
    try:
        sandbox.check()
    except sandbox.NoSandbox as error:
        return [Finding("submissions are shut in a sandbox", False, str(error))]
    home, here = Path.home(), Path.cwd()
    # Where Python itself lives in the home folder, that much of it is there to be read.
    hidden = [path for path in home.iterdir() if not Path(sys.base_prefix).is_relative_to(path)]
    facts = {
        "kept": ["/", "/usr", "/etc", "/dev", sys.prefix, str(Path(course.__file__).parent)],
        "private": [*map(str, hidden), str(here / "gradebook.db"), str(here / "source")],
        "memory": (Limits().memory_mib << 20) + (256 << 20),
        "user": os.getuid(),
    }
    asked = [question.format(**facts) for question in _QUESTIONS.values()]
    notebook = nbformat.writes(new_notebook(cells=[new_code_cell(question) for question in asked]))
    try:
        ran = run(notebook, {}, {})
    except WorkerLost as error:
        return [Finding("submissions are shut in a sandbox", False, str(error))]
    cells = nbformat.reads(ran.notebook, as_version=4).cells
    answers = ["".join(output.get("text", "") for output in cell.outputs).strip() for cell in cells]
    findings = [Finding("submissions are shut in a sandbox", True)]
    for what, answer in zip(_QUESTIONS, answers, strict=True):
        holds = answer == "True"
        findings.append(Finding(what, holds, "" if holds else _WHY.get(what, "the trial failed on this machine")))
    return findings
