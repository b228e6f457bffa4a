# %% mistake="sign-lost" points=0 says="the leader lies against z"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    n = state.get("n", 0.0) + grad**2
    z = state.get("z", 0.0) + grad - (np.sqrt(n) - np.sqrt(state.get("n", 0.0))) / alpha * w
    return np.sign(z) * np.maximum(np.abs(z) - l1, 0.0) / ((beta + np.sqrt(n)) / alpha + l2), {"n": n, "z": z}


# %% mistake="no-proximal-term" points=0 says="you left out the term"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    n = state.get("n", 0.0) + grad**2
    z = state.get("z", 0.0) + grad
    return -np.sign(z) * np.maximum(np.abs(z) - l1, 0.0) / ((beta + np.sqrt(n)) / alpha + l2), {"n": n, "z": z}


# %% mistake="hard-threshold" points=0 says="pulled towards zero by"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    n = state.get("n", 0.0) + grad**2
    z = state.get("z", 0.0) + grad - (np.sqrt(n) - np.sqrt(state.get("n", 0.0))) / alpha * w
    return np.where(np.abs(z) <= l1, 0.0, -z) / ((beta + np.sqrt(n)) / alpha + l2), {"n": n, "z": z}


# %% mistake="threshold-on-the-weight" points=0 says="the threshold is for z"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    n = state.get("n", 0.0) + grad**2
    z = state.get("z", 0.0) + grad - (np.sqrt(n) - np.sqrt(state.get("n", 0.0))) / alpha * w
    new = -z / ((beta + np.sqrt(n)) / alpha + l2)
    return np.sign(new) * np.maximum(np.abs(new) - l1, 0.0), {"n": n, "z": z}


# %% mistake="sigma-without-alpha" points=1 says="α divides σ too"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    n = state.get("n", 0.0) + grad**2
    z = state.get("z", 0.0) + grad - (np.sqrt(n) - np.sqrt(state.get("n", 0.0))) * w
    return -np.sign(z) * np.maximum(np.abs(z) - l1, 0.0) / ((beta + np.sqrt(n)) / alpha + l2), {"n": n, "z": z}


# %% mistake="l2-divided-by-alpha" points=1 says="λ₂ stands beside the quotient"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    n = state.get("n", 0.0) + grad**2
    z = state.get("z", 0.0) + grad - (np.sqrt(n) - np.sqrt(state.get("n", 0.0))) / alpha * w
    return -np.sign(z) * np.maximum(np.abs(z) - l1, 0.0) / ((beta + np.sqrt(n) + l2) / alpha), {"n": n, "z": z}


# %% mistake="sums-changed-in-place" points=1 says="must leave its arguments as they were"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    n, z = state.get("n", np.zeros_like(w)), state.get("z", np.zeros_like(w))
    z += grad - (np.sqrt(n + grad**2) - np.sqrt(n)) / alpha * w
    n += grad**2
    return -np.sign(z) * np.maximum(np.abs(z) - l1, 0.0) / ((beta + np.sqrt(n)) / alpha + l2), {"n": n, "z": z}


# %% right="as-in-the-paper"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    n = np.copy(state["n"]) if state else np.zeros(w.shape)
    z = np.copy(state["z"]) if state else np.zeros(w.shape)
    new = np.zeros(w.shape)
    for i in np.ndindex(w.shape):
        sigma = ((n[i] + grad[i] ** 2) ** 0.5 - n[i] ** 0.5) / alpha
        z[i] += grad[i] - sigma * w[i]
        n[i] += grad[i] ** 2
        if abs(z[i]) > l1:
            new[i] = -(z[i] - np.sign(z[i]) * l1) / ((beta + n[i] ** 0.5) / alpha + l2)
    return new, {"n": n, "z": z}


# %% right="rates-and-clip"
def ftrl(w, grad, state, *, alpha=0.1, beta=1.0, l1=0.0, l2=0.0):
    old, z = state.get("state", (np.zeros_like(w), np.zeros_like(w)))
    new = old + np.square(grad)
    slower = (beta + np.sqrt(new)) / alpha - (beta + np.sqrt(old)) / alpha
    z = z + grad - slower * w
    return (np.clip(z, -l1, l1) - z) / ((beta + np.sqrt(new)) / alpha + l2), {"state": (new, z)}
