"""A released notebook where only it was downloaded: in an empty folder, with `course` installed or missing.

Each run has a fresh interpreter that sees the libraries of this one and nothing of the clone (``-S`` leaves the
editable installation out), and no network where bubblewrap can take it away.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest

from course import syllabus
from course.tools import build, paths, topic
from tests.conftest import ROOT, TOPIC
from tests.test_topics import without_network

TOPICS = [row.id for row in syllabus.TOPICS]
#: What a source distribution consists of.
PACKAGE = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-PROSE", "course")


def copy_package(to: Path) -> Path:
    """The package's sources elsewhere: building in the clone itself would leave files there."""
    to.mkdir()
    for name in PACKAGE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to)
    return to


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the course was installed from its wheel."""
    folder = tmp_path_factory.mktemp("installed")
    source = copy_package(folder / "source")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"),
            *("--target", str(folder / "site"), str(source)),
        ],
        check=True,
    )
    return folder / "site"


def run_alone(
    code: str, folder: Path, *sites: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a folder, with the libraries of this environment and those of ``sites`` on the path."""
    path = [str(site) for site in (*sites, Path(sysconfig.get_path("purelib")))]
    command = [sys.executable, "-S", "-c", f"import sys; sys.path += {path!r}\n{code}"]
    return subprocess.run(
        without_network(*command),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "MPLBACKEND": "Agg", **(environment or {})},
        capture_output=True,
        text=True,
    )


def download(topic_id: str, folder: Path) -> None:
    shutil.copy(paths.release_notebook(ROOT, topic_id), folder)


def run_setup(topic_id: str) -> str:
    """Code that runs the first cells of a downloaded notebook, then draws a figure in its style."""
    return f"""
import nbformat
notebook = nbformat.read("{topic_id}.ipynb", as_version=4)
cells = [c for c in notebook.cells if c.cell_type == "code" and c.metadata.get("nbgrader", {{}}).get("locked")]
first = [c for c in cells if not c.metadata.nbgrader["grade"]]
assert first[0].id == "install" and len(first) >= 2
names = {{"__name__": "__main__"}}
for cell in first:
    exec(compile(cell.source, cell.id, "exec"), names)
import course, matplotlib.pyplot as plt
from course import figures
figures.use()
figure, axes = plt.subplots()
figures.heatmap(axes, [[1.0, 2.0]], rows=["a"], columns=["b", "c"])
figure.savefig("figure.png")
print(course.__file__)
"""


@pytest.mark.parametrize("topic_id", TOPICS)
def test_a_downloaded_notebook_sets_itself_up(topic_id: str, installed: Path, tmp_path: Path) -> None:
    """With `course` installed its first cells run, data sets included, and figures are drawn."""
    download(topic_id, tmp_path)
    done = run_alone(run_setup(topic_id), tmp_path, installed)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.split()[-1]).is_relative_to(installed)
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_every_data_set_travels_with_the_package(installed: Path) -> None:
    def files(package: Path) -> set[str]:
        found = (path.relative_to(package) for path in (package / "data").rglob("*") if path.is_file())
        return {str(path) for path in found if "__pycache__" not in path.parts}

    assert files(installed / "course") == files(ROOT / "course")


@pytest.mark.parametrize("topic_id", TOPICS[:1])
def test_where_the_package_is_missing_the_first_cell_says_what_to_do(topic_id: str, tmp_path: Path) -> None:
    download(topic_id, tmp_path)
    done = run_alone(run_setup(topic_id), tmp_path)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("ModuleNotFoundError: This notebook needs the package `course`")
    assert "pip install" in said


@pytest.mark.skipif(shutil.which("git") is None, reason="pip fetches the package with git")
def test_with_a_repository_set_the_first_cell_installs_the_package_from_there(
    small_course: Path, tmp_path: Path
) -> None:
    """The cell's own command is run; only the address is a folder, and pip is told not to look for other packages."""
    repository = copy_package(tmp_path / "repository")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "All"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", *command], cwd=repository, check=True)
    folder, site = tmp_path / "download", tmp_path / "site"
    folder.mkdir()
    site.mkdir()
    loaded = topic.load(paths.source_file(small_course, TOPIC))
    nbformat.write(build.notebook(loaded, f"file://{repository}"), folder / f"{TOPIC}.ipynb")
    done = run_alone(
        run_setup(TOPIC), folder, site,
        environment={
            "PIP_TARGET": str(site), "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0",
            "PYTHONPATH": sysconfig.get_path("purelib"),
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.split()[-1]).is_relative_to(site)
