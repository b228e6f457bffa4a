# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # LSTM: a memory that learns when to write
#
# > *Why does an LSTM remember where a plain RNN forgets, and what does the forget gate's bias have to do with it?*
#
# The usual answer, "because it has gates", is not enough to pass. In this notebook you build the long short-term memory
# (LSTM 长短期记忆网络) twice: forwards, and backwards by hand. Then you measure how much of a signal from step 1 is still
# felt at step 60, watch a single cell learn when to forget, load your weights into `nn.LSTM` and get the same numbers out, and
# train a small character model (字符级语言模型) with nothing but your own code until it writes Python documentation, more or less.
#
# **Time** about 120 minutes · **Points** 30 (25 by tests, 5 for one written answer) · **Before this** [losses](../losses/losses.ipynb) (the chain rule, cross-entropy)
#
# Symbols: $B$ batch, $T$ time, $D$ size of an input, $H$ size of the state, $V$ vocabulary, $\odot$ the product entry by entry.

# %% nbgrader={"grade_id": "setup", "locked": true}
import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.special import expit as sigmoid
from scipy.special import softmax

from course import figures
from course.testing import assert_close, assert_frequency

figures.use()
torch.set_num_threads(1)


def length_mask(lengths, T):
    """True where a step is real, False where it is padding: shape (B, T), from lengths of shape (B,)."""
    return np.arange(T) < np.asarray(lengths)[:, None]


def spread(start, *shape):
    """Numbers between -1 and 1 that look random, are all different, and never change."""
    k = np.arange(1, np.prod(shape) + 1)
    return np.sin(k * k + start).reshape(shape)


# %% [markdown] id="cell-idea"
# ## 1. One cell, one step
#
# A recurrent network (循环神经网络) reads a sequence one step at a time and keeps a state. The LSTM keeps two:
# the **cell state** $c_t$ 细胞状态, which is its memory, and the **hidden state** $h_t$ 隐藏状态, which is what it shows of that memory.
# Three gates (门), numbers between 0 and 1, decide what happens to the memory; a candidate (候选值) offers something new to store:
#
# $$\begin{pmatrix} i_t\\ f_t\\ o_t\\ \hat c_t\end{pmatrix}=\begin{pmatrix}\sigma\\ \sigma\\ \sigma\\ \tanh\end{pmatrix}
# \bigl(W\,[h_{t-1},x_t]+b\bigr),\qquad c_t=f_t\odot c_{t-1}+i_t\odot\hat c_t,\qquad h_t=o_t\odot\tanh(c_t)$$
#
# (Zaremba, Sutskever & Vinyals 2014, section 3.1; the forget gate is from Gers, Schmidhuber & Cummins 2000.)
#
# The order, input gate 输入门, forget gate 遗忘门, output gate 输出门, candidate, is that of the notes; the code calls $\hat c_t$ `g`, as PyTorch does.
# All four are computed by *one* matrix $W$ of shape $(4H,\,H+D)$: its first $H$ rows are the input gate's, the next $H$ the forget gate's, and so on;
# its first $H$ columns read $h_{t-1}$, the other $D$ read $x_t$.

# %% [markdown] id="cell-bias"
# **A gap in the notes.** The notes write $W\cdot[h_{t-1},x_t]$ with no bias. The paper that this layout comes from writes an *affine* map there, $Wx+b$.
# It is more than a detail: without $b$ a forget gate that sees small inputs stands at $\sigma(0)=0.5$ and halves the memory at every step. The bias of
# the forget gate decides whether an untrained LSTM remembers at all. We start it above zero, and section 4 measures what that buys.

# %% [markdown] id="cell-task"
# **Exercise 1** · 4 points · about 12 minutes · 4 lines and 6 lines
#
# Write `init_lstm`, which makes the parameters, and `lstm_step`, which takes one step for a whole batch.
# `sigmoid` is there (from the set-up cell) and safe for any input.
#
# <details><summary>Hint 1</summary>The rows of W and the entries of b come in four blocks of H: i, f, o, g. The forget gate's are the second.</details>
# <details><summary>Hint 2</summary>With h of shape (B, H) and x of shape (B, D), <code>np.concatenate([h_prev, x], axis=1)</code> is what W reads, row by row of the batch: so multiply by the transpose of W.</details>
# <details><summary>Hint 3</summary><code>np.split(z, 4, axis=1)</code> gives the four blocks.</details>


# %% nbgrader={"grade_id": "cell", "solution": true}
def init_lstm(inputs, hidden, rng, forget_bias=1.0):
    """Draw the parameters of an LSTM.

    Parameters
    ----------
    inputs, hidden : int
        D, the size of an input, and H, the size of the state.
    rng : numpy.random.Generator
        The only source of randomness.
    forget_bias : float
        Where the biases of the forget gate start.

    Returns
    -------
    dict
        "W": ndarray, shape (4H, H + D), float64, uniform between -1/√H and 1/√H (as `nn.LSTM` does it).
        "b": ndarray, shape (4H,), float64, `forget_bias` for the forget gate and zero elsewhere.
        Blocks of H rows in the order i, f, o, g.

    Source: PyTorch's documentation of nn.LSTM (the range); Jozefowicz et al. (2015) (the forget bias).
    """
    ### BEGIN SOLUTION
    bound = 1 / np.sqrt(hidden)
    b = np.zeros(4 * hidden)
    b[hidden : 2 * hidden] = forget_bias
    return {"W": rng.uniform(-bound, bound, size=(4 * hidden, hidden + inputs)), "b": b}
    ### END SOLUTION


def lstm_step(x, h_prev, c_prev, params):
    """Take one step of an LSTM for a batch.

    Parameters
    ----------
    x : ndarray, shape (B, D), floating
        The input of this step.
    h_prev, c_prev : ndarray, shape (B, H)
        The state before it.
    params : dict
        "W", shape (4H, H + D), whose columns read [h_prev, x], and "b", shape (4H,); rows in blocks i, f, o, g.

    Returns
    -------
    h, c : ndarray, shape (B, H)
        The state after it.
    gates : dict
        "i", "f", "o", "g": ndarray, shape (B, H), the values of the gates and of the candidate, *after* sigmoid and tanh.

    The dtype is that of the inputs (float32 in, float32 out), and no input is changed.

    Source: Zaremba, Sutskever & Vinyals (2014), section 3.1.
    """
    ### BEGIN SOLUTION
    z = np.concatenate([h_prev, x], axis=1) @ params["W"].T + params["b"]
    i, f, o, g = np.split(z, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = f * c_prev + i * g
    return o * np.tanh(c), c, {"i": i, "f": f, "o": o, "g": g}
    ### END SOLUTION


# %% nbgrader={"grade_id": "cell-parameters", "grade": true, "points": 1}
# H = 5 and D = 3: 20 rows (four blocks of five) and 8 columns (five for h, three for x).
params = init_lstm(3, 5, np.random.default_rng(0), forget_bias=2.0)
assert sorted(params) == ["W", "b"], f"the dict must have the keys 'W' and 'b', and has {sorted(params)}"
assert_close(
    params["b"],
    np.array([0.0] * 5 + [2.0] * 5 + [0.0] * 10),
    dtype=np.float64,
    label="b (H = 5, forget_bias = 2)",
    known={
        "this is the input gate's bias: the forget gate is the second block": np.array([2.0] * 5 + [0.0] * 15),
        "every gate got the bias: only the forget gate's block should": np.full(20, 2.0),
        "the candidate got it: the order is i, f, o, g": np.array([0.0] * 15 + [2.0] * 5),
    },
)
assert_close(
    init_lstm(1, 1, np.random.default_rng(0))["b"], np.array([0.0, 1.0, 0.0, 0.0]), label="b by default (H = 1)"
)
assert_close(params["W"], params["W"], dtype=np.float64, label="W")
assert params["W"].shape == (20, 8), f"W must have shape (4H, H + D) = (20, 8), and has {params['W'].shape}"

# Many weights: uniform between -1/√H and 1/√H. Here H = 64, so the bound is 0.125.
rng = np.random.default_rng(1)
W = init_lstm(36, 64, rng)["W"]
assert np.abs(W).max() <= 0.125, f"a weight of size {np.abs(W).max():.3g} lies outside 1/√H = 0.125 (H = 64, D = 36)"
assert_frequency(int((np.abs(W) < 0.0625).sum()), W.size, 0.5, label="|W| below half the bound 1/√H")
assert_frequency(int((W > 0).sum()), W.size, 0.5, label="a positive weight")
again = init_lstm(36, 64, np.random.default_rng(1))["W"]
assert_close(again, W, label="W, drawn again by a generator in the same state (draw from rng alone)")
assert np.abs(init_lstm(36, 64, rng)["W"] - W).max() > 0, (
    "two draws from one generator must differ: use rng, not one of your own"
)
blocks = W.reshape(4, 64, 100)
assert all(np.abs(blocks[a] - blocks[b]).max() > 0 for a in range(4) for b in range(a)), (
    "the four gates need weights of their own"
)

# %% nbgrader={"grade_id": "cell-by-hand", "grade": true, "points": 1}
# By hand: all weights zero, so the biases alone set i = 1/2, f = 3/4, o = 1/4, g = 1/2. With c = 2 before: c = 3/4 · 2 + 1/2 · 1/2 = 1.75.
b = np.array([0.0, np.log(3), -np.log(3), np.arctanh(0.5)])
h, c, gates = lstm_step(np.array([[7.0]]), np.array([[5.0]]), np.array([[2.0]]), {"W": np.zeros((4, 2)), "b": b})
assert sorted(gates) == ["f", "g", "i", "o"], f"gates must have the keys i, f, o, g, and has {sorted(gates)}"
assert_close(
    [float(gates[k][0, 0]) for k in "ifog"],
    [0.5, 0.75, 0.25, 0.5],
    label="the gates i, f, o, g",
    known={
        "the gates are returned before sigmoid and tanh": [float(v) for v in b],
        "your blocks are in PyTorch's order i, f, g, o: here it is i, f, o, g": [0.5, 0.75, float(sigmoid(b[3])), -0.8],
        "the candidate needs tanh, not sigmoid": [0.5, 0.75, 0.25, float(sigmoid(b[3]))],
    },
)
assert_close(
    c,
    np.array([[1.75]]),
    label="c",
    known={
        "input and forget gate have changed places": np.array([[0.5 * 2 + 0.75 * 0.5]]),
        "you tied them, f = 1 - i, as a GRU does": np.array([[0.5 * 2 + 0.5 * 0.5]]),
    },
)
assert_close(
    h,
    np.array([[0.25 * np.tanh(1.75)]]),
    label="h",
    known={"h is o times tanh(c), and the tanh is missing": np.array([[0.25 * 1.75]])},
)

# Two rows, H = 2, D = 3: now the weights count. (The right values are to six digits.)
params = {"W": spread(1, 8, 5), "b": spread(2, 8)}
x, h_prev, c_prev = spread(3, 2, 3), spread(4, 2, 2), 2 * spread(5, 2, 2)
h, c, gates = lstm_step(x, h_prev, c_prev, params)
assert_close(
    h,
    np.array([[-0.074003, 0.660943], [0.692050, 0.160820]]),
    rtol=1e-4,
    label="h (B = 2, H = 2, D = 3)",
    known={
        "the columns of W read [h_prev, x], in this order": np.array([[0.187716, 0.084317], [0.636048, -0.121229]]),
        "the bias is missing": np.array([[-0.104157, 0.685902], [0.559528, 0.301676]]),
        "your blocks are in PyTorch's order i, f, g, o: here it is i, f, o, g": np.array(
            [[-0.114246, 0.567642], [0.796380, 0.269151]]
        ),
    },
)
assert_close(c, np.array([[-0.129277, 0.942977], [1.355310, 0.210443]]), rtol=1e-4, label="c (B = 2, H = 2, D = 3)")
assert_close(gates["o"], np.array([[0.575619, 0.897304], [0.790642, 0.775449]]), rtol=1e-4, label='gates["o"]')
assert_close(x, spread(3, 2, 3), label="x, which must stay as it was,")
assert_close(c_prev, 2 * spread(5, 2, 2), label="c_prev, which must stay as it was,")

# %% nbgrader={"grade_id": "cell-behaviour", "grade": true, "points": 2}
# Hidden: equal to nn.LSTMCell for other sizes, float32 kept, and steady for inputs of size 1000.
### BEGIN HIDDEN TESTS
for seed, (B, D, H) in enumerate([(3, 4, 5), (1, 6, 2), (4, 1, 3)]):
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(4 * H, H + D)), rng.normal(size=4 * H)
    x, h_prev, c_prev = rng.normal(size=(B, D)), rng.normal(size=(B, H)), rng.normal(size=(B, H))
    rows = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]
    cell = torch.nn.LSTMCell(D, H, dtype=torch.float64)
    with torch.no_grad():
        for parameter, value in zip(cell.parameters(), (W[rows, H:], W[rows, :H], b[rows], 0 * b), strict=True):
            parameter.copy_(torch.tensor(value))
        want_h, want_c = (s.numpy() for s in cell(torch.tensor(x), (torch.tensor(h_prev), torch.tensor(c_prev))))
    got_h, got_c, gates = lstm_step(x, h_prev, c_prev, {"W": W, "b": b})
    assert_close(got_h, want_h, rtol=1e-9, label=f"h for B = {B}, D = {D}, H = {H}")
    assert_close(got_c, want_c, rtol=1e-9, label=f"c for B = {B}, D = {D}, H = {H}")
    assert_close(
        gates["f"] * c_prev + gates["i"] * gates["g"], want_c, rtol=1e-9, label="f·c_prev + i·g from your gates"
    )
    assert_close(gates["o"] * np.tanh(want_c), want_h, rtol=1e-9, label="o·tanh(c) from your gates")
    small = [v.astype(np.float32) for v in (x, h_prev, c_prev)]
    got = lstm_step(*small, {"W": W.astype(np.float32), "b": b.astype(np.float32)})
    assert_close(got[0], want_h.astype(np.float32), rtol=1e-3, atol=1e-4, dtype=np.float32, label="h in float32")
    assert_close(got[1], want_c.astype(np.float32), rtol=1e-3, atol=1e-4, dtype=np.float32, label="c in float32")
    with np.errstate(all="ignore"):
        far, _, far_gates = lstm_step(1000 * x, h_prev, c_prev, {"W": W, "b": b})
    assert np.isfinite(far).all() and all(np.isfinite(v).all() for v in far_gates.values()), (
        "inputs of size 1000 gave NaN"
    )
### END HIDDEN TESTS

# %% [markdown] id="half-life-guess"
# ### Look: how long does an untouched memory last?
#
# Put 1 into a cell, set all weights to zero, and step on. Only the forget gate acts: $c_t=\sigma(b_f)^t$.
# Before you run it: with a forget bias of 1, how many steps until half of the memory is gone?

# %% id="half-life-figure" tags=["look"]
fig, ax = plt.subplots()
for forget_bias in (0.0, 1.0, 3.0, 5.0):
    params = {"W": np.zeros((4, 2)), "b": np.array([0.0, forget_bias, 0.0, 0.0])}
    h, c, memory = np.zeros((1, 1)), np.ones((1, 1)), [1.0]
    for _ in range(60):
        h, c, gates = lstm_step(np.zeros((1, 1)), h, c, params)
        memory.append(c[0, 0])
    half_life = np.log(0.5) / np.log(gates["f"][0, 0])
    ax.plot(memory, label=f"bias {forget_bias:.0f}: f = {gates['f'][0, 0]:.3f}, half-life {half_life:.1f} steps")
ax.set(xlabel="step", ylabel="memory left, $c_t$", title="The forget bias sets how long an untouched memory lasts")
_ = ax.legend()

# %% [markdown] id="half-life-answer"
# Just over two steps for a bias of 1; one step for a bias of 0, which is where an LSTM without biases stands; about 14 for 3 and about 100 for 5.
# The bias sets a *time scale*: to keep something for about $n$ steps, start near $b_f=\ln(n-1)$, since then $f=1-1/n$ (Tallec & Ollivier 2018 build an initialiser on this).

# %% [markdown] id="backstep-idea"
# ## 2. One step back
#
# Training needs the gradient of the loss $L$. Write $\delta v$ for $\partial L/\partial v$. The step hands on $h_t$ and $c_t$, so the rest of the
# network sends back two gradients: $\delta h_t$, and $\delta c_t$ *as far as it comes from later steps*.
#
# $h_t=o_t\odot\tanh(c_t)$ depends on $c_t$ too. So the first act is to collect all that reaches the memory:
#
# $$\overline{\delta c}_t=\delta c_t+\delta h_t\odot o_t\odot\bigl(1-\tanh^2 c_t\bigr)$$
#
# From here on the chain rule is mechanical. $c_t=f_t\odot c_{t-1}+i_t\odot g_t$ is a sum of products, so for instance $\delta c_{t-1}=\overline{\delta c}_t\odot f_t$.
# Look at that line: **no matrix and no squashing function stand between one memory and the one before**, only the gate. The rest goes through the gates' own
# slopes, $\sigma'=\sigma(1-\sigma)$ and $\tanh'=1-\tanh^2$, to the pre-activations $z$, and from there through $z=W[h,x]+b$ as in any linear layer.
# (Hochreiter & Schmidhuber 1997 call the untouched path the constant error carousel.)

# %% [markdown] id="backstep-task"
# **Exercise 2** · 4 points · about 18 minutes · 8 to 14 lines
#
# Write `lstm_step_backward`, by hand: no autograd. It is given what the step was given and what the step returned in `gates`; $c_t$ is one line away from them.
#
# <details><summary>Hint 1</summary>Each gate's gradient: what it multiplies in the forward formula, times the gradient of the product. The output gate multiplies tanh(c); the forget gate multiplies c_prev.</details>
# <details><summary>Hint 2</summary>Then each through its own slope, in terms of its value: i (1 - i), f (1 - f), o (1 - o), 1 - g². Concatenate in the order i, f, o, g: that is dz, shape (B, 4H).</details>
# <details><summary>Hint 3</summary>dz @ W has the shape of [h_prev, x]. W's gradient has W's shape and is a sum over the batch: dz.T @ [h_prev, x].</details>


# %% nbgrader={"grade_id": "backstep", "solution": true}
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    """Send gradients back through one step of an LSTM.

    Parameters
    ----------
    dh, dc : ndarray, shape (B, H)
        Gradients of the loss in the step's two results, h and c. `dc` is only what reaches c from later steps:
        what reaches c through h is for you to add.
    x, h_prev, c_prev, params
        As `lstm_step` was given them.
    gates : dict
        As `lstm_step` returned it: "i", "f", "o", "g", each of shape (B, H), after sigmoid and tanh.

    Returns
    -------
    dx : ndarray, shape (B, D)
    dh_prev, dc_prev : ndarray, shape (B, H)
    grads : dict
        "W", shape (4H, H + D), and "b", shape (4H,): the sum over the batch.

    No input is changed.

    Source: the chain rule applied to Zaremba, Sutskever & Vinyals (2014), section 3.1.
    """
    ### BEGIN SOLUTION
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)], axis=1
    )
    read = np.concatenate([h_prev, x], axis=1)
    d_read = dz @ params["W"]
    dh_prev, dx = np.split(d_read, [h_prev.shape[1]], axis=1)
    return dx, dh_prev, dc * f, {"W": dz.T @ read, "b": dz.sum(axis=0)}
    ### END SOLUTION


# %% nbgrader={"grade_id": "backstep-examples", "grade": true, "points": 1}
# Two rows, H = 2, D = 3. The right values come from automatic differentiation in float64, and are given to six digits.
params = {"W": spread(1, 8, 5), "b": spread(2, 8)}
x, h_prev, c_prev = spread(3, 2, 3), spread(4, 2, 2), 2 * spread(5, 2, 2)
gates = {
    "i": np.array([[0.09041066, 0.35792091], [0.51017254, 0.46383708]]),
    "f": np.array([[0.34272654, 0.80484203], [0.42988460, 0.19275243]]),
    "o": np.array([[0.57561882, 0.89730446], [0.79064178, 0.77544911]]),
    "g": np.array([[0.68850970, 0.78116686], [0.98714485, -0.24166072]]),
}
dh, dc = spread(6, 2, 2), spread(7, 2, 2)
dx, dh_prev, dc_prev, grads = lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params)
assert_close(
    dc_prev,
    np.array([[0.466548, -0.984555], [-0.072079, -0.164377]]),
    rtol=1e-4,
    label="dc_prev",
    known={
        "h depends on c as well: add what comes through h = o·tanh(c) to dc": np.array(
            [[0.339080, -0.804834], [-0.123765, -0.163111]]
        ),
        "dc from the later steps is lost: it must be added to what comes through h": np.array(
            [[0.127468, -0.179721], [0.051686, -0.001266]]
        ),
        "the slope of tanh(c), 1 - tanh²(c), is missing": np.array([[0.468690, -1.197720], [0.097258, -0.164434]]),
        "the output gate is missing on the way from h to c": np.array([[0.560525, -1.005124], [-0.058393, -0.164743]]),
    },
)
assert_close(
    dx,
    np.array([[-0.097520, -0.278565, 0.333917], [0.380601, -0.317214, 0.485564]]),
    rtol=1e-4,
    label="dx",
    known={
        "the columns of W read [h_prev, x]: the first H of the gradient are h_prev's, the rest x's": np.array(
            [[0.198583, -0.276860, -0.097520], [-0.078757, -0.207508, 0.380601]]
        ),
        "the slopes of sigmoid and tanh are missing: i (1 - i), and 1 - g² for the candidate": np.array(
            [[-0.405608, -1.430881, 1.659176], [2.052893, -0.058031, 1.209884]]
        ),
        "h depends on c as well: add what comes through h = o·tanh(c) to dc": np.array(
            [[-0.071710, -0.210292, 0.259257], [0.373896, -0.334774, 0.468733]]
        ),
        "the blocks of dz must stand in the order i, f, o, g": np.array(
            [[-0.006255, -0.293348, 0.006574], [0.411199, 0.192140, 0.054131]]
        ),
    },
)
assert_close(dh_prev, np.array([[0.198583, -0.276860], [-0.078757, -0.207508]]), rtol=1e-4, label="dh_prev")
b_want = np.array([0.035715, -0.168357, -0.252780, -0.380409, 0.073585, -0.037246, 0.062547, -0.543116])
assert_close(
    grads["b"], b_want, rtol=1e-4, label='grads["b"]', known={"this is the mean over the batch: sum": b_want / 2}
)
W_want = np.array(
    [
        [-0.091290, 0.038496, -0.064531, 0.039434, -0.081222],
        [0.232122, -0.170481, 0.173882, -0.130395, 0.167232],
        [0.130118, -0.243869, 0.117487, -0.134640, 0.013482],
        [0.058575, -0.359394, 0.086578, -0.164199, -0.129019],
        [0.059373, 0.065602, 0.029736, 0.011969, 0.101878],
        [0.035275, -0.036825, 0.027898, -0.024346, 0.019505],
        [-0.062991, 0.062048, -0.049317, 0.041936, -0.036839],
        [0.007158, -0.508876, 0.073334, -0.213022, -0.267398],
    ]
)
assert_close(
    grads["W"],
    W_want,
    rtol=1e-3,
    atol=1e-6,
    label='grads["W"]',
    known={"this is the mean over the batch: sum": W_want / 2},
)
assert_close(dc, spread(7, 2, 2), label="dc, which must stay as it was (dc += … changes the caller's array),")

# %% nbgrader={"grade_id": "backstep-autograd", "grade": true, "points": 3}
# Hidden: equal to autograd for other sizes, for dh and dc together and each alone.
### BEGIN HIDDEN TESTS
for seed, (B, D, H) in enumerate([(3, 4, 5), (1, 6, 2), (5, 1, 3)]):
    rng = np.random.default_rng(10 + seed)
    values = [rng.normal(size=s) for s in ((B, D), (B, H), (B, H), (4 * H, H + D), (4 * H,))]
    x_t, h_t, c_t, W_t, b_t = (torch.tensor(v, requires_grad=True) for v in values)
    i, f, o, g = (torch.cat([h_t, x_t], 1) @ W_t.T + b_t).chunk(4, 1)
    i, f, o, g = i.sigmoid(), f.sigmoid(), o.sigmoid(), g.tanh()
    c_new = f * c_t + i * g
    h_new = o * c_new.tanh()
    gates = {k: v.detach().numpy().copy() for k, v in zip("ifog", (i, f, o, g), strict=True)}
    for with_h, with_c in ((1, 1), (1, 0), (0, 1)):
        dh, dc = with_h * rng.normal(size=(B, H)), with_c * rng.normal(size=(B, H))
        loss = (h_new * torch.tensor(dh) + c_new * torch.tensor(dc)).sum()
        wants = [w.numpy() for w in torch.autograd.grad(loss, (x_t, h_t, c_t, W_t, b_t), retain_graph=True)]
        dx, dh_prev, dc_prev, grads = lstm_step_backward(dh, dc, *values[:3], gates, {"W": values[3], "b": values[4]})
        for name, got, want in zip(
            ("dx", "dh_prev", "dc_prev", "W", "b"), (dx, dh_prev, dc_prev, grads["W"], grads["b"]), wants, strict=True
        ):
            assert_close(got, want, rtol=1e-7, atol=1e-10, label=f"{name} (B = {B}, D = {D}, H = {H})")
### END HIDDEN TESTS

# %% [markdown] id="sequence-idea"
# ## 3. A whole sequence, and its padding
#
# A sequence is the step in a loop, from a state of zeros. Two things need care.
#
# **The tape.** To go back we need what each step saw. So the loop keeps, for every $t$, the tuple `(x_t, h_prev, c_prev, gates)`: just the arguments that `lstm_step_backward` asks for.
#
# **Padding.** Sentences in a batch differ in length; short ones are filled up (padding 填充) to $T$. Feeding zeros does *not* leave the state alone: with $x_t=0$ the gates still act,
# the forget gate decays the memory and the biases write into it. So a mask 掩码 says which steps are real. Where it is False, the state is carried over unchanged and the output is zero
# (that is what `nn.LSTM` gives for a packed sequence, after `pad_packed_sequence`).

# %% [markdown] id="sequence-task"
# **Exercise 3** · 4 points · about 15 minutes · 9 to 14 lines
#
# Write `lstm`. It takes the step as an argument: the tests pass small steps of their own, such as one that merely adds, so that you can follow every number.
#
# <details><summary>Hint 1</summary><code>mask[:, t, None]</code> has shape (B, 1), and <code>np.where(keep, new, old)</code> chooses row by row.</details>
# <details><summary>Hint 2</summary>H is a quarter of the length of b. Zeros need the dtype of x, or float32 turns into float64.</details>


# %% nbgrader={"grade_id": "sequence", "solution": true}
def lstm(x, params, mask=None, step=lstm_step):
    """Run an LSTM over a batch of sequences, from a state of zeros.

    Parameters
    ----------
    x : ndarray, shape (B, T, D), floating
        The sequences.
    params : dict
        As `step` takes it. H is a quarter of the length of `params["b"]`.
    mask : ndarray of bool, shape (B, T), optional
        True where a step is real. Any pattern is possible; without a mask all steps are real.
    step : callable
        `step(x_t, h_prev, c_prev, params)` returns `h, c, gates`, as `lstm_step` does.

    Returns
    -------
    outputs : ndarray, shape (B, T, H), dtype of `x`
        h after each step, and zero where the mask is False.
    state : tuple of two ndarrays, shape (B, H)
        h and c at the end. A step where the mask is False leaves that row's h and c as they were.
    tape : list of T tuples
        For each step `(x_t, h_prev, c_prev, gates)`: what `step` was given, and its gates.

    Source: PyTorch's documentation of nn.LSTM and torch.nn.utils.rnn.pad_packed_sequence.
    """
    ### BEGIN SOLUTION
    B, T, _ = x.shape
    h = c = np.zeros((B, len(params["b"]) // 4), dtype=x.dtype)
    outputs, tape = [], []
    for t in range(T):
        keep = True if mask is None else mask[:, t, None]
        h_new, c_new, gates = step(x[:, t], h, c, params)
        tape.append((x[:, t], h, c, gates))
        h, c = np.where(keep, h_new, h), np.where(keep, c_new, c)
        outputs.append(keep * h)
    return np.stack(outputs, axis=1), (h, c), tape
    ### END SOLUTION


# %% nbgrader={"grade_id": "sequence-by-hand", "grade": true, "points": 2}
# A step that merely adds: c grows by x · scale, and h is c plus half of the last h. With x = 1, 2, 3 and scale (1, 10):
# c = (1, 10), (3, 30), (6, 60) and h = (1, 10), (3.5, 35), (7.75, 77.5).
def adding_step(x, h_prev, c_prev, params):
    c = c_prev + x * params["scale"]
    return c + h_prev / 2, c, {"i": c_prev + 1}


params = {"scale": np.array([1.0, 10.0]), "W": np.zeros((8, 3)), "b": np.zeros(8)}
x = np.array([[[1.0], [2.0], [3.0]], [[4.0], [100.0], [200.0]]])
outputs, (h, c), tape = lstm(x, params, step=adding_step)
assert_close(
    outputs[:1],
    np.array([[[1.0, 10.0], [3.5, 35.0], [7.75, 77.5]]]),
    label="outputs of the first row, without a mask",
    known={
        "the outputs are the memory c: they must be h": np.array([[[1.0, 10.0], [3.0, 30.0], [6.0, 60.0]]]),
        "each step starts from zeros: the state is not handed on": np.array([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]]),
    },
)
assert_close(c, np.array([[6.0, 60.0], [304.0, 3040.0]]), label="the final c, without a mask")
assert_close(h, outputs[:, -1], label="the final h, without a mask,")

# The second row is one step long: its 100 and 200 are padding.
mask = length_mask([3, 1], 3)
outputs, (h, c), tape = lstm(x, params, mask, step=adding_step)
assert_close(
    outputs[1],
    np.array([[4.0, 40.0], [0.0, 0.0], [0.0, 0.0]]),
    label="outputs of a row with one real step",
    known={
        "the mask is not used: padding was read": np.array([[4.0, 40.0], [106.0, 1060.0], [357.0, 3570.0]]),
        "the state is carried, but the output of a padded step must be zero": np.array([[4.0, 40.0]] * 3),
    },
)
assert_close(
    c,
    np.array([[6.0, 60.0], [4.0, 40.0]]),
    label="the final c, with a mask",
    known={
        "padding must not change the memory": np.array([[6.0, 60.0], [304.0, 3040.0]]),
        "padding wiped the memory: carry the state, zero only the output": np.array([[6.0, 60.0], [0.0, 0.0]]),
    },
)
assert_close(
    h,
    np.array([[7.75, 77.5], [4.0, 40.0]]),
    label="the final h, with a mask",
    known={"padding wiped h: it must be the h of the last real step": np.array([[7.75, 77.5], [0.0, 0.0]])},
)

# A mask may have holes, and start late.
holes = np.array([[True, False, True], [False, True, False]])
outputs, (h, c), tape = lstm(x, params, holes, step=adding_step)
assert_close(outputs[0], np.array([[1.0, 10.0], [0.0, 0.0], [4.5, 45.0]]), label="outputs with a hole in the middle")
assert_close(h, np.array([[4.5, 45.0], [100.0, 1000.0]]), label="the final h with holes in the mask")

# The tape: what each step saw. And the dtype: float32 in, float32 out.
assert len(tape) == 3, f"the tape must have one entry for each of the 3 steps, and has {len(tape)}"
x_t, h_prev, c_prev, gates = tape[2]
assert_close(x_t, np.array([[3.0], [200.0]]), label="x_t on the tape of the last step")
assert_close(
    h_prev,
    np.array([[1.0, 10.0], [100.0, 1000.0]]),
    label="h_prev on the tape of the last step",
    known={"this is h after the step: the tape keeps the state before it": np.array([[4.5, 45.0], [100.0, 1000.0]])},
)
assert_close(c_prev, np.array([[1.0, 10.0], [100.0, 1000.0]]), label="c_prev on the tape of the last step")
assert_close(gates, {"i": c_prev + 1}, label="the gates on the tape of the last step")
single = {k: v.astype(np.float32) for k, v in params.items()}
outputs, (h, c), tape = lstm(x.astype(np.float32), single, mask, step=adding_step)
assert_close(
    outputs, outputs, dtype=np.float32, label="outputs for a float32 input (zeros are float64 unless told otherwise),"
)
assert_close(h, h, dtype=np.float32, label="the final h for a float32 input,")


# %% nbgrader={"grade_id": "sequence-torch", "grade": true, "points": 2}
# Hidden: equal to nn.LSTM on packed sequences of several lengths, with a real LSTM step.
### BEGIN HIDDEN TESTS
def reference_step(x, h_prev, c_prev, params):
    z = x @ params["W"][:, h_prev.shape[1] :].T + h_prev @ params["W"][:, : h_prev.shape[1]].T + params["b"]
    i, f, o, g = (z[:, k * h_prev.shape[1] : (k + 1) * h_prev.shape[1]] for k in range(4))
    i, f, o, g = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o)), np.tanh(g)
    c = f * c_prev + i * g
    return o * np.tanh(c), c, {"i": i, "f": f, "o": o, "g": g}


for seed, (B, T, D, H) in enumerate([(4, 6, 3, 5), (1, 3, 2, 4), (3, 1, 5, 2)]):
    rng = np.random.default_rng(20 + seed)
    W, b, x = rng.normal(size=(4 * H, H + D)), rng.normal(size=4 * H), rng.normal(size=(B, T, D))
    lengths = rng.integers(1, T + 1, size=B)
    lengths[0] = T
    rows = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]
    net = torch.nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for parameter, value in zip(net.parameters(), (W[rows, H:], W[rows, :H], b[rows], 0 * b), strict=True):
            parameter.copy_(torch.tensor(value))
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            torch.tensor(x), torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        result, (h_n, c_n) = net(packed)
        want, _ = torch.nn.utils.rnn.pad_packed_sequence(result, batch_first=True, total_length=T)
        whole, _ = net(torch.tensor(x))
    before = x.copy()
    outputs, (h, c), tape = lstm(x, {"W": W, "b": b}, length_mask(lengths, T), step=reference_step)
    assert_close(outputs, want.numpy(), rtol=1e-7, atol=1e-10, label=f"outputs for lengths {lengths.tolist()}, T = {T}")
    assert_close(h, h_n[0].numpy(), rtol=1e-7, atol=1e-10, label="the final h")
    assert_close(c, c_n[0].numpy(), rtol=1e-7, atol=1e-10, label="the final c")
    assert_close(x, before, label="x, which must stay as it was,")
    assert_close(
        lstm(x, {"W": W, "b": b}, step=reference_step)[0],
        whole.numpy(),
        rtol=1e-7,
        atol=1e-10,
        label="outputs without a mask",
    )
    h = c = np.zeros((B, H))
    assert len(tape) == T, f"the tape must have {T} entries, and has {len(tape)}"
    for t, (x_t, h_prev, c_prev, gates) in enumerate(tape):
        keep = length_mask(lengths, T)[:, t, None]
        assert_close(x_t, x[:, t], label=f"x_t on the tape of step {t}")
        assert_close(h_prev, h, rtol=1e-7, atol=1e-10, label=f"h_prev on the tape of step {t}")
        assert_close(c_prev, c, rtol=1e-7, atol=1e-10, label=f"c_prev on the tape of step {t}")
        h_new, c_new, want_gates = reference_step(x[:, t], h, c, {"W": W, "b": b})
        assert_close(gates, want_gates, rtol=1e-7, atol=1e-10, label=f"the gates on the tape of step {t}")
        h, c = np.where(keep, h_new, h), np.where(keep, c_new, c)
### END HIDDEN TESTS

# %% [markdown] id="padding-guess"
# ### Look: zeros are not nothing
#
# One sequence of 10 real steps, followed by more and more steps of zeros. Without a mask, how far does the final state drift, and where to?
# Guess: does it settle, and if so at the old state, at zero, or somewhere else?

# %% id="padding-figure" tags=["look"]
rng = np.random.default_rng(3)
params = init_lstm(8, 32, rng, forget_bias=1.0)
sentence = rng.normal(size=(1, 10, 8))
true_h = lstm(sentence, params)[1][0]
pads = np.arange(0, 41)
drift = {"no mask": [], "mask": []}
for pad in pads:
    padded = np.concatenate([sentence, np.zeros((1, pad, 8))], axis=1)
    for name, mask in (("no mask", None), ("mask", length_mask([10], 10 + pad))):
        h = lstm(padded, params, mask)[1][0]
        drift[name].append(np.linalg.norm(h - true_h) / np.linalg.norm(true_h))

fig, ax = plt.subplots()
ax.plot(pads, drift["no mask"], label="zeros fed as if they were real")
ax.plot(pads, drift["mask"], label="masked: the state is carried")
ax.set(
    xlabel="steps of padding after 10 real ones",
    ylabel=r"$\|h_{\mathrm{padded}}-h\|\,/\,\|h\|$",
    title="Padding without a mask moves the final state away from the true one",
)
_ = ax.legend()
print(
    f"after 1 step of padding {drift['no mask'][1]:.0%}, after 10 {drift['no mask'][10]:.0%}, after 40 {drift['no mask'][40]:.0%}; with the mask {max(drift['mask']):.0%}"
)

# %% [markdown] id="padding-answer"
# One step of padding changed the state by about 30%, ten by about 90%, forty by all of it: this untrained network, whose other biases are zero, simply forgot the sentence and went to zero. (With trained biases
# it settles elsewhere, wherever the network rests when nothing is said.) With the mask the difference is exactly zero, so that a sentence's representation does not depend on its neighbours in the batch.

# %% [markdown] id="bptt-idea"
# ## 4. Back through time
#
# Backpropagation through time (BPTT 沿时间反向传播) walks the tape from the end to the start. At step $t$ two streams meet in $\delta h_t$:
# what the loss says about this output, and what the later steps send back.
#
# $$\delta h_t=\frac{\partial L}{\partial\,\mathrm{outputs}_t}+\delta h_{t\leftarrow t+1},\qquad
# \delta W=\sum_{t}\delta W_t,\qquad \delta b=\sum_t\delta b_t$$
#
# The same $W$ served at every step, so its gradients add up (Werbos 1990). And where a step was padding, the forward pass merely copied the state. So backwards the
# gradient of the state passes through it untouched, nothing goes to $W$, $b$ or $x_t$, and the loss's word on that output counts for nothing, because the output was the constant 0.

# %% [markdown] id="bptt-task"
# **Exercise 4** · 4 points · about 18 minutes · 9 to 15 lines
#
# Write `lstm_backward`. It takes the step's backward pass as an argument.
#
# <details><summary>Hint 1</summary>Start from dh = dc = 0 behind the last step, and go through <code>reversed(range(T))</code>.</details>
# <details><summary>Hint 2</summary>`step_backward` sums W's gradient over the batch, so a padded row cannot be taken out afterwards: send zeros into it for that row, and keep that row's own dh and dc with np.where.</details>


# %% nbgrader={"grade_id": "bptt", "solution": true}
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    """Send gradients back through a whole sequence.

    Parameters
    ----------
    d_outputs : ndarray, shape (B, T, H), floating
        Gradient of the loss in the outputs of `lstm`.
    tape : list of T tuples (x_t, h_prev, c_prev, gates)
        As `lstm` returned it.
    params : dict
        "W", shape (4H, H + D), and "b", shape (4H,).
    mask : ndarray of bool, shape (B, T), optional
        As `lstm` was given it.
    step_backward : callable
        `step_backward(dh, dc, x_t, h_prev, c_prev, gates, params)` returns `dx, dh_prev, dc_prev, grads`,
        as `lstm_step_backward` does. Linear in (dh, dc), so zeros in give zeros out.

    Returns
    -------
    dx : ndarray, shape (B, T, D)
        Zero where the mask is False.
    d_state : tuple of two ndarrays, shape (B, H)
        Gradients in the h and c before the first step.
    grads : dict
        "W" and "b": summed over the steps. Nothing comes from steps where the mask is False.

    No input is changed.

    Source: Werbos (1990); the chain rule applied to `lstm`.
    """
    ### BEGIN SOLUTION
    dh = dc = np.zeros_like(d_outputs[:, 0])
    grads = {name: np.zeros_like(params[name]) for name in ("W", "b")}
    dx = []
    for t in reversed(range(len(tape))):
        keep = True if mask is None else mask[:, t, None]
        dh = dh + keep * d_outputs[:, t]
        dx_t, dh_prev, dc_prev, step_grads = step_backward(keep * dh, keep * dc, *tape[t], params)
        dh, dc = np.where(keep, dh_prev, dh), np.where(keep, dc_prev, dc)
        grads = {name: grads[name] + step_grads[name] for name in grads}
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), (dh, dc), grads
    ### END SOLUTION


# %% nbgrader={"grade_id": "bptt-by-hand", "grade": true, "points": 2}
# A step whose way back is easy: half of dh goes back to h, and c keeps dc and gains dh; x gets dh times (1, 10);
# W gets the sum of dh · x over the batch, b the sum of dc.
def easy_backward(dh, dc, x, h_prev, c_prev, gates, params):
    grads = {"W": np.ones((4, 3)) * (dh * x[:, :1]).sum(), "b": np.ones(4) * dc.sum()}
    return dh * np.array([1.0, 10.0]), dh / 2, dc + dh, grads


# One row, three steps; the loss has gradient 1 in each output, so dh = 1, then 1 + 1/2, then 1 + 3/4; and dc = 0, 1, 2.5.
params = {"W": np.zeros((4, 3)), "b": np.zeros(4)}
x = np.array([[[1.0, 0.0], [2.0, 0.0], [4.0, 0.0]], [[8.0, 0.0], [16.0, 0.0], [32.0, 0.0]]])
zero = np.zeros((2, 1))
tape = [(x[:, t], zero, zero, {}) for t in range(3)]
first = [(x_t[:1], zero[:1], zero[:1], {}) for x_t, _, _, _ in tape]
dx, (dh0, dc0), grads = lstm_backward(np.ones((1, 3, 1)), first, params, step_backward=easy_backward)
assert_close(
    dx,
    np.array([[[1.75, 17.5], [1.5, 15.0], [1.0, 10.0]]]),
    label="dx (one row, no mask)",
    known={
        "dx is in reverse order": np.array([[[1.0, 10.0], [1.5, 15.0], [1.75, 17.5]]]),
        "this walks the tape forwards: begin at the last step": np.array([[[1.0, 10.0], [1.5, 15.0], [1.75, 17.5]]]),
        "what the later steps send back to h is lost": np.array([[[1.0, 10.0]] * 3]),
        "only the last output's gradient is used": np.array([[[0.25, 2.5], [0.5, 5.0], [1.0, 10.0]]]),
    },
)
assert_close(dh0, np.array([[0.875]]), label="the gradient in the first h")
assert_close(
    dc0,
    np.array([[4.25]]),
    label="the gradient in the first c",
    known={"dc is not handed from step to step": np.array([[1.75]])},
)
assert_close(
    grads["W"],
    np.full((4, 3), 1.75 * 1 + 1.5 * 2 + 1 * 4),
    label='grads["W"]',
    known={
        "this is one step's gradient: add up all steps'": np.full((4, 3), 1.75),
        "this is the last step's gradient: add up all steps'": np.full((4, 3), 4.0),
        "this is the mean over the steps: the loss is a sum of paths, so add them up": np.full((4, 3), 8.75 / 3),
    },
)
assert_close(grads["b"], np.full(4, 0 + 1 + 2.5), label='grads["b"]')

# Now the second row has one real step. Its 100s lie on padded outputs, which are constant zeros: they must count for nothing.
d_outputs = np.array([[[1.0], [1.0], [1.0]], [[3.0], [100.0], [100.0]]])
mask = length_mask([3, 1], 3)
dx, (dh0, dc0), grads = lstm_backward(d_outputs, tape, params, mask, step_backward=easy_backward)
assert_close(
    dx[1],
    np.array([[3.0, 30.0], [0.0, 0.0], [0.0, 0.0]]),
    label="dx of the row with one real step",
    known={
        "the mask is not used": np.array([[78.0, 780.0], [150.0, 1500.0], [100.0, 1000.0]]),
        "the gradient on padded outputs leaks in: a padded output is the constant 0": np.array(
            [[203.0, 2030.0], [0.0, 0.0], [0.0, 0.0]]
        ),
    },
)
assert_close(
    grads["W"],
    np.full((4, 3), 8.75 + 3 * 8),
    label='grads["W"] with a mask',
    known={
        "padded steps reach W: send zeros into step_backward for those rows": np.full(
            (4, 3), 8.75 + 78 * 8 + 150 * 16 + 100 * 32
        )
    },
)
assert_close(dh0, np.array([[0.875], [1.5]]), label="the gradient in the first h, with a mask")
assert_close(dc0, np.array([[4.25], [3.0]]), label="the gradient in the first c, with a mask")

# A hole in the middle: the gradient of the state passes through it untouched. dh is 1, stays 1/2, becomes 1 + 1/2.
holes = np.array([[True, False, True]])
dx, (dh0, dc0), grads = lstm_backward(
    np.array([[[1.0], [100.0], [1.0]]]), first, params, holes, step_backward=easy_backward
)
assert_close(
    dx,
    np.array([[[1.5, 15.0], [0.0, 0.0], [1.0, 10.0]]]),
    label="dx with a hole in the mask",
    known={
        "the hole stopped the gradient: it must pass through a padded step": np.array(
            [[[1.0, 10.0], [0.0, 0.0], [1.0, 10.0]]]
        )
    },
)
assert_close(dc0, np.array([[2.5]]), label="the gradient in the first c, with a hole in the mask")
assert_close(grads["b"], np.full(4, 1.0), label='grads["b"] with a hole in the mask')


# %% nbgrader={"grade_id": "bptt-autograd", "grade": true, "points": 2}
# Hidden: equal to autograd through nn.LSTMCell, with and without masks.
### BEGIN HIDDEN TESTS
def reference_backward(dh, dc, x, h_prev, c_prev, gates, params):
    H = h_prev.shape[1]
    i, f, o, g = gates["i"], gates["f"], gates["o"], gates["g"]
    u = np.tanh(f * c_prev + i * g)
    total = dc + dh * o * (1 - u * u)
    dz = np.hstack(
        [total * g * i * (1 - i), total * c_prev * f * (1 - f), dh * u * o * (1 - o), total * i * (1 - g * g)]
    )
    back = dz @ params["W"]
    return back[:, H:], back[:, :H], total * f, {"W": dz.T @ np.hstack([h_prev, x]), "b": dz.sum(0)}


for seed, (B, T, D, H) in enumerate([(4, 5, 3, 2), (1, 4, 2, 3), (3, 1, 1, 4)]):
    rng = np.random.default_rng(30 + seed)
    W, b, x = rng.normal(size=(4 * H, H + D)), rng.normal(size=4 * H), rng.normal(size=(B, T, D))
    d_outputs = rng.normal(size=(B, T, H))
    for mask in (None, rng.random((B, T)) < 0.6, length_mask(rng.integers(1, T + 1, size=B), T)):
        W_t, b_t, x_t = (torch.tensor(v, requires_grad=True) for v in (W, b, x))
        h0, c0 = (torch.zeros(B, H, dtype=torch.float64, requires_grad=True) for _ in range(2))
        h, c, loss, tape = h0, c0, 0.0, []
        for t in range(T):
            i, f, o, g = (torch.cat([h, x_t[:, t]], 1) @ W_t.T + b_t).chunk(4, 1)
            i, f, o, g = i.sigmoid(), f.sigmoid(), o.sigmoid(), g.tanh()
            gates = {k: v.detach().numpy().copy() for k, v in zip("ifog", (i, f, o, g), strict=True)}
            tape.append((x[:, t], h.detach().numpy().copy(), c.detach().numpy().copy(), gates))
            keep = torch.ones(B, 1, dtype=torch.bool) if mask is None else torch.tensor(mask[:, t, None])
            c_new = f * c + i * g
            h, c = torch.where(keep, o * c_new.tanh(), h), torch.where(keep, c_new, c)
            loss = loss + (torch.where(keep, h, 0.0) * torch.tensor(d_outputs[:, t])).sum()
        wants = [w.numpy() for w in torch.autograd.grad(loss, (x_t, h0, c0, W_t, b_t))]
        before = d_outputs.copy()
        dx, (dh0, dc0), grads = lstm_backward(d_outputs, tape, {"W": W, "b": b}, mask, step_backward=reference_backward)
        for name, got, want in zip(
            ("dx", "d_state[0]", "d_state[1]", "W", "b"), (dx, dh0, dc0, grads["W"], grads["b"]), wants, strict=True
        ):
            note = "without a mask" if mask is None else "with a mask"
            assert_close(got, want, rtol=1e-7, atol=1e-10, label=f"{name} {note} (B = {B}, T = {T})")
        assert_close(d_outputs, before, label="d_outputs, which must stay as it was,")
### END HIDDEN TESTS

# %% [markdown] id="reach-guess"
# ### Look: who still feels step 1 at step 60?
#
# The matrix $\partial h_{60}/\partial x_t$ says how far a change of the input at step $t$ moves the state at step 60. Your `lstm_backward` computes it: put the same sequence $H$ times
# into a batch and let row $k$ ask for the gradient of $h_{60}$'s $k$-th entry. We plot its size (the spectral norm) at initialisation for LSTMs with three forget biases, and for a plain RNN
# $h_t=\tanh(W_h h_{t-1}+W_x x_t)$ with weights of the same law.
#
# Guess the four numbers at $t=1$, in powers of ten.


# %% id="reach-figure" tags=["look"]
def reach_of_lstm(forget_bias, seed, D=8, H=32, T=60):
    """Norms of dh_T/dx_t for t = 1 … T, by the functions above."""
    rng = np.random.default_rng(seed)
    params = init_lstm(D, H, rng, forget_bias)
    x = np.repeat(rng.normal(size=(1, T, D)), H, axis=0)
    outputs, _, tape = lstm(x, params)
    d_outputs = np.zeros_like(outputs)
    d_outputs[:, -1] = np.eye(H)
    dx, _, _ = lstm_backward(d_outputs, tape, params)
    return [np.linalg.norm(dx[:, t], 2) for t in range(T)]


def reach_of_rnn(activation, slope, seed, D=8, H=32, T=60):
    """The same for h = activation(W_h h + W_x x); slope gives the activation's derivative from its value."""
    rng = np.random.default_rng(seed)
    W = rng.uniform(-1, 1, size=(H, H + D)) / np.sqrt(H)
    states = [np.zeros(H)]
    for x_t in rng.normal(size=(T, D)):
        states.append(activation(W @ np.concatenate([states[-1], x_t])))
    jacobian, norms = np.eye(H), []
    for h in states[:0:-1]:
        jacobian = jacobian * slope(h) @ W
        norms.append(np.linalg.norm(jacobian[:, H:], 2))
        jacobian = jacobian[:, :H]
    return norms[::-1]


seeds = range(7)
reach = {
    "RNN, tanh": [reach_of_rnn(np.tanh, lambda h: 1 - h * h, s) for s in seeds],
    "LSTM, forget bias 0": [reach_of_lstm(0.0, s) for s in seeds],
    "LSTM, forget bias 1": [reach_of_lstm(1.0, s) for s in seeds],
    "LSTM, forget bias 3": [reach_of_lstm(3.0, s) for s in seeds],
}
extra = {
    "RNN, no squashing at all": [reach_of_rnn(lambda z: z, np.ones_like, s) for s in seeds],
    "RNN, σ as in the notes": [reach_of_rnn(sigmoid, lambda h: h * (1 - h), s) for s in seeds],
}

fig, ax = plt.subplots(figsize=(7.2, 4.4))
for name, norms in reach.items():
    ax.semilogy(range(1, 61), np.median(norms, axis=0), label=name)
ax.set(
    xlabel="t, the step of the input",
    ylabel=r"$\|\partial h_{60}/\partial x_t\|$ (median of 7 networks)",
    title="The forget bias decides how far back an untrained LSTM can feel",
    xlim=(1, 60),
)
ax.legend(loc="lower right")
print(f"{'at t = 1':26s}{'median':>9s}{'lowest':>9s}{'highest':>9s}")
for name, norms in (reach | extra).items():
    at_first = np.array(norms)[:, 0]
    print(f"{name:26s}{np.median(at_first):9.0e}{at_first.min():9.0e}{at_first.max():9.0e}")

# %% [markdown] id="reach-answer"
# An input 59 steps back reaches the RNN with a factor of about $10^{-16}$, the LSTM with forget bias 0 with about $10^{-13}$, with bias 1 about $10^{-5}$, with bias 3 about one half.
#
# - Being an LSTM is not enough: with bias 0, which is all that the notes' formula without $b$ can have, it is scarcely better off than the RNN. The *slope* of a curve is the point: each step back costs a factor of $\sigma(b_f)$ or a little more.
# - With bias 3, some networks exceed 1. Paths through $h$ and the gates add to the direct one, and nothing bounds them.
# - The last two rows of the table: an RNN without any squashing vanishes too (its weights are small), and with $\sigma$, as the notes write it, the gradient is beyond hope, since $\sigma'\le1/4$.

# %% [markdown] id="race-guess"
# ### Look: does it matter for learning?
#
# A gradient of $10^{-13}$ at initialisation need not be the end: training could raise the gates. So we train. At every step the network sees a random sign; once, between steps 3 and 12, a flag is up;
# at step 60 it must say which sign stood under the flag. Three LSTMs with 16 units, all alike but for the forget bias, two seeds each, 160 updates of Adam by your `lstm` and `lstm_backward`,
# accuracy on 200 held-out sequences.
#
# Guess: does bias 1, the value that many libraries choose, suffice for a delay of about 50?


# %% id="race-tools" tags=["look"]
from threadpoolctl import threadpool_limits

# Matrices as small as these are multiplied faster by one thread than by several that wait for each other.
threadpool_limits(1)


def adam(weights, grads, memory, rate):
    """One update of Adam in place, after the gradients are clipped to a joint norm of 1."""
    norm = np.sqrt(sum(float((g**2).sum()) for g in grads.values()))
    memory["steps"] = memory.get("steps", 0) + 1
    for name, gradient in grads.items():
        gradient = gradient / max(1.0, norm)
        m, v = memory.get(name, (0.0, 0.0))
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        memory[name] = m, v
        m, v = m / (1 - 0.9 ** memory["steps"]), v / (1 - 0.999 ** memory["steps"])
        weights[name] = weights[name] - rate * m / (np.sqrt(v) + 1e-8)


def new_model(hidden, forget_bias, rng):
    """An LSTM that reads a sign and a flag, and a logistic output on top."""
    weights = init_lstm(2, hidden, rng, forget_bias)
    return weights | {"v": rng.normal(size=hidden) / np.sqrt(hidden), "a": np.zeros(1)}


def update(weights, x, target, counts, memory, rate):
    """One step of training: logistic loss over the outputs that `counts` selects, shape (B, T)."""
    params = {name: weights[name] for name in ("W", "b")}
    outputs, _, tape = lstm(x, params)
    d_logit = (sigmoid(outputs @ weights["v"] + weights["a"]) - target) * counts / counts.sum()
    _, _, grads = lstm_backward(d_logit[..., None] * weights["v"], tape, params)
    grads["v"] = np.einsum("bth,bt->h", outputs, d_logit)
    grads["a"] = d_logit.sum(keepdims=True)[0]
    adam(weights, grads, memory, rate)


def one_flag(rng, B, T=60):
    """Signs and one early flag; the target, at the last step alone, is the sign under the flag."""
    x = np.zeros((B, T, 2))
    x[:, :, 0] = rng.choice([-1.0, 1.0], size=(B, T))
    where = rng.integers(2, 12, size=B)
    x[np.arange(B), where, 1] = 1
    target = np.repeat(x[np.arange(B), where, 0][:, None] > 0, T, axis=1)
    return x, target, np.broadcast_to(np.arange(T) == T - 1, (B, T))


# %% id="race-figure" tags=["look"]
test_x, test_target, _ = one_flag(np.random.default_rng(999), 200)
curves = {}
for forget_bias in (0.0, 1.0, 3.0):
    for seed in range(2):
        rng = np.random.default_rng(seed)
        weights, memory, curve = new_model(16, forget_bias, rng), {}, []
        for update_number in range(161):
            if update_number % 20 == 0:
                h = lstm(test_x, weights)[1][0]
                curve.append(np.mean((h @ weights["v"] + weights["a"] > 0) == test_target[:, -1]))
            update(weights, *one_flag(rng, 32), memory, rate=0.01)
        curves[forget_bias, seed] = curve

fig, ax = plt.subplots()
for place, forget_bias in enumerate((0.0, 1.0, 3.0)):
    for seed in range(2):
        ax.plot(
            np.arange(0, 161, 20),
            curves[forget_bias, seed],
            color=figures.COLOURS[place],
            linestyle=figures.DASHES[place],
            label=f"forget bias {forget_bias:.0f} (two seeds)" if seed == 0 else None,
        )
ax.set(
    xlabel="updates of Adam",
    ylabel="accuracy on held-out sequences",
    title="Recalling a sign seen about 50 steps ago, by forget bias",
    ylim=(0.4, 1.05),
)
ax.legend(loc="center right")
for forget_bias in (0.0, 1.0, 3.0):
    print(
        f"forget bias {forget_bias:.0f}: accuracy after 160 updates",
        *(f"{curves[forget_bias, s][-1]:.2f}" for s in range(2)),
    )

# %% [markdown] id="race-answer"
# Bias 3 solves the task within 160 updates; 0 and 1 stay at chance, guessing, to the end. The three differ in 16 numbers of about 1200. A bias of 1 is a fine default for short dependencies, and for a delay of 50 steps it is not enough:
# $0.73^{50}\approx10^{-7}$. (This is a budget of 160 updates, one task and two seeds. With more updates, others may get there; they start without a signal to follow.)

# %% [markdown] id="gates-guess"
# ### Look: one cell learns to forget
#
# Now flags come again and again, and at *every* step the network must say the last sign that stood under a flag. So it must keep, and it must also let go. We give it a single cell: $H=1$, 16 numbers in
# $W$ and $b$, and 2 for the output.
#
# Before you run it: which of the three gates will move with the flag, and which way?


# %% id="gates-figure" tags=["look"]
def many_flags(rng, B, T=60):
    """Signs and flags; the target at each step is the sign under the last flag. The first step has a flag."""
    x = np.zeros((B, T, 2))
    x[:, :, 0] = rng.choice([-1.0, 1.0], size=(B, T))
    x[:, :, 1] = rng.random((B, T)) < 0.08
    x[:, 0, 1] = 1
    last = np.maximum.accumulate(np.where(x[:, :, 1] > 0, np.arange(T), 0), axis=1)
    return x, np.take_along_axis(x[:, :, 0], last, axis=1) > 0, np.ones((B, T), dtype=bool)


rng = np.random.default_rng(2)
weights, memory = new_model(1, 1.0, rng), {}
for _ in range(500):
    update(weights, *many_flags(rng, 32), memory, rate=0.02)

x, target, _ = many_flags(np.random.default_rng(77), 300)
outputs, _, tape = lstm(x, weights)
accuracy = np.mean((outputs @ weights["v"] + weights["a"] > 0) == target)
traces = {name: np.stack([gates[name][:, 0] for _, _, _, gates in tape], axis=1) for name in "ifog"}
cells = traces["f"] * np.stack([c_prev[:, 0] for _, _, c_prev, _ in tape], axis=1) + traces["i"] * traces["g"]

row, flags = 105, x[:, :, 1] > 0
fig, axes = plt.subplots(3, 1, figsize=(8.6, 6.0), sharex=True, height_ratios=[1, 1.5, 1.5])
steps = np.arange(60)
axes[0].bar(steps, x[row, :, 0] * 0.5, color="0.8", label="sign")
axes[0].bar(steps[flags[row]], x[row, flags[row], 0], color="black", label="sign under a flag")
axes[0].set(
    ylabel="input",
    yticks=[],
    title=f"One LSTM cell keeps the last flagged sign: {accuracy:.1%} of held-out steps are right",
)
axes[1].plot(traces["f"][row], label="forget gate f")
axes[1].plot(traces["i"][row], label="input gate i")
axes[1].plot(traces["o"][row], label="output gate o")
axes[1].set(ylabel="gate", ylim=(-0.05, 1.05))
held = cells[row] * np.sign(weights["v"])
axes[2].plot(held, label="memory $c_t$, with the\nsign of its output weight")
axes[2].plot(np.where(target[row], 1, -1), label="what it should hold")
axes[2].set(ylabel="memory", xlabel="step")
for ax in axes:
    for step_number in steps[flags[row]]:
        ax.axvline(step_number, color="0.6", linewidth=0.8, linestyle="-", zorder=0)
    ax.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    ax.grid(visible=False)
print(f"{'mean over 300 sequences':28s}{'at a flag':>10s}{'elsewhere':>11s}")
for name, words in (("f", "forget gate"), ("i", "input gate"), ("o", "output gate")):
    print(f"{words:28s}{traces[name][flags].mean():10.2f}{traces[name][~flags].mean():11.2f}")
writes = np.abs(traces["i"] * traces["g"])
print(f"{'what is written, |i·g|':28s}{writes[flags].mean():10.2f}{writes[~flags].mean():11.2f}")

# %% [markdown] id="gates-answer"
# A single cell does it. The **forget gate** is the one that follows the flag: near 0.9 while there is something to keep, and close to 0 at each flag, so that the old sign is dropped at once. At the same moments the input gate opens fully.
#
# Textbook drawings also show the input gate *closed* in between. Here it is not: it stands at about 0.4 on average, and what is written between flags, $|i\cdot g|$, is small but not zero; the memory drifts along and stays on the right side. Training stops caring once the sign is right.
# The output gate is open all the time: the answer is wanted at every step. (Whether the task *needs* a forget gate is another matter: trial C of section 9.)

# %% [markdown] id="torch-twin-idea"
# ## 5. At home in `nn.LSTM`
#
# `nn.LSTM` computes the same cell and stores it differently (PyTorch's documentation, "Variables"):
#
# | | here | `nn.LSTM` |
# | --- | --- | --- |
# | order of the blocks | i, f, **o, g** | i, f, **g, o** |
# | weights | one $W$, reads $[h,x]$ | `weight_hh_l0` $(4H,H)$ and `weight_ih_l0` $(4H,D)$ |
# | biases | one $b$ | two, `bias_ih_l0` and `bias_hh_l0`, which are simply added |
#
# Wrongly ordered blocks have the right shapes, load without a complaint and compute nonsense. That is why a port is not finished until outputs *and* gradients agree.

# %% [markdown] id="torch-twin-task"
# **Exercise 5** · 3 points · about 10 minutes · 5 lines each
#
# Write `to_torch` and `from_torch`.
#
# <details><summary>Hint 1</summary><code>i, f, o, g = np.split(array, 4)</code> splits along the first axis, for matrices and vectors alike.</details>
# <details><summary>Hint 2</summary>Two biases that are added can hold one in many ways: all in one and zero in the other is the simplest. On the way back, add them.</details>


# %% nbgrader={"grade_id": "torch-twin", "solution": true}
def to_torch(params):
    """Give an LSTM's parameters the form in which `nn.LSTM` of one layer and one direction loads them.

    Parameters
    ----------
    params : dict
        "W", ndarray, shape (4H, H + D), columns [h, x], and "b", ndarray, shape (4H,); blocks i, f, o, g.

    Returns
    -------
    dict of str to torch.Tensor
        "weight_ih_l0" (4H, D), "weight_hh_l0" (4H, H), "bias_ih_l0" (4H,) and "bias_hh_l0" (4H,), blocks i, f, g, o.
        The two biases add up to b; how it is shared between them is yours to choose. The dtype is kept.

    Source: PyTorch's documentation of nn.LSTM, "Variables".
    """
    ### BEGIN SOLUTION
    W, b = (np.concatenate([np.split(params[name], 4)[k] for k in (0, 1, 3, 2)]) for name in ("W", "b"))
    H = len(b) // 4
    arrays = {"weight_ih_l0": W[:, H:], "weight_hh_l0": W[:, :H], "bias_ih_l0": b, "bias_hh_l0": np.zeros_like(b)}
    return {name: torch.tensor(array) for name, array in arrays.items()}
    ### END SOLUTION


def from_torch(state):
    """Bring the parameters of an `nn.LSTM` of one layer and one direction into our form.

    Parameters
    ----------
    state : dict of str to torch.Tensor
        As `nn.LSTM(D, H).state_dict()` gives it: blocks i, f, g, o, and two biases.

    Returns
    -------
    dict of str to ndarray
        "W", shape (4H, H + D), columns [h, x], and "b", shape (4H,); blocks i, f, o, g. The dtype is kept.
    """
    ### BEGIN SOLUTION
    W = torch.cat([state["weight_hh_l0"], state["weight_ih_l0"]], dim=1)
    b = state["bias_ih_l0"] + state["bias_hh_l0"]
    return {name: torch.cat([v.chunk(4)[k] for k in (0, 1, 3, 2)]).numpy() for name, v in (("W", W), ("b", b))}
    ### END SOLUTION


# %% nbgrader={"grade_id": "torch-twin-by-hand", "grade": true, "points": 1}
# H = 2 and D = 1. Each number names its place: 312 is gate 3, unit 1, column 2. Columns 1 and 2 read h, column 3 reads x.
W = np.array([[100.0 * gate + 10 * unit + column for column in (1, 2, 3)] for gate in (1, 2, 3, 4) for unit in (1, 2)])
b = np.array([100.0 * gate + 10 * unit for gate in (1, 2, 3, 4) for unit in (1, 2)])
state = to_torch({"W": W, "b": b})
names = ["bias_hh_l0", "bias_ih_l0", "weight_hh_l0", "weight_ih_l0"]
assert sorted(state) == names, f"the keys must be {', '.join(names)}: they are {', '.join(sorted(state))}"
ih = torch.tensor([[113.0], [123.0], [213.0], [223.0], [413.0], [423.0], [313.0], [323.0]], dtype=torch.float64)
assert_close(
    state["weight_ih_l0"],
    ih,
    dtype=torch.float64,
    label="weight_ih_l0",
    known={
        "the blocks are still in the order i, f, o, g: PyTorch wants i, f, g, o": torch.tensor(W[:, 2:]),
        "single rows changed places: whole blocks of H rows must": torch.tensor(W[[0, 1, 3, 2, 4, 5, 6, 7], 2:]),
        "you took the first column as x's: the first H columns read h": ih - 2,
    },
)
hh = torch.tensor(W[[0, 1, 2, 3, 6, 7, 4, 5], :2])
assert_close(
    state["weight_hh_l0"],
    hh,
    dtype=torch.float64,
    label="weight_hh_l0",
    known={"the blocks are still in the order i, f, o, g: PyTorch wants i, f, g, o": torch.tensor(W[:, :2])},
)
total = torch.tensor([110.0, 120.0, 210.0, 220.0, 410.0, 420.0, 310.0, 320.0], dtype=torch.float64)
assert_close(
    state["bias_ih_l0"] + state["bias_hh_l0"],
    total,
    dtype=torch.float64,
    label="bias_ih_l0 + bias_hh_l0",
    known={
        "PyTorch adds the two biases, so b counts twice": 2 * total,
        "the biases' blocks must change places too: i, f, g, o": torch.tensor(b),
    },
)
# And back: both biases count.
share = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], dtype=torch.float64)
back = from_torch({"weight_ih_l0": ih, "weight_hh_l0": hh, "bias_ih_l0": total - share, "bias_hh_l0": share})
assert sorted(back) == ["W", "b"], f"the dict must have the keys 'W' and 'b', and has {sorted(back)}"
assert_close(
    back["W"],
    W,
    dtype=np.float64,
    label='from_torch(…)["W"]',
    known={
        "PyTorch's order i, f, g, o is still there": W[[0, 1, 2, 3, 6, 7, 4, 5]],
        "the columns are [x, h]: ours are [h, x]": W[:, [2, 0, 1]],
    },
)
ours = share.numpy()[[0, 1, 2, 3, 6, 7, 4, 5]]
assert_close(
    back["b"],
    b,
    dtype=np.float64,
    label='from_torch(…)["b"]',
    known={
        "only bias_ih is there: PyTorch has two biases, and adds them": b - ours,
        "only bias_hh is there: PyTorch has two biases, and adds them": ours,
    },
)
single = to_torch({"W": W.astype(np.float32), "b": b.astype(np.float32)})
assert_close(single["weight_ih_l0"], ih.float(), dtype=torch.float32, label="weight_ih_l0 of a float32 W")
assert_close(
    from_torch({k: v.float() for k, v in state.items()})["b"],
    b.astype(np.float32),
    dtype=np.float32,
    label="b of a float32 state",
)


# %% nbgrader={"grade_id": "torch-twin-equal", "grade": true, "points": 2}
# Hidden: loaded into nn.LSTM (and fetched from it), outputs and gradients equal those of an LSTM in our layout.
### BEGIN HIDDEN TESTS
def run_layout(x, W, b):
    h = c = torch.zeros(x.shape[0], len(b) // 4, dtype=x.dtype)
    outputs = []
    for t in range(x.shape[1]):
        i, f, o, g = (torch.cat([h, x[:, t]], 1) @ W.T + b).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        outputs.append(h)
    return torch.stack(outputs, 1)


for seed, (B, T, D, H) in enumerate([(3, 4, 2, 5), (2, 3, 6, 4), (2, 5, 1, 1)]):
    rng = np.random.default_rng(40 + seed)
    W, b, x = rng.normal(size=(4 * H, H + D)), rng.normal(size=4 * H), torch.tensor(rng.normal(size=(B, T, D)))
    b[0] = 0.0
    ask = torch.tensor(rng.normal(size=(B, T, H)))
    state = to_torch({"W": W, "b": b})
    shapes = {"weight_ih_l0": (4 * H, D), "weight_hh_l0": (4 * H, H), "bias_ih_l0": (4 * H,), "bias_hh_l0": (4 * H,)}
    assert {k: tuple(v.shape) for k, v in state.items()} == shapes, f"the shapes must be {shapes}"
    net = torch.nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
    net.load_state_dict(state)
    W_t, b_t = torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)
    x_ours, x_theirs = (x.clone().requires_grad_() for _ in range(2))
    want, got = run_layout(x_ours, W_t, b_t), net(x_theirs)[0]
    assert_close(
        got.detach(),
        want.detach(),
        rtol=1e-7,
        atol=1e-10,
        label=f"nn.LSTM's outputs with your weights (H = {H}, D = {D})",
    )
    (want * ask).sum().backward()
    (got * ask).sum().backward()
    rows = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]
    for name, got_grad, want_grad in (
        ("weight_ih_l0", net.weight_ih_l0.grad, W_t.grad[rows, H:]),
        ("weight_hh_l0", net.weight_hh_l0.grad, W_t.grad[rows, :H]),
        ("bias_ih_l0", net.bias_ih_l0.grad, b_t.grad[rows]),
        ("bias_hh_l0", net.bias_hh_l0.grad, b_t.grad[rows]),
        ("the input", x_theirs.grad, x_ours.grad),
    ):
        assert_close(got_grad, want_grad, rtol=1e-6, atol=1e-9, label=f"the gradient of {name}")
    torch.manual_seed(seed)
    other = torch.nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
    fetched = from_torch(dict(other.state_dict()))
    assert_close(
        run_layout(x, torch.tensor(fetched["W"]), torch.tensor(fetched["b"])),
        other(x)[0].detach(),
        rtol=1e-7,
        atol=1e-10,
        label=f"outputs with the weights fetched from nn.LSTM (H = {H}, D = {D})",
    )
### END HIDDEN TESTS

# %% [markdown] id="twin-guess"
# ### Look: you have just written `nn.LSTM`
#
# Your forward and backward passes beside PyTorch's, on a padded batch, in float64. And a question on the side: if `nn.LSTM` has two biases that do one job,
# does a step of SGD move it as far as it moves yours?

# %% id="twin-table" tags=["look"]
rng = np.random.default_rng(8)
B, T, D, H = 6, 20, 5, 7
params, x, ask = init_lstm(D, H, rng), rng.normal(size=(B, T, D)), rng.normal(size=(B, T, H))
lengths = np.array([20, 13, 1, 7, 20, 16])
mask = length_mask(lengths, T)
outputs, (h, c), tape = lstm(x, params, mask)
dx, _, grads = lstm_backward(ask, tape, params, mask)

net = torch.nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
net.load_state_dict(to_torch(params))
x_t = torch.tensor(x, requires_grad=True)
packed = torch.nn.utils.rnn.pack_padded_sequence(x_t, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
result, (h_n, c_n) = net(packed)
unpacked, _ = torch.nn.utils.rnn.pad_packed_sequence(result, batch_first=True)
(unpacked * torch.tensor(ask)).sum().backward()
theirs = from_torch({name: parameter.grad for name, parameter in net.named_parameters()})

pairs = {
    "outputs": (outputs, unpacked.detach().numpy()),
    "final h": (h, h_n[0].detach().numpy()),
    "final c": (c, c_n[0].detach().numpy()),
    "gradient in x": (dx, x_t.grad.numpy()),
    "gradient in W": (grads["W"], theirs["W"]),
    "gradient in bias_ih (and in bias_hh)": (grads["b"], theirs["b"] / 2),
}
for name, (ours, torchs) in pairs.items():
    print(
        f"{name:40s} largest difference {np.abs(ours - torchs).max():.0e}   (largest value {np.abs(torchs).max():.2g})"
    )

with torch.no_grad():
    for parameter in net.parameters():
        parameter -= 0.1 * parameter.grad
moved = from_torch(dict(net.state_dict()))["b"] - params["b"]
print(
    f"\none step of SGD moves PyTorch's b {np.linalg.norm(moved) / np.linalg.norm(0.1 * grads['b']):.2f} times as far as yours"
)

# %% [markdown] id="twin-answer"
# The two agree to rounding. And the sum of the two biases moves twice as far: each of them gets the full gradient, so under SGD the effective learning rate of the bias is doubled
# (Adam, which normalises each parameter alone, doubles it as well). The second bias adds nothing to what the network can express; PyTorch keeps it for compatibility with cuDNN.
#
# The same doubling is a trap when the forget bias is set by hand: filling *both* biases' second quarter with 1 gives a forget bias of 2. And the second quarter is the forget gate in both layouts; the third is not the same.

# %% [markdown] id="two-ways-idea"
# ## 6. Two directions
#
# In "the bank of the river" and "the bank of England" what *bank* means is said only afterwards. A bidirectional network (双向) runs one LSTM from the left and one, with weights of its own, from the right,
# and sets their outputs side by side (Schuster & Paliwal 1997):
#
# $$\mathrm{outputs}_t=[\overrightarrow{h}_t,\overleftarrow{h}_t]$$
#
# With padding, "from the right" must mean *from each sequence's own last word*. Flipping the whole time axis puts the padding first, and then the right-to-left outputs of short sequences land at the wrong places.

# %% [markdown] id="two-ways-task"
# **Exercise 6** · 3 points · about 12 minutes · 4 to 7 lines each
#
# Write `reverse_padded` and `bidirectional`. `length_mask(lengths, T)` is there, from the set-up cell.
#
# <details><summary>Hint 1</summary>A loop over the rows is fine: row b of length n becomes x[b, :n][::-1], then its padding.</details>
# <details><summary>Hint 2</summary>Reversing is its own inverse: reverse the input, run, reverse the outputs.</details>


# %% nbgrader={"grade_id": "two-ways", "solution": true}
def reverse_padded(x, lengths):
    """Reverse each sequence within its own length; padding stays where it is, at the end.

    Parameters
    ----------
    x : ndarray, shape (B, T, D)
    lengths : ndarray of int, shape (B,)
        How many steps of each row are real, from 1 to T.

    Returns
    -------
    ndarray, shape (B, T, D)
        A new array: `x` is not changed.
    """
    ### BEGIN SOLUTION
    reversed_x = x.copy()
    for row, n in enumerate(lengths):
        reversed_x[row, :n] = x[row, :n][::-1]
    return reversed_x
    ### END SOLUTION


def bidirectional(x, lengths, ahead, back, run=lstm):
    """Run one LSTM from the left and one from the right.

    Parameters
    ----------
    x : ndarray, shape (B, T, D), floating
    lengths : ndarray of int, shape (B,)
        How many steps of each row are real.
    ahead, back : dict
        The parameters of the LSTM that reads from the left, and of that which reads from the right.
    run : callable
        `run(x, params, mask)` returns `outputs, (h, c), tape`, as `lstm` does.

    Returns
    -------
    outputs : ndarray, shape (B, T, 2H)
        At each real step, h of the one from the left, then h of the one from the right, *both after reading that step*.
        Zero at padded steps.
    h : ndarray, shape (B, 2H)
        The final h of each: from the left after the last real step, from the right after the first step.

    Source: Schuster & Paliwal (1997); the layout of nn.LSTM(bidirectional=True).
    """
    ### BEGIN SOLUTION
    mask = length_mask(lengths, x.shape[1])
    left, (h_left, _), _ = run(x, ahead, mask)
    right, (h_right, _), _ = run(reverse_padded(x, lengths), back, mask)
    return np.concatenate([left, reverse_padded(right, lengths)], axis=2), np.concatenate([h_left, h_right], axis=1)
    ### END SOLUTION


# %% nbgrader={"grade_id": "two-ways-by-hand", "grade": true, "points": 1}
# The second row has two real steps, 6 and 7; its 0 is padding.
x = np.array([[[1.0], [2.0], [4.0]], [[6.0], [7.0], [0.0]]])
lengths = np.array([3, 2])
assert_close(
    reverse_padded(x, lengths),
    np.array([[[4.0], [2.0], [1.0]], [[7.0], [6.0], [0.0]]]),
    label="reverse_padded(x, lengths)",
    known={
        "the padding came to the front: reverse within each row's length": x[:, ::-1],
        "the batch was reversed: time is the second axis": x[::-1],
    },
)
assert_close(x, np.array([[[1.0], [2.0], [4.0]], [[6.0], [7.0], [0.0]]]), label="x, which must stay as it was,")


# A "network" that adds up what it has read, times a factor: 1 from the left, 10 from the right.
def summing(x, params, mask):
    sums = np.cumsum(np.where(mask[..., None], x, 0), axis=1) * params["factor"]
    return np.where(mask[..., None], sums, 0), (sums[:, -1], -sums[:, -1]), []


ahead, back = ({"factor": factor, "W": np.zeros((4, 2)), "b": np.zeros(4)} for factor in (1.0, 10.0))
outputs, h = bidirectional(x, lengths, ahead, back, run=summing)
assert_close(
    outputs,
    np.array([[[1.0, 70.0], [3.0, 60.0], [7.0, 40.0]], [[6.0, 130.0], [13.0, 70.0], [0.0, 0.0]]]),
    label="outputs of bidirectional",
    known={
        "the outputs from the right are still in reverse order: turn them back": np.array(
            [[[1.0, 40.0], [3.0, 60.0], [7.0, 70.0]], [[6.0, 70.0], [13.0, 130.0], [0.0, 0.0]]]
        ),
        "both directions used the same parameters (ahead)": np.array(
            [[[1.0, 7.0], [3.0, 6.0], [7.0, 4.0]], [[6.0, 13.0], [13.0, 7.0], [0.0, 0.0]]]
        ),
        "the second direction reads from the left as well": np.array(
            [[[1.0, 10.0], [3.0, 30.0], [7.0, 70.0]], [[6.0, 60.0], [13.0, 130.0], [0.0, 0.0]]]
        ),
        "padding was flipped to the front: use reverse_padded in both directions": np.array(
            [[[1.0, 70.0], [3.0, 60.0], [7.0, 40.0]], [[6.0, 0.0], [13.0, 70.0], [0.0, 0.0]]]
        ),
        "the directions have changed places: left first": np.array(
            [[[70.0, 1.0], [60.0, 3.0], [40.0, 7.0]], [[130.0, 6.0], [70.0, 13.0], [0.0, 0.0]]]
        ),
    },
)
assert_close(
    h,
    np.array([[7.0, 70.0], [13.0, 130.0]]),
    label="h of bidirectional",
    known={
        "this is c: the state is (h, c)": np.array([[-7.0, -70.0], [-13.0, -130.0]]),
        "the right-to-left h is its output at the last step, where it has read one word only: take its final state": np.array(
            [[7.0, 40.0], [13.0, 70.0]]
        ),
    },
)


# %% nbgrader={"grade_id": "two-ways-torch", "grade": true, "points": 2}
# Hidden: equal to nn.LSTM(bidirectional=True) on packed sequences.
### BEGIN HIDDEN TESTS
def run_cell(x, params, mask):
    h = c = np.zeros((x.shape[0], len(params["b"]) // 4))
    outputs = []
    for t in range(x.shape[1]):
        i, f, o, g = np.split(np.hstack([h, x[:, t]]) @ params["W"].T + params["b"], 4, axis=1)
        c_new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        keep = mask[:, t, None]
        h, c = np.where(keep, sigmoid(o) * np.tanh(c_new), h), np.where(keep, c_new, c)
        outputs.append(keep * h)
    return np.stack(outputs, 1), (h, c), []


for seed, (B, T, D, H) in enumerate([(4, 6, 3, 2), (2, 3, 4, 5), (1, 1, 2, 3)]):
    rng = np.random.default_rng(50 + seed)
    x, lengths = rng.normal(size=(B, T, D)), rng.integers(1, T + 1, size=B)
    lengths[-1] = T
    ahead, back = ({"W": rng.normal(size=(4 * H, H + D)), "b": rng.normal(size=4 * H)} for _ in range(2))
    rows = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]
    net = torch.nn.LSTM(D, H, batch_first=True, bidirectional=True, dtype=torch.float64)
    values = [v for p in (ahead, back) for v in (p["W"][rows, H:], p["W"][rows, :H], p["b"][rows], 0 * p["b"])]
    with torch.no_grad():
        for parameter, value in zip(net.parameters(), values, strict=True):
            parameter.copy_(torch.tensor(value))
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            torch.tensor(x), torch.tensor(lengths), batch_first=True, enforce_sorted=False
        )
        result, (h_n, _) = net(packed)
        want, _ = torch.nn.utils.rnn.pad_packed_sequence(result, batch_first=True, total_length=T)
    before = x.copy()
    outputs, h = bidirectional(x, lengths, ahead, back, run=run_cell)
    assert_close(outputs, want.numpy(), rtol=1e-7, atol=1e-10, label=f"outputs for lengths {lengths.tolist()}, T = {T}")
    assert_close(h, torch.cat(list(h_n), 1).numpy(), rtol=1e-7, atol=1e-10, label="the final h of both directions")
    assert_close(x, before, label="x, which must stay as it was,")
    flipped = np.stack([np.concatenate([r[:n][::-1], r[n:]]) for r, n in zip(x, lengths, strict=True)])
    assert_close(
        reverse_padded(x, lengths), flipped, label="reverse_padded (the padding must stay as it was, whatever it holds)"
    )
### END HIDDEN TESTS

# %% [markdown] id="writer-idea"
# ## 7. A network that writes
#
# A language model over characters reads a text one letter at a time and after each gives a distribution over the next (Graves 2013). On top of the LSTM stands one linear layer to the $V$ letters of the alphabet:
#
# $$p(\,\cdot\mid x_{1:t})=\mathrm{softmax}\!\left(\frac{W_{\mathrm{out}}h_t+b_{\mathrm{out}}}{\tau}\right)$$
#
# To write, draw a letter from it, feed that letter back in, and go on. The temperature $\tau$ 温度 is 1 for the model's own distribution; below 1 it sharpens it, above 1 it flattens it.

# %% [markdown] id="writer-task"
# **Exercise 7** · 3 points · about 12 minutes · 8 to 12 lines
#
# Write `write`. `softmax` (from SciPy, safe for large numbers) is there.
#
# <details><summary>Hint 1</summary>Every letter passes through the step exactly once: first those of the prompt, then each that you draw. You need no prediction until the last letter of the prompt has been read.</details>
# <details><summary>Hint 2</summary>Letter number k goes in as row k of <code>np.eye(V)</code>, shape (1, V). <code>rng.choice(V, p=...)</code> draws; in float32 probabilities may not sum to 1 closely enough for it, so compute them in float64.</details>


# %% nbgrader={"grade_id": "writer-setup", "locked": true}
# For the checks below: a step whose h is just the letter that it has read.
def copying_step(x, h_prev, c_prev, params):
    return x, c_prev, {}


# %% nbgrader={"grade_id": "writer", "solution": true}
def write(prompt, count, model, rng, temperature=1.0, step=lstm_step):
    """Continue a text with a character model.

    Parameters
    ----------
    prompt : str
        How the text begins: at least one character, all from the model's alphabet.
    count : int
        How many characters to add, 1 or more.
    model : dict
        "lstm": the LSTM's parameters as `step` takes them (inputs are one-hot rows, so D = V; H is a quarter of the length of "b");
        "out_W": ndarray, shape (V, H), and "out_b": ndarray, shape (V,); "alphabet": str of V different characters.
    rng : numpy.random.Generator
        The only source of randomness: each character is drawn from the model's distribution.
    temperature : float
        τ > 0. The logits are divided by it before the softmax.
    step : callable
        `step(x, h_prev, c_prev, params)` returns `h, c, gates`, as `lstm_step` does.

    Returns
    -------
    str
        The prompt and `count` characters more. The state starts from zeros and is handed on from character to character.

    Source: Graves (2013), "Generating Sequences With Recurrent Neural Networks", section 2.
    """
    ### BEGIN SOLUTION
    alphabet, text = model["alphabet"], prompt
    one_hot = np.eye(len(alphabet))
    h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
    for place in range(len(prompt) + count - 1):
        h, c, _ = step(one_hot[[alphabet.index(text[place])]], h, c, model["lstm"])
        if place >= len(prompt) - 1:
            logits = model["out_W"] @ h[0] + model["out_b"]
            text += alphabet[rng.choice(len(alphabet), p=softmax(logits / temperature))]
    return text
    ### END SOLUTION


# %% nbgrader={"grade_id": "writer-by-hand", "grade": true, "points": 1}
# The step whose h is just the letter it read, and an output that makes b follow a, c follow b, a follow c, almost surely.
circle = {
    "lstm": {"b": np.zeros(12), "W": np.zeros((12, 6))},
    "out_W": 200.0 * np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "out_b": np.zeros(3),
    "alphabet": "abc",
}
text = write("a", 6, circle, np.random.default_rng(0), step=copying_step)
assert_close(
    text,
    "abcabca",
    label="write('a', 6, …)",
    known={
        "the prompt is missing: return it with what follows": "bcabca",
        "the letter drawn is not fed back in": "abbbbbb",
        "one letter too few": "abcabc",
    },
)
assert_close(write("acb", 2, circle, np.random.default_rng(0), step=copying_step), "acbca", label="write('acb', 2, …)")


# A step that counts the letters it has read, and an output that prefers what was read least (among equals the first).
# After "aab" that is c; then b and c have been read once and a twice, so b; and then c.
def counting_step(x, h_prev, c_prev, params):
    return h_prev + x, c_prev, {}


fair = circle | {"out_W": -400.0 * np.eye(3), "out_b": np.array([200.0, 100.0, 0.0])}
assert_close(
    write("aab", 3, fair, np.random.default_rng(0), step=counting_step),
    "aabcbc",
    label="write('aab', 3, …)",
    known={
        "the state is not handed on: each letter was read from zeros": "aababa",
        "only the last letter of the prompt was read: every letter must go through the step": "aabaca",
        "the prompt was not read: every letter of it must go through the step": "aababc",
        "the last letter of the prompt was read twice": "aabcca",
    },
)

# Chance: with out_W = 0 every letter is drawn with the probabilities 0.5, 0.3, 0.2. At temperature 0.5 they are squared and scaled.
dice = circle | {"out_W": np.zeros((3, 3)), "out_b": np.log([0.5, 0.3, 0.2])}
rng = np.random.default_rng(5)
for temperature, shares in ((1.0, (0.5, 0.3, 0.2)), (0.5, (0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38))):
    drawn = write("a", 400, dice, rng, temperature, step=copying_step)[1:]
    for letter, share in zip("abc", shares, strict=True):
        note = "" if temperature == 1 else " (a low temperature sharpens: divide the logits by it, before the softmax)"
        assert_frequency(
            drawn.count(letter), 400, share, label=f"the letter {letter} at temperature {temperature}{note}"
        )


# %% nbgrader={"grade_id": "writer-behaviour", "grade": true, "points": 2}
# Hidden: with a real LSTM; other alphabets; high and low temperatures; chance that comes from rng alone.
### BEGIN HIDDEN TESTS
def plain_step(x, h_prev, c_prev, params):
    i, f, o, g = np.split(np.hstack([h_prev, x]) @ params["W"].T + params["b"], 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c, {}


def likeliest(prompt, count, model):
    text = prompt
    for _ in range(count):
        h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))
        for letter in text:
            x = (np.array(list(model["alphabet"])) == letter).astype(float)[None]
            h, c, _ = plain_step(x, h, c, model["lstm"])
        text += model["alphabet"][int(np.argmax(model["out_W"] @ h[0] + model["out_b"]))]
    return text


for seed, (alphabet, H, prompt) in enumerate([("xyz \n", 4, "zy x"), ("天地玄黄", 6, "玄"), ("qwertyuiop", 3, "tree")]):
    rng = np.random.default_rng(60 + seed)
    V = len(alphabet)
    model = {
        "lstm": {"W": 2 * rng.normal(size=(4 * H, H + V)), "b": rng.normal(size=4 * H)},
        "out_W": 3 * rng.normal(size=(V, H)),
        "out_b": rng.normal(size=V),
        "alphabet": alphabet,
    }
    with np.errstate(all="ignore"):
        cold = write(prompt, 15, model, rng, 1e-4, step=plain_step)
    assert_close(
        cold, likeliest(prompt, 15, model), label="the text at a temperature of 0.0001 (the likeliest letter each time)"
    )
    one, two = (write(prompt, 30, model, np.random.default_rng(9), 5.0, step=plain_step) for _ in range(2))
    assert_close(one, two, label="the text drawn again by a generator in the same state (draw from rng alone)")
    other = write(prompt, 30, model, np.random.default_rng(10), 5.0, step=plain_step)
    assert one != other, "another generator must give another text"
    assert len(one) == len(prompt) + 30 and one.startswith(prompt), "the text is the prompt and count letters more"


# After a: b or c, evenly; after b or c: a for certain. What is drawn must be what is fed back.
fork = {
    "lstm": {"b": np.zeros(12), "W": np.zeros((12, 6))},
    "out_W": 300.0 * np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]),
    "out_b": np.zeros(3),
    "alphabet": "abc",
}
text = write("a", 600, fork, np.random.default_rng(3), step=copying_step)
assert set(text[::2]) == {"a"}, (
    "after b or c the model allows only a: is the letter that was drawn the one that is fed back?"
)
assert_frequency(text[1::2].count("b"), 300, 0.5, label="b after a, where b and c are equally likely")
dice = fork | {"out_W": np.zeros((3, 3)), "out_b": np.log([0.81, 0.18, 0.01])}
text = write("b", 600, dice, np.random.default_rng(4), 2.0, step=copying_step)[1:]
shares = np.sqrt([0.81, 0.18, 0.01]) / np.sqrt([0.81, 0.18, 0.01]).sum()
for letter, share in zip("abc", shares, strict=True):
    assert_frequency(text.count(letter), 600, float(share), label=f"the letter {letter} at temperature 2")
### END HIDDEN TESTS

# %% [markdown] id="writing-guess"
# ### Look: it writes
#
# The text is Python's own: prose paragraphs from the help topics of Python 3.11 (`course/data/pydoc_topics`, under the PSF licence; see its PROVENANCE.md), lower-case, each paragraph once. Every tenth
# paragraph is held out. The model has 128 units; your `lstm` and `lstm_backward` train it, in numpy, for some ten seconds, and your `write` shows what it has learnt so far.
#
# The yardstick is bits per character on held-out text: $\log_2 V$ for blind guessing, less for counts of the previous one, two or three characters (n-grams; each mixes all shorter ones, weighted by how much it has seen).
# Guess: after 600 updates, which n-gram will it match?

# %% id="writing-data" tags=["look"]
import re
from collections import Counter

from course.data import pydoc_topics

paragraphs = {}
for topic in pydoc_topics.load().values():
    for paragraph in re.split(r"\n\s*\n", topic):
        if paragraph[:1].isupper() and paragraph.rstrip().endswith(".") and len(paragraph) > 150:
            plain = re.sub(r"[^a-z ,.;:'()-]", "", " ".join(paragraph.lower().replace("’", "'").split()))
            paragraphs[re.sub(" +", " ", plain)] = None
paragraphs = list(paragraphs)
train_text = "\n".join(p for k, p in enumerate(paragraphs) if k % 10)
held_text = "\n".join(paragraphs[::10])
alphabet = "".join(sorted(set(train_text)))
V = len(alphabet)
train_ids, held_ids = (np.array([alphabet.index(c) for c in text]) for text in (train_text, held_text))
windows = np.stack([held_ids[start : start + 101] for start in range(0, len(held_ids) - 101, 100)])


def n_gram_bits(n, strength=8.0):
    """Held-out bits per character of an interpolated n-gram model, from the second character of each window on."""
    counts = [Counter(train_text[t : t + m] for t in range(len(train_text) - m + 1)) for m in range(n + 1)]
    contexts = [Counter(train_text[t : t + m] for t in range(len(train_text) - m)) for m in range(n)]
    bits = []
    for window in windows:
        text = "".join(alphabet[k] for k in window)
        for t in range(1, len(text)):
            probability = 1 / V
            for m in range(min(n, t + 1)):
                context = text[t - m : t]
                probability = (counts[m + 1][context + text[t]] + strength * probability) / (
                    contexts[m][context] + strength
                )
            bits.append(-np.log2(probability))
    return np.mean(bits)


baselines = {n: n_gram_bits(n) for n in range(1, 8)}
best = min(baselines, key=baselines.get)
print(
    f"{len(paragraphs)} paragraphs, {len(train_text)} characters to learn from, {len(held_text)} held out, V = {V}: {np.log2(V):.2f} bits blind"
)
print("n-grams, bits per character:", ", ".join(f"{n}: {bits:.2f}" for n, bits in baselines.items()))

# %% id="writing-training" tags=["look"]
rng = np.random.default_rng(0)
H, B, T, updates = 128, 32, 40, 600
weights = init_lstm(V, H, rng) | {"out_W": rng.normal(size=(V, H)) / np.sqrt(H), "out_b": np.zeros(V)}
weights = {name: value.astype(np.float32) for name, value in weights.items()}
one_hot, memory = np.eye(V, dtype=np.float32), {}


def as_model(weights):
    """What `write` takes."""
    return {"lstm": weights, "out_W": weights["out_W"], "out_b": weights["out_b"], "alphabet": alphabet}


def predictions(ids):
    """Probabilities of each next character, shape (B, T, V), with the outputs and the tape of the LSTM."""
    outputs, _, tape = lstm(one_hot[ids[:, :-1]], weights)
    return softmax(outputs @ weights["out_W"].T + weights["out_b"], axis=-1), outputs, tape


held_bits, samples = {}, {}
for number in range(updates + 1):
    if number in (0, 25, 50, *range(100, updates + 1, 100)):
        right = np.take_along_axis(predictions(windows)[0], windows[:, 1:, None], axis=-1)
        held_bits[number] = -np.log2(right).mean()
    if number in (0, 50, 200, updates):
        samples[number] = write("the ", 150, as_model(weights), np.random.default_rng(1), 0.7)
    starts = rng.integers(0, len(train_ids) - T, size=B)
    ids = train_ids[starts[:, None] + np.arange(T + 1)]
    probabilities, outputs, tape = predictions(ids)
    d_logits = (probabilities - one_hot[ids[:, 1:]]) / (B * T)
    _, _, grads = lstm_backward(d_logits @ weights["out_W"], tape, {name: weights[name] for name in ("W", "b")})
    grads["out_W"] = d_logits.reshape(-1, V).T @ outputs.reshape(-1, H)
    grads["out_b"] = d_logits.sum(axis=(0, 1))
    adam(weights, grads, memory, 0.01 * min(1.0, (updates - number) / (0.3 * updates) + 0.01))

for number, text in samples.items():
    print(f"after {number} updates ({held_bits[number]:.2f} bits per character)\n    {text!r}\n")
for temperature in (0.3, 1.0):
    text = write("the ", 150, as_model(weights), np.random.default_rng(2), temperature)
    print(f"at the end, temperature {temperature}\n    {text!r}\n")

# %% id="writing-figure" tags=["look"]
fig, ax = plt.subplots(figsize=(7.2, 4.4))
ax.plot(list(held_bits), list(held_bits.values()), marker="o", label="LSTM, 128 units (yours)")
for n in (1, 2, 3, 4, best):
    ax.axhline(baselines[n], color="0.45", linewidth=1, linestyle="--")
    ax.text(updates * 1.01, baselines[n], f"{n}-gram" + " (best)" * (n == best), va="center", fontsize=9)
ax.set(
    xlabel="updates (32 excerpts of 40 characters each)",
    ylabel="bits per character, held-out",
    title=f"A character LSTM on {len(train_text) // 1000},000 characters: {held_bits[updates]:.2f} bits after {updates} updates",
    xlim=(0, updates),
    ylim=(1.75, 5.4),
)
_ = ax.legend()

# %% [markdown] id="writing-answer"
# Letters, then word-like strings, then words, then phrases that sound like a reference manual and mean nothing. On held-out text it overtakes the 1-, 2-, 3- and 4-gram one after the other and ends at about 2.1 bits per character. The best tables of counts,
# of five and six characters with good smoothing, are still slightly ahead: on 98,000 characters of repetitive prose, after ten seconds of training, counting is a serious opponent. But tables must store every context that ever occurred, and stop growing useful when contexts stop recurring
# (the 7-gram gains nothing on the 6-gram); the LSTM fits all contexts into a state of 256 numbers, and gains from more text and more training.
#
# A low temperature repeats the safest phrases, temperature 1 invents words: there is a notebook on decoding for the rest of that story. And note what was *not* used: no autograd, no `nn.Module`, only the four functions that you wrote.

# %% [markdown] id="notes-rnn-idea"
# ## 8. The notes' RNN, put right
#
# The notes print the plain RNN as
#
# $$\begin{bmatrix}h_t\\ y_t\end{bmatrix}=\begin{bmatrix}\sigma\\ \sigma\end{bmatrix}\begin{bmatrix}\mathbf U\\ \sigma\end{bmatrix}\cdot[h_{t-1},x_t]$$
#
# Three things slipped in. A $\sigma$ stands inside the matrix where a second weight matrix belongs. The output $y_t$ is computed from $h_{t-1}$ and $x_t$, where it is a function of $h_t$. And the biases are gone. The usual
# form (Elman 1990) is
#
# $$h_t=\tanh(U\,[h_{t-1},x_t]+b),\qquad y_t=\mathrm{softmax}(V h_t+a)$$
#
# with tanh for the state more often than $\sigma$: a sigmoid's slope is at most 1/4, and the table of section 4 shows what that costs.
#
# ### Look: does it matter that $y_t$ reads $h_t$?
#
# The task: say whether the bit now differs from the bit before (XOR 异或). If $y_t$ is one squashed linear map of $[h_{t-1},x_t]$, it adds something that depends on the past and something that depends on $x_t$; guess how many of the four cases that can get right.

# %% id="notes-rnn-table" tags=["look"]
cases = [(before, now) for before in (0, 1) for now in (0, 1)]
differs = np.array([before != now for before, now in cases])

# The notes' form: y = (past[before] + w * now > 0), with any h_{t-1} whatsoever, so past[0], past[1] and w are free.
grid = np.linspace(-3, 3, 25)
best = max(
    np.mean([(past[before] + w * now > 0) == (before != now) for before, now in cases])
    for past in ((p, q) for p in grid for q in grid)
    for w in grid
)

# The usual form, set by hand: h_t = (the bit now, "either", "both"), and y_t reads h_t. Unit 1 of h_{t-1} holds the bit before.
U, u = 20 * np.array([[0, 0, 0, 1.0], [1, 0, 0, 1], [1, 0, 0, 1]]), 20 * np.array([-0.5, 0.0, -1.0])
right = []
for before, now in cases:
    h = np.zeros(3)
    for bit in (before, now):
        h = np.tanh(U @ np.concatenate([h, [bit]]) + u)
    right.append((h[1] - h[2] > 1) == (before != now))
print(f"y_t from [h_(t-1), x_t], best of {len(grid) ** 3} settings: {best:.0%} of the four cases")
print(f"y_t from h_t, weights set by hand:                   {np.mean(right):.0%} of the four cases")

# %% [markdown] id="notes-rnn-answer"
# Three of four, whatever the network remembers: $p(\text{before})+w\,x_t$ would need a positive $w$ after a 0 and a negative one after a 1. Reading $h_t$ costs nothing and puts one non-linear layer between $x_t$ and $y_t$.

# %% [markdown] id="trials-idea"
# ## 9. Short trials for the interview
#
# Some interview questions are still without a number. Eight trials, a few lines each, all with your functions; the answers in the next section point to them. Guess before you run:
#
# - **A.** Can a gradient explode in an LSTM, whose forget gates never exceed 1?
# - **B.** What happens to the memory if the candidate gets a sigmoid in place of the tanh?
# - **C.** The LSTM of 1997 had no forget gate. Can it do the task of the figure above, where old signs must go? And what becomes of its memory on a long stream?
# - **D.** How many numbers are there in an RNN, a GRU and an LSTM layer of the same size?
# - **E.** Coin flips cannot be predicted. What does a bidirectional network score at predicting the next one?
# - **F.** Cut backpropagation after 10 steps: what share of the true gradient is lost?
# - **G.** What does the next character cost after 100 characters, and after 10,000: for an LSTM and for attention?
# - **H.** What does dropout on the memory leave after 60 steps?

# %% id="trial-explosion" tags=["look"]
print("A. the size of the gradient from step 60 back to step 1, forget bias 3, seven networks each")
for scale in (1, 2, 4):
    sizes = []
    for seed in range(7):
        rng = np.random.default_rng(seed)
        params = init_lstm(8, 32, rng, forget_bias=3.0)
        params["W"] = scale * params["W"]
        outputs, _, tape = lstm(np.repeat(rng.normal(size=(1, 60, 8)), 32, axis=0), params)
        ask = np.zeros_like(outputs)
        ask[:, -1] = np.eye(32)
        sizes.append(np.linalg.norm(lstm_backward(ask, tape, params)[0][:, 0], 2))
    print(f"   weights x {scale}: median {np.median(sizes):5.2f}, largest {max(sizes):5.1f}")


# %% id="trial-candidate" tags=["look"]
def sigmoid_candidate(x, h_prev, c_prev, params):
    """Your step with one change: sigmoid(z) = (1 + tanh(z / 2)) / 2 is the candidate."""
    _, _, gates = lstm_step(x, h_prev, c_prev, params)
    g = (1 + np.tanh(np.arctanh(gates["g"]) / 2)) / 2
    c = gates["f"] * c_prev + gates["i"] * g
    return gates["o"] * np.tanh(c), c, gates | {"g": g}


rng = np.random.default_rng(0)
params, x = init_lstm(8, 32, rng, forget_bias=3.0), rng.normal(size=(100, 200, 8))
print("B. the memory of untrained networks after 200 steps of noise, forget bias 3")
for name, step in (("tanh", lstm_step), ("sigmoid", sigmoid_candidate)):
    _, (_, c), _ = lstm(x, params, step=step)
    slope = np.median(1 - np.tanh(c) ** 2)
    print(
        f"   {name:8s} mean {c.mean():5.2f}, below zero {np.mean(c < 0):4.0%}, slope of tanh(c) at the median {slope:.2g}"
    )

# %% id="trial-1997" tags=["look"]
# A forget bias of 1000 holds the gate at exactly 1, and its slope at exactly 0: that is the cell of 1997.
rng = np.random.default_rng(2)
weights, memory = new_model(1, 1000.0, rng), {}
for _ in range(300):
    update(weights, *many_flags(rng, 32), memory, rate=0.02)
x, target, _ = many_flags(np.random.default_rng(77), 300)
outputs, (_, c), _ = lstm(x, weights)
right = np.mean((outputs @ weights["v"] + weights["a"] > 0) == target)
print(
    f"C. one cell without a forget gate, trained on the task with many flags: {right:.1%} of held-out steps right, |c| {np.abs(c).mean():.2f}"
)
rng = np.random.default_rng(0)
x = rng.normal(size=(20, 2000, 8))
for name, forget_bias in (("without a forget gate", 1000.0), ("forget bias 3", 3.0)):
    params, h, c, sizes = (
        init_lstm(8, 32, np.random.default_rng(0), forget_bias),
        np.zeros((20, 32)),
        np.zeros((20, 32)),
        {},
    )
    for t in range(2000):
        h, c, _ = lstm_step(x[:, t], h, c, params)
        sizes[t + 1] = np.abs(c).mean()
    print(
        f"   untrained, {name:22s} mean |c| after 20, 200, 2000 steps of noise: {sizes[20]:.1f}, {sizes[200]:.1f}, {sizes[2000]:.1f}"
    )

# %% id="trial-count" tags=["look"]
print("D. numbers in one layer of 128 units that reads 36 inputs")
for name in ("RNN", "GRU", "LSTM"):
    print(f"   nn.{name:5s}{sum(p.numel() for p in getattr(torch.nn, name)(36, 128).parameters()):8,d}")
print(f"   yours   {sum(p.size for p in init_lstm(36, 128, np.random.default_rng(0)).values()):8,d}")

# %% id="trial-future" tags=["look"]
rng = np.random.default_rng(0)
coins = rng.integers(0, 2, size=(600, 31))
states, final = bidirectional(np.eye(2)[coins[:, :-1]], np.full(600, 30), init_lstm(2, 16, rng), init_lstm(2, 16, rng))


def readout(features, bits):
    """Held-out accuracy of a linear readout, fitted by least squares to the first 300 rows."""
    features, signs = np.concatenate([features, np.ones((*features.shape[:-1], 1))], axis=-1), 2.0 * bits - 1
    fit = np.linalg.lstsq(features[:300].reshape(-1, features.shape[-1]), signs[:300].ravel(), rcond=None)[0]
    return np.mean((features[300:] @ fit > 0) == (signs[300:] > 0))


print("E. an untrained network reads coin flips; a linear readout is fitted to its outputs; held-out accuracy")
print(f"   the next flip, from the left half          {readout(states[:, :-1, :16], coins[:, 1:-1]):.0%}")
print(f"   the next flip, from both halves            {readout(states[:, :-1], coins[:, 1:-1]):.0%}")
print(f"   the first flip, right half, outputs[:, -1] {readout(states[:, -1, 16:], coins[:, 0]):.0%}")
print(f"   the first flip, right half, final state    {readout(final[:, 16:], coins[:, 0]):.0%}")

# %% id="trial-truncation" tags=["look"]
print(
    "F. gradient in W of a loss on h_60: the share lost, |truncated - full| / |full|, if the way back ends after n steps"
)
print("   n                 " + "".join(f"{n:8d}" for n in (5, 10, 20, 40, 60)))
for forget_bias in (0.0, 1.0, 3.0):
    rng = np.random.default_rng(0)
    params, x = init_lstm(8, 32, rng, forget_bias), rng.normal(size=(16, 60, 8))
    outputs, _, tape = lstm(x, params)
    ask = np.zeros_like(outputs)
    ask[:, -1] = rng.normal(size=(16, 32))
    full = lstm_backward(ask, tape, params)[2]["W"]
    lost = [np.linalg.norm(lstm_backward(ask[:, -n:], tape[-n:], params)[2]["W"] - full) for n in (5, 10, 20, 40, 60)]
    print(f"   forget bias {forget_bias:.0f}     " + "".join(f"{size / np.linalg.norm(full):8.0%}" for size in lost))

# %% id="trial-cost" tags=["look"]
import time


def milliseconds(work):
    """Median of 15 runs."""
    times = []
    for _ in range(15):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return np.median(times)


rng = np.random.default_rng(0)
params, query, zero = init_lstm(128, 128, rng), rng.normal(size=(1, 128)), np.zeros((1, 128))
print("G. one more character, size 128: milliseconds on this machine, and numbers that must be kept")
for T in (100, 1_000, 10_000):
    keys, values = rng.normal(size=(2, T, 128))
    attend = milliseconds(lambda k=keys, v=values: softmax(query @ k.T / np.sqrt(128), axis=-1) @ v)
    step = milliseconds(lambda: lstm_step(query, zero, zero, params))
    print(
        f"   after {T:6,d}: LSTM {step:6.2f} ms, {2 * 128:,d} kept;   one attention head {attend:6.2f} ms, {2 * 128 * T:,d} kept"
    )

# %% id="trial-dropout" tags=["look"]
rng = np.random.default_rng(0)
params = {"W": np.zeros((800, 201)), "b": np.repeat([0.0, 5.0, 0.0, 0.0], 200)}
print("H. 10,000 cells hold 1; dropout of 10% on the memory, scaled by 1/0.9; forget bias 5; after 60 steps")
for name, fresh in (("a new mask at every step", True), ("one mask for the sequence", False)):
    h, c = np.zeros((50, 200)), np.ones((50, 200))
    for t in range(60):
        if fresh or t == 0:
            c = c * (rng.random(c.shape) < 0.9) / 0.9
        h, c, _ = lstm_step(np.zeros((50, 1)), h, c, params)
    print(f"   {name:26s} cells that still hold something {np.mean(c > 0):6.1%}, spread of c {c.std():6.2f}")

# %% [markdown] id="interview"
# ## Interview questions
#
# The notes only name the LSTM and give its formulas. These are the questions that follow. Try each before you open it.
#
# <details><summary>1. Why does an LSTM remember where an RNN forgets?</summary>
#
# An RNN's state goes through a matrix and a squashing function at every step, so the gradient over $n$ steps is a product of $n$ Jacobians $\mathrm{diag}(1-h^2)\,W$ and shrinks (or grows) geometrically. An LSTM's memory is updated by *addition*,
# $c_t=f_t\odot c_{t-1}+i_t\odot\hat c_t$. Along the direct path $\partial c_t/\partial c_{t-1}=\mathrm{diag}(f_t)$: no matrix, no slope of an activation, just a number per unit that the network sets itself and may hold near 1.
# (There are further paths through $h_{t-1}$ and the gates; the full Jacobian is the sum.) Section 4 measures it: about $10^{-16}$ for the RNN, about one half for an LSTM with forget bias 3.
# </details>
#
# <details><summary>2. So an LSTM has no vanishing gradients?</summary>
#
# It *can* avoid them, if its forget gates are near 1 for as long as the memory is needed. With forget bias 0 the gates start near 0.5 and the gradient over 59 steps is about $10^{-13}$ at initialisation: hardly better than a linear RNN's. In the race of section 4 neither bias 0
# nor bias 1 got off the ground for a delay of about 50 steps. And where a gate closes, the gradient vanishes on purpose: that is what forgetting means.
# </details>
#
# <details><summary>3. Does it stop gradients from exploding?</summary>
#
# No. The direct path cannot explode, because $f\le1$. The paths through $h$, $W$ and the gates can: with forget bias 3 some of our seven networks have $\|\partial h_{60}/\partial x_1\|$ above 1, more than the influence of the last input, and with weights four times as large (trial A of section 9) the largest is about 50. So LSTMs are trained with the gradient's norm clipped (Pascanu et al. 2013), as
# our `adam` does. Clipping limits explosion and does nothing against vanishing.
# </details>
#
# <details><summary>4. What does the forget bias do, and what would you set it to?</summary>
#
# It sets the time scale on which an untrained cell forgets: half-lives of 1, 2, 14 and 103 steps for biases 0, 1, 3 and 5 (section 1). Gers et al. (2000) start it positive; Jozefowicz et al. (2015) find that a bias of 1 closes the gap between LSTM and GRU on their tasks, and Keras does so by default. PyTorch does
# not: its biases are uniform around 0. For long delays choose it by the delay: $b_f\approx\ln(n-1)$ for $n$ steps. The race of section 4, with a delay of about 50, is won by 3 and lost by 1. More is not always better: a cell that never forgets must learn to.
# </details>
#
# <details><summary>5. Why sigmoid for the gates and tanh for the candidate? Why tanh again on the way out?</summary>
#
# A gate is a share, so it lives between 0 and 1. The candidate is a content that must be able to raise and lower the memory, so it needs both signs; a sigmoid there only ever adds: in trial B the memories of an untrained network all come to stand around $+5$, where the slope of $\tanh(c)$ is below $10^{-3}$ and no gradient passes. $c_t$ is a sum and not bounded by 1 (it passes 2 in the figure of section 4), so tanh brings it back to the range in which the gates' weights
# work; Greff et al. (2017) removed one part at a time and found the forget gate and the output activation to be the most critical.
# </details>
#
# <details><summary>6. What did the LSTM of 1997 look like?</summary>
#
# It had input and output gates and no forget gate: $c_t=c_{t-1}+i_t\odot\hat c_t$, the constant error carousel, with a gradient truncated elsewhere. On streams without ends the memory grew until the output saturated, so Gers et al. (2000) added the forget gate. Trial C shows that growth: without a forget gate an untrained memory has reached about 130 after 2000 steps of noise, with forget bias 3 it stays near 1.
# The same trial corrects a tempting half-truth. In the figure of section 4 the forget gate drops at each flag, and one would say that it *must*. It need not: a cell of 1997 does that task as well, because its gates see $h$ and it learns to write just enough of the other sign over the old one.
# </details>
#
# <details><summary>7. How many parameters has an LSTM layer? A GRU? And in PyTorch?</summary>
#
# $4\,(H(H+D)+H)$: four blocks, each reading $h$ and $x$, with a bias. PyTorch stores two biases: $4\,(H(H+D)+2H)$. A GRU has three blocks in place of four, and one state in place of two. Our character model with $H=128$, $D=V=36$ has $4(128\cdot164+128)=84{,}480$ in the LSTM; trial D counts them, and 84,992 for PyTorch's.
# </details>
#
# <details><summary>8. Why has nn.LSTM two biases? Does it matter?</summary>
#
# For compatibility with cuDNN. They are added, so one would do. It matters twice: their sum moves twice as far per update (measured in section 5), and whoever sets the forget bias in both gets twice what they meant.
# </details>
#
# <details><summary>9. Padding with zeros: is a zero input not harmless?</summary>
#
# No: the step still happens. In section 3 one padded step changed the final state by about 30% and ten by about 90%. Mask the state (or pack the sequences), mask the loss, and for the right-to-left direction reverse each sequence within its own length. That a batch gives the same result for a sentence alone and beside a longer one is a test worth having in every project.
# </details>
#
# <details><summary>10. When must you not use a bidirectional LSTM? What is its "last output"?</summary>
#
# When the future is not there at prediction time (streaming), or when it *is the answer*: in a language model that predicts $x_{t+1}$ at $t$ the right-to-left half has already read it. Trial E: at coin flips, which nobody can predict, a bidirectional network scores 100%, and the left half alone 50%. Its final state is not `outputs[:, -1]`: there the right-to-left half has read one word only (trial E: of the first flip it knows nothing, and its final state everything). Take each direction's final state, as `bidirectional` returns them.
# (ELMo trains two one-way language models and joins their outputs; within them the directions never meet.)
# </details>
#
# <details><summary>11. What is truncated BPTT, and what does it cost?</summary>
#
# Cut a long text into pieces of, say, 40 steps, and send gradients back within a piece only; memory and time per update stay constant. If the state is handed from piece to piece, its *value* reaches further than its gradient: the network may use older information but gets no signal to store it. Trial F: cut after 10 steps, and a network with forget bias 0 loses 1% of its gradient, one with bias 3 loses 85%: what truncation costs depends on how far the network can feel. Our character model starts each excerpt from zeros, so it is trained for contexts of up to
# 40 characters and then writes 150.
# </details>
#
# <details><summary>12. What does an LSTM cost compared with attention?</summary>
#
# Per layer $O(T\,H^2)$ operations in $T$ steps that must follow one another; self-attention takes $O(T^2 d)$ and all positions at once, with a path of length 1 between any two (Vaswani et al. 2017, table 1). So a GPU trains a Transformer faster, while an LSTM writes each new character in constant time and memory, however long the text is: `write` keeps $2H$ numbers, where attention keeps and reads the keys and values of all that came before (trial G).
# </details>
#
# <details><summary>13. Where do you put dropout in an LSTM?</summary>
#
# On the connections between layers, not on the recurrent ones: a fresh mask at every step on $h_{t-1}$ or $c_{t-1}$ would wipe out memory at random: of cells that are kept with probability $p$ only $p^n$ survive $n$ steps, 0.2% for $p=0.9$ and $n=60$ in trial H, and the survivors are blown up to make up for the rest (Zaremba et al. 2014 leave recurrent connections alone for this reason). If recurrent connections are to be dropped, use one mask for the whole sequence (Gal & Ghahramani 2016): then 90% of the cells remember. `nn.LSTM(dropout=…)` acts between layers only, hence not at all with one layer.
# </details>

# %% [markdown] id="notes"
# ## Where the notes need a word
#
# - **RNN.** $\sigma$ inside the weight matrix, $y_t$ from $[h_{t-1},x_t]$, no biases: section 8 has the usual form, and shows XOR at 75% without it. The state's activation is usually tanh.
# - **LSTM.** $W\cdot[h_{t-1},x_t]$ without a bias. The formula's source has an affine map; and without it there is no forget bias, which decides whether an untrained network remembers (sections 1 and 4).
# - **"Explosion comes from initialisation, vanishing from the activation functions".** Both are products of Jacobians. In section 4 an RNN with *no* squashing vanishes as well, to about $10^{-13}$, because its initial weights are small; tanh only makes it worse.
# - **GRU.** The notes use one $W$ for gates and candidate, and $h_t=(1-z_t)\odot h_{t-1}+z_t\odot h'$, where PyTorch swaps the roles of $z$ and $1-z$. Both appear in the notebook on RNN and GRU.

# %% [markdown] id="long-memory-question"
# ## One question in words
#
# **5 points.** A colleague trains `nn.LSTM` (PyTorch's defaults, 64 units, Adam) to say, after 500 steps of sensor data, whether a rare pulse occurred in the first 10 steps. The loss stays at $\ln 2$. They propose
# (a) to clip the gradient's norm at 1, (b) to double the units, (c) to set the forget gate's bias.
#
# Say what each proposal will do and why, how you would set (c) in PyTorch (value, and where), and name one measurement, made *before* any training, that would have warned them. Eight to twelve sentences.

# %% [markdown] nbgrader={"grade_id": "long-memory", "grade": true, "solution": true, "points": 5}
# A loss of $\ln 2$ means that the output does not depend on the pulse. With PyTorch's defaults the biases are small and centred on zero, so the forget gates stand near 0.5, and the memory of step 10 is multiplied by something like $0.5^{490}$ before the end: neither the pulse nor the gradient gets through.
#
# (a) Clipping scales down gradients that are too large. Here the useful part of the gradient is too small, so clipping changes nothing; it is worth keeping for later, since LSTMs can explode.
#
# (b) More units give more capacity and slightly different weights, but every unit forgets at the same rate. The decay with distance is geometric and stays so.
#
# (c) is the cure. To keep a memory for about 500 steps the gate must stand near $1-1/500$, so $b_f\approx\ln 499\approx6.2$, or a spread of biases, $\ln u$ with $u$ uniform between 1 and 499, so that there are units for all time scales. In PyTorch the forget gate is the second quarter of each bias vector: set `bias_ih_l0[64:128]` to the value and `bias_hh_l0[64:128]` to 0, because the two are added.
# Shortening the path (reading the sequence in coarser steps, pooling outputs over time, or attention) would help too.
#
# Before training I would measure the norm of $\partial h_{500}/\partial x_t$ against $t$, with one backward pass per output unit. At the defaults it falls off geometrically to nothing; after (c) it should be of the same order at $t=10$ as at $t=500$.
#
# ### BEGIN MARK SCHEME
# 1 point: diagnosis, forget gates near 0.5 at the default biases, hence geometric decay over about 490 steps (or the equivalent in terms of gradients).
# 1 point: (a) clipping does not help vanishing gradients, with the reason that it only limits large ones.
# 1 point: (b) more units do not change the rate of forgetting.
# 1 point: (c) the right direction and order of size (a bias of about 5 to 7, or ln of the delay, or a spread of such values), *and* where: the second quarter, with the two biases added (half a point for one of the two).
# 1 point: a measurement that can be made before training: the size of the gradient of the last state in early inputs, or the change of the final state when an early input is changed, or the forget gates' mean activation raised to the 490th power.
# Accept other remedies beside these. Deduct nothing for style. An answer that says that an LSTM cannot suffer from vanishing gradients loses the first point.
# ### END MARK SCHEME

# %% [markdown] id="references"
# ## References
#
# - S. Hochreiter, J. Schmidhuber (1997). *Long short-term memory.* Neural Computation 9(8).
# - F. Gers, J. Schmidhuber, F. Cummins (2000). *Learning to forget: continual prediction with LSTM.* Neural Computation 12(10). The forget gate.
# - W. Zaremba, I. Sutskever, O. Vinyals (2014). *Recurrent neural network regularization.* arXiv:1409.2329, section 3.1: the form of the notes, with its affine map; dropout between layers.
# - R. Jozefowicz, W. Zaremba, I. Sutskever (2015). *An empirical exploration of recurrent network architectures.* ICML. The forget bias.
# - C. Tallec, Y. Ollivier (2018). *Can recurrent neural networks warp time?* ICLR. Biases by time scale.
# - R. Pascanu, T. Mikolov, Y. Bengio (2013). *On the difficulty of training recurrent neural networks.* ICML. In the notes' list.
# - K. Greff et al. (2017). *LSTM: a search space odyssey.* IEEE Transactions on Neural Networks and Learning Systems 28(10).
# - M. Schuster, K. Paliwal (1997). *Bidirectional recurrent neural networks.* IEEE Transactions on Signal Processing 45(11).
# - P. Werbos (1990). *Backpropagation through time: what it does and how to do it.* Proceedings of the IEEE 78(10).
# - A. Graves (2013). *Generating sequences with recurrent neural networks.* arXiv:1308.0850. Writing, letter by letter.
# - J. Elman (1990). *Finding structure in time.* Cognitive Science 14(2).
# - Y. Gal, Z. Ghahramani (2016). *A theoretically grounded application of dropout in recurrent neural networks.* NeurIPS.
# - A. Vaswani et al. (2017). *Attention is all you need.* NeurIPS.
# - PyTorch, documentation of `torch.nn.LSTM`: the order of the blocks, the two biases, the initial range.
