"""Checks for exercises: what differs, by how much, and which known mistake it looks like.

Every check raises :class:`CheckFailed`. Its text is the full report; its ``lesson`` says what went wrong without
giving expected values away, so that it can be shown where a test is hidden.

Only a closed list of exact types is compared (see :func:`assert_close`): an object with a clever ``__eq__`` or
``__array__`` of its own is refused by name.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import numpy as np

__all__ = ["CheckFailed", "assert_close", "assert_frequency", "assert_gradient", "assert_raises"]

_ROWS_SHOWN = 5
# Relative and absolute tolerance by the size in bytes of the coarsest floating type that takes part.
_TOLERANCES = {16: (1e-7, 1e-12), 8: (1e-7, 1e-12), 4: (1e-5, 1e-7), 2: (1e-2, 1e-3)}
_NUMPY_SCALARS = frozenset(np.sctypeDict.values())


class CheckFailed(AssertionError):
    """A check that did not hold.

    ``lesson`` is the part of the message that is safe to show for a hidden test: no expected values.
    """

    def __init__(self, message: str, lesson: str | None = None) -> None:
        super().__init__(message)
        self.lesson = message if lesson is None else lesson


class _Difference(Exception):
    """Where two values part: a headline, and a table that may show the expected values."""

    def __init__(self, headline: str, table: str = "") -> None:
        super().__init__(headline)
        self.headline = headline
        self.table = table


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: Any = None,
    label: str = "the result",
    known: Mapping[str, Any] | None = None,
) -> None:
    """Check that ``actual`` equals ``expected`` in structure, shape and, within a tolerance, in value.

    Parameters
    ----------
    actual, expected
        ``ndarray``, numpy scalar, ``torch.Tensor``, ``Parameter``, ``bool``, ``int``, ``float``, ``str``, ``None``,
        scipy sparse arrays, or lists, tuples and dicts of these: exactly these types, no subclasses.
        Python numbers, numpy scalars and 0-d arrays may stand for each other, and so may whole numbers of any numeric
        type; a tensor and an array, a list and a tuple, a bool and a number may not.
    rtol, atol : float, optional
        Accept ``|actual − expected| ≤ atol + rtol·|expected|``. By default 1e-7 and 1e-12 for float64,
        1e-5 and 1e-7 for float32, 1e-2 and 1e-3 for half precision. NaN equals NaN, and each infinity itself.
    dtype : optional
        Where given, the dtype that ``actual`` must have.
    label : str
        What is compared, as the learner knows it: ``"rms_norm(x, gain)"``.
    known : mapping of str to value, optional
        Known mistakes: what to say, and the value that gives each away (or a function without arguments that
        computes it). The first that ``actual`` equals is named in the message.

    Raises
    ------
    CheckFailed
        With the first differences as a table, and the name of the mistake where it is known.
    """
    try:
        if dtype is not None:
            _compare_dtype(actual, dtype)
        _compare(actual, expected, rtol, atol, "")
    except _Difference as difference:
        mistake = _recognise(actual, known or {}, rtol, atol)
        _fail(label, difference, mistake)


def assert_gradient(
    actual: Any,
    function: Callable[[Any], Any],
    x: Any,
    *,
    step: float = 1e-5,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    allow_zero: bool = False,
    label: str = "the gradient",
    known: Mapping[str, Any] | None = None,
) -> None:
    """Check a gradient against central differences in float64.

    Parameters
    ----------
    actual : ndarray or Tensor, shape of ``x``
        The gradient of ``function`` at ``x`` to be judged.
    function : callable
        Takes one float64 array (or tensor) of the shape of ``x``, returns a scalar.
    x : ndarray or Tensor
        The point. Choose one away from kinks: central differences straddle them.
    step : float
        Half the distance between the two evaluations; the error is of order ``step²``.
    rtol, atol : float
        The worst entry must satisfy ``|actual − numeric| ≤ atol + rtol·max|numeric|``.
    allow_zero : bool
        A check in which both sides vanish everywhere proves nothing and fails, unless this is true.
    label, known
        As in :func:`assert_close`.

    Raises
    ------
    CheckFailed
        With the worst entry; or because both gradients are zero everywhere.
    """
    point, like = _as_array(x)
    point = point.astype(np.float64)
    numeric = np.empty_like(point)
    for index in np.ndindex(point.shape):
        ends = []
        for direction in (1, -1):
            moved = point.copy()
            moved[index] += direction * step
            ends.append(_scalar(function(like(moved)), label))
        numeric[index] = (ends[0] - ends[1]) / (2 * step)
    expected = like(numeric)
    try:
        _compare_kind(actual, expected, "")
        given = _as_array(actual)[0].astype(np.float64)
        _compare_shape(given, numeric, "")
        if not numeric.any() and not given.any():
            if allow_zero:
                return
            raise _Difference("is zero everywhere, and so are the finite differences: this check proves nothing here")
        gap = np.abs(given - numeric)
        allowed = atol + rtol * np.abs(numeric).max(initial=0.0)
        if not (gap <= allowed).all():
            flat = int(np.argmax(np.where(np.isnan(gap), np.inf, gap)))
            worst = tuple(int(i) for i in np.unravel_index(flat, gap.shape))
            raise _Difference(
                f"does not match finite differences (worst entry {_index(worst)})",
                _table([(worst, numeric[worst], given[worst])]) + _shapes(given, numeric),
            )
    except _Difference as difference:
        _fail(label, difference, _recognise(actual, known or {}, rtol, atol))


def assert_raises(
    error: type[BaseException], function: Callable[..., Any], *args: Any, mentions: str = "", **kwargs: Any
) -> None:
    """Check that ``function(*args, **kwargs)`` raises ``error`` (or a subclass), with ``mentions`` in its message.

    Raises
    ------
    CheckFailed
        Nothing was raised, another exception was, or its message lacks ``mentions``.
    NotImplementedError
        Passed on, so that an exercise not yet begun says so.
    """
    name = getattr(function, "__name__", "the function")
    try:
        function(*args, **kwargs)
    except NotImplementedError:
        raise
    except error as raised:
        if mentions.lower() not in str(raised).lower():
            raise CheckFailed(
                f"{name} raised {type(raised).__name__}, as it must, but its message does not mention {mentions!r}: "
                f"it says {str(raised)!r}",
                f"{name} raised {type(raised).__name__}, as it must, but its message does not mention {mentions!r}",
            ) from None
        return
    except Exception as raised:
        raise CheckFailed(
            f"{name} raised {type(raised).__name__} ({raised}) where {error.__name__} is asked for"
        ) from raised
    raise CheckFailed(f"{name} returned a value where it must raise {error.__name__}")


def assert_frequency(
    count: int, total: int, probability: float, *, label: str = "the event", alarm: float = 1e-10
) -> None:
    """Check that ``count`` of ``total`` independent trials fits ``probability``.

    The two-sided exact binomial test, at a false-alarm rate of ``alarm``: a right answer fails it once in ten
    thousand million runs, whatever its random generator does.

    Raises
    ------
    CheckFailed
        The count lies in a tail of probability less than ``alarm / 2``.
    """
    from scipy.stats import binom

    if type(count) is bool or not isinstance(count, (int, np.integer)) or not 0 <= count <= total:
        raise CheckFailed(f"{label}: a count between 0 and {total} was expected, got {count!r}")
    low, high = binom.cdf(count, total, probability), binom.sf(count - 1, total, probability)
    if min(low, high) < alarm / 2:
        middle, spread = total * probability, math.sqrt(total * probability * (1 - probability))
        raise CheckFailed(
            f"{label}: happened {count} times in {total} ({count / total:.2%}), "
            f"where a probability of {probability:.2%} gives about {middle:.0f} ± {4 * spread:.0f}",
            f"{label}: happened {count / total:.2%} of the time, which chance alone does not explain",
        )


def _fail(label: str, difference: _Difference, mistake: str | None) -> NoReturn:
    lesson = f"{label} {difference.headline}"
    if mistake is not None:
        lesson = f"{lesson}\n→ {mistake}"
    raise CheckFailed(f"{lesson}\n\n{difference.table}".rstrip(), lesson) from None


def _recognise(actual: Any, known: Mapping[str, Any], rtol: float | None, atol: float | None) -> str | None:
    for mistake, value in known.items():
        try:
            _compare(actual, value() if callable(value) else value, rtol, atol, "")
        except _Difference:
            continue
        return mistake
    return None


def _compare(actual: Any, expected: Any, rtol: float | None, atol: float | None, path: str) -> None:
    """Raise :class:`_Difference` at the first place where the two part."""
    _compare_kind(actual, expected, path)
    if type(expected) in (list, tuple):
        if len(actual) != len(expected):
            raise _Difference(f"{_at(path)}has {len(actual)} elements, not {len(expected)}", _both(actual, expected))
        for position, (one, other) in enumerate(zip(actual, expected, strict=True)):
            _compare(one, other, rtol, atol, f"{path}[{position}]")
    elif type(expected) is dict:
        missing, extra = [k for k in expected if k not in actual], [k for k in actual if k not in expected]
        if missing or extra:
            parts = [f"lacks {_some(missing)}"] * bool(missing) + [f"has {_some(extra)} too many"] * bool(extra)
            raise _Difference(f"{_at(path)}has other keys: it {' and '.join(parts)}")
        for key in expected:
            _compare(actual[key], expected[key], rtol, atol, f"{path}[{key!r}]")
    elif type(expected) is str or expected is None:
        if actual != expected:
            raise _Difference(f"{_at(path)}is not the text expected".strip(), _both(actual, expected))
    else:
        _compare_numbers(actual, expected, rtol, atol, path)


def _compare_numbers(actual: Any, expected: Any, rtol: float | None, atol: float | None, path: str) -> None:
    got, want = _as_array(actual)[0], _as_array(expected)[0]
    _compare_shape(got, want, path)
    sizes = [value.dtype.itemsize for value in (actual, expected) if _is_floating(value)]
    default_rtol, default_atol = _TOLERANCES[min([*sizes, 8])]
    rtol, atol = default_rtol if rtol is None else rtol, default_atol if atol is None else atol
    if got.dtype.kind in "OSUV" or want.dtype.kind in "OSUV":
        wrong = np.asarray(got != want)
    else:
        wide = np.complex128 if "c" in (got.dtype.kind, want.dtype.kind) else np.float64
        exact = got.dtype.kind in "biu" and want.dtype.kind in "biu"
        with np.errstate(all="ignore"):
            got_wide, want_wide = got.astype(wide), want.astype(wide)
            close = np.abs(got_wide - want_wide) <= atol + rtol * np.abs(want_wide)
            close &= np.isfinite(want_wide) & np.isfinite(got_wide)
            same = (got == want) if exact else (got_wide == want_wide) | (np.isnan(got_wide) & np.isnan(want_wide))
        wrong = ~(same if exact else close | same)
    if wrong.any():
        places = [tuple(int(i) for i in place) for place in np.argwhere(wrong)[:_ROWS_SHOWN]]
        rows = [(place, want[place], got[place]) for place in places]
        count = "" if want.ndim == 0 else f" in {int(wrong.sum())} of {want.size} places, first at {_index(places[0])}"
        special = _special(got[wrong], want[wrong])
        raise _Difference(f"{_at(path)}is wrong{count}{special}", _table(rows) + _shapes(got, want))


def _is_floating(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return dtype.kind == "f" if isinstance(dtype, np.dtype) else getattr(dtype, "is_floating_point", False)


def _special(got: np.ndarray, want: np.ndarray) -> str:
    """Say so where the trouble is NaN or infinity."""
    if got.dtype.kind not in "fc":
        return ""
    if np.isnan(got).any():
        return " (it holds NaN)"
    if np.isinf(got).any() and not (want.dtype.kind in "fc" and np.isinf(want).any()):
        return " (it holds infinities)"
    return ""


def _compare_shape(got: np.ndarray, want: np.ndarray, path: str) -> None:
    if got.shape != want.shape:
        raise _Difference(f"{_at(path)}has shape {got.shape}, where {want.shape} is asked for", _shapes(got, want))


def _compare_dtype(actual: Any, dtype: Any) -> None:
    _compare_known_type(actual, "")
    given = getattr(actual, "dtype", type(actual))
    same = np.dtype(given) == np.dtype(dtype) if isinstance(given, (np.dtype, type)) else given == dtype
    if not same:
        raise _Difference(f"has dtype {_name(given)}, where {_name(dtype)} is asked for")


def _compare_kind(actual: Any, expected: Any, path: str) -> None:
    _compare_known_type(actual, path)
    got, want = _kind(actual), _kind(expected)
    if got == want:
        return
    # A Python number, a numpy scalar and a 0-d array are one thing; a bool is not a number.
    if {got, want} == {"array", "number"} and np.ndim(actual) == np.ndim(expected) == 0:
        got = want = "number"
    if got == want:
        return
    hint = ""
    if {got, want} == {"array", "tensor"}:
        hint = ": stay in the library of the inputs"
    elif got == "None":
        hint = ": did you forget to return it?"
    raise _Difference(f"{_at(path)}is {_describe(actual)}, where {_describe(expected)} is asked for{hint}")


def _compare_known_type(actual: Any, path: str) -> None:
    if _kind(actual) == "unknown":
        raise _Difference(
            f"{_at(path)}is of type {type(actual).__module__}.{type(actual).__qualname__}: "
            "give plain arrays, tensors, numbers, strings, lists, tuples or dicts"
        )


def _kind(value: Any) -> str:
    kind = type(value)
    if kind in (list, tuple, dict, str):
        return kind.__name__
    if value is None:
        return "None"
    if kind in (bool, np.bool_):
        return "bool"
    if kind in (int, float, complex) or kind in _NUMPY_SCALARS:
        return "number"
    if kind is np.ndarray:
        if value.dtype.kind in "OV":
            return "unknown"
        if value.dtype.kind == "b":
            return "bool array" if value.ndim else "bool"
        return "array"
    torch = sys.modules.get("torch")
    if torch is not None and kind in (torch.Tensor, torch.nn.Parameter):
        return "bool tensor" if value.dtype == torch.bool else "tensor"
    if _is_sparse(value):
        return "sparse"
    return "unknown"


def _is_sparse(value: Any) -> bool:
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and type(value) in (
        sparse.csr_matrix,
        sparse.csr_array,
        sparse.csc_matrix,
        sparse.csc_array,
        sparse.coo_matrix,
        sparse.coo_array,
    )


def _describe(value: Any) -> str:
    kind = _kind(value)
    if kind == "number":
        return f"a number ({type(value).__name__})"
    if kind == "unknown":
        return f"a {type(value).__name__}"
    noun = {"array": "an array", "bool array": "an array of bools", "bool tensor": "a tensor of bools"}
    noun |= {"bool": "a bool", "str": "a string", "None": "None", "dict": "a dict", "sparse": "a sparse matrix"}
    return noun.get(kind, f"a {kind}")


def _as_array(value: Any) -> tuple[np.ndarray, Callable[[np.ndarray], Any]]:
    """The value as an array, and the way back to its own library."""
    torch = sys.modules.get("torch")
    if torch is not None and type(value) in (torch.Tensor, torch.nn.Parameter):
        plain = value.detach().cpu()
        plain = plain.float() if plain.dtype == torch.bfloat16 else plain
        return plain.resolve_conj().resolve_neg().numpy(), torch.from_numpy
    if _is_sparse(value):
        return value.toarray(), np.asarray
    return np.asarray(value), np.asarray


def _scalar(value: Any, label: str) -> float:
    array = _as_array(value)[0]
    if array.size != 1:
        raise CheckFailed(f"{label}: the function to differentiate must return one number, not shape {array.shape}")
    return float(array.reshape(()))


def _table(rows: Iterable[tuple[tuple[int, ...], Any, Any]]) -> str:
    lines = [f"{'index':<12}{'expected':>16}{'got':>16}{'difference':>14}{'relative':>12}"]
    for place, want, got in rows:
        if isinstance(want, (str, np.str_)):
            lines.append(f"{_index(place):<12}{want!s:>16}{got!s:>16}")
            continue
        with np.errstate(all="ignore"):
            gap = abs(np.complex128(got) - np.complex128(want))
            share = gap / abs(np.complex128(want)) if want else np.inf
        lines.append(f"{_index(place):<12}{want:>16.9g}{got:>16.9g}{gap:>14.3g}{share:>12.3g}")
    return "\n".join(lines)


def _shapes(got: np.ndarray, want: np.ndarray) -> str:
    return f"\nexpected: shape {want.shape}, {want.dtype}; got: shape {got.shape}, {got.dtype}"


def _both(actual: Any, expected: Any) -> str:
    return f"expected: {_short(expected)}\ngot:      {_short(actual)}"


def _short(value: Any, limit: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _some(keys: list[Any]) -> str:
    return ", ".join(repr(key) for key in keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def _at(path: str) -> str:
    return f"at {path} " if path else ""


def _index(place: tuple[Any, ...]) -> str:
    return "[" + ", ".join(str(int(i)) for i in place) + "]" if place else "(scalar)"


def _name(dtype: Any) -> str:
    return getattr(dtype, "__name__", str(dtype))
