"""From a topic's text to its notebooks: the instructor's by jupytext, the student's by nbgrader."""

from __future__ import annotations

import logging
import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course import syllabus
from course.tools import catalogue, paths, topic
from course.tools.errors import UserError

_INSTALL = """\
# Run this cell first. Where the package `course` is missing (on Colab, say) it installs it; elsewhere it does nothing.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("course") is None:
    repository = {repository!r}
    if not repository:
        raise ModuleNotFoundError(
            "This notebook needs the package `course`. Clone the course and run `make lab` in it, "
            "or install it into this kernel: pip install PATH-OF-THE-CLONE"
        )
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", f"course @ git+{{repository}}"], check=True)"""


class ReleaseError(UserError):
    """nbgrader would not make a student's version."""


@dataclass(frozen=True)
class Stale:
    """A generated file that is not what its source gives."""

    path: Path
    reason: str


def notebook(source: topic.Topic, repository: str = "") -> NotebookNode:
    """The instructor's notebook: every cell with its id and complete nbgrader metadata, without outputs."""
    cells = [_cell(cell) for cell in source.cells]
    if cells and repository:
        cells[0].source += "\n\n" + _links(source.id, repository)
    install = nbformat.v4.new_code_cell(_INSTALL.format(repository=repository), id="install")
    install.metadata["nbgrader"] = _nbgrader("install", "setup", 0)
    cells.insert(1, install)
    return nbformat.v4.new_notebook(
        cells=cells,
        metadata={
            "course": {"topic": source.id, "verdict": "separate"},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )


def write_source_notebook(root: Path, topic_id: str) -> Path:
    """Write the instructor's notebook, ``source/TOPIC/TOPIC.ipynb``, and nothing else."""
    path = paths.source_notebook(root, topic_id)
    nbformat.write(notebook(topic.load(paths.source_file(root, topic_id)), repository_address(root)), path)
    return path


def build(root: Path, topic_id: str) -> Path:
    """Write ``source/TOPIC/TOPIC.ipynb``, and register the topic in the gradebook.

    nbgrader grades only what its gradebook knows. On a fresh clone the student's version is there already, and its
    ``generate_assignment`` then skips the topic; so the registration is done here, beside a scratch release.
    """
    path = write_source_notebook(root, topic_id)
    with tempfile.TemporaryDirectory() as scratch:
        _generate(load_config(root), topic_id, release=scratch)
    return path


def release(root: Path, topic_id: str) -> Path:
    """Build a topic and write its student's version, ``release/TOPIC/TOPIC.ipynb``, by nbgrader."""
    write_source_notebook(root, topic_id)
    _generate(load_config(root), topic_id)
    return paths.release_notebook(root, topic_id)


def write_readme_table(root: Path) -> None:
    """Bring the README's table of topics into step with the syllabus and the sources."""
    (root / "README.md").write_text(catalogue.readme_with_table(root), encoding="utf-8")


def check(root: Path, topic_ids: list[str]) -> list[Stale]:
    """What is out of step: student's versions, and the README's table, that differ from what their sources give."""
    stale: list[Stale] = []
    with tempfile.TemporaryDirectory() as scratch:
        for topic_id in topic_ids:
            released = paths.release_notebook(root, topic_id)
            fresh = release_into(root, topic_id, Path(scratch))
            if not released.exists():
                stale.append(Stale(released, "it does not exist"))
            elif released.read_bytes() != fresh:
                stale.append(Stale(released, f"it differs from what {paths.source_file(root, topic_id).name} gives"))
            extra = {path.name for path in released.parent.glob("*")} - {released.name, ".ipynb_checkpoints"}
            stale += [Stale(released.parent / name, "nothing generates it") for name in sorted(extra)]
    readme = root / "README.md"
    if readme.read_text(encoding="utf-8") != catalogue.readme_with_table(root):
        stale.append(Stale(readme, "its table of topics differs from the syllabus"))
    known = {row.id for row in syllabus.TOPICS}
    for folder in sorted((root / "release").glob("*/")):
        if folder.name not in known:
            stale.append(Stale(folder, "the syllabus has no such topic"))
    return stale


def release_into(root: Path, topic_id: str, folder: Path, source: topic.Topic | None = None) -> bytes:
    """Make a topic's notebooks in another folder, with that folder's gradebook; give the student's version.

    ``source`` is the topic where it has been loaded already.
    """
    source = source or topic.load(paths.source_file(root, topic_id))
    path = paths.source_notebook(folder, topic_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(source, repository_address(root)), path)
    config = load_config(root)
    config.CourseDirectory.root = str(folder)
    _generate(config, topic_id)
    return paths.release_notebook(folder, topic_id).read_bytes()


def load_config(root: Path) -> Config:
    """The settings of ``nbgrader_config.py``."""
    return PyFileConfigLoader(paths.CONFIG, path=str(root)).load_config()


def repository_address(root: Path) -> str:
    """The address of the public repository, from ``pyproject.toml``; empty where none is set."""
    settings = root / "pyproject.toml"
    if not settings.is_file():
        return ""
    urls = tomllib.loads(settings.read_text(encoding="utf-8"))["project"].get("urls", {})
    return urls.get("Repository", "").removesuffix("/")


def _cell(cell: topic.Cell) -> NotebookNode:
    if cell.kind in ("prose", "written"):
        made = nbformat.v4.new_markdown_cell(cell.source, id=cell.id)
    else:
        made = nbformat.v4.new_code_cell(cell.source, id=cell.id)
    if cell.kind == "look":
        made.metadata["tags"] = ["look"]
    elif cell.kind != "prose":
        made.metadata["nbgrader"] = _nbgrader(cell.id, cell.kind, cell.points)
    return made


def _nbgrader(grade_id: str, kind: topic.Kind, points: float) -> dict[str, object]:
    metadata: dict[str, object] = {
        "grade": kind in ("test", "written"),
        "grade_id": grade_id,
        "locked": kind in ("setup", "test"),
        "schema_version": 3,
        "solution": kind in ("answer", "written"),
        "task": False,
    }
    if metadata["grade"]:
        metadata["points"] = int(points) if points == int(points) else points
    return metadata


def _links(topic_id: str, repository: str) -> str:
    place = repository.removeprefix("https://github.com/")
    path = f"release/{topic_id}/{topic_id}.ipynb"
    return (
        f"[Open in Colab](https://colab.research.google.com/github/{place}/blob/main/{path}) · "
        f"[Open in Binder](https://mybinder.org/v2/gh/{place}/main?urlpath=lab/tree/{path})"
    )


def _generate(config: Config, topic_id: str, release: str | None = None) -> None:
    coursedir = CourseDirectory(config=config)
    coursedir.assignment_id = topic_id
    if release is not None:
        coursedir.release_directory = release
    converter = GenerateAssignment(coursedir=coursedir, config=config)
    converter.force = True
    said = _Said()
    converter.log = said.logger
    try:
        converter.start()
    except (NbGraderException, SystemExit) as error:
        raise ReleaseError(f"nbgrader would not release {topic_id}: {said.reason() or error}") from error


class _Said:
    """What nbgrader logs, kept for the case that it fails."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.logger = logging.Logger("course.nbgrader", level=logging.WARNING)
        handler = logging.Handler()
        handler.emit = lambda record: self.lines.append(record.getMessage())  # type: ignore[method-assign]
        self.logger.addHandler(handler)

    def reason(self) -> str:
        """In a sentence, why it would not: the end of the traceback that it logs, or else all that it says."""
        text = "\n".join(self.lines)
        errors = re.findall(r"^[\w.]*(?:Error|Exception|Entry): (.+)$", text, re.MULTILINE)
        return errors[-1] if errors else text
