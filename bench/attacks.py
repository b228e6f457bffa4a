"""What hostile submissions get from nbgrader itself, and from this course: the table of ``docs/verdict.md``.

nbgrader runs each inside a bubblewrap of its own, on a copy of the course that is thrown away: these mean it.

``python bench/attacks.py [--json] [--write] [--only NAME …]``
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nbgrader.api import Gradebook, MissingEntry  # noqa: E402

from course.tools import build  # noqa: E402
from course.tools.grading import herd  # noqa: E402
from course.tools.grading.grade import grade  # noqa: E402
from tests.attacks.hostile import ATTACKS, Attack  # noqa: E402
from tests.grading.conftest import TOPIC, hand_in, released, solved  # noqa: E402

DOCS = ROOT / "docs" / "verdict.md"
SECONDS = 90
_TABLE = re.compile(r"(<!-- attacks -->\n).*?(<!-- /attacks -->)", re.DOTALL)


def course(folder: Path, extra: str) -> None:
    """The small course of the tests, built."""
    folder.mkdir()
    text = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (folder / "nbgrader_config.py").write_text(text + extra, encoding="utf-8")
    (folder / "source" / TOPIC).mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "fixtures" / TOPIC / f"{TOPIC}.py", folder / "source" / TOPIC)
    build.build(folder, TOPIC)
    build.release(folder, TOPIC)


def submit(folder: Path, attack: Attack) -> None:
    """Hand in one attack."""
    notebook = solved(folder) if attack.solved else released(folder)
    attack.change(notebook)
    place = hand_in(folder, attack.name, notebook).parent
    for name, text in attack.files:
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")


def by_nbgrader(built: Path, attack: Attack) -> str:
    """Its points, or what became of nbgrader."""
    with tempfile.TemporaryDirectory(prefix="attack-") as scratch:
        folder = Path(scratch, "course")
        shutil.copytree(built, folder)
        submit(folder, attack)
        python = [sys.executable, "-m", "nbgrader", "autograde", TOPIC, "--create", f"--student={attack.name}"]
        wrapped = [
            "bwrap",
            "--unshare-all",
            "--die-with-parent",
            "--new-session",
            "--ro-bind",
            "/",
            "/",
            "--dev",
            "/dev",
        ]
        wrapped += ["--proc", "/proc", "--tmpfs", "/tmp", "--bind", str(folder), str(folder), "--chdir", str(folder)]
        wrapped += ["--setenv", "HOME", str(folder), "--setenv", "PYTHONPATH", str(ROOT)]
        limited = ["prlimit", "--as=8589934592", "--fsize=67108864", "--nproc=4000", *python]
        command, group = [*wrapped, "--", *limited], herd.make()
        if group is not None:  # root has no limit of processes but that of a control group
            command = herd.within(group, command)
        try:
            done = subprocess.run(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return "hangs"
        finally:
            if group is not None:
                herd.remove(group)
        try:
            with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
                score = float(gradebook.find_submission(TOPIC, attack.name).score)
        except MissingEntry:
            return "fails"
        except Exception:
            return "no gradebook left"
        return f"{score:g}" if done.returncode == 0 else "fails"


def table(rows: list[dict[str, str]]) -> str:
    """The rows in Markdown."""
    lines = [
        "| attack | family | what it claims | worth | nbgrader | here |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    lines += ["| {name} | {family} | {claim} | {worth} | {nbgrader} | {here} |".format(**row) for row in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run all, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one line for machines")
    parser.add_argument("--write", action="store_true", help="put the table into docs/verdict.md")
    parser.add_argument("--only", nargs="*", help="these attacks alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    attacks = [attack for attack in ATTACKS if not chosen.only or attack.name in chosen.only]
    with tempfile.TemporaryDirectory(prefix="attacks-") as scratch:
        stock, ours = Path(scratch, "stock"), Path(scratch, "ours")
        course(stock, "\nc.ExecutePreprocessor.timeout = 20\n")
        settings = stock / "nbgrader_config.py"
        settings.write_text(settings.read_text("utf-8").replace("\nSANDBOX = True\n", "\nSANDBOX = False\n"), "utf-8")
        course(ours, "\nc.ExecutePreprocessor.timeout = 20\n")
        for attack in attacks:
            submit(ours, attack)
        here = {outcome.student: outcome.points for outcome in grade(ours, [TOPIC], jobs=chosen.jobs)[TOPIC]}
        with ThreadPoolExecutor(chosen.jobs) as pool:
            theirs = list(pool.map(lambda attack: by_nbgrader(stock, attack), attacks))
    rows = [
        {
            "name": attack.name,
            "family": attack.family,
            "claim": attack.claim,
            "worth": f"{attack.worth:g}",
            "nbgrader": points,
            "here": f"{here[attack.name]:g}",
        }
        for attack, points in zip(attacks, theirs, strict=True)
    ]
    if chosen.write:
        text = DOCS.read_text(encoding="utf-8")
        DOCS.write_text(_TABLE.sub(lambda found: found[1] + table(rows) + found[2], text), encoding="utf-8")
    print(json.dumps(rows) if chosen.json else table(rows))


if __name__ == "__main__":
    main()
