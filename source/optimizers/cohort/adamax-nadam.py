# %% mistake="adamax-corrects-u" points=2 says="u needs no correction"
def adamax(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    u = np.maximum(betas[1] * state.get("u", 0.0), np.abs(grad) + eps)
    return w - lr * (m / (1 - betas[0] ** t)) / (u / (1 - betas[1] ** t)), {"t": t, "m": m, "u": u}


# %% mistake="adamax-eps-outside" points=2 says="ε is added to |g|"
def adamax(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    u = np.maximum(betas[1] * state.get("u", 0.0), np.abs(grad))
    return w - lr / (1 - betas[0] ** t) * m / (u + eps), {"t": t, "m": m, "u": u}


# %% mistake="adamax-never-forgets" points=2 says="the old maximum must fade"
def adamax(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    u = np.maximum(state.get("u", 0.0), np.abs(grad) + eps)
    return w - lr / (1 - betas[0] ** t) * m / u, {"t": t, "m": m, "u": u}


# %% mistake="nadam-is-adam" points=2 says="that is Adam"
def nadam(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3):
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t, "m": m, "v": v}


# %% mistake="nadam-constant-momentum" points=2 says="constant momentum"
def nadam(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3):
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    nudge = betas[0] * m / (1 - betas[0] ** (t + 1)) + (1 - betas[0]) * grad / (1 - betas[0] ** t)
    return w - lr * nudge / (np.sqrt(v / (1 - betas[1] ** t)) + eps), {"t": t, "m": m, "v": v}


# %% mistake="nadam-looks-a-step-short" points=2 says="μ of the next step"
def nadam(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3):
    t = state.get("t", 0) + 1
    mu = betas[0] * (1 - 0.5 * 0.96 ** (t * momentum_decay))
    product = state.get("product", 1.0) * mu
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    nudge = mu * m / (1 - product) + (1 - mu) * grad / (1 - product)
    return w - lr * nudge / (np.sqrt(v / (1 - betas[1] ** t)) + eps), {"t": t, "m": m, "v": v, "product": product}


# %% mistake="nadam-averages-with-mu" points=2 says="torch averages m with β₁"
def nadam(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3):
    t = state.get("t", 0) + 1
    mu, mu_next = (betas[0] * (1 - 0.5 * 0.96 ** (s * momentum_decay)) for s in (t, t + 1))
    product = state.get("product", 1.0) * mu
    m = mu * state.get("m", 0.0) + (1 - mu) * grad
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    nudge = mu_next * m / (1 - product * mu_next) + (1 - mu) * grad / (1 - product)
    return w - lr * nudge / (np.sqrt(v / (1 - betas[1] ** t)) + eps), {"t": t, "m": m, "v": v, "product": product}


# %% mistake="state-changed-in-place" points=2 says="must leave its arguments as they were"
def adamax(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    state["t"] = t = state.get("t", 0) + 1
    state["m"] = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    state["u"] = np.maximum(betas[1] * state.get("u", 0.0), np.abs(grad) + eps)
    return w - lr / (1 - betas[0] ** t) * state["m"] / state["u"], state


# %% right="products-by-loop"
def adamax(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    t, m, u = (state["t"], state["m"], state["u"]) if state else (0, np.zeros_like(w), np.zeros_like(w))
    m = m + (grad - m) * (1 - betas[0])
    fresh, faded = abs(grad) + eps, betas[1] * u
    u = np.where(fresh > faded, fresh, faded)
    return w - (lr * m) / ((1 - betas[0] ** (t + 1)) * u), {"t": t + 1, "m": m, "u": u}


def nadam(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3):
    t, m, v = (state["t"], state["m"], state["v"]) if state else (0, np.zeros_like(w), np.zeros_like(w))
    t = t + 1

    def mu(i):
        return betas[0] * (1 - 0.5 * 0.96 ** (i * momentum_decay))

    product = 1.0
    for i in range(1, t + 1):
        product *= mu(i)
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * np.square(grad)
    scale = np.sqrt(v) / (1 - betas[1] ** t) ** 0.5 + eps
    step = lr * (1 - mu(t)) / (1 - product) * grad / scale
    step = step + lr * mu(t + 1) / (1 - product * mu(t + 1)) * m / scale
    return w - step, {"t": t, "m": m, "v": v}


# %% right="whole-history"
def adamax(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8):
    past = [*state.get("past", []), np.array(grad)]
    ages = range(len(past) - 1, -1, -1)
    mean = np.average(past, axis=0, weights=[betas[0] ** age for age in ages])
    u = np.max([betas[1] ** age * (np.abs(g) + eps) for age, g in zip(ages, past)], axis=0)
    return w - lr * mean / u, {"past": past}


def nadam(w, grad, state, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3):
    past = [*state.get("past", []), np.array(grad)]
    mus = [betas[0] * (1 - 0.5 * 0.96 ** (i * momentum_decay)) for i in range(1, len(past) + 2)]
    ages = np.arange(len(past))[::-1]
    m = (1 - betas[0]) * sum(betas[0] ** age * g for age, g in zip(ages, past))
    v_hat = np.average(np.square(past), axis=0, weights=betas[1] ** ages)
    ahead = mus[-1] * m / (1 - np.prod(mus)) + (1 - mus[-2]) * grad / (1 - np.prod(mus[:-1]))
    return w - lr * ahead / (np.sqrt(v_hat) + eps), {"past": past}
