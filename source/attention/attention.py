# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Attention 注意力: who looks at whom, and what it costs
#
# > *Why is the dot product divided by $\sqrt{d_k}$? What breaks if the word vectors are not multiplied by Q, K and V matrices?
# > And do more heads cost more time?*
#
# Three of the questions that an interviewer asks as soon as a Transformer is mentioned. Each has a one-line answer that everybody
# knows, and a second question behind it that few have tried. In this notebook you build attention from two kinds of score up to a whole multi-head layer that
# agrees with `torch.nn.MultiheadAttention` in outputs and gradients, and then make your own code answer: with numbers, with a map of what
# a trained head reads, and with a clock.
#
# | | |
# | --- | --- |
# | **You build** | additive and dot-product scores, padding and causal masks, a softmax that survives an empty row, scaled dot-product attention, self-attention, multi-head attention, a cost model |
# | **Time** | about 120 minutes |
# | **Points** | 25 by tests, 4 for a written answer |
# | **Before this** | *Losses* (softmax and cross-entropy) |
#
# Symbols, here and in all notebooks of this unit: $B$ batch, $T$ time (tokens), $T_q$ and $T_k$ where queries and keys differ in number, $d_{\text{model}}$ size of a token's vector,
# $d_k$ and $d_v$ size of one head's key and value, $h$ heads.

# %% nbgrader={"grade_id": "setup", "locked": true}
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from course import figures
from course.testing import assert_close

figures.use()
torch.set_num_threads(1)  # the matrices here are small: a second thread costs more than it brings


def library_softmax(scores, mask=None):
    """A masked softmax borrowed from torch, for the tests of exercises that need one."""
    eye = torch.eye(scores.shape[-1], dtype=scores.dtype).expand(*scores.shape[:-2], -1, -1)
    return F.scaled_dot_product_attention(scores, eye, eye, attn_mask=mask, scale=1.0)


def library_attention(q, k, v, mask=None):
    """Attention borrowed from torch, for the tests of exercises that need one: output and weights."""
    eye = torch.eye(k.shape[-2], dtype=k.dtype).expand(*k.shape[:-2], -1, -1)
    output = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return output, F.scaled_dot_product_attention(q, k, eye, attn_mask=mask)


def library_module(w_in, b_in, w_out, b_out, h):
    """``torch.nn.MultiheadAttention`` with these weights loaded into it."""
    module = torch.nn.MultiheadAttention(w_out.shape[0], h, batch_first=True, dtype=w_out.dtype)
    module.load_state_dict(
        {"in_proj_weight": w_in, "in_proj_bias": b_in, "out_proj.weight": w_out, "out_proj.bias": b_out}
    )
    return module


def normal(*shape, seed=0, dtype=torch.float64):
    """Standard normal numbers that are the same on every run."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# %% [markdown] id="scores-idea"
# ## 1. Two ways to score a pair
#
# Attention is a soft look-up. A **query** 查询 $q_i$ asks; every **key** 键 $k_j$ is compared with it and gets a score $e_{ij}$; a softmax over $j$ turns scores into weights;
# the answer is the weighted mean of the **values** 值 $v_j$. All the freedom is in the score.
#
# Bahdanau, Cho and Bengio (2015), who brought attention to translation, used a small network, **additive attention** 加性注意力:
#
# $$e_{ij}=v^\top\tanh(W_q\,q_i+W_k\,k_j)\qquad\text{(Bahdanau et al. 2015, appendix A.1.2; there } W_a s_{i-1}+U_a h_j)$$
#
# with matrices $W_q$, $W_k$ and a vector $v$ to be learnt (in this formula alone, $v$ is not a value).
#
# Luong, Pham and Manning (2015, section 3.1) tried the plain **dot product** 点积, which needs no parameters but wants queries and keys of one size:
#
# $$e_{ij}=q_i^\top k_j$$
#
# The dot product of all pairs is one matrix product, the operation that hardware does best. The additive score must build a vector of size $d_a$ for *every* pair before it can shrink it to a number.

# %% [markdown] id="scores-task"
# **Exercise 1** · 3 points · about 12 minutes · 1 line, and 2 to 4 lines
#
# Write `dot_scores` and `additive_scores`. Both take any number of leading axes ($B$, or $B$ and $h$, or none).
#
# <details><summary>Hint 1</summary>For the dot product: what must happen to the last two axes of <code>k</code> so that (…, Tq, d) @ (…, d, Tk) works? <code>.T</code> turns all axes around, <code>.mT</code> (or <code>transpose(-2, -1)</code>) only the last two.</details>
# <details><summary>Hint 2</summary>For the additive score: give the projected queries the shape (…, Tq, 1, d_a) and the projected keys (…, 1, Tk, d_a). Adding them makes all pairs.</details>
# <details><summary>Hint 3</summary>Weights are stored as in <code>nn.Linear</code>: shape (out, in), so a row vector is projected by <code>x @ w.T</code>.</details>


# %% nbgrader={"grade_id": "scores", "solution": true}
def dot_scores(q, k):
    """Dot product of every query with every key, not scaled.

    Parameters
    ----------
    q : Tensor, shape (..., Tq, d), floating
    k : Tensor, shape (..., Tk, d), same dtype

    Returns
    -------
    Tensor, shape (..., Tq, Tk)
        Entry (i, j) belongs to query i and key j.

    Source: Luong et al. (2015), section 3.1, "dot".
    """
    ### BEGIN SOLUTION
    return q @ k.mT
    ### END SOLUTION


def additive_scores(q, k, w_q, w_k, v):
    """Additive score of every query with every key: v . tanh(W_q q_i + W_k k_j).

    Parameters
    ----------
    q : Tensor, shape (..., Tq, d_q), floating
    k : Tensor, shape (..., Tk, d_key), same dtype; ``d_key`` may differ from ``d_q``
    w_q : Tensor, shape (d_a, d_q)
        Stored as in ``nn.Linear``, (out, in).
    w_k : Tensor, shape (d_a, d_key)
    v : Tensor, shape (d_a,)

    Returns
    -------
    Tensor, shape (..., Tq, Tk)

    Source: Bahdanau et al. (2015), appendix A.1.2.
    """
    ### BEGIN SOLUTION
    pairs = (q @ w_q.T).unsqueeze(-2) + (k @ w_k.T).unsqueeze(-3)
    return torch.tanh(pairs) @ v
    ### END SOLUTION


# %% nbgrader={"grade_id": "scores-examples", "grade": true, "points": 1}
# Two queries, three keys. Row 0, by hand: 1*3 + 2*1 = 5, 1*1 + 2*(-1) = -1, 1*2 + 2*0.5 = 3.
q = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
k = torch.tensor([[3.0, 1.0], [1.0, -1.0], [2.0, 0.5]])
dots = torch.tensor([[5.0, -1.0, 3.0], [1.0, -1.0, 0.5]])
assert_close(
    dot_scores(q, k),
    dots,
    label="dot_scores(q, k)",
    known={
        "rows and columns are exchanged: queries belong in the rows": dots.T,
        "the scale comes later, in exercise 4": dots / math.sqrt(2),
    },
)
try:
    stacked = dot_scores(torch.ones(2, 4, 3, 5), torch.ones(2, 4, 6, 5))
except RuntimeError as error:
    raise AssertionError(
        f"dot_scores must keep leading axes: exchange only the last two axes of k. torch says: {error}"
    ) from None
assert_close(stacked, torch.full((2, 4, 3, 6), 5.0), label="dot_scores with two leading axes, all ones")

# The additive score, by hand. W_q q = (.3, .2) and (.3, .3); W_k k = (.1, .3), (-.1, .1), (0, .2).
q, k = torch.tensor([[0.1, 0.2], [0.0, 0.3]]), torch.tensor([[0.3, 0.1], [0.1, -0.1], [0.2, 0.0]])
w_q, w_k, v = torch.tensor([[1.0, 1.0], [0.0, 1.0]]), torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([2.0, -1.0])
first = torch.tensor([[0.4, 0.2, 0.3], [0.4, 0.2, 0.3]])
second = torch.tensor([[0.5, 0.3, 0.4], [0.6, 0.4, 0.5]])
transposed = (torch.tensor([[0.2, 0.0, 0.1], [0.1, -0.1, 0.0]]), torch.tensor([[0.6, 0.4, 0.5], [0.6, 0.4, 0.5]]))
assert_close(
    additive_scores(q, k, w_q, w_k, v),
    2 * torch.tanh(first) - torch.tanh(second),
    label="additive_scores",
    known={
        "the tanh is missing: without it the query's part is the same for all keys, and the softmax cancels it": 2
        * first
        - second,
        "the tanh stands outside: it belongs before the product with v": torch.tanh(2 * first - second),
        "the weights are stored (out, in): project with x @ w.T": 2 * torch.tanh(transposed[0])
        - torch.tanh(transposed[1]),
        "v is missing: you summed the components": torch.tanh(first) + torch.tanh(second),
    },
)
assert additive_scores(*(torch.ones(s) for s in [(2, 4, 3), (2, 5, 6), (7, 3), (7, 6), (7,)])).shape == (2, 4, 5), (
    "additive_scores of q (2, 4, 3) and k (2, 5, 6) must have the shape (2, 4, 5)"
)

# %% nbgrader={"grade_id": "scores-behaviour", "grade": true, "points": 2}
# Judged here: all sizes different, leading axes, gradients.
### BEGIN HIDDEN TESTS
q, k = normal(2, 3, 4, 5, seed=1), normal(2, 3, 6, 5, seed=2)
expected = torch.zeros(2, 3, 4, 6, dtype=torch.float64)
for b, head, i, j in np.ndindex(2, 3, 4, 6):
    expected[b, head, i, j] = sum(q[b, head, i, c] * k[b, head, j, c] for c in range(5))
assert_close(dot_scores(q, k), expected, label="dot_scores with two leading axes")
assert_close(dot_scores(q[0, 0], k[0, 0]), expected[0, 0], label="dot_scores without leading axes")

q, k = normal(2, 4, 3, seed=3), normal(2, 5, 6, seed=4)
w_q, w_k, v = normal(7, 3, seed=5), normal(7, 6, seed=6), normal(7, seed=7)
expected = torch.zeros(2, 4, 5, dtype=torch.float64)
for b, i, j in np.ndindex(2, 4, 5):
    expected[b, i, j] = v @ torch.tanh(w_q @ q[b, i] + w_k @ k[b, j])
assert_close(additive_scores(q, k, w_q, w_k, v), expected, rtol=1e-6, label="additive_scores, batched")
assert_close(additive_scores(q[0], k[0], w_q, w_k, v), expected[0], rtol=1e-6, label="additive_scores without a batch")

leaves = [x.clone().requires_grad_() for x in (q[:1], k[:1], w_q, w_k, v)]
slope = normal(1, 4, 5, seed=8)
given = torch.autograd.grad((additive_scores(*leaves) * slope).sum(), leaves)
other = [x.detach().clone().requires_grad_() for x in leaves]
scores = torch.stack(
    [torch.stack([other[4] @ torch.tanh(other[2] @ a + other[3] @ b) for b in other[1][0]]) for a in other[0][0]]
)
wanted = torch.autograd.grad((scores * slope[0]).sum(), other)
for name, one, two in zip(("q", "k", "w_q", "w_k", "v"), given, wanted, strict=True):
    assert_close(one, two, rtol=1e-6, atol=1e-10, label=f"the gradient of additive_scores with respect to {name}")
### END HIDDEN TESTS

# %% [markdown] id="variance-look"
# ### Look: how large does a dot product get?
#
# The notes say: if every component of $q$ and $k$ has mean 0 and variance 1, and $q$ and $k$ are independent, then $q\cdot k$ has mean 0 and variance $d_k$. They then doubt it, with a smile: in self-attention
# $q$ and $k$ *come from the same embedding*, so how could they be independent?
#
# Three cases, for a token that scores **itself**, the worst case for independence:
#
# 1. $q$ and $k$ drawn independently;
# 2. one shared vector $x$ (normalised, as after a LayerNorm), $q=W_qx$ and $k=W_kx$ with two random matrices of their own;
# 3. $q=k=W_qx$: the projections tied.
#
# Before you run it: in which of the cases does the mean stay at zero?

# %% id="variance-figure" tags=["look"]
sizes = [4, 16, 64, 256, 512]
d_model, pairs = 512, 4000
x = normal(pairs, d_model, seed=0, dtype=torch.float32)
x = (x - x.mean(1, keepdim=True)) / x.std(1, correction=0, keepdim=True)
cases = {"independent q and k": [], "one x, own $W_q$ and $W_k$": [], "tied: q = k": []}
for d_k in sizes:
    w_q, w_k = (normal(d_k, d_model, seed=s, dtype=torch.float32) / math.sqrt(d_model) for s in (1, 2))
    q, k = (normal(pairs, d_k, seed=s, dtype=torch.float32) for s in (3, 4))
    for scores, (one, two) in zip(
        cases.values(), [(q, k), (x @ w_q.T, x @ w_k.T), (x @ w_q.T, x @ w_q.T)], strict=True
    ):
        scores.append(dot_scores(one[:, None], two[:, None]).flatten())

print(f"{'d_k':>4} {'':<28}{'mean':>8}{'variance':>10}{'excess kurtosis':>17}")
for i, d_k in enumerate(sizes):
    for name, scores in cases.items():
        z = (scores[i] - scores[i].mean()) / scores[i].std()
        print(
            f"{d_k:>4} {name.replace('$', ''):<28}{scores[i].mean():>8.1f}{scores[i].var():>10.1f}{(z**4).mean() - 3:>17.2f}"
        )

fig, axes = plt.subplots(1, 2, figsize=(9.6, 4.0))
for (name, scores), marker in zip(cases.items(), "osD", strict=True):
    axes[0].plot(sizes, [s.mean() for s in scores], marker=marker, label=name)
    axes[1].plot(sizes, [s.var() for s in scores], marker=marker, label=name)
axes[1].plot(sizes, sizes, color="0.6", linestyle="-", linewidth=5, alpha=0.5, zorder=0, label="$d_k$")
axes[0].set(xlabel="key size $d_k$", ylabel="mean of q·k", title="Only tying q = k moves the mean")
axes[1].set(
    xlabel="key size $d_k$", ylabel="variance of q·k", title="The variance grows with $d_k$", xscale="log", yscale="log"
)
for ax in axes:
    ax.legend()

# %% [markdown] id="variance-answer"
# The notes' claim holds: the variance is $d_k$, so the typical score is $\pm\sqrt{d_k}$. Their doubt is answered too: sharing the **input** does no harm. Given $x$, the numbers $W_qx$ and $W_kx$ are independent
# because the *matrices* are, and mean and variance come out as before. What does harm is tying the **projections**: then $q\cdot k=\lVert q\rVert^2$, with mean $d_k$ (about 512 at $d_k=512$) and variance about $2d_k$,
# and dividing by $\sqrt{d_k}$ leaves a mean of $\sqrt{d_k}$ on the diagonal.
#
# Two corrections to the notes' wording. The result is not $N(0,d_k)$ but only close to it: a sum of $d_k$ products of normals has excess kurtosis $6/d_k$ (1.5 at $d_k=4$, and next to nothing at 64). And neither mean nor variance needs the components to be normal: independence, mean 0 and variance 1 are enough.
# All of it is a statement about *initialisation*: training is free to make $q$ and $k$ as dependent as it likes, and does.

# %% [markdown] id="masks-idea"
# ## 2. Who may look at whom
#
# Sentences in a batch differ in length, so short ones are filled up with **padding** 填充, which nobody should read. And a model that writes from left to right must not read what it has not yet written: the **causal** 因果 mask
# (Vaswani et al. 2017, section 3.2.3). Both are tables of booleans, one entry for each pair (query, key), and combine with `&`.
#
# One convention must be chosen, and here it is: **`True` means "may look"**, as in `F.scaled_dot_product_attention`. Beware: `nn.MultiheadAttention`, in the same library, means the opposite (`True` there is "shut out"). Many a mask bug lives in that sentence.
#
# Mind also what is masked: **keys**. Masking a padded *query* would change nothing that anyone reads; leaving a padded *key* open changes every real token's answer.

# %% [markdown] id="masks-task"
# **Exercise 2** · 3 points · about 8 minutes · 1 to 3 lines each
#
# Write `padding_mask` and `causal_mask`. The padding mask has an axis of size 1 where the queries go, so that `padding_mask(...) & causal_mask(...)` has the shape (B, T, T) by broadcasting.
#
# <details><summary>Hint 1</summary>Position j of a sentence of length n is real when j &lt; n. <code>torch.arange(t)</code> has all the j.</details>
# <details><summary>Hint 2</summary><code>lengths[:, None, None]</code> has the shape (B, 1, 1). For the causal mask see <code>torch.tril</code>: may a token look at itself?</details>


# %% nbgrader={"grade_id": "masks", "solution": true}
def padding_mask(lengths, t):
    """Which keys are real tokens, for sentences padded at the end to ``t`` tokens.

    Parameters
    ----------
    lengths : Tensor, shape (B,), integer
        Real tokens in each sentence, 0 to ``t``.
    t : int
        Length after padding.

    Returns
    -------
    Tensor, shape (B, 1, t), bool
        True where the key is a real token. The axis of size 1 stands for all queries.
    """
    ### BEGIN SOLUTION
    return torch.arange(t) < lengths[:, None, None]
    ### END SOLUTION


def causal_mask(t):
    """Which keys are not in the query's future.

    Parameters
    ----------
    t : int
        Number of tokens, at least 1.

    Returns
    -------
    Tensor, shape (t, t), bool
        Entry (i, j) is True where query i may look at key j: at itself and at all before it.

    Source: Vaswani et al. (2017), section 3.2.3.
    """
    ### BEGIN SOLUTION
    return torch.ones(t, t, dtype=torch.bool).tril()
    ### END SOLUTION


# %% nbgrader={"grade_id": "masks-examples", "grade": true, "points": 1}
# Three sentences of 2, 4 and 0 tokens, padded to 4.
pad = torch.tensor([[[1, 1, 0, 0]], [[1, 1, 1, 1]], [[0, 0, 0, 0]]]).bool()
assert_close(
    padding_mask(torch.tensor([2, 4, 0]), 4),
    pad,
    label="padding_mask([2, 4, 0], 4)",
    known={
        "upside down: here True means 'may look' (nn.MultiheadAttention's key_padding_mask means the opposite)": ~pad,
        "one token too many: positions count from 0, so the last real one is length - 1": torch.tensor(
            [[[1, 1, 1, 0]], [[1, 1, 1, 1]], [[1, 0, 0, 0]]]
        ).bool(),
        "the axis for the queries is missing: the shape is (B, 1, t)": pad[:, 0],
        "this masks queries: the padded positions belong on the last axis, the keys'": pad.transpose(1, 2),
    },
)
low = torch.tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1]]).bool()
assert_close(
    causal_mask(3),
    low,
    label="causal_mask(3)",
    known={
        "this lets each token see only its future: row i may look at columns 0 to i": low.T,
        "here True means 'may look', and the future is what is forbidden": ~low,
        "a token may look at itself: without its own entry the first row is empty": low & ~torch.eye(3).bool(),
        "one token of the future can be seen: the diagonal is the last that is open": torch.tensor(
            [[1, 1, 0], [1, 1, 1], [1, 1, 1]]
        ).bool(),
    },
)

# %% nbgrader={"grade_id": "masks-behaviour", "grade": true, "points": 2}
# Judged here: other sizes, and the two masks together.
### BEGIN HIDDEN TESTS
lengths = [5, 1, 0, 6, 3]
expected = torch.tensor([[[j < n for j in range(6)]] for n in lengths])
assert_close(padding_mask(torch.tensor(lengths), 6), expected, label="padding_mask of five sentences")
triangle = torch.tensor([[j <= i for j in range(6)] for i in range(6)])
assert_close(causal_mask(6), triangle, label="causal_mask(6)")
assert_close(causal_mask(1), torch.tensor([[True]]), label="causal_mask(1)")
assert_close(
    padding_mask(torch.tensor(lengths), 6) & causal_mask(6),
    torch.tensor([[[j <= i and j < n for j in range(6)] for i in range(6)] for n in lengths]),
    label="both masks together",
)
### END HIDDEN TESTS

# %% [markdown] id="masked-softmax-idea"
# ## 3. A softmax that survives an empty row
#
# A forbidden key must get weight 0, and the others must still sum to 1. So the score is taken out *before* the softmax:
#
# $$\alpha_{ij}=\frac{m_{ij}\,e^{s_{ij}}}{\sum_{l}m_{il}\,e^{s_{il}}},\qquad m_{ij}\in\{0,1\}$$
#
# which is what "set the score to $-\infty$" means (Vaswani et al. 2017, section 3.2.3). Now the edge that breaks real training runs: **a row where nothing is allowed**. A sentence of length 0 in the batch, a filler example, a causal mask shifted by one, a block-sparse pattern: the denominator is 0, and $0/0$ is NaN.
# One NaN in the forward pass is a nuisance. The backward pass is worse: softmax's gradient is $\alpha_j(g_j-\sum_l\alpha_lg_l)$, so a NaN weight gives NaN gradients *even if its output is thrown away or replaced*, because $0\times\text{NaN}$ is NaN. Where $-\infty$ was *added* to the scores, as `nn.MultiheadAttention` does it, the NaN goes on to the shared matrices, and after one step every parameter is lost. (Filling the scores in with `masked_fill` happens to stop it: the backward pass of a fill is zero where it filled.)
#
# What should the row give? The weighted sum over an empty set: **zeros**. It is the only value that the empty sum can have, it is what torch's own kernel returns, and with it goes a gradient of exactly zero.

# %% [markdown] id="masked-softmax-task"
# **Exercise 3** · 4 points · about 15 minutes · 3 to 6 lines
#
# Write `masked_softmax`. `torch.softmax` may be used. Think about both passes: a NaN that is replaced at the end can still come back in the gradient.
#
# <details><summary>Hint 1</summary>Fill forbidden scores with a number that is very negative <em>and finite</em>: <code>torch.finfo(scores.dtype).min</code>. What does the softmax of a row full of that number give?</details>
# <details><summary>Hint 2</summary>Then multiply the weights by the mask. In rows that are not empty this changes nothing: the forbidden weights are exactly 0 already.</details>
# <details><summary>Hint 3</summary>If you write the softmax yourself, subtract the largest <em>allowed</em> score, not the largest of all: forbidden scores may be huge.</details>


# %% nbgrader={"grade_id": "masked-softmax", "solution": true}
def masked_softmax(scores, mask=None):
    """Softmax over the last axis, over the allowed keys only.

    Parameters
    ----------
    scores : Tensor, shape (..., Tq, Tk), floating
        Finite, of any size: 1000 must not overflow, nor may a large score at a forbidden place matter.
    mask : Tensor, bool, that broadcasts to the shape of ``scores``, or None
        True where the key may be looked at. None: all may.

    Returns
    -------
    Tensor, shape and dtype of ``scores``
        Each row sums to 1 over its allowed keys, with exactly 0 at forbidden ones. A row in which nothing is allowed is all zeros.
        Gradients are finite everywhere, and zero for forbidden scores.

    Source: Vaswani et al. (2017), section 3.2.3.
    """
    ### BEGIN SOLUTION
    if mask is None:
        return torch.softmax(scores, dim=-1)
    allowed = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return torch.softmax(allowed, dim=-1) * mask
    ### END SOLUTION


# %% nbgrader={"grade_id": "masked-softmax-examples", "grade": true, "points": 1}
# Scores log 1, log 2, log 5: without a mask the weights are 1/8, 2/8, 5/8. Shut out the third: 1/3, 2/3, 0.
scores = torch.tensor([[1.0, 2.0, 5.0], [3.0, 1.0, 4.0]], dtype=torch.float64).log()
mask = torch.tensor([[True, True, False], [True, False, True]])
right = torch.tensor([[1 / 3, 2 / 3, 0], [3 / 7, 0, 4 / 7]], dtype=torch.float64)
plain = torch.tensor([[1 / 8, 2 / 8, 5 / 8], [3 / 8, 1 / 8, 4 / 8]], dtype=torch.float64)
assert_close(
    masked_softmax(scores, mask),
    right,
    label="masked_softmax(scores, mask)",
    known={
        "you multiplied by the mask after the softmax: the rest no longer sums to 1": plain * mask,
        "you set forbidden scores to 0, but e^0 is 1: they need a very negative score": torch.tensor(
            [[1 / 4, 2 / 4, 1 / 4], [3 / 8, 1 / 8, 4 / 8]], dtype=torch.float64
        ),
        "you shut out the True entries: here True means 'may look'": torch.tensor(
            [[0, 0, 1], [0, 1, 0]], dtype=torch.float64
        ),
        "the mask has no effect": plain,
        "you normalised over the queries: the sum runs over the last axis": lambda: torch.softmax(
            scores.masked_fill(~mask, -math.inf), dim=0
        ),
    },
)
assert_close(masked_softmax(scores), plain, label="masked_softmax(scores) without a mask")

# Large scores, and a huge one at a forbidden place.
large = torch.tensor([[1000.0, 999.0, 5000.0]])
assert_close(
    masked_softmax(large, torch.tensor([[True, True, False]])),
    torch.tensor([[0.7310586, 0.2689414, 0.0]]),
    label="masked_softmax of large scores",
    known={
        "overflow or 0/0: subtract the largest *allowed* score of the row before exp": torch.full((1, 3), math.nan),
        "the allowed scores vanished beside a forbidden one: subtract the largest *allowed* score": torch.zeros(1, 3),
    },
)

# A row in which nothing is allowed: zeros, and no NaN on the way back.
scores = torch.tensor([[1.0, 2.0, 4.0], [2.0, 0.0, 1.0]], dtype=torch.float64, requires_grad=True)
empty = torch.tensor([[False, False, False], [True, True, True]])
weights = masked_softmax(scores, empty)
assert_close(
    weights[0],
    torch.zeros(3, dtype=torch.float64),
    label="the weights of a row in which nothing is allowed",
    known={
        "0/0: the softmax of a row of -inf is NaN. Use a finite fill, and zero the row": torch.full((3,), math.nan),
        "every key got 1/3: a finite fill such as -1e9 makes the forbidden keys equal, so multiply by the mask too": torch.full(
            (3,), 1 / 3, dtype=torch.float64
        ),
        "the mask was added, so all scores of the row moved alike and the softmax did not notice": lambda: (
            torch.softmax(torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64), 0)
        ),
    },
)
(slope,) = torch.autograd.grad(weights[:, 0].sum(), scores)
assert not slope.isnan().any(), (
    "the gradient holds NaN: replacing NaN in the result hides it going forward, but 0 * NaN is NaN going back. Never make the NaN"
)

# %% nbgrader={"grade_id": "masked-softmax-behaviour", "grade": true, "points": 3}
# Judged here: broadcast masks, stability, empty rows, gradients, float32.
### BEGIN HIDDEN TESTS
scores = 3 * normal(2, 3, 4, 5, seed=11)
mask = normal(2, 1, 4, 5, seed=12) > -0.3
mask[0, 0, 2] = False
mask[1, 0, :, 1] = False
expected = torch.zeros_like(scores)
for b, head, i in np.ndindex(2, 3, 4):
    keep = mask[b, 0, i]
    if keep.any():
        expected[b, head, i, keep] = torch.softmax(scores[b, head, i, keep], 0)
assert_close(masked_softmax(scores, mask), expected, label="masked_softmax with a mask (2, 1, 4, 5)")
only_keys = torch.tensor([[[[True, True, False, True, False]]], [[[False] * 5]]])
given = masked_softmax(scores, only_keys)
assert_close(
    given[0][..., [0, 1, 3]], torch.softmax(scores[0][..., [0, 1, 3]], -1), label="a mask of shape (B, 1, 1, Tk)"
)
assert_close(given[0][..., [2, 4]], torch.zeros(3, 4, 2, dtype=torch.float64), label="the weights of forbidden keys")
assert_close(given[1], torch.zeros(3, 4, 5, dtype=torch.float64), label="a sentence in which every key is forbidden")
assert_close(masked_softmax(scores), torch.softmax(scores, -1), label="masked_softmax without a mask")
assert_close(
    masked_softmax(scores + 2000, mask),
    expected,
    rtol=1e-6,
    label="masked_softmax(scores + 2000), which must not differ",
)
assert_close(
    masked_softmax(scores - 2000, mask),
    expected,
    rtol=1e-6,
    label="masked_softmax(scores - 2000), which must not differ",
)
assert_close(
    masked_softmax(scores.masked_fill(~mask, 1e5), mask), expected, label="masked_softmax with 1e5 at forbidden places"
)
assert_close(masked_softmax(scores.float(), mask), expected.float(), dtype=torch.float32, label="float32 scores")

leaf, other = scores.clone().requires_grad_(), scores.clone().requires_grad_()
slope = normal(2, 3, 4, 5, seed=13)
(given,) = torch.autograd.grad((masked_softmax(leaf, mask) * slope).sum(), leaf)
full = mask.any(-1, keepdim=True)
safe = torch.softmax(other.masked_fill(~mask & full, -math.inf), -1) * full
(wanted,) = torch.autograd.grad((safe * slope).sum(), other)
assert_close(given, wanted, rtol=1e-6, atol=1e-12, label="the gradient of masked_softmax")
### END HIDDEN TESTS

# %% [markdown] id="masks-look"
# ### Look: masks at work, and what torch makes of an empty row
#
# The last of the five pictures is a sentence padded to six tokens from **none**. What would you want a model to say about it?

# %% id="masks-figure" tags=["look"]
scores = normal(1, 6, 6, seed=5)
everything = torch.ones(1, 6, 6, dtype=torch.bool)
four = padding_mask(torch.tensor([4]), 6)
choices = {
    "no mask": everything,
    "padding, 4 are real": everything & four,
    "causal": everything & causal_mask(6),
    "both": four & causal_mask(6),
    "an empty sentence": everything & padding_mask(torch.tensor([0]), 6),
}
fig, axes = plt.subplots(1, 5, figsize=(12, 3.4), sharey=True)
for ax, (name, mask) in zip(axes, choices.items(), strict=True):
    weights = masked_softmax(scores, mask)[0]
    picture = ax.imshow(weights, vmin=0, vmax=1, aspect="auto")
    for i, j in np.argwhere(~mask[0].numpy()):
        ax.plot(j, i, marker="x", color="0.75", markersize=5)
    ax.grid(visible=False)
    ax.set(
        title=f"{name}\nrow sums {weights.sum(-1).min():.0f} to {weights.sum(-1).max():.0f}",
        xlabel="key",
        xticks=range(6),
        yticks=range(6),
    )
    ax.title.set_fontsize(10.5)
axes[0].set_ylabel("query")
fig.colorbar(picture, ax=axes[-1], label="weight (× forbidden)")
fig.suptitle("Every row sums to 1 over what it may see; an empty row sums to 0", x=0.01, ha="left", fontsize=12)

# The same empty sentence, in torch: a batch of two, whose second sentence is all padding.
torch.manual_seed(0)
module = torch.nn.MultiheadAttention(8, 2, batch_first=True)
x, shut = torch.randn(2, 4, 8), torch.tensor([[False] * 4, [True] * 4])


def verdict(x):
    return "NaN" if x.isnan().any() else "zeros" if not x.any() else "numbers"


print(f"torch {torch.__version__}, the output for the empty sentence:")
kernel = F.scaled_dot_product_attention(x, x, x, attn_mask=~shut[:, None])[1]
print(f"  F.scaled_dot_product_attention                         {verdict(kernel)}")
print(
    f"  yours                                                  {verdict(masked_softmax(x @ x.mT, ~shut[:, None])[1])}"
)
for need_weights in (True, False):
    output = module(x, x, x, key_padding_mask=shut, need_weights=need_weights)[0]
    module.zero_grad()
    output[0].sum().backward()
    print(f"  nn.MultiheadAttention(…, need_weights={need_weights})".ljust(57) + verdict(output[1]))
    print(f"      its gradient, from the *other* sentence's loss     {verdict(module.in_proj_weight.grad)}")
with torch.no_grad():
    output = module.eval()(x, x, x, key_padding_mask=shut, need_weights=False)[0]
print(f"      in eval() and under no_grad()                      {verdict(output[1])}")

# %% [markdown] id="masks-answer"
# Read the printed table slowly. One module of one library gives three different answers to one question: `nn.MultiheadAttention` with its default `need_weights=True` gives NaN, and NaN gradients for the weights of *every* sentence, even where the loss never looks at the empty one;
# with `need_weights=False` it takes the fused kernel and gives zeros (plus the output bias, which is zero in a fresh module); and in `eval()` under `no_grad` it takes yet another path, back to NaN. (The table is from your version of torch, this sentence from 2.13 on a CPU.) The function
# `F.scaled_dot_product_attention` gives zeros, and so does yours. A fill of $-10^9$ would have given a third kind of wrong: a uniform mean over the padding, with no NaN to warn you.

# %% [markdown] id="attention-idea"
# ## 4. The scale
#
# Scores, softmax, weighted mean: with the dot product and a scale this is **scaled dot-product attention** 缩放点积注意力,
#
# $$\mathrm{Attention}(Q,K,V)=\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V\qquad\text{(Vaswani et al. 2017, eq. 1)}$$
#
# The scale brings scores whose variance is $d_k$ back to variance 1. Note what $d_k$ is: the size of **the keys that enter this product**; with several heads, that of one head, not of the model.

# %% [markdown] id="attention-task"
# **Exercise 4** · 4 points · about 12 minutes · 3 to 5 lines
#
# Write `attention`. Use the `softmax` that you are given (by default your own of exercise 3), which is called as `softmax(scores, mask)`.
#
# <details><summary>Hint 1</summary>Write the shapes down: scores are (…, Tq, Tk), the values (…, Tk, d_v). What is the shape of the product?</details>
# <details><summary>Hint 2</summary>The scale belongs to the scores, before the softmax, and its size is that of the last axis of <code>q</code>.</details>


# %% nbgrader={"grade_id": "attention", "solution": true}
def attention(q, k, v, mask=None, softmax=masked_softmax):
    """Scaled dot-product attention.

    Parameters
    ----------
    q : Tensor, shape (..., Tq, d_k), floating
    k : Tensor, shape (..., Tk, d_k), same dtype
    v : Tensor, shape (..., Tk, d_v), same dtype
    mask : Tensor, bool, that broadcasts to (..., Tq, Tk), or None
        True where the key may be looked at. A query that may look at nothing gets zeros.
    softmax : callable
        ``softmax(scores, mask)`` gives weights of the shape of ``scores``, zeros in empty rows.

    Returns
    -------
    (output, weights) : Tensors, shapes (..., Tq, d_v) and (..., Tq, Tk)

    Source: Vaswani et al. (2017), eq. 1.
    """
    ### BEGIN SOLUTION
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    weights = softmax(scores, mask)
    return weights @ v, weights
    ### END SOLUTION


# %% nbgrader={"grade_id": "attention-examples", "grade": true, "points": 1}
# d_k = 4, so the scale is 2 and cancels the 2s of the queries. Scores: (log 1, log 3), then (log 5, log 5).
q = torch.tensor([[2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]], dtype=torch.float64)
k = torch.tensor([[1.0, 5.0, 1.0, 1.0], [3.0, 5.0, 1.0, 1.0]], dtype=torch.float64).log()
v = torch.tensor([[4.0, 0.0, 1.0], [0.0, 8.0, 1.0]], dtype=torch.float64)
right = torch.tensor([[1 / 4, 3 / 4], [1 / 2, 1 / 2]], dtype=torch.float64)
scores = torch.tensor([[1.0, 3.0], [5.0, 5.0]], dtype=torch.float64).log()
result = attention(q, k, v, softmax=library_softmax)
assert_close(
    list(result),
    [torch.tensor([[1.0, 6.0, 1.0], [2.0, 4.0, 1.0]], dtype=torch.float64), right],
    label="attention(q, k, v): [output, weights]",
    known={
        why: [weights @ v, weights]
        for why, weights in {
            "the scale is missing: divide the scores by √d_k": torch.softmax(2 * scores, -1),
            "you divided by d_k: its square root is asked for": torch.softmax(scores / 2, -1),
            "you scaled by the size of the values: the scale is √d_k, from q and k": torch.softmax(
                2 * scores / math.sqrt(3), -1
            ),
            "you scaled by the number of keys: √d_k is the size of a key": torch.softmax(2 * scores / math.sqrt(2), -1),
            "you scaled after the softmax: its rows no longer sum to 1": torch.softmax(2 * scores, -1) / 2,
            "you multiplied by √d_k instead of dividing": torch.softmax(4 * scores, -1),
        }.items()
    },
)

# Query 0 may look at key 0 only; query 1 at nothing.
masked = attention(q, k, v, torch.tensor([[True, False], [False, False]]), library_softmax)
assert_close(
    list(masked),
    [
        torch.tensor([[4.0, 0, 1], [0, 0, 0]], dtype=torch.float64),
        torch.tensor([[1.0, 0], [0, 0]], dtype=torch.float64),
    ],
    label="attention with a mask: [output, weights]",
    known={"the mask does not arrive at the softmax": list(result)},
)

# %% nbgrader={"grade_id": "attention-behaviour", "grade": true, "points": 3}
# Judged here: against torch's own, with and without masks, empty rows, leading axes, gradients.
### BEGIN HIDDEN TESTS
q, k, v = normal(2, 3, 4, 6, seed=21), normal(2, 3, 5, 6, seed=22), normal(2, 3, 5, 7, seed=23)
partial = normal(2, 1, 4, 5, seed=24) > -0.2
partial[1, 0, 3] = False
keys = torch.tensor([[[[True, False, True, True, True]]], [[[False] * 5]]])
eye = torch.eye(5, dtype=torch.float64).expand(2, 3, 5, 5)
for name, mask in {"no mask": None, "a mask (B, 1, Tq, Tk)": partial, "a mask (B, 1, 1, Tk)": keys}.items():
    expected = [F.scaled_dot_product_attention(q, k, x, attn_mask=mask) for x in (v, eye)]
    given = attention(q, k, v, mask, library_softmax)
    assert_close(list(given), expected, rtol=1e-6, atol=1e-12, label=f"attention with {name}: [output, weights]")
output, weights = attention(q[0, 0], k[0, 0], v[0, 0], None, library_softmax)
assert_close(
    output,
    F.scaled_dot_product_attention(q[:1, :1], k[:1, :1], v[:1, :1])[0, 0],
    rtol=1e-6,
    label="attention without leading axes",
)

slope, weight_slope = normal(2, 3, 4, 7, seed=25), normal(2, 3, 4, 5, seed=26)
mine, other = ([x.clone().requires_grad_() for x in (q, k, v)] for _ in range(2))
output, weights = attention(*mine, partial, library_softmax)
given = torch.autograd.grad((output * slope).sum() + (weights * weight_slope).sum(), mine)
outputs = [F.scaled_dot_product_attention(other[0], other[1], x, attn_mask=partial) for x in (other[2], eye)]
wanted = torch.autograd.grad((outputs[0] * slope).sum() + (outputs[1] * weight_slope).sum(), other)
for name, one, two in zip("qkv", given, wanted, strict=True):
    assert_close(one, two, rtol=1e-6, atol=1e-10, label=f"the gradient with respect to {name}")
### END HIDDEN TESTS

# %% [markdown] id="scale-look"
# ### Look: what dies without the scale
#
# Large scores make the softmax nearly one-hot. Its Jacobian is $\partial\alpha/\partial s=\mathrm{diag}(\alpha)-\alpha\alpha^\top$, and at a one-hot $\alpha$ that matrix is *zero*: no gradient reaches $W_q$ and $W_k$. So far the usual answer.
# Guess two numbers before you run it: with 20 random keys and $d_k=512$, how large is the largest weight, raw and scaled? And does a head without the scale fail to learn, or only learn later?
#
# (The raw version is your own function with queries multiplied by $\sqrt{d_k}$, which cancels the scale.) The right panel trains a single head with $d_k=64$ on a small task that section 6 explains, three seeds each, plain and raw.

# %% id="scale-figure" tags=["look"]
sizes = [4, 8, 16, 32, 64, 128, 256, 512]
measures = {"raw": [], "scaled": []}
for d_k in sizes:
    q, k = normal(1000, 1, d_k, seed=1, dtype=torch.float32), normal(1000, 20, d_k, seed=2, dtype=torch.float32)
    for name, stretch in (("raw", math.sqrt(d_k)), ("scaled", 1.0)):
        alpha = attention(stretch * q, k, k)[1][:, 0]
        squares = (alpha**2).sum(-1)
        jacobian = (squares - 2 * (alpha**3).sum(-1) + squares**2).clamp(min=0).sqrt()
        measures[name].append((alpha.max(-1).values.mean(), jacobian.median(), jacobian.mean()))
for name, values in measures.items():
    print(
        f"{name:<7} d_k = 512: largest weight {values[-1][0]:.2f}, norm of the Jacobian: median {values[-1][1]:.1e}, mean {values[-1][2]:.3f}"
    )


def ring_batch(n, letters, generator):
    """Sentences that hold every letter once, in random order, each with a digit; and the digits of each letter's next and previous."""
    order = torch.rand(n, letters, generator=generator).argsort(1)
    digit = torch.randint(0, 10, (n, letters), generator=generator)
    return order, digit.gather(1, order), digit.gather(1, (order + 1) % letters), digit.gather(1, (order - 1) % letters)


def loss_curve(stretch, seed, steps=220, d=64, letters=10):
    generator = torch.Generator().manual_seed(seed)
    letter, digit = (torch.randn(10, d, generator=generator) / math.sqrt(2) for _ in range(2))
    weights = [(torch.randn(n, d, generator=generator) / math.sqrt(d)).requires_grad_() for n in (d, d, d, 10)]
    adam, losses = torch.optim.Adam(weights, lr=1e-3), []
    for _ in range(steps):
        order, digits, following, _ = ring_batch(32, letters, generator)
        x = letter[order] + digit[digits]
        q, k, v = (x @ w.T for w in weights[:3])
        loss = F.cross_entropy((attention(stretch * q, k, v)[0] @ weights[3].T).flatten(0, 1), following.flatten())
        adam.zero_grad()
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


curves = {"raw": [loss_curve(8.0, seed) for seed in range(3)], "scaled": [loss_curve(1.0, seed) for seed in range(3)]}
fig, axes = plt.subplots(1, 3, figsize=(12, 3.9))
for name, values in measures.items():
    largest, median, mean = (np.array(column) for column in zip(*values, strict=True))
    colour, dash = {"raw": (figures.COLOURS[4], "-"), "scaled": (figures.COLOURS[0], "--")}[name]
    axes[0].plot(sizes, largest, color=colour, linestyle=dash, marker="o", label=name)
    axes[1].plot(sizes, median, color=colour, linestyle=dash, marker="o", label=f"{name}, median")
    if name == "raw":
        axes[1].plot(sizes, mean, color=colour, linestyle=":", label="raw, mean")
    for i, curve in enumerate(curves[name]):
        axes[2].plot(curve, color=colour, linestyle=dash, linewidth=1.3, label=name if i == 0 else None)
axes[0].set(
    xlabel="key size $d_k$", ylabel="largest of 20 weights (mean)", title="One key takes all", xscale="log", ylim=(0, 1)
)
axes[1].set(
    xlabel="key size $d_k$",
    ylabel="norm of ∂α/∂s",
    title="The typical row stops passing gradient",
    xscale="log",
    yscale="log",
)
axes[2].set(xlabel="training step (Adam)", ylabel="loss (nats)", title="Learning, $d_k=64$, three seeds", yscale="log")
for ax in axes:
    ax.legend()
half = {
    name: [next((i for i, value in enumerate(c) if value < 0.1), len(c)) for c in runs] for name, runs in curves.items()
}
print(f"steps until the loss is below 0.1: raw {half['raw']}, scaled {half['scaled']}")

# %% [markdown] id="scale-answer"
# At $d_k=512$ the raw softmax gives its favourite key about 0.94 of the weight, the scaled one about 0.2, and the *typical* Jacobian is some two hundred times smaller (compare the medians; the mean is kept up by the few rows where two keys happen to tie, and falls to less than a third).
# The panel on the right keeps us honest. The raw head does learn, only later, after about twice as many steps: Adam divides by the size of the gradient, so a small one is slow rather than fatal, and a few undecided rows are enough to start. The scale does not make attention possible. It makes the *first* steps useful at every width, and so one learning rate serves all sizes.

# %% [markdown] id="self-attention-idea"
# ## 5. Self-attention: three views of one token
#
# In **self-attention** 自注意力 the queries, keys and values all come from the same sequence $X$, one row per token, each through a matrix of its own:
#
# $$Q=XW_Q^\top,\quad K=XW_K^\top,\quad V=XW_V^\top\qquad\text{(Vaswani et al. 2017, section 3.2.2; weights stored as (out, in))}$$
#
# A token thus plays three parts: what it asks for, what it is found by, what it hands over. Why not one vector for all three? First write it; then take the matrices away and see.

# %% [markdown] id="self-attention-task"
# **Exercise 5** · 3 points · about 6 minutes · 1 to 4 lines
#
# Write `self_attention`, with the `attend` that you are given (by default your own of exercise 4), called as `attend(q, k, v, mask)`.
#
# <details><summary>Hint 1</summary><code>w</code> is (out, in), and tokens are rows of <code>x</code>: the projected tokens are <code>x @ w.T</code>.</details>


# %% nbgrader={"grade_id": "self-attention", "solution": true}
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    """One head of self-attention, without biases.

    Parameters
    ----------
    x : Tensor, shape (..., T, d_model), floating
    w_q, w_k : Tensors, shape (d_k, d_model)
        Stored as in ``nn.Linear``, (out, in).
    w_v : Tensor, shape (d_v, d_model)
    mask : Tensor, bool, that broadcasts to (..., T, T), or None
        True where the token of the row may look at the token of the column.
    attend : callable
        ``attend(q, k, v, mask)`` gives (output, weights), scaled.

    Returns
    -------
    (output, weights) : Tensors, shapes (..., T, d_v) and (..., T, T)

    Source: Vaswani et al. (2017), sections 3.2.1 and 3.2.2.
    """
    ### BEGIN SOLUTION
    return attend(x @ w_q.T, x @ w_k.T, x @ w_v.T, mask)
    ### END SOLUTION


# %% nbgrader={"grade_id": "self-attention-examples", "grade": true, "points": 1}
# Two tokens, (1, 0) and (1, 1): projected, they are the first column of each matrix, and the sum of both columns.
# Queries √2 (log 2, 0) and √2 (log 3, 0), keys (1, 1) and (0, 1), so the scores are (log 2, 0) and (log 3, 0).
x = torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
w_q = math.sqrt(2) * torch.tensor([[math.log(2), math.log(1.5)], [0.0, 0.0]], dtype=torch.float64)
w_k = torch.tensor([[1.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
w_v = torch.tensor([[3.0, -3.0], [6.0, 6.0], [0.0, 6.0]], dtype=torch.float64)
weights = torch.tensor([[2 / 3, 1 / 3], [3 / 4, 1 / 4]], dtype=torch.float64)
values = torch.tensor([[3.0, 6.0, 0.0], [0.0, 12.0, 6.0]], dtype=torch.float64)
asks, found = w_q @ x.T, w_k @ x.T
result = self_attention(x, w_q, w_k, w_v, attend=library_attention)
assert_close(
    list(result),
    [torch.tensor([[2.0, 8.0, 2.0], [2.25, 7.5, 1.5]], dtype=torch.float64), weights],
    label="self_attention: [output, weights]",
    known={
        "queries and keys are exchanged: w_q makes the queries": lambda: list(
            library_attention(found.T, asks.T, values)
        ),
        "keys and queries have one matrix: w_k makes the keys": lambda: list(library_attention(asks.T, asks.T, values)),
        "weights are stored (out, in): project with x @ w.T": lambda: list(library_attention(x @ w_q, x @ w_k, values)),
        "the values are not projected: they are x @ w_v.T": [weights @ x, weights],
        "scaled twice: attend scales already": lambda: list(library_attention(asks.T / math.sqrt(2), found.T, values)),
    },
)
first = self_attention(x, w_q, w_k, w_v, torch.tensor([[True, False], [True, True]]), library_attention)[0]
assert_close(
    first,
    torch.tensor([[3.0, 6.0, 0.0], [2.25, 7.5, 1.5]], dtype=torch.float64),
    label="the output with a causal mask",
    known={"the mask is not passed on": result[0]},
)

# %% nbgrader={"grade_id": "self-attention-behaviour", "grade": true, "points": 2}
# Judged here: all sizes different, a batch, masks, gradients of the matrices.
### BEGIN HIDDEN TESTS
x, w_q, w_k, w_v = normal(2, 5, 6, seed=31), normal(4, 6, seed=32), normal(4, 6, seed=33), normal(3, 6, seed=34)
mask = normal(2, 5, 5, seed=35) > -0.2
mask[1, 4] = False
mine, other = ([a.clone().requires_grad_() for a in (x, w_q, w_k, w_v)] for _ in range(2))
eye = torch.eye(5, dtype=torch.float64).expand(2, 5, 5)
for name, m in (("without a mask", None), ("with a mask", mask)):
    output, weights = self_attention(*mine, m, library_attention)
    q, k, v = (F.linear(other[0], w) for w in other[1:])
    wanted = [F.scaled_dot_product_attention(q, k, a, attn_mask=m) for a in (v, eye)]
    assert_close([output, weights], wanted, rtol=1e-6, atol=1e-10, label=f"self_attention {name}: [output, weights]")
    slope = normal(2, 5, 3, seed=36)
    pairs = zip(
        ("x", "w_q", "w_k", "w_v"),
        torch.autograd.grad((output * slope).sum(), mine),
        torch.autograd.grad((wanted[0] * slope).sum(), other),
        strict=True,
    )
    for letter, one, two in pairs:
        assert_close(one, two, rtol=1e-6, atol=1e-9, label=f"the gradient with respect to {letter}, {name}")
### END HIDDEN TESTS

# %% [markdown] id="projections-look"
# ### Look: self-attention without Q, K and V
#
# The notes' second question: *leave multiple heads aside; what goes wrong if the word vectors are not multiplied by the QKV matrices?* Give every matrix the value $I$ and look at the weights. Two things are visible at a glance; guess them.

# %% id="projections-figure" tags=["look"]
names = (
    ["我", "喜欢", "这", "部", "电影", "因为", "它", "好看"]
    if figures.has_chinese()
    else ["I", "like", "this", "film", "because", "it", "is", "good"]
)
d = 32
x = normal(8, d, seed=2)
eye = torch.eye(d, dtype=torch.float64)
own = [normal(d, d, seed=s) / math.sqrt(d) for s in (11, 12, 13)]
stretch = math.sqrt(d)
bare, projected = (self_attention(x, *w)[1] for w in ([eye] * 3, own))
logits = {name: (x @ w[0].T) @ (x @ w[1].T).T / stretch for name, w in (("bare", [eye] * 3), ("projected", own))}

fig, axes = plt.subplots(1, 3, figsize=(12.6, 3.9), width_ratios=[1, 1, 1.05])
for ax, name, weights in ((axes[0], "Without matrices", bare), (axes[1], "With random matrices", projected)):
    figures.heatmap(ax, weights, rows=names, columns=names, label="weight", vmin=0, vmax=1)
    ax.set(title=f"{name}\n{weights.diagonal().mean():.2f} of this sentence's weight stays at home", xlabel="looked at")
axes[0].set_ylabel("looking")
sizes = [2, 4, 8, 16, 32, 64, 128]
for name, marker in (("no matrices", "o"), ("own random matrices", "s")):
    home = []
    for d in sizes:
        tokens = normal(200, 8, d, seed=d)
        w = (
            [torch.eye(d, dtype=torch.float64)] * 3
            if name == "no matrices"
            else [normal(d, d, seed=s) / math.sqrt(d) for s in (1, 2, 3)]
        )
        home.append(self_attention(tokens, *w)[1].diagonal(dim1=-2, dim2=-1).mean().item())
    axes[2].plot(sizes, home, marker=marker, label=name)
axes[2].axhline(1 / 8, color="0.5", linestyle=":", label="uniform: 1/8")
axes[2].set(
    xlabel="size of a token's vector",
    ylabel="weight on itself",
    title="Bare attention\ntends to the identity",
    xscale="log",
    ylim=(0, 1.05),
)
axes[2].set_xticks(sizes, [str(n) for n in sizes])
axes[2].minorticks_off()
axes[2].legend(loc="center right", bbox_to_anchor=(1.0, 0.4))
for name, s in logits.items():
    print(f"{name:<10} largest |score(i, j) - score(j, i)|: {(s - s.T).abs().max():.1e}")

# %% [markdown] id="projections-answer"
# Without matrices the scores are $XX^\top$. Hence
#
# - **symmetry** 对称: $s_{ij}=s_{ji}$ to the last bit. "it" attends to "film" exactly as strongly, before the softmax, as "film" to "it". No *directed* relation (verb → object, pronoun → noun) can be said. With $W_Q\ne W_K$ the form $x_i^\top W_Q^\top W_K\,x_j$ can be anything of rank $d_k$.
# - **the diagonal**: $s_{ii}=\lVert x_i\rVert^2\approx d$ where the others are about $\pm\sqrt d$. Nearly all weight stays at home and the layer does almost nothing: the curve climbs to 1.
# - **nothing to learn**: the layer has no parameters. Whatever the embedding says about similarity is what it will do.
#
# A layer with a symmetric score is not useless (Reformer, Kitaev et al. 2020, shares Q and K, but must forbid a token to attend to itself unless there is nothing else). How much each liberty is worth, section 6 measures on a task.

# %% [markdown] id="equivariance-look"
# ### Look: a sentence without order
#
# Self-attention has no place in it where the *position* enters. Shuffle the words: what happens to the output? And with a causal mask?

# %% id="equivariance-figure" tags=["look"]
words = ["狗", "咬", "人"] if figures.has_chinese() else ["dog", "bites", "man"]
d = 16
vectors = normal(3, d, seed=3)
w = [normal(d, d, seed=s) / math.sqrt(d) for s in (4, 5, 6)]
position = normal(3, d, seed=7)
reverse = [2, 1, 0]


def change(mask=None, positions=0.0):
    """How far each word's output moves when the sentence is said backwards, as a share of its size."""
    forward = self_attention(vectors + positions, *w, mask)[0]
    backward = self_attention(vectors[reverse] + positions, *w, mask)[0][reverse]
    return ((forward - backward).norm(dim=-1) / forward.norm(dim=-1)).numpy()


moved = {
    "nothing added": change(),
    "causal mask": change(causal_mask(3)),
    "positions added": change(positions=position),
}
fig, ax = plt.subplots(figsize=(7.2, 3.4))
for i, (name, values) in enumerate(moved.items()):
    bars = ax.bar(
        np.arange(3) + 0.27 * (i - 1),
        values,
        width=0.25,
        label=name,
        color=figures.COLOURS[[0, 1, 3][i]],
        hatch=["", "//", ".."][i],
        edgecolor="white",
    )
    ax.bar_label(bars, [f"{v:.2f}" if v > 1e-6 else "0" for v in values], fontsize=9)
ax.set(
    xticks=range(3),
    xticklabels=words,
    ylabel="change of the output\n(share of its norm)",
    title=f"Said backwards, plain self-attention gives each word the same vector\n(largest change {moved['nothing added'].max():.0e})",
)
ax.margins(y=0.3)
_ = ax.legend(loc="upper center", ncols=3)

# %% [markdown] id="equivariance-answer"
# For every permutation $P$, $\mathrm{SA}(PX)=P\,\mathrm{SA}(X)$: self-attention is **permutation equivariant** 置换等变. "Dog bites man" and "man bites dog" give each word the same vector; the layer sees a *bag* of words. So positions must be added (the transformer notebook does), or a mask must break the symmetry:
# the causal mask does, since "how many may I see" differs from place to place. (With this mask the middle word moves as well: backwards it has another past.) That is why left-to-right models learn something of order even without position vectors (Haviv et al. 2022), while a bidirectional one such as BERT cannot.

# %% [markdown] id="diagonal-look"
# ### Look: may a word be hidden from itself by masking the diagonal?
#
# The notes' sixth question: to predict each word from both sides, why not simply forbid every token to look at *itself*? Let the derivative answer: does output $i$ still depend on input $i$?

# %% id="diagonal-leak" tags=["look"]
d, t = 8, 5
w = [normal(d, d, seed=s) / math.sqrt(d) for s in (71, 72, 73)]
not_self = ~torch.eye(t, dtype=torch.bool)
position = normal(t, d, seed=74)


def one_layer(x):
    return self_attention(x, *w, not_self)[0]


def position_asks(x):
    """The query is the position alone: the word itself can no longer leak through it."""
    return attention(position @ w[0].T, x @ w[1].T, x @ w[2].T, not_self)[0]


def two_layers(x):
    return attention(position @ w[0].T, position_asks(x) @ w[1].T, position_asks(x) @ w[2].T, not_self)[0]


fig, axes = plt.subplots(1, 3, figsize=(12, 3.7))
for ax, (name, layer) in zip(
    axes,
    {
        "one layer": one_layer,
        "one layer, query from the position only": position_asks,
        "the same, two layers": two_layers,
    }.items(),
    strict=True,
):
    jacobian = torch.autograd.functional.jacobian(layer, normal(t, d, seed=75))
    size = jacobian.permute(0, 2, 1, 3).flatten(2).norm(dim=-1)
    figures.heatmap(ax, size, label="|∂output / ∂input|", write=".2f", vmin=0)
    ax.set(title=f"{name}\nthe diagonal: {size.diagonal().mean():.2f}", xlabel="input token", ylabel="output token")
fig.suptitle("A masked diagonal hides a word from itself only in the middle case", x=0.01, ha="left", fontsize=12)

# %% [markdown] id="diagonal-answer"
# It leaks twice. In one layer the word's own **query** decides where to look, so its output depends on it although its value is shut out (and a residual connection would hand it over directly). Repair that, by asking with the position alone, and the diagonal is zero: in *one* layer. In the second layer the word comes back through its neighbours, who have read it in the first.
# That is why BERT removes the word from the *input* ([MASK]), and why XLNet needs two streams, one that has seen the word and one that has not.

# %% [markdown] id="multi-head-idea"
# ## 6. Many heads
#
# One head makes one weighted mean per token. **Multi-head attention** 多头注意力 makes $h$ of them, in $h$ small subspaces of size $d_k=d_{\text{model}}/h$, and mixes the results:
#
# $$\mathrm{MultiHead}=\mathrm{Concat}(\mathrm{head}_1,\dots,\mathrm{head}_h)\,W_O,\qquad \mathrm{head}_i=\mathrm{Attention}(QW_i^Q,KW_i^K,VW_i^V)\qquad\text{(Vaswani et al. 2017, section 3.2.2)}$$
#
# Nobody loops over heads. One big product makes all of $Q$, its $d_{\text{model}}$ columns are cut into $h$ consecutive blocks of $d_k$, and the heads become one more batch axis. The tensor is (B, T, h·d_k); a head must come out as (B, h, T, d_k). The order of these axes is where most home-made implementations go wrong, **silently**: the shape can be right and the numbers mixed between tokens.
#
# torch stacks the three input matrices into one, `in_proj_weight` of shape $(3d_{\text{model}},d_{\text{model}})$, in the order Q, K, V. Queries may come from one sequence and keys and values from another (**cross-attention** 交叉注意力: decoder asks, encoder answers), so the function takes `query` and `memory`; self-attention is the case where they are the same.

# %% [markdown] id="multi-head-task"
# **Exercise 6** · 6 points · about 25 minutes · 1 to 2, 1 to 2, and 5 to 10 lines
#
# Write `split_heads`, `merge_heads` and `multi_head_attention`.
#
# <details><summary>Hint 1</summary>First cut the last axis in two, (…, T, h, d_k); only then exchange axes. A single reshape to (…, h, T, d_k) has the right shape and the wrong numbers.</details>
# <details><summary>Hint 2</summary><code>x.unflatten(-1, (h, -1))</code> and <code>x.flatten(-2)</code> are reshapes of the last axes that leave leading ones alone.</details>
# <details><summary>Hint 3</summary><code>w_in.chunk(3)</code> gives the Q, K and V matrices; <code>b_in.chunk(3)</code> their biases.</details>
# <details><summary>Hint 4</summary>A mask (B, Tq, Tk) must serve scores (B, h, Tq, Tk): it needs one axis more, and not in front.</details>


# %% nbgrader={"grade_id": "multi-head", "solution": true}
def split_heads(x, h):
    """Cut the last axis into ``h`` heads and move them before the tokens.

    Parameters
    ----------
    x : Tensor, shape (..., T, h * d_k)
        The first ``d_k`` columns belong to head 0, the next ``d_k`` to head 1, and so on.
    h : int
        Number of heads; divides the last axis.

    Returns
    -------
    Tensor, shape (..., h, T, d_k)
    """
    ### BEGIN SOLUTION
    return x.unflatten(-1, (h, -1)).transpose(-3, -2)
    ### END SOLUTION


def merge_heads(x):
    """Undo :func:`split_heads`.

    Parameters
    ----------
    x : Tensor, shape (..., h, T, d_v)

    Returns
    -------
    Tensor, shape (..., T, h * d_v)
    """
    ### BEGIN SOLUTION
    return x.transpose(-3, -2).flatten(-2)
    ### END SOLUTION


def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    """Multi-head attention of the tokens of ``query`` to those of ``memory``.

    Parameters
    ----------
    query : Tensor, shape (B, Tq, d_model), floating
    memory : Tensor, shape (B, Tk, d_model)
        Keys and values are made from it. For self-attention pass ``query`` again.
    w_in : Tensor, shape (3 * d_model, d_model), and b_in : Tensor, shape (3 * d_model,)
        The matrices and biases of Q, K and V, stacked in this order: ``in_proj_weight`` and ``in_proj_bias`` of torch. Stored (out, in).
    w_out : Tensor, shape (d_model, d_model), and b_out : Tensor, shape (d_model,)
        The output projection W_O, stored (out, in), and its bias.
    h : int
        Number of heads; divides ``d_model``.
    mask : Tensor, bool, shape (Tq, Tk), (B, 1, Tk) or (B, Tq, Tk), or None
        True where the query may look at the key; the same for all heads.
    attend : callable
        ``attend(q, k, v, mask)`` on tensors (B, h, T, d_k) gives (output, weights), scaled by the size of one head.

    Returns
    -------
    (output, weights) : Tensors, shapes (B, Tq, d_model) and (B, h, Tq, Tk)
        A query that may look at nothing has weights of zero, and ``b_out`` as its output.

    Source: Vaswani et al. (2017), section 3.2.2.
    """
    ### BEGIN SOLUTION
    w_q, w_k, w_v = w_in.chunk(3)
    b_q, b_k, b_v = b_in.chunk(3)
    q = split_heads(query @ w_q.T + b_q, h)
    k = split_heads(memory @ w_k.T + b_k, h)
    v = split_heads(memory @ w_v.T + b_v, h)
    if mask is not None:
        mask = mask.unsqueeze(-3)
    output, weights = attend(q, k, v, mask)
    return merge_heads(output) @ w_out.T + b_out, weights
    ### END SOLUTION


# %% nbgrader={"grade_id": "multi-head-axes", "grade": true, "points": 2}
# One sentence of three tokens, d_model = 4, two heads: head 0 owns the first two columns of every token.
x = torch.tensor([[[11.0, 12.0, 13.0, 14.0], [21.0, 22.0, 23.0, 24.0], [31.0, 32.0, 33.0, 34.0]]])
heads = torch.tensor([[[[11.0, 12.0], [21.0, 22.0], [31.0, 32.0]], [[13.0, 14.0], [23.0, 24.0], [33.0, 34.0]]]])
assert_close(
    split_heads(x, 2),
    heads,
    label="split_heads(x, 2)",
    known={
        "one reshape to (B, h, T, d_k) mixes tokens: cut the last axis first, then exchange axes": x.reshape(
            1, 2, 3, 2
        ),
        "the heads are interleaved: head 0 owns the first d_k columns, not every h-th one": x.reshape(
            1, 3, 2, 2
        ).permute(0, 3, 1, 2),
        "the axes are not exchanged yet: the heads come before the tokens": x.reshape(1, 3, 2, 2),
    },
)
assert_close(
    merge_heads(heads),
    x,
    label="merge_heads(heads)",
    known={
        "one reshape glues tokens of one head together: exchange the axes first": heads.reshape(1, 3, 4),
        "the columns are interleaved: those of head 0 come first": heads.permute(0, 2, 3, 1).reshape(1, 3, 4),
    },
)
x = normal(2, 5, 12, seed=41)
for b, head, t in np.ndindex(2, 3, 5):
    assert_close(
        split_heads(x, 3)[b, head, t], x[b, t, 4 * head : 4 * head + 4], label=f"split_heads(x, 3)[{b}, {head}, {t}]"
    )
x = normal(2, 3, 5, 4, seed=42)
for b, head, t in np.ndindex(2, 3, 5):
    assert_close(
        merge_heads(x)[b, t, 4 * head : 4 * head + 4], x[b, head, t], label=f"the columns of head {head} in merge_heads"
    )
alone, pairs = normal(5, 12, seed=43), normal(2, 2, 5, 12, seed=44)
assert_close(split_heads(alone, 3)[1], alone[:, 4:8], label="head 1 of split_heads without a batch")
assert_close(split_heads(pairs, 3)[1, 0, 2], pairs[1, 0, :, 8:], label="head 2 of split_heads with two leading axes")
assert_close(merge_heads(x[0])[:, 4:8], x[0, 1], label="the columns of head 1 in merge_heads without a batch")
assert_close(
    merge_heads(x[None])[0, 1, :, 4:8], x[1, 1], label="the columns of head 1 in merge_heads with two leading axes"
)

# %% nbgrader={"grade_id": "multi-head-examples", "grade": true, "points": 1}
# The judge is torch.nn.MultiheadAttention with the same weights. Its masks say True for "shut out", hence the ~.
query, memory = normal(2, 4, 6, seed=51), normal(2, 5, 6, seed=52)
loaded = [normal(18, 6, seed=53) / 2, normal(18, seed=54), normal(6, 6, seed=55) / 2, normal(6, seed=56)]
module = library_module(*loaded, 3)
w_in, b_in, w_out, b_out = loaded


def module_with(w_in=w_in, b_in=b_in, w_out=w_out, b_out=b_out, memory=memory, **options):
    with torch.no_grad():
        answer = library_module(w_in, b_in, w_out, b_out, 3)(
            query, memory, memory, average_attn_weights=False, **options
        )
    return list(answer)


plain = module_with()
assert_close(
    list(multi_head_attention(query, memory, *loaded, 3, attend=library_attention)),
    plain,
    rtol=1e-6,
    label="multi_head_attention: [output, weights]",
    known={
        "the input biases are missing": lambda: module_with(b_in=0 * b_in),
        "the output bias is missing": lambda: module_with(b_out=0 * b_out),
        "the output projection is missing": lambda: module_with(
            w_out=torch.eye(6, dtype=torch.float64), b_out=0 * b_out
        ),
        "w_out is stored (out, in): project with x @ w_out.T": lambda: module_with(w_out=w_out.T),
        "the order in w_in is Q, K, V": lambda: module_with(
            w_in=torch.cat([w_in[6:12], w_in[:6], w_in[12:]]), b_in=torch.cat([b_in[6:12], b_in[:6], b_in[12:]])
        ),
        "the weights are averaged over the heads: return them for each": [plain[0], plain[1].mean(1)],
        "keys and values come from memory, only queries from query": lambda: module_with(memory=query),
    },
)
may = torch.tensor([[1, 1, 0, 1, 0], [0, 1, 1, 0, 1], [1, 0, 0, 0, 1], [0, 0, 1, 1, 1]]).bool()
assert_close(
    list(multi_head_attention(query, memory, *loaded, 3, may, library_attention)),
    module_with(attn_mask=~may),
    rtol=1e-6,
    atol=1e-12,
    label="multi_head_attention with a mask (Tq, Tk)",
    known={
        "the mask is upside down: here True means 'may look'": lambda: module_with(attn_mask=may),
        "the mask is not passed on": plain,
    },
)
real = torch.tensor([[True, True, True, False, False], [True, True, True, True, False]])
try:
    padded = multi_head_attention(query, memory, *loaded, 3, real[:, None], library_attention)
except RuntimeError as error:
    raise AssertionError(
        f"a padding mask (B, 1, Tk) does not fit the scores (B, h, Tq, Tk): give it an axis for the heads, mask.unsqueeze(-3). torch says: {error}"
    ) from None
assert_close(
    list(padded),
    module_with(key_padding_mask=~real),
    rtol=1e-6,
    atol=1e-12,
    label="multi_head_attention with a padding mask (B, 1, Tk)",
)

# %% nbgrader={"grade_id": "multi-head-behaviour", "grade": true, "points": 3}
# Judged here: equal to nn.MultiheadAttention in outputs, weights and all gradients, with and without masks; and rows that may look at nothing.
### BEGIN HIDDEN TESTS
query, memory = normal(3, 5, 8, seed=61), normal(3, 7, 8, seed=62)
loaded = [normal(24, 8, seed=63) / 2, normal(24, seed=64), normal(8, 8, seed=65) / 2, normal(8, seed=66)]
module = library_module(*loaded, 4)
slope, weight_slope = normal(3, 5, 8, seed=67), normal(3, 4, 5, 7, seed=68)
pairwise = normal(3, 5, 7, seed=69) > -0.4
pairwise[..., 2] = True
keys = torch.arange(7) < torch.tensor([7, 3, 5])[:, None, None]
cases = {
    "no mask": (None, {}),
    "a mask (Tq, Tk)": (pairwise[0], {"attn_mask": ~pairwise[0]}),
    "a padding mask (B, 1, Tk)": (keys, {"key_padding_mask": ~keys[:, 0]}),
    "a mask (B, Tq, Tk)": (pairwise, {"attn_mask": ~pairwise.repeat_interleave(4, 0)}),
}
names = ("query", "memory", "w_in", "b_in", "w_out", "b_out")
for name, (mask, options) in cases.items():
    mine, other = ([x.clone().requires_grad_() for x in (query, memory, *loaded)] for _ in range(2))
    output, weights = multi_head_attention(*mine, 4, mask, library_attention)
    expected = module(other[0], other[1], other[1], average_attn_weights=False, **options)
    assert_close([output, weights], list(expected), rtol=1e-6, atol=1e-10, label=f"[output, weights] with {name}")
    given = torch.autograd.grad((output * slope).sum() + (weights * weight_slope).sum(), mine)
    wanted = torch.autograd.grad(
        (expected[0] * slope).sum() + (expected[1] * weight_slope).sum(), [*other[:2], *module.parameters()]
    )
    for letter, one, two in zip(names, given, wanted, strict=True):
        assert_close(one, two, rtol=1e-6, atol=1e-9, label=f"the gradient with respect to {letter}, with {name}")

# Rows that may look at nothing: the module gives NaN, scaled_dot_product_attention zeros, and so must this.
empty = pairwise.clone()
empty[0, 1], empty[2] = False, False
mine, other = ([x.clone().requires_grad_() for x in (query, memory, *loaded)] for _ in range(2))
output, weights = multi_head_attention(*mine, 4, empty, library_attention)
q, k, v = (
    F.linear(source, w, b).reshape(3, -1, 4, 2).transpose(1, 2)
    for source, w, b in zip((other[0], other[1], other[1]), other[2].chunk(3), other[3].chunk(3), strict=True)
)
inner = F.scaled_dot_product_attention(q, k, v, attn_mask=empty[:, None])
expected = F.linear(inner.transpose(1, 2).reshape(3, 5, 8), other[4], other[5])
assert_close(output, expected, rtol=1e-6, atol=1e-10, label="the output where some rows may look at nothing")
assert_close(
    weights[2], torch.zeros(4, 5, 7, dtype=torch.float64), label="the weights of rows that may look at nothing"
)
given = torch.autograd.grad((output * slope).sum(), mine)
wanted = torch.autograd.grad((expected * slope).sum(), other)
for letter, one, two in zip(names, given, wanted, strict=True):
    assert_close(one, two, rtol=1e-6, atol=1e-9, label=f"the gradient with respect to {letter}, with empty rows")
### END HIDDEN TESTS

# %% [markdown] id="ring-look"
# ### Look: what a head reads, and why two
#
# A task on which a head's map can be *checked*. Ten letters A to J stand on a ring (after J comes A). A sentence holds each letter once, in random order, each with a random digit: `F3 A7 J0 …`. Every token must name the digit that stands with **the next letter** on the ring: token A must find B, wherever it is, and copy its digit.
# In the second half it must also name the digit of **the previous letter**. The token vectors are random and *fixed*: all that is learnt is the attention layer and a linear read-out, so the credit is the layer's. Scores are on sentences that training has not seen (a fresh seed; there are $10!\cdot10^{10}$ of them).
#
# Guess first: which of these can name the next letter's digit: a full head; one with $W_K=W_V$; one with $W_Q=W_K$; one with no matrices at all? And can a single head do *next and previous*?

# %% id="ring-train" tags=["look"]
LETTERS, D_MODEL = 10, 32


def train_ring(kind, h=1, both=False, steps=240, seed=0):
    """Train a layer on the ring; give its held-out accuracy for next and previous, and a function that shows its weights."""
    generator = torch.Generator().manual_seed(seed)
    letter, digit = (torch.randn(10, D_MODEL, generator=generator) for _ in range(2))
    new = lambda rows: (torch.randn(rows, D_MODEL, generator=generator) / math.sqrt(D_MODEL)).requires_grad_()
    w_q, w_k, w_v, w_out, readout = (new(rows) for rows in (D_MODEL, D_MODEL, D_MODEL, D_MODEL, 20 if both else 10))
    eye = torch.eye(D_MODEL)

    def layer(order, digits):
        x = letter[order] + digit[digits]
        three = {"full": (w_q, w_k, w_v), "K = V": (w_q, w_k, w_k), "Q = K": (w_q, w_q, w_v), "none": (eye, eye, eye)}[
            kind
        ]
        output, weights = multi_head_attention(
            x, x, torch.cat(three), torch.zeros(3 * D_MODEL), w_out, torch.zeros(D_MODEL), h
        )
        return output @ readout.T, weights

    learnt = [w_out, readout] if kind == "none" else [w_q, w_k, w_v, w_out, readout]
    adam = torch.optim.Adam(learnt, lr=0.01)
    for _ in range(steps):
        order, digits, *answers = ring_batch(32, LETTERS, generator)
        logits, _ = layer(order, digits)
        loss = sum(
            F.cross_entropy(part.flatten(0, 1), answer.flatten())
            for part, answer in zip(logits.split(10, -1), answers, strict=False)
        )
        adam.zero_grad()
        loss.backward()
        adam.step()
    with torch.no_grad():
        order, digits, *answers = ring_batch(500, LETTERS, torch.Generator().manual_seed(10_000 + seed))
        logits, _ = layer(order, digits)
        right = [
            (part.argmax(-1) == answer).float().mean().item()
            for part, answer in zip(logits.split(10, -1), answers, strict=False)
        ]
    return right, layer


kinds = ["full", "K = V", "Q = K", "none"]
one_relation = {kind: [train_ring(kind, seed=seed)[0][0] for seed in range(3)] for kind in kinds}
two_relations = {h: [train_ring("full", h=h, both=True, seed=seed) for seed in range(3)] for h in (1, 2)}

print("held-out accuracy over three seeds (chance 0.10)")
for kind, values in one_relation.items():
    print(f"  next letter, one head, {kind:<6}   " + "  ".join(f"{v:.2f}" for v in values))
for h, runs in two_relations.items():
    print(
        f"  next and previous, {h} head{'s' if h > 1 else ' '}       "
        + "  ".join(f"{a:.2f} & {b:.2f}" for (a, b), _ in runs)
    )

# %% id="ring-figure" tags=["look"]
fig, axes = plt.subplots(1, 2, figsize=(11, 3.9), width_ratios=[1, 1.15])
for i, kind in enumerate(kinds):
    axes[0].bar(i, np.mean(one_relation[kind]), color="0.75", width=0.6)
    axes[0].plot([i] * 3, one_relation[kind], linestyle="none", marker="o", color="black")
axes[0].set(
    xticks=range(4),
    xticklabels=["full", "$W_K=W_V$", "$W_Q=W_K$", "no matrices"],
    ylabel="held-out accuracy",
    ylim=(0, 1.05),
    title="Next letter, one head",
)
for i, runs in enumerate(two_relations.values()):
    for j in range(2):
        place = i + 0.34 * (j - 0.5)
        values = [sorted(right, reverse=True)[j] for right, _ in runs]
        name = ["the relation it does better", "the other one"][j]
        axes[1].bar(place, np.mean(values), width=0.3, color=["0.75", "0.5"][j], label=name if i == 0 else None)
        axes[1].plot(
            [place] * 3, values, linestyle="none", marker="o", color="black", label="each seed" if i == j == 1 else None
        )
axes[1].set(
    xticks=range(2),
    xticklabels=["1 head of size 32", "2 heads of size 16"],
    ylim=(0, 1.05),
    title="Next and previous letter at once",
)
axes[1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3)
for ax in axes:
    ax.axhline(0.1, color="0.4", linestyle=":", linewidth=1.2)
    ax.text(0.5, 0.115, "chance", transform=ax.get_yaxis_transform(), ha="center", fontsize=9, color="0.3")
    ax.grid(visible=False, axis="x")

# %% id="ring-map" tags=["look"]
order, digits, *_ = ring_batch(1, LETTERS, torch.Generator().manual_seed(77))
with torch.no_grad():
    two = two_relations[2][0][1](order, digits)[1][0]
    single = two_relations[1][0][1](order, digits)[1][0]
token = ["ABCDEFGHIJ"[i] + str(d) for i, d in zip(order[0].tolist(), digits[0].tolist(), strict=True)]
sort = order[0].argsort()
maps = {"one head": single[0], "two heads: the first": two[0], "two heads: the second": two[1]}
offset = (sort[:, None] * 0 + torch.arange(10)[None, :] - torch.arange(10)[:, None]) % 10
fig, axes = plt.subplots(1, 3, figsize=(12.6, 4.3))
for ax, (name, weights) in zip(axes, maps.items(), strict=True):
    arranged = weights[sort][:, sort]
    sorted_tokens = [token[i] for i in sort]
    figures.heatmap(ax, arranged, rows=sorted_tokens, columns=sorted_tokens, label="weight", vmin=0, vmax=1)
    share = [arranged[offset == step].sum().item() / 10 for step in (1, 9)]
    ax.set(
        title=f"{name}\nnext {share[0]:.2f}, previous {share[1]:.2f} of the weight",
        xlabel="looked at",
        ylabel="looking",
    )
print("the sentence as the model reads it: " + " ".join(token) + "   (the maps show it sorted by letter)")

# %% [markdown] id="ring-answer"
# The map of a trained layer, on a held-out sentence, in the order of the ring (equivariance allows us to sort): one head looks one step ahead, the other one step back, wherever the letters stood in the sentence. Nobody told them to share the work.
#
# - **A single head cannot do both**: it has one distribution per token. It looks at both neighbours, a little more at one of them, and receives the weighted *sum* of their values; a sum hardly says which digit was whose. The linear read-out can pick the louder of the two (about nine times in ten) but hardly the softer one (about one time in five; chance is one in ten). Which relation is served depends on the seed. Two heads of half the size, with the same number of parameters, solve both. This is the case for several heads: not more capacity but *more than one mean at a time*.
# - **$W_Q=W_K$ fails in an instructive way**: the score becomes symmetric, so "A finds B" means "B finds A", and around a ring no symmetric score can prefer the next letter everywhere. Nor can a token easily look away from itself: $s_{ij}\le(s_{ii}+s_{jj})/2$ for every pair. Accuracy sticks near 0.6, well above chance because some of the letters can be served.
# - **$W_K=W_V$ is harmless here**: what a token is found by and what it hands over can share a matrix, as long as $W_Q$ is free to ask the right question and there is room for both in $d_k$.
# - **No matrices**: chance. The tokens look at themselves.
#
# One caution. Here the map can be trusted because the task has a known answer and the value path is linear. In a deep model a large weight is not proof that the token mattered (Jain and Wallace 2019; Wiegreffe and Pinter 2019 on when it may be); a map is a hypothesis, and changing the input is the test.

# %% [markdown] id="cost-idea"
# ## 7. What it costs
#
# Count a multiplication and an addition as two floating-point operations (FLOPs): an $(m\times n)(n\times p)$ product takes $2mnp$. A multi-head layer has three kinds of work:
#
# | part | size of the work |
# | --- | --- |
# | projections: Q and O (from $T_q$ tokens), K and V (from $T_k$) | four products with a $d_{\text{model}}\times d_{\text{model}}$ matrix |
# | the two products $QK^\top$ and $\alpha V$, for $h$ heads of size $d_k=d_{\text{model}}/h$ | does $h$ matter? |
# | the softmax (and scale, mask, dropout) over the scores | $B\,h\,T_q\,T_k$ entries, each read, exponentiated, written |
#
# (Vaswani et al. 2017, table 1, give the order $O(T^2d)$ for the second.) "Does multi-head attention raise the time complexity?" The expected answer is *no, because $h\cdot d_k=d_{\text{model}}$*. It is right about the products. Look at the third row before you agree about the rest.

# %% [markdown] id="cost-task"
# **Exercise 7** · 2 points · about 8 minutes · 4 to 8 lines
#
# Write `attention_cost`.
#
# <details><summary>Hint 1</summary>One projection of n tokens: a product (n × d_model)(d_model × d_model). How many tokens does each of Q, K, V and O take?</details>
# <details><summary>Hint 2</summary>QKᵀ of one head: (Tq × d_k)(d_k × Tk). There are B·h of them, and as many of αV.</details>


# %% nbgrader={"grade_id": "cost", "solution": true}
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    """Count the work of one multi-head attention layer, forward pass. Biases, scale and mask are not counted.

    Parameters
    ----------
    b, t_q, t_k, d_model, h : int
        Batch, queries, keys, model size, heads (``h`` divides ``d_model``; d_k = d_v = d_model / h).
    item_bytes : int
        Bytes of one number: 4 for float32.

    Returns
    -------
    dict of str to int
        ``projections``: FLOPs of the projections Q, K, V and O; a multiplication and an addition are 2 FLOPs.
        ``products``: FLOPs of Q Kᵀ and of weights times V, all heads together.
        ``softmax``: how many weights the softmax must compute.
        ``weight_bytes``: bytes that these weights take.

    Source: Vaswani et al. (2017), table 1 and section 3.2.2, counted in full.
    """
    ### BEGIN SOLUTION
    weights = b * h * t_q * t_k
    return {
        "projections": 4 * b * (t_q + t_k) * d_model**2,
        "products": 4 * b * t_q * t_k * d_model,
        "softmax": weights,
        "weight_bytes": weights * item_bytes,
    }
    ### END SOLUTION


# %% nbgrader={"grade_id": "cost-examples", "grade": true, "points": 1}
# One sentence, 2 queries, 3 keys, d_model 10, 5 heads (so d_k = 2).
cost = attention_cost(1, 2, 3, 10, 5)
small = {"projections": 2000, "products": 240, "softmax": 30, "weight_bytes": 120}
for name, meaning, known in (
    (
        "projections",
        "Q and O take 2 tokens, K and V take 3: (2 + 3 + 3 + 2) * 2 * 10 * 10",
        {
            "a multiplication and an addition are 2 FLOPs": 1000,
            "the output projection is missing": 1600,
            "each head projects to d_k only: h * d_k = d_model in all": 400,
        },
    ),
    (
        "products",
        "for each of 5 heads 2 * (2 * 3 * 2) for Q Kᵀ, and as much for weights times V",
        {
            "only one of the two products": 120,
            "a multiplication and an addition are 2 FLOPs": 60,
            "each head works on d_k = d_model / h columns, not on d_model": 1200,
            "all heads count, not one": 48,
        },
    ),
    ("softmax", "each of 5 heads has 2 * 3 weights", {"every head has weights of its own": 6}),
    (
        "weight_bytes",
        "30 numbers of 4 bytes",
        {"every head has weights of its own": 24, "that is the number of weights: 4 bytes each": 30},
    ),
):
    assert_close(cost[name], small[name], label=f"{name} ({meaning})", known=known)
assert_close(attention_cost(3, 2, 3, 10, 5, 2)["weight_bytes"], 180, label="weight_bytes of a batch of 3 in float16")
assert_close(
    attention_cost(3, 2, 3, 10, 5)["projections"],
    6000,
    label="projections for a batch of 3",
    known={"the batch is missing": 2000},
)
assert_close(
    attention_cost(3, 2, 3, 10, 5)["products"],
    720,
    label="products for a batch of 3",
    known={"the batch is missing": 240},
)

# %% nbgrader={"grade_id": "cost-behaviour", "grade": true, "points": 1}
# Judged here: other sizes. torch's own counter says the same; it watches your products in the figure below.
### BEGIN HIDDEN TESTS
for sizes, *counted in (
    ((2, 3, 7, 12, 4, 4), 11520, 2016, 168, 672),
    ((3, 5, 2, 6, 1, 8), 3024, 720, 30, 240),
    ((1, 4, 4, 8, 8, 2), 2048, 512, 128, 256),
):
    expected = dict(zip(("projections", "products", "softmax", "weight_bytes"), counted, strict=True))
    assert_close(attention_cost(*sizes), expected, label=f"attention_cost{sizes}")
### END HIDDEN TESTS

# %% [markdown] id="cost-look"
# ### Look: the bill, by length and by heads
#
# Three instruments: torch's FLOP counter, which watches your matrix products; a hook that adds up what autograd keeps for the backward pass; and a clock (this thread's own CPU time, so that a busy machine disturbs less), with the softmax timed apart from the two products. Guess: from 1 head to 32, with 256 tokens, what happens to each?

# %% id="cost-figure" tags=["look"]
d_model = 512
spent = [0.0]


def timed_softmax(scores, mask=None):
    begin = time.thread_time()
    weights = masked_softmax(scores, mask)
    spent[0] += time.thread_time() - begin
    return weights


def measure(t, h, repeats=9):
    """FLOPs of the two products, bytes kept for the backward pass, milliseconds of products and of softmax."""
    q, k, v = (normal(1, h, t, d_model // h, seed=s, dtype=torch.float32) for s in (1, 2, 3))
    with FlopCounterMode(display=False) as counter:
        attention(q, k, v)
    kept = {}
    with torch.autograd.graph.saved_tensors_hooks(
        lambda x: kept.update({x.untyped_storage().data_ptr(): x.untyped_storage().nbytes()}) or x, lambda x: x
    ):
        held = attention(*(x.clone().requires_grad_() for x in (q, k, v)))
    del held
    runs = []
    for _ in range(repeats):
        spent[0], begin = 0.0, time.thread_time()
        attention(q, k, v, None, timed_softmax)
        runs.append((1000 * (time.thread_time() - begin - spent[0]), 1000 * spent[0]))
    return counter.get_total_flops(), sum(kept.values()), *np.min(runs, axis=0)


lengths, heads = [64, 128, 256, 512, 1024], [1, 2, 4, 8, 16, 32]
measure(256, 8)
by_length = np.array([measure(t, 4) for t in lengths])
by_heads = np.array([measure(256, h) for h in heads])

print(f"{'T':>5}{'h':>4}{'MFLOPs':>10}{'kept, MB':>10}{'of it weights':>15}{'products, ms':>14}{'softmax, ms':>13}")
for (t, h), row in zip([(t, 4) for t in lengths] + [(256, h) for h in heads], [*by_length, *by_heads], strict=True):
    print(
        f"{t:>5}{h:>4}{row[0] / 1e6:>10.0f}{row[1] / 1e6:>10.1f}{attention_cost(1, t, t, d_model, h)['weight_bytes'] / 1e6:>15.1f}{row[2]:>14.2f}{row[3]:>13.2f}"
    )

fig, axes = plt.subplots(1, 3, figsize=(12.6, 4.0))
axes[0].plot(lengths, by_length[:, 2], marker="o", label="the two products")
axes[0].plot(lengths, by_length[:, 3], marker="s", label="softmax")
axes[0].plot(
    lengths, by_length[-1, 2] * (np.array(lengths) / lengths[-1]) ** 2, color="0.7", linestyle=":", label="slope $T^2$"
)
axes[0].set(
    xscale="log", yscale="log", xlabel="tokens $T$ (4 heads)", ylabel="time (ms, one thread)", title="Time by length"
)
axes[1].plot(heads, by_heads[:, 2], marker="o", label="the two products")
axes[1].plot(heads, by_heads[:, 3], marker="s", label="softmax")
axes[1].set(
    xscale="log", xlabel="heads $h$ ($T=256$)", ylabel="time (ms, one thread)", title="Time by heads", ylim=(0, None)
)
axes[2].plot(heads, by_heads[:, 0] / by_heads[0, 0], marker="o", label="FLOPs of the products")
axes[2].plot(heads, by_heads[:, 1] / by_heads[0, 1], marker="s", label="bytes kept for backward")
axes[2].plot(
    heads,
    [attention_cost(1, 256, 256, d_model, h)["softmax"] / 256**2 for h in heads],
    marker="D",
    label="weights in the softmax",
)
axes[2].set(
    xscale="log",
    yscale="log",
    xlabel="heads $h$ ($T=256$)",
    ylabel="relative to one head",
    title="Counts by heads: FLOPs flat, weights ∝ h",
)
for ax, ticks in zip(axes, (lengths, heads, heads), strict=True):
    ax.set_xticks(ticks, [str(t) for t in ticks])
    ax.minorticks_off()
    ax.legend()

# %% [markdown] id="cost-answer"
# - **By length** products, softmax and the table of weights all grow with $T^2$ (on the clock a little faster where the table outgrows the processor's cache). The projections (not drawn) grow with $T$, and the two products overtake them at $4T^2d=8Td^2$, that is at $T=2d_{\text{model}}$: 1536 tokens for BERT-base, which is why at 512 tokens most of its attention FLOPs are still projections.
# - **By heads** the FLOPs of the products are *exactly* flat, as the textbook says. But the softmax computes $h\,T^2$ weights, and from 1 to 32 heads its time grew 25- to 30-fold here: from a few hundredths of the products' time to more than a third of it. The bytes that autograd keeps grow by the table of weights, five- to sixfold in all. And the products' own time is not flat, though their FLOPs are: with 32 heads they took two to three times as long, for they must write and read $h\,T^2$ scores too, from thin matrices ($d_k=16$).
# - So the good answer to *"does multi-head raise the complexity?"* is: not the FLOPs of the products, but time and memory of everything that touches the scores. FlashAttention (Dao et al. 2022) takes exactly this part away: it computes the softmax in blocks and never stores the $T\times T$ weights, at the price of computing them again in the backward pass. Your function keeps them because it returns them.

# %% [markdown] id="interview"
# ## Interview questions
#
# The first six are the notes' on self-attention, the next five theirs on the Transformer, then number 15 of their BERT list, and a few that a good interviewer adds.
#
# <details><summary><b>Self-attention 1.</b> self-attention的本质是什么？包括哪几个步骤？和普通Attention的本质差异在哪里？ What is it in essence, in which steps, and how does it differ from ordinary attention?</summary>
#
# In essence: a soft, content-based look-up in which every token of a sequence rewrites itself as a weighted mean of (projected) tokens of the same sequence, with weights computed from the content. Steps: project to Q, K, V; score all pairs $QK^\top$; scale by $1/\sqrt{d_k}$; mask; softmax over keys; weighted sum of V (and, with heads, concatenate and apply $W_O$).
# Ordinary (encoder–decoder) attention has its queries in one sequence and its keys and values in another: a decoder state asks, encoder states answer. In self-attention all three come from the same one. The mechanism is the same function: your `multi_head_attention(query, memory, …)` does both. What changes is the purpose: alignment between sequences there, context within a sequence here, in one step between any two positions, and in parallel over all of them.
# </details>
#
# <details><summary><b>Self-attention 2.</b> 不考虑多头的原因，self-attention中词向量不乘QKV参数矩阵，会有什么问题？ What goes wrong without the Q, K, V matrices?</summary>
#
# Three things (section 5): scores are symmetric, so no directed relation can be expressed; a token's score with itself is $\lVert x\rVert^2\approx d$ against $\pm\sqrt d$ for the others, so the weights tend to the identity and the layer passes its input through; and there is nothing to learn. On the ring task of section 6 such a layer stays at chance, where a full head is right on (nearly) every held-out token.
# A nuance: trained *embeddings* could bend some of this, since similarity is then learnt there; symmetry and the strong diagonal remain.
# </details>
#
# <details><summary><b>Self-attention 3.</b> 在普通attention中，一般有k=v，那self-attention中这样可以吗？ In ordinary attention k = v is usual; may it be so in self-attention?</summary>
#
# Yes, with a loss of freedom. With $W_K=W_V$ (and $W_Q$ free) the ring task of section 6 is solved as well as by a full head: the score stays asymmetric because the query is projected apart. What is lost is that "how I am found" and "what I hand over" must share one $d_k$-dimensional space; with little room or clashing needs that hurts, and separate matrices cost little.
# It is $q=k$ that does damage: symmetry (about 0.6 on the ring) and a mean of $\sqrt{d_k}$ on the diagonal even after scaling (section 1). And $q=k=v=x$ is question 2.
# </details>
#
# <details><summary><b>Self-attention 4.</b> self-attention在计算过程中，如何对padding位做mask？ How are padded positions masked?</summary>
#
# In the scores, on the *key* axis, before the softmax: forbidden scores become $-\infty$ (or the most negative finite number), so that their weights are exactly 0 and the rest still sums to 1 (exercises 2 and 3). Not after the softmax, where the rest would no longer sum to 1, and not by setting scores to 0, where $e^0=1$. The mask is (B, 1, 1, T) and broadcasts over heads and queries. Outputs at padded *queries* are garbage that one leaves out of the loss and of any pooling.
# Care for rows with nothing allowed: $0/0$. Zeros, by construction, and not a NaN replaced afterwards, because where $-\infty$ was added NaN comes back in the gradient (section 3 shows torch's module doing it). And care for $-10^9$: in float16 it overflows, and in an empty row it silently averages the padding.
# </details>
#
# <details><summary><b>Self-attention 5.</b> bert的mask为何不学习transformer在attention处进行屏蔽score的技巧？ Why does BERT put [MASK] into the input and not mask scores, as the Transformer's decoder does?</summary>
#
# Because they hide different things. A score mask hides *token j from token i*; to predict word $j$ from both sides it must be hidden from everyone, in every layer, and also from its own position's query and residual path. If column $j$ is masked, position $j$ still carries the word itself upwards: it predicts what it holds. The experiment on the diagonal (section 5) shows both leaks.
# The causal mask works in a decoder only because the *target* is the next word, which no allowed position contains. With [MASK] in the input the position still says "a word is here", takes part in attention, and one forward pass trains on 15% of the words. The price is a symbol that never occurs in fine-tuning, which is what the 80/10/10 rule softens: the notebook [BERT masking](../bert_masking/bert_masking.ipynb) measures it.
# </details>
#
# <details><summary><b>Self-attention 6.</b> XLNet为什么不直接在attention掩码矩阵中只把当前的单词掩盖来获取上下文信息？直接mask往左上到右下的对角线构建双向语言模型不行吗？ Why not just mask the diagonal?</summary>
#
# Measured in section 5: with the diagonal masked, $\partial\,\text{output}_i/\partial x_i\neq0$ even in one layer, through the query (and the residual). With a query made of the position only, it is zero in one layer and not in two: the neighbours have read the word and tell it back. XLNet therefore trains a *permutation* order, in which a token sees only those before it in the order, so nothing returns; and since the predicting position needs to know *where* but not *what*, it carries two streams: the query stream (position, no content) and the content stream.
# The full story, with the permutation masks, belongs to the notebook to come on XLNet (`xlnet`).
# </details>
#
# <details><summary><b>Transformer 1.</b> Transformer在哪里做了权重共享，为什么可以做权重共享？好处是什么？ Where does the Transformer share weights, why may it, and what is gained?</summary>
#
# Between the source embedding, the target embedding and the matrix before the output softmax (Vaswani et al. 2017, section 3.4, after Press and Wolf 2017); and, more quietly, across positions: one $W_Q$ serves every token. It may share the embeddings where both languages use one BPE vocabulary; input and output matrices both hold one vector per word, and both want similar words near each other. Gain: $V\cdot d$ parameters fewer for each matrix saved, and rare words' output vectors learn from their use as inputs.
# Counted and measured in the notebook to come on the whole model (`transformer`).
# </details>
#
# <details><summary><b>Transformer 2.</b> Transformer的点积模型做缩放的原因是什么？ Why is the dot product scaled?</summary>
#
# For components of mean 0 and variance 1, $q\cdot k$ has variance $d_k$ (section 1 measures it), so scores grow as $\sqrt{d_k}$ and the softmax saturates: with 20 keys and $d_k=512$ the largest weight is about 0.94 raw and 0.2 scaled, and the typical norm of the Jacobian some two hundred times smaller (section 4). Without gradient through the softmax, $W_Q$ and $W_K$ hardly learn. Why the *root*: the standard deviation is what must become 1. It is a matter of the start: section 4's raw head learns too, only later.
# Additive attention needs no such scale: its tanh is bounded, though its score still grows with $\sqrt{d_a}$ through $v$ unless $v$ is initialised for it.
# </details>
#
# <details><summary><b>Transformer 3.</b> Transformer中是怎么做multihead-attention的，这样做multihead-attention会增加它的时间复杂度吗？ How is multi-head attention done, and does it raise the time complexity?</summary>
#
# As in exercise 6: one projection, cut into $h$ blocks of $d_k=d_{\text{model}}/h$, attention in each as a batch axis, concatenation, $W_O$. The FLOPs of the products are the same for every $h$, $4T^2d_{\text{model}}$ per sentence, since $h\cdot d_k=d_{\text{model}}$. But there are $h$ maps of $T\times T$: scores, softmax, dropout and their memory grow with $h\,T^2$. Section 7 measures both. In the order of growth, $O(T^2d)$, nothing changes as long as $h\le d_{\text{model}}$; on the clock it does.
# </details>
#
# <details><summary><b>Transformer 4.</b> 为什么Transformer要做multihead-attention？好处在哪？ Why several heads?</summary>
#
# A head gives each token one distribution, hence one mean. To take different things from two places at once takes two heads: on the ring, one head of size 32 gets one of two relations mostly right and the other mostly wrong, two heads of size 16 both right, at the same number of parameters (section 6). Nor is it free: each head has only $d_k$ dimensions to compare in, so its score matrix has rank at most $d_k$, and too many heads are too thin.
# In Vaswani et al. (table 3, A) one head is 0.9 BLEU worse than the best setting and 32 heads are worse again. And after training many heads can be removed with little loss (Michel et al. 2019): they help to learn more than they are needed afterwards.
# </details>
#
# <details><summary><b>Transformer 5.</b> Transformer的Encoder和Decoder是如何进行交互的？和一般的seq2seq有什么差别？ How do encoder and decoder interact, and how does that differ from plain seq2seq?</summary>
#
# Through cross-attention in every decoder layer: queries from the decoder, keys and values from the encoder's *last* layer. It is your `multi_head_attention(query, memory, …)` with the encoder's output as `memory` and its padding mask. Plain RNN seq2seq hands over one vector, the last state, a bottleneck; seq2seq with Bahdanau's attention looks back at all encoder states, once per step, with an additive score, and computes step after step. The Transformer does it in every layer, with several heads, and in parallel over all target positions in training.
# The whole model is built in the notebook to come (`transformer`); alignment and bottleneck belong to `seq2seq`.
# </details>
#
# <details><summary><b>BERT 15.</b> $\sqrt{d_k}$: 两个假设，N(0,1)，q，k独立（呵呵，q, k, v都来自同一个embedding结果）。 Are the assumptions true?</summary>
#
# What is needed: components of $q$ and $k$ with mean 0 and variance 1, uncorrelated enough that the $d_k$ products have mean 0 and their variances add. Normality is not needed, and the result is only approximately normal (excess kurtosis $6/d_k$). The smile about independence is half deserved: a shared *input* does not break it, because $W_Q$ and $W_K$ are drawn independently (section 1: mean 0, variance about $d_k$ even for a token with itself). Tied *projections* break it: mean $d_k$. And after training nothing is independent: the scale is chosen for the start.
# </details>
#
# <details><summary><b>More 1.</b> Additive or dot product: which is better?</summary>
#
# For small $d_k$ they do alike; for large $d_k$ the *unscaled* dot product does worse (Britz et al. 2017 found the additive one ahead), which is what the scale repairs. The dot product wins on the machine: one matrix product and $T_qT_k$ numbers, where the additive score builds $T_qT_kd_a$ numbers and a tanh of each. The additive one takes queries and keys of different sizes directly; Luong's "general" score $q^\top Wk$ does too.
# </details>
#
# <details><summary><b>More 2.</b> Is multi-head attention linear?</summary>
#
# In the values, yes, for fixed weights: the output is a linear map of V. In the input, no: the weights depend on it through a product of two projections and a softmax. But it mixes tokens only by weighted *means*; the non-linearity that acts on each token's features is the feed-forward layer's. (The notes' BERT question 6; continued in `transformer`.)
# </details>
#
# <details><summary><b>More 3.</b> Your training loss becomes NaN after a data change. Attention is suspected. Where do you look?</summary>
#
# For rows that may look at nothing: an empty example, a padding mask turned upside down (torch's two conventions, section 2), a causal and a padding mask combined with *left* padding (the first queries see only padding), a fill of $-10^9$ in float16. Print `mask.any(-1).all()`. Remember that the NaN may come from a row whose output is never used (section 3).
# </details>
#
# <details><summary><b>More 4.</b> One of the four biases of a multi-head layer has no effect at all. Which?</summary>
#
# That of the keys. It adds $q_i\cdot b_K$ to *every* score of row $i$, and a softmax does not notice what is added to a whole row. Its gradient is zero, so it keeps its first value for ever. (The query's bias does matter: $b_Q\cdot k_j$ differs from key to key.) The bias of the values survives unchanged, since the weights sum to one, and could be folded into the output bias, except in empty rows, where the weights sum to zero.
# </details>
#
# <details><summary><b>More 5.</b> How does generation use the cost model?</summary>
#
# When generating, $T_q=1$ at each step: keys and values of the past are cached, and a step costs $4T_kd$ FLOPs of products but must *read* the whole cache, $2\,T_k\,d_{\text{model}}$ numbers per layer: memory traffic, not arithmetic, is the limit. Hence multi-query attention (Shazeer 2019) and its grouped form, which let several query heads share one K and V.
# </details>

# %% [markdown] id="written-question"
# ## A question to answer in words
#
# **4 points.** A colleague deletes the $1/\sqrt{d_k}$ from a model with $d_{\text{model}}=1024$ and 16 heads. "The network can learn smaller $W_Q$ and $W_K$ by itself, so the scale is superfluous. And if we keep it, it should be $\sqrt{1024}$, since that is the size of our vectors." Judge both sentences. Say what the scores look like at the start, what happens to the gradient and why, what you would expect to see in training, and name one way to keep training sound *without* dividing in the forward pass.

# %% [markdown] nbgrader={"grade_id": "why-scale", "grade": true, "solution": true, "points": 4}
# **At the start.** The size that counts is that of one head: $d_k=1024/16=64$. With components of mean 0 and variance 1 each score is a sum of 64 products, each of mean 0 and variance 1: variance 64, standard deviation 8. Differences of 10 or 20 between scores are then ordinary, and $e^{-10}$ is nothing: the softmax is close to one-hot on an arbitrary key.
#
# **The gradient.** The softmax's Jacobian is $\mathrm{diag}(\alpha)-\alpha\alpha^\top$. At a one-hot $\alpha$ it is zero, so almost nothing passes back to the scores, and so to $W_Q$ and $W_K$; $W_V$ and the rest still learn, on top of an arbitrary choice of key.
#
# **The first sentence** is true of what can be *represented*: $(W_Q/8)$ gives the same function. It is not true of *learning*: the gradient that would have to shrink the weights is the very one that has died. In training one sees a slower start, more so for larger $d_k$; with Adam, which divides by the gradient's size, it is a delay and not a failure, as in the experiment of section 4. So "superfluous" is wrong and "indispensable" would be too strong.
#
# **The second sentence** is wrong: dividing by 32 instead of 8 gives scores of standard deviation 1/4, and weights that are nearly uniform: all tokens are averaged. The gradient lives, but the heads start almost blind, and the scale would no longer be independent of the number of heads.
#
# **Without dividing**: initialise $W_Q$ (or both matrices) smaller by that factor, e.g. $W_Q$ by $1/\sqrt{d_k}$; or normalise queries and keys before the product, with a learnt temperature.
#
# ### BEGIN MARK SCHEME
# 1 point: the scores at the start: variance $d_k=64$ (one head, not 1024), standard deviation 8, softmax nearly one-hot.
# 1 point: the gradient: names the Jacobian $\mathrm{diag}(\alpha)-\alpha\alpha^\top$, or says in words that a saturated softmax passes no gradient, and that it is $W_Q$ and $W_K$ that suffer.
# 1 point: judges the first sentence with both halves: the same functions can be represented, but learning starts slowly; credit for "slower, not impossible" (Adam, section 4). Half a point for "it cannot learn" with a correct reason.
# 1 point: judges the second sentence ($\sqrt{64}$; dividing by 32 makes weights nearly uniform) and gives one sound alternative (smaller initialisation of $W_Q$ or $W_K$, normalised q and k with a temperature, or similar). Half a point for one of the two.
# Do not ask for the formula of the Jacobian where the words are right.
# ### END MARK SCHEME

# %% [markdown] id="references"
# ## What you have built, and where it comes from
#
# You have just written `torch.nn.functional.scaled_dot_product_attention` and the inside of `torch.nn.MultiheadAttention`. Next: [BERT masking](../bert_masking/bert_masking.ipynb), which puts [MASK] into the input for the reason you saw in section 5.
#
# **Where the notes were loose, in one place.** The result of the dot product is not $N(0,d_k)$ but has that mean and variance, nearly normal for large $d_k$; independence is not broken by a shared embedding but by tied projections (section 1). Their six self-attention and five Transformer questions had no answers; those above are new.
#
# **References**
#
# - Bahdanau, Cho, Bengio (2015), *Neural machine translation by jointly learning to align and translate*, section 3.1 and appendix A.1.2. arXiv:1409.0473
# - Luong, Pham, Manning (2015), *Effective approaches to attention-based neural machine translation*, section 3.1. arXiv:1508.04025
# - Vaswani et al. (2017), *Attention is all you need*, eq. 1, sections 3.2.1 (footnote 4: the variance), 3.2.2, 3.2.3, 3.4, tables 1 and 3. arXiv:1706.03762
# - Britz, Goldie, Luong, Le (2017), *Massive exploration of neural machine translation architectures*. arXiv:1703.03906
# - Press, Wolf (2017), *Using the output embedding to improve language models*. arXiv:1608.05859
# - Yang et al. (2019), *XLNet*, sections 2.2 and 2.3. arXiv:1906.08237
# - Michel, Levy, Neubig (2019), *Are sixteen heads really better than one?* arXiv:1905.10650
# - Jain, Wallace (2019), *Attention is not explanation*, arXiv:1902.10186; Wiegreffe, Pinter (2019), *Attention is not not explanation*, arXiv:1908.04626
# - Shazeer (2019), *Fast transformer decoding: one write-head is all you need*. arXiv:1911.02150
# - Kitaev, Kaiser, Levskaya (2020), *Reformer*. arXiv:2001.04451
# - Dao, Fu, Ermon, Rudra, Ré (2022), *FlashAttention*. arXiv:2205.14135
# - Haviv et al. (2022), *Transformer language models without positional encodings still learn positional information*. arXiv:2203.16634
