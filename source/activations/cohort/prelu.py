# %% mistake="by-maximum" points=3 says="max(slope · x, x) needs slopes below 1"
def prelu(x, slope):
    return np.maximum(slope * x, x)


# %% mistake="relu" points=3 says="this is ReLU"
def prelu(x, slope):
    return np.maximum(x, 0)


# %% mistake="slope-on-the-right" points=3 says="the slope belongs on the left"
def prelu(x, slope):
    return np.where(x > 0, slope * x, x)


# %% mistake="one-slope" points=3 says="each column has its own"
def prelu(x, slope):
    return np.where(x > 0, x, slope[0] * x)


# %% mistake="mean-over-the-batch" points=1 says="this is the mean over the batch"
def prelu_backward(d_out, x, slope):
    return d_out * np.where(x > 0, 1.0, slope), np.mean(d_out * np.minimum(x, 0), axis=0)


# %% mistake="sum-over-the-channels" points=1 says="this is the sum over the channels"
def prelu_backward(d_out, x, slope):
    return d_out * np.where(x > 0, 1.0, slope), np.sum(d_out * np.minimum(x, 0), axis=1)


# %% mistake="all-of-x" points=1 says="only what came in on the left depends on the slope"
def prelu_backward(d_out, x, slope):
    return d_out * np.where(x > 0, 1.0, slope), np.sum(d_out * x, axis=0)


# %% mistake="no-chain-rule-for-the-slope" points=1 says="d_out plays no part"
def prelu_backward(d_out, x, slope):
    return d_out * np.where(x > 0, 1.0, slope), np.sum(np.minimum(x, 0), axis=0)


# %% mistake="stopped-as-by-relu" points=1 says="not stopped: that would be ReLU"
def prelu_backward(d_out, x, slope):
    return d_out * (x > 0), np.sum(d_out * np.minimum(x, 0), axis=0)


# %% mistake="the-sign" points=1 says="the sign: min(x, 0) is negative"
def prelu_backward(d_out, x, slope):
    return d_out * np.where(x > 0, 1.0, slope), np.sum(d_out * np.maximum(-x, 0), axis=0)


# %% right="parts"
def prelu(x, slope):
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


def prelu_backward(d_out, x, slope):
    left = x <= 0
    return np.where(left, slope * d_out, d_out), np.einsum("bc,bc->c", d_out, left * x)


# %% right="torch-autograd"
def prelu(x, slope):
    return F.prelu(torch.tensor(x), torch.tensor(slope)).numpy()


def prelu_backward(d_out, x, slope):
    leaves = torch.tensor(x, requires_grad=True), torch.tensor(slope, requires_grad=True)
    F.prelu(*leaves).backward(torch.tensor(d_out))
    return leaves[0].grad.numpy(), leaves[1].grad.numpy()


# %% right="loops"
def prelu_backward(d_out, x, slope):
    d_x, d_slope = np.zeros_like(x), np.zeros_like(slope)
    for b in range(x.shape[0]):
        for c in range(x.shape[1]):
            if x[b, c] > 0:
                d_x[b, c] = d_out[b, c]
            else:
                d_x[b, c] = slope[c] * d_out[b, c]
                d_slope[c] += d_out[b, c] * x[b, c]
    return d_x, d_slope
