"""How long a learner waits for a verdict: ``course check`` against ``nbgrader validate``, each from a cold start.

::

    python bench/check.py                     # tfidf (numpy) and attention (torch), three rounds
    python bench/check.py losses --rounds 5 --json

The two take turns on the same solved notebook in the same run, so that a busy machine is busy for both: the ratio is
worth more than the seconds. ``course check`` runs visible and hidden tests and skips experiments; ``nbgrader validate``
runs every cell of the notebook and has no hidden tests.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from course.tools import paths, topic
from course.tools.learning import released, workfolder

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("topics", nargs="*", default=["tfidf", "attention"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    measured = [measure(topic_id, chosen.rounds) for topic_id in chosen.topics]
    if chosen.json:
        print(json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()[0], "topics": measured}))
        return
    print(f"{'topic':<12}{'course check':>22}{'nbgrader validate':>22}{'ratio':>8}   (wall s, best and median; CPU s)")
    for one in measured:
        check, validate = one["check"], one["validate"]
        columns = (f"{x['best']:.1f} {x['median']:.1f}; {x['cpu']:.1f}" for x in (check, validate))
        print("{:<12}{:>22}{:>22}{:>8.2f}".format(one["topic"], *columns, one["ratio"]))


def measure(topic_id: str, rounds: int) -> dict:
    """Seconds of both, and validate's median over check's."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        notebook = solved(topic_id, folder)
        check = [sys.executable, "-m", "course.cli", "check", topic_id, "--json"]
        validate = [sys.executable, "-m", "nbgrader", "validate", notebook.name]
        taken: dict[str, list[tuple[float, float]]] = {"check": [], "validate": []}
        for _ in range(rounds):
            taken["check"].append(
                timed(check, folder, lambda out: json.loads(out)[0]["points"] == json.loads(out)[0]["of"])
            )
            taken["validate"].append(timed(validate, notebook.parent, lambda out: "Success" in out))
    found: dict = {"topic": topic_id, "rounds": rounds}
    for name, seconds in taken.items():
        wall = [one[0] for one in seconds]
        found[name] = {
            "best": round(min(wall), 2),
            "median": round(statistics.median(wall), 2),
            "cpu": round(statistics.median(one[1] for one in seconds), 2),
        }
    found["ratio"] = round(found["validate"]["median"] / found["check"]["median"], 2)
    return found


def solved(topic_id: str, folder: Path) -> Path:
    """A course of this one topic in ``folder``, begun and solved; the learner's notebook."""
    shutil.copy(ROOT / paths.CONFIG, folder)
    for part in ("source", "release"):
        shutil.copytree(ROOT / part / topic_id, folder / part / topic_id, ignore=shutil.ignore_patterns("cohort"))
    workfolder.start(folder, topic_id)
    path = workfolder.notebook(folder, topic_id)
    content = json.loads(path.read_text(encoding="utf-8"))
    references = {one.id: one.answer.source for one in topic.load(paths.source_file(folder, topic_id)).exercises}
    for cell in content["cells"]:
        marks = released.marks(cell)
        if marks.get("grade_id") in references:
            cell["source"] = references[marks["grade_id"]]
        elif marks.get("grade") and cell["cell_type"] == "markdown":
            cell["source"] = "An answer in words, which validation asks for."
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def timed(command: list[str], folder: Path, right: Callable[[str], bool]) -> tuple[float, float]:
    """Wall and CPU seconds of a command, which must say what is right."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    # Compiled modules are kept, as they are where nobody has asked Python not to.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if not right(done.stdout):
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
