"""What goes from one process to the other and back, compared with what one process gives."""

from __future__ import annotations

import collections
import fractions
import operator
import random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

from course.testing import assert_close
from course.tools.verdict import link
from course.tools.verdict.codec import NotCarried
from course.tools.verdict.link import Gone
from course.tools.verdict.peer import LearnerStopped
from tests.verdict.conftest import Judging

VALUES: list[Any] = [
    None, True, -3, 2**80, -(2**70), 1.5, float("inf"), -0.0, "text \ud800 文", b"bytes", 1 + 2j, (), (1, [2, (3,)]), [], {}, {1: "a", (2, 3): [4]},
    {1, 2}, frozenset({"a"}), range(3, 9, 2), slice(1, None), ..., fractions.Fraction(1, 3), collections.Counter("aab"),
    collections.OrderedDict(b=1, a=2), collections.deque([1, 2]), int, np.float32, torch.int64, np.dtype("f4"), torch.Size([2, 3]),
]  # fmt: skip
DTYPES = "? b B h H i I l L e f d g F D S5 U3 M8[s] m8[ms] i4,f8".split()


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_come_back_as_they_went(judging: Judging, value: Any) -> None:
    back = judging("def wrap(x): return (x, 1)").look("wrap")(value)[0]
    assert type(back) is type(value)
    assert repr(back) == repr(value)


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_and_scalars_of_every_dtype(judging: Judging, dtype: str) -> None:
    echo = judging("def echo(x): return x.copy()").look("echo")
    array = (
        np.arange(24).astype("i8").reshape(2, 3, 4).astype(dtype) if "," not in dtype else np.zeros((2, 3, 4), dtype)
    )
    for given in (array, array.T, array[:, ::2], array[:0], array[0, 0, 0:1].reshape(())):
        back = echo(given)
        assert (type(back), back.dtype, back.shape) == (np.ndarray, given.dtype, given.shape)
        assert np.array_equal(back, given)
    scalar = array[1, 2, 3]
    if "," not in dtype:
        assert type(echo(scalar)) is type(scalar) and echo(scalar) == scalar


def test_tensors_sparse_matrices_and_shared_classes(judging: Judging) -> None:
    peer = judging(
        "def echo(x): return [x][0].clone()\ndef twice(x): return x * 2\ndef move(p): return Point(p.x + 1, p.tags)"
    )
    for dtype in (
        torch.float32,
        torch.float64,
        torch.bfloat16,
        torch.float16,
        torch.int32,
        torch.bool,
        torch.complex64,
    ):
        for given in (
            torch.ones(2, 3, dtype=dtype).T,
            torch.ones(3, 1, dtype=dtype).expand(3, 4),
            torch.ones(0, dtype=dtype),
        ):
            back = peer.look("echo")(given)
            assert back.dtype == dtype and torch.equal(back, given)
    for layout in ("csr", "csc", "coo"):
        for kind in (f"{layout}_array", f"{layout}_matrix"):
            given = getattr(sparse, kind)(np.eye(3))
            assert_close(peer.look("twice")(given), given * 2)
    kind = peer.names["Point"]
    tags: list[str] = []
    moved = peer.look("move")(kind(1.0, tags))
    assert type(moved) is kind and moved == kind(2.0, []) and moved.tags is tags


def test_a_function_of_a_set_up_cell_runs_where_it_is_called(judging: Judging) -> None:
    peer = judging("def apply(f, x): return f(x)\ndef given(): return doubled")
    doubled, calls = peer.names["doubled"], peer.names["calls"]
    assert peer.look("apply")(doubled, 3) == 6 and calls == []
    assert peer.look("apply")(lambda x: doubled(x), 3) == 6 and calls == [3]
    assert peer.look("given")() is doubled


def test_arguments_changed_in_place(judging: Judging) -> None:
    peer = judging(
        "def change(x, t, l, d, g, s):\n"
        "    x[1] = 9; t += 1; l.append(x); d['l'] = l; s.add(3); l.reverse(); return l, g.normal(size=2)\n"
        "def shuffle(x): np.random.default_rng(0).shuffle(x)"
    )
    x, t, items, d, s = np.zeros(3), torch.zeros(2), [1], {}, {1}  # type: ignore[var-annotated]
    rng, same = np.random.default_rng(5), np.random.default_rng(5)
    got, drawn = peer.look("change")(x, t, items, d, rng, s)
    assert got is items and items[0] is x and items[1] == 1 and d["l"] is items
    assert x.tolist() == [0, 9, 0] and t.tolist() == [1, 1] and s == {1, 3}
    assert drawn.tolist() == same.normal(size=2).tolist() and rng.random() == same.random()
    order = list(range(50))
    peer.look("shuffle")(order)
    expected = list(range(50))
    np.random.default_rng(0).shuffle(expected)
    assert order == expected


def test_global_seeds_give_what_one_process_gives(judging: Judging) -> None:
    draw = judging("import random\ndef draw(): return np.random.rand(), torch.rand(()).item(), random.random()").look(
        "draw"
    )

    def three(first: Callable[[], Any]) -> list[Any]:
        np.random.seed(1), torch.manual_seed(2), random.seed(3)
        return [first(), np.random.rand(), torch.rand(()).item(), random.random()]

    assert three(draw) == three(lambda: (np.random.rand(), torch.rand(()).item(), random.random()))


def test_gradients_both_ways(judging: Judging) -> None:
    peer = judging(
        "def attention(q, k, v): return torch.softmax(q @ k.T, -1) @ v\n"
        "def around(f, x): return f(x * 3) * 2\n"
        "def inside(x): (x ** 2).sum().backward()\n"
        "kept = []\ndef keep(x):\n    kept.append(x * 2)\n    return kept[0] * x"
    )
    q, k, v = (torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(3))
    ours, theirs = torch.softmax(q @ k.T, -1) @ v, peer.look("attention")(q * 1, k, v)
    assert_close(torch.autograd.grad(theirs.sum(), (q, k, v)), torch.autograd.grad(ours.sum(), (q, k, v)))
    weight = torch.randn(3, 3, dtype=torch.float64, requires_grad=True)
    theirs = peer.look("around")(lambda x: x @ weight, q)
    assert_close(
        torch.autograd.grad(theirs.sum(), (q, weight)), torch.autograd.grad((q * 3 @ weight * 2).sum(), (q, weight))
    )
    x = torch.ones(3, requires_grad=True)
    peer.look("inside")(x)
    assert x.grad is not None and x.grad.tolist() == [2, 2, 2]
    with torch.no_grad():
        assert not peer.look("attention")(q, k, v).requires_grad
    with pytest.raises(NotCarried, match="second derivatives"):
        torch.autograd.grad(peer.look("attention")(q, k, v).sum(), q, create_graph=True)
    peer.look("keep")(x)
    with pytest.raises(NotCarried, match="earlier call"):
        peer.look("keep")(x)


def test_a_module_trains_on_either_side(judging: Judging) -> None:
    peer = judging(
        "class Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.line = torch.nn.Linear(3, 2)\n"
        "    def forward(self, x): return self.line(x)\n"
        "def descend(net):\n    with torch.no_grad():\n        for p in net.parameters(): p -= 0.1 * p.grad"
    )
    x = torch.randn(5, 3)
    torch.manual_seed(0)
    net = peer.look("Net")()
    torch.manual_seed(0)
    twin = torch.nn.Linear(3, 2)
    for model in (net, twin):
        model(x).square().sum().backward()
    weight = net.line.weight
    assert weight is next(net.parameters()) and type(weight) is torch.nn.Parameter
    assert twin.weight.grad is not None
    assert_close(weight.grad, twin.weight.grad)
    peer.look("descend")(net)
    assert_close(weight.detach(), (twin.weight - 0.1 * twin.weight.grad).detach())
    optimizer = torch.optim.SGD(net.parameters(), 0.1)
    optimizer.zero_grad()
    net(x).sum().backward()
    optimizer.step()
    assert_close(net(x).detach(), (x @ weight.T + net.line.bias).detach())
    assert list(net.state_dict()) == ["line.weight", "line.bias"] and net.eval() is net and net.training is False


def test_objects_iterators_and_exceptions(judging: Judging) -> None:
    peer = judging(
        "class Odd(KeyError): pass\n"
        "class Bag:\n    def __init__(self, items): self.items = items\n    def __len__(self): return len(self.items)\n"
        "    def __getitem__(self, i): return self.items[i]\n    def __add__(self, other): return Bag(self.items + other.items)\n"
        "def count(n):\n    got = 0\n    for i in range(n): got = (yield i + (got or 0))\n"
        "def fail(how):\n    if how == 'odd': raise Odd('here', 2)\n    if how == 'exit': raise SystemExit(3)\n    raise OSError(2, 'gone')\n"
        "def warn(): import warnings; warnings.warn('careful', DeprecationWarning)"
    )
    bag = peer.look("Bag")([1, 2])
    assert (len(bag), bag[1], (bag + bag).items) == (2, 2, [1, 2, 1, 2])
    assert isinstance(bag, peer.look("Bag")) and peer.look("Bag") is peer.look("Bag")
    assert list(peer.look("count")(3)) == [0, 1, 2]
    running = peer.look("count")(3)
    assert (next(running), running.send(5)) == (0, 6)
    fail, odd = peer.look("fail"), peer.look("Odd")
    with pytest.raises(odd) as caught:
        fail("odd")
    assert isinstance(caught.value, KeyError) and type(caught.value).__name__ == "Odd"
    with pytest.raises(FileNotFoundError) as missing:
        fail("os")
    assert missing.value.errno == 2
    with pytest.raises(LearnerStopped, match="SystemExit"):
        fail("exit")
    with pytest.raises(KeyError):
        peer.look("nothing")
    with pytest.warns(DeprecationWarning, match="careful"):
        peer.look("warn")()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning):
            peer.look("warn")()


DECISIONS: list[Callable[[Any], Any]] = [
    lambda evil: evil == 3, lambda evil: 3 == evil, lambda evil: evil != 3, lambda evil: evil < 3, lambda evil: 3 in evil,
    lambda evil: evil in [3], bool, np.asarray, operator.not_, lambda evil: np.allclose(evil, 1), lambda evil: np.zeros(2) == evil,
    lambda evil: abs(evil - 3) < 1, lambda evil: torch.zeros(2) == evil,
]  # fmt: skip


@pytest.mark.parametrize("decide", DECISIONS)
def test_nothing_is_decided_by_what_is_judged(judging: Judging, decide: Callable[[Any], Any]) -> None:
    peer = judging(
        "class Evil:\n    __eq__ = __ne__ = __lt__ = __contains__ = lambda s, o: True\n    __hash__ = lambda s: 0\n"
        "    __bool__ = lambda s: True\n    __sub__ = __rsub__ = lambda s, o: s\n    __abs__ = lambda s: s\n"
        "    __array__ = lambda s, *a, **k: np.ones(2)\ndef evil(): return Evil()"
    )
    with pytest.raises((NotCarried, TypeError)):
        decide(peer.look("evil")())


def test_the_judge_shows_nothing_but_what_it_gave(judging: Judging) -> None:
    peer = judging("def pry(f, op, *a): return f._course_peer.ask(op, f, *a)\ndef call(f): return f(1)")
    secret = 7
    for operation, *arguments in (("getattr", "__closure__"), ("look", "np"), ("setattr", "x", 1), ("begin", [])):
        with pytest.raises(Gone):
            peer.look("pry")(lambda x: secret + x, operation, *arguments)
        peer = judging("def pry(f, op, *a): return f._course_peer.ask(op, f, *a)\ndef call(f): return f(1)")
    assert peer.look("call")(lambda x: secret + x) == 8


@pytest.mark.parametrize(
    "body",
    ["os._exit(1)", "os.write(n, b'\\xff' * 99)", "os.write(n, b'\\0\\0\\0\\2[]')", "os.write(n, b'\\0\\0\\1\\0' + b'[' * 256)",
     "os.write(n, (lambda d: len(d).to_bytes(4, 'big') + d)(b'{\"re\":2,\"b\":[1099511627776]}'))",
     "os.write(n, (lambda d: len(d).to_bytes(4, 'big') + d)(b'{\"re\":3,\"v\":[\"g\",\"os\",\"system\"],\"b\":[]}'))"],
)  # fmt: skip
def test_a_bad_answer_is_an_error_and_no_crash(judging: Judging, body: str) -> None:
    peer = judging(
        "import sys\ndef channel():\n    frame = sys._getframe()\n    while 'theirs' not in frame.f_locals: frame = frame.f_back\n"
        f"    return frame.f_locals['theirs'].fileno()\ndef f():\n    n = channel()\n    {body}\n"
    )
    with pytest.raises(Gone):
        peer.look("f")()
    with pytest.raises(Gone):
        peer.look("f")


def test_what_is_too_large_is_named(judging: Judging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "BUFFER_BYTES", 1000)
    monkeypatch.setattr(link, "HEADER_BYTES", 5000)
    peer = judging(
        "def big(): return np.zeros(1000)\ndef long(): return 'x' * 9000\ndef deep():\n    d = []\n    for _ in range(999): d = [d]\n    return d"
    )
    for name in ("big", "long", "deep"):
        with pytest.raises(NotCarried):
            peer.look(name)()
    with pytest.raises(NotCarried, match="larger"):
        peer.look("big")(np.zeros(1000))
