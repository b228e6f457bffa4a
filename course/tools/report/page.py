"""The report as one page of HTML that needs nothing outside it, and its table as CSV."""

from __future__ import annotations

import base64
import csv
import io
import statistics
from datetime import timedelta
from importlib import resources

import jinja2

from course.tools.report import charts
from course.tools.report.gather import ClassReport


def html(report: ClassReport, title: str) -> str:
    """The page. Everything that comes from submissions is escaped: it is text, whatever it holds."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {"data_uri": _data_uri, "span": _span, "median": statistics.median}
    template = environment.from_string(resources.files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.render(report=report, title=title, points=charts.points(report), success=charts.success(report))


def table(report: ClassReport) -> str:
    """One row for each student: points by exercise, penalty, total, lateness, what grading said."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    exercises = [item.id for item in report.items]
    writer.writerow(["student", "name", *exercises, "penalty", "total", "max", "seconds_late", "note"])
    for work in report.works:
        got = ["" if work.points[e] is None else f"{work.points[e]:g}" for e in exercises]
        row = [work.student, work.name, *got, f"{work.penalty:g}", f"{work.total:g}", f"{report.max_points:g}"]
        writer.writerow([_harmless(text) for text in (*row, f"{work.seconds_late:.0f}", work.message)])
    return out.getvalue()


def _harmless(text: str) -> str:
    """A spreadsheet must not take what a student wrote for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") and not text[1:].replace(".", "").isdigit() else text


def _data_uri(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
