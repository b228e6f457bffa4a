"""Mutants of the references that no test can tell from them."""

MEETS = "the two branches meet there: both give the same value"
SYMMETRIC = "minimum does not mind the order of its arguments"
UNUSED = "np.where takes the left branch for z ≤ 0 alone, and there the minimum is z itself"

EQUIVALENT = [
    {
        "exercise": "squashing",
        "was": "return np.where(z >= 0, 1.0, small) / (1 + small), small / (1 + small) ** 2",
        "now": "return np.where(z > 0, 1.0, small) / (1 + small), small / (1 + small) ** 2",
        "reason": MEETS,
    },
    {
        "exercise": "rectifiers",
        "was": "return np.where(z > 0, z, alpha * np.expm1(left)), np.where(z > 0, 1.0, alpha * np.exp(left))",
        "now": "return np.where(z >= 0, z, alpha * np.expm1(left)), np.where(z > 0, 1.0, alpha * np.exp(left))",
        "reason": MEETS,
    },
    {
        "exercise": "rectifiers",
        "was": "left = np.minimum(z, 0.0)",
        "now": "left = np.minimum(z, 1.0)",
        "reason": UNUSED,
    },
    {
        "exercise": "rectifiers",
        "was": "left = np.minimum(z, 0.0)",
        "now": "left = np.minimum(0.0, z)",
        "reason": SYMMETRIC,
    },
    {
        "exercise": "rectifiers",
        "was": "left = np.minimum(z, 0.0)",
        "now": "left = (z)",
        "reason": UNUSED + "; e^z may overflow on the right, where nobody takes it",
    },
    {
        "exercise": "rectifiers",
        "was": "slopes = np.where(z > theta, 1.0, 0.0)",
        "now": "slopes = np.where(1.0, z > theta, 0.0)",
        "reason": "1.0 counts as true, so this is z > theta itself, as 1 and 0",
    },
    {
        "exercise": "prelu",
        "was": "return np.where(x > 0, x, slope * x)",
        "now": "return np.where(x >= 0, x, slope * x)",
        "reason": MEETS,
    },
    {
        "exercise": "prelu",
        "was": "return d_out * np.where(x > 0, 1.0, slope), np.sum(d_out * np.minimum(x, 0.0), axis=0)",
        "now": "return d_out * np.where(x > 0, 1.0, slope), np.sum(d_out * np.minimum(0.0, x), axis=0)",
        "reason": SYMMETRIC,
    },
    {
        "exercise": "softmax",
        "was": "weights = np.exp(z - z.max(axis=-1, keepdims=True))",
        "now": "weights = -(np.exp(z - z.max(axis=-1, keepdims=True)))",
        "reason": "the sign stands above and below the line",
    },
    {
        "exercise": "depth",
        "was": "values, slopes = activation(z) if number < len(layers) else (z, np.ones_like(z))",
        "now": "values, slopes = activation(z) if number != len(layers) else (z, np.ones_like(z))",
        "reason": "number is never larger than the number of layers",
    },
    {
        "exercise": "depth",
        "was": "values, slopes = activation(z) if number < len(layers) else (z, np.ones_like(z))",
        "now": "values, slopes = activation(z) if number is not len(layers) else (z, np.ones_like(z))",
        "reason": "CPython keeps one object for each small number",
    },
    {
        "exercise": "depth",
        "was": "for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape), strict=True):",
        "now": "for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape), strict=False):",
        "reason": "the tape has a pair for each layer",
    },
    {
        "exercise": "depth",
        "was": "for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape), strict=True):",
        "now": "for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape)):",
        "reason": "the tape has a pair for each layer",
    },
]


def _inputs(rng, *shape):
    """Numbers of many sizes, exact zeros among them."""
    return rng.choice([0.0, 1e-9, 1.0, 40.0, 1000.0], size=shape) * rng.normal(size=shape)


def try_squashing(answer, rng):
    """Zeros, and both tails."""
    z = _inputs(rng, 6)
    return answer["sigmoid"](z), answer["tanh"](z)


def try_rectifiers(answer, rng):
    """Zeros, what overflows, and thresholds that are met exactly."""
    z, theta = _inputs(rng, 6), rng.random()
    z[0] = theta
    with np.errstate(over="ignore"):
        return answer["elu"](z, rng.normal()), answer["thresholded_relu"](z, theta)


def try_prelu(answer, rng):
    """Zeros, and slopes of both signs."""
    x, slope, d_out = _inputs(rng, 3, 4), 2 * rng.normal(size=4), rng.normal(size=(3, 4))
    return answer["prelu"](x, slope), answer["prelu_backward"](d_out, x, slope)


def try_softmax(answer, rng):
    """Rows of many sizes."""
    return answer["softmax"](_inputs(rng, 2, 3, 4))


def try_depth(answer, rng):
    """A network of one to four layers, forward and back."""
    sizes = rng.integers(1, 4, size=int(rng.integers(2, 6)))
    layers = [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairwise(sizes)]
    output, tape = answer["deep_forward"](rng.normal(size=(2, sizes[0])), layers, lambda z: (z**2, 2 * z))
    return output, tape, answer["deep_backward"](rng.normal(size=output.shape), layers, tape)
