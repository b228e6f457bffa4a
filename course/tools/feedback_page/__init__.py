"""The feedback page: points by exercise first, then what failed and why, then the notebook.

``nbgrader_config.py`` makes :class:`FeedbackPage` the exporter of ``nbgrader generate_feedback`` and of formgrader's
button. The page needs nothing from outside, and nothing on it runs.
"""

from __future__ import annotations

import ast
import base64
import functools
from importlib import resources as package
from typing import Any

import jinja2
from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbconvert.filters import Highlight2HTML, ansi2html
from nbformat.notebooknode import NotebookNode
from pygments.formatters import HtmlFormatter

from course.tools.feedback_page import safe, summary

#: Displayed data that the page can show, in the order of preference.
_SHOWN = ("image/png", "image/jpeg", "image/svg+xml", "text/html", "text/markdown", "text/plain")
_MOST_TEXT = 20_000
#: How many cells are kept as they were drawn: most of a notebook is the same in each student's copy.
_KEPT = 1024


class FeedbackPage(Exporter):
    """From a graded notebook to its feedback page."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: Any = None, **kwargs: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page, and the resources as the preprocessors left them."""
        notebook, told = super().from_notebook_node(nb, resources, **kwargs)
        nbgrader = told.get("nbgrader", {})
        page = _template().render(
            title=nbgrader.get("assignment") or nbgrader.get("notebook") or "Feedback",
            student=nbgrader.get("student", ""),
            lines=summary.lines(notebook),
            penalty=nbgrader.get("late_penalty") or 0.0,
            cells=notebook.cells,
            colours=Markup(HtmlFormatter(style="default").get_style_defs(".highlight")),
        )
        return page, told


def prepare(notebook: NotebookNode) -> None:
    """Draw what the pages of a class have in common, before they are made in forked processes."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            _prose(cell.source)
        elif cell.cell_type == "code":
            _code(cell.source)


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {
        "markdown": _prose,
        "code": _code,
        "number": lambda value: f"{value:.3g}",
        "shown": _shown,
    }
    return environment.from_string(package.files(__package__).joinpath("page.html").read_text("utf-8"))


@functools.lru_cache(_KEPT)
def _prose(source: str) -> Markup:
    return Markup(safe.markdown(source))


@functools.lru_cache(_KEPT)
def _code(source: str) -> Markup:
    return Markup(Highlight2HTML(pygments_lexer="ipython3")(source))


def _shown(output: NotebookNode, cell: NotebookNode) -> Markup:
    """One output of a cell, as HTML that cannot act."""
    if output.output_type == "stream":
        return Markup('<pre class="{}">{}</pre>').format(output.name, Markup(ansi2html(_cut(output.text))))
    if output.output_type == "error":
        return Markup('<pre class="error">{}</pre>').format(Markup(ansi2html(_cut("\n".join(output.traceback)))))
    kind = next((kind for kind in _SHOWN if kind in output.data), "")
    data = output.data.get(kind, "")
    if kind.startswith("image/"):
        encoded = base64.b64encode(data.encode()).decode("ascii") if kind == "image/svg+xml" else "".join(data.split())
        return Markup('<img src="data:{};base64,{}" alt="{}">').format(kind, encoded, _described(output, kind, cell))
    if kind == "text/html":
        return Markup('<div class="wide">{}</div>').format(Markup(safe.html(data)))
    if kind == "text/markdown":
        return Markup(safe.markdown(data))
    if kind == "text/plain":
        return Markup("<pre>{}</pre>").format(Markup(ansi2html(_cut(data))))
    return Markup('<p class="quiet">[something that this page does not show: {}]</p>').format(", ".join(output.data))


def _described(output: NotebookNode, kind: str, cell: NotebookNode) -> str:
    """Words for an image: those that came with it, or the titles that the cell gives to what it draws."""
    given = output.metadata.get(kind, {}).get("alt") if isinstance(output.metadata.get(kind), dict) else None
    titles = _titles(cell.source)
    return str(given or (f"Figure: {'; '.join(titles)}" if titles else "Figure drawn by the cell above"))


def _titles(source: str) -> list[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        named = [keyword.value for keyword in node.keywords if keyword.arg in ("title", "suptitle")]
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("set_title", "title", "suptitle"):
            named += node.args[:1]
        found += [title for value in named if (title := _text(value))]
    return found


def _text(value: ast.expr) -> str:
    """The text of a string; of one that is put together, the parts that are known."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    if isinstance(value, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in value.values)
    return ""


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}\n… ({len(text) - _MOST_TEXT} characters more)"
