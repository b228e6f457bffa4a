# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # Losses 损失函数
#
# > *Why do we train classifiers with cross-entropy 交叉熵 and not with squared error? And what is the gradient when the model is confidently wrong?*
#
# A loss turns "how wrong?" into a number, and its gradient turns that number into a push. Everything a network learns, it learns from that push.
# Here you write every loss that the notes list, sixteen with focal loss, most in one to four lines,
# make them safe at logits of ±1000 and probabilities of exactly 0 and 1, and check them against torch. Then your own functions answer the interviewer:
# with a figure, not with a phrase.
#
# **Time** about 110 minutes · **Points** 28 for seven exercises, 4 for one written question · **You need** numpy and the chain rule

# %% [markdown] id="conventions"
# ## Conventions
#
# $B$ examples in a batch, $C$ classes. A model gives a **logit** 对数几率 $z$ (any real number), a probability $p$, or a prediction $\hat y$; the target is $y$,
# and the **residual** 残差 is $r=\hat y-y$. Logarithms are natural, so information is counted in nats.
#
# - A **loss** returns one number: the **mean** over the batch, torch's default (`reduction="mean"`).
# - A **gradient** 梯度 has the shape of the prediction (or logits), and is that of *the mean*: so it carries the same division.
# - The prediction comes first and the target second, as in torch. (Keras has them the other way round, a fine source of bugs.)
# - Arguments are float64 arrays, class labels integers. No function changes its arguments. "Returns float" allows a numpy scalar.
#
# `expit(z)` is the sigmoid $\sigma(z)=1/(1+e^{-z})$, and `xlogy(a, b)` is $a\log b$ with the convention $0\log 0=0$: both come from scipy and you may use them.

# %% nbgrader={"grade_id": "setup", "locked": true}
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from scipy.special import expit, xlogy

from course import figures
from course.testing import assert_close, assert_gradient, assert_raises

figures.use()

# %% [markdown] id="bce-idea"
# ## 1. Two classes: binary cross-entropy 二元交叉熵
#
# The model says $p$ for "yes". Call the label $y\in\{0,1\}$ a coin that falls on 1 with probability $p$; its negative log-likelihood is
#
# $$L=-\big[y\log p+(1-y)\log(1-p)\big]\qquad\text{(Bishop 2006, eq. 4.90)}$$
#
# Two numbers break it: $p=0$ and $p=1$, where a logarithm is $-\infty$ and $0\cdot(-\infty)$ is not a number. `torch.nn.BCELoss` cuts both logarithms off at $-100$
# (its documentation says so), which keeps the loss finite.

# %% [markdown] id="bce-logits-idea"
# Better not to go there at all. Put $p=\sigma(z)$ into the formula and simplify:
#
# $$L=\log(1+e^{z})-y\,z,\qquad \frac{\partial L}{\partial z}=\sigma(z)-y\qquad\text{(Bishop 2006, eq. 4.91)}$$
#
# No logarithm of a vanishing number is left; only $e^{z}$ overflows above $z\approx 709$. Factor the larger term out, $\log(e^0+e^z)=\max(0,z)+\log(1+e^{-|z|})$, and nothing does.
#
# The gradient is the prettiest of the course: **prediction minus truth**. The sigmoid's flat tails have cancelled.

# %% [markdown] id="bce-task"
# **Exercise 1** · 4 points · about 12 minutes · 1 to 4 lines each
#
# Write `bce_from_probabilities` (log cut off at −100, as torch does), `bce_from_logits` and `bce_gradient`.
#
# <details><summary>Hint 1</summary>For the first: cut off each logarithm, not the probability. Cutting off p at 1e-7, as Keras does, gives 16.1 where torch gives 100.</details>
# <details><summary>Hint 2</summary>For the second: <code>np.logaddexp(a, b)</code> is log(eᵃ + eᵇ), with the larger term factored out for you.</details>
# <details><summary>Hint 3</summary>For the third: the mean of n losses is differentiated, so each entry is divided by n = z.size.</details>


# %% nbgrader={"grade_id": "bce", "solution": true}
def bce_from_probabilities(p, y):
    """Mean binary cross-entropy of probabilities, with both logarithms cut off at -100.

    Parameters
    ----------
    p : ndarray of any shape, float64, in [0, 1]
        Predicted probability of class 1. Exact zeros and ones are allowed.
    y : ndarray, shape of ``p``, in [0, 1]
        Targets; soft targets between 0 and 1 are allowed.

    Returns
    -------
    float
        The mean over all entries, equal to ``torch.nn.functional.binary_cross_entropy``.

    Source: Bishop (2006), eq. 4.90; the cut-off is that of torch.nn.BCELoss.
    """
    ### BEGIN SOLUTION
    floor = np.exp(-100.0)
    log_yes, log_no = np.log(p.clip(min=floor)), np.log((1 - p).clip(min=floor))
    return -np.mean(y * log_yes + (1 - y) * log_no)
    ### END SOLUTION


def bce_from_logits(z, y):
    """Mean binary cross-entropy of logits, exact for every finite logit (±1000 included).

    Parameters
    ----------
    z : ndarray of any shape, float64
        Logits: the probability of class 1 is sigmoid(z).
    y : ndarray, shape of ``z``, in [0, 1]
        Targets, soft ones allowed.

    Returns
    -------
    float
        The mean over all entries, equal to ``torch.nn.functional.binary_cross_entropy_with_logits``.

    Source: Bishop (2006), eq. 4.90, with p = sigmoid(z).
    """
    ### BEGIN SOLUTION
    return np.mean(np.logaddexp(0, z) - y * z)
    ### END SOLUTION


def bce_gradient(z, y):
    """Gradient of ``bce_from_logits(z, y)`` with respect to ``z``.

    Parameters
    ----------
    z, y : ndarrays of one shape, as in ``bce_from_logits``

    Returns
    -------
    ndarray, shape of ``z``

    Source: Bishop (2006), eq. 4.91.
    """
    ### BEGIN SOLUTION
    return (expit(z) - y) / z.size
    ### END SOLUTION


# %% nbgrader={"grade_id": "bce-probabilities", "grade": true, "points": 1}
# Three predictions, by hand: -(ln 0.9 + ln 0.8 + ln 0.4) / 3.
p, y = np.array([0.9, 0.2, 0.6]), np.array([1.0, 0.0, 0.0])
terms = -np.log([0.9, 0.8, 0.4])
assert_close(
    bce_from_probabilities(p, y),
    terms.mean(),
    label="bce_from_probabilities",
    known={
        "this is the sum over the batch: the mean is asked": terms.sum(),
        "you left out (1 − y) log(1 − p): examples of class 0 must pay too": -np.log(0.9) / 3,
        "the sign: a loss is minus the log-likelihood": -terms.mean(),
        "this is log base 2: the natural logarithm is asked": terms.mean() / np.log(2),
        "y and 1 − y have changed places: log p belongs to y = 1": -np.log([0.1, 0.2, 0.6]).mean(),
    },
)
# Certain and wrong costs 100, certain and right nothing.
assert_close(
    bce_from_probabilities(np.array([0.0, 1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])),
    50.0,
    label="bce_from_probabilities at p = 0 and p = 1",
    known={
        "0·log 0 has given NaN: cut each logarithm off at −100 before you multiply": np.nan,
        "an infinite loss: cut each logarithm off at −100": np.inf,
        "you cut p off at 1e-7, as Keras does: torch cuts off the logarithm, at −100": -np.log(1e-7) / 2,
    },
    rtol=1e-6,
)
assert_close(
    bce_from_probabilities(np.array([0.5]), np.array([0.3])), np.log(2), label="a soft target, y = 0.3 at p = 0.5"
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(11)
p, y = rng.random((4, 3)), rng.random((4, 3))
before = p.copy()
assert_close(
    bce_from_probabilities(p, y),
    F.binary_cross_entropy(torch.tensor(p), torch.tensor(y)).item(),
    label="bce_from_probabilities on soft targets of shape (4, 3)",
)
assert_close(p, before, label="the argument p, which must stay as it was")
p = np.array([0.0, 1.0, 1e-50, 1 - 1e-12, 1e-12, 0.0, 1.0, 0.5])
y = np.array([0.25, 0.75, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0])
assert_close(
    bce_from_probabilities(p, y),
    F.binary_cross_entropy(torch.tensor(p), torch.tensor(y)).item(),
    label="bce_from_probabilities close to 0 and 1",
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "bce-logits", "grade": true, "points": 2}
# σ(0) = 1/2 and σ(ln 3) = 3/4: the losses are ln 2 and ln 4.
z, y = np.array([0.0, np.log(3)]), np.array([1.0, 0.0])
assert_close(
    bce_from_logits(z, y),
    1.5 * np.log(2),
    label="bce_from_logits",
    known={
        "this is the sum over the batch: the mean is asked": 3 * np.log(2),
        "the sign of the target: the loss is small where y = 1 and z large": (np.log(2) + np.log(4 / 3)) / 2,
        "the label plays no part: subtract y z": (np.log(2) + np.log(4)) / 2,
    },
)
z, y = np.array([1000.0, -1000.0, 1000.0, -1000.0, 800.0]), np.array([0.0, 1.0, 1.0, 0.0, 0.0])
assert_close(
    bce_from_logits(z, y),
    560.0,
    label="bce_from_logits at ±1000",
    known={
        "e^z has overflowed: factor the larger term out, or use np.logaddexp": np.inf,
        "infinity minus infinity, or 0·∞: factor the larger term out, or use np.logaddexp": np.nan,
        "you went through the probability, where the cut-off at 100 hides how wrong the model is": 60.0,
    },
)
assert_close(
    bce_from_logits(np.array([[np.log(3)], [np.log(3)]]), np.array([[0.5], [1.0]])),
    (np.log(4) - 0.5 * np.log(3) + np.log(4 / 3)) / 2,
    label="bce_from_logits with a soft target, of shape (2, 1)",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(12)
z, y = 6 * rng.normal(size=(5, 3)), rng.random((5, 3))
before = z.copy()
assert_close(
    bce_from_logits(z, y),
    F.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(y)).item(),
    label="bce_from_logits on soft targets of shape (5, 3)",
)
assert_close(z, before, label="the argument z, which must stay as it was")
z, y = np.array([40.0, -40.0, 120.0, -120.0]), np.array([0.0, 1.0, 0.0, 1.0])
assert_close(bce_from_logits(z, y), 80.0, label="bce_from_logits at ±40 and ±120")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "bce-gradient", "grade": true, "points": 1}
# One row of two entries: 1/2 - 1 and 3/4 - 0, divided by 2.
z, y = np.array([[0.0, np.log(3)]]), np.array([[1.0, 0.0]])
assert_close(
    bce_gradient(z, y),
    np.array([[-0.25, 0.375]]),
    label="bce_gradient",
    known={
        "the loss is a mean, so its gradient is divided by the number of entries": np.array([[-0.5, 0.75]]),
        "the sign: prediction minus truth": np.array([[0.25, -0.375]]),
        "you multiplied by σ′(z) = p(1 − p): the logarithm has cancelled it": np.array([[-0.25 / 4, 0.375 * 3 / 16]]),
        "this is the derivative with respect to p: one more step of the chain rule leads to z": np.array([[-1.0, 2.0]]),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(13)
z, y = 3 * rng.normal(size=(3, 4)), rng.random((3, 4))
leaf = torch.tensor(z, requires_grad=True)
F.binary_cross_entropy_with_logits(leaf, torch.tensor(y)).backward()
assert_close(bce_gradient(z, y), leaf.grad.numpy(), label="bce_gradient on an array of shape (3, 4)")
assert_close(
    bce_gradient(np.array([1000.0, -1000.0, 1000.0, -1000.0]), np.array([0.0, 1.0, 1.0, 0.0])),
    np.array([0.25, -0.25, 0.0, 0.0]),
    label="bce_gradient at ±1000",
)
### END HIDDEN TESTS

# %% [markdown] id="bce-look"
# ### Look: what the detour through $p$ costs
#
# Networks compute in float32. Take an example of class 0 and let the model become more and more sure of class 1. The true loss is about $z$ itself.
# Before you run it: from which $z$ on does the loss computed from the *probability* go wrong? At 700, where $e^z$ overflows in float64? At 88, where it does in float32? Sooner?

# %% id="bce-figure" tags=["look"]
z = np.linspace(0, 40, 401).astype(np.float32)
p = expit(z)  # float32, as in a network that ends in a sigmoid
zero = np.zeros(1, dtype=np.float32)
from_p = np.array([bce_from_probabilities(p[i : i + 1], zero) for i in range(len(z))])
from_z = np.array([bce_from_logits(z[i : i + 1], zero) for i in range(len(z))])
leaf = torch.tensor(z, requires_grad=True)
F.binary_cross_entropy(torch.sigmoid(leaf), torch.zeros(len(z)), reduction="sum").backward()
through_p = leaf.grad.numpy()
through_z = np.array([bce_gradient(z[i : i + 1], zero)[0] for i in range(len(z))])
first_dead = z[(through_p == 0) & (z > 1)].min()

fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8))
left.plot(z, from_z, label="from logits")
left.plot(z, from_p, label="from probabilities")
left.set(xlabel="logit z of an example of class 0", ylabel="loss (nats)", title="Loss: it jumps to torch's cut-off")
left.legend()
right.plot(z, through_z, label="from logits: σ(z) − y")
right.plot(z, through_p, label="through the probability (torch)")
right.set(
    xlabel="logit z of an example of class 0", ylabel="∂L/∂z", title=f"Gradient: exactly 0 from z = {first_dead:.1f} on"
)
right.set_ylim(-0.05, 1.3)
right.legend(loc="upper left")
fig.suptitle("In float32 the worst mistakes teach nothing if p is computed first", x=0.01, ha="left")
print(f"largest p below 1 in float32: 1 - {1 - np.nextafter(np.float32(1), np.float32(0)):.1e}")

# %% [markdown] id="bce-answer"
# Already near $z=17$. Float32 has no number between $1-6\cdot10^{-8}$ and 1, so $\sigma(17)$ *is* 1 and the distance to 1 is gone.
# The loss jumps to the cut-off; the gradient, which should be largest here, is exactly zero, and the example is never learnt.
# That is the whole case for `binary_cross_entropy_with_logits`: not elegance, but the last digits of $1-p$, which only the logit still holds.

# %% [markdown] id="categorical-idea"
# ## 2. Many classes: categorical cross-entropy 多分类交叉熵
#
# Logits $z\in\mathbb R^{C}$, probabilities by softmax, target a distribution $y$ over the classes (one-hot 独热 as a rule, soft if you like):
#
# $$\log p_k=z_k-\log\sum_{j}e^{z_j},\qquad L=-\sum_{k}y_k\log p_k,\qquad\frac{\partial L}{\partial z_k}=p_k-y_k\qquad\text{(Bishop 2006, eqs. 4.104, 4.108, 4.109)}$$
#
# Subtracting a constant from all logits of a row changes nothing. Choose the row's largest: then no exponential exceeds 1 and the sum is at least 1.
#
# **Sparse** 稀疏 cross-entropy is the same number for people who hold a label $k$ instead of a one-hot row: pick $-\log p_k$. Nothing is summed that would be multiplied by zero,
# and with a vocabulary of 30,000 that is the difference between a table and a list.

# %% [markdown] id="categorical-mask-idea"
# **Which mean?** Sequences are padded, and BERT learns from the masked 15% of the tokens only. Such labels carry a marker, −100 by torch's convention, and
# *neither the numerator nor the denominator* may see them: the mean runs over the labels that count.

# %% [markdown] id="categorical-task"
# **Exercise 2** · 4 points · about 18 minutes · 2 to 3 lines each
#
# Write `log_softmax`, then on top of it `categorical_cross_entropy`, `sparse_categorical_cross_entropy` and `cross_entropy_gradient`.
# The last three take the first as an argument: the tests pass one of their own, so that a slip in it is punished once.
#
# <details><summary>Hint 1</summary><code>z.max(axis=-1, keepdims=True)</code> has shape (B, 1) and can be subtracted from every row.</details>
# <details><summary>Hint 2</summary>Sum over the classes, then take the mean over the batch. A mean over all B·C entries is smaller by a factor of C.</details>
# <details><summary>Hint 3</summary>Throw ignored rows away first: <code>keep = labels != ignore_index</code>. Then <code>rows[np.arange(n), labels]</code> picks one entry in each row.</details>


# %% nbgrader={"grade_id": "categorical", "solution": true}
def log_softmax(z):
    """Logarithm of the softmax of every row, exact for every finite logit (±1000 included).

    Parameters
    ----------
    z : ndarray, shape (B, C), float64
        Logits. Must stay as they were.

    Returns
    -------
    ndarray, shape (B, C)

    Source: Bishop (2006), eq. 4.104, with each row's largest logit subtracted.
    """
    ### BEGIN SOLUTION
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    ### END SOLUTION


def categorical_cross_entropy(z, target, log_softmax=log_softmax):
    """Mean cross-entropy between target distributions and the softmax of logits.

    Parameters
    ----------
    z : ndarray, shape (B, C), float64
        Logits.
    target : ndarray, shape (B, C)
        One distribution over the classes per row: non-negative, summing to 1.
    log_softmax : callable
        From logits (B, C) to log-probabilities (B, C).

    Returns
    -------
    float
        The mean over the B rows, equal to ``torch.nn.functional.cross_entropy`` with probabilities as target.

    Source: Bishop (2006), eq. 4.108.
    """
    ### BEGIN SOLUTION
    return -np.mean(np.sum(target * log_softmax(z), axis=1))
    ### END SOLUTION


def sparse_categorical_cross_entropy(z, labels, ignore_index=-100, log_softmax=log_softmax):
    """Mean cross-entropy for integer labels; rows whose label is ``ignore_index`` do not count.

    Parameters
    ----------
    z : ndarray, shape (B, C), float64
        Logits.
    labels : ndarray, shape (B,), integer
        Class of each row, 0 to C - 1, or ``ignore_index``. At least one label counts.
    ignore_index : int
        The marker of rows to leave out, of the sum and of the count. It may be a valid class number, such as 0 for padding.
    log_softmax : callable
        From logits (rows, C) to log-probabilities (rows, C).

    Returns
    -------
    float
        The mean over the rows that count, equal to ``torch.nn.functional.cross_entropy``.
    """
    ### BEGIN SOLUTION
    keep = labels != ignore_index
    rows = log_softmax(z[keep])
    return -np.mean(rows[np.arange(len(rows)), labels[keep]])
    ### END SOLUTION


def cross_entropy_gradient(z, target, log_softmax=log_softmax):
    """Gradient of ``categorical_cross_entropy(z, target)`` with respect to ``z``.

    Parameters
    ----------
    z, target, log_softmax
        As in ``categorical_cross_entropy``: each row of ``target`` sums to 1.

    Returns
    -------
    ndarray, shape (B, C)

    Source: Bishop (2006), eq. 4.109.
    """
    ### BEGIN SOLUTION
    return (np.exp(log_softmax(z)) - target) / len(z)
    ### END SOLUTION


# %% nbgrader={"grade_id": "categorical-log-softmax", "grade": true, "points": 1}
# Logarithms of whole numbers: the rows' probabilities are (1, 2, 5)/8 and (4, 1, 3)/8.
z = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 1.0, 3.0]]))
before = z.copy()
assert_close(
    log_softmax(z),
    before - np.log(8),
    label="log_softmax",
    known={
        "these are the probabilities: their logarithm is asked": np.exp(before) / 8,
        "you summed down the columns: each *row* is one example (axis=-1)": before - np.log([[5.0, 3.0, 8.0]]),
        "you summed over the whole array: each row is normalised on its own": before - np.log(16),
        "the sum of the exponentials is missing its logarithm": before - 8,
    },
)
assert_close(z, before, label="the argument z, which must stay as it was,")
extreme = np.array([[1000.0, 0.0, -1000.0], [-1001.0, -1000.0, -1000.0]])
assert_close(
    log_softmax(extreme),
    np.array([[0.0, -1000.0, -2000.0], [-1.0, 0.0, 0.0]]) - [[0.0], [np.log(2 + np.exp(-1))]],
    label="log_softmax at ±1000",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(21)
z = rng.normal(size=(4, 7)) * 5 + rng.normal(size=(4, 1)) * 300
before = z.copy()
got = log_softmax(z)
assert_close(
    got, F.log_softmax(torch.tensor(before), dim=-1).numpy(), label="log_softmax of rows with offsets of their own"
)
assert_close(np.exp(got).sum(axis=-1), np.ones(4), label="the sum of each row's probabilities")
assert_close(
    log_softmax(before + 50.0), got, rtol=1e-9, atol=1e-9, label="log_softmax(z + 50), which must equal log_softmax(z),"
)
assert_close(z, before, label="the argument z, which must stay as it was,")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "categorical-soft", "grade": true, "points": 1}
torch_log_softmax = lambda z: F.log_softmax(torch.tensor(z), dim=-1).numpy()
z = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 1.0, 3.0]]))
target = np.array([[0.0, 0.0, 1.0], [0.5, 0.0, 0.5]])
costs = -np.array([np.log(5 / 8), (np.log(4 / 8) + np.log(3 / 8)) / 2])
assert_close(
    categorical_cross_entropy(z, target, log_softmax=torch_log_softmax),
    costs.mean(),
    label="categorical_cross_entropy",
    known={
        "this is the sum over the batch: the mean is asked": costs.sum(),
        "this is the mean over all B·C entries: sum over the classes first": costs.mean() / 3,
        "the sign: a loss is minus the log-likelihood": -costs.mean(),
        "the logits went in as they are: take log_softmax of them first": -np.mean(np.sum(target * z, axis=-1)),
        "a soft target is a distribution: weigh every class's logarithm": -np.log(5 / 8 * 4 / 8) / 2,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(22)
z, target = 4 * rng.normal(size=(5, 6)), rng.dirichlet(np.ones(6), size=5)
assert_close(
    categorical_cross_entropy(z, target, log_softmax=torch_log_softmax),
    F.cross_entropy(torch.tensor(z), torch.tensor(target)).item(),
    label="categorical_cross_entropy on five rows of six classes",
)
one_hot = np.eye(3)[[1, 0]]
assert_close(
    categorical_cross_entropy(
        np.array([[1000.0, -1000.0, 0.0], [1000.0, -1000.0, 0.0]]), one_hot, log_softmax=torch_log_softmax
    ),
    1000.0,
    label="categorical_cross_entropy at ±1000",
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "categorical-sparse", "grade": true, "points": 1}
torch_log_softmax = lambda z: F.log_softmax(torch.tensor(z), dim=-1).numpy()
z = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 1.0, 3.0], [1.0, 1.0, 6.0]]))
assert_close(
    sparse_categorical_cross_entropy(z, np.array([2, 0, 1]), log_softmax=torch_log_softmax),
    -np.log(5 / 8 * 4 / 8 * 1 / 8) / 3,
    label="sparse_categorical_cross_entropy",
    known={
        "this is the sum over the rows: the mean is asked": -np.log(5 / 8 * 4 / 8 * 1 / 8),
        "the sign: a loss is minus the log-likelihood": np.log(5 / 8 * 4 / 8 * 1 / 8) / 3,
        "z[:, labels] takes whole columns: you want one entry per row": -np.mean(z - np.log(8)),
    },
)
assert_close(
    sparse_categorical_cross_entropy(z, np.array([2, -100, 1]), log_softmax=torch_log_softmax),
    -np.log(5 / 8 * 1 / 8) / 2,
    label="sparse_categorical_cross_entropy with one row ignored",
    known={
        "you divided by all rows: ignored ones count neither above nor below the line": -np.log(5 / 8 * 1 / 8) / 3,
        "the ignored row still counts": -np.log(5 / 8 * 5 / 8 * 1 / 8) / 3,
    },
)
assert_close(
    sparse_categorical_cross_entropy(z, np.array([2, 0, 1]), ignore_index=1, log_softmax=torch_log_softmax),
    -np.log(5 / 8 * 4 / 8) / 2,
    label="sparse_categorical_cross_entropy with ignore_index=1",
    known={
        "ignore_index plays no part: it is the marker, whatever its value": -np.log(5 / 8 * 4 / 8 * 1 / 8) / 3,
        "you divided by all rows: ignored ones count neither above nor below the line": -np.log(5 / 8 * 4 / 8) / 3,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(23)
z, labels = 4 * rng.normal(size=(9, 5)), rng.integers(5, size=9)
labels[[0, 4, 5]] = -100
before = labels.copy()
assert_close(
    sparse_categorical_cross_entropy(z, labels, log_softmax=torch_log_softmax),
    F.cross_entropy(torch.tensor(z), torch.tensor(labels)).item(),
    label="sparse_categorical_cross_entropy with three of nine rows ignored",
)
assert_close(labels, before, label="the argument labels, which must stay as it was,")
assert_close(
    sparse_categorical_cross_entropy(z, labels % 5, ignore_index=0, log_softmax=torch_log_softmax),
    F.cross_entropy(torch.tensor(z), torch.tensor(labels % 5), ignore_index=0).item(),
    label="sparse_categorical_cross_entropy with ignore_index=0",
)
assert_close(
    sparse_categorical_cross_entropy(
        1000 * np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0]]), np.array([1, 1]), log_softmax=torch_log_softmax
    ),
    1000.0,
    label="sparse_categorical_cross_entropy at ±1000",
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "categorical-gradient", "grade": true, "points": 1}
torch_log_softmax = lambda z: F.log_softmax(torch.tensor(z), dim=-1).numpy()
z = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 1.0, 3.0]]))
target = np.array([[0.0, 0.0, 1.0], [0.5, 0.0, 0.5]])
p = np.array([[1.0, 2.0, 5.0], [4.0, 1.0, 3.0]]) / 8
assert_close(
    cross_entropy_gradient(z, target, log_softmax=torch_log_softmax),
    (p - target) / 2,
    label="cross_entropy_gradient",
    known={
        "the loss is a mean over B rows, so its gradient is divided by B": p - target,
        "you divided by all B·C entries: the mean runs over the B rows": (p - target) / 6,
        "the sign: prediction minus truth": (target - p) / 2,
        "this is the derivative with respect to p: one more step of the chain rule leads to z": -target / p / 2,
        "you subtracted the target from the log-probabilities: take their exponential": (np.log(p) - target) / 2,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(24)
z, target = 4 * rng.normal(size=(5, 6)), rng.dirichlet(np.ones(6), size=5)
leaf = torch.tensor(z, requires_grad=True)
F.cross_entropy(leaf, torch.tensor(target)).backward()
assert_close(
    cross_entropy_gradient(z, target, log_softmax=torch_log_softmax),
    leaf.grad.numpy(),
    label="cross_entropy_gradient on five rows of six classes",
)
assert_close(
    cross_entropy_gradient(np.array([[1000.0, -1000.0]]), np.array([[0.0, 1.0]]), log_softmax=torch_log_softmax),
    np.array([[1.0, -1.0]]),
    label="cross_entropy_gradient at ±1000",
)
### END HIDDEN TESTS

# %% [markdown] id="saturation-look"
# ### Look: the confidently wrong classifier, with cross-entropy and with squared error
#
# Three classes; the model gives a *wrong* class a lead of $m$ over the right one. How hard does each loss pull the right class's logit up?
# And if training starts at a lead of 12 (probability of the right class: six in a million), how many steps until it is right? Write down a guess for both losses.

# %% id="saturation-figure" tags=["look"]
right_class = np.array([[0.0, 1.0, 0.0]])


def squared_error_gradient(z):
    leaf = torch.tensor(z, requires_grad=True)
    F.mse_loss(torch.softmax(leaf, dim=-1), torch.tensor(right_class)).backward()
    return leaf.grad.numpy()


leads = np.linspace(-6, 16, 111)
pull = {"cross-entropy (yours)": [], "squared error on the softmax": []}
for lead in leads:
    z = np.array([[lead, 0.0, -5.0]])
    pull["cross-entropy (yours)"].append(-cross_entropy_gradient(z, right_class)[0, 1])
    pull["squared error on the softmax"].append(-squared_error_gradient(z)[0, 1])

gradients = {
    "cross-entropy (yours)": lambda z: cross_entropy_gradient(z, right_class),
    "squared error on the softmax": squared_error_gradient,
}
histories = {}
for name, gradient in gradients.items():
    z, history = np.array([[12.0, 0.0, -5.0]]), []
    for _ in range(300):
        history.append(np.exp(log_softmax(z))[0, 1])
        z = z - gradient(z)
    histories[name] = np.array(history)

fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8))
for name in gradients:
    left.semilogy(leads, pull[name], label=name)
    right.semilogy(1 + np.arange(300), histories[name], label=name)
left.set(
    xlabel="lead of the wrong class (in logits)",
    ylabel="pull on the right logit, −∂L/∂z",
    title="Pull: one stays, one dies",
    ylim=(1e-8, 50),
)
right.set(
    xlabel="gradient step (rate 1)",
    ylabel="probability of the right class",
    title="Training from a lead of 12",
    ylim=(1e-6, 3),
    xscale="log",
)
right.axhline(0.5, color="0.6", linewidth=1, linestyle="-")
left.legend(loc="upper left", fontsize=9)
right.legend(loc="center right", fontsize=9)
reached = {
    name: int(np.argmax(history > 0.5)) if (history > 0.5).any() else None for name, history in histories.items()
}
print("steps until p > 0.5:", reached)
start = np.array([[12.0, 0.0, -5.0]])
print(
    f"pull at a lead of 12: {-cross_entropy_gradient(start, right_class)[0, 1]:.3f} against {-squared_error_gradient(start)[0, 1]:.1e}"
)

# %% [markdown] id="saturation-answer"
# Cross-entropy pulls with $1-p$: nearly 1 whenever the model is wrong. Squared error on probabilities multiplies by the softmax's own slope, $p_k(\delta_{jk}-p_j)$,
# which is of the order of $e^{-m}$ where the softmax is saturated 饱和. From a lead of 12 cross-entropy is right after seven steps; squared error has hardly moved after 300.
# (Far on the left both fall: there the answer is right already, and there is nothing to pull.)
#
# Two fair remarks. The fault is in the *pair* softmax and square: squared error on the bare scores has a gradient that grows with the error, and trains well
# (Hui & Belkin 2021 find it level with cross-entropy, or better, on many tasks). And on a *wrong label* the gentleness of the bounded loss is a virtue: one more case of robustness, which is section 5's subject.

# %% [markdown] id="pairs-look"
# ### Look: softmax or sigmoid? Three claims in the notes
#
# Three places of the notes on BERT speak about losses. Your functions settle each:
# (a) next-sentence prediction uses *binary* cross-entropy, (b) *multi-label* 多标签 classification uses softmax with categorical cross-entropy, (c) the MLM loss is a *batch average*.

# %% id="pairs-table" tags=["look"]
a, b = 0.7, -1.9  # the two outputs of a two-class head
print(
    "(a) softmax over (a, b):",
    round(float(sparse_categorical_cross_entropy(np.array([[a, b]]), np.array([1]))), 6),
    end="   ",
)
print("sigmoid of b - a:", round(float(bce_from_logits(np.array([b - a]), np.array([1.0]))), 6))

truth = np.array([[1.0, 1.0, 0.0]])  # a text with two labels of three
soft, independent = np.zeros((1, 3)), np.zeros((1, 3))
for _ in range(2000):
    soft -= cross_entropy_gradient(soft, truth / truth.sum())
    independent -= 3 * bce_gradient(independent, truth)
print(
    "(b) after 2000 steps on the labels (1, 1, 0): softmax",
    np.round(np.exp(log_softmax(soft))[0], 3),
    "  sigmoids",
    np.round(expit(independent[0]), 3),
)

rng = np.random.default_rng(0)
logits, labels = rng.normal(size=(1000, 50)), rng.integers(50, size=1000)
labels[rng.random(1000) > 0.15] = -100  # BERT predicts 15% of the tokens
kept = labels != -100
mean = float(sparse_categorical_cross_entropy(logits, labels))
print(
    f"(c) mean over the {kept.sum()} masked tokens: {mean:.3f}   over all {len(labels)}: {mean * kept.mean():.3f}   ln 50 = {np.log(50):.3f}"
)

# %% [markdown] id="pairs-answer"
# - (a) Right in substance: BERT's head has two outputs and a softmax, and that *is* binary cross-entropy on their difference, because $p_2=\sigma(z_2-z_1)$.
# - (b) Here the notes slip. Softmax shares out one unit of probability, so two true labels get one half each at best, and "none of them" cannot be said at all.
#   Multi-label needs one sigmoid and one binary cross-entropy per label.
# - (c) Loose: the average runs over the *masked* positions. Divided by all tokens the loss shrinks to about 15%, and so does its gradient beside that of the other task in the sum.

# %% [markdown] id="information-idea"
# ## 3. Distributions and counts: entropy 熵, KL divergence KL 散度, Poisson 泊松
#
# $$H(p)=-\sum_k p_k\log p_k,\qquad \mathrm{KL}(p\,\|\,q)=\sum_k p_k\log\frac{p_k}{q_k}\qquad\text{(Cover \& Thomas 2006, eqs. 2.1, 2.26)}$$
#
# $H$ is what the truth costs even when you know it; KL is what your wrong model $q$ costs on top. Their sum is the cross-entropy:
# $-\sum_k p_k\log q_k=H(p)+\mathrm{KL}(p\,\|\,q)$.
#
# Conventions at the edges: where $p_k=0$ the term is 0 (even if $q_k=0$), and where $p_k>0$ but $q_k=0$ it is $+\infty$: the model swore that this cannot happen, and it did.

# %% [markdown] id="poisson-idea"
# **Counts** 计数 (clicks, arrivals, goals) are neither classes nor real numbers. A Poisson variable of rate $\lambda$ has $-\log P(k)=\lambda-k\log\lambda+\log k!$. The last term does not depend on the model and is dropped;
# let the model give $s=\log\lambda$, which may be any real number:
#
# $$L=e^{s}-k\,s,\qquad\frac{\partial L}{\partial s}=e^{s}-k\qquad\text{(torch.nn.PoissonNLLLoss; McCullagh \& Nelder 1989, section 6.2)}$$
#
# Prediction minus truth, for the third time, and not by accident: this is what the *canonical link* of an exponential family gives (Bishop 2006, section 4.3.6).
# (Keras's `Poisson` takes the rate $\lambda$ itself; torch's default is the logarithm.)

# %% [markdown] id="information-task"
# **Exercise 3** · 4 points · about 14 minutes · 1 to 2 lines each
#
# Write `entropy`, `kl_divergence`, `poisson_loss` and `poisson_gradient`.
#
# <details><summary>Hint 1</summary><code>xlogy(p, p)</code> is p log p, and 0 where p = 0.</details>
# <details><summary>Hint 2</summary>p log(p/q) = p log p − p log q. With <code>xlogy</code> both edge cases come out by themselves; p / q would be 0/0.</details>
# <details><summary>Hint 3</summary>Sum over the classes, mean over the rows. torch's <code>kl_div</code> calls this "batchmean"; its default "mean" divides by C as well, and is not a KL divergence.</details>


# %% nbgrader={"grade_id": "information", "solution": true}
def entropy(p):
    """Mean entropy of the rows of ``p``, in nats.

    Parameters
    ----------
    p : ndarray, shape (B, C), float64
        One distribution per row. Zeros are allowed and contribute nothing.

    Returns
    -------
    float

    Source: Cover & Thomas (2006), eq. 2.1.
    """
    ### BEGIN SOLUTION
    return -np.mean(np.sum(xlogy(p, p), axis=1))
    ### END SOLUTION


def kl_divergence(p, q):
    """Mean over the rows of KL(p || q), in nats.

    Parameters
    ----------
    p : ndarray, shape (B, C), float64
        The true distributions, one per row. A class with p = 0 contributes nothing, whatever q is.
    q : ndarray, shape (B, C), float64
        The model's distributions. Where q = 0 and p > 0 the divergence is infinite.

    Returns
    -------
    float
        Equal to ``torch.nn.functional.kl_div(log(q), p, reduction="batchmean")``.

    Source: Cover & Thomas (2006), eq. 2.26.
    """
    ### BEGIN SOLUTION
    return np.mean(np.sum(xlogy(p, p) - xlogy(p, q), axis=1))
    ### END SOLUTION


def poisson_loss(log_rate, count):
    """Mean negative log-likelihood of counts under Poisson laws, without the constant log(count!).

    Parameters
    ----------
    log_rate : ndarray of any shape, float64
        The logarithm of the predicted rate.
    count : ndarray, shape of ``log_rate``
        Observed counts 0, 1, 2, ...

    Returns
    -------
    float
        The mean over all entries, equal to ``torch.nn.functional.poisson_nll_loss``.

    Source: torch.nn.PoissonNLLLoss, with log_input=True.
    """
    ### BEGIN SOLUTION
    return np.mean(np.exp(log_rate) - count * log_rate)
    ### END SOLUTION


def poisson_gradient(log_rate, count):
    """Gradient of ``poisson_loss(log_rate, count)`` with respect to ``log_rate``.

    Parameters
    ----------
    log_rate, count : ndarrays of one shape, as in ``poisson_loss``

    Returns
    -------
    ndarray, shape of ``log_rate``
    """
    ### BEGIN SOLUTION
    return (np.exp(log_rate) - count) / log_rate.size
    ### END SOLUTION


# %% nbgrader={"grade_id": "information-entropy", "grade": true, "points": 1}
# A fair coin, ln 2, and a certainty, 0.
assert_close(
    entropy(np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]])),
    np.log(2) / 2,
    label="entropy",
    known={
        "0·log 0 has given NaN: a class that never happens contributes nothing": np.nan,
        "this is in bits: the natural logarithm is asked": 0.5,
        "this is the sum over the rows: the mean is asked": np.log(2),
        "this is the mean over all entries: sum over the classes, then take the mean over the rows": np.log(2) / 6,
        "the sign: entropy is never negative": -np.log(2) / 2,
    },
)
### BEGIN HIDDEN TESTS
from scipy.stats import entropy as scipy_entropy

p = np.random.default_rng(31).dirichlet(np.full(6, 0.5), size=4)
assert_close(entropy(p), scipy_entropy(p, axis=1).mean(), label="entropy of four distributions over six classes")
assert_close(entropy(np.full((3, 8), 0.125)), np.log(8), label="entropy of the uniform law over 8 classes")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "information-kl", "grade": true, "points": 1}
p, q = np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([[0.25, 0.75], [0.4, 0.6]])
rows = np.array([0.5 * np.log(4 / 3), 0.2 * np.log(0.5) + 0.8 * np.log(4 / 3)])
assert_close(
    kl_divergence(p, q),
    rows.mean(),
    label="kl_divergence",
    known={
        "this is KL(q‖p): the truth p weighs the terms": np.mean(np.sum(q * np.log(q / p), axis=-1)),
        "this is the cross-entropy: take the entropy of p off": -np.mean(np.sum(p * np.log(q), axis=-1)),
        "this is the mean over all entries (torch's reduction='mean'): sum over the classes first": rows.mean() / 2,
        "this is the sum over the rows: the mean is asked": rows.sum(),
        "the sign: KL(p‖q) is never negative": -rows.mean(),
    },
)
# Edges: an event that never happens is free, and one that the model excludes costs everything.
assert_close(
    kl_divergence(np.array([[0.0, 1.0, 0.0]]), np.array([[0.5, 0.5, 0.0]])),
    np.log(2),
    label="kl_divergence where p = 0",
    known={
        "0·log 0 has given NaN: a class with p = 0 contributes nothing": np.nan,
        "you cut the probabilities off at 1e-7, as Keras does: the definition is asked": 1e-7 * np.log(2e-7)
        + np.log(2),
    },
)
assert_close(
    kl_divergence(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])),
    np.inf,
    label="kl_divergence where q = 0 and p > 0, which is infinite,",
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(32)
p, q = rng.dirichlet(np.ones(5), size=3), rng.dirichlet(np.ones(5), size=3)
p[0] = [0.0, 0.5, 0.25, 0.25, 0.0]
assert_close(
    kl_divergence(p, q),
    F.kl_div(torch.tensor(q).log(), torch.tensor(p), reduction="batchmean").item(),
    label="kl_divergence of three pairs over five classes",
)
assert_close(kl_divergence(p, p), 0.0, atol=1e-12, label="kl_divergence(p, p), which is zero,")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "information-poisson", "grade": true, "points": 1}
# Rates 1 and 2 for counts 1 and 3: (1 - 0) and (2 - 3 ln 2).
s, k = np.log(np.array([1.0, 2.0])), np.array([1.0, 3.0])
assert_close(
    poisson_loss(s, k),
    (1 + 2 - 3 * np.log(2)) / 2,
    label="poisson_loss",
    known={
        "you took the logarithm of the rate for the rate itself: λ = exp(log_rate)": lambda: np.mean(
            s - k * np.log(np.maximum(s, 1e-8))
        ),
        "this is the sum: the mean is asked": 3 - 3 * np.log(2),
        "you kept log k!: it does not depend on the model and is dropped": (3 - 3 * np.log(2) + np.log(6)) / 2,
        "the sign of k·log λ: a larger rate must make a large count cheaper": (3 + 3 * np.log(2)) / 2,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(33)
s, k = rng.normal(size=(4, 3)), rng.poisson(2.0, size=(4, 3)).astype(float)
assert_close(
    poisson_loss(s, k),
    F.poisson_nll_loss(torch.tensor(s), torch.tensor(k), log_input=True, full=False).item(),
    label="poisson_loss on an array of shape (4, 3)",
)
assert_close(
    poisson_loss(np.array([-1000.0]), np.array([0.0])), 0.0, label="poisson_loss at a vanishing rate and a count of 0"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "information-poisson-gradient", "grade": true, "points": 1}
s, k = np.log(np.array([1.0, 2.0])), np.array([0.0, 3.0])
assert_close(
    poisson_gradient(s, k),
    np.array([0.5, -0.5]),
    label="poisson_gradient",
    known={
        "the loss is a mean, so its gradient is divided by the number of entries": np.array([1.0, -1.0]),
        "the sign: prediction minus truth": np.array([-0.5, 0.5]),
        "this is the derivative with respect to the rate, 1 − k/λ: the argument is its logarithm": np.array(
            [0.5, -0.25]
        ),
        "you subtracted the count from the logarithm of the rate: take its exponential": (s - k) / 2,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(34)
s, k = rng.normal(size=(2, 5)), rng.poisson(2.0, size=(2, 5)).astype(float)
leaf = torch.tensor(s, requires_grad=True)
F.poisson_nll_loss(leaf, torch.tensor(k)).backward()
assert_close(poisson_gradient(s, k), leaf.grad.numpy(), label="poisson_gradient on an array of shape (2, 5)")
### END HIDDEN TESTS

# %% [markdown] id="identity-look"
# ### Look: cross-entropy = NLL = entropy + KL
#
# Four classes with known probabilities $p$. The model is $p$ itself, sharpened or flattened: logits $\beta\log p$. Where is cross-entropy smallest, and is it zero there?
# The dots are what one sees in practice: the mean NLL 负对数似然 of 2000 labels *drawn* from $p$, with the same draw for every model.

# %% id="identity-figure" tags=["look"]
p = np.array([[0.55, 0.25, 0.15, 0.05]])
betas = np.linspace(0, 3, 61)
cross = np.array([categorical_cross_entropy(beta * np.log(p), p) for beta in betas])
gap = np.array([kl_divergence(p, np.exp(log_softmax(beta * np.log(p)))) for beta in betas])
floor = entropy(p)

labels = np.random.default_rng(4).choice(4, size=2000, p=p[0])
dots = betas[::6]
nll = np.array([sparse_categorical_cross_entropy(np.repeat(beta * np.log(p), 2000, axis=0), labels) for beta in dots])
spread = np.array([log_softmax(beta * np.log(p))[0, labels].std() / np.sqrt(2000) for beta in dots])

fig, ax = plt.subplots()
ax.plot(betas, cross, label="cross-entropy (yours)")
ax.axhline(floor, color="0.45", linestyle="--", linewidth=1.2, label=f"entropy of the truth: {floor:.3f} nats")
ax.fill_between(betas, floor, cross, color="#56B4E9", alpha=0.3, label="KL divergence, the gap")
ax.errorbar(dots, nll, yerr=2 * spread, fmt="o", color="#D55E00", capsize=3, label="NLL of 2000 drawn labels, ± 2 s.e.")
ax.set(
    xlabel="sharpness β of the model (1 = the truth)",
    ylabel="nats per label",
    ylim=(0.9, 2.0),
    title=f"Cross-entropy is smallest at the truth, and there it is {cross.min():.3f}, not 0",
)
ax.legend(loc="upper left")
print(f"largest |cross-entropy - entropy - KL|: {np.abs(cross - floor - gap).max():.1e}")

# %% [markdown] id="identity-answer"
# The identity holds to rounding, and the drawn labels scatter around it. So minimising cross-entropy, maximising likelihood and minimising $\mathrm{KL}(\text{data}\,\|\,\text{model})$ are one thing:
# they differ by $H(p)$, which no parameter can change. Two corollaries that interviewers like: a loss of 1.1 may be *perfect* (compare it with the entropy, not with zero), and over-confidence has no ceiling: hedging costs $\ln 4$ at most (on the left, where the model says nothing),
# while on the right the cost rises without end, because the model all but excludes things that do happen.

# %% [markdown] id="direction-look"
# ### Look: the two directions of KL
#
# $\mathrm{KL}(p\,\|\,q)\ne\mathrm{KL}(q\,\|\,p)$. Fit *one* Gaussian $q$ to a truth $p$ with two modes, by each direction. Which one covers both modes, and which one picks?
# (Everything lives on a grid of 401 points, so that your `kl_divergence` applies; the best mean and width are found by trying them all.)

# %% id="direction-figure" tags=["look"]
x = np.linspace(-10, 10, 401)


def gaussian(mean, width):
    q = np.exp(-0.5 * ((x - mean) / width) ** 2) + 1e-300
    return (q / q.sum())[None]


p = 0.6 * gaussian(-2.5, 0.8) + 0.4 * gaussian(3.0, 0.8)
candidates = [(mean, width) for mean in np.linspace(-4, 4, 81) for width in np.linspace(0.5, 4, 36)]
forward = min(candidates, key=lambda c: kl_divergence(p, gaussian(*c)))
reverse = min(candidates, key=lambda c: kl_divergence(gaussian(*c), p))
moments = (float(p[0] @ x), float(np.sqrt(p[0] @ x**2 - (p[0] @ x) ** 2)))

fig, ax = plt.subplots()
density = 1 / (x[1] - x[0])
ax.fill_between(x, p[0] * density, color="0.85", label="the truth p")
ax.plot(x, gaussian(*forward)[0] * density, label=f"smallest KL(p‖q): mean {forward[0]:.1f}, width {forward[1]:.1f}")
ax.plot(x, gaussian(*reverse)[0] * density, label=f"smallest KL(q‖p): mean {reverse[0]:.1f}, width {reverse[1]:.1f}")
ax.set(xlabel="x", ylabel="density", ylim=(0, 0.72), title="One Gaussian for two modes: the direction of KL decides")
ax.legend(loc="upper right")
print(f"mean and width of p itself: {moments[0]:.2f}, {moments[1]:.2f}")

# %% [markdown] id="direction-answer"
# $\mathrm{KL}(p\,\|\,q)$ averages over the *truth*: leaving out any place where $p$ lives costs without bound, so $q$ covers both modes and the empty valley between them. (For a Gaussian $q$ it simply copies the mean and width of $p$: compare the printed line.)
# $\mathrm{KL}(q\,\|\,p)$ averages over the *model*: to put mass where $p$ has none costs without bound, so $q$ settles in one mode and forgets the other.
#
# Training on data is the first kind (you can sample $p$, not evaluate it). Variational inference, and the penalty that keeps a tuned language model near its reference, are the second (you can sample $q$).

# %% [markdown] id="regression-idea"
# ## 4. Real numbers: five regression losses 回归损失
#
# | loss | formula | remark |
# | --- | --- | --- |
# | MSE 均方误差 | $\tfrac1n\sum(\hat y_i-y_i)^2$ | squared units |
# | MAE 平均绝对误差 | $\tfrac1n\sum\lvert\hat y_i-y_i\rvert$ | the target's own units |
# | MAPE 平均绝对百分比误差 | $\tfrac{100}n\sum\lvert\hat y_i-y_i\rvert\,/\max(\lvert y_i\rvert,\epsilon)$ | percent *of the truth* |
# | MSLE 均方对数误差 | $\tfrac1n\sum\big(\log(1+\hat y_i)-\log(1+y_i)\big)^2$ | for values above −1 |
# | cosine 余弦 | $-\tfrac1B\sum_i \hat y_i\!\cdot y_i\,/\,(\lVert\hat y_i\rVert\,\lVert y_i\rVert)$ | rows are vectors; −1 is best |
#
# Definitions: Keras's (`keras.losses`), with the mean over everything. Keras's cosine loss is *minus* the cosine, so that smaller is better;
# torch's `cosine_similarity` has no minus and its `CosineEmbeddingLoss` uses $1-\cos$. A row of zeros has no direction: its cosine counts as 0 in both libraries.
# (Keras's MSLE also lifts negative values to 0 first. Ours does not: a forecast below 0 is a mistake to see.)

# %% [markdown] id="regression-task"
# **Exercise 4** · 4 points · about 14 minutes · 1 to 3 lines each
#
# Write `mse`, `mae`, `mape`, `msle` and `cosine_loss`.
#
# <details><summary>Hint 1</summary><code>np.log1p(v)</code> is log(1 + v), accurate for small v too.</details>
# <details><summary>Hint 2</summary>For the cosine: work along the last axis, one cosine per row, then the mean. Dividing by <code>np.maximum(norms, 1e-8)</code> makes a row of zeros give 0.</details>


# %% nbgrader={"grade_id": "regression", "solution": true}
def mse(prediction, target):
    """Mean squared error over all entries of two arrays of one shape, float64. Returns float."""
    ### BEGIN SOLUTION
    return np.mean((prediction - target) ** 2)
    ### END SOLUTION


def mae(prediction, target):
    """Mean absolute error over all entries of two arrays of one shape, float64. Returns float."""
    ### BEGIN SOLUTION
    return np.mean(np.abs(prediction - target))
    ### END SOLUTION


def mape(prediction, target, eps=1e-7):
    """Mean absolute error in percent of the target's size.

    Parameters
    ----------
    prediction, target : ndarrays of one shape, float64
        Any sign.
    eps : float
        The size of a target counts as at least this, so that a target of 0 does not divide by zero.

    Returns
    -------
    float
        In percent: 100 times the mean of abs(prediction - target) / max(abs(target), eps).

    Source: keras.losses.MeanAbsolutePercentageError.
    """
    ### BEGIN SOLUTION
    return 100 * np.mean(np.abs(prediction - target) / np.abs(target).clip(min=eps))
    ### END SOLUTION


def msle(prediction, target):
    """Mean squared difference of log(1 + value).

    Parameters
    ----------
    prediction, target : ndarrays of one shape, float64, above -1

    Returns
    -------
    float

    Source: keras.losses.MeanSquaredLogarithmicError.
    """
    ### BEGIN SOLUTION
    return np.mean((np.log1p(prediction) - np.log1p(target)) ** 2)
    ### END SOLUTION


def cosine_loss(prediction, target):
    """Minus the cosine between the rows of two arrays, averaged over the rows.

    Parameters
    ----------
    prediction, target : ndarrays, shape (B, d), float64
        One vector per row. A row of zeros, in either, has cosine 0.

    Returns
    -------
    float
        Between -1 (same directions) and 1 (opposite ones).

    Source: keras.losses.CosineSimilarity.
    """
    ### BEGIN SOLUTION
    norms = np.linalg.norm(prediction, axis=1) * np.linalg.norm(target, axis=1)
    return -np.mean(np.sum(prediction * target, axis=1) / norms.clip(min=1e-8))
    ### END SOLUTION


# %% nbgrader={"grade_id": "regression-mse-mae", "grade": true, "points": 1}
prediction, target = np.array([[1.0, 2.0, 4.0]]), np.array([[2.0, 2.0, 2.0]])
assert_close(
    mse(prediction, target),
    5 / 3,
    label="mse",
    known={
        "this is the sum: the mean is asked": 5.0,
        "this is half the mean square: the ½ belongs to other definitions": 5 / 6,
        "this is the root, RMSE: the mean square is asked": np.sqrt(5 / 3),
        "you squared the mean residual: square first, or errors of opposite sign cancel": 1 / 9,
    },
)
assert_close(
    mae(prediction, target),
    1.0,
    label="mae",
    known={
        "this is the sum: the mean is asked": 3.0,
        "errors of opposite sign have cancelled: take the absolute value of each": 1 / 3,
        "this is the mean square: the absolute value is asked": 5 / 3,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(41)
prediction, target = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
assert_close(
    mse(prediction, target),
    F.mse_loss(torch.tensor(prediction), torch.tensor(target)).item(),
    label="mse of arrays of shape (4, 3)",
)
assert_close(
    mae(prediction, target),
    F.l1_loss(torch.tensor(prediction), torch.tensor(target)).item(),
    label="mae of arrays of shape (4, 3)",
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "regression-mape", "grade": true, "points": 1}
# 1 instead of 2 is 50% off; -3 instead of -4 is 25% off.
prediction, target = np.array([1.0, -3.0]), np.array([2.0, -4.0])
assert_close(
    mape(prediction, target),
    37.5,
    label="mape",
    known={
        "this is a fraction: per cent are asked": 0.375,
        "you divided by the prediction: the percentage is of the truth": 100 * (1 + 1 / 3) / 2,
        "the size of the target is its absolute value: with the sign, errors on negative targets count as gains": 12.5,
        "with the sign in the denominator cut off at eps, a negative target counts as none": 100 * (0.5 + 1e7) / 2,
        "errors of opposite sign have cancelled: take the absolute value": -12.5,
        "this is the sum: the mean is asked": 75.0,
    },
)
assert_close(
    mape(np.array([0.5, 3.0]), np.array([0.0, 2.0]), eps=0.25),
    125.0,
    label="mape with eps=0.25 and a target of 0",
    known={
        "a target of 0 has divided by zero: its size counts as at least eps": np.inf,
        "you added eps to the size of the target: it is a lower bound, max(|y|, eps)": 100 * (2 + 1 / 2.25) / 2,
    },
)
assert_close(mape(np.array([3e-7]), np.array([0.0])), 300.0, label="mape at a target of 0 with the default eps of 1e-7")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(42)
prediction, target = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
slow = [abs(a - b) / max(abs(b), 0.5) for a, b in zip(prediction.ravel(), target.ravel(), strict=True)]
assert_close(mape(prediction, target, eps=0.5), 100 * sum(slow) / 10, label="mape of arrays of shape (5, 2), eps=0.5")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "regression-msle", "grade": true, "points": 1}
# Values whose log(1 + v) are 2 and 0, for targets whose log(1 + v) are 1.5 and 3.
prediction, target = np.expm1(np.array([2.0, 0.0])), np.expm1(np.array([1.5, 3.0]))
assert_close(
    msle(prediction, target),
    4.625,
    label="msle",
    known={
        "log 0 is −∞: the logarithm is of 1 + value": np.inf,
        "the logarithms' differences are to be squared": 1.75,
        "errors of opposite sign have cancelled: square each before the mean": 1.5625,
        "this is the sum: the mean is asked": 9.25,
        "this is the root: the mean square is asked": np.sqrt(4.625),
        "you took the logarithm of 1 + error: take the difference of the two logarithms": np.mean(
            np.log1p(np.abs(prediction - target)) ** 2
        ),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(43)
prediction, target = rng.gamma(2.0, size=(3, 4)), rng.gamma(2.0, size=(3, 4))
prediction[0, 0] = -0.5
from sklearn.metrics import mean_squared_log_error

assert_close(
    msle(prediction, target), mean_squared_log_error(target, prediction), label="msle of arrays of shape (3, 4)"
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "regression-cosine", "grade": true, "points": 1}
# cos = 24/25 for the first pair of rows, 0 for the second, -1 for the third.
prediction, target = np.array([[3.0, 4.0], [1.0, 0.0], [2.0, 0.0]]), np.array([[4.0, 3.0], [0.0, 2.0], [-0.1, 0.0]])
assert_close(
    cosine_loss(prediction, target),
    0.04 / 3,
    label="cosine_loss",
    known={
        "this is the similarity: as a loss it carries a minus, so that smaller is better": -0.04 / 3,
        "this is 1 − cos: Keras's loss is −cos": 1 + 0.04 / 3,
        "the dot products are not divided by the lengths": -(24 + 0 - 0.2) / 3,
        "you divided by one of the two lengths only": -(24 / 5 + 0 - 0.1) / 3,
        "one cosine for the whole array: take one per row, then the mean": -(24 - 0.2)
        / np.sqrt((25 + 1 + 4) * (25 + 4 + 0.01)),
        "this is the sum over the rows: the mean is asked": 0.04,
        "you worked down the columns: each row is a vector": -np.mean(
            np.sum(prediction * target, axis=0) / np.linalg.norm(prediction, axis=0) / np.linalg.norm(target, axis=0)
        ),
    },
)
# A row of zeros has no direction: it counts as 0.
assert_close(
    cosine_loss(np.array([[0.0, 0.0], [0.3, 0.0]]), np.array([[1.0, 2.0], [0.5, 0.0]])),
    -0.5,
    label="cosine_loss with a row of zeros",
    known={"0/0 has given NaN: a row of zeros has cosine 0": np.nan},
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(44)
prediction, target = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
target[2] = 0.0
assert_close(
    cosine_loss(prediction, target),
    -F.cosine_similarity(torch.tensor(prediction), torch.tensor(target), dim=-1).mean().item(),
    label="cosine_loss of six rows of length four",
)
assert_close(
    cosine_loss(7 * prediction, 0.3 * target),
    cosine_loss(prediction, target),
    label="cosine_loss(7 x, 0.3 y), which must equal cosine_loss(x, y),",
)
### END HIDDEN TESTS

# %% [markdown] id="optimum-look"
# ### Look: what does a loss want to hear?
#
# Forget the inputs: the model may answer one constant $c$ for every example. The targets are skewed (incomes, prices, delays look like this): log-normal 对数正态, median $e\approx 2.72$.
# Which constant is best under MSE, MAE, MSLE, MAPE? Put the four in order before you run it.

# %% id="optimum-figure" tags=["look"]
targets = np.random.default_rng(5).lognormal(mean=1.0, sigma=0.8, size=4001)
constants = np.linspace(0.2, 8, 1561)
curves = {
    name: np.array([loss(np.full_like(targets, c), targets) for c in constants])
    for name, loss in {"MAPE": mape, "MAE": mae, "MSLE": msle, "MSE": mse}.items()
}
best = {name: constants[curve.argmin()] for name, curve in curves.items()}
order = np.sort(targets)
weights = np.cumsum(1 / order)
theory = {
    "MAPE": order[np.searchsorted(weights, weights[-1] / 2)],
    "MAE": np.median(targets),
    "MSLE": np.expm1(np.log1p(targets).mean()),
    "MSE": targets.mean(),
}

fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8))
for (name, curve), colour, dash in zip(curves.items(), figures.COLOURS, figures.DASHES, strict=False):
    left.plot(constants, curve / curve.min(), color=colour, linestyle=dash, label=name)
    right.axvline(best[name], color=colour, linestyle=dash, label=f"{name}: {best[name]:.2f}")
left.set(
    xlabel="the constant answer c",
    ylabel="loss, as a multiple of its own minimum",
    ylim=(0.95, 2),
    title="Four losses on the same targets",
)
left.legend()
right.hist(targets, bins=np.linspace(0, 10, 51), color="0.85")
right.set(xlabel="target", ylabel="number of examples", xlim=(0, 10), title="The constant that each loss likes best")
right.legend()
for name, what in {
    "MAPE": "median, weighted by 1/target",
    "MAE": "median",
    "MSLE": "mean on the scale of log(1 + y)",
    "MSE": "mean",
}.items():
    print(f"{name:5s} best constant {best[name]:.3f}   {what}: {theory[name]:.3f}")

# %% [markdown] id="optimum-answer"
# One data set, four right answers, from about 1.5 to 3.8. The derivative of MAE at $c$ is $\tfrac1n(\#\{y<c\}-\#\{y>c\})$: it vanishes where as many targets lie below as above, which is the **median** 中位数, however far away they are.
# MSE's is $2(c-\bar y)$: the **mean** 均值. MSLE's optimum is the mean on a logarithmic scale. MAPE is a MAE with weights $1/y$, so small targets shout loudest, and its optimum is about half the median:
# a team judged by MAPE learns to forecast low (Gneiting 2011).
# The choice of a loss is the choice of *which number about the distribution* you want.

# %% [markdown] id="robust-idea"
# ## 5. In between: Huber 胡贝尔 and log-cosh, and the slopes of all four
#
# MSE listens to the loudest, MAE cannot settle (its slope is ±1 even a hair from the optimum). Huber joins a parabola to two straight lines at $|r|=\delta$, in value and in slope; log-cosh 对数双曲余弦 does it smoothly:
#
# $$L_\delta(r)=\begin{cases}\tfrac12 r^2&|r|\le\delta\\ \delta\,(|r|-\tfrac12\delta)&\text{otherwise}\end{cases}\quad\text{(Huber 1964, section 1)}\qquad L(r)=\log\cosh r$$
#
# $\cosh 1000$ is beyond float64, but $\log\cosh r=\log\frac{e^{r}+e^{-r}}2$ is just under 1000: the tool of Exercise 1 again.
#
# Slopes $\mathrm dL/\mathrm dr$: $\;2r$ for MSE, $\;\operatorname{sign} r$ for MAE, $\;\tanh r$ for log-cosh, and for Huber $r$ cut off at $\pm\delta$: it is *gradient clipping 梯度裁剪, example by example*.

# %% [markdown] id="robust-task"
# **Exercise 5** · 4 points · about 14 minutes · 1 to 5 lines each
#
# Write `huber`, `log_cosh` and `residual_gradient`, which serves four losses.
#
# <details><summary>Hint 1</summary><code>np.where(condition, a, b)</code> chooses entry by entry.</details>
# <details><summary>Hint 2</summary><code>np.logaddexp(r, -r)</code> is log(eʳ + e⁻ʳ).</details>
# <details><summary>Hint 3</summary>A dict from the loss's name to its slope, and one division by r.size at the end.</details>


# %% nbgrader={"grade_id": "robust", "solution": true}
def huber(prediction, target, delta=1.0):
    """Mean Huber loss over all entries.

    Parameters
    ----------
    prediction, target : ndarrays of one shape, float64
    delta : float, > 0
        Size of the residual at which the parabola becomes a straight line.

    Returns
    -------
    float
        Equal to ``torch.nn.functional.huber_loss``.

    Source: Huber (1964), section 1.
    """
    ### BEGIN SOLUTION
    size = np.abs(prediction - target)
    inner = size.clip(max=delta)
    return np.mean(inner * (size - inner / 2))
    ### END SOLUTION


def log_cosh(prediction, target):
    """Mean of log(cosh(prediction - target)), exact for residuals of ±1000 too.

    Parameters
    ----------
    prediction, target : ndarrays of one shape, float64

    Returns
    -------
    float

    Source: keras.losses.LogCosh.
    """
    ### BEGIN SOLUTION
    gap = prediction - target
    return np.mean(np.logaddexp(gap, -gap)) - np.log(2)
    ### END SOLUTION


def residual_gradient(prediction, target, loss, delta=1.0):
    """Gradient of a mean regression loss with respect to ``prediction``.

    Parameters
    ----------
    prediction, target : ndarrays of one shape, float64
    loss : str
        "mse", "mae", "huber" or "log_cosh".
    delta : float, > 0
        Huber's; the others do not use it.

    Returns
    -------
    ndarray, shape of ``prediction``
        For "mae", 0 where the residual is 0, as in torch.

    Raises
    ------
    ValueError
        Any other ``loss``; the message quotes the name that was given.
    """
    ### BEGIN SOLUTION
    r = prediction - target
    slopes = {"mse": 2 * r, "mae": np.sign(r), "huber": r.clip(-delta, delta), "log_cosh": np.tanh(r)}
    if loss not in slopes:
        raise ValueError(f"unknown loss {loss!r}")
    return slopes[loss] / r.size
    ### END SOLUTION


# %% nbgrader={"grade_id": "robust-huber", "grade": true, "points": 1}
# Residuals 0.5, -3 and 1 cost 1/8, 5/2 and 1/2.
prediction, target = np.array([1.5, -1.0, 4.0]), np.array([1.0, 2.0, 3.0])
assert_close(
    huber(prediction, target),
    3.125 / 3,
    label="huber with the default delta of 1",
    known={
        "this is the sum: the mean is asked": 3.125,
        "the straight part lacks −δ/2, so the pieces do not meet": (0.125 + 3 + 0.5) / 3,
        "the parabola lacks its ½, so the pieces do not meet": (0.25 + 2.5 + 1) / 3,
        "the parabola goes on for negative residuals: compare |r| with δ": (0.125 + 4.5 + 0.5) / 3,
        "the pieces have changed places: the parabola belongs to small residuals": (0.0 + 4.5 + 0.5) / 3,
    },
)
assert_close(
    huber(prediction, target, delta=2.0),
    (0.125 + 4 + 0.5) / 3,
    label="huber with delta=2",
    known={
        "delta plays no part": 3.125 / 3,
        "the straight part must have slope δ: δ(|r| − δ/2)": (0.125 + 2 + 0.5) / 3,
        "you divided by δ: that is torch's SmoothL1Loss, not Huber's": (0.125 + 4 + 0.5) / 6,
        "the straight part is δ(|r| − δ/2), not δ(|r| − ½)": (0.125 + 2 * 2.5 + 0.5) / 3,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(51)
prediction, target = 3 * rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
for delta in (0.3, 1.0, 2.5):
    assert_close(
        huber(prediction, target, delta=delta),
        F.huber_loss(torch.tensor(prediction), torch.tensor(target), delta=delta).item(),
        label=f"huber with delta={delta}",
    )
assert_close(
    huber(prediction, target, delta=1e6),
    np.mean((prediction - target) ** 2) / 2,
    label="huber with a huge delta, which is half the MSE,",
)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "robust-log-cosh", "grade": true, "points": 1}
# cosh(ln 2) = 5/4 and cosh(-ln 4) = 17/8.
prediction, target = np.array([np.log(2), 1.0]), np.array([0.0, 1.0 + np.log(4)])
assert_close(
    log_cosh(prediction, target),
    (np.log(5 / 4) + np.log(17 / 8)) / 2,
    label="log_cosh",
    known={
        "this is the sum: the mean is asked": np.log(5 / 4) + np.log(17 / 8),
        "this is the mean of cosh itself: its logarithm is asked": (5 / 4 + 17 / 8) / 2,
        "the mean comes after the logarithm, not before": np.log((5 / 4 + 17 / 8) / 2),
        "log 2 is missing: cosh is *half* the sum of the two exponentials": (np.log(5 / 4) + np.log(17 / 8)) / 2
        + np.log(2),
    },
)
assert_close(
    log_cosh(np.array([1000.0, -1000.0, 0.0]), np.array([0.0, 0.0, 0.0])),
    2 * (1000 - np.log(2)) / 3,
    label="log_cosh at residuals of ±1000",
    known={
        "cosh has overflowed: write log cosh r with np.logaddexp(r, -r)": np.inf,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(52)
prediction, target = 4 * rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
assert_close(
    log_cosh(prediction, target),
    np.log(np.cosh(prediction - target)).mean(),
    label="log_cosh of arrays of shape (3, 5)",
)
assert_close(log_cosh(np.array([-1000.0]), np.array([0.0])), 1000 - np.log(2), label="log_cosh at a residual of -1000")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "robust-gradient", "grade": true, "points": 2}
# Residuals 0.5, -3, 0 and 2.
prediction, target = np.array([1.5, -1.0, 3.0, 2.0]), np.array([1.0, 2.0, 3.0, 0.0])
r = np.array([0.5, -3.0, 0.0, 2.0])
slopes = {
    "mse": 2 * r,
    "mae": np.array([1.0, -1.0, 0.0, 1.0]),
    "huber": np.array([0.5, -1.0, 0.0, 1.0]),
    "log_cosh": np.tanh(r),
}
for name, slope in slopes.items():
    assert_close(
        residual_gradient(prediction, target, name),
        slope / 4,
        label=f"residual_gradient(…, {name!r})",
        known={
            "the loss is a mean, so its gradient is divided by the number of entries": slope,
            "the sign: the residual is prediction minus target": -slope / 4,
            "the square's derivative is 2r": r / 4,
            "the slope of −r for negative r is −1: this is the sign's absolute value": np.abs(slope) / 4,
            "Huber's slope stays at −δ on the left, and this one grows on": np.minimum(r, 1.0) / 4,
            "Huber's slope stays at ±δ outside, and this one falls to 0": np.where(np.abs(r) <= 1, r, 0.0) / 4,
            "this is the slope of log-cosh's inverse: the derivative of log cosh is sinh/cosh": 1 / np.cosh(r) / 4,
        },
    )
assert_close(
    residual_gradient(prediction, target, "huber", delta=2.5),
    np.array([0.5, -2.5, 0.0, 2.0]) / 4,
    label="residual_gradient(…, 'huber', delta=2.5)",
    known={
        "delta plays no part": np.array([0.5, -1.0, 0.0, 1.0]) / 4,
        "outside, Huber's slope is ±δ, not ±1": np.array([0.5, -1.0, 0.0, 2.0]) / 4,
    },
)
assert_raises(ValueError, residual_gradient, prediction, target, "hubert", mentions="hubert")
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(53)
prediction, target = 3 * rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
leaf = torch.tensor(prediction, requires_grad=True)
oracles = {
    "mse": lambda a, b: F.mse_loss(a, b),
    "mae": lambda a, b: F.l1_loss(a, b),
    "huber": lambda a, b: F.huber_loss(a, b, delta=1.5),
    "log_cosh": lambda a, b: torch.log(torch.cosh(a - b)).mean(),
}
for name, oracle in oracles.items():
    (expected,) = torch.autograd.grad(oracle(leaf, torch.tensor(target)), leaf)
    assert_close(
        residual_gradient(prediction, target, name, delta=1.5),
        expected.numpy(),
        label=f"residual_gradient(…, {name!r}), shape (3, 4),",
    )
assert_close(
    residual_gradient(np.array([1000.0, -1000.0]), np.zeros(2), "log_cosh"),
    np.array([0.5, -0.5]),
    label="the log-cosh gradient at ±1000",
)
### END HIDDEN TESTS

# %% [markdown] id="slopes-look"
# ### Look: four losses and four slopes
#
# A model does not see the loss, it feels the slope. Before you run it: how far apart do log-cosh and Huber ever get?

# %% id="slopes-figure" tags=["look"]
residuals = np.linspace(-4, 4, 321)
one = np.zeros(1)
named = {"MSE": (mse, "mse"), "MAE": (mae, "mae"), "Huber, δ = 1": (huber, "huber"), "log-cosh": (log_cosh, "log_cosh")}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8))
for name, (loss, key) in named.items():
    left.plot(residuals, [loss(np.array([r]), one) for r in residuals], label=name)
    right.plot(residuals, [residual_gradient(np.array([r]), one, key)[0] for r in residuals], label=name)
left.set(xlabel="residual r = prediction − target", ylabel="loss", ylim=(-0.1, 5), title="The loss")
right.set(
    xlabel="residual r = prediction − target", ylabel="dL/dr", ylim=(-3, 3), title="Its slope: what the model feels"
)
left.legend(loc="upper center")
apart = [abs(huber(np.array([r]), one) - log_cosh(np.array([r]), one)) for r in residuals]
print(
    f"Huber and log-cosh: largest difference {max(apart):.3f}; for large |r| it tends to ln 2 - 1/2 = {np.log(2) - 0.5:.3f}"
)

# %% [markdown] id="slopes-answer"
# Near zero Huber and log-cosh are both $r^2/2$, far out both are $|r|$ minus a constant (½ and ln 2): never more than 0.2 apart. Log-cosh has no kink in its slope (second-order methods like that) and no $\delta$ to choose,
# which is also its weakness: its transition sits at $|r|\approx1$ *in the units of your target*. Measure in metres or in millimetres and you have two different losses.

# %% [markdown] id="outliers-look"
# ### Look: a line through data with outliers 离群点
#
# $y=2x+1$ plus noise, and a share of the training targets is replaced by nonsense (20 below). Lines are fitted by gradient descent on *your* `residual_gradient`, and judged on clean held-out data.
# Guess: which loss wins at 0%, which at 20%, and is any of them safe at 40%?

# %% id="outliers-figure" tags=["look"]


def sample_line(rng, n, share=0.0, leverage=0.0):
    x = rng.uniform(-2, 2, size=n)
    y = 2 * x + 1 + rng.normal(scale=0.5, size=n)
    y = np.where(rng.random(n) < share, y - 20, y)
    far = rng.random(n) < leverage
    return np.where(far, 10.0, x), np.where(far, -20.0, y)


def fit_line(x, y, loss, steps=500):
    slope = intercept = 0.0
    for step in range(steps):
        rate = 0.3 / (1 + 0.01 * step) / max(1.0, np.mean(x**2))
        g = residual_gradient(slope * x + intercept, y, loss)
        slope, intercept = slope - rate * (g @ x), intercept - rate * g.sum()
    return slope, intercept


losses = {"MSE": "mse", "MAE": "mae", "Huber, δ = 1": "huber", "log-cosh": "log_cosh"}
shares = np.array([0.0, 0.05, 0.1, 0.2, 0.3, 0.4])
errors = {name: np.zeros((len(shares), 4)) for name in losses}
far_errors = {name: [] for name in losses}
for seed in range(4):
    rng = np.random.default_rng(seed)
    clean_x, clean_y = sample_line(rng, 1000)
    for i, share in enumerate(shares):
        x, y = sample_line(rng, 200, share=share)
        for name, key in losses.items():
            a, b = fit_line(x, y, key)
            errors[name][i, seed] = np.sqrt(mse(a * clean_x + b, clean_y))
    x, y = sample_line(rng, 200, leverage=0.2)
    for name, key in losses.items():
        a, b = fit_line(x, y, key)
        far_errors[name].append(np.sqrt(mse(a * clean_x + b, clean_y)))

rng = np.random.default_rng(1)
x, y = sample_line(rng, 200, share=0.2)
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9))
left.scatter(x, y, s=10, color="0.7")
for name, key in losses.items():
    a, b = fit_line(x, y, key)
    left.plot([-2, 2], [b - 2 * a, b + 2 * a], label=name)
    right.plot(100 * shares, errors[name].mean(axis=1), marker="o", label=name)
left.set(xlabel="x", ylabel="y", title="20% of the targets are nonsense", ylim=(-26, 13))
left.legend(loc="upper left", ncols=2, fontsize=9)
right.axhline(0.5, color="0.6", linewidth=1, linestyle="-")
right.set(
    xlabel="share of nonsense targets (%)",
    ylabel="error on clean held-out data (RMSE)",
    yscale="log",
    title="Mean of 4 data sets; grey: the noise",
)
right.set_yticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
right.minorticks_off()
print("held-out RMSE        0%      20%     40%    20% outliers at x = 10 (leverage)")
for name in losses:
    row = errors[name].mean(axis=1)
    print(f"{name:14s} {row[0]:9.4f} {row[3]:7.3f} {row[5]:8.2f} {np.mean(far_errors[name]):8.2f}")

# %% [markdown] id="outliers-answer"
# On clean Gaussian noise (0%) there is nothing to gain from robustness: the four agree to a thousandth or two. With nonsense in the targets MSE's line moves in proportion to it, at 20% to an error of more than eight times the noise;
# the other three stay near the noise, MAE nearest, and suffer at 40%. Beyond one half no such loss can help: then the nonsense is the majority.
#
# The last column is the limit of all four. An outlier in $x$, a *leverage point* 杠杆点, multiplies even a bounded slope by a large $x$: with 20% of them all four lines turn round. MAE and Huber protect from wild targets, not from wild inputs.

# %% [markdown] id="margin-idea"
# ## 6. Margins: the hinge family 合页损失
#
# Now labels are $y\in\{-1,+1\}$ and the model gives a score $f$. The **margin** 间隔 $m=y f$ is positive where the sign is right. Hinge loss asks for a margin of at least 1, and then loses all interest:
#
# $$\max(0,\,1-y f)\qquad\text{and}\qquad\max(0,\,1-y f)^2\qquad\text{(Cortes \& Vapnik 1995; Keras: \texttt{Hinge}, \texttt{SquaredHinge})}$$
#
# Labels 0/1 are the classic accident: with $y=0$ the loss is 1 whatever the model says, and nothing is learnt from half of the data. Keras converts them silently; yours refuses.
#
# For $C$ classes Keras's categorical hinge takes a one-hot target $t$:
#
# $$\max\big(0,\;1+\max_k\,(1-t_k)f_k-\textstyle\sum_k t_k f_k\big)$$
#
# Read it slowly: the true class is *multiplied to 0*, not left out, so that 0 takes part in the maximum. Crammer & Singer's loss (2001) leaves it out; the two differ when all wrong scores are negative.

# %% [markdown] id="margin-task"
# **Exercise 6** · 4 points · about 12 minutes · 1 to 3 lines each
#
# Write `hinge`, `squared_hinge`, `categorical_hinge` (Keras's definition, to the letter) and `hinge_gradient`.
#
# <details><summary>Hint 1</summary><code>np.isin(label, (-1, 1)).all()</code></details>
# <details><summary>Hint 2</summary><code>np.maximum</code> compares entry by entry; <code>.max(axis=-1)</code> takes the largest of a row.</details>
# <details><summary>Hint 3</summary>Where m &lt; 1 the loss is 1 − y f: differentiate that. Elsewhere the slope is 0.</details>


# %% nbgrader={"grade_id": "margin", "solution": true}
def hinge(score, label):
    """Mean hinge loss.

    Parameters
    ----------
    score : ndarray of any shape, float64
    label : ndarray, shape of ``score``
        Every entry -1 or +1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        A label other than -1 and +1.

    Source: keras.losses.Hinge.
    """
    ### BEGIN SOLUTION
    if not np.isin(label, (-1, 1)).all():
        raise ValueError("labels must be -1 or +1")
    return np.mean((1 - label * score).clip(min=0))
    ### END SOLUTION


def squared_hinge(score, label):
    """Mean of the squared hinge of each entry.

    Parameters
    ----------
    score, label : ndarrays as in ``hinge``; labels are -1 or +1 and need no check here

    Returns
    -------
    float

    Source: keras.losses.SquaredHinge.
    """
    ### BEGIN SOLUTION
    return np.mean((1 - label * score).clip(min=0) ** 2)
    ### END SOLUTION


def categorical_hinge(score, target):
    """Mean categorical hinge loss over the rows.

    Parameters
    ----------
    score : ndarray, shape (B, C), float64
    target : ndarray, shape (B, C)
        One-hot rows.

    Returns
    -------
    float
        The mean of max(0, 1 + max_k (1 - target_k) score_k - sum_k target_k score_k), over the rows.

    Source: keras.losses.CategoricalHinge.
    """
    ### BEGIN SOLUTION
    wrong = np.max((1 - target) * score, axis=1)
    return np.mean((1 + wrong - np.sum(target * score, axis=1)).clip(min=0))
    ### END SOLUTION


def hinge_gradient(score, label):
    """Gradient of ``hinge(score, label)`` with respect to ``score``.

    Parameters
    ----------
    score, label : ndarrays as in ``hinge``; labels are -1 or +1 and need no check here

    Returns
    -------
    ndarray, shape of ``score``
        0 where the margin is exactly 1.
    """
    ### BEGIN SOLUTION
    return np.where(label * score < 1, -label, 0) / score.size
    ### END SOLUTION


# %% nbgrader={"grade_id": "margin-hinge", "grade": true, "points": 1}
# Margins 2, 0.5, -1 and 0.3.
score, label = np.array([2.0, 0.5, 1.0, -0.3]), np.array([1.0, 1.0, -1.0, -1.0])
assert_close(
    hinge(score, label),
    0.8,
    label="hinge",
    known={
        "this is the sum: the mean is asked": 3.2,
        "a margin beyond 1 must cost nothing, not earn something: cut off at 0": (-1 + 0.5 + 2 + 0.7) / 4,
        "you ask for a margin of 0: that is the perceptron's loss": 0.25,
        "the sign of the margin: y f is large where the model is right": (3 + 1.5 + 0 + 1.3) / 4,
    },
)
assert_raises(ValueError, hinge, score, np.array([1.0, 1.0, 0.0, 0.0]))
### BEGIN HIDDEN TESTS
from sklearn.metrics import hinge_loss

rng = np.random.default_rng(61)
score, label = 2 * rng.normal(size=15), rng.choice([-1.0, 1.0], size=15)
assert_close(hinge(score, label), hinge_loss(label, score), label="hinge of 15 scores")
assert_close(
    hinge(score.reshape(5, 3), label.reshape(5, 3)), hinge_loss(label, score), label="hinge of an array of shape (5, 3)"
)
for bad in (0.0, 2.0, -2.0, 0.5):
    label[4] = bad
    assert_raises(ValueError, hinge, score, label)
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "margin-squared", "grade": true, "points": 1}
score, label = np.array([2.0, 0.5, 1.0, -0.3]), np.array([1.0, 1.0, -1.0, -1.0])
assert_close(
    squared_hinge(score, label),
    (0.25 + 4 + 0.49) / 4,
    label="squared_hinge",
    known={
        "this is the sum: the mean is asked": 4.74,
        "you squared the mean: square each example's loss": 0.64,
        "the hinge is cut off at 0 *before* it is squared: a margin of 2 must cost nothing": (1 + 0.25 + 4 + 0.49) / 4,
        "this is the hinge itself: square it": 0.8,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(62)
score, label = 2 * rng.normal(size=(5, 3)), rng.choice([-1.0, 1.0], size=(5, 3))
slow = [max(0.0, 1 - a * b) ** 2 for a, b in zip(score.ravel(), label.ravel(), strict=True)]
assert_close(squared_hinge(score, label), sum(slow) / 15, label="squared_hinge of an array of shape (5, 3)")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "margin-categorical", "grade": true, "points": 1}
# By hand: the first row is safe (2 against 0.5), the second loses 1 + 0.4 - 0.1.
score, target = np.array([[2.0, 0.5, -1.0], [0.2, 0.4, 0.1]]), np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
assert_close(
    categorical_hinge(score, target),
    0.65,
    label="categorical_hinge",
    known={
        "this is the sum over the rows: the mean is asked": 1.3,
        "each row is cut off at 0 before the mean: the first must cost nothing": (-0.5 + 1.3) / 2,
        "you summed over the wrong classes: only the largest wrong score counts": (0.0 + 1.5) / 2,
        "the margin of 1 is missing": 0.15,
        "the true class is still in the maximum: multiply it by 1 − target": (1.0 + 1.3) / 2,
        "this is the mean over all entries: one loss per row": 1.3 / 6,
    },
)
# Negative wrong scores: Keras's 0 for the true class takes part in the maximum.
assert_close(
    categorical_hinge(np.array([[-1.0, -3.0, -4.0]]), np.array([[1.0, 0.0, 0.0]])),
    2.0,
    label="categorical_hinge where all wrong scores are negative",
    known={
        "you left the true class out of the maximum: that is Crammer & Singer's loss, and Keras multiplies it to 0 instead": 0.0
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(63)
score, target = 2 * rng.normal(size=(7, 4)), np.eye(4)[rng.integers(4, size=7)]
slow = []
for row, truth in zip(score, target, strict=True):
    worst = max((1 - t) * s for s, t in zip(row, truth, strict=True))
    slow.append(max(0.0, 1 + worst - sum(t * s for s, t in zip(row, truth, strict=True))))
assert_close(categorical_hinge(score, target), sum(slow) / 7, label="categorical_hinge of seven rows of four classes")
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "margin-gradient", "grade": true, "points": 1}
# Margins 2, 0.5, -1, 0.3 and exactly 1.
score, label = np.array([2.0, 0.5, 1.0, -0.3, 1.0]), np.array([1.0, 1.0, -1.0, -1.0, 1.0])
assert_close(
    hinge_gradient(score, label),
    np.array([0.0, -1.0, 1.0, 1.0, 0.0]) / 5,
    label="hinge_gradient",
    known={
        "the loss is a mean, so its gradient is divided by the number of entries": np.array([0.0, -1.0, 1.0, 1.0, 0.0]),
        "the sign: the score must rise where the label is +1, so the slope there is negative": np.array(
            [0.0, 1.0, -1.0, -1.0, 0.0]
        )
        / 5,
        "where the margin is exactly 1, the slope is to be 0": np.array([0.0, -1.0, 1.0, 1.0, -1.0]) / 5,
        "only wrong examples are pushed here: the hinge pushes until the margin is 1": np.array(
            [0.0, 0.0, 1.0, 0.0, 0.0]
        )
        / 5,
        "an example beyond its margin must not be pushed": np.array([-1.0, -1.0, 1.0, 1.0, -1.0]) / 5,
        "this is the slope of the *squared* hinge": np.array([0.0, -1.0, 4.0, 1.4, 0.0]) / 5,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(64)
score, label = 2 * rng.normal(size=(4, 3)), rng.choice([-1.0, 1.0], size=(4, 3))
assert_gradient(
    hinge_gradient(score, label),
    lambda s: np.maximum(0, 1 - label * s).mean(),
    score,
    label="hinge_gradient of an array of shape (4, 3)",
)
### END HIDDEN TESTS

# %% [markdown] id="surrogates-look"
# ### Look: what stands in for "right or wrong"
#
# We want few errors, but the count of errors is flat: its slope is 0 almost everywhere. So we train on a *surrogate* 替代损失. Which of them still push an example that is already right, with a margin of 2? And which push an outlier hardest?

# %% id="surrogates-figure" tags=["look"]
margins = np.linspace(-3, 3, 241)
plus = np.ones(1)
curves = {
    "hinge": [hinge(np.array([m]), plus) for m in margins],
    "squared hinge": [squared_hinge(np.array([m]), plus) for m in margins],
    "binary cross-entropy / ln 2": [bce_from_logits(np.array([m]), plus) / np.log(2) for m in margins],
}
step = 1e-6
slopes = {
    "hinge": [hinge_gradient(np.array([m]), plus)[0] for m in margins],
    "squared hinge": [
        (squared_hinge(np.array([m + step]), plus) - squared_hinge(np.array([m - step]), plus)) / (2 * step)
        for m in margins
    ],
    "binary cross-entropy / ln 2": [bce_gradient(np.array([m]), plus)[0] / np.log(2) for m in margins],
}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.8))
left.plot(margins, margins <= 0, color="0.6", linestyle="-", linewidth=3, label="an error counts 1")
for (name, curve), colour, dash in zip(curves.items(), figures.COLOURS, figures.DASHES, strict=False):
    left.plot(margins, curve, color=colour, linestyle=dash, label=name)
    right.plot(margins, slopes[name], color=colour, linestyle=dash, label=name)
left.set(xlabel="margin y·f", ylabel="loss", ylim=(-0.1, 5), title="All three lie above the count of errors")
right.set(
    xlabel="margin y·f", ylabel="slope of the loss", ylim=(-5, 0.4), title="Slope: who still pushes, and how hard"
)
left.legend(loc="upper right", fontsize=9)
for name, slope in slopes.items():
    print(f"{name:28s} slope at margin -2: {slope[40]:7.3f}   at 0: {slope[120]:7.3f}   at 2: {slope[200]:7.3f}")

# %% [markdown] id="surrogates-answer"
# Each lies above the 0/1 count (cross-entropy after division by ln 2), so pushing it down pushes the errors' ceiling down. The hinge is exactly flat beyond 1: only the examples inside the margin, the support vectors 支持向量, shape the model.
# Cross-entropy never quite stops pushing, which is why it goes on to sharpen probabilities and why weights of a separable problem grow without end. The squared hinge is the most easily shouted at: its slope at a margin of −2 is −6, six times the hinge's.

# %% [markdown] id="focal-idea"
# ## 7. Focal loss 焦点损失: easy examples should be quiet
#
# A detector looks at 100,000 boxes and perhaps 100 hold something. Each easy background box costs little, but there are a thousand times as many, and together they can drown the rest. Lin et al. (2017) turn them down.
# Let $p_t$ be the probability that the model gives to the *true* class ($p$ where $y=1$, $1-p$ where $y=0$):
#
# $$\mathrm{FL}=-\alpha_t\,(1-p_t)^{\gamma}\,\log p_t\qquad\text{(Lin et al. 2017, eq. 5)}$$
#
# with $\alpha_t=\alpha$ where $y=1$ and $1-\alpha$ where $y=0$. With $\gamma=0$ and no $\alpha$ it is binary cross-entropy. With $x_t=\pm z$ the logit *for the true class*,
#
# $$\frac{\partial\,\mathrm{FL}}{\partial x_t}=\alpha_t\,(1-p_t)^{\gamma}\big(\gamma\,p_t\log p_t+p_t-1\big)\qquad\text{(appendix B there)}$$

# %% [markdown] id="focal-task"
# **Exercise 7** · 4 points · about 16 minutes · 4 to 6 lines each
#
# Write `focal_loss` and `focal_gradient`, from logits, safe at ±1000.
#
# <details><summary>Hint 1</summary>Let <code>sign = 2 * y - 1</code>. Then x_t = sign·z, and log p_t = −log(1 + e^(−x_t)) = <code>-np.logaddexp(0, -sign * z)</code>.</details>
# <details><summary>Hint 2</summary>1 − p_t is the sigmoid of −x_t: take <code>expit(-sign * z)</code>. It does not lose its last digits as 1 − expit(x_t) does.</details>
# <details><summary>Hint 3</summary>The gradient is asked with respect to z: ∂x_t/∂z = sign. And the loss is a mean.</details>


# %% nbgrader={"grade_id": "focal", "solution": true}
def focal_loss(z, y, gamma=2.0, alpha=0.25):
    """Mean focal loss of logits, exact for every finite logit (±1000 included).

    Parameters
    ----------
    z : ndarray of any shape, float64
        Logits of class 1.
    y : ndarray, shape of ``z``
        Labels 0 or 1.
    gamma : float, >= 0
        How strongly easy examples are turned down; 0 not at all.
    alpha : float in [0, 1], or None
        Weight of class 1, with 1 - alpha for class 0; None weighs both with 1.

    Returns
    -------
    float
        The mean over all entries.

    Source: Lin et al. (2017), eq. 5 (which divides by the number of positives instead).
    """
    ### BEGIN SOLUTION
    x = (2 * y - 1) * z
    weight = 1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)
    return np.mean(weight * expit(-x) ** gamma * np.logaddexp(0, -x))
    ### END SOLUTION


def focal_gradient(z, y, gamma=2.0, alpha=0.25):
    """Gradient of ``focal_loss(z, y, gamma, alpha)`` with respect to ``z``.

    Parameters
    ----------
    z, y, gamma, alpha
        As in ``focal_loss``.

    Returns
    -------
    ndarray, shape of ``z``

    Source: Lin et al. (2017), appendix B.
    """
    ### BEGIN SOLUTION
    sign = 2 * y - 1
    x = sign * z
    weight = 1 if alpha is None else alpha * y + (1 - alpha) * (1 - y)
    pull = gamma * expit(x) * np.logaddexp(0, -x) + expit(-x)
    return -sign * weight * expit(-x) ** gamma * pull / z.size
    ### END SOLUTION


# %% nbgrader={"grade_id": "focal-loss", "grade": true, "points": 2}
# σ(ln 3) = 3/4. So p_t = 3/4 where y = 1, and 1/4 where y = 0.
z, y = np.log(np.array([3.0, 3.0])), np.array([1.0, 0.0])
easy, hard = np.log(4 / 3) / 16, np.log(4) * 9 / 16
assert_close(
    focal_loss(z, y),
    (0.25 * easy + 0.75 * hard) / 2,
    label="focal_loss with the default gamma and alpha",
    known={
        "this is the sum: the mean is asked": 0.25 * easy + 0.75 * hard,
        "class 0 has weight 1 − α": (0.25 * easy + 0.25 * hard) / 2,
        "the weights have changed places: α belongs to class 1": (0.75 * easy + 0.25 * hard) / 2,
        "α plays no part": (easy + hard) / 2,
        "this turns *hard* examples down: the factor is (1 − p_t)^γ": (
            0.25 * np.log(4 / 3) * 9 / 16 + 0.75 * np.log(4) / 16
        )
        / 2,
        "you used p where p_t is meant: for y = 0 it is 1 − p": (0.25 * easy + 0.75 * np.log(4) / 16) / 2,
        "class 0 costs nothing here: its p_t is 1 − p": 0.25 * easy / 2,
    },
)
assert_close(
    focal_loss(z, y, gamma=0.0, alpha=None),
    (np.log(4 / 3) + np.log(4)) / 2,
    label="focal_loss with gamma=0 and alpha=None, which is binary cross-entropy,",
    known={"alpha=None weighs both classes with 1": (np.log(4 / 3) + np.log(4)) / 4},
)
assert_close(
    focal_loss(np.array([1000.0, -1000.0, 1000.0, -1000.0]), np.array([0.0, 1.0, 1.0, 0.0])),
    250.0,
    label="focal_loss at ±1000",
    known={
        "log 0 is −∞: compute log p_t from the logit, with np.logaddexp": np.inf,
        "0·∞ has given NaN: compute log p_t from the logit, with np.logaddexp": np.nan,
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(71)
z, y = 3 * rng.normal(size=(4, 3)), (rng.random((4, 3)) < 0.4).astype(float)
for gamma, alpha in ((2.0, 0.25), (0.5, 0.9), (5.0, None), (0.0, 0.5), (1.0, 0.0)):
    ce = F.binary_cross_entropy_with_logits(torch.tensor(z), torch.tensor(y), reduction="none")
    weights = 1.0 if alpha is None else torch.tensor(np.where(y == 1, alpha, 1 - alpha))
    expected = (weights * (1 - torch.exp(-ce)) ** gamma * ce).mean().item()
    assert_close(
        focal_loss(z, y, gamma=gamma, alpha=alpha), expected, label=f"focal_loss with gamma={gamma}, alpha={alpha}"
    )
### END HIDDEN TESTS

# %% nbgrader={"grade_id": "focal-gradient", "grade": true, "points": 2}
# γ = 0 and no α: prediction minus truth, over n.
z, y = np.log(np.array([3.0, 3.0])), np.array([1.0, 0.0])
assert_close(
    focal_gradient(z, y, gamma=0.0, alpha=None),
    np.array([-0.125, 0.375]),
    label="focal_gradient with gamma=0 and alpha=None, which is that of binary cross-entropy,",
    known={
        "the loss is a mean, so its gradient is divided by the number of entries": np.array([-0.25, 0.75]),
        "this is the derivative with respect to x_t: for y = 0 the logit is −x_t, so the sign turns": np.array(
            [-0.125, -0.375]
        ),
        "the sign: prediction minus truth": np.array([0.125, -0.375]),
    },
)
pulls = np.array([1 / 16 * (2 * 0.75 * np.log(0.75) + 0.75 - 1), 9 / 16 * (2 * 0.25 * np.log(0.25) + 0.25 - 1)])
frozen = np.array([1 / 16 * (0.75 - 1), 9 / 16 * (0.25 - 1)])
signed = np.array([0.25, -0.75]) / 2
assert_close(
    focal_gradient(z, y),
    signed * pulls,
    label="focal_gradient with the default gamma and alpha",
    known={
        "you held the factor (1 − p_t)^γ fixed: it depends on z too (product rule)": signed * frozen,
        "class 0 has weight 1 − α": np.array([0.25, -0.25]) / 2 * pulls,
        "the weights have changed places: α belongs to class 1": np.array([0.75, -0.25]) / 2 * pulls,
        "α plays no part": np.array([1.0, -1.0]) / 2 * pulls,
        "the sign of γ p_t log p_t: the modulating factor adds to the push": signed * (2 * frozen - pulls),
    },
)
### BEGIN HIDDEN TESTS
rng = np.random.default_rng(72)
z, y = 3 * rng.normal(size=(4, 3)), (rng.random((4, 3)) < 0.4).astype(float)
for gamma, alpha in ((2.0, 0.25), (0.5, 0.9), (5.0, None), (1.0, 0.1)):
    leaf = torch.tensor(z, requires_grad=True)
    ce = F.binary_cross_entropy_with_logits(leaf, torch.tensor(y), reduction="none")
    weights = 1.0 if alpha is None else torch.tensor(np.where(y == 1, alpha, 1 - alpha))
    (expected,) = torch.autograd.grad((weights * (1 - torch.exp(-ce)) ** gamma * ce).mean(), leaf)
    assert_close(
        focal_gradient(z, y, gamma=gamma, alpha=alpha),
        expected.numpy(),
        rtol=1e-6,
        atol=1e-11,
        label=f"focal_gradient with gamma={gamma}, alpha={alpha}",
    )
assert_close(
    focal_gradient(np.array([1000.0, -1000.0, 1000.0, -1000.0]), np.array([0.0, 1.0, 1.0, 0.0])),
    np.array([0.75, -0.25, 0.0, 0.0]) / 4,
    label="focal_gradient at ±1000",
)
### END HIDDEN TESTS

# %% [markdown] id="gamma-look"
# ### Look: what γ does to the gradient, and to the answer
#
# Left: the push on one example against $p_t$. Right: suppose 30% of identical examples are positive. The honest answer is $p=0.3$; which $p$ does focal loss *like best*? (It is found by trying all, for every true share.)

# %% id="gamma-figure" tags=["look"]
gammas = (0.0, 0.5, 2.0, 5.0)
logits = np.linspace(-9, 9, 1801)
one, nil = np.ones(1), np.zeros(1)
fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.9))
true_shares = np.linspace(0.01, 0.99, 99)
liked = {}
for gamma in gammas:
    push = np.array([-focal_gradient(np.array([v]), one, gamma, None)[0] for v in logits])
    left.semilogy(expit(logits), push, label=f"γ = {gamma:g}")
    if_yes = np.array([focal_loss(np.array([v]), one, gamma, None) for v in logits])
    if_no = np.array([focal_loss(np.array([v]), nil, gamma, None) for v in logits])
    liked[gamma] = np.array([expit(logits[np.argmin(share * if_yes + (1 - share) * if_no)]) for share in true_shares])
    right.plot(true_shares, liked[gamma], label=f"γ = {gamma:g}")
left.set(
    xlabel="$p_t$, probability given to the true class",
    ylabel=r"push, $-\partial\,\mathrm{FL}/\partial x_t$",
    ylim=(1e-6, 8),
    title="γ silences the easy examples",
)
left.legend(loc="lower left")
right.set(
    xlabel="true share of positives",
    ylabel="answer that focal loss likes best",
    title="γ > 0 draws the best answer towards ½",
)
right.legend(loc="upper left")
at = {p: int(np.argmin(np.abs(expit(logits) - p))) for p in (0.1, 0.9, 0.99)}
for p, i in at.items():
    plain, focused = (-focal_gradient(logits[i : i + 1], one, g, None)[0] for g in (0.0, 2.0))
    print(f"p_t = {p:<5}: the push with γ = 2 is {focused / plain:.2g} times that of cross-entropy")
print(f"best answer for a true share of 0.1: {', '.join(f'{liked[g][9]:.2f} (γ = {g:g})' for g in gammas)}")

# %% [markdown] id="gamma-answer"
# At $p_t=0.99$ the push is some 3,000 times smaller, at 0.9 about 35 times. But mind the other end: at $p_t=0.1$ it is about 1.2 times *larger* than cross-entropy's, because the factor's own derivative adds to it. "Focal loss only down-weights" is not true of gradients.
#
# The right panel is what the textbooks leave out. Cross-entropy is a *proper* scoring rule: its best answer is the true share. Focal loss is not (Charoenphakdee et al. 2021): the order of answers survives, their values are drawn towards one half. Rank with it; do not read its outputs as probabilities without recalibrating 校准.

# %% [markdown] id="imbalance-look"
# ### Look: does focal loss beat cross-entropy at 1:100?
#
# Two small islands of positives in a sea of negatives, one to a hundred. One and the same small network is trained with four losses, five times with new data, by *your* gradients (`z.backward(your_gradient)`), and judged on 20,000 held-out examples:
# average precision (does it *rank* well?) and the mean predicted probability, divided by the true share (can its output be *believed*?). The best possible ranking is known, because we know how the data were made. Your bet?

# %% id="imbalance-figure" tags=["look"]
from sklearn.metrics import average_precision_score

torch.set_num_threads(1)
islands = np.array([[2.0, 2.0], [-3.0, 1.0]])


def sample_islands(n, rng):
    y = (rng.random(n) < 1 / 101).astype(float)
    positive = islands[rng.integers(2, size=n)] + 0.4 * rng.normal(size=(n, 2))
    return np.where(y[:, None] == 1, positive, rng.normal(size=(n, 2))), y


def best_score(x):
    sea = np.exp(-(x**2).sum(axis=1) / 2)
    land = sum(np.exp(-((x - centre) ** 2).sum(axis=1) / (2 * 0.16)) / (2 * 0.16) for centre in islands)
    return land / (land + 100 * sea + 1e-300)


def train(gradient, x, y, seed, steps=300):
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1)).double()
    torch.nn.init.constant_(net[2].bias, -np.log(100))  # start at the prior, as Lin et al. do (section 3.3)
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(steps):
        optimiser.zero_grad()
        z = net(torch.from_numpy(x)).squeeze(1)
        z.backward(torch.from_numpy(gradient(z.detach().numpy(), y)))
        optimiser.step()
    return lambda points: net(torch.from_numpy(points)).squeeze(1).detach().numpy()


rivals = {
    "cross-entropy": bce_gradient,
    "weighted CE, α = 0.99": lambda z, y: focal_gradient(z, y, 0.0, 0.99),
    "focal, γ = 2, α = 0.25": focal_gradient,
    "focal, γ = 2, no α": lambda z, y: focal_gradient(z, y, 2.0, None),
}
precision = {name: [] for name in rivals}
inflation = {name: [] for name in rivals}
ceiling = []
for seed in range(5):
    rng = np.random.default_rng(seed)
    x, y = sample_islands(4000, rng)
    new_x, new_y = sample_islands(20000, rng)
    ceiling.append(average_precision_score(new_y, best_score(new_x)))
    for name, gradient in rivals.items():
        scores = train(gradient, x, y, seed)(new_x)
        precision[name].append(average_precision_score(new_y, scores))
        inflation[name].append(expit(scores).mean() / new_y.mean())

fig, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.6), sharey=True)
for row, name in enumerate(rivals):
    left.plot(precision[name], [row] * 5, "o", color="0.55", alpha=0.8)
    left.plot(np.mean(precision[name]), row, "|", color="black", markersize=26, markeredgewidth=2.5)
    right.plot(inflation[name], [row] * 5, "o", color="0.55", alpha=0.8)
    right.plot(np.mean(inflation[name]), row, "|", color="black", markersize=26, markeredgewidth=2.5)
left.axvline(np.mean(ceiling), linestyle="--", color="#0072B2", linewidth=1.2)
left.text(np.mean(ceiling), -0.72, "best possible ", ha="right", color="#0072B2", fontsize=9)
left.set_yticks(range(4), list(rivals))
left.set_ylim(3.6, -0.95)
left.set(xlabel="average precision on held-out data", title="Ranking (5 data sets, bar: mean)")
left.set_xticks([0.6, 0.65, 0.7, 0.75])
right.set(xlabel="mean predicted probability / true share", xscale="log", title="Belief: 1 is honest")
right.set_xticks([1, 2, 4], ["1", "2", "4"])
right.minorticks_off()
right.axvline(1, linestyle="--", color="#0072B2", linewidth=1.2)
for name in rivals:
    change = np.array(precision[name]) - np.array(precision["cross-entropy"])
    print(
        f"{name:24s} AP {np.mean(precision[name]):.3f}   against CE {change.mean():+.3f} ± {change.std(ddof=1) / np.sqrt(5):.3f} (s.e.)   predicted/true {np.mean(inflation[name]):.2f}"
    )

# %% [markdown] id="imbalance-answer"
# Here: no. Focal loss ranks within a hundredth of cross-entropy, where the data sets themselves differ by several; class weights rank no better, and on one data set far worse. What does change is the *belief*: cross-entropy predicts the true share, focal loss two to three times as much, class weights about five times.
#
# That is not a refutation of the paper. Its gain (COCO, average precision 31.1 with the best α alone, 34.0 with γ = 2; table 1 there) comes from about 100,000 mostly trivial boxes per image and a large network. The lesson is more modest and more useful:
# imbalance by itself is no reason to leave cross-entropy; very many *easy* examples may be. Try it, on held-out data, and recalibrate if you need probabilities.

# %% [markdown] id="interview"
# ## Interview questions
#
# Answer aloud first, then unfold.
#
# <details><summary><b>1. Why cross-entropy and not MSE for classification? 分类为什么用交叉熵而不用均方误差？</b></summary>
#
# Three reasons. *Likelihood*: labels are draws from a categorical law, and cross-entropy is its negative log-likelihood; MSE is that of Gaussian noise on a real number. *Gradient*: with softmax or sigmoid, cross-entropy's gradient on the logits is $p-y$, while MSE's carries the extra factor $p(1-p)$ and dies where the model is confidently wrong ("the confidently wrong classifier": at a lead of 12 the pulls are about 1 and under $10^{-5}$; seven steps against no progress in 300). *Shape*: cross-entropy is convex in the logits, MSE after a sigmoid is not.
# Not a reason: "MSE gives wrong probabilities". MSE on probabilities is the Brier score, a proper scoring rule too; its optimum is right, the road to it is bad. And MSE on bare scores trains well (Hui & Belkin 2021).
# </details>
# <details><summary><b>2. Why do libraries want logits and not probabilities? 为什么从 logits 计算？</b></summary>
#
# Because $1-p$ has lost its digits before the logarithm sees it. In float32, $\sigma(17)$ is exactly 1: the loss is cut off or infinite, and the gradient through the sigmoid is exactly 0 ("what the detour through $p$ costs"). From logits, $\log(1+e^z)-yz$ by log-sum-exp is exact for ±1000 and its gradient $\sigma(z)-y$ is right everywhere. Softmax followed by a logarithm has the same fault, hence `log_softmax`.
# </details>
# <details><summary><b>3. Derive the gradient of softmax cross-entropy. Which other losses have the same form, and why?</b></summary>
#
# $L=-\sum_k y_kz_k+\log\sum_je^{z_j}$ if $\sum_k y_k=1$; differentiate: $\partial L/\partial z_k=-y_k+e^{z_k}/\sum_je^{z_j}=p_k-y_k$. The same "prediction minus truth" came out for the sigmoid ($\sigma(z)-y$), for Poisson counts ($e^s-k$) and comes out for half the MSE ($\hat y-y$): each is the negative log-likelihood of an exponential family in its natural parameter, and there the derivative of the log-normaliser is the mean.
# Over the classes it sums to zero: what one logit gains, the others lose.
# </details>
# <details><summary><b>4. Cross-entropy, NLL, KL, entropy: how are they related? Can the loss reach zero?</b></summary>
#
# $\mathrm{CE}(p,q)=H(p)+\mathrm{KL}(p\,\|\,q)$; the mean NLL of labels drawn from $p$ is its estimate ("cross-entropy = NLL = entropy + KL": equal to rounding, and the drawn labels within their error bars). $H(p)$ has no parameters, so the three have one minimum. Its value is the entropy of the labels given the input: zero only where labels are deterministic. A training loss far below that means memorised noise. With label smoothing 标签平滑 the targets have entropy themselves, and zero is out of reach by design.
# </details>
# <details><summary><b>5. KL is not symmetric. Which direction when? KL 散度的方向如何选择？</b></summary>
#
# $\mathrm{KL}(p\,\|\,q)$, the truth first, punishes leaving anything out: it covers. $\mathrm{KL}(q\,\|\,p)$ punishes inventing anything: it picks a mode ("the two directions of KL": one Gaussian for two modes comes out wide and between them, or narrow and in the larger one). Maximum likelihood, distillation and label smoothing use the first: one needs samples of $p$ only. Variational inference and the KL penalty in RLHF use the second: one samples $q$ and must be able to evaluate $p$ (up to a constant). Neither is a distance: no symmetry, no triangle inequality.
# In torch mind three traps: `kl_div` takes *log* q first, p second, and its default "mean" divides by $B\cdot C$; "batchmean" is the divergence.
# </details>
# <details><summary><b>6. When Huber, when MSE, when MAE? 什么时候用 Huber？</b></summary>
#
# Ask what the noise is. Gaussian and clean: MSE, the likelihood (at 0% in "a line through data with outliers" nothing beats it). Wild *targets*: Huber, whose held-out error rose by under a fifth at 20% nonsense while MSE's rose more than eightfold. MAE is more robust still, but its slope does not shrink near the optimum, so that constant steps jitter, and on clean noise it is less efficient (asymptotically $2/\pi\approx 64\%$ of MSE's information for Gaussian noise). $\delta$ is a scale: about 1.345 robust standard deviations keeps 95% efficiency. None of them helps against wild *inputs*: see the leverage column.
# In deep learning Huber is the usual loss for boxes and for temporal-difference errors in DQN, where its slope clips the gradient per example.
# </details>
# <details><summary><b>7. Why is the median MAE's optimum? What are MAPE's and MSLE's? MAE 的最优解为什么是中位数？</b></summary>
#
# $\frac{\mathrm d}{\mathrm dc}\frac1n\sum|c-y_i|=\frac1n(\#\{y_i<c\}-\#\{y_i>c\})$, zero when both sides hold equally many. Distances do not enter: move the largest target to infinity and nothing changes, which is the robustness. Tilting the two slopes, $\tau$ and $1-\tau$, gives any quantile 分位数 (pinball loss). MSE: the mean. MSLE: $\exp(\overline{\log(1+y)})-1$. MAPE: the median under weights $1/|y|$, hence low forecasts. "What does a loss want to hear?" prints all four beside the theory.
# </details>
# <details><summary><b>8. What does γ do in focal loss? When does it help? 焦点损失的 γ 对梯度有什么影响？</b></summary>
#
# It multiplies an example's loss by $(1-p_t)^\gamma$. On gradients ("what γ does"): with γ = 2, some 3,000 times less at $p_t=0.99$, about 35 times less at 0.9, and about 1.2 times *more* at 0.1. So the sum of very many easy gradients no longer hides a few hard ones. α only balances the classes; since γ has already silenced most negatives, the best α for positives is *small* (0.25), against intuition.
# It helps with very many easy examples (dense detection). At 1:100 on our data it ranked within a hundredth of cross-entropy, and its probabilities were too high by a factor of two to three: it is not a proper scoring rule. And what it leaves loud includes the wrong labels.
# </details>
# <details><summary><b>9. Hinge or cross-entropy?</b></summary>
#
# Both bound the number of errors from above ("what stands in for right or wrong"). The hinge stops at margin 1: sparse support vectors, fast kernels, but scores without probability. Cross-entropy keeps pushing: calibrated probabilities, smooth gradients, and on separable data weights that grow without bound unless regularised or stopped (their direction tends to the maximum-margin one). Deep networks use cross-entropy; hinge lives on in SVMs, in ranking and metric learning (triplet loss is a hinge) and in some GANs.
# Mind the labels: ±1 for the hinge. And Keras's categorical hinge is not Crammer & Singer's: a true score of −1 against −3 and −4 costs 2 and 0.
# </details>
# <details><summary><b>10. Softmax or sigmoid at the output? 多标签分类用哪个？</b></summary>
#
# Exclusive classes: softmax and categorical cross-entropy. Labels that may hold together: one sigmoid and one binary cross-entropy each. The notes give softmax for multi-label fine-tuning of BERT; "softmax or sigmoid?" shows it: for the labels (1, 1, 0) softmax ends at ½, ½, 0 whatever the training, sigmoids near 1, 1, 0. For two exclusive classes it is one and the same: $\mathrm{softmax}(z_1,z_2)_2=\sigma(z_2-z_1)$.
# </details>
# <details><summary><b>11. Mean or sum? What is BERT's pre-training loss exactly?</b></summary>
#
# A sum makes the gradient grow with the batch, so the learning rate must follow; a mean does not. With masks the denominator decides: count what counts. BERT's loss is the mean over *masked tokens* of the MLM cross-entropy plus the mean over *pairs* of the NSP one; the notes' "batch average" would divide the first by all tokens and shrink it about sevenfold ("softmax or sigmoid?", line c). Averaging per sequence first and then over sequences is yet another number when lengths differ: tokens in short sequences then weigh more. The same question returns with gradient accumulation: a mean of means is not the mean.
# </details>
# <details><summary><b>12. The Poisson loss is negative. Is that a bug? And why not MSE on counts?</b></summary>
#
# No: $\log k!$ was dropped, so only differences mean something. Its minimum is at rate = count, where the gradient $e^s-k$ vanishes. MSE assumes one variance for all; a Poisson count has variance λ, so an error of 3 is much at λ = 1 and nothing at λ = 1000. If the variance exceeds the mean (it often does), the mean is still estimated consistently, but use a negative binomial for honest uncertainty.
# </details>
# <details><summary><b>13. Why not train on accuracy or F1 itself?</b></summary>
#
# Its slope is zero almost everywhere (the grey step in "what stands in for right or wrong"): nothing to descend. F1 moreover does not split into a sum over examples, so a batch's F1 estimates nothing in particular. Train on a surrogate, *choose* (threshold, epoch, model) by the metric on held-out data.
# </details>
# <details><summary><b>14. Cosine loss: what does its gradient look like?</b></summary>
#
# Cosine ignores length, so the gradient is orthogonal to the prediction and scales as $1/\lVert\hat y\rVert$: it turns the vector and never rescales it, and a step along an orthogonal direction can only lengthen it; long vectors then learn slowly. Hence normalised embeddings and a temperature in contrastive learning. Your test `cosine_loss(7x, 0.3y) = cosine_loss(x, y)` is that invariance.
# </details>

# %% [markdown] id="written-question"
# ## A question to answer in words · 4 points
#
# A colleague trains a defect detector: one defect to a hundred good photographs, one sigmoid output, loss `mse(sigmoid(z), y)`. It starts from an old checkpoint that answers $p\approx10^{-5}$ for everything.
# After a day the loss stands at 0.0099, accuracy at 99%, and no defect has ever been found. "It has converged", says the colleague; "we need focal loss."
#
# In about 150 words: (a) what does 0.0099 tell you? (b) Why does training not move? Give the gradient. (c) What do you change first, and is focal loss it? (d) How will you know that it worked?

# %% [markdown] nbgrader={"grade_id": "written-detector", "grade": true, "solution": true, "points": 4}
# (a) With $p\approx0$ everywhere the loss is the share of defects, about 1/101 = 0.0099, and accuracy is 99%: both are what the constant answer "no defect" earns. Nothing has been learnt.
#
# (b) The gradient on the logit is $2(p-y)\,p(1-p)/n$. For a defect, $p=10^{-5}$: about $-2\cdot10^{-5}/n$. The sigmoid is saturated, so the examples that are most wrong push least. It has not converged, it is on a plateau.
#
# (c) Cross-entropy from logits: the gradient is $(p-y)/n$, a hundred thousand times larger for a missed defect; and start the last bias at the prior, $\log(1/100)$. Focal loss is not the first step: it would cure the plateau too, but for the reason that it is built on cross-entropy; on top of that it distorts probabilities, and whether its $\gamma$ helps must be measured.
#
# (d) On held-out photographs: average precision or recall at a tolerable precision, against the constant answer's (average precision 0.01), with a threshold chosen on validation data, and calibration. Not accuracy.
#
# ### BEGIN MARK SCHEME
# One point each. Half points are allowed.
#
# - (a) Recognises the loss or the accuracy as that of the constant answer (share of defects, about 1/100).
# - (b) Gives the factor p(1 − p), or the chain rule through the sigmoid, *and* concludes that the confidently wrong examples push least. "Vanishing gradient" alone: ½.
# - (c) Changes to cross-entropy from logits with its gradient p − y. Focal loss alone, with no word that its cure comes from the logarithm: ½. Oversampling or class weights with MSE kept: 0, the factor is still there.
# - (d) A ranking metric or recall and precision, on held-out data, against a baseline. "Accuracy goes up": 0.
# ### END MARK SCHEME

# %% [markdown] id="library"
# ## What you have just written
#
# | yours | torch | Keras |
# | --- | --- | --- |
# | `bce_from_probabilities`, `bce_from_logits` | `F.binary_cross_entropy`, `…_with_logits` | `BinaryCrossentropy(from_logits=…)` |
# | `categorical_…`, `sparse_categorical_cross_entropy` | `F.cross_entropy` (both) | `CategoricalCrossentropy`, `SparseCategoricalCrossentropy` |
# | `kl_divergence` | `F.kl_div(log_q, p, reduction="batchmean")` | `KLDivergence` |
# | `poisson_loss` | `F.poisson_nll_loss` | `Poisson` (takes the rate) |
# | `mse`, `mae` | `F.mse_loss`, `F.l1_loss` | `MeanSquaredError`, `MeanAbsoluteError` |
# | `mape`, `msle`, `cosine_loss` | none, none, minus `F.cosine_similarity` | `MeanAbsolutePercentageError`, `MeanSquaredLogarithmicError`, `CosineSimilarity` |
# | `huber`, `log_cosh` | `F.huber_loss`, none | `Huber`, `LogCosh` |
# | `hinge`, `squared_hinge`, `categorical_hinge` | none (`F.multi_margin_loss` is a relative) | `Hinge`, `SquaredHinge`, `CategoricalHinge` |
# | `focal_loss` | `torchvision.ops.sigmoid_focal_loss` | `BinaryFocalCrossentropy` |

# %% [markdown] id="references"
# ## References
#
# - C. Bishop (2006), *Pattern Recognition and Machine Learning*, sections 4.3.2, 4.3.4 and 4.3.6.
# - T. Cover, J. Thomas (2006), *Elements of Information Theory*, 2nd ed., sections 2.1 to 2.3.
# - P. McCullagh, J. Nelder (1989), *Generalized Linear Models*, 2nd ed., chapter 6.
# - P. Huber (1964), "Robust Estimation of a Location Parameter", *Annals of Mathematical Statistics* 35.
# - T. Gneiting (2011), "Making and Evaluating Point Forecasts", *JASA* 106.
# - C. Cortes, V. Vapnik (1995), "Support-Vector Networks", *Machine Learning* 20. K. Crammer, Y. Singer (2001), "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines", *JMLR* 2.
# - T.-Y. Lin, P. Goyal, R. Girshick, K. He, P. Dollár (2017), "Focal Loss for Dense Object Detection", ICCV; arXiv:1708.02002.
# - N. Charoenphakdee et al. (2021), "On Focal Loss for Class-Posterior Probability Estimation", CVPR; arXiv:2011.09172.
# - L. Hui, M. Belkin (2021), "Evaluation of Neural Architectures Trained with Square Loss vs Cross-Entropy in Classification Tasks", ICLR; arXiv:2006.07322.
# - Documentation of `torch.nn` (loss functions) and of `keras.losses`.
