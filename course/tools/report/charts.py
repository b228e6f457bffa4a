"""The report's figures, each as an SVG with the words that stand in for it where it cannot be seen."""

from __future__ import annotations

import io
import statistics
from collections.abc import Callable
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course import figures
from course.tools.report.gather import ClassReport

#: Shades for full points, some, none and not begun: apart in grey, too.
_SHADES = ("#0072B2", "#56B4E9", "#E69F00", "#D9D9D9")


@dataclass(frozen=True)
class Chart:
    """A figure as SVG, and its text alternative."""

    svg: bytes
    text: str


def points(report: ClassReport) -> Chart:
    """How the class's points are distributed."""
    totals = [work.total for work in report.works]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.hist(totals, bins=list(np.linspace(0, report.max_points, 11)), color=_SHADES[0], edgecolor="white")
        axes.axvline(statistics.median(totals), color="black", linestyle="--", label="median")
        axes.set(xlabel=f"points, of {report.max_points:g}", ylabel="students", xlim=(0, report.max_points))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend()

    tenths = np.histogram(totals, bins=10, range=(0, report.max_points))[0]
    text = (
        f"Histogram of the points of {len(totals)} students: lowest {min(totals):g}, median "
        f"{statistics.median(totals):g}, highest {max(totals):g} of {report.max_points:g}; "
        f"students in each tenth of the scale: {', '.join(map(str, tenths))}."
    )
    return Chart(_svg(draw, 3.2), text)


def success(report: ClassReport) -> Chart:
    """For each exercise, how many had full points, some, none, or had not begun."""
    names = [item.id for item in report.items]
    parts = {
        "full points": [item.full for item in report.items],
        "some": [item.part for item in report.items],
        "none": [item.none - item.not_begun for item in report.items],
        "not begun": [item.not_begun for item in report.items],
    }

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        left = np.zeros(len(names))
        for (label, counts), shade in zip(parts.items(), _SHADES, strict=True):
            axes.barh(names, counts, left=left, color=shade, label=label, edgecolor="white")
            left += counts
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="students")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=4)

    rows = "; ".join(
        f"{name}: " + ", ".join(f"{counts[place]} {label}" for label, counts in parts.items())
        for place, name in enumerate(names)
    )
    return Chart(_svg(draw, 1.3 + 0.36 * len(names)), f"Bars of the students with each result, by exercise. {rows}.")


def _svg(draw: Callable[[Figure], None], height: float) -> bytes:
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "course"}):
        figures.use()
        figure = Figure(figsize=(7.2, height))
        draw(figure)
        data = io.BytesIO()
        figure.savefig(data, format="svg", metadata={"Date": None})
    return data.getvalue()
