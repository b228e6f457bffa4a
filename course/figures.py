"""One figure style for every notebook: legible at notebook width, safe for colour-blind eyes, readable in grey.

``figures.use()`` in a notebook's first cell sets it. Lines differ in colour and dash, and neighbours
among the first five in lightness, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

#: Okabe & Ito's colours, black first, in an order in which neighbours among the first five differ in lightness.
COLOURS = ("#000000", "#E69F00", "#0072B2", "#56B4E9", "#D55E00", "#009E73", "#CC79A7")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
#: Colour maps that are monotone in lightness: for sizes, and for values with a sign.
SEQUENTIAL, DIVERGING = "cividis", "PuOr"
_CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
)


def use() -> None:
    """Make the course's style the default of matplotlib in this process."""
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update(
        {
            "figure.figsize": (7.2, 4.0),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.family": ["DejaVu Sans", *_installed_chinese_fonts()],
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.titlelocation": "left",
            "axes.titlepad": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "0.88",
            "grid.linewidth": 0.8,
            "lines.linewidth": 1.8,
            "lines.markersize": 5,
            "legend.frameon": False,
            "legend.fontsize": 10,
            "image.cmap": SEQUENTIAL,
            "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=DASHES),
            "axes.unicode_minus": True,
        }
    )


def has_chinese() -> bool:
    """Whether an installed font can draw Chinese; where not, label with a gloss instead."""
    return bool(_installed_chinese_fonts())


def heatmap(
    ax: Axes,
    values: Any,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    label: str = "",
    write: str | None = None,
    diverging: bool = False,
    vmin: float | None = None,
    vmax: float | None = None,
) -> AxesImage:
    """Draw a matrix with named rows and columns and a colour bar.

    Parameters
    ----------
    ax : Axes
    values : array, shape (rows, columns)
    rows, columns : sequences of str, optional
        Tick labels; long column labels are turned.
    label : str
        What the colour means, with its unit.
    write : str, optional
        A format such as ``".2f"``: also write each value into its cell.
    diverging : bool
        Use the map for signed values, centred on zero.
    vmin, vmax : float, optional
        The range of the colours.

    Returns
    -------
    AxesImage
    """
    import numpy as np

    values = np.asarray(values, dtype=float)
    if diverging and vmin is None and vmax is None:
        vmax = float(np.nanmax(np.abs(values))) or 1.0
        vmin = -vmax
    image = ax.imshow(values, cmap=DIVERGING if diverging else SEQUENTIAL, aspect="auto", vmin=vmin, vmax=vmax)
    ax.grid(visible=False)
    if rows is not None:
        ax.set_yticks(range(len(rows)), rows)
    if columns is not None:
        turned = max((len(name) for name in columns), default=0) > 4
        ax.set_xticks(range(len(columns)), columns, rotation=45 if turned else 0, ha="right" if turned else "center")
    if write is not None:
        for (i, j), value in np.ndenumerate(values):
            red, green, blue, _ = image.cmap(image.norm(value))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            ax.text(j, i, format(value, write), ha="center", va="center", color="white" if dark else "black", size=9)
    ax.figure.colorbar(image, ax=ax, label=label)
    return image


def _installed_chinese_fonts() -> list[str]:
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _CHINESE_FONTS if name in installed][:1]
