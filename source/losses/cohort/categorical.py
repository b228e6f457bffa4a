# %% mistake="log-softmax-overflow" points=3 says="log_softmax at ±1000 is wrong"
def log_softmax(z):
    return np.log(np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True))


# %% mistake="log-softmax-one-maximum" points=3 says="log_softmax at ±1000 is wrong"
def log_softmax(z):
    shifted = z - z.max()
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


# %% mistake="log-softmax-columns" points=3 says="you summed down the columns"
def log_softmax(z):
    shifted = z - z.max(axis=0)
    return shifted - np.log(np.exp(shifted).sum(axis=0))


# %% mistake="log-softmax-in-place" points=3 says="the argument z, which must stay as it was"
def log_softmax(z):
    z -= z.max(axis=-1, keepdims=True)
    z -= np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return z


# %% mistake="log-softmax-no-log" points=3 says="these are the probabilities"
def log_softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# %% mistake="soft-mean-over-everything" points=3 says="this is the mean over all B·C entries"
def categorical_cross_entropy(z, target, log_softmax=log_softmax):
    return -np.mean(target * log_softmax(z))


# %% mistake="soft-argmax" points=3 says="a soft target is a distribution"
def categorical_cross_entropy(z, target, log_softmax=log_softmax):
    return -np.mean(log_softmax(z)[np.arange(len(z)), target.argmax(axis=-1)])


# %% mistake="soft-sum" points=3 says="this is the sum over the batch"
def categorical_cross_entropy(z, target, log_softmax=log_softmax):
    return -np.sum(target * log_softmax(z))


# %% mistake="sparse-divides-by-all" points=3 says="you divided by all rows"
def sparse_categorical_cross_entropy(z, labels, ignore_index=-100, log_softmax=log_softmax):
    keep = labels != ignore_index
    return -log_softmax(z[keep])[np.arange(keep.sum()), labels[keep]].sum() / len(labels)


# %% mistake="sparse-negative-labels-only" points=3 says="ignore_index plays no part"
def sparse_categorical_cross_entropy(z, labels, ignore_index=-100, log_softmax=log_softmax):
    keep = labels >= 0
    return -np.mean(log_softmax(z[keep])[np.arange(keep.sum()), labels[keep]])


# %% mistake="sparse-whole-columns" points=3 says="you want one entry per row"
def sparse_categorical_cross_entropy(z, labels, ignore_index=-100, log_softmax=log_softmax):
    keep = labels != ignore_index
    return -np.mean(log_softmax(z[keep])[:, labels[keep]])


# %% mistake="gradient-not-averaged" points=3 says="so its gradient is divided by B"
def cross_entropy_gradient(z, target, log_softmax=log_softmax):
    return np.exp(log_softmax(z)) - target


# %% mistake="gradient-over-all-entries" points=3 says="you divided by all B·C entries"
def cross_entropy_gradient(z, target, log_softmax=log_softmax):
    return (np.exp(log_softmax(z)) - target) / z.size


# %% mistake="gradient-wrt-p" points=3 says="this is the derivative with respect to p"
def cross_entropy_gradient(z, target, log_softmax=log_softmax):
    return -target / np.exp(log_softmax(z)) / len(z)


# %% right="scipy-and-einsum"
from scipy.special import logsumexp


def log_softmax(z):
    return z - logsumexp(z, axis=1, keepdims=True)


def categorical_cross_entropy(z, target, log_softmax=log_softmax):
    return -np.einsum("bc,bc->", target, log_softmax(z)) / z.shape[0]


def sparse_categorical_cross_entropy(z, labels, ignore_index=-100, log_softmax=log_softmax):
    keep = np.flatnonzero(labels != ignore_index)
    return -log_softmax(z)[keep, labels[keep]].mean()


def cross_entropy_gradient(z, target, log_softmax=log_softmax):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return (e / e.sum(axis=1, keepdims=True) - target) / z.shape[0]


# %% right="loops-that-ignore-the-argument"
def log_softmax(z):
    rows = []
    for row in z:
        top = max(row)
        rows.append([v - top - np.log(sum(np.exp(w - top) for w in row)) for v in row])
    return np.array(rows)


def categorical_cross_entropy(z, target, log_softmax=log_softmax):
    total = 0.0
    for logits, truth in zip(z, target, strict=True):
        total -= float(truth @ (logits - np.logaddexp.reduce(logits)))
    return total / len(z)


def sparse_categorical_cross_entropy(z, labels, ignore_index=-100, log_softmax=log_softmax):
    costs = [np.logaddexp.reduce(row) - row[k] for row, k in zip(z, labels, strict=True) if k != ignore_index]
    return float(np.mean(costs))


# %% right="torch-calls"
def log_softmax(z):
    return torch.log_softmax(torch.tensor(z), dim=1).numpy()


def categorical_cross_entropy(z, target, log_softmax=log_softmax):
    return F.cross_entropy(torch.tensor(z), torch.tensor(target)).item()


def sparse_categorical_cross_entropy(z, labels, ignore_index=-100, log_softmax=log_softmax):
    return F.cross_entropy(torch.tensor(z), torch.tensor(labels), ignore_index=ignore_index).item()
