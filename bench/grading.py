"""Measure ``course grade`` against ``nbgrader autograde`` with its own executor, on the same classes, in turns.

``python bench/grading.py --json`` prints one line of JSON, last on standard output. docs/performance.md explains it.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import importlib
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from course import syllabus
from course.tools import build, cohort, demo, fork, paths, topic
from course.tools.grading.imports import WARM

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
#: A numpy and a torch notebook of 28 cells each.
FIXTURE = ("arrays", "tensors")
#: All cells in one process, as nbgrader has them; and, by default, the verdict outside of the learner's process.
SINGLE, SEPARATE = "single", "separate"
_SUBREAPER = 36
_COURSE = "from course.cli import main; main()"
#: What nbgrader says at the end of each student whom it could not grade.
_GIVEN_UP = re.compile(r"There was an error processing assignment '.*' for student '(.*)'")


@dataclass(frozen=True)
class Run:
    """One command: wall seconds, CPU seconds of all its processes, the most memory its trusted ones had at once, and
    the students whom it could not grade.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    trusted_mib: float = 0.0
    given_up: tuple[str, ...] = ()

    def __add__(self, other: Run) -> Run:
        return Run(
            self.seconds + other.seconds,
            self.cpu + other.cpu,
            self.trusted_mib + other.trusted_mib,
            self.given_up + other.given_up,
        )

    def __truediv__(self, number: int) -> Run:
        return Run(self.seconds / number, self.cpu / number, self.trusted_mib / number, self.given_up)


@dataclass
class Mode:
    """``course grade`` in one mode. Per notebook and number of jobs, but for what starting the command costs."""

    course_s: dict[int, float] = field(default_factory=dict)
    course_cpu_s: dict[int, float] = field(default_factory=dict)
    course_start_cpu_s: float = 0.0
    course_overhead_cpu_s: dict[int, float] = field(default_factory=dict)


@dataclass
class Figures:
    """One topic. Per notebook, unless it is said otherwise.

    Overheads leave out what starting the command costs, which stands beside them: ``*_start_cpu_s`` for the command.
    ``floor_full_cpu_s``: the cells' own time with look cells, which nbgrader runs and ``course grade`` does not.
    ``stock_submissions``, ``floor_submissions``: how many of the class, from the first on, the figures of nbgrader
    and ``floor_full_cpu_s`` are from. ``stock_given_up``: the students whom nbgrader could not grade, because a cell
    took more than its limit, for one; the time spent on them counts.
    """

    topic: str
    submissions: int
    stock_submissions: int
    floor_submissions: int
    stock_s: float
    stock_cpu_s: float
    stock_start_cpu_s: float
    stock_overhead_cpu_s: float
    floor_cpu_s: float
    floor_full_cpu_s: float
    stock_given_up: tuple[str, ...]
    modes: dict[str, Mode] = field(default_factory=dict)


def main() -> None:
    """Measure, print a table of what was found, and with ``--json`` one line of it."""
    options = _options()
    # What a sandbox leaves behind comes to this process, so that its CPU time is counted.
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="course-bench-") as place:
        found = [_topic(Path(place), name, options) for name in options.topics]
        growth = [_growth(Path(place), count) for count in options.growth]
    fixture = [figures for figures in found if figures.topic in FIXTURE] or found
    result = {
        "submissions": options.submissions,
        **_summary(fixture, SINGLE if all(SINGLE in f.modes for f in fixture) else SEPARATE, options.jobs),
        SEPARATE: _summary(fixture, SEPARATE, options.jobs),
        "growth": growth,
        "topics": [asdict(figures) for figures in found],
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
    }
    _show(found, result)
    if options.json:
        sys.stdout.write(json.dumps(_rounded(result)) + "\n")


def _summary(fixture: list[Figures], mode: str, jobs: list[int]) -> dict[str, Any]:
    """The means: throughput with most jobs, overhead with fewest, since nbgrader runs one notebook at a time."""
    most, fewest = max(jobs), min(jobs)
    stock_s, course_s = mean(f.stock_s for f in fixture), mean(f.modes[mode].course_s[most] for f in fixture)
    stock = mean(f.stock_overhead_cpu_s for f in fixture)
    course = mean(f.modes[mode].course_overhead_cpu_s[fewest] for f in fixture)
    started_stock = mean(f.stock_cpu_s - f.floor_full_cpu_s for f in fixture)
    started_course = mean(f.modes[mode].course_cpu_s[fewest] - f.floor_cpu_s for f in fixture)
    return {
        "mode": mode,
        "jobs": most,
        "stock_s": stock_s,
        "course_s": course_s,
        "ratio": stock_s / course_s,
        "floor_cpu_s": mean(f.floor_cpu_s for f in fixture),
        "overhead_jobs": fewest,
        "stock_overhead_cpu_s": stock,
        "course_overhead_cpu_s": course,
        "overhead_ratio": stock / course,
        "overhead_ratio_with_start": started_stock / started_course,
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [*FIXTURE, *(row.id for row in syllabus.TOPICS)]
    parser.add_argument(
        "topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(known)}; all of them if none is named"
    )
    parser.add_argument("--submissions", type=int, default=40, metavar="N", help="in each class (default 40)")
    parser.add_argument("--stock", type=int, metavar="N", help="nbgrader grades the first N alone (default all)")
    parser.add_argument(
        "--floor", type=int, metavar="N", help="own time of look cells: of the first N (default --stock)"
    )
    parser.add_argument(
        "--turns", type=int, default=5, metavar="N",
        help="how often course grade runs, before and after nbgrader, whose run is ten times as long (default 5)",
    )  # fmt: skip
    parser.add_argument("--growth", type=int, nargs="*", default=[10, 30, 100, 300, 1000], metavar="N")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--quick", action="store_true", help="the numpy fixture alone, no growth beyond N and 2 N")
    parser.add_argument("--json", action="store_true", help="print one line of JSON, last on standard output")
    options = parser.parse_args()
    options.stock = options.submissions if options.stock is None else options.stock
    options.floor = options.stock if options.floor is None else options.floor
    if not 2 <= options.stock <= options.submissions or options.turns < 1:
        parser.error("--submissions, --stock: 2 or more (a class of one tells what starting costs); --turns: 1 or more")
    if not 1 <= options.floor <= options.submissions:
        parser.error("--floor: at least 1, at most all submissions")
    if unknown := set(options.topics) - set(known):
        parser.error(f"no topic {', '.join(sorted(unknown))}: there are {', '.join(known)}")
    if options.quick:
        options.topics, options.jobs = options.topics or [FIXTURE[0]], [max(options.jobs)]
        options.growth = [options.submissions, 2 * options.submissions]
    options.topics = options.topics or known
    return options


def _topic(place: Path, topic_id: str, options: argparse.Namespace) -> Figures:
    submissions, few, jobs, turns = options.submissions, options.stock, options.jobs, options.turns
    klass, one = _class(place, topic_id, submissions), _class(place, topic_id, 1)
    part = klass if few == submissions else _class(place, topic_id, few)
    floor, full = _floor(klass, topic_id, options.floor)
    modes = [SINGLE, SEPARATE] if topic_id in FIXTURE else [SEPARATE]
    kinds = [(mode, count) for mode in modes for count in jobs]
    first, runs = {mode: Run() for mode in modes}, {kind: Run() for kind in kinds}

    def turn() -> None:
        for mode in modes:
            first[mode] += _course(one, topic_id, max(jobs), mode) / turns
        for mode, count in kinds:
            runs[mode, count] += _course(klass, topic_id, count, mode) / turns

    turn()
    started, stock = _stock(one, topic_id), _stock(part, topic_id)
    for _ in range(turns - 1):
        turn()

    def each(run: Run, start: Run, count: int) -> float:
        return (run.cpu - start.cpu) / (count - 1)

    stock_each = each(stock, started, few)
    figures = Figures(
        topic=topic_id,
        submissions=submissions,
        stock_submissions=few,
        floor_submissions=options.floor,
        stock_s=stock.seconds / few,
        stock_cpu_s=stock.cpu / few,
        stock_start_cpu_s=started.cpu - stock_each,
        stock_overhead_cpu_s=stock_each - full,
        floor_cpu_s=floor,
        floor_full_cpu_s=full,
        stock_given_up=stock.given_up,
    )
    for (mode, count), run in runs.items():
        found = figures.modes.setdefault(mode, Mode())
        found.course_s[count] = run.seconds / submissions
        found.course_cpu_s[count] = run.cpu / submissions
        course_each = each(run, first[mode], submissions)
        found.course_overhead_cpu_s[count] = course_each - floor
        found.course_start_cpu_s = first[mode].cpu - course_each
    for folder in {klass, one, part}:
        shutil.rmtree(folder)
    return figures


def _growth(place: Path, submissions: int) -> dict[str, float]:
    klass = _class(place, FIXTURE[0], submissions)
    run = _course(klass, FIXTURE[0], len(os.sched_getaffinity(0)), SEPARATE)
    shutil.rmtree(klass)
    _say(f"{submissions} submissions: {run.seconds:.1f} s, {run.trusted_mib:.0f} MiB")
    return {"submissions": submissions, "seconds": run.seconds, "trusted_mib": run.trusted_mib, "cpu_s": run.cpu}


def _class(place: Path, topic_id: str, submissions: int) -> Path:
    """A course with one topic, built, and a class that has handed it in."""
    folder = place / f"{topic_id}-{submissions}"
    source = FIXTURES / topic_id if topic_id in FIXTURE else ROOT / "source" / topic_id
    shutil.copytree(source, folder / "source" / topic_id, ignore=shutil.ignore_patterns("*.ipynb"))
    shutil.copy(ROOT / paths.CONFIG, folder)
    build.build(folder, topic_id)
    build.release(folder, topic_id)
    loaded = topic.load(paths.source_file(folder, topic_id))
    released = nbformat.read(paths.release_notebook(folder, topic_id), as_version=4)
    members = cohort.members(loaded)
    for student in range(submissions):
        answers = {}
        for number, exercise in enumerate(loaded.exercises, 1):
            typical = [member.source for member in members if member.exercise == exercise.id]
            # The reference and all typical answers, right and wrong, in another mixture for each student.
            answers[exercise.id] = [demo.reference(exercise), *typical][student * number % (len(typical) + 1)]
        path = folder / "submitted" / f"student-{student:04}" / topic_id / f"{topic_id}.ipynb"
        demo.write(path, nbformat.writes(demo.filled(released, loaded, answers)))
    return folder


def _stock(klass: Path, topic_id: str) -> Run:
    """nbgrader with the executor that it comes with."""
    with _copy(klass) as folder:
        config = folder / paths.CONFIG
        text, changed = re.subn(r"^SANDBOX = True$", "SANDBOX = False", config.read_text("utf-8"), flags=re.MULTILINE)
        assert changed == 1, f"{config} has no switch for nbgrader's own executor"
        config.write_text(text, "utf-8")
        return _measured(folder, topic_id, [sys.executable, "-m", "nbgrader", "autograde", topic_id], may_give_up=True)


def _course(klass: Path, topic_id: str, jobs: int, mode: str) -> Run:
    with _copy(klass) as folder:
        if mode == SINGLE:
            with (folder / paths.CONFIG).open("a", encoding="utf-8") as config:
                config.write("\nc.WarmExecute.separate = False\n")
        return _measured(folder, topic_id, [sys.executable, "-c", _COURSE, "grade", topic_id, "--jobs", str(jobs)])


@contextlib.contextmanager
def _copy(klass: Path) -> Iterator[Path]:
    folder = klass.with_name(f"{klass.name}-run")
    shutil.copytree(klass, folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _measured(folder: Path, topic_id: str, command: list[str], *, may_give_up: bool = False) -> Run:
    before, began = _children_cpu(), time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said, start_new_session=True)
        memory = _Memory(process.pid)
        try:
            process.wait()
        except BaseException:  # Ctrl-C, for one; the number of a process that was waited for may be another's
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            memory.stop()
        seconds = time.monotonic() - began
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    submitted = len(list((folder / "submitted").iterdir()))
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        scores = [one.score for one in gradebook.assignment_submissions(topic_id)]
    given_up = tuple(_GIVEN_UP.findall(text)) if may_give_up else ()
    if (process.returncode and not given_up) or len(given_up) == submitted or len(scores) != submitted:
        raise SystemExit(f"graded {len(scores)} of {submitted}: {' '.join(command[-4:])}\n{text[-3000:]}")
    return Run(seconds, _children_cpu() - before, memory.most / (1 << 20), given_up)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Memory:
    """Watches what the trusted processes of a command hold together: all but those inside bubblewrap."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._pid, self._ended = pid, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self.most = max(self.most, sum(_proportional(pid) for pid in _trusted(self._pid)))


def _trusted(pid: int) -> Iterator[int]:
    try:
        if b"bwrap" in Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0]:
            return
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    yield pid
    for child in children:
        yield from _trusted(int(child))


def _proportional(pid: int) -> int:
    """Memory of a process; what it shares with others counts in parts."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(size) << 10 for size in re.findall(r"^Pss:\s+(\d+) kB", text, re.MULTILINE))


def _floor(klass: Path, topic_id: str, few: int) -> tuple[float, float]:
    """CPU seconds of the cells alone, per notebook, without look cells, and of the first few with them.

    They run as plain code, in one process that has done it all once before.
    """
    notebooks = [nbformat.read(path, as_version=4) for path in sorted(klass.glob(f"submitted/*/{topic_id}/*.ipynb"))]
    source = topic.load(klass / "source" / topic_id / f"{topic_id}.py")
    whole = {cell.id: cell.source for exercise in source.exercises for cell in exercise.tests}  # hidden tests included

    def timed(notebooks: list[Any], full: bool) -> float:
        cells = [
            [
                whole.get(cell.id, cell.source)
                for cell in notebook.cells
                if cell.cell_type == "code" and _runs(cell, full)
            ]
            for notebook in notebooks
        ]
        _execute(cells[0])
        began = time.process_time()
        for sources in cells:
            _execute(sources)
        return (time.process_time() - began) / len(cells)

    def run() -> tuple[float, float]:
        os.environ["MPLBACKEND"] = "Agg"
        for name in WARM:
            importlib.import_module(name)
        sys.modules["torch"].set_num_threads(1)
        return timed(notebooks, False), timed(notebooks[:few], True)

    found = fork.run(run, timeout=3600)
    if isinstance(found, fork.Lost):
        raise SystemExit(f"the cells of {topic_id} could not be timed: {found.reason}")
    without, with_looks = found
    return without, with_looks


def _runs(cell: Any, full: bool) -> bool:
    return full or "look" not in cell.metadata.get("tags", [])


def _execute(sources: list[str]) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for source in sources:
            with contextlib.suppress(Exception):  # wrong answers are part of the class
                exec(compile(source, "<cell>", "exec"), names)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def _show(found: list[Figures], result: dict[str, Any]) -> None:
    _say("CPU and wall seconds per notebook; `start` is CPU seconds per command")
    _say(
        "| topic | own (no looks) | nbgrader: wall | start | overhead "
        "| mode, jobs | course: wall | start | overhead | throughput | overhead |"
    )
    _say("| --- | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for f in found:
        for name, mode in f.modes.items():
            for count, seconds in mode.course_s.items():
                overhead = mode.course_overhead_cpu_s[count]
                _say(
                    f"| {f.topic} | {f.floor_full_cpu_s:.3f} ({f.floor_cpu_s:.3f}) | {f.stock_s:.2f} | "
                    f"{f.stock_start_cpu_s:.1f} | {f.stock_overhead_cpu_s:.2f} | {name}, {count} | {seconds:.3f} | "
                    f"{mode.course_start_cpu_s:.1f} | {overhead:.3f} | {f.stock_s / seconds:.1f} × | "
                    f"1/{f.stock_overhead_cpu_s / overhead:.1f} |"
                )
        if f.stock_given_up:
            _say(f"nbgrader could not grade {', '.join(f.stock_given_up)}")
    for part in (result, result[SEPARATE]) if result["mode"] == SINGLE else (result,):
        _say(
            f"mean, {part['mode']}: {part['ratio']:.1f} times the throughput with {part['jobs']} jobs; overhead with "
            f"{part['overhead_jobs']}: 1/{part['overhead_ratio']:.1f} "
            f"(the start of the command included 1/{part['overhead_ratio_with_start']:.1f})"
        )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
