# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Activations 激活函数
#
# > *Does an activation that is not centred on zero slow learning down? 非零中心的激活函数会导致参数更新变慢吗？ And why did ReLU replace the sigmoid: what does it give, and what does it cost?*
#
# Without something bent between them, twenty linear layers are one linear layer. The bend decides what a network can say, and its *slope* decides what it can learn: backpropagation multiplies by it at every layer.
#
# Here you write the activations that the notes list, and the two that replaced them in BERT and after it, each with its derivative, exact at ±1000. Then a network of any depth, forward and backward, in twelve lines.
# With it you settle the notes' first question by an experiment in which *only* the centre differs, see what is left of a gradient after twenty layers, and watch ReLUs die.
#
# **Time** about 110 minutes · **Points** 28 for seven exercises, 4 for one written question · **You need** numpy and the chain rule

# %% [markdown] id="conventions"
# ## Conventions
#
# $z$ is what comes into an activation (the **pre-activation** 预激活值), $a=f(z)$ what goes out, $f'(z)$ its **slope** 导数. $B$ examples in a batch, $C$ channels or classes.
#
# - Every activation here is a function from an array to a **pair** of arrays of the same shape: values and slopes, `a, slope = sigmoid(z)`. A layer needs the first on the way forward and the second on the way back.
# - Arguments are float64 arrays of any shape unless it is said otherwise. No function changes its arguments.
# - At a kink the slope is the one from the left, as in torch: ReLU has slope 0 at 0.
#
# From scipy you may use `ndtr(x)`: the standard normal law's distribution function $\Phi(x)$.

# %% nbgrader={"grade_id": "setup", "locked": true}
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from scipy.special import ndtr

from course import figures
from course.testing import assert_close

figures.use()

# %% [markdown] id="squashing-idea"
# ## 1. Squashing: sigmoid and tanh
#
# $$\sigma(z)=\frac1{1+e^{-z}},\qquad\sigma'(z)=\sigma(z)\,\sigma(-z),\qquad\tanh z=2\sigma(2z)-1,\qquad\tanh'(z)=\frac1{\cosh^2z}=4\,\sigma'(2z)$$
#
# (Goodfellow et al. 2016, eqs. 3.30, 3.34, 3.35 and section 6.3.2). Books write the slopes as $\sigma(1-\sigma)$ and $1-\tanh^2$. On paper that is the same. In floating point it is not: $\sigma(40)$ *is* 1 to the last digit,
# so $1-\sigma(40)$ is 0, where the slope is $4\cdot10^{-18}$. The digits were lost before the subtraction, and nothing brings them back. Both slopes are even functions, so the right half can be read off the left one.

# %% [markdown] id="squashing-task"
# **Exercise 1** · 4 points · about 12 minutes · 2 to 3 lines each
#
# Write `sigmoid` and `tanh`. Values and slopes must be right *relative to their size*, on both sides: a slope of $4\cdot10^{-18}$ is not 0. You may call `np.tanh` for the value.
#
# <details><summary>Hint 1</summary>Everything can be said with <code>small = np.exp(-np.abs(z))</code>, which is at most 1 and never overflows.</details>
# <details><summary>Hint 2</summary>σ(z) is 1 / (1 + small) on the right and small / (1 + small) on the left: <code>np.where</code>.</details>
# <details><summary>Hint 3</summary>The slope is small / (1 + small)² on both sides. For tanh: 4 σ′(2z).</details>


# %% nbgrader={"grade_id": "squashing", "solution": true}
def sigmoid(z):
    """The logistic sigmoid and its derivative.

    Parameters
    ----------
    z : ndarray of any shape, float64
        Any finite values, ±1000 included.

    Returns
    -------
    (values, slopes) : two ndarrays, shape of ``z``
        Each with a relative error below 1e-6 wherever float64 can hold it (|z| up to 300 at least).

    Source: Goodfellow et al. (2016), eqs. 3.30, 3.34 and 3.35.
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, small) / (1 + small), small / (1 + small) ** 2
    ### END SOLUTION


def tanh(z):
    """The hyperbolic tangent and its derivative.

    Parameters
    ----------
    z : ndarray of any shape, float64
        Any finite values, ±1000 included.

    Returns
    -------
    (values, slopes) : two ndarrays, shape of ``z``
        Each with a relative error below 1e-6 wherever float64 can hold it (|z| up to 300 at least).

    Source: Goodfellow et al. (2016), section 6.3.2.
    """
    ### BEGIN SOLUTION
    small = np.exp(-2 * np.abs(z))
    return np.tanh(z), 4 * small / (1 + small) ** 2
    ### END SOLUTION


# %% nbgrader={"grade_id": "squashing-sigmoid", "grade": true, "points": 2}
# σ(0) = 1/2, σ(ln 3) = 3/4, σ(-ln 4) = 1/5; the slopes are 1/4, 3/16 and 4/25.
z = np.array([[0.0, np.log(3), -np.log(4)]])
before = z.copy()
values, slopes = sigmoid(z)
assert_close(
    values,
    np.array([[1 / 2, 3 / 4, 1 / 5]]),
    label="the values of sigmoid",
    known={
        "this is σ(−z): the sign in the exponent": np.array([[1 / 2, 1 / 4, 4 / 5]]),
        "this is tanh": np.tanh(before),
    },
)
assert_close(
    slopes,
    np.array([[1 / 4, 3 / 16, 4 / 25]]),
    label="the slopes of sigmoid",
    known={
        "you took the slope at σ(z) in place of z: σ′(z) = σ(z) σ(−z)": 1
        / (np.exp([[1 / 4, 3 / 8, 1 / 10]]) + np.exp([[-1 / 4, -3 / 8, -1 / 10]])) ** 2,
        "these are the values again: the pair is (values, slopes)": np.array([[1 / 2, 3 / 4, 1 / 5]]),
        "this is 1 − σ²: that is tanh's formula": np.array([[3 / 4, 7 / 16, 24 / 25]]),
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
# Far out, both ways: e^-40 is 4e-18, and the slope is the same on both sides.
z = np.array([40.0, -40.0, 1000.0, -1000.0])
values, slopes = sigmoid(z)
assert_close(
    values,
    np.array([1.0, np.exp(-40.0), 1.0, 0.0]),
    rtol=1e-6,
    atol=0.0,
    label="sigmoid at ±40 and ±1000",
    known={
        "∞/∞: e^1000 has overflowed; never raise e to a large positive number": np.array([1, np.exp(-40), np.nan, 0])
    },
)
assert_close(
    slopes,
    np.array([np.exp(-40.0), np.exp(-40.0), 0.0, 0.0]),
    rtol=1e-6,
    atol=0.0,
    label="the slopes of sigmoid at ±40 and ±1000",
    known={
        "1 − σ(40) is 0 in floating point: the digits are lost before you subtract. Use σ(−z) for 1 − σ(z)": np.array(
            [0.0, np.exp(-40.0), 0.0, 0.0]
        ),
        "∞/∞: e^1000 has overflowed; the slope is even, so compute it from −|z|": np.array(
            [np.exp(-40.0), np.exp(-40.0), 0.0, np.nan]
        ),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(1)
z = rng.normal(size=(3, 2, 4)) * 5
values, slopes = sigmoid(z)
leaf = torch.tensor(z, requires_grad=True)
expected = torch.sigmoid(leaf)
expected.sum().backward()
assert_close(values, expected.detach().numpy(), rtol=1e-9, label="sigmoid of an array of shape (3, 2, 4)")
assert_close(slopes, leaf.grad.numpy(), rtol=1e-7, atol=1e-13, label="the slopes of sigmoid, shape (3, 2, 4)")
z = np.array([-300.0, -37.5, 37.5, 300.0, 20.0])
tails = np.exp(-np.abs(z))
values, slopes = sigmoid(z)
assert_close(values[:2], tails[:2], rtol=1e-6, atol=0.0, label="sigmoid far on the left")
assert_close(slopes, tails, rtol=1e-6, atol=0.0, label="the slopes of sigmoid at ±37.5, ±300 and 20")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "squashing-tanh", "grade": true, "points": 2}
# tanh(ln 2) = (2 - 1/2) / (2 + 1/2) = 3/5, and the slope there is 1 - 9/25.
z = np.array([[0.0], [np.log(2)], [-np.log(3)]])
before = z.copy()
values, slopes = tanh(z)
assert_close(
    values,
    np.array([[0.0], [3 / 5], [-4 / 5]]),
    label="the values of tanh",
    known={
        "this is the sigmoid": 1 / (1 + np.exp(-before)),
        "this is 2σ(z) − 1: twice as wide; tanh z = 2σ(2z) − 1": np.array([[0.0], [1 / 3], [-1 / 2]]),
    },
)
assert_close(
    slopes,
    np.array([[1.0], [16 / 25], [9 / 25]]),
    label="the slopes of tanh",
    known={
        "this is 1 − tanh z: the square is missing": np.array([[1.0], [2 / 5], [9 / 5]]),
        "this is tanh (1 − tanh): that is the sigmoid's formula": np.array([[0.0], [6 / 25], [-36 / 25]]),
        "this is σ′(2z): the factor 4 is missing": np.array([[1.0], [16 / 25], [9 / 25]]) / 4,
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
z = np.array([30.0, -30.0, 1000.0, -1000.0])
values, slopes = tanh(z)
assert_close(
    values,
    np.array([1.0, -1.0, 1.0, -1.0]),
    label="tanh at ±30 and ±1000",
    known={
        "∞/∞: e^1000 has overflowed; np.tanh has no such trouble": np.array([1.0, -1.0, np.nan, np.nan]),
        "∞/∞: e^1000 has overflowed on one side": np.array([1.0, -1.0, np.nan, -1.0]),
    },
)
assert_close(
    slopes,
    np.array([4 * np.exp(-60.0), 4 * np.exp(-60.0), 0.0, 0.0]),
    rtol=1e-6,
    atol=0.0,
    label="the slopes of tanh at ±30 and ±1000",
    known={
        "1 − tanh² is 0 in floating point from z = 19 on: the digits are lost before you subtract": np.zeros(4),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(2)
z = rng.normal(size=(4, 3)) * 2
values, slopes = tanh(z)
leaf = torch.tensor(z, requires_grad=True)
expected = torch.tanh(leaf)
expected.sum().backward()
assert_close(values, expected.detach().numpy(), rtol=1e-9, label="tanh of an array of shape (4, 3)")
assert_close(slopes, leaf.grad.numpy(), rtol=1e-7, atol=1e-13, label="the slopes of tanh, shape (4, 3)")
z = np.array([1e-9, -1e-12, 150.0, -150.0, 19.5])
values, slopes = tanh(z)
assert_close(values[:2], z[:2], rtol=1e-6, atol=0.0, label="tanh close to 0, where it is z itself,")
assert_close(
    slopes,
    np.array([1.0, 1.0, *(4 * np.exp(-2 * np.abs(z[2:])))]),
    rtol=1e-6,
    atol=0.0,
    label="the slopes of tanh at 0, ±150 and 19.5",
)
### END HIDDEN TESTS

# %% [markdown] id="tails-look"
# ### Look: where the book's formula ends
#
# Before you run it: from which $z$ on is $\sigma(1-\sigma)$ exactly zero, in float64, in which your functions work, and in float32, in which networks do?

# %% id="tails-figure" tags=["look"]
z = np.linspace(0, 50, 501)
book = {"float64": 1 / (1 + np.exp(-z)), "float32": 1 / (1 + np.exp(-z.astype(np.float32)))}
ends = {name: z[np.argmax(p == 1)] for name, p in book.items()}

fig, ax = plt.subplots()
ax.semilogy(z, sigmoid(z)[1], label="σ′ (yours)")
for name, p in book.items():
    slope = p * (1 - p)
    ax.semilogy(z[slope > 0], slope[slope > 0], label=f"σ(1 − σ) in {name}")
    ax.axvline(ends[name], color="0.6", linewidth=1, linestyle="-")
ax.set(
    xlabel="pre-activation z",
    ylabel="slope",
    title=f"σ(1 − σ) ends at z = {ends['float32']:.1f} in float32, at {ends['float64']:.1f} in float64",
)
_ = ax.legend()
print("z     your slope   tanh: your slope   1 - tanh^2")
for at in (5.0, 10.0, 15.0, 20.0):
    x = np.array([at])
    print(f"{at:4.0f} {sigmoid(x)[1][0]:12.3e} {tanh(x)[1][0]:18.3e} {1 - np.tanh(at) ** 2:12.3e}")

# %% [markdown] id="tails-answer"
# At $z=16.7$ in float32 and at $36.8$ in float64: there $e^{-z}$ is less than half the distance from 1 to the next larger number, so $1+e^{-z}$ is rounded to 1, $\sigma$ is 1, and $1-\sigma$ is 0. Your slope goes on. The same happens to tanh, about half as far out: at 20 the book's $1-\tanh^2$ is 0, yours $1.7\cdot10^{-17}$.
#
# Does it matter? A gradient of $10^{-8}$ teaches little either way. But a zero is final: no rate, no optimizer that divides by the gradient's size, can bring it back. torch, by the way, computes the slope by the book's formula, from the value that it has kept.

# %% [markdown] id="rectifiers-idea"
# ## 2. Rectifiers: ReLU and its family
#
# | name | $f(z)$ for $z>0$ | for $z\le0$ | slope for $z\le0$ | source |
# | --- | --- | --- | --- | --- |
# | ReLU 线性整流 | $z$ | $0$ | $0$ | Nair & Hinton 2010 |
# | leaky ReLU | $z$ | $s\,z$ | $s$ | Maas et al. 2013 |
# | ELU | $z$ | $\alpha(e^z-1)$ | $\alpha e^z$ | Clevert et al. 2016, section 3 |
#
# and **thresholded ReLU**, which is $z$ for $z>\theta$ and 0 elsewhere (Konda et al. 2015): it *jumps* at $\theta$; nothing is subtracted.
#
# On the right all have slope 1, exactly, however large $z$ is: what passes there passes whole. On the left they differ in what they let through: nothing, a little everywhere, or a little close to zero.

# %% [markdown] id="rectifiers-notes"
# The notes write leaky ReLU as $\max(0.1x,\,x)$. Two things to mind: 0.1 is one choice (torch's default is 0.01), and the maximum is right only for a slope below 1: with $s=2$ it is $2x$ on the *right*. A case distinction is right for every $s$.

# %% [markdown] id="rectifiers-task"
# **Exercise 2** · 4 points · about 12 minutes · 2 to 3 lines each
#
# Write `leaky_relu` (ReLU is the one with slope 0), `elu` and `thresholded_relu`.
#
# <details><summary>Hint 1</summary><code>np.where(z > 0, one, other)</code> computes both sides everywhere and then chooses. So neither may overflow: e^1000 is infinite, and 0 · ∞ is not a number.</details>
# <details><summary>Hint 2</summary><code>np.expm1(z)</code> is e^z − 1 without losing digits near 0. Give it <code>np.minimum(z, 0)</code>.</details>
# <details><summary>Hint 3</summary>At a kink take the left side: slope s for leaky ReLU at 0, α for ELU at 0; thresholded ReLU is 0 with slope 0 at θ.</details>


# %% nbgrader={"grade_id": "rectifiers", "solution": true}
def leaky_relu(z, slope=0.01):
    """z where it is positive, ``slope`` times z elsewhere; and the derivative.

    Parameters
    ----------
    z : ndarray of any shape, float64
    slope : float
        On the left; any number. With 0 this is ReLU.

    Returns
    -------
    (values, slopes) : two ndarrays, shape of ``z``
        At z = 0 the derivative is ``slope``, as in torch.

    Source: Maas, Hannun & Ng (2013).
    """
    ### BEGIN SOLUTION
    slopes = np.where(z > 0, 1.0, slope)
    return slopes * z, slopes
    ### END SOLUTION


def elu(z, alpha=1.0):
    """The exponential linear unit and its derivative.

    Parameters
    ----------
    z : ndarray of any shape, float64
        Any finite values, ±1000 included; close to 0 the value keeps its digits.
    alpha : float
        Minus the value that the left side tends to.

    Returns
    -------
    (values, slopes) : two ndarrays, shape of ``z``
        At z = 0 the derivative is ``alpha``, as in torch.

    Source: Clevert, Unterthiner & Hochreiter (2016), section 3.
    """
    ### BEGIN SOLUTION
    left = np.minimum(z, 0.0)
    return np.where(z > 0, z, alpha * np.expm1(left)), np.where(z > 0, 1.0, alpha * np.exp(left))
    ### END SOLUTION


def thresholded_relu(z, theta=1.0):
    """z where it exceeds ``theta``, 0 elsewhere; and the derivative.

    Parameters
    ----------
    z : ndarray of any shape, float64
    theta : float
        The threshold, not negative. At z = theta value and derivative are 0.

    Returns
    -------
    (values, slopes) : two ndarrays, shape of ``z``

    Source: Konda, Memisevic & Krueger (2015).
    """
    ### BEGIN SOLUTION
    slopes = np.where(z > theta, 1.0, 0.0)
    return slopes * z, slopes
    ### END SOLUTION


# %% nbgrader={"grade_id": "rectifiers-leaky", "grade": true, "points": 1}
z = np.array([[3.0, -2.0], [0.0, -0.5], [0.25, -1000.0]])
before = z.copy()
values, slopes = leaky_relu(z, 0.1)
assert_close(
    values,
    np.array([[3.0, -0.2], [0.0, -0.05], [0.25, -100.0]]),
    label="the values of leaky_relu with slope 0.1",
    known={
        "this is ReLU: on the left it is slope · z": np.maximum(before, 0),
        "the small slope belongs on the left, where z ≤ 0": np.where(before > 0, 0.1 * before, before),
        "the left side is a constant here: it is slope · z": np.where(before > 0, before, 0.1),
        "slope has no effect: it is an argument": np.where(before > 0, before, 0.01 * before),
    },
)
assert_close(
    slopes,
    np.array([[1.0, 0.1], [0.1, 0.1], [1.0, 0.1]]),
    label="the slopes of leaky_relu with slope 0.1 (at 0 it is the left one)",
    known={
        "these are ReLU's slopes: on the left it is slope, not 0": np.where(before > 0, 1.0, 0.0),
        "at 0 torch takes the slope from the left": np.where(before >= 0, 1.0, 0.1),
        "on the left the line falls towards the left, but its slope is positive": np.where(before > 0, 1.0, -0.1),
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
# The maximum is right for small slopes only.
values, slopes = leaky_relu(np.array([1.0, -1.0]), 2.0)
assert_close(
    values,
    np.array([1.0, -2.0]),
    label="the values of leaky_relu with slope 2",
    known={"max(slope · z, z) needs a slope below 1: choose by the sign of z": np.array([2.0, -1.0])},
)
assert_close(slopes, np.array([1.0, 2.0]), label="the slopes of leaky_relu with slope 2")
assert_close(leaky_relu(np.array([-100.0, 2.0]))[0], np.array([-1.0, 2.0]), label="leaky_relu with its default slope")
assert_close(leaky_relu(np.array([-1.0, 0.0, 2.0]), 0.0)[1], np.array([0.0, 0.0, 1.0]), label="the slopes of ReLU")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(3)
z = rng.normal(size=(2, 3, 5))
for slope in (0.0, 0.01, 0.3, -0.4, 1.7):
    leaf = torch.tensor(z, requires_grad=True)
    expected = F.leaky_relu(leaf, slope)
    expected.sum().backward()
    values, slopes = leaky_relu(z, slope)
    assert_close(values, expected.detach().numpy(), label=f"leaky_relu with slope {slope}")
    assert_close(slopes, leaf.grad.numpy(), label=f"the slopes of leaky_relu with slope {slope}")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "rectifiers-elu", "grade": true, "points": 2}
# e^(ln 1/2) - 1 = -1/2 and e^(ln 1/4) - 1 = -3/4.
z = np.array([2.0, -np.log(2), -np.log(4), 0.0])
before = z.copy()
values, slopes = elu(z, 2.0)
assert_close(
    values,
    np.array([2.0, -1.0, -1.5, 0.0]),
    label="the values of elu with alpha 2",
    known={
        "alpha has no effect: it multiplies e^z − 1": np.array([2.0, -0.5, -0.75, 0.0]),
        "you forgot the −1: the two sides must meet at 0": np.array([2.0, 1.0, 0.5, 2.0]),
        "alpha multiplies e^z − 1 as a whole, not e^z alone": np.array([2.0, 0.0, -0.5, 1.0]),
        "alpha stands before the exponential, not in it": np.array([2.0, -0.75, -15 / 16, 0.0]),
    },
)
assert_close(
    slopes,
    np.array([1.0, 1.0, 0.5, 2.0]),
    label="the slopes of elu with alpha 2 (at 0 it is the left one)",
    known={
        "these are the values on the left: the slope there is α e^z, which is the value + α": np.array(
            [1.0, -1.0, -1.5, 0.0]
        ),
        "alpha has no effect: the slope on the left is α e^z": np.array([1.0, 0.5, 0.25, 1.0]),
        "at 0 torch takes the slope from the left, α": np.array([1.0, 1.0, 0.5, 1.0]),
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
z = np.array([1000.0, -1000.0, -1e-12])
values, slopes = elu(z)
assert_close(
    values,
    np.array([1000.0, -1.0, -1e-12]),
    rtol=1e-6,
    atol=0.0,
    label="elu at ±1000 and at -1e-12",
    known={
        "0 · ∞: e^1000 has overflowed on the side that was not wanted": np.array([np.nan, -1.0, np.exp(-1e-12) - 1]),
        "e^z − 1 has lost its digits close to 0: np.expm1 keeps them": np.array([1000.0, -1.0, np.exp(-1e-12) - 1]),
    },
)
assert_close(slopes, np.array([1.0, 0.0, 1.0]), label="the slopes of elu at ±1000 and at -1e-12")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(4)
z = 2 * rng.normal(size=(5, 4))
for alpha in (1.0, 0.3, 1.7):
    leaf = torch.tensor(z, requires_grad=True)
    expected = F.elu(leaf, alpha)
    expected.sum().backward()
    values, slopes = elu(z, alpha)
    assert_close(values, expected.detach().numpy(), label=f"elu with alpha {alpha}")
    assert_close(slopes, leaf.grad.numpy(), label=f"the slopes of elu with alpha {alpha}")
assert_close(elu(np.array([-1.0]))[0], np.array([np.exp(-1) - 1]), label="elu with its default alpha")
assert_close(elu(np.array([-50.0]))[1], np.exp([-50.0]), rtol=1e-6, atol=0.0, label="the slope of elu at -50")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "rectifiers-thresholded", "grade": true, "points": 1}
z = np.array([[3.0, 2.0], [1.0, -4.0]])
before = z.copy()
values, slopes = thresholded_relu(z, 2.0)
assert_close(
    values,
    np.array([[3.0, 0.0], [0.0, 0.0]]),
    label="the values of thresholded_relu with theta 2",
    known={
        "this is max(z − θ, 0): above the threshold the value is z itself": np.array([[1.0, 0.0], [0.0, 0.0]]),
        "at z = θ it is still 0: only what exceeds θ passes": np.array([[3.0, 2.0], [0.0, 0.0]]),
        "below the threshold it is 0, not θ": np.array([[3.0, 2.0], [2.0, 2.0]]),
        "the threshold has no effect: this is ReLU": np.maximum(before, 0),
        "compare z with θ, not its size": np.array([[3.0, 0.0], [0.0, -4.0]]),
    },
)
assert_close(
    slopes,
    np.array([[1.0, 0.0], [0.0, 0.0]]),
    label="the slopes of thresholded_relu with theta 2",
    known={
        "at z = θ the slope is the left one, 0": np.array([[1.0, 1.0], [0.0, 0.0]]),
        "these are ReLU's slopes: between 0 and θ nothing passes": np.array([[1.0, 1.0], [1.0, 0.0]]),
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
values, slopes = thresholded_relu(np.array([0.5, 1.5, 1.0]))
assert_close(values, np.array([0.0, 1.5, 0.0]), label="thresholded_relu with its default theta")
assert_close(slopes, np.array([0.0, 1.0, 0.0]), label="the slopes of thresholded_relu with its default theta")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(5)
z = 2 * rng.normal(size=(3, 2, 4))
for theta in (0.0, 0.6, 1.9):
    values, slopes = thresholded_relu(z, theta)
    assert_close(values, F.threshold(torch.tensor(z), theta, 0.0).numpy(), label=f"thresholded_relu with theta {theta}")
    assert_close(slopes, 1.0 * (z > theta), label=f"the slopes of thresholded_relu with theta {theta}")
### END HIDDEN TESTS

# %% [markdown] id="prelu-idea"
# ## 3. A slope that is learnt: PReLU
#
# Why guess the slope on the left? **PReLU** makes it a parameter, one for each channel (He et al. 2015, eq. 1), and learns it with the rest. For an input $x\in\mathbb R^{B\times C}$ and slopes $s\in\mathbb R^C$:
#
# $$a_{bc}=\begin{cases}x_{bc}&x_{bc}>0\\s_c\,x_{bc}&x_{bc}\le0\end{cases}\qquad\frac{\partial L}{\partial s_c}=\sum_b\frac{\partial L}{\partial a_{bc}}\,\min(x_{bc},0)\qquad\text{(He et al. 2015, eqs. 2, 3)}$$
#
# One number serves the whole batch, so the pushes of all examples add up: a *sum* over $b$, as for every shared parameter. (The mean of a loss over the batch is already in $\partial L/\partial a$.)

# %% [markdown] id="prelu-task"
# **Exercise 3** · 4 points · about 12 minutes · 1 to 3 lines each
#
# Write `prelu` and its way back, `prelu_backward`.
#
# <details><summary>Hint 1</summary>An array of shape (C,) multiplies each row of an array of shape (B, C).</details>
# <details><summary>Hint 2</summary>What came in on the right has nothing to do with the slope: <code>np.minimum(x, 0)</code> is what s multiplies.</details>


# %% nbgrader={"grade_id": "prelu", "solution": true}
def prelu(x, slope):
    """The parametric ReLU, with a slope for each channel.

    Parameters
    ----------
    x : ndarray, shape (B, C), float64
    slope : ndarray, shape (C,), float64
        The learnt slopes on the left; any numbers.

    Returns
    -------
    ndarray, shape (B, C)
        Equal to ``torch.nn.functional.prelu``.

    Source: He et al. (2015), eq. 1.
    """
    ### BEGIN SOLUTION
    return np.where(x > 0, x, slope * x)
    ### END SOLUTION


def prelu_backward(d_out, x, slope):
    """The gradients of a loss in the input and in the slopes.

    Parameters
    ----------
    d_out : ndarray, shape (B, C)
        The gradient in the output of ``prelu(x, slope)``.
    x, slope
        As in ``prelu``. At x = 0 the slope counts, as in torch.

    Returns
    -------
    (d_x, d_slope) : ndarrays, shapes (B, C) and (C,)

    Source: He et al. (2015), eqs. 2 and 3.
    """
    ### BEGIN SOLUTION
    return d_out * np.where(x > 0, 1.0, slope), np.sum(d_out * np.minimum(x, 0.0), axis=0)
    ### END SOLUTION


# %% nbgrader={"grade_id": "prelu-forward", "grade": true, "points": 1}
# Two examples, three channels, a slope for each channel.
x, slope = np.array([[1.0, -2.0, -4.0], [-3.0, 5.0, -1.0]]), np.array([0.5, 0.1, 2.0])
before = x.copy(), slope.copy()
assert_close(
    prelu(x, slope),
    np.array([[1.0, -0.2, -8.0], [-1.5, 5.0, -2.0]]),
    label="prelu",
    known={
        "max(slope · x, x) needs slopes below 1: choose by the sign of x": np.maximum(before[0], before[1] * before[0]),
        "this is ReLU: on the left it is slope · x": np.maximum(before[0], 0),
        "the slope belongs on the left, where x ≤ 0": np.where(before[0] > 0, before[1] * before[0], before[0]),
        "one slope for all channels: each column has its own": np.where(before[0] > 0, before[0], 0.5 * before[0]),
    },
)
assert_close(x, before[0], label="the argument x, which must stay as it was,")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(6)
x, slope = rng.normal(size=(5, 4)), np.array([0.25, -0.3, 0.0, 1.4])
expected = F.prelu(torch.tensor(x), torch.tensor(slope)).numpy()
assert_close(prelu(x, slope), expected, label="prelu with slopes 0.25, -0.3, 0 and 1.4")
x = rng.normal(size=(3, 3))
slope = rng.random(3)
assert_close(prelu(x, slope), F.prelu(torch.tensor(x), torch.tensor(slope)).numpy(), label="prelu of a square array")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "prelu-backward", "grade": true, "points": 3}
x, slope = np.array([[1.0, -2.0, -4.0], [-3.0, 5.0, -1.0]]), np.array([0.5, 0.1, 2.0])
d_out = np.array([[10.0, 1.0, 0.5], [2.0, 3.0, 4.0]])
before = d_out.copy(), x.copy()
d_x, d_slope = prelu_backward(d_out, x, slope)
assert_close(
    d_x,
    np.array([[10.0, 0.1, 1.0], [1.0, 3.0, 8.0]]),
    label="d_x of prelu_backward",
    known={
        "on the left the gradient is multiplied by the slope, not stopped: that would be ReLU": np.array(
            [[10.0, 0.0, 0.0], [0.0, 3.0, 0.0]]
        ),
        "d_out plays no part: multiply by it (chain rule)": np.array([[1.0, 0.1, 2.0], [0.5, 1.0, 2.0]]),
        "the gradient passes unchanged: on the left it is multiplied by the slope": before[0],
    },
)
# Channel 0: 2 · (-3); channel 1: 1 · (-2); channel 2: 0.5 · (-4) + 4 · (-1).
assert_close(
    d_slope,
    np.array([-6.0, -2.0, -6.0]),
    label="d_slope of prelu_backward",
    known={
        "this is the mean over the batch: one slope serves all examples, so their pushes add up": np.array(
            [-3.0, -1.0, -3.0]
        ),
        "d_out plays no part: multiply by it (chain rule)": np.array([-3.0, -2.0, -5.0]),
        "only what came in on the left depends on the slope: min(x, 0)": np.array([4.0, 13.0, -6.0]),
        "this is the sum over the channels: each channel has its own slope": np.array([-4.0, -10.0]),
        "the sign: min(x, 0) is negative, and so is its push": np.array([6.0, 2.0, 6.0]),
    },
)
assert_close(d_out, before[0], label="the argument d_out, which must stay as it was,")
assert_close(x, before[1], label="the argument x, which must stay as it was,")
d_x, d_slope = prelu_backward(np.ones((1, 2)), np.array([[0.0, -1.0]]), np.array([0.25, 0.5]))
assert_close(d_x, np.array([[0.25, 0.5]]), label="d_x where x = 0, which takes the slope, as in torch,")
assert_close(d_slope, np.array([0.0, -1.0]), label="d_slope for a batch of one")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(7)
for shape in ((6, 4), (3, 3)):
    x, slope, d_out = rng.normal(size=shape), rng.normal(size=shape[1]), rng.normal(size=shape)
    leaves = torch.tensor(x, requires_grad=True), torch.tensor(slope, requires_grad=True)
    F.prelu(*leaves).backward(torch.tensor(d_out))
    d_x, d_slope = prelu_backward(d_out, x, slope)
    assert_close(d_x, leaves[0].grad.numpy(), label=f"d_x for shape {shape}")
    assert_close(d_slope, leaves[1].grad.numpy(), label=f"d_slope for shape {shape}")
### END HIDDEN TESTS

# %% [markdown] id="prelu-look"
# ### Look: which slopes does a network want?
#
# We train one hidden layer of 40 PReLUs on the 8×8 digits, starting from slope 0.25 as the paper does, and look at the slopes it ends with. Guess: do they go to 0 (it wants ReLUs), to 1 (it wants straight lines), or nowhere?

# %% id="prelu-figure" tags=["look"]
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

# Matrices as small as these are multiplied faster by one thread than by several that wait for each other.
threadpool_limits(1)

pixels, digits = load_digits(return_X_y=True)
pixels = (pixels - pixels.mean(axis=0)) / (pixels.std(axis=0) + 0.1)
order = np.random.default_rng(0).permutation(len(pixels))
train_x, train_y = pixels[order[:1200]], digits[order[:1200]]
held_x, held_y = pixels[order[1200:]], digits[order[1200:]]


def pull(logits, labels):
    """Gradient of the mean cross-entropy in the logits: softmax minus truth."""
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (p / p.sum(axis=1, keepdims=True) - np.eye(10)[labels]) / len(labels)


learnt = []
for seed in range(5):
    rng = np.random.default_rng(seed)
    W, V, slope = rng.normal(size=(40, 64)) / 8, rng.normal(size=(10, 40)) / np.sqrt(40), np.full(40, 0.25)
    for _ in range(20):
        for batch in np.split(rng.permutation(1200), 40):
            z = train_x[batch] @ W.T
            a = prelu(z, slope)
            d_logits = pull(a @ V.T, train_y[batch])
            d_z, d_slope = prelu_backward(d_logits @ V, z, slope)
            W, V, slope = W - 0.2 * d_z.T @ train_x[batch], V - 0.2 * d_logits.T @ a, slope - 0.2 * d_slope
    accuracy = np.mean((prelu(held_x @ W.T, slope) @ V.T).argmax(axis=1) == held_y)
    learnt.append(slope)
    print(f"seed {seed}: held-out accuracy {accuracy:.3f}, slopes from {slope.min():.2f} to {slope.max():.2f}")
learnt = np.sort(np.concatenate(learnt))

fig, ax = plt.subplots()
ax.hist(learnt, bins=np.arange(0.0, 1.01, 0.1), color=figures.COLOURS[3], edgecolor="white")
ax.axvline(0.25, color="black", label="where all of them started")
ax.set(
    xlabel="learnt slope on the left",
    ylabel="units, of 200",
    title=f"Learnt slopes: median {np.median(learnt):.2f}, from {learnt.min():.2f} to {learnt.max():.2f}",
)
_ = ax.legend()

# %% [markdown] id="prelu-answer"
# Neither: they spread out, from 0.05 to 0.82 with a median of 0.34, a little above the start. No unit became a ReLU, none a straight line, and none turned negative. So the slope on the left is worth learning, or at least it does no harm; that it must be small is nowhere in the data.
#
# (One hidden layer, digits, five seeds. He et al. 2015 find slopes near 0.6 in the first layer of a deep network and small ones higher up, their table 1.)

# %% [markdown] id="softmax-idea"
# ## 4. An activation of a whole row: softmax
#
# Softmax is the one activation in which every output depends on every input of its row, so its derivative is a matrix:
#
# $$p_k=\frac{e^{z_k}}{\sum_je^{z_j}},\qquad\frac{\partial p_k}{\partial z_j}=p_k(\delta_{jk}-p_j)\qquad\text{(Bishop 2006, eqs. 4.104, 4.106)}$$
#
# Nobody builds that matrix. Backpropagation needs only its product with what comes from above: with $g_k=\partial L/\partial p_k$,
#
# $$\frac{\partial L}{\partial z_j}=\sum_kg_k\,p_k(\delta_{jk}-p_j)=p_j\Big(g_j-\sum_kg_kp_k\Big).$$
#
# In words: a logit is pushed up if its $g$ is above the row's average, and in proportion to the probability it holds.

# %% [markdown] id="softmax-task"
# **Exercise 4** · 4 points · about 12 minutes · 1 to 3 lines each
#
# Write `softmax` along the last axis, for any number of leading axes, exact at ±1000, and `softmax_backward`, which never builds the matrix.
#
# <details><summary>Hint 1</summary>Subtract each row's largest entry first: <code>z.max(axis=-1, keepdims=True)</code>. The result does not change, and no exponential exceeds 1.</details>
# <details><summary>Hint 2</summary>The average in the last formula is one number per row: <code>(d_p * p).sum(axis=-1, keepdims=True)</code>.</details>


# %% nbgrader={"grade_id": "softmax", "solution": true}
def softmax(z):
    """Probabilities in proportion to e^z, along the last axis.

    Parameters
    ----------
    z : ndarray, shape (..., C), float64
        Logits, any finite values, ±1000 included.

    Returns
    -------
    ndarray, shape (..., C)
        Non-negative; every row sums to 1.

    Source: Bishop (2006), eq. 4.104.
    """
    ### BEGIN SOLUTION
    weights = np.exp(z - z.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)
    ### END SOLUTION


def softmax_backward(d_p, p):
    """The gradient of a loss in the logits, from that in the probabilities.

    Parameters
    ----------
    d_p : ndarray, shape (..., C)
        The gradient in the probabilities.
    p : ndarray, shape (..., C)
        The probabilities, ``softmax(z)``.

    Returns
    -------
    ndarray, shape (..., C)

    Source: Bishop (2006), eq. 4.106, times ``d_p``.
    """
    ### BEGIN SOLUTION
    return p * (d_p - np.sum(d_p * p, axis=-1, keepdims=True))
    ### END SOLUTION


# %% nbgrader={"grade_id": "softmax-forward", "grade": true, "points": 2}
# Logarithms of whole numbers: the rows are (1, 2, 5)/8 and (4, 1, 15)/20.
z = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 1.0, 15.0]]))
before = z.copy()
weights = np.exp(before)
assert_close(
    softmax(z),
    weights / [[8.0], [20.0]],
    label="softmax",
    known={
        "each *row* is one distribution (axis=-1): here the columns sum to 1": weights / weights.sum(axis=0),
        "the whole array sums to 1: each row does on its own": weights / 28,
        "these are not divided by their sum": weights,
        "these are sigmoids: softmax divides by the row's sum": weights / (1 + weights),
        "you divided the logits by their sum: first the exponential": before / before.sum(axis=-1, keepdims=True),
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
# Rows far from each other, and a leading axis.
z = np.array([[[1000.0, 1000.0, -1000.0]], [[-1001.0, -1000.0, -1000.0]]])
thirds = np.exp(-1) / (2 + np.exp(-1)), 1 / (2 + np.exp(-1))
assert_close(
    softmax(z),
    np.array([[[0.5, 0.5, 0.0]], [[thirds[0], thirds[1], thirds[1]]]]),
    label="softmax at ±1000",
    known={
        "e^1000 has overflowed: subtract each row's largest entry first": np.full((2, 1, 3), np.nan),
        "you subtracted the largest entry of the whole array: a row far below it vanishes, 0/0": np.array(
            [[[0.5, 0.5, 0.0]], [[np.nan, np.nan, np.nan]]]
        ),
        "e^1000 has overflowed, and e^-1000 vanished: subtract each row's largest entry first": np.array(
            [[[np.nan, np.nan, 0.0]], [[np.nan, np.nan, np.nan]]]
        ),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(8)
z = 3 * rng.normal(size=(2, 4, 5)) + 200 * rng.normal(size=(2, 4, 1))
got = softmax(z)
assert_close(got, torch.softmax(torch.tensor(z), dim=-1).numpy(), rtol=1e-9, label="softmax, shape (2, 4, 5)")
z = rng.normal(size=6)
assert_close(softmax(z), torch.softmax(torch.tensor(z), dim=-1).numpy(), label="softmax of a single row, shape (6,),")
z = rng.normal(size=(3, 3))
assert_close(softmax(z), torch.softmax(torch.tensor(z), dim=-1).numpy(), label="softmax of a square array")
assert_close(softmax(np.array([[0.0, -50.0]]))[0, 1], np.exp(-50.0), rtol=1e-6, atol=0.0, label="a small probability")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "softmax-backward", "grade": true, "points": 2}
# The rows' averages of g, by hand: ¼·4 + ¼·0 + ½·6 = 4 and ½·2 + ¼·3 - ¼·3 = 1.
p = np.array([[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]])
g = np.array([[4.0, 0.0, 6.0], [2.0, 3.0, -3.0]])
before = g.copy(), p.copy()
average = np.array([[4.0], [1.0]])
assert_close(
    softmax_backward(g, p),
    np.array([[0.0, -1.0, 1.0], [0.5, 0.5, -1.0]]),
    label="softmax_backward",
    known={
        "this is g p (1 − p): only the diagonal. Each logit also lowers the others' probabilities": before[0]
        * before[1]
        * (1 - before[1]),
        "this is g p: the row's average is missing": before[0] * before[1],
        "g − its average is not weighted: multiply by p": before[0] - average,
        "this is the plain mean of g: weigh it by the probabilities": before[1]
        * (before[0] - before[0].mean(axis=-1, keepdims=True)),
        "the sign: above the average means up": before[1] * (average - before[0]),
        "the average runs over the row (axis=-1), not down the columns": before[1]
        * (before[0] - (before[0] * before[1]).sum(axis=0)),
    },
)
assert_close(g, before[0], label="the argument d_p, which must stay as it was,")
assert_close(p, before[1], label="the argument p, which must stay as it was,")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(9)
for shape in ((2, 3, 4), (4, 4), (5,)):
    z, g = 2 * rng.normal(size=shape), rng.normal(size=shape)
    leaf = torch.tensor(z, requires_grad=True)
    p = torch.softmax(leaf, dim=-1)
    p.backward(torch.tensor(g))
    assert_close(
        softmax_backward(g, p.detach().numpy()), leaf.grad.numpy(), label=f"softmax_backward for shape {shape}"
    )
### END HIDDEN TESTS

# %% [markdown] id="softmax-look"
# ### Look: softmax saturates, too
#
# Multiply random logits by a growing scale. What happens to the largest probability, and to the size of the matrix $\partial p/\partial z$, which `softmax_backward` gives row by row if you feed it the rows of the identity?
# Guess at which scale the gradient is *largest*: at 0, where all probabilities are equal?

# %% id="softmax-figure" tags=["look"]
scales = np.geomspace(0.05, 50, 40)
logits = np.random.default_rng(0).normal(size=(400, 10))
largest, size = [], []
for scale in scales:
    p = softmax(scale * logits)
    jacobians = softmax_backward(np.eye(10)[None], np.repeat(p[:, None], 10, axis=1))
    largest.append(p.max(axis=1).mean())
    size.append(np.linalg.norm(jacobians, axis=(1, 2)))
size = np.array(size)
peak = scales[np.argmax(size.mean(axis=1))]

fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8))
left.semilogx(scales, largest)
left.set(
    xlabel="scale of the logits", ylabel="largest probability (mean)", title="Softmax becomes a maximum", ylim=(0, 1.05)
)
right.loglog(scales, size.mean(axis=1), label="mean")
right.loglog(scales, np.median(size, axis=1), label="median")
right.axvline(peak, color="0.6", linewidth=1, linestyle="-")
right.set(
    xlabel="scale of the logits",
    ylabel="‖∂p/∂z‖ (Frobenius)",
    title=f"Its gradient is largest at a scale of {peak:.1f}",
    ylim=(1e-6, 2),
)
right.legend(loc="lower left")
print(
    f"at scale {scales[0]:.2f}: {size[0].mean():.3f}, at {peak:.1f}: {size.mean(axis=1).max():.3f}, at {scales[-1]:.0f}: mean {size[-1].mean():.3f}, median {np.median(size[-1]):.1e}"
)

# %% [markdown] id="softmax-answer"
# Not at 0. With equal probabilities the matrix has norm 0.3; it grows to 0.36 at a scale of 1.4, where something is at stake and nothing is decided, and then dies: at 50 the median row passes $10^{-9}$. (The mean stays higher, 0.03, because now and then two logits happen to lie close together.)
#
# This is the same saturation as the sigmoid's, in a whole row. It is the reason for $1/\sqrt{d_k}$ in attention, which keeps the scale near 1, and for temperature in distillation.

# %% [markdown] id="gated-idea"
# ## 5. Gates: SiLU and GELU
#
# ReLU multiplies its input by a gate that is 0 or 1. Make the gate soft and you have what followed it:
#
# $$\mathrm{SiLU}(z)=z\,\sigma(z),\qquad\mathrm{GELU}(z)=z\,\Phi(z)\qquad\text{(Elfwing et al. 2018, section 2; Hendrycks \& Gimpel 2016, section 2)}$$
#
# with $\Phi$ the distribution function of the standard normal law. BERT and GPT use GELU; Llama's feed-forward layers use SiLU (also called Swish). By the product rule, with the normal density $\varphi(z)=e^{-z^2/2}/\sqrt{2\pi}=\Phi'(z)$,
#
# $$\mathrm{SiLU}'=\sigma+z\,\sigma',\qquad\mathrm{GELU}'=\Phi+z\,\varphi.$$
#
# Both dip below zero on the left, so they are not monotone, and both slopes exceed 1 somewhere. (BERT's code and GPT-2's compute GELU by a formula with tanh that is off by up to $5\cdot10^{-4}$. Here the exact one is asked, as in torch's default.)

# %% [markdown] id="gated-task"
# **Exercise 5** · 4 points · about 10 minutes · 2 to 3 lines each
#
# Write `silu` and `gelu`. `silu` takes the sigmoid as an argument, a function that gives values and slopes.
#
# <details><summary>Hint 1</summary><code>gate, gate_slope = sigmoid(z)</code>; then the product rule.</details>
# <details><summary>Hint 2</summary><code>ndtr(z)</code> is Φ(z), exact in both tails. Its derivative φ is one line.</details>


# %% nbgrader={"grade_id": "gated", "solution": true}
def silu(z, sigmoid=sigmoid):
    """z times its own sigmoid, and the derivative.

    Parameters
    ----------
    z : ndarray of any shape, float64
    sigmoid : callable
        From an array to a pair of arrays of its shape: the sigmoid's values and slopes.

    Returns
    -------
    (values, slopes) : two ndarrays, shape of ``z``

    Source: Elfwing, Uchibe & Doya (2018), section 2.
    """
    ### BEGIN SOLUTION
    gate, gate_slope = sigmoid(z)
    return z * gate, gate + z * gate_slope
    ### END SOLUTION


def gelu(z):
    """z times the standard normal distribution function of z, and the derivative.

    Parameters
    ----------
    z : ndarray of any shape, float64

    Returns
    -------
    (values, slopes) : two ndarrays, shape of ``z``
        Exact, not by the formula with tanh.

    Source: Hendrycks & Gimpel (2016), section 2.
    """
    ### BEGIN SOLUTION
    gate = ndtr(z)
    return z * gate, gate + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    ### END SOLUTION


# %% nbgrader={"grade_id": "gated-silu", "grade": true, "points": 2}
# σ(ln 3) = 3/4 with slope 3/16; σ(-ln 3) = 1/4 with the same slope.
exact_sigmoid = lambda z: (1 / (1 + np.exp(-z)), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))) ** 2)
ln3 = np.log(3)
z = np.array([[ln3, -ln3, 0.0]])
before = z.copy()
values, slopes = silu(z, sigmoid=exact_sigmoid)
assert_close(
    values,
    np.array([[0.75 * ln3, -0.25 * ln3, 0.0]]),
    label="the values of silu",
    known={
        "this is the gate alone: multiply by z": np.array([[3 / 4, 1 / 4, 1 / 2]]),
        "this is ReLU": np.maximum(before, 0),
        "you multiplied by the gate's slope: the first of the pair is its value": before * 3 / 16,
    },
)
assert_close(
    slopes,
    np.array([[0.75 + ln3 * 3 / 16, 0.25 - ln3 * 3 / 16, 0.5]]),
    label="the slopes of silu",
    known={
        "the product rule has two terms: z σ′(z) is missing": np.array([[3 / 4, 1 / 4, 1 / 2]]),
        "the product rule has two terms: σ(z) is missing": np.array([[ln3 * 3 / 16, -ln3 * 3 / 16, 0.0]]),
        "z is missing in the second term: σ + z σ′": np.array([[15 / 16, 7 / 16, 3 / 4]]),
        "σ is missing once: σ + z σ (1 − σ)": np.array([[0.75 + ln3 / 4, 0.25 - 0.75 * ln3, 0.5]]),
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(10)
z = 3 * rng.normal(size=(3, 4, 2))
leaf = torch.tensor(z, requires_grad=True)
expected = F.silu(leaf)
expected.sum().backward()
values, slopes = silu(z, sigmoid=exact_sigmoid)
assert_close(values, expected.detach().numpy(), label="silu, shape (3, 4, 2)")
assert_close(slopes, leaf.grad.numpy(), label="the slopes of silu, shape (3, 4, 2)")
# Whatever gate it is given, it must use.
values, slopes = silu(z, sigmoid=lambda z: (0.5 + 0.1 * z, np.full(z.shape, 0.1)))
assert_close(values, z * (0.5 + 0.1 * z), label="silu with another gate")
assert_close(slopes, 0.5 + 0.2 * z, label="the slopes of silu with another gate")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "gated-gelu", "grade": true, "points": 2}
# Φ(1) = 0.8413447…, Φ(-1) = 0.1586553…, φ(1) = 0.2419707….
z = np.array([1.0, -1.0, 0.0, 2.0])
before = z.copy()
values, slopes = gelu(z)
phi = np.exp(-0.5 * before**2) / np.sqrt(2 * np.pi)
big = np.array([0.8413447460685429, 0.15865525393145707, 0.5, 0.9772498680518208])
inner = np.sqrt(2 / np.pi) * (before + 0.044715 * before**3)
assert_close(
    values,
    before * big,
    label="the values of gelu",
    known={
        "this is the formula with tanh, off in the fourth digit: the exact one is asked": 0.5
        * before
        * (1 + np.tanh(inner)),
        "this is z σ(1.702 z), a rough formula: the exact one is asked": before / (1 + np.exp(-1.702 * before)),
        "this is the gate alone: multiply by z": big,
        "this is SiLU: the gate is Φ, not σ": before / (1 + np.exp(-before)),
        "erf wants z / √2": np.array([1.0, -1.0, 0.0, 2.0])
        * np.array([0.9213503964748574, 0.07864960352514258, 0.5, 0.9976611325094764]),
    },
)
assert_close(
    slopes,
    big + before * phi,
    label="the slopes of gelu",
    known={
        "the product rule has two terms: z φ(z) is missing": big,
        "the product rule has two terms: Φ(z) is missing": before * phi,
        "z is missing in the second term: Φ + z φ": big + phi,
        "the density lacks its 1/√(2π)": big + before * np.exp(-0.5 * before**2),
        "the density is e^(−z²/2): the ½ is missing": big + before * np.exp(-(before**2)) / np.sqrt(2 * np.pi),
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(11)
z = 2 * rng.normal(size=(4, 5))
leaf = torch.tensor(z, requires_grad=True)
expected = F.gelu(leaf)
expected.sum().backward()
values, slopes = gelu(z)
assert_close(values, expected.detach().numpy(), label="gelu, shape (4, 5)")
assert_close(slopes, leaf.grad.numpy(), label="the slopes of gelu, shape (4, 5)")
assert_close(gelu(np.array([1000.0, -1000.0]))[0], np.array([1000.0, 0.0]), label="gelu at ±1000")
assert_close(gelu(np.array([1000.0, -1000.0]))[1], np.array([1.0, 0.0]), label="the slopes of gelu at ±1000")
### END HIDDEN TESTS

# %% [markdown] id="gallery-look"
# ### Look: the gallery
#
# All that you have written, values above and slopes below. Before you run it: which have a slope above 1 anywhere? Which have outputs on one side of zero only? Which are flat on one side, and which on both?

# %% id="gallery-figure" tags=["look"]
activations = {
    "sigmoid": sigmoid,
    "tanh": tanh,
    "ReLU": lambda z: leaky_relu(z, 0.0),
    "leaky ReLU": leaky_relu,
    "ELU": elu,
    "SiLU": silu,
    "GELU": gelu,
    "thresholded ReLU": thresholded_relu,
}
z = np.linspace(-4, 4, 801)
fig, axes = plt.subplots(2, 8, figsize=(14, 4.4), sharex=True, sharey="row")
noise = np.random.default_rng(0).normal(size=100_000)
print(f"{'input: N(0, 1)':17s}{'mean out':>9s}{'mean slope²':>13s}{'largest slope':>15s}")
for (above, below), (name, activation) in zip(axes.T, activations.items(), strict=True):
    values, slopes = activation(z)
    above.plot(z, values)
    below.plot(z, slopes)
    above.set_title(name, fontsize=11)
    below.set(xlabel="z", ylim=(-0.25, 1.25))
    values, slopes = activation(noise)
    print(f"{name:17s}{values.mean():9.2f}{np.mean(slopes**2):13.2f}{slopes.max():15.2f}")
axes[0, 0].set_ylabel("value")
axes[1, 0].set_ylabel("slope")
_ = fig.suptitle("Eight activations (above) and their slopes (below)", x=0.01, ha="left")

# %% [markdown] id="gallery-answer"
# - **Slope above 1**: SiLU (1.10) and GELU (1.13). Everything else stays at 1 or below, the sigmoid at ¼.
# - **One side of zero only**: sigmoid, ReLU and thresholded ReLU. The mean output for normal input is 0.5, 0.4 and 0.24, zero for tanh, and in between for the others.
# - **Flat**: on both sides sigmoid and tanh; on the left ReLU, and far on the left ELU, SiLU and GELU; leaky ReLU nowhere.
#
# Remember the middle column. The mean of the squared slope is the share of a gradient's variance that a layer lets through: one half for ReLU, which is why He et al. give its weights *twice* the variance, and 4% for the sigmoid.

# %% [markdown] id="saturation-idea"
# ## 6. Flat and dead: a statistic to watch
#
# A unit learns from an example only if its slope there is not zero. Two numbers tell how much of a layer still listens (Glorot & Bengio 2010 watch the first one through training, in their section 3):
#
# - the share of **flat** 饱和 entries: of all units and examples, those with $|f'(z)|$ at most a tolerance;
# - the share of **dead** 死亡 units: those that are flat for *every* example of the batch. No example can move their weights any more. For a ReLU that is final, unless the layers below change.

# %% [markdown] id="saturation-task"
# **Exercise 6** · 3 points · about 8 minutes · 2 lines
#
# Write `saturation`, from the slopes of one layer to the two shares.
#
# <details><summary>Hint 1</summary>An array of bools has a mean: its share of True.</details>
# <details><summary>Hint 2</summary>Examples are rows. "For every example" is <code>.all(axis=0)</code>.</details>


# %% nbgrader={"grade_id": "saturation", "solution": true}
def saturation(slopes, tolerance=0.05):
    """How much of a layer is flat, and how much of it is dead.

    Parameters
    ----------
    slopes : ndarray, shape (B, H), float64
        The activation's derivative for each example and unit. It can be negative (GELU's is, in places).
    tolerance : float
        An entry is flat if the size of its slope is at most this.

    Returns
    -------
    (flat, dead) : two floats in [0, 1]
        The share of flat entries; the share of units that are flat for every example.

    Source: Glorot & Bengio (2010), section 3.
    """
    ### BEGIN SOLUTION
    flat = np.abs(slopes) <= tolerance
    return flat.mean(), flat.all(axis=0).mean()
    ### END SOLUTION


# %% nbgrader={"grade_id": "saturation-examples", "grade": true, "points": 1}
# Three examples, four units; the last unit is flat for all of them.
slopes = np.array([[1.0, 0.0, 0.5, 0.0], [0.0, 0.0, -0.5, 0.0], [0.0, 1.0, 0.1, 0.0]])
before = slopes.copy()
flat, dead = saturation(slopes, 0.0)
assert_close(
    flat,
    7 / 12,
    label="the flat share of saturation, tolerance 0",
    known={
        "this is a number of entries: the share is asked": 7,
        "an entry is flat if its size is *at most* the tolerance, which 0 is for 0": 0.0,
        "a negative slope is not flat: take its size": 8 / 12,
        "this is the share that is not flat": 5 / 12,
    },
)
assert_close(
    dead,
    1 / 4,
    label="the dead share of saturation, tolerance 0",
    known={
        "a unit is dead if it is flat for *every* example, not for any": 3 / 4,
        "units are columns: ask every example (row) about each": 0.0,
        "this is a number of units: the share is asked": 1,
    },
)
assert_close(slopes, before, label="the argument slopes, which must stay as it was,")
assert_close(saturation(slopes, 0.1)[0], 8 / 12, label="the flat share with tolerance 0.1")
### BEGIN HIDDEN TESTS
slopes = np.array([[0.05, 0.04, -0.05], [-0.9, 0.0, 0.02]])
assert_close(saturation(slopes)[0], 5 / 6, label="the flat share with the default tolerance")
assert_close(saturation(slopes)[1], 2 / 3, label="the dead share with the default tolerance")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "saturation-behaviour", "grade": true, "points": 2}
# Random layers of other shapes, negative slopes, several tolerances, beside a count by hand.
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(12)
for shape, tolerance in (((7, 5), 0.3), ((4, 9), 0.6), ((1, 6), 0.5), ((3, 1), 2.0)):
    slopes = np.round(rng.normal(size=shape), 1)
    slopes[:, 0] *= 0.1
    flat, dead = saturation(slopes, tolerance)
    sizes = [[abs(float(entry)) for entry in column] for column in slopes.T]
    count = sum(entry <= tolerance for column in sizes for entry in column)
    gone = sum(all(entry <= tolerance for entry in column) for column in sizes)
    assert_close(flat, count / slopes.size, label=f"the flat share, shape {shape}, tolerance {tolerance}")
    assert_close(dead, gone / shape[1], label=f"the dead share, shape {shape}, tolerance {tolerance}")
assert_close(saturation(np.ones((2, 3)))[0], 0.0, label="the flat share where nothing is flat")
assert_close(saturation(np.zeros((2, 3)))[1], 1.0, label="the dead share where all is flat")
### END HIDDEN TESTS

# %% [markdown] id="depth-idea"
# ## 7. A network of any depth
#
# Layers $l=1,\dots,L$ with weights $W_l$ and biases $b_l$; $a_0=x$; the last layer is linear, since logits need no bend:
#
# $$z_l=a_{l-1}W_l^\top+b_l,\qquad a_l=f(z_l)\ (l<L),\qquad\text{output }z_L.$$
#
# On the way back, from $g=\partial L/\partial z_L$ downwards (Goodfellow et al. 2016, algorithm 6.4):
#
# $$\frac{\partial L}{\partial z_l}=g\odot f'(z_l),\qquad\frac{\partial L}{\partial W_l}=\Big(\frac{\partial L}{\partial z_l}\Big)^{\!\top}a_{l-1},\qquad\frac{\partial L}{\partial b_l}=\sum_b\frac{\partial L}{\partial z_l},\qquad g\leftarrow\frac{\partial L}{\partial z_l}W_l.$$
#
# So each layer multiplies the gradient by a matrix *and by the slopes*. Look at the third formula, too: every row of $\partial L/\partial W_l$ is a sum of *inputs* $a_{l-1}$, each times one number. That is where the question about the centre comes from.

# %% [markdown] id="depth-task"
# **Exercise 7** · 5 points · about 20 minutes · 5 lines each
#
# Write `deep_forward` and `deep_backward`. What the way back needs is written on a **tape**: for each layer what came in, and the slopes of what went out (ones for the last layer, which has no activation).
#
# <details><summary>Hint 1</summary>Forward: keep the layer's input before you overwrite <code>a</code>. <code>enumerate</code> tells which layer is the last.</details>
# <details><summary>Hint 2</summary>Backward: <code>for (W, _), (a, slope) in zip(reversed(layers), reversed(tape))</code>, and turn the list of gradients round at the end.</details>
# <details><summary>Hint 3</summary>First multiply by the slopes, then use the result three times: for W, for b, and for what goes further down.</details>


# %% nbgrader={"grade_id": "depth", "solution": true}
def deep_forward(x, layers, activation):
    """The output of a fully connected network, and what its way back needs.

    Parameters
    ----------
    x : ndarray, shape (B, d_0), float64
    layers : list of pairs (W, b)
        Of layer l: weights of shape (d_l, d_{l-1}) and biases of shape (d_l,). At least one layer.
    activation : callable
        From an array to a pair of arrays of its shape: values and slopes. It follows every layer but the last.

    Returns
    -------
    (output, tape)
        output : ndarray, shape (B, d_L), what the last, linear layer gives.
        tape : list of pairs (input, slopes), one for each layer in order, shapes (B, d_{l-1}) and (B, d_l);
        the last layer's slopes are ones.

    Source: Goodfellow et al. (2016), algorithm 6.3.
    """
    ### BEGIN SOLUTION
    a, tape = x, []
    for number, (W, b) in enumerate(layers, 1):
        z = a @ W.T + b
        values, slopes = activation(z) if number < len(layers) else (z, np.ones_like(z))
        tape.append((a, slopes))
        a = values
    return a, tape
    ### END SOLUTION


def deep_backward(d_output, layers, tape):
    """The gradients of a loss in the input and in all weights and biases.

    Parameters
    ----------
    d_output : ndarray, shape (B, d_L)
        The gradient in the output.
    layers, tape
        As taken and given by ``deep_forward``.

    Returns
    -------
    (d_x, gradients)
        d_x : ndarray, shape (B, d_0).
        gradients : list of pairs (dW, db) in the order of ``layers``, of their shapes.

    Source: Goodfellow et al. (2016), algorithm 6.4.
    """
    ### BEGIN SOLUTION
    gradients = []
    for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape), strict=True):
        d_z = d_output * slopes
        gradients.append((d_z.T @ a, d_z.sum(axis=0)))
        d_output = d_z @ W
    return d_output, gradients[::-1]
    ### END SOLUTION


# %% nbgrader={"grade_id": "depth-forward", "grade": true, "points": 2}
# Two layers, 2 → 3 → 1, with a square as activation: z² has slope 2z.
square = lambda z: (z**2, 2 * z)
x = np.array([[1.0, 2.0], [0.0, -1.0]])
layers = [
    (np.array([[1.0, 0.0], [1.0, 1.0], [0.0, -1.0]]), np.array([0.0, -1.0, 2.0])),
    (np.array([[1.0, 2.0, 3.0]]), np.array([10.0])),
]
# By hand: z_1 = [[1, 2, 0], [0, -2, 3]]; squares [[1, 4, 0], [0, 4, 9]]; output 10 + 9 and 10 + 35.
output, tape = deep_forward(x, layers, square)
assert_close(
    output,
    np.array([[19.0], [45.0]]),
    label="the output of deep_forward",
    known={
        "the last layer has no activation: logits are not bent": np.array([[361.0], [2025.0]]),
        "the biases are missing": np.array([[31.0], [5.0]]),
        "the last layer's bias is missing": np.array([[9.0], [35.0]]),
        "no activation was applied: twenty linear layers are one": np.array([[15.0], [15.0]]),
        "the slopes went on in place of the values: the pair is (values, slopes)": np.array([[20.0], [20.0]]),
    },
)
assert len(tape) == 2, f"the tape has a pair for each of the 2 layers, not {len(tape)}"
assert_close(
    [tuple(pair) for pair in tape],
    [
        (x, np.array([[2.0, 4.0, 0.0], [0.0, -4.0, 6.0]])),
        (np.array([[1.0, 4.0, 0.0], [0.0, 4.0, 9.0]]), np.ones((2, 1))),
    ],
    label="the tape: for each layer what came in, and the slopes of what went out (ones at the end),",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(13)
sizes = (4, 5, 3, 6, 2)
layers = [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairwise(sizes)]
x = rng.normal(size=(7, 4))
wave = lambda z: (np.sin(z), np.cos(z))
output, tape = deep_forward(x, layers, wave)
a = torch.tensor(x)
inputs, slopes = [], []
for number, (W, b) in enumerate(layers):
    inputs.append(a.numpy())
    z = a @ torch.tensor(W).T + torch.tensor(b)
    a = z if number == 3 else torch.sin(z)
    slopes.append(np.ones((7, 2)) if number == 3 else torch.cos(z).numpy())
assert_close(output, a.numpy(), label="the output of four layers")
assert_close([tuple(pair) for pair in tape], list(zip(inputs, slopes, strict=True)), label="the tape of four layers")
output, tape = deep_forward(x, layers[:1], wave)
assert_close(output, x @ layers[0][0].T + layers[0][1], label="the output of a single layer, which is linear,")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "depth-backward", "grade": true, "points": 3}
# The same network; its tape is written out, so only the way back is judged here.
x = np.array([[1.0, 2.0], [0.0, -1.0]])
layers = [
    (np.array([[1.0, 0.0], [1.0, 1.0], [0.0, -1.0]]), np.array([0.0, -1.0, 2.0])),
    (np.array([[1.0, 2.0, 3.0]]), np.array([10.0])),
]
hidden, slopes = np.array([[1.0, 4.0, 0.0], [0.0, 4.0, 9.0]]), np.array([[2.0, 4.0, 0.0], [0.0, -4.0, 6.0]])
tape = [(x, slopes), (hidden, np.ones((2, 1)))]
d_output = np.array([[1.0], [2.0]])
d_x, gradients = deep_backward(d_output, layers, tape)
# By hand: ∂L/∂a_1 = [[1, 2, 3], [2, 4, 6]]; times the slopes: [[2, 8, 0], [0, -16, 36]].
assert len(gradients) == 2, f"a pair of gradients for each of the 2 layers is asked, not {len(gradients)}"
assert_close(
    tuple(gradients[1]),
    (np.array([[1.0, 12.0, 18.0]]), np.array([3.0])),
    label="(dW, db) of the last layer",
    known={
        "the gradients are in the order of the layers, the first one first": (
            np.array([[2.0, 4.0], [8.0, 32.0], [-0.0, -36.0]]),
            np.array([2.0, -8.0, 36.0]),
        ),
        "the bias serves every example: a sum over the batch, not the mean": (
            np.array([[1.0, 12.0, 18.0]]),
            np.array([1.5]),
        ),
        "this is the mean over the batch: d_output has it in already, so sum": (
            np.array([[0.5, 6.0, 9.0]]),
            np.array([1.5]),
        ),
    },
)
assert_close(
    tuple(gradients[0]),
    (np.array([[2.0, 4.0], [8.0, 32.0], [0.0, -36.0]]), np.array([2.0, -8.0, 36.0])),
    label="(dW, db) of the first layer",
    known={
        "the slopes are missing: multiply by f′(z) before anything else": (
            np.array([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]),
            np.array([3.0, 6.0, 9.0]),
        ),
        "the slopes went to the weights but not to the bias: both start from ∂L/∂z": (
            np.array([[2.0, 4.0], [8.0, 32.0], [0.0, -36.0]]),
            np.array([3.0, 6.0, 9.0]),
        ),
    },
)
assert_close(
    d_x,
    np.array([[10.0, 8.0], [-16.0, -52.0]]),
    label="d_x of deep_backward",
    known={
        "the first layer's slopes are missing on the way to x": np.array([[3.0, -1.0], [6.0, -2.0]]),
    },
)
assert_close(d_output, np.array([[1.0], [2.0]]), label="the argument d_output, which must stay as it was,")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(14)
sizes = (4, 5, 3, 6, 2)
layers = [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairwise(sizes)]
x, d_output = rng.normal(size=(7, 4)), rng.normal(size=(7, 2))
leaf = torch.tensor(x, requires_grad=True)
leaves = [(torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)) for W, b in layers]
a, tape = leaf, []
for number, (W, b) in enumerate(leaves):
    z = a @ W.T + b
    last = number == 3
    tape.append((a.detach().numpy(), np.ones((7, 2)) if last else torch.cos(z).detach().numpy()))
    a = z if last else torch.sin(z)
a.backward(torch.tensor(d_output))
d_x, gradients = deep_backward(d_output, layers, tape)
assert_close(d_x, leaf.grad.numpy(), label="d_x of four layers")
assert_close(
    [tuple(pair) for pair in gradients],
    [(W.grad.numpy(), b.grad.numpy()) for W, b in leaves],
    label="the gradients of four layers",
)
# A tape whose last slopes are not ones is used as it stands.
tape[-1] = (tape[-1][0], np.full((7, 2), 0.5))
assert_close(
    deep_backward(d_output, layers, tape)[0], 0.5 * leaf.grad.numpy(), label="d_x where the last slopes are one half"
)
### END HIDDEN TESTS

# %% [markdown] id="zigzag-guess"
# ## 8. Does an activation off centre slow learning down?
#
# The argument that the notes point to: a unit's weights get the gradient $\delta\,a$, one number $\delta$ times its inputs $a$. If all inputs are positive, as a sigmoid's outputs are, all components have the sign of $\delta$: the weights can only rise together or fall together.
# A goal that asks one weight to rise and another to fall is reached in zigzag.
#
# First one unit with two inputs, one example at a time; the goal is $w=(1,-1)$. On the left the inputs are uniform on $(-1,1)$, on the right the same ones plus 1. Each side has the rate that suits it: 0.3 divided by the largest eigenvalue of $\mathbb E[aa^\top]$.
# Guess: how much of the way is left after 40 steps?

# %% id="zigzag-figure" tags=["look"]
goal = np.array([1.0, -1.0])
noise = np.random.default_rng(3).uniform(-1, 1, size=(40, 2))
grid = np.meshgrid(np.linspace(-0.6, 1.6, 80), np.linspace(-1.6, 0.6, 80))
fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.4), sharex=True, sharey=True)
for ax, c in zip(axes, (0.0, 1.0), strict=True):
    second_moments = np.eye(2) / 3 + c**2
    rate = 0.3 / np.linalg.eigvalsh(second_moments).max()
    path, together = [np.zeros(2)], 0
    for a in noise + c:
        gradient = (a @ (path[-1] - goal)) * a
        together += np.prod(gradient) > 0
        path.append(path[-1] - rate * gradient)
    path = np.array(path)
    off = np.stack([grid[0] - goal[0], grid[1] - goal[1]], axis=-1)
    ax.contour(*grid, np.einsum("...i,ij,...j->...", off, second_moments, off), levels=8, colors="0.8", linewidths=0.8)
    ax.plot(*path.T, marker="o", markersize=3, linewidth=1)
    ax.plot(*goal, marker="*", markersize=14, color=figures.COLOURS[4], linestyle="none")
    left = np.linalg.norm(path[-1] - goal) / np.linalg.norm(goal)
    ax.set(xlabel="weight 1", title=f"inputs {'positive' if c else 'centred'}: {left:.0%} of the way is left")
    ax.grid(visible=False)
    print(f"inputs {'positive' if c else 'centred '}: both weights moved the same way in {together} of 40 steps")
axes[0].set_ylabel("weight 2")
_ = fig.suptitle("Forty steps of one unit, one example each", x=0.01, ha="left")

# %% [markdown] id="zigzag-answer"
# With positive inputs both weights moved the same way in all 40 steps, as the argument says, and the goal needs them to part: 17% of the way is left. With centred inputs they did so in 18 of 40, and nothing is left.
#
# But look at the contours. The zigzag is the visible half of the matter. The other half is that the valley is narrow: adding 1 to all inputs adds a large eigenvalue to $\mathbb E[aa^\top]$ (here 7/3 beside 1/3) along the direction $(1,1)$. The rate must suit the steep direction, and along the flat one it is then too small (LeCun et al. 1998, section 5). That holds for full batches, too, where nothing zigzags.

# %% [markdown] id="centre-guess"
# ### Look: only the centre differs
#
# Now a network. Comparing tanh with the sigmoid proves nothing, since their slopes differ fourfold. So we compare $\tanh z+c$ for four values of $c$: one and the same slope everywhere, only the centre moves. And we go one step further.
# Raising $a$ by $c$ adds $cW\mathbf 1$ to what comes into the next layer. We take exactly that away from its bias, so that **all four networks compute the same function at the start**, to the last digits. Whatever differs after that, learning has done.
#
# Three hidden layers of 50 units, the digits, one epoch of plain SGD, nine learning rates. Guess: does a smaller rate cure it?


# %% id="centre-tools" tags=["look"]
def new_layers(sizes, rng, gain=1.0):
    """Normal weights of variance gain² / fan-in, and biases of 0."""
    return [(gain * rng.normal(size=(n, m)) / np.sqrt(m), np.zeros(n)) for m, n in pairwise(sizes)]


def cross_entropy(logits, labels):
    """The mean over the batch."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels])


def train(layers, activation, rate, rng, epochs=1, batch=20):
    """Plain stochastic gradient descent on the digits, by your functions; gives the new layers."""
    with np.errstate(all="ignore"):  # too large a rate may overflow: that is a result, too
        for _ in range(epochs):
            for rows in np.split(rng.permutation(len(train_x)), len(train_x) // batch):
                logits, tape = deep_forward(train_x[rows], layers, activation)
                _, gradients = deep_backward(pull(logits, train_y[rows]), layers, tape)
                layers = [(W - rate * dW, b - rate * db) for (W, b), (dW, db) in zip(layers, gradients, strict=True)]
    return layers


def raised(c):
    """tanh plus c: other values, the same slopes."""

    def activation(z):
        values, slopes = tanh(z)
        return values + c, slopes

    return activation


# %% id="centre-figure" tags=["look"]
rates, shifts = np.geomspace(0.003, 1.0, 9), (0.0, 0.5, 1.0, 2.0)
after = {}
for c in shifts:
    for rate in rates:
        for seed in range(3):
            layers = new_layers((64, 50, 50, 50, 10), np.random.default_rng(seed))
            start = deep_forward(held_x, layers, raised(0.0))[0]
            layers = [layers[0], *((W, b - c * W.sum(axis=1)) for W, b in layers[1:])]
            apart = np.abs(deep_forward(held_x, layers, raised(c))[0] - start).max()
            layers = train(layers, raised(c), rate, np.random.default_rng(100 + seed))
            logits = deep_forward(held_x, layers, raised(c))[0]
            after[c, rate, seed] = np.nan_to_num(cross_entropy(logits, held_y), nan=np.inf)
print(f"largest difference between the networks' outputs before training: {apart:.0e}")

fig, ax = plt.subplots(figsize=(7.2, 4.4))
best = {}
for c in shifts:
    losses = np.array([np.median([after[c, rate, seed] for seed in range(3)]) for rate in rates])
    ax.loglog(rates, losses, marker="o", label=f"tanh z + {c:g}" if c else "tanh z")
    best[c] = losses.min()
    print(
        f"c = {c:3.1f}: best loss {losses.min():.3f}, at rate {rates[losses.argmin()]:.3f}; at rate {rates[5]:.2f}: {losses[5]:.2f}"
    )
ax.axhline(np.log(10), color="0.6", linewidth=1, linestyle="-")
ax.text(rates[0], np.log(10) * 1.05, "blind guessing", fontsize=9)
ax.set(
    xlabel="learning rate",
    ylabel="held-out loss after one epoch (nats)",
    title=f"Off centre by 2, the best loss is {best[2.0] / best[0.0]:.1f} times as large",
    ylim=(0.08, 30),
)
_ = ax.legend(loc="upper left")

# %% [markdown] id="centre-answer"
# Two things at once, and the notes' question is answered by both.
#
# - **On the left all four curves lie on each other.** With a small rate the centre makes *no difference*: no step is slower for it.
# - **The larger $c$, the sooner the rate is too large.** Centred, a rate of 0.48 works best and ends at a loss of 0.18. With $c=2$ everything above 0.03 makes it worse, and the best loss is 1.57, more than eight times as large; $c=1$ costs a factor of two, $c=0.5$ next to nothing.
#
# So: yes, off-centre activations slow learning down, *because they forbid large steps*, not because a step does less. A smaller rate does not cure it; the smaller rate *is* the loss of time. What cures it is taking the offset away: a centred activation, or batch normalisation between the layers. (A rate for each weight would not: the steep direction is the sum of all of them, no single one.)
# And keep the size in mind: a sigmoid is off by 0.5, ReLU by about 0.4. Half a unit costs little here. It is not why sigmoid networks fail; the next section shows why.

# %% [markdown] id="survival-guess"
# ## 9. What is left of a gradient after twenty layers?
#
# Twenty hidden layers of 100 units, one random example, a random gradient at the top. How large is $\partial L/\partial z_l$ on its way down? Weights have variance $1/n$ (LeCun) or $2/n$ (He), with $n$ inputs.
# The notes say that gradients vanish *because of the activation*. Guess the sigmoid's share in it, and ReLU's.

# %% id="survival-figure" tags=["look"]
relu = activations["ReLU"]
straight = lambda z: (z, np.ones_like(z))
kinds = {
    "sigmoid, 1/n": (sigmoid, 1.0),
    "tanh, 1/n": (tanh, 1.0),
    "ReLU, 1/n": (relu, 1.0),
    "ReLU, 2/n": (relu, np.sqrt(2)),
    "GELU, 2/n": (gelu, np.sqrt(2)),
    "none (linear), 1/n": (straight, 1.0),
    "none (linear), 0.5/n": (straight, np.sqrt(0.5)),
}
fig, ax = plt.subplots(figsize=(7.2, 4.6))
left_over = {}
print(f"{'':22s}{'left of 1 after 19 layers':>26s}{'per layer':>11s}")
for name, (activation, gain) in kinds.items():
    sizes = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        layers = new_layers((100,) * 22, rng, gain)
        _, tape = deep_forward(rng.normal(size=(1, 100)), layers, activation)
        _, gradients = deep_backward(rng.normal(size=(1, 100)), layers, tape)
        # With one example, the gradient in a bias is that in z.
        sizes.append([np.linalg.norm(db) for _, db in gradients[:-1]])
    size = np.median(sizes, axis=0)
    left_over[name] = size[0] / size[-1]
    ax.semilogy(range(1, 21), size / size[-1], label=name)
    print(f"{name:22s}{left_over[name]:26.1e}{left_over[name] ** (1 / 19):11.2f}")
ax.set(
    xlabel="hidden layer",
    ylabel="‖∂L/∂z‖ relative to layer 20",
    title=f"Nineteen layers down a sigmoid network keeps {left_over['sigmoid, 1/n']:.0e} of the gradient",
    xticks=(1, 5, 10, 15, 20),
)
_ = ax.legend(loc="lower right", fontsize=9)

# %% [markdown] id="survival-answer"
# - **The sigmoid** keeps 0.23 per layer, hardly less than its largest slope, ¼: after nineteen layers $10^{-12}$. Weights four times as large would make up for the ¼, and push the units into their flat parts (not tried here).
# - **ReLU is not the cure by itself.** With variance $1/n$ it loses $\sqrt{1/2}$ per layer, since half of the units are off: a factor of 1000. With He's $2/n$ next to nothing is lost (0.98 per layer). tanh with $1/n$ keeps 0.91.
# - **Without any activation** the gradient vanishes just as well if the weights are small: $0.5/n$ behaves exactly like ReLU with $1/n$.
#
# So "because of the activation" is half of it. The gradient is multiplied by *weights times slopes*, layer after layer, and only the product counts. (GELU with $2/n$ loses 0.88 per layer on average, but not at the same pace everywhere: as the activations shrink, it comes closer to a straight line of slope ½.)

# %% [markdown] id="dead-guess"
# ## 10. How ReLUs die, and what a leak is worth
#
# A ReLU that is off for every example has a slope of 0 for every example: no gradient reaches its weights. Steps that are too long get it there: they throw weights and bias so far that no example comes back to the right side.
#
# So we shake the network and then treat it gently: two hidden layers of 100 units, one epoch at a rate that is too large (nine of them), then three epochs at 0.05, which is a good one. Your `saturation` counts dead units in the second layer.
# ReLU, leaky ReLU and ELU take the same shaking. The usual advice says that a leak saves the network. Guess: which of the three stands the largest rate?

# %% id="dead-figure" tags=["look"]
rates = np.geomspace(0.2, 3.2, 9)
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.0))
largest = {}
print(f"{'rate of the first epoch':30s}" + "".join(f"{rate:7.2f}" for rate in rates))
for name in ("ReLU", "leaky ReLU", "ELU"):
    activation = activations[name]
    dead, still, finite, accuracy = np.zeros((4, 9, 3))
    for i, rate in enumerate(rates):
        for seed in range(3):
            layers = new_layers((64, 100, 100, 10), np.random.default_rng(seed), np.sqrt(2))
            layers = train(layers, activation, rate, np.random.default_rng(100 + seed))
            finite[i, seed] = all(np.isfinite(W).all() for W, _ in layers)
            if not finite[i, seed]:
                accuracy[i, seed] = 0.1  # nothing is left to train: blind guessing
                continue
            dead[i, seed] = saturation(deep_forward(train_x, layers, activation)[1][1][1], 0.0)[1]
            layers = train(layers, activation, 0.05, np.random.default_rng(200 + seed), epochs=3)
            still[i, seed] = saturation(deep_forward(train_x, layers, activation)[1][1][1], 0.0)[1]
            accuracy[i, seed] = np.mean(deep_forward(held_x, layers, activation)[0].argmax(axis=1) == held_y)
    alive = finite.sum(axis=1)
    dead, still = (np.where(alive, of.sum(axis=1) / np.maximum(alive, 1), np.nan) for of in (dead, still))
    left.semilogx(rates, dead, marker="o", label=name)
    right.semilogx(rates, accuracy.mean(axis=1), marker="o", label=name)
    largest[name] = rates[accuracy.mean(axis=1) > 0.8].max()
    rows = {"dead after it": dead, "dead at the end": still, "right at the end": accuracy.mean(axis=1)}
    for words, numbers in rows.items():
        print(f"{name:11s}{words:19s}" + "".join("      –" if np.isnan(n) else f"{n:7.0%}" for n in numbers))
    print(f"{name:11s}{'with finite weights':19s}" + "".join(f"{number:5.0f}/3" for number in alive))
left.set(
    xlabel="rate of the first epoch",
    ylabel="dead units in layer 2",
    title="Where weights are finite: who is dead",
    ylim=(-0.03, 1.03),
)
right.set(
    xlabel="rate of the first epoch",
    ylabel="held-out accuracy at the end (mean of 3)",
    title=f"{max(largest, key=largest.get)} stands the largest rate",
    ylim=(0, 1.03),
)
for ax in (left, right):
    ax.set_xticks([0.2, 0.4, 0.8, 1.6, 3.2], ["0.2", "0.4", "0.8", "1.6", "3.2"])
    ax.minorticks_off()
_ = left.legend(loc="upper left")

# %% [markdown] id="dead-answer"
# The usual advice fails here. With rates up to 0.57 next to nobody dies and all three end at 96 to 97%. At 1.13 half of the ReLUs in the second layer are dead, **and the network is right in 90% of cases**, while two of three leaky networks and all ELU networks have weights that are no longer finite.
#
# Dead units are a fuse. A step that is too long switches a ReLU off, and then it takes no further part. In a leaky network the next step is longer still, and so on to infinity. A leak keeps a unit reachable; it does not make a step shorter. (ELU is no shelter either: at 0.8 its one network with finite weights has a second layer that is dead to the last unit, so far on the left that the exponential is 0.)
#
# The first part of the story holds: the dead stay dead. Three epochs at a good rate wake next to none of them (the two rows of the table). At 1.6 too many are gone, and the network does not come back. So count them: a share of dead units says that steps were too long, long before the loss does. (Two layers, plain SGD, three seeds.)

# %% [markdown] id="race-guess"
# ## 11. Which one, then?
#
# Six hidden layers of 50 units, three epochs, five learning rates for each activation, three seeds. The rate is chosen by the loss on one half of the held-out digits, and the accuracy is that on the other half. Weights have variance $1/n$ for sigmoid and tanh, $2/n$ for the others. Write your order of merit down.

# %% id="race-figure" tags=["look"]
sixth = dict(activations)
del sixth["thresholded ReLU"]
rates, scores = np.geomspace(0.01, 1.0, 5), {}
choose, judge = slice(0, 300), slice(300, None)
print(f"{'':12s}{'best rate':>10s}{'accuracy':>10s}")
for name, activation in sixth.items():
    gain = 1.0 if name in ("sigmoid", "tanh") else np.sqrt(2)
    trained = {
        rate: [
            train(
                new_layers((64, *[50] * 6, 10), np.random.default_rng(seed), gain),
                activation, rate, np.random.default_rng(100 + seed), epochs=3,
            )
            for seed in range(3)
        ]
        for rate in rates
    }  # fmt: skip
    logits = {rate: [deep_forward(held_x, layers, activation)[0] for layers in runs] for rate, runs in trained.items()}
    loss = {
        rate: np.mean([np.nan_to_num(cross_entropy(z[choose], held_y[choose]), nan=np.inf) for z in of])
        for rate, of in logits.items()
    }
    rate = min(loss, key=loss.get)
    scores[name] = [np.mean(z[judge].argmax(axis=1) == held_y[judge]) for z in logits[rate]]
    print(f"{name:12s}{rate:10.3f}{np.mean(scores[name]):10.1%}")

fig, ax = plt.subplots(figsize=(7.2, 3.8))
names = sorted(scores, key=lambda name: np.mean(scores[name]))
for place, name in enumerate(names):
    errors = 1 - np.array(scores[name])
    ax.semilogx(errors, [place] * 3, marker="o", linestyle="none", color=figures.COLOURS[2])
    ax.semilogx(errors.mean(), place, marker="|", markersize=18, color="black")
ax.set(
    xlabel="held-out error (dots: seeds, bar: mean)",
    title=f"Six hidden layers, three epochs: {names[-1]} is first, {names[0]} last",
)
ax.set_yticks(range(len(names)), names)
ax.set_xticks([0.02, 0.05, 0.1, 0.2, 0.5, 1.0], ["2%", "5%", "10%", "20%", "50%", "100%"])
ax.minorticks_off()

# %% [markdown] id="race-answer"
# The sigmoid is out: six layers take its gradient below $10^{-3}$, and in three epochs it has learnt nothing, at the best of its five rates. The rest lie between 92% and 97%, in an order that you should not learn by heart: 297 held-out digits and three seeds leave an uncertainty of more than a percentage point. What can be said: here the two that are centred best, ELU and tanh, were ahead of the ReLUs, with the budget of three epochs and without normalisation.
#
# With normalisation, skip connections and Adam, the differences shrink further. Large models take GELU or SiLU, which were chosen by trials like this one at their own size. The honest answer to "which?" is: one whose gradient survives the depth you need, initialised as it wants, and then the rest is worth a trial.

# %% [markdown] id="interview"
# ## Interview questions
#
# Answer aloud first, then unfold.
#
# <details><summary><b>1. Does an activation that is not centred on zero slow learning down? 非零中心的激活函数会导致参数更新变慢吗？</b></summary>
#
# Yes, but not by slowing a step. Take $\tanh z+c$: the same slope everywhere, and biases chosen so that all networks start as the same function ("only the centre differs"). With small rates the curves coincide. With larger ones the off-centre networks fail first: the best rate falls from 0.48 to 0.03 for $c=2$, and the loss after one epoch is eight times as large.
# The usual argument: all inputs positive, so all weights of a unit move in the sign of $\delta$, in zigzag ("forty steps of one unit": 40 of 40 steps). The deeper reason: a common offset adds one large eigenvalue to the inputs' second moments, the problem is ill-conditioned, and the largest stable rate falls (LeCun et al. 1998). For a sigmoid's 0.5 or a ReLU's 0.4 the price is small ($c=0.5$: 0.21 against 0.18), and batch normalisation removes it.
# </details>
# <details><summary><b>2. Why did ReLU replace sigmoid and tanh in hidden layers? ReLU 为什么取代了 sigmoid？</b></summary>
#
# Slopes. A sigmoid's is at most ¼, so nineteen layers keep $10^{-12}$ of a gradient with weights of variance $1/n$ ("what is left of a gradient"). A ReLU's is exactly 1 wherever it is on, for any size of input: it does not saturate on the right, and with weights of variance $2/n$ twenty layers lose next to nothing. It is also cheap, and half of its outputs are exact zeros.
# The price: it is off centre, half of each layer is without gradient at any moment, and units can die.
# </details>
# <details><summary><b>3. "Gradients vanish because of the activation function." True? 梯度消失是激活函数造成的吗？</b></summary>
#
# Half true. Going down a layer multiplies the gradient by $W^\top\mathrm{diag}(f'(z))$. A network with no activation at all and weights of variance $0.5/n$ vanishes exactly as a ReLU network with $1/n$ does; a ReLU network with $2/n$ does not. The sigmoid is special in that its slope is so small that no reasonable weight makes up for it. The same product explodes when it is above 1.
# </details>
# <details><summary><b>4. What is a dead ReLU, how do you notice it, and what do you do? 什么是 dead ReLU？</b></summary>
#
# A unit whose pre-activation is negative for every example: slope 0 everywhere, so its weights never move again. Count them: `saturation(slopes, 0.0)[1]`, over many examples. Causes: steps that are too long, a large negative bias, inputs that are all of one sign. Remedies: a smaller rate, warm-up, clipping, He's initialisation, normalisation before the activation.
# A leak is the remedy that is always named. In "how ReLUs die" it did not save anything: at the rate where half of the ReLUs were dead and the network still right in 90% of cases, most leaky networks had run to infinity. Death is the symptom of a step that was too long.
# </details>
# <details><summary><b>5. Leaky ReLU, PReLU, ELU: what does each change?</b></summary>
#
# All leave the right side alone. *Leaky*: a small fixed slope on the left, so that a gradient always passes. *PReLU*: that slope is learnt, one per channel; its gradient is the sum over the batch of $\partial L/\partial a\cdot\min(x,0)$ (on the digits the slopes went to 0.05 to 0.82, "which slopes does a network want?"). *ELU*: bends towards $-\alpha$, so the mean output is closer to 0 (0.16 against ReLU's 0.40 for normal input), smooth at 0 for $\alpha=1$, but flat far on the left, and it costs an exponential.
# </details>
# <details><summary><b>6. Is max(0.1x, x) the same as leaky ReLU?</b></summary>
#
# For a slope below 1, yes; the maximum of two lines is the upper one, and on the right that is $x$ only while $a<1$. With $a=2$ the maximum is $2x$ on the right and $x$ on the left, the wrong way round: your first test of exercise 2 shows it. PReLU *learns* its slope and may pass 1, so libraries choose by the sign. And 0.1, in the notes, is a choice: torch takes 0.01, Keras 0.3.
# </details>
# <details><summary><b>7. Why GELU in BERT? Is it ReLU made smooth?</b></summary>
#
# It is $z\,\Phi(z)$: the input times the probability that a standard normal number is smaller. Far out it is ReLU; close to 0 it is smooth, dips to $-0.17$ and has slopes up to 1.13 ("the gallery"). Hendrycks & Gimpel found it slightly better than ReLU and ELU in their trials, BERT and GPT took it, and many followed; there is no proof that it must be better. In our race it was level with SiLU. Mind the two versions: BERT's and GPT-2's code have the formula with tanh, torch's default is exact; they differ by up to $5\cdot10^{-4}$, enough to fail a comparison of converted weights.
# </details>
# <details><summary><b>8. ReLU has no derivative at 0. Why does that not matter? ReLU 在 0 点不可导怎么办？</b></summary>
#
# A pre-activation of exactly 0 is rare with real numbers, and any value between the two one-sided slopes is a subgradient there, so taking 0 (torch, and your `leaky_relu(z, 0.0)`) is as good as taking 1. It is not so rare where exact zeros are made on purpose: an all-zero input to a layer without bias gives $z=0$ for every unit, and then the convention decides whether anything is learnt. What matters more is the other thing that the kink brings: the slope *jumps*, so second derivatives say nothing.
# </details>
# <details><summary><b>9. Which activation belongs at the output? 输出层用什么激活函数？</b></summary>
#
# The one whose values are what you want to say. A real number: none. A probability: sigmoid. One class of many: softmax; several at once: one sigmoid each. A positive number: $e^z$ or softplus. A correlation or a pixel in $(-1,1)$: tanh. And in code, usually none at all: the loss takes logits and does the rest without losing digits (the notebook on losses shows what is lost). A ReLU at the output is a mistake that trains: half of the examples have no gradient.
# </details>
# <details><summary><b>10. Derive softmax's derivative. Why is it never built as a matrix? Softmax 的导数？</b></summary>
#
# $\partial p_k/\partial z_j=p_k(\delta_{jk}-p_j)$: for $j=k$ the quotient rule gives $p_k-p_k^2$, otherwise $-p_kp_j$. As a matrix it is $\mathrm{diag}(p)-pp^\top$, symmetric, with rows that sum to zero (adding a constant to all logits changes nothing). Its product with a gradient is $p\odot(g-\langle g,p\rangle)$: $C$ multiplications, not $C^2$; for a vocabulary of 30,000 and a batch of tokens the matrix would not fit into memory. Together with cross-entropy, where $g=-y/p$, it collapses to $p-y$.
# </details>
# <details><summary><b>11. Where are sigmoid and tanh still used?</b></summary>
#
# As *gates*, where a number between 0 and 1 has to say how much passes: LSTM and GRU, attention-like mixing, squeeze-and-excitation; SiLU is a unit that gates itself. tanh bounds a state that is fed back again and again (an RNN with ReLU can grow without limit), and BERT's pooler has one over [CLS]. Saturation, a fault in a hidden layer, is a virtue in a gate: it can stay open.
# </details>
# <details><summary><b>12. Does a network need an activation at all? 为什么需要非线性激活函数？</b></summary>
#
# Without one, $W_2(W_1x+b_1)+b_2$ is $(W_2W_1)x+\dots$: any number of layers has the hypotheses of one. (Its *training* still differs: products of matrices learn at other speeds, and the gradient can vanish and explode all the same, as the two straight lines of "what is left of a gradient" show.) With any activation that is not a polynomial, one hidden layer wide enough approximates every continuous function on a bounded set (Leshno et al. 1993); which one you take decides how fast you get there, not whether.
# </details>

# %% [markdown] id="notes"
# ## Where the notes are wrong or loose
#
# - **"Leaky ReLU: $a=\max(0.1x,x)$."** 0.1 is one choice, and the maximum needs a slope below 1: section 2.
# - **"Vanishing gradients come from the activation functions" 由于激活函数的作用.** Half of it: section 9 has a network without any activation whose gradient vanishes, and one with ReLU whose gradient does not. What counts is the product of weights *and* slopes.
# - **Question 1** is left open after the chain rule. Section 8 ends it: the centre forbids large steps, and costs nothing while steps are small.

# %% [markdown] id="written-question"
# ## A question to answer in words · 4 points
#
# A colleague's text classifier has twelve hidden layers with sigmoids, and its loss has not moved in an hour. "Sigmoids are not centred on zero", says the colleague, and replaces them by ReLU, leaving weights (standard deviation 0.01) and everything else as they were, with a learning rate of 2.
# Now the loss jumps twice and then stands still at $\ln C$. `saturation(slopes, 0.0)` of the last hidden layer gives `(1.0, 1.0)`.
#
# In about 150 words: (a) was the centre the reason that the sigmoid network stood still? Give a number. (b) What has happened to the ReLU network, and why does it stand at $\ln C$? (c) Will it recover if you lower the rate now? (d) What do you do, in which order, and what do you measure?

# %% [markdown] nbgrader={"grade_id": "written-sigmoids", "grade": true, "solution": true, "points": 4}
# (a) Hardly. A sigmoid's slope is at most 1/4, so twelve layers multiply the gradient by at most $4^{-12}\approx6\cdot10^{-8}$, before the small weights shrink it further. Being off centre makes a problem ill-conditioned, so that it needs a smaller rate and more steps; it does not make the gradient vanish.
#
# (b) All units of the last hidden layer are dead: their slope is 0 for every example. Steps of rate 2 have thrown weights and biases so far that every pre-activation is negative. The layer's output is then 0 for every input, the logits are the output bias alone, one and the same for all examples, and the best that it can do on balanced classes is to say $1/C$: a loss of $\ln C$.
#
# (c) No. Through a layer whose slopes are all 0 no gradient passes, neither to its own weights nor to any below. Whatever the rate, they stay.
#
# (d) Start again: weights of variance $2/n$ for ReLU, and a rate found by trying several over powers of three; perhaps a leaky slope or GELU, normalisation or skip connections for the depth. Measure the gradient's size by layer and the dead share by layer at the first steps and through training, and the loss on held-out texts.
#
# ### BEGIN MARK SCHEME
# One point each. Half points are allowed.
#
# - (a) Says that vanishing through the slopes (at most 1/4 each, so $4^{-12}$ or an equivalent number) is the reason, not the centre. The right reason without a number: ½.
# - (b) Dead units, *and* that the output no longer depends on the input, so the loss is that of a constant answer. Only one of the two: ½.
# - (c) No, with the reason: slopes of 0 stop every gradient to and below that layer. "No" alone: 0. (The output bias still learns; who says so and that it does not help loses nothing.)
# - (d) Starts anew (initialisation that fits ReLU, smaller rate), and names a measurement by layer. A list of remedies without a measurement: ½.
# ### END MARK SCHEME

# %% [markdown] id="references"
# ## References
#
# - I. Goodfellow, Y. Bengio, A. Courville (2016), *Deep Learning*, sections 3.10, 6.3 and 6.5.
# - C. Bishop (2006), *Pattern Recognition and Machine Learning*, section 4.3.4.
# - Y. LeCun, L. Bottou, G. Orr, K.-R. Müller (1998), "Efficient BackProp", in *Neural Networks: Tricks of the Trade*, sections 4.3 to 4.6 and 5.
# - X. Glorot, Y. Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", AISTATS.
# - V. Nair, G. Hinton (2010), "Rectified Linear Units Improve Restricted Boltzmann Machines", ICML.
# - A. Maas, A. Hannun, A. Ng (2013), "Rectifier Nonlinearities Improve Neural Network Acoustic Models", ICML workshop.
# - K. He, X. Zhang, S. Ren, J. Sun (2015), "Delving Deep into Rectifiers", ICCV; arXiv:1502.01852.
# - K. Konda, R. Memisevic, D. Krueger (2015), "Zero-bias autoencoders and the benefits of co-adapting features", ICLR; arXiv:1402.3337.
# - D.-A. Clevert, T. Unterthiner, S. Hochreiter (2016), "Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)", ICLR; arXiv:1511.07289.
# - D. Hendrycks, K. Gimpel (2016), "Gaussian Error Linear Units (GELUs)", arXiv:1606.08415.
# - S. Elfwing, E. Uchibe, K. Doya (2018), "Sigmoid-weighted linear units for neural network function approximation in reinforcement learning", *Neural Networks* 107; arXiv:1702.03118.
# - M. Leshno, V. Lin, A. Pinkus, S. Schocken (1993), "Multilayer feedforward networks with a nonpolynomial activation function can approximate any function", *Neural Networks* 6.
# - The article that the notes link to: liam.page, "谈谈激活函数以零为中心的问题" (2018).
