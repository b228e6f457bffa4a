"""Grading on a Dask cluster: real scheduler and worker processes, on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from compare import notebooks, tables
from conftest import TOPIC, hand_in, released, solved

from course.tools.grading.grade import GradingError, Outcome, grade

#: Generous: the machine that runs the tests may be busy, and a worker that starts imports torch.
PATIENCE = 240.0


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self._scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self._file)
        )
        deadline = time.monotonic() + PATIENCE
        while not self._file.exists() or not self._file.read_text():
            assert time.monotonic() < deadline, (folder / "log").read_text()
            time.sleep(0.1)
        self.address = json.loads(self._file.read_text())["address"]
        self.workers = [self._worker() for _ in range(workers)]

    def _worker(self) -> subprocess.Popen[bytes]:
        options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "240")
        return self._start("worker", self.address, *options)

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        # In a folder of its own: nothing of the class lies where it works.
        place = self._folder / f"process-{len(list(self._folder.glob('process-*')))}"
        place.mkdir()
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *command], cwd=place, stdout=log, stderr=log, start_new_session=True
            )

    def close(self) -> None:
        for process in [*self.workers, self._scheduler]:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder, workers=2)
    yield made
    made.close()


def test_a_worker_is_killed_half_way_and_nothing_is_lost(classroom: Path, cluster: Cluster) -> None:
    for number in range(4):
        hand_in(classroom, f"right-{number}", solved(classroom))
        hand_in(classroom, f"wrong-{number}", solved(classroom, centre=f"def centre(x):\n    return x - {number}"))
    hand_in(classroom, "idle", released(classroom))
    beside = hand_in(classroom, "right-0", solved(classroom)).with_name("data.csv")
    beside.write_text("1,2\n", encoding="utf-8")
    other = classroom.with_name("other")
    shutil.copytree(classroom, other)
    killed: list[int] = []

    def kill(outcome: Outcome, done: int, total: int) -> None:
        if not killed and done == 2:
            cluster.workers[0].kill()
            killed.append(cluster.workers[0].wait())

    outcomes = grade(classroom, [TOPIC], jobs=1, scheduler=cluster.address, progress=kill)[TOPIC]
    assert killed == [-9]
    assert cluster.workers[1].poll() is None
    assert len(outcomes) == len(list((classroom / "submitted").iterdir()))
    assert {outcome.status for outcome in outcomes} == {"graded"}, outcomes
    here = grade(other, [TOPIC], jobs=1)[TOPIC]
    assert [(o.student, o.points) for o in outcomes] == [(o.student, o.points) for o in here]
    assert notebooks(classroom / "autograded") == notebooks(other / "autograded")
    assert _tables(classroom) == _tables(other)


def test_no_scheduler_there(classroom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course.tools.grading.cluster.PATIENCE", "1s")
    hand_in(classroom, "ada", solved(classroom))
    with pytest.raises(GradingError, match="no Dask scheduler answers at tcp://127"):
        grade(classroom, [TOPIC], jobs=1, scheduler="tcp://127.0.0.1:9")


def _tables(folder: Path) -> dict[str, list[str]]:
    return tables(f"sqlite:///{folder / 'gradebook.db'}")
