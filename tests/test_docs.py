"""The README and the pages: the table is the syllabus's, commands are those that exist, links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from course.cli import app
from course.tools import catalogue
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_table_is_made_from_the_syllabus() -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8") == catalogue.readme_with_table(ROOT)


def test_continuous_integration_calls_the_readmes_commands() -> None:
    readme, ci = (ROOT / "README.md").read_text(), (ROOT / ".ci" / "run").read_text()
    called = set(re.findall(r"^make (\w+)", ci, re.MULTILINE))
    assert {"demo", "test"} <= called
    assert "make test SAMPLE=\n" in ci, "continuous integration tries every mutant"
    assert "course audit" in (ROOT / "Makefile").read_text().partition("\ntest:")[2].partition("\n\n")[0]
    for name in called:
        assert f"make {name}" in readme
    for package in re.findall(r"--no-install-recommends (.*?) >", ci)[0].split():
        assert package in readme


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_named_on_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)) <= targets
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert set(re.findall(r"(?:`|^)course ([a-z]+)", text, re.MULTILINE)) <= commands


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_on_a_page_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_every_data_set_says_where_it_comes_from() -> None:
    folders = [path for path in (ROOT / "course" / "data").iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert folders
    for folder in folders:
        text = (folder / "PROVENANCE.md").read_text(encoding="utf-8").lower()
        assert "licen" in text, folder
