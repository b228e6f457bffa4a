"""What a call finds around it in one process, and must find in two: random states, gradient mode, error settings."""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course.tools.verdict.codec import Decoder, Encoder, Malformed, Node
from course.tools.verdict.library import HAS_TORCH, torch

_LEGACY = np.random.mtrand._rand
_TWISTER = _LEGACY._bit_generator
#: Where the key and the position of numpy's global generator lie: a look there costs a fiftieth of asking for them.
_TWISTER_AT, _TWISTER_BYTES = _TWISTER.ctypes.state_address, 624 * 4 + 4
_MOST_WARNINGS = 20
_ERRORS = ("ignore", "warn", "raise", "print")


class Seeds:
    """The global random states, and which of them the other side does not have yet."""

    def __init__(self) -> None:
        self._known = {name: mark(None) for name, (mark, _, _) in _GENERATORS.items()}

    def changes(self, encoder: Encoder) -> dict[str, Node]:
        """The states that have changed since they were last told or heard."""
        told = {}
        for name, (mark, state, _) in _GENERATORS.items():
            now = mark(self._known[name])
            if now != self._known[name]:
                self._known[name] = now
                told[name] = encoder.encode(state())
        return told

    def take(self, decoder: Decoder, told: Any) -> None:
        """Set the states that the other side has told of."""
        if type(told) is not dict or not told.keys() <= _GENERATORS.keys():
            raise Malformed("no random states")
        for name, node in told.items():
            mark, _, put = _GENERATORS[name]
            try:
                put(decoder.decode(node))
            except (TypeError, ValueError, KeyError, RuntimeError, IndexError) as error:
                raise Malformed(f"no random state: {error}") from None
            self._known[name] = mark(None)


def _numpy_mark(known: Any) -> Any:
    """Key and position, and the second half of a pair of normal numbers, which is kept elsewhere."""
    key = ctypes.string_at(_TWISTER_AT, _TWISTER_BYTES)
    if known is not None and known[0] == key and not known[1]:  # a half comes with a new key, and goes without one
        return known
    state = _LEGACY.get_state(legacy=False)
    return key, state["has_gauss"], state["gauss"]


def _numpy_state() -> tuple[bytes, int, int, float]:
    state = _LEGACY.get_state(legacy=False)
    return state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"], state["gauss"]


def _set_numpy(state: tuple[bytes, int, int, float]) -> None:
    key, position, has_gauss, gauss = state
    # A bit generator takes any position, and would read beyond its key.
    if len(key) != 624 * 4 or not 0 <= position <= 624:
        raise ValueError("no state of a Mersenne Twister")
    np.random.set_state(("MT19937", np.frombuffer(key, np.uint32).copy(), position, has_gauss, gauss))


def _torch_state() -> bytes:
    return torch.get_rng_state().numpy().tobytes()


def _set_torch(state: bytes) -> None:
    torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


#: By name: a mark that differs when the state does (it is given the last one), the state itself, and what sets it.
_GENERATORS: dict[str, tuple[Callable[[Any], Any], Callable[[], Any], Callable[[Any], None]]] = {
    "numpy": (_numpy_mark, _numpy_state, _set_numpy),
    "python": (lambda known: random.getstate(), random.getstate, random.setstate),
}
if HAS_TORCH:
    _GENERATORS["torch"] = (lambda known: _torch_state(), _torch_state, _set_torch)


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
