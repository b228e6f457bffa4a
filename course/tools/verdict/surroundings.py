"""What a call finds around it in one process, and must find in two: random states, gradient mode, error settings."""

from __future__ import annotations

import builtins
import contextlib
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from course.tools.verdict.codec import Decoder, Encoder, Malformed, Node

_LEGACY = np.random.mtrand._rand
_MOST_WARNINGS = 20
_ERRORS = ("ignore", "warn", "raise", "print")


class Seeds:
    """The global random states, and which of them the other side does not have yet."""

    def __init__(self) -> None:
        self._known = _states()

    def changes(self, encoder: Encoder) -> dict[str, Node]:
        """The states that have changed since they were last told or heard."""
        now = _states()
        told = {name: encoder.encode(state) for name, state in now.items() if state != self._known[name]}
        self._known = now
        return told

    def take(self, decoder: Decoder, told: Any) -> None:
        """Set the states that the other side has told of."""
        if type(told) is not dict or not told.keys() <= _SETTERS.keys():
            raise Malformed("no random states")
        for name, node in told.items():
            state = decoder.decode(node)
            try:
                _SETTERS[name](state)
            except (TypeError, ValueError, KeyError, RuntimeError, IndexError) as error:
                raise Malformed(f"no random state: {error}") from None
        if told:
            self._known = _states()


def _states() -> dict[str, Any]:
    legacy = _LEGACY.get_state(legacy=False)
    return {
        "numpy": (legacy["state"]["key"].tobytes(), legacy["state"]["pos"], legacy["has_gauss"], legacy["gauss"]),
        "torch": torch.get_rng_state().numpy().tobytes(),
        "python": random.getstate(),
    }


def _set_numpy(state: tuple[bytes, int, int, float]) -> None:
    key, position, has_gauss, gauss = state
    # A bit generator takes any position, and would read beyond its key.
    if len(key) != 624 * 4 or not 0 <= position <= 624:
        raise ValueError("no state of a Mersenne Twister")
    np.random.set_state(("MT19937", np.frombuffer(key, np.uint32).copy(), position, has_gauss, gauss))


_SETTERS: dict[str, Any] = {
    "numpy": _set_numpy,
    "torch": lambda state: torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8)),
    "python": random.setstate,
}


def modes() -> dict[str, Any]:
    """The settings that differ from what a process starts with."""
    found: dict[str, Any] = {}
    if not torch.is_grad_enabled():
        found["grad"] = False
    if torch.get_default_dtype() is not torch.float32:
        found["dtype"] = str(torch.get_default_dtype()).removeprefix("torch.")
    if (errors := np.geterr()) != _USUAL:
        found["errors"] = errors
    return found


_USUAL = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


@contextlib.contextmanager
def within(modes: dict[str, Any], caught: list[tuple[str, str]]) -> Iterator[None]:
    """Set the other side's settings for a while, and collect the warnings that are given."""
    before = torch.get_default_dtype()
    if "dtype" in modes:
        torch.set_default_dtype(getattr(torch, modes["dtype"]))
    try:
        with (
            torch.set_grad_enabled(modes.get("grad", True)),
            np.errstate(**modes.get("errors", _USUAL)),
            warnings.catch_warnings(record=True) as given,
        ):
            warnings.simplefilter("always")
            try:
                yield
            finally:
                for one in given[:_MOST_WARNINGS]:
                    caught.append((one.category.__name__, str(one.message)[:1000]))
    finally:
        if "dtype" in modes:
            torch.set_default_dtype(before)


def warn_again(told: Any) -> None:
    """Give the warnings that the other side has caught, so that this side's filters decide about them."""
    if type(told) is not list or len(told) > _MOST_WARNINGS:
        raise Malformed("no warnings")
    for name, message in told:
        category = getattr(builtins, str(name), None)
        known = isinstance(category, type) and issubclass(category, Warning)
        warnings.warn(str(message)[:1000], category if known else UserWarning, stacklevel=4)
