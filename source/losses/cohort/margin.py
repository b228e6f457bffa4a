# %% mistake="hinge-no-cut-off" points=3 says="a margin beyond 1 must cost nothing"
def hinge(score, label):
    if not np.isin(label, (-1, 1)).all():
        raise ValueError("labels must be -1 or +1")
    return np.mean(1 - label * score)


# %% mistake="hinge-perceptron" points=3 says="that is the perceptron's loss"
def hinge(score, label):
    if not np.isin(label, (-1, 1)).all():
        raise ValueError("labels must be -1 or +1")
    return np.mean(np.maximum(0, -label * score))


# %% mistake="hinge-accepts-0-and-1" points=3 says="returned a value where it must raise ValueError"
def hinge(score, label):
    return np.mean(np.maximum(0, 1 - label * score))


# %% mistake="squared-after-the-mean" points=3 says="you squared the mean"
def squared_hinge(score, label):
    return np.mean(np.maximum(0, 1 - label * score)) ** 2


# %% mistake="squared-before-the-cut-off" points=3 says="the hinge is cut off at 0 *before* it is squared"
def squared_hinge(score, label):
    return np.mean(np.maximum(0, (1 - label * score) ** 2))


# %% mistake="categorical-crammer-singer" points=3 says="that is Crammer & Singer's loss"
def categorical_hinge(score, target):
    wrong = np.where(target == 1, -np.inf, score).max(axis=-1)
    return np.mean(np.maximum(0, 1 + wrong - np.sum(target * score, axis=-1)))


# %% mistake="categorical-sum-over-wrong" points=3 says="only the largest wrong score counts"
def categorical_hinge(score, target):
    wrong = np.sum((1 - target) * score, axis=-1)
    return np.mean(np.maximum(0, 1 + wrong - np.sum(target * score, axis=-1)))


# %% mistake="categorical-true-class-in-maximum" points=3 says="the true class is still in the maximum"
def categorical_hinge(score, target):
    return np.mean(np.maximum(0, 1 + np.max(score, axis=-1) - np.sum(target * score, axis=-1)))


# %% mistake="gradient-not-averaged" points=3 says="so its gradient is divided by the number of entries"
def hinge_gradient(score, label):
    return np.where(label * score < 1, -label, 0.0)


# %% mistake="gradient-wrong-examples-only" points=3 says="the hinge pushes until the margin is 1"
def hinge_gradient(score, label):
    return np.where(label * score < 0, -label, 0) / score.size


# %% mistake="gradient-at-the-kink" points=3 says="where the margin is exactly 1, the slope is to be 0"
def hinge_gradient(score, label):
    return np.where(label * score <= 1, -label, 0) / score.size


# %% right="clip-and-masks"
def hinge(score, label):
    if np.any(np.abs(label) != 1):
        raise ValueError(f"hinge wants labels of -1 and +1, not {np.unique(label)}")
    return (1 - score * label).clip(min=0).mean()


def squared_hinge(score, label):
    gap = 1 - score * label
    return np.mean(gap**2 * (gap > 0))


def categorical_hinge(score, target):
    losses = []
    for row, truth in zip(score, target, strict=True):
        k = int(truth.argmax())
        worst = max([0.0] + [v for j, v in enumerate(row) if j != k])
        losses.append(max(0.0, 1 + worst - row[k]))
    return sum(losses) / len(losses)


def hinge_gradient(score, label):
    g = np.zeros_like(score)
    short = score * label < 1
    g[short] = -label[short] / score.size
    return g


# %% right="torch-calls"
def hinge(score, label):
    if not set(np.unique(label)) <= {-1.0, 1.0}:
        raise ValueError("labels")
    return torch.relu(1 - torch.tensor(score) * torch.tensor(label)).mean().item()


def squared_hinge(score, label):
    return torch.relu(1 - torch.tensor(score) * torch.tensor(label)).square().mean().item()


def hinge_gradient(score, label):
    leaf = torch.tensor(score, requires_grad=True)
    torch.relu(1 - leaf * torch.tensor(label)).mean().backward()
    return leaf.grad.numpy()
