# %% mistake="no-bias-correction" points=0 says="you did not correct the bias"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    return w - lr * m / (np.sqrt(v) + eps), {"m": m, "v": v}


# %% mistake="eps-inside-the-root" points=0 says="ε stands inside your root"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return w - lr * m_hat / np.sqrt(v_hat + eps), {"t": t, "m": m, "v": v}


# %% mistake="eps-before-the-correction" points=0 says="to the root of v before its correction"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    t = state.get("t", 0) + 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    rate = lr * np.sqrt(1 - betas[1] ** t) / (1 - betas[0] ** t)
    return w - rate * m / (np.sqrt(v) + eps), {"t": t, "m": m, "v": v}


# %% mistake="corrected-moments-carried-on" points=1 says="keep the raw moments"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    t = state.get("t", 0) + 1
    m = (betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad) / (1 - betas[0] ** t)
    v = (betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2) / (1 - betas[1] ** t)
    return w - lr * m / (np.sqrt(v) + eps), {"t": t, "m": m, "v": v}


# %% mistake="step-not-counted" points=1 says="your t stays at 1"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    t = 1
    m = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    v = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    m_hat, v_hat = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"m": m, "v": v}


# %% mistake="betas-swapped" points=1 says="you swapped β₁ and β₂"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    beta2, beta1 = betas
    t = state.get("t", 0) + 1
    m = beta1 * state.get("m", 0.0) + (1 - beta1) * grad
    v = beta2 * state.get("v", 0.0) + (1 - beta2) * grad**2
    return w - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps), {"t": t, "m": m, "v": v}


# %% mistake="moments-forgotten" points=1 says="the moments are forgotten"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    t = state.get("t", 0) + 1
    m, v = (1 - betas[0]) * grad, (1 - betas[1]) * grad**2
    m_hat, v_hat = m / (1 - betas[0]), v / (1 - betas[1])
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), {"t": t}


# %% mistake="state-changed-in-place" points=1 says="must leave its arguments as they were"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    state["t"] = t = state.get("t", 0) + 1
    state["m"] = betas[0] * state.get("m", 0.0) + (1 - betas[0]) * grad
    state["v"] = betas[1] * state.get("v", 0.0) + (1 - betas[1]) * grad**2
    m_hat, v_hat = state["m"] / (1 - betas[0] ** t), state["v"] / (1 - betas[1] ** t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), state


# %% right="rate-takes-the-correction"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    t = int(state.get("t", 0)) + 1
    m = state.get("m", np.zeros_like(w))
    v = state.get("v", np.zeros_like(w))
    m = m + (1 - betas[0]) * (grad - m)
    v = v + (1 - betas[1]) * (grad * grad - v)
    scale = np.sqrt(v) / np.sqrt(1 - betas[1] ** t) + eps
    return w - (lr / (1 - betas[0] ** t)) * (m / scale), {"t": t, "m": m, "v": v}


# %% right="weighted-history"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    history = np.concatenate([state["history"], grad[None]]) if state else np.array([grad])
    age = np.arange(len(history))[::-1]

    def mean(values, beta):
        return np.average(values, axis=0, weights=beta**age)

    return w - lr * mean(history, betas[0]) / (mean(history**2, betas[1]) ** 0.5 + eps), {"history": history}


# %% right="in-torch"
def adam(w, grad, state, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8):
    parameter = torch.nn.Parameter(torch.tensor(w))
    parameter.grad = torch.tensor(grad)
    optimizer = torch.optim.Adam([parameter], lr=lr, betas=betas, eps=eps)
    if state:
        optimizer.state[parameter] = {
            "step": torch.tensor(float(state["t"])),
            "exp_avg": torch.tensor(state["m"]),
            "exp_avg_sq": torch.tensor(state["v"]),
        }
    optimizer.step()
    after = optimizer.state[parameter]
    kept = {"t": int(after["step"]), "m": after["exp_avg"].numpy(), "v": after["exp_avg_sq"].numpy()}
    return parameter.detach().numpy(), kept
