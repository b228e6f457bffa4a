# %% mistake="p-naive" points=3 says="cut each logarithm off at −100 before you multiply"
def bce_from_probabilities(p, y):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


# %% mistake="p-clipped-as-keras" points=3 says="you cut p off at 1e-7, as Keras does"
def bce_from_probabilities(p, y):
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


# %% mistake="p-positive-term-only" points=3 says="you left out (1 − y) log(1 − p)"
def bce_from_probabilities(p, y):
    return -np.mean(y * np.maximum(np.log(p), -100))


# %% mistake="p-sum" points=3 says="this is the sum over the batch"
def bce_from_probabilities(p, y):
    yes, no = np.maximum(np.log(p), -100), np.maximum(np.log(1 - p), -100)
    return -np.sum(y * yes + (1 - y) * no)


# %% mistake="z-overflow" points=2 says="e^z has overflowed"
def bce_from_logits(z, y):
    return np.mean(np.log(1 + np.exp(z)) - y * z)


# %% mistake="z-through-the-probability" points=2 says="you went through the probability"
def bce_from_logits(z, y):
    return bce_from_probabilities(expit(z), y)


# %% mistake="z-target-sign" points=2 says="the sign of the target"
def bce_from_logits(z, y):
    return np.mean(np.logaddexp(0, z) - (1 - y) * z)


# %% mistake="gradient-not-averaged" points=3 says="so its gradient is divided by the number of entries"
def bce_gradient(z, y):
    return expit(z) - y


# %% mistake="gradient-with-sigmoid-slope" points=3 says="the logarithm has cancelled it"
def bce_gradient(z, y):
    p = expit(z)
    return (p - y) * p * (1 - p) / z.size


# %% mistake="gradient-by-rows" points=3 says="so its gradient is divided by the number of entries"
def bce_gradient(z, y):
    return (expit(z) - y) / len(z)


# %% right="loop-and-cases"
import math


def bce_from_probabilities(p, y):
    def log(value):
        return max(math.log(value), -100.0) if value > 0 else -100.0

    pairs = list(zip(np.ravel(p), np.ravel(y), strict=True))
    return sum(-(b * log(a) + (1 - b) * log(1 - a)) for a, b in pairs) / len(pairs)


def bce_from_logits(z, y):
    return float(np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))))


def bce_gradient(z, y):
    size = np.exp(-np.abs(z))
    return (np.where(z >= 0, 1 / (1 + size), size / (1 + size)) - y) / np.size(z)


# %% right="torch-calls"
def bce_from_probabilities(p, y):
    return F.binary_cross_entropy(torch.tensor(p), torch.tensor(y)).item()


def bce_from_logits(z, y):
    return F.binary_cross_entropy_with_logits(torch.from_numpy(z), torch.from_numpy(y)).numpy()


def bce_gradient(z, y):
    leaf = torch.tensor(z, requires_grad=True)
    F.binary_cross_entropy_with_logits(leaf, torch.tensor(y)).backward()
    return leaf.grad.numpy()


# %% right="log-after-errstate"
def bce_from_probabilities(p, y):
    with np.errstate(divide="ignore"):
        yes, no = np.log(p).clip(min=-100), np.log1p(-p).clip(min=-100)
    return (-y * yes - (1 - y) * no).mean()


def bce_gradient(z, y):
    with np.errstate(over="ignore"):
        return (1 / (1 + np.exp(-z)) - y) / z.size
