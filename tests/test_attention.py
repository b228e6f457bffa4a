"""The attention notebook's count of FLOPs, against torch's own counter.

The hidden test has three of these counts as numbers: the counter loads torch's compiler first, a second of waiting.
"""

from __future__ import annotations

import itertools

import torch
from torch.utils.flop_counter import FlopCounterMode

from course.tools import demo, paths, topic, trial
from tests.conftest import ROOT

HIDDEN = [(2, 3, 7, 12, 4, 4), (3, 5, 2, 6, 1, 8), (1, 4, 4, 8, 8, 2)]


def test_cost_is_what_torch_counts() -> None:
    source = topic.load(paths.source_file(ROOT, "attention"))
    (exercise,) = (one for one in source.exercises if one.id == "cost")
    names = trial.prepare(source)
    trial.execute(demo.reference(exercise), exercise.id, names)
    (judged,) = (test.source for test in exercise.tests if test.id == "cost-behaviour")
    assert all(f"({sizes}, " in judged for sizes in HIDDEN)
    for b, t_q, t_k, d, h, size in [*HIDDEN, *itertools.product((1, 3), (2, 5), (3, 4), (6, 12), (1, 3), (2, 8))]:
        assert names["attention_cost"](b, t_q, t_k, d, h, size) == counted(b, t_q, t_k, d, h, size)


def counted(b: int, t_q: int, t_k: int, d: int, h: int, size: int) -> dict[str, int]:
    """The same products done by torch."""
    with FlopCounterMode(display=False) as projecting:
        for tokens in (t_q, t_k, t_k, t_q):
            torch.ones(b * tokens, d) @ torch.ones(d, d)
    with FlopCounterMode(display=False) as attending:
        scores = torch.ones(b * h, t_q, d // h) @ torch.ones(b * h, d // h, t_k)
        scores @ torch.ones(b * h, t_k, d // h)
    return {
        "projections": projecting.get_total_flops(),
        "products": attending.get_total_flops(),
        "softmax": scores.numel(),
        "weight_bytes": scores.numel() * size,
    }
