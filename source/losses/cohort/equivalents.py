"""Mutants of the references that no test can tell from them: all of them exchange what may be exchanged."""

SAME_SIZE = "the size of a difference does not depend on its order"
SAME_SUM = "logaddexp is symmetric in its two arguments"

EQUIVALENT = [
    {
        "exercise": "bce",
        "was": "return np.mean(np.logaddexp(0, z) - y * z)",
        "now": "return np.mean(np.logaddexp(z, 0) - y * z)",
        "reason": SAME_SUM,
    },
    {
        "exercise": "regression",
        "was": "return np.mean((prediction - target) ** 2)",
        "now": "return np.mean((((target) - (prediction))) ** 2)",
        "reason": SAME_SIZE,
    },
    {
        "exercise": "regression",
        "was": "return np.mean(np.abs(prediction - target))",
        "now": "return np.mean(np.abs(((target) - (prediction))))",
        "reason": SAME_SIZE,
    },
    {
        "exercise": "regression",
        "was": "return np.mean((np.log1p(prediction) - np.log1p(target)) ** 2)",
        "now": "return np.mean((((np.log1p(target)) - (np.log1p(prediction)))) ** 2)",
        "reason": SAME_SIZE,
    },
    {
        "exercise": "regression",
        "was": "return 100 * np.mean(np.abs(prediction - target) / np.abs(target).clip(min=eps))",
        "now": "return 100 * np.mean(np.abs(((target) - (prediction))) / np.abs(target).clip(min=eps))",
        "reason": SAME_SIZE,
    },
    {
        "exercise": "robust",
        "was": "size = np.abs(prediction - target)",
        "now": "size = np.abs(((target) - (prediction)))",
        "reason": SAME_SIZE,
    },
    {
        "exercise": "robust",
        "was": "gap = prediction - target",
        "now": "gap = ((target) - (prediction))",
        "reason": "log cosh is even: the gap enters as gap and as -gap, symmetrically",
    },
    {
        "exercise": "robust",
        "was": "gap = prediction - target",
        "now": "gap = -(prediction - target)",
        "reason": "log cosh is even: the gap enters as gap and as -gap, symmetrically",
    },
    {
        "exercise": "robust",
        "was": "return np.mean(np.logaddexp(gap, -gap)) - np.log(2)",
        "now": "return np.mean(np.logaddexp(-gap, gap)) - np.log(2)",
        "reason": SAME_SUM,
    },
    {
        "exercise": "focal",
        "was": "return np.mean(weight * expit(-x) ** gamma * np.logaddexp(0, -x))",
        "now": "return np.mean(weight * expit(-x) ** gamma * np.logaddexp(-x, 0))",
        "reason": SAME_SUM,
    },
    {
        "exercise": "focal",
        "was": "pull = gamma * expit(x) * np.logaddexp(0, -x) + expit(-x)",
        "now": "pull = gamma * expit(x) * np.logaddexp(-x, 0) + expit(-x)",
        "reason": SAME_SUM,
    },
]


def any_logits(rng):
    return rng.choice([0.0, 1e-3, 1.0, 30.0, 1000.0]) * rng.normal(size=4)


def try_bce(answer, rng):
    return answer["bce_from_logits"](any_logits(rng), rng.random(4))


def try_regression(answer, rng):
    prediction, target = rng.gamma(1.0, size=5), rng.gamma(1.0, size=5)
    target[rng.integers(5)] = rng.choice([0.0, prediction[0]])
    return [answer[name](prediction, target) for name in ("mse", "mae", "mape", "msle")]


def try_robust(answer, rng):
    prediction, target = any_logits(rng), any_logits(rng)
    prediction[0] = target[0] + rng.choice([-1.0, 0.0, 1.0])
    return [answer["huber"](prediction, target), answer["log_cosh"](prediction, target)]


def try_focal(answer, rng):
    z, y = any_logits(rng), rng.integers(2, size=4).astype(float)
    gamma, alpha = rng.choice([0.0, 0.5, 2.0]), rng.choice([0.0, 0.25, 1.0])
    return [answer["focal_loss"](z, y, gamma, alpha), answer["focal_gradient"](z, y, gamma, alpha)]
