# %% mistake="adagrad-eps-inside" points=2 says="ε stands inside your root"
def adagrad(w, grad, state, *, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    t = state.get("t", 0)
    total = state.get("total", initial_accumulator_value) + grad**2
    return w - lr / (1 + t * lr_decay) * grad / np.sqrt(total + eps), {"t": t + 1, "total": total}


# %% mistake="adagrad-decays-at-once" points=2 says="the first step is not decayed"
def adagrad(w, grad, state, *, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    t = state.get("t", 0) + 1
    total = state.get("total", initial_accumulator_value) + grad**2
    return w - lr / (1 + t * lr_decay) * grad / (np.sqrt(total) + eps), {"t": t, "total": total}


# %% mistake="adagrad-without-root" points=2 says="you divide by the sum of squares itself"
def adagrad(w, grad, state, *, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    t = state.get("t", 0)
    total = state.get("total", initial_accumulator_value) + grad**2
    return w - lr / (1 + t * lr_decay) * grad / (total + eps), {"t": t + 1, "total": total}


# %% mistake="adagrad-updates-late" points=2 says="before it took in the new gradient"
def adagrad(w, grad, state, *, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    t = state.get("t", 0)
    total = state.get("total", np.full(w.shape, initial_accumulator_value))
    step = lr / (1 + t * lr_decay) * grad / (np.sqrt(total) + eps)
    return w - step, {"t": t + 1, "total": total + grad**2}


# %% mistake="rmsprop-eps-inside" points=2 says="ε stands inside your root"
def rmsprop(w, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    square = alpha * state.get("square", 0.0) + (1 - alpha) * grad**2
    mean = alpha * state.get("mean", 0.0) + (1 - alpha) * grad
    variance = square - mean**2 if centered else square
    velocity = momentum * state.get("velocity", 0.0) + grad / np.sqrt(variance + eps)
    return w - lr * velocity, {"square": square, "mean": mean, "velocity": velocity}


# %% mistake="rmsprop-shares-swapped" points=2 says="α is the share of the past"
def rmsprop(w, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    square = (1 - alpha) * state.get("square", 0.0) + alpha * grad**2
    mean = (1 - alpha) * state.get("mean", 0.0) + alpha * grad
    variance = square - mean**2 if centered else square
    velocity = momentum * state.get("velocity", 0.0) + grad / (np.sqrt(variance) + eps)
    return w - lr * velocity, {"square": square, "mean": mean, "velocity": velocity}


# %% mistake="rmsprop-centres-the-gradient" points=2 says="the mean belongs under the root alone"
def rmsprop(w, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    square = alpha * state.get("square", 0.0) + (1 - alpha) * grad**2
    mean = alpha * state.get("mean", 0.0) + (1 - alpha) * grad
    variance = square - mean**2 if centered else square
    above = grad - mean if centered else grad
    velocity = momentum * state.get("velocity", 0.0) + above / (np.sqrt(variance) + eps)
    return w - lr * velocity, {"square": square, "mean": mean, "velocity": velocity}


# %% mistake="rmsprop-momentum-before-scaling" points=2 says="momentum gathers the scaled gradients"
def rmsprop(w, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    square = alpha * state.get("square", 0.0) + (1 - alpha) * grad**2
    mean = alpha * state.get("mean", 0.0) + (1 - alpha) * grad
    variance = square - mean**2 if centered else square
    velocity = momentum * state.get("velocity", 0.0) + grad
    return w - lr * velocity / (np.sqrt(variance) + eps), {"square": square, "mean": mean, "velocity": velocity}


# %% mistake="state-changed-in-place" points=0 says="must leave its arguments as they were"
def adagrad(w, grad, state, *, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    state.setdefault("t", 0)
    state["total"] = state.get("total", initial_accumulator_value) + grad**2
    rate = lr / (1 + state["t"] * lr_decay)
    state["t"] += 1
    return w - rate * grad / (np.sqrt(state["total"]) + eps), state


def rmsprop(w, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    state["square"] = alpha * state.get("square", 0.0) + (1 - alpha) * grad**2
    state["mean"] = alpha * state.get("mean", 0.0) + (1 - alpha) * grad
    variance = state["square"] - state["mean"] ** 2 if centered else state["square"]
    state["velocity"] = momentum * state.get("velocity", 0.0) + grad / (np.sqrt(variance) + eps)
    return w - lr * state["velocity"], state


# %% right="zeros-first"
def adagrad(w, grad, state, *, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    if not state:
        state = {"step": 0, "sum": np.zeros_like(w) + initial_accumulator_value}
    step = state["step"] + 1
    total = state["sum"] + np.square(grad)
    rate = lr / (1 + (step - 1) * lr_decay)
    return w - rate * (grad / (total**0.5 + eps)), {"step": step, "sum": total}


def rmsprop(w, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    state = dict(state) or {"v": np.zeros_like(w), "g": np.zeros_like(w), "b": np.zeros_like(w)}
    state["v"] = state["v"] + (1 - alpha) * (grad * grad - state["v"])
    scale = state["v"]
    if centered:
        state["g"] = state["g"] + (1 - alpha) * (grad - state["g"])
        scale = scale - np.square(state["g"])
    direction = grad / (np.sqrt(scale) + eps)
    if momentum > 0:
        state["b"] = momentum * state["b"] + direction
        direction = state["b"]
    return w - lr * direction, state


# %% right="number-by-number"
def adagrad(w, grad, state, *, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10):
    history = [*state.get("history", []), np.array(grad)]
    total = initial_accumulator_value + sum(old * old for old in history)
    rate = lr / (1 + (len(history) - 1) * lr_decay)
    return w - rate * grad / (np.sqrt(total) + eps), {"history": history}


def rmsprop(w, grad, state, *, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False):
    new = np.empty(w.shape)
    after = {}
    for place in np.ndindex(w.shape):
        square, mean, buffer = state.get(str(place), (0.0, 0.0, 0.0))
        g = grad[place]
        square = alpha * square + (1 - alpha) * g * g
        mean = alpha * mean + (1 - alpha) * g
        spread = square - mean * mean if centered else square
        buffer = momentum * buffer + g / (spread**0.5 + eps)
        new[place] = w[place] - lr * buffer
        after[str(place)] = (square, mean, buffer)
    return new, after
