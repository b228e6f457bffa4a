# %% mistake="huber-gap" points=3 says="the straight part lacks −δ/2"
def huber(prediction, target, delta=1.0):
    size = np.abs(prediction - target)
    return np.mean(np.where(size <= delta, size**2 / 2, delta * size))


# %% mistake="huber-no-half" points=3 says="the parabola lacks its ½"
def huber(prediction, target, delta=1.0):
    size = np.abs(prediction - target)
    return np.mean(np.where(size <= delta, size**2, delta * (size - delta / 2)))


# %% mistake="huber-signed-comparison" points=3 says="compare |r| with δ"
def huber(prediction, target, delta=1.0):
    r = prediction - target
    return np.mean(np.where(r <= delta, r**2 / 2, delta * (np.abs(r) - delta / 2)))


# %% mistake="huber-smooth-l1" points=3 says="that is torch's SmoothL1Loss"
def huber(prediction, target, delta=1.0):
    size = np.abs(prediction - target)
    return np.mean(np.where(size < delta, size**2 / (2 * delta), size - delta / 2))


# %% mistake="log-cosh-overflow" points=3 says="cosh has overflowed"
def log_cosh(prediction, target):
    return np.mean(np.log(np.cosh(prediction - target)))


# %% mistake="log-cosh-no-log-2" points=3 says="log 2 is missing"
def log_cosh(prediction, target):
    r = prediction - target
    return np.mean(np.logaddexp(r, -r))


# %% mistake="log-cosh-mean-first" points=3 says="the mean comes after the logarithm"
def log_cosh(prediction, target):
    return np.log(np.mean(np.cosh(prediction - target)))


# %% mistake="gradient-not-averaged" points=2 says="so its gradient is divided by the number of entries"
def residual_gradient(prediction, target, loss, delta=1.0):
    r = prediction - target
    slopes = {"mse": 2 * r, "mae": np.sign(r), "huber": np.clip(r, -delta, delta), "log_cosh": np.tanh(r)}
    if loss not in slopes:
        raise ValueError(f"unknown loss {loss!r}")
    return slopes[loss]


# %% mistake="gradient-huber-stops-outside" points=2 says="this one falls to 0"
def residual_gradient(prediction, target, loss, delta=1.0):
    r = prediction - target
    slopes = {"mse": 2 * r, "mae": np.sign(r), "huber": np.where(np.abs(r) <= delta, r, 0), "log_cosh": np.tanh(r)}
    if loss not in slopes:
        raise ValueError(f"unknown loss {loss!r}")
    return slopes[loss] / r.size


# %% mistake="gradient-mse-without-two" points=2 says="the square's derivative is 2r"
def residual_gradient(prediction, target, loss, delta=1.0):
    r = prediction - target
    slopes = {"mse": r, "mae": np.sign(r), "huber": np.clip(r, -delta, delta), "log_cosh": np.tanh(r)}
    if loss not in slopes:
        raise ValueError(f"unknown loss {loss!r}")
    return slopes[loss] / r.size


# %% mistake="gradient-huber-slope-one" points=2 says="outside, Huber's slope is ±δ, not ±1"
def residual_gradient(prediction, target, loss, delta=1.0):
    r = prediction - target
    if loss == "mse":
        return 2 * r / r.size
    if loss == "mae":
        return np.sign(r) / r.size
    if loss == "huber":
        return np.where(np.abs(r) <= delta, r, np.sign(r)) / r.size
    if loss == "log_cosh":
        return np.tanh(r) / r.size
    raise ValueError(f"unknown loss {loss!r}")


# %% mistake="gradient-key-error" points=2 says="raised KeyError"
def residual_gradient(prediction, target, loss, delta=1.0):
    r = prediction - target
    slopes = {"mse": 2 * r, "mae": np.sign(r), "huber": np.clip(r, -delta, delta), "log_cosh": np.tanh(r)}
    return slopes[loss] / r.size


# %% right="where-and-stable-forms"
def huber(prediction, target, delta=1.0):
    size = np.abs(prediction - target)
    return np.mean(np.where(size <= delta, 0.5 * size**2, delta * (size - 0.5 * delta)))


def log_cosh(prediction, target):
    size = np.abs(prediction - target)
    return np.mean(size + np.log1p(np.exp(-2 * size)) - np.log(2))


def residual_gradient(prediction, target, loss, delta=1.0):
    r = prediction - target
    if loss == "mse":
        g = 2 * r
    elif loss == "mae":
        g = np.where(r > 0, 1.0, np.where(r < 0, -1.0, 0.0))
    elif loss == "huber":
        g = np.where(np.abs(r) <= delta, r, delta * np.sign(r))
    elif loss == "log_cosh":
        g = 2 * expit(2 * r) - 1
    else:
        raise ValueError(f"{loss} is not one of mse, mae, huber, log_cosh")
    return g / g.size


# %% right="torch-calls"
def huber(prediction, target, delta=1.0):
    return F.huber_loss(torch.tensor(prediction), torch.tensor(target), delta=delta).item()


def log_cosh(prediction, target):
    r = torch.tensor(prediction - target)
    return (r + F.softplus(-2 * r) - np.log(2)).mean().item()


def residual_gradient(prediction, target, loss, delta=1.0):
    leaf, truth = torch.tensor(prediction, requires_grad=True), torch.tensor(target)
    losses = {
        "mse": F.mse_loss,
        "mae": F.l1_loss,
        "huber": lambda a, b: F.huber_loss(a, b, delta=delta),
        "log_cosh": lambda a, b: torch.logaddexp(a - b, b - a).mean(),
    }
    try:
        losses[loss](leaf, truth).backward()
    except KeyError:
        raise ValueError(f"no such loss: {loss}") from None
    return leaf.grad.numpy()
