"""The optimizers' reference answers, to the letter of their claim: ``torch.optim``'s weights after each of 100 steps.

The notebook's hidden tests walk so far with one setting of each; here it is the whole grid.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from course.testing import assert_close
from course.tools import demo, paths, topic, trial
from tests.conftest import ROOT

GRIDS: dict[str, tuple[type[torch.optim.Optimizer], dict[str, list[Any]]]] = {
    "sgd": (torch.optim.SGD, {"lr": [0.01, 0.2], "momentum": [0.0, 0.4, 0.9], "dampening": [0.0, 0.3]}),
    "nesterov": (torch.optim.SGD, {"lr": [0.01, 0.2], "momentum": [0.4, 0.9], "nesterov": [True]}),
    "adagrad": (
        torch.optim.Adagrad,
        {"lr": [0.1, 1.0], "lr_decay": [0.0, 0.1], "initial_accumulator_value": [0.0, 2.0], "eps": [1e-10, 0.1]},
    ),
    "adadelta": (torch.optim.Adadelta, {"lr": [0.3, 1.0], "rho": [0.5, 0.9], "eps": [1e-6, 1e-2]}),
    "rmsprop": (
        torch.optim.RMSprop,
        {"lr": [0.1], "alpha": [0.5, 0.99], "eps": [1e-8, 0.1], "momentum": [0.0, 0.8], "centered": [False, True]},
    ),
    "adam": (
        torch.optim.Adam,
        {"lr": [0.001, 0.1], "betas": [(0.9, 0.999), (0.0, 0.9), (0.5, 0.3)], "eps": [1e-8, 0.1]},
    ),
    "adamax": (torch.optim.Adamax, {"lr": [0.002, 0.1], "betas": [(0.9, 0.999), (0.5, 0.9)], "eps": [1e-8, 0.1]}),
    "nadam": (
        torch.optim.NAdam,
        {"lr": [0.002, 0.1], "betas": [(0.9, 0.999), (0.5, 0.9)], "eps": [1e-8, 0.1], "momentum_decay": [0.004, 0.5]},
    ),
}  # fmt: skip
SHAPES = [(1,), (7,), (2, 3, 4)]


@pytest.fixture(scope="module")
def names() -> trial.Names:
    """The names of the optimizers notebook: its set-up and its reference answers."""
    source = topic.load(paths.source_file(ROOT, "optimizers"))
    defined = trial.prepare(source)
    for exercise in source.exercises:
        trial.execute(demo.reference(exercise), exercise.id, defined)
    return defined


@pytest.mark.parametrize("name", GRIDS)
def test_a_hundred_steps_of_the_whole_grid(name: str, names: trial.Names) -> None:
    """Each setting in each shape."""
    optimizer, grid = GRIDS[name]
    step = names["sgd" if name == "nesterov" else name]
    for values in itertools.product(*grid.values()):
        settings = dict(zip(grid, values, strict=True))
        for shape in SHAPES:
            start, gradient = names["noisy_bowl"](shape, seed=5)
            assert_close(
                names["walk"](step, start, gradient, 100, **settings),
                names["torch_walk"](optimizer, start, gradient, 100, **settings),
                rtol=1e-6 if name == "nadam" else 1e-9,  # torch keeps Nadam's product of momenta in float32
                atol=1e-7 if name == "nadam" else 0.0,
                label=f"{name} of shape {shape} with {settings}",
            )


def test_a_hundred_steps_of_ftrl(names: trial.Names) -> None:
    """To McMahan et al.'s Algorithm 1, which torch does not have: the hidden test writes it out entry by entry."""
    source = topic.load(paths.source_file(ROOT, "optimizers"))
    (definition,) = (test for exercise in source.exercises for test in exercise.tests if test.id == "ftrl-definition")
    told = dict(names)
    trial.execute(definition.source, definition.id, told)
    grid = {"alpha": [0.05, 0.5], "beta": [0.2, 1.0], "l1": [0.0, 3.0], "l2": [0.0, 1.0]}
    for values, shape in itertools.product(itertools.product(*grid.values()), SHAPES):
        settings = dict(zip(grid, values, strict=True))
        start, gradient = names["noisy_bowl"](shape, seed=7)
        path = names["walk"](names["ftrl"], np.zeros(shape), gradient, 100, **settings)
        expected = told["algorithm_1"](start, gradient, 100, **settings)
        assert_close(path, expected, rtol=1e-9, label=f"ftrl of shape {shape} with {settings}")
        assert_close(path == 0, expected == 0, label="where the weights are exactly zero")


@pytest.mark.parametrize("optimizer, step", [("AdamW", "adam"), ("Adam", "adam"), ("SGD", "sgd")])
def test_a_hundred_steps_with_decay(optimizer: str, step: str, names: trial.Names) -> None:
    """Decoupled in AdamW, in the gradient elsewhere."""

    def decayed(w: np.ndarray, grad: np.ndarray, state: dict[str, Any], **settings: Any) -> Any:
        return names["decayed"](names[step], w, grad, state, decoupled=optimizer == "AdamW", **settings)

    for lr, weight_decay, shape in itertools.product([0.01, 0.1], [0.01, 0.5], SHAPES):
        start, gradient = names["noisy_bowl"](shape, seed=6)
        settings = {"lr": lr, "weight_decay": weight_decay}
        assert_close(
            names["walk"](decayed, start, gradient, 100, **settings),
            names["torch_walk"](getattr(torch.optim, optimizer), start, gradient, 100, **settings),
            rtol=1e-9,
            label=f"{optimizer} of shape {shape} with {settings}",
        )
