# %% mistake="entropy-nan" points=3 says="a class that never happens contributes nothing"
def entropy(p):
    return -np.mean(np.sum(p * np.log(p), axis=-1))


# %% mistake="entropy-bits" points=3 says="this is in bits"
def entropy(p):
    return -np.mean(np.sum(xlogy(p, p), axis=-1)) / np.log(2)


# %% mistake="entropy-sum-over-rows" points=3 says="this is the sum over the rows"
def entropy(p):
    return -np.sum(xlogy(p, p))


# %% mistake="kl-reversed" points=3 says="this is KL(q‖p)"
def kl_divergence(p, q):
    return np.mean(np.sum(xlogy(q, q) - xlogy(q, p), axis=-1))


# %% mistake="kl-cross-entropy" points=3 says="this is the cross-entropy"
def kl_divergence(p, q):
    return -np.mean(np.sum(xlogy(p, q), axis=-1))


# %% mistake="kl-torch-mean" points=3 says="this is the mean over all entries"
def kl_divergence(p, q):
    return np.mean(xlogy(p, p) - xlogy(p, q))


# %% mistake="kl-nan" points=3 says="a class with p = 0 contributes nothing"
def kl_divergence(p, q):
    return np.mean(np.sum(p * np.log(p / q), axis=-1))


# %% mistake="kl-clipped" points=3 says="you cut the probabilities off at 1e-7, as Keras does"
def kl_divergence(p, q):
    p, q = np.clip(p, 1e-7, 1), np.clip(q, 1e-7, 1)
    return np.mean(np.sum(p * np.log(p / q), axis=-1))


# %% mistake="poisson-rate-for-its-logarithm" points=3 says="you took the logarithm of the rate for the rate itself"
def poisson_loss(log_rate, count):
    return np.mean(log_rate - count * np.log(np.maximum(log_rate, 1e-8)))


# %% mistake="poisson-with-factorial" points=3 says="you kept log k!"
def poisson_loss(log_rate, count):
    from scipy.special import gammaln

    return np.mean(np.exp(log_rate) - count * log_rate + gammaln(count + 1))


# %% mistake="poisson-gradient-wrt-rate" points=3 says="this is the derivative with respect to the rate"
def poisson_gradient(log_rate, count):
    return (1 - count / np.exp(log_rate)) / log_rate.size


# %% mistake="poisson-gradient-no-exponential" points=3 says="you subtracted the count from the logarithm of the rate"
def poisson_gradient(log_rate, count):
    return (log_rate - count) / log_rate.size


# %% mistake="poisson-gradient-not-averaged" points=3 says="so its gradient is divided by the number of entries"
def poisson_gradient(log_rate, count):
    return np.exp(log_rate) - count


# %% right="where-and-loops"
def entropy(p):
    return float(np.mean([-sum(v * np.log(v) for v in row if v > 0) for row in p]))


def kl_divergence(p, q):
    total = 0.0
    for one, other in zip(p, q, strict=True):
        for a, b in zip(one, other, strict=True):
            if a > 0:
                total += a * (np.log(a) - np.log(b)) if b > 0 else np.inf
    return total / len(p)


def poisson_loss(log_rate, count):
    rate = np.exp(log_rate)
    return (rate - count * log_rate).sum() / rate.size


# %% right="library-calls"
from scipy.special import entr, rel_entr


def entropy(p):
    return entr(p).sum(axis=1).mean()


def kl_divergence(p, q):
    return rel_entr(p, q).sum(axis=1).mean()


def poisson_loss(log_rate, count):
    return F.poisson_nll_loss(torch.tensor(log_rate), torch.tensor(count)).item()


def poisson_gradient(log_rate, count):
    leaf = torch.tensor(log_rate, requires_grad=True)
    F.poisson_nll_loss(leaf, torch.tensor(count)).backward()
    return leaf.grad.numpy()
