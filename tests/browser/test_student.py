"""A student in JupyterLab: open the released notebook, answer, run, validate, save."""

from __future__ import annotations

import re
import time
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Lab
from tests.conftest import TOPIC

WRONG = "def centre(x):\n    return x - x.mean(0)"
_NUMBERED = re.compile(r"\[\d+\]:")
RIGHT = "def centre(x):\n    return x - x.mean(-1, keepdims=True)"


def open_notebook(page: Page, lab: Lab, path: str) -> None:
    page.goto(lab.url(f"/lab/tree/{path}"))
    expect(page.locator(".jp-Notebook .jp-Cell").nth(8)).to_be_attached()
    expect(page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("Validate")
    # The kernel is there: the notebook's own indicator says "idle" before it is, and a cell run then does nothing.
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")


def cell_with(page: Page, text: str) -> Locator:
    return page.locator(".jp-Notebook .jp-CodeCell").filter(has_text=text).first


def run(page: Page, cell: Locator) -> None:
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-InputPrompt")).to_have_text(_NUMBERED)


def type_into(page: Page, cell: Locator, source: str) -> None:
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def test_answer_run_validate_save(page: Page, lab: Lab) -> None:
    open_notebook(page, lab, f"release/{TOPIC}/{TOPIC}.ipynb")
    run(page, cell_with(page, "Run this cell first"))
    run(page, cell_with(page, "import matplotlib.pyplot"))
    test = cell_with(page, 'label="centre(x)"')

    answer = cell_with(page, "Take the mean of the last axis away")
    run(page, answer)
    run(page, test)
    expect(test.locator(".jp-OutputArea")).to_contain_text("not implemented yet")

    type_into(page, answer, WRONG)
    answer = cell_with(page, "def centre(x)")
    run(page, answer)
    run(page, test)
    expect(test.locator(".jp-OutputArea")).to_contain_text("→ this is the mean of each column")

    type_into(page, answer, RIGHT)
    run(page, answer)
    run(page, test)
    expect(test.locator(".jp-OutputArea-output")).to_have_count(0)

    page.locator(".jp-NotebookPanel-toolbar").get_by_text("Validate", exact=True).click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("failed")
    said = dialog.inner_text()
    assert "scale" in said and "not implemented yet" in said
    dialog.locator("button").first.click()
    expect(dialog).to_have_count(0)

    page.keyboard.press("Control+s")
    path = lab.folder / "release" / TOPIC / f"{TOPIC}.ipynb"
    saved = _wait_for(path, "x.mean(-1, keepdims=True)")
    assert {cell.id for cell in saved.cells if cell.get("metadata", {}).get("nbgrader")} >= {"centre", "scale"}


def _wait_for(path: Path, text: str) -> nbformat.NotebookNode:
    deadline = time.monotonic() + 30
    while text not in path.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, "the notebook was not saved"
        time.sleep(0.2)
    return nbformat.read(path, as_version=4)
