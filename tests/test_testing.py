"""The checks that notebooks use: what they let pass, what they refuse, and what they say."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course.testing import CheckFailed, assert_close, assert_frequency, assert_gradient, assert_raises


def message(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(CheckFailed) as caught:
        assert_close(*args, **kwargs)
    return str(caught.value)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1.0, np.float64(1.0)),
        (np.array(2), 2.0),
        (np.float32(0.1), np.float32(0.1)),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        (np.array([np.nan, np.inf, -np.inf]), np.array([np.nan, np.inf, -np.inf])),
        (torch.nn.Parameter(torch.ones(2)), torch.ones(2)),
        ([1, (2.0, {"a": np.zeros(3)})], [1, (2, {"a": np.zeros(3)})]),
        (True, np.bool_(True)),
        (np.array([True]), np.array([True])),
        (["words", None], ["words", None]),
        (scipy.sparse.csr_array(np.eye(2)), scipy.sparse.coo_matrix(np.eye(2))),
        (np.array(["a", "b"]), np.array(["a", "b"])),
        ([], []),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_equal_values_pass(actual: Any, expected: Any) -> None:
    assert_close(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "says"),
    [
        (1.0, 2.0, "is wrong"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "has shape (2, 3), where (3, 2) is asked for"),
        (np.zeros(1), 0.0, "is an array, where a number (float) is asked for"),
        (np.zeros(3), torch.zeros(3), "stay in the library of the inputs"),
        ([1.0], np.array([1.0]), "is a list, where an array is asked for"),
        ((1, 2), [1, 2], "is a tuple, where a list is asked for"),
        ([1, 2, 3], [1, 2], "has 3 elements, not 2"),
        ({"a": 1}, {"b": 1}, "lacks 'b' and has 'a' too many"),
        (None, 1.0, "did you forget to return it?"),
        (1, True, "is a number (int), where a bool is asked for"),
        (np.array([1, 0]), np.array([True, False]), "an array of bools is asked for"),
        (np.array([np.nan]), np.array([1.0]), "it holds NaN"),
        (np.array([np.inf]), np.array([1.0]), "it holds infinities"),
        (np.array([1.0]), np.array([np.nan]), "is wrong"),
        ("cat", "dog", "is not the text expected"),
        ({"a": [1.0, 2.0]}, {"a": [1.0, 2.5]}, "at ['a'][1] is wrong"),
        (np.array([3, 4]), np.array([3, 5]), "in 1 of 2 places, first at [1]"),
        (10**17 + 1, 10**17, "is wrong"),
    ],
)
def test_different_values_are_refused_and_named(actual: Any, expected: Any, says: str) -> None:
    assert says in message(actual, expected)


def test_the_report_is_a_table_of_the_first_differences() -> None:
    text = message(np.array([1.0, 2.5, 3.0]), np.array([1.0, 2.0, 3.0]), label="f(x)")
    assert text.startswith("f(x) is wrong in 1 of 3 places, first at [1]")
    assert text.splitlines()[2].split() == ["index", "expected", "got", "difference", "relative"]
    assert text.splitlines()[3].split() == ["[1]", "2", "2.5", "0.5", "0.25"]
    assert "expected: shape (3,), float64; got: shape (3,), float64" in text


def test_the_lesson_of_a_failed_check_gives_no_expected_value_away() -> None:
    with pytest.raises(CheckFailed) as caught:
        assert_close(np.array([1.25]), np.array([7.125]), label="f(x)", known={"you forgot the half": np.array([1.25])})
    assert "7.125" in str(caught.value)
    assert caught.value.lesson == "f(x) is wrong in 1 of 1 places, first at [0]\n→ you forgot the half"


def test_a_known_mistake_is_named_only_where_it_fits() -> None:
    known = {"this is the mean": np.array([0.5]), "this is the maximum": lambda: np.array([1.0])}
    assert "→ this is the maximum" in message(np.array([1.0]), np.array([2.0]), known=known)
    assert "→" not in message(np.array([1.5]), np.array([2.0]), known=known)


class _EqualsEverything(np.ndarray):
    def __eq__(self, other: object) -> Any:
        return True

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return np.ones(3)


class _Clever:
    __array_priority__ = 1e9

    def __eq__(self, other: object) -> bool:
        return True

    def __sub__(self, other: object) -> float:
        return 0.0

    __rsub__ = __sub__

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return np.ones(3)


class _Float(float):
    def __sub__(self, other: object) -> Any:
        return 0.0


@pytest.mark.parametrize(
    "value",
    [
        _Clever(),
        np.zeros(3).view(_EqualsEverything),
        _Float(5.0),
        np.array([_Clever()] * 3, dtype=object),
        np.ma.masked_array([0, 0, 0], mask=True),
        type("MyTensor", (torch.Tensor,), {})([0.0, 0.0, 0.0]),
    ],
)
def test_only_plain_types_are_compared(value: Any) -> None:
    assert "give plain arrays" in message(value, np.ones(3))
    assert "give plain arrays" in message([value], [np.ones(3)])


def test_tolerances_follow_the_coarser_type() -> None:
    wide = np.array([1.0])
    assert_close(wide.astype(np.float32) * np.float32(1 + 1e-6), wide)
    message(wide * (1 + 1e-6), wide)
    assert_close(wide * (1 + 1e-4), wide, rtol=1e-3)
    message(wide * (1 + 1e-4), wide, rtol=1e-5)
    message(np.array([1e-9]), np.array([0.0]))
    assert_close(torch.tensor([1.0], dtype=torch.bfloat16), torch.tensor([1.004]))


def test_dtype_is_checked_where_asked_for() -> None:
    assert_close(np.ones(1, np.float32), np.ones(1), dtype=np.float32)
    assert "has dtype float64, where float32 is asked for" in message(np.ones(1), np.ones(1), dtype=np.float32)
    assert "has dtype torch.float32, where torch.float64" in message(torch.ones(1), torch.ones(1), dtype=torch.float64)


@settings(max_examples=200, deadline=None)
@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6),
    place=st.integers(0, 5),
    gap=st.floats(1e-3, 1e3),
)
def test_a_value_equals_itself_and_no_value_moved_by_more_than_the_tolerance(
    values: list[float], place: int, gap: float
) -> None:
    x = np.array(values)
    assert_close(x.copy(), x)
    moved = x.copy()
    moved[place % x.size] += gap + 1e-6 * abs(moved[place % x.size])
    message(moved, x)


def test_gradient_by_finite_differences() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3))
    assert_gradient(3 * x**2, lambda v: (v**3).sum(), x)
    point = torch.tensor(x)
    assert_gradient(3 * point**2, lambda v: (v**3).sum(), point)
    with pytest.raises(CheckFailed, match=r"worst entry \[1, 2\]"):
        wrong = 3 * x**2
        wrong[1, 2] += 1
        assert_gradient(wrong, lambda v: (v**3).sum(), x)
    with pytest.raises(CheckFailed, match="→ you forgot the 3"):
        assert_gradient(x**2, lambda v: (v**3).sum(), x, known={"you forgot the 3": x**2})
    with pytest.raises(CheckFailed, match="has shape"):
        assert_gradient(x[0], lambda v: (v**3).sum(), x)
    with pytest.raises(CheckFailed, match="worst entry"):
        assert_gradient(np.full_like(x, np.nan), lambda v: (v**3).sum(), x)


def test_a_gradient_that_is_zero_on_both_sides_proves_nothing() -> None:
    x = np.ones(3)
    with pytest.raises(CheckFailed, match="proves nothing"):
        assert_gradient(np.zeros(3), lambda v: 0.0, x)
    assert_gradient(np.zeros(3), lambda v: 0.0, x, allow_zero=True)


def test_errors_are_checked_by_type_and_message() -> None:
    assert_raises(ValueError, int, "x", mentions="invalid literal")
    with pytest.raises(CheckFailed, match="returned a value where it must raise ValueError"):
        assert_raises(ValueError, int, "3")
    with pytest.raises(CheckFailed, match="raised TypeError"):
        assert_raises(ValueError, int, None)
    with pytest.raises(CheckFailed, match="does not mention 'shape'"):
        assert_raises(ValueError, int, "x", mentions="shape")

    def unsolved() -> None:
        raise NotImplementedError("not implemented yet")

    with pytest.raises(NotImplementedError):
        assert_raises(Exception, unsolved)


def test_frequencies_by_the_binomial_law() -> None:
    assert_frequency(1500, 10_000, 0.15)
    assert_frequency(1700, 10_000, 0.15)  # 5.6 standard deviations: a false alarm must be rarer than that
    for count in (1000, 2000, 0, 10_000):
        with pytest.raises(CheckFailed, match="gives about"):
            assert_frequency(count, 10_000, 0.15)
    with pytest.raises(CheckFailed, match="between 0 and 10"):
        assert_frequency(11, 10, 0.5)


def test_importing_it_is_cheap_and_loads_nothing_heavy() -> None:
    """Less than 0.3 s of processor time beyond numpy: the least of five runs, because the machine may be busy."""
    code = (
        "import numpy, sys, time; began = time.process_time(); import course.testing, course.figures, course.data;"
        "seconds = time.process_time() - began; heavy = {'torch', 'matplotlib', 'sklearn', 'scipy', 'nbgrader'};"
        "print(seconds, *sorted(heavy & set(sys.modules)))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
        for _ in range(5)
    ]
    assert [heavy for _, *heavy in runs] == [[]] * 5
    assert min(float(seconds) for seconds, *_ in runs) < 0.3
