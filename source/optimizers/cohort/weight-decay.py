# %% mistake="l2-both-ways" points=0 says="that is L2"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    rate = weight_decay if mask is None else weight_decay * mask
    return step(w, grad + rate * w, state, lr=lr, **settings)


# %% mistake="decay-after-the-step" points=0 says="you shrank the weights after the step"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    rate = weight_decay if mask is None else weight_decay * mask
    if not decoupled:
        return step(w, grad + rate * w, state, lr=lr, **settings)
    new, state = step(w, grad, state, lr=lr, **settings)
    return new * (1 - lr * rate), state


# %% mistake="decay-without-lr" points=0 says="lr times the decay"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    rate = weight_decay if mask is None else weight_decay * mask
    if not decoupled:
        return step(w, grad + rate * w, state, lr=lr, **settings)
    return step(w * (1 - rate), grad, state, lr=lr, **settings)


# %% mistake="both-at-once" points=0 says="you decay twice"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    rate = weight_decay if mask is None else weight_decay * mask
    start = w * (1 - lr * rate) if decoupled else w
    return step(start, grad + rate * w, state, lr=lr, **settings)


# %% mistake="gradient-of-the-square" points=0 says="½λ‖w‖²"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    rate = weight_decay if mask is None else weight_decay * mask
    if not decoupled:
        return step(w, grad + 2 * rate * w, state, lr=lr, **settings)
    return step(w * (1 - lr * rate), grad, state, lr=lr, **settings)


# %% mistake="mask-ignored" points=0 says="mask"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    if not decoupled:
        return step(w, grad + weight_decay * w, state, lr=lr, **settings)
    return step(w * (1 - lr * weight_decay), grad, state, lr=lr, **settings)


# %% mistake="mask-inverted" points=0 says="True where the decay applies"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    rate = weight_decay if mask is None else weight_decay * ~mask
    if not decoupled:
        return step(w, grad + rate * w, state, lr=lr, **settings)
    return step(w * (1 - lr * rate), grad, state, lr=lr, **settings)


# %% right="where-the-mask-is"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    mask = np.ones(w.shape, dtype=bool) if mask is None else np.asarray(mask)
    start, slope = w.copy(), grad.copy()
    if decoupled:
        start[mask] *= 1 - lr * weight_decay
    else:
        slope[mask] += weight_decay * w[mask]
    return step(start, slope, state, lr=lr, **settings)


# %% right="subtracted-afterwards"
def decayed(step, w, grad, state, *, lr, weight_decay, decoupled, mask=None, **settings):
    pull = weight_decay * (w if mask is None else np.where(mask, w, 0.0))
    if not decoupled:
        new, state = step(w, grad + pull, state, lr=lr, **settings)
        return new, state
    new, state = step(w, grad, state, lr=lr, **settings)
    return new - lr * pull, state
