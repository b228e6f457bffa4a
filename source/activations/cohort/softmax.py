# %% mistake="columns" points=2 says="here the columns sum to 1"
def softmax(z):
    weights = np.exp(z - z.max(axis=0))
    return weights / weights.sum(axis=0)


# %% mistake="whole-array" points=2 says="the whole array sums to 1"
def softmax(z):
    weights = np.exp(z - z.max())
    return weights / weights.sum()


# %% mistake="overflow" points=2 says="e^1000 has overflowed"
def softmax(z):
    weights = np.exp(z)
    return weights / weights.sum(axis=-1, keepdims=True)


# %% mistake="largest-of-the-array" points=2 says="a row far below it vanishes, 0/0"
def softmax(z):
    weights = np.exp(z - z.max())
    return weights / weights.sum(axis=-1, keepdims=True)


# %% mistake="sigmoids" points=2 says="these are sigmoids"
def softmax(z):
    return 1 / (1 + np.exp(-z))


# %% mistake="diagonal-only" points=2 says="only the diagonal"
def softmax_backward(d_p, p):
    return d_p * p * (1 - p)


# %% mistake="no-average" points=2 says="the row's average is missing"
def softmax_backward(d_p, p):
    return d_p * p


# %% mistake="plain-mean" points=2 says="weigh it by the probabilities"
def softmax_backward(d_p, p):
    return p * (d_p - d_p.mean(axis=-1, keepdims=True))


# %% mistake="sign" points=2 says="above the average means up"
def softmax_backward(d_p, p):
    return p * ((d_p * p).sum(axis=-1, keepdims=True) - d_p)


# %% mistake="down-the-columns" points=2 says="the average runs over the row"
def softmax_backward(d_p, p):
    return p * (d_p - (d_p * p).sum(axis=0))


# %% right="with-the-matrix"
def softmax(z):
    return np.exp(z - np.logaddexp.reduce(z, axis=-1, keepdims=True))


def softmax_backward(d_p, p):
    matrix = p[..., None] * (np.eye(p.shape[-1]) - p[..., None, :])
    return np.einsum("...k,...kj->...j", d_p, matrix)


# %% right="torch-autograd"
def softmax(z):
    return torch.softmax(torch.tensor(z), dim=-1).numpy()


def softmax_backward(d_p, p):
    logits = torch.tensor(p).log().requires_grad_()
    torch.softmax(logits, dim=-1).backward(torch.tensor(d_p))
    return logits.grad.numpy()


# %% right="row-by-row"
def softmax(z):
    rows = z.reshape(-1, z.shape[-1])
    out = np.array([np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in rows])
    return out.reshape(z.shape)


def softmax_backward(d_p, p):
    pairs = zip(d_p.reshape(-1, p.shape[-1]), p.reshape(-1, p.shape[-1]), strict=True)
    return np.array([q * g - q * (q @ g) for g, q in pairs]).reshape(p.shape)
