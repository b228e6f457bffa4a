"""PostgreSQL as the gradebook: a real server, started here in a folder of its own, leaves what SQLite leaves."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from compare import notebooks, tables
from conftest import TOPIC, graded, hand_in, released, solved
from nbgrader.api import Gradebook

from course.tools import build, paths


def program(name: str) -> str:
    """A program of the server; Debian keeps them out of the path."""
    found = shutil.which(name) or next((str(p) for p in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), "")
    if not found and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an empty database."""
    # It will not run as root.
    user = pwd.getpwnam("nobody").pw_name if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="course-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data = str(folder / "data")

        def call(*command: str) -> None:
            done = subprocess.run(command, cwd="/", user=user, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr

        call(program("initdb"), "--auth=trust", "--username=course", "--no-sync", "-D", data)
        options = f"-c listen_addresses='' -c fsync=off -k {folder}"
        call(program("pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
        try:
            yield f"postgresql+psycopg://course@/postgres?host={folder}"
        finally:
            call(program("pg_ctl"), "-D", data, "-m", "immediate", "stop")


def test_a_class(classroom: Path, server: str) -> None:
    other = classroom.with_name("postgres")
    shutil.copytree(classroom, other)
    with (other / paths.CONFIG).open("a", encoding="utf-8") as config:
        config.write(f"c.CourseDirectory.db_url = {server!r}\n")
    (other / "gradebook.db").unlink()
    build.build(other, TOPIC)
    # A second release moves rows about in PostgreSQL: the order of a notebook's cells must not come from there.
    source = paths.source_file(other, TOPIC)
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("import numpy as np", "import numpy as np  # twice"), encoding="utf-8")
    build.build(other, TOPIC)
    source.write_text(text, encoding="utf-8")
    build.build(other, TOPIC)
    for folder in (classroom, other):
        hand_in(folder, "ada", solved(folder))
        hand_in(folder, "gus", released(folder))
        hand_in(folder, "hana", b"{")
        damaged = solved(folder)
        damaged.cells = [cell for cell in damaged.cells if cell.id not in ("setup", "centre-behaviour")]
        hand_in(folder, "bo", damaged)
        outcomes = graded(folder)
        assert {student: outcome.status for student, outcome in outcomes.items()} == {
            "ada": "graded", "bo": "mended", "gus": "graded", "hana": "refused",
        }  # fmt: skip
        assert {outcome.status for outcome in graded(folder).values()} == {"skipped"}
    assert not (other / "gradebook.db").exists()
    assert notebooks(classroom / "autograded") == notebooks(other / "autograded")
    assert tables(f"sqlite:///{classroom / 'gradebook.db'}") == tables(server)
    with Gradebook(server) as gradebook:
        gradebook.find_grade("why-scale", TOPIC, TOPIC, "ada").manual_score = 2
        gradebook.db.commit()
    graded(other, force=True)
    with Gradebook(server) as gradebook:
        assert gradebook.find_submission(TOPIC, "ada").score == 7
