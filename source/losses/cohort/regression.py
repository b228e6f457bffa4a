# %% mistake="mse-halved" points=3 says="the ½ belongs to other definitions"
def mse(prediction, target):
    return np.mean((prediction - target) ** 2) / 2


# %% mistake="mse-root" points=3 says="this is the root, RMSE"
def mse(prediction, target):
    return np.sqrt(np.mean((prediction - target) ** 2))


# %% mistake="mse-rows" points=3 says="mse is an array, where a number (float) is asked for"
def mse(prediction, target):
    return np.mean((prediction - target) ** 2, axis=-1)


# %% mistake="mae-signed" points=3 says="errors of opposite sign have cancelled"
def mae(prediction, target):
    return np.abs(np.mean(prediction - target))


# %% mistake="mae-sum" points=3 says="this is the sum: the mean is asked"
def mae(prediction, target):
    return np.abs(prediction - target).sum()


# %% mistake="mape-fraction" points=3 says="this is a fraction"
def mape(prediction, target, eps=1e-7):
    return np.mean(np.abs(prediction - target) / np.maximum(np.abs(target), eps))


# %% mistake="mape-of-the-prediction" points=3 says="you divided by the prediction"
def mape(prediction, target, eps=1e-7):
    return 100 * np.mean(np.abs(prediction - target) / np.maximum(np.abs(prediction), eps))


# %% mistake="mape-negative-targets" points=3 says="errors on negative targets count as gains"
def mape(prediction, target, eps=1e-7):
    return 100 * np.mean(np.abs(prediction - target) / target)


# %% mistake="mape-plus-eps" points=3 says="it is a lower bound, max(|y|, eps)"
def mape(prediction, target, eps=1e-7):
    return 100 * np.mean(np.abs(prediction - target) / (np.abs(target) + eps))


# %% mistake="msle-log-without-one" points=3 says="the logarithm is of 1 + value"
def msle(prediction, target):
    return np.mean((np.log(prediction) - np.log(target)) ** 2)


# %% mistake="msle-log-of-the-error" points=3 says="take the difference of the two logarithms"
def msle(prediction, target):
    return np.mean(np.log1p(np.abs(prediction - target)) ** 2)


# %% mistake="cosine-no-minus" points=3 says="as a loss it carries a minus"
def cosine_loss(prediction, target):
    norms = np.linalg.norm(prediction, axis=-1) * np.linalg.norm(target, axis=-1)
    return np.mean(np.sum(prediction * target, axis=-1) / np.maximum(norms, 1e-8))


# %% mistake="cosine-distance" points=3 says="this is 1 − cos"
def cosine_loss(prediction, target):
    norms = np.linalg.norm(prediction, axis=-1) * np.linalg.norm(target, axis=-1)
    return 1 - np.mean(np.sum(prediction * target, axis=-1) / np.maximum(norms, 1e-8))


# %% mistake="cosine-of-the-whole-array" points=3 says="one cosine for the whole array"
def cosine_loss(prediction, target):
    return -np.sum(prediction * target) / np.linalg.norm(prediction) / np.linalg.norm(target)


# %% mistake="cosine-of-zero" points=3 says="a row of zeros has cosine 0"
def cosine_loss(prediction, target):
    norms = np.linalg.norm(prediction, axis=-1) * np.linalg.norm(target, axis=-1)
    return -np.mean(np.sum(prediction * target, axis=-1) / norms)


# %% right="loops"
def mse(prediction, target):
    r = (prediction - target).ravel()
    return float(r @ r) / r.size


def mae(prediction, target):
    return sum(abs(a - b) for a, b in zip(np.ravel(prediction), np.ravel(target), strict=True)) / np.size(target)


def mape(prediction, target, eps=1e-7):
    size = np.where(np.abs(target) < eps, eps, np.abs(target))
    return np.mean(100 * np.abs((target - prediction) / size))


def msle(prediction, target):
    return np.mean(np.log((1 + prediction) / (1 + target)) ** 2)


def cosine_loss(prediction, target):
    total = 0.0
    for a, b in zip(prediction, target, strict=True):
        if a.any() and b.any():
            total -= a @ b / np.sqrt((a @ a) * (b @ b))
    return total / len(prediction)


# %% right="library-calls"
from sklearn.metrics import mean_absolute_error, mean_squared_error


def mse(prediction, target):
    return mean_squared_error(target, prediction)


def mae(prediction, target):
    return mean_absolute_error(target, prediction)


def cosine_loss(prediction, target):
    return -F.cosine_similarity(torch.tensor(prediction), torch.tensor(target), dim=-1).mean().item()


# %% right="normalise-first"
def cosine_loss(prediction, target):
    def unit(v):
        return v / np.sqrt(np.maximum((v * v).sum(axis=-1, keepdims=True), 1e-12))

    return -np.einsum("bd,bd->b", unit(prediction), unit(target)).mean()
