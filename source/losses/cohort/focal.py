# %% mistake="loss-alpha-for-both" points=2 says="class 0 has weight 1 − α"
def focal_loss(z, y, gamma=2.0, alpha=0.25):
    x = (2 * y - 1) * z
    weight = 1 if alpha is None else alpha
    return np.mean(weight * expit(-x) ** gamma * np.logaddexp(0, -x))


# %% mistake="loss-alpha-swapped" points=2 says="the weights have changed places"
def focal_loss(z, y, gamma=2.0, alpha=0.25):
    x = (2 * y - 1) * z
    weight = 1 if alpha is None else np.where(y == 0, alpha, 1 - alpha)
    return np.mean(weight * expit(-x) ** gamma * np.logaddexp(0, -x))


# %% mistake="loss-hard-examples-down" points=2 says="this turns *hard* examples down"
def focal_loss(z, y, gamma=2.0, alpha=0.25):
    x = (2 * y - 1) * z
    weight = 1 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    return np.mean(weight * expit(x) ** gamma * np.logaddexp(0, -x))


# %% mistake="loss-p-for-p-t" points=2 says="you used p where p_t is meant"
def focal_loss(z, y, gamma=2.0, alpha=0.25):
    weight = 1 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    return np.mean(weight * expit(-z) ** gamma * (np.logaddexp(0, z) - y * z))


# %% mistake="loss-from-probabilities" points=2 says="compute log p_t from the logit"
def focal_loss(z, y, gamma=2.0, alpha=0.25):
    p = expit(z)
    p_t = np.where(y == 1, p, 1 - p)
    weight = 1 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    return np.mean(-weight * (1 - p_t) ** gamma * np.log(p_t))


# %% mistake="gradient-factor-held-fixed" points=2 says="it depends on z too (product rule)"
def focal_gradient(z, y, gamma=2.0, alpha=0.25):
    sign = 2 * y - 1
    weight = 1 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    p_t = expit(sign * z)
    return weight * sign * (1 - p_t) ** gamma * (p_t - 1) / z.size


# %% mistake="gradient-wrt-x-t" points=2 says="this is the derivative with respect to x_t"
def focal_gradient(z, y, gamma=2.0, alpha=0.25):
    x = (2 * y - 1) * z
    weight = 1 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    p_t = expit(x)
    return weight * (1 - p_t) ** gamma * (-gamma * p_t * np.logaddexp(0, -x) + p_t - 1) / z.size


# %% mistake="gradient-not-averaged" points=2 says="so its gradient is divided by the number of entries"
def focal_gradient(z, y, gamma=2.0, alpha=0.25):
    sign = 2 * y - 1
    weight = 1 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    p_t = expit(sign * z)
    return weight * sign * (1 - p_t) ** gamma * (-gamma * p_t * np.logaddexp(0, -sign * z) + p_t - 1)


# %% mistake="gradient-log-term-sign" points=2 says="the sign of γ p_t log p_t"
def focal_gradient(z, y, gamma=2.0, alpha=0.25):
    sign = 2 * y - 1
    weight = 1 if alpha is None else np.where(y == 1, alpha, 1 - alpha)
    p_t = expit(sign * z)
    return weight * sign * (1 - p_t) ** gamma * (gamma * p_t * np.logaddexp(0, -sign * z) + p_t - 1) / z.size


# %% right="torch-and-autograd"
def _focal(z, y, gamma, alpha):
    ce = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    loss = (1 - torch.exp(-ce)) ** gamma * ce
    return loss.mean() if alpha is None else ((alpha * y + (1 - alpha) * (1 - y)) * loss).mean()


def focal_loss(z, y, gamma=2.0, alpha=0.25):
    return _focal(torch.tensor(z), torch.tensor(y), gamma, alpha).item()


def focal_gradient(z, y, gamma=2.0, alpha=0.25):
    leaf = torch.tensor(z, requires_grad=True)
    _focal(leaf, torch.tensor(y), gamma, alpha).backward()
    return leaf.grad.numpy()


# %% right="the-paper-s-form"
def focal_loss(z, y, gamma=2.0, alpha=0.25):
    yes, no = expit(z), expit(-z)
    a, b = (1.0, 1.0) if alpha is None else (alpha, 1 - alpha)
    first = a * y * no**gamma * np.logaddexp(0, -z)
    second = b * (1 - y) * yes**gamma * np.logaddexp(0, z)
    return (first + second).mean()


def focal_gradient(z, y, gamma=2.0, alpha=0.25):
    g = np.empty_like(z)
    for i in np.ndindex(z.shape):
        x = z[i] if y[i] == 1 else -z[i]
        p_t, log_p_t = expit(x), -np.logaddexp(0, -x)
        slope = (1 - p_t) ** gamma * (gamma * p_t * log_p_t + p_t - 1)
        weight = 1.0 if alpha is None else (alpha if y[i] == 1 else 1 - alpha)
        g[i] = weight * slope * (1 if y[i] == 1 else -1) / z.size
    return g
