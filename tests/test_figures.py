"""The one figure style: legible, told apart by colour-blind eyes and in grey."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from course import figures

#: Machado, Oliveira & Fernandes (2009), table 1, severity 1: what is seen without red or without green receptors.
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


@pytest.fixture(autouse=True)
def _style() -> Iterator[None]:
    with mpl.rc_context():
        mpl.use("Agg")
        figures.use()
        yield
        plt.close("all")


def linear(colours: np.ndarray) -> np.ndarray:
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)


def lightness(colours: np.ndarray) -> np.ndarray:
    """CIE L*, 0 to 100, of sRGB colours, shape (..., 3)."""
    luminance = linear(colours) @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


def test_every_line_of_a_figure_has_a_colour_and_a_dash_of_its_own() -> None:
    _, ax = plt.subplots()
    lines = [ax.plot([0, 1])[0] for _ in figures.COLOURS]
    assert len({line.get_color() for line in lines}) == len(set(figures.DASHES)) == len(lines)
    first = lightness(np.array([to_rgb(colour) for colour in figures.COLOURS[:5]]))
    assert np.abs(np.diff(first)).min() > 15


@pytest.mark.parametrize("kind", BLIND)
def test_colour_blind_eyes_tell_the_colours_apart(kind: str) -> None:
    colours = linear(np.array([to_rgb(colour) for colour in figures.COLOURS]))
    seen = np.clip(colours @ np.array(BLIND[kind]).T, 0, 1)
    seen = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(len(seen), 1)]
    assert apart.min() > 0.1


def test_colour_maps_can_be_read_in_grey() -> None:
    ramp = lightness(mpl.colormaps[figures.SEQUENTIAL](np.linspace(0, 1, 64))[:, :3])
    assert (np.diff(ramp) > 0).all()
    signed = lightness(mpl.colormaps[figures.DIVERGING](np.linspace(0, 1, 65))[:, :3])
    assert (np.diff(signed[:33]) > 0).all() and (np.diff(signed[32:]) < 0).all()


def test_a_heatmap_writes_values_that_can_be_read() -> None:
    figure, ax = plt.subplots()
    values = np.array([[-1.0, 0.25, 0.5], [0.0, 0.75, 1.0]])
    image = figures.heatmap(ax, values, rows=["a", "b"], columns=["one", "two", "three"], label="unit", write=".2f")
    assert [text.get_text() for text in ax.texts] == [f"{value:.2f}" for value in values.ravel()]
    for text, value in zip(ax.texts, values.ravel(), strict=True):
        ground = lightness(np.array(image.cmap(image.norm(value))[:3]))
        ink = lightness(np.array(to_rgb(text.get_color())))
        assert abs(ground - ink) > 40, value
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert len(figure.axes) == 2, "the matrix and its colour bar"
    signed = figures.heatmap(plt.subplots()[1], values, diverging=True)
    assert signed.get_clim() == (-1.0, 1.0)


@pytest.mark.skipif(not figures.has_chinese(), reason="no font with Chinese is installed")
def test_chinese_is_drawn() -> None:
    figure, ax = plt.subplots()
    ax.set_title("交叉熵 cross-entropy, −1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()
