# %% mistake="forgets-the-path-through-h" points=0 says="h depends on c as well"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)], axis=1
    )
    d_read = dz @ params["W"]
    H = h_prev.shape[1]
    return d_read[:, H:], d_read[:, :H], dc * f, {"W": dz.T @ np.hstack([h_prev, x]), "b": dz.sum(axis=0)}


# %% mistake="loses-dc" points=0 says="dc from the later steps is lost"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dh * o * (1 - tanh_c**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)], axis=1
    )
    d_read = dz @ params["W"]
    H = h_prev.shape[1]
    return d_read[:, H:], d_read[:, :H], dc * f, {"W": dz.T @ np.hstack([h_prev, x]), "b": dz.sum(axis=0)}


# %% mistake="no-slope-of-tanh-c" points=0 says="the slope of tanh(c)"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dc + dh * o
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)], axis=1
    )
    d_read = dz @ params["W"]
    H = h_prev.shape[1]
    return d_read[:, H:], d_read[:, :H], dc * f, {"W": dz.T @ np.hstack([h_prev, x]), "b": dz.sum(axis=0)}


# %% mistake="no-slopes-of-the-gates" points=0 says="the slopes of sigmoid and tanh are missing"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    dz = np.concatenate([dc * g, dc * c_prev, dh * tanh_c, dc * i], axis=1)
    d_read = dz @ params["W"]
    H = h_prev.shape[1]
    return d_read[:, H:], d_read[:, :H], dc * f, {"W": dz.T @ np.hstack([h_prev, x]), "b": dz.sum(axis=0)}


# %% mistake="torch-order" points=0 says="the blocks of dz must stand in the order i, f, o, g"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dc * i * (1 - g**2), dh * tanh_c * o * (1 - o)], axis=1
    )
    d_read = dz @ params["W"]
    H = h_prev.shape[1]
    return d_read[:, H:], d_read[:, :H], dc * f, {"W": dz.T @ np.hstack([h_prev, x]), "b": dz.sum(axis=0)}


# %% mistake="mean-over-the-batch" points=0 says="this is the mean over the batch"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)], axis=1
    )
    d_read = dz @ params["W"]
    H = h_prev.shape[1]
    return d_read[:, H:], d_read[:, :H], dc * f, {"W": dz.T @ np.hstack([h_prev, x]) / len(x), "b": dz.mean(axis=0)}


# %% mistake="splits-the-wrong-way" points=0 says="the columns of W read [h_prev, x]"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)], axis=1
    )
    d_read = dz @ params["W"]
    D = x.shape[1]
    return d_read[:, :D], d_read[:, D:], dc * f, {"W": dz.T @ np.hstack([x, h_prev]), "b": dz.sum(axis=0)}


# %% mistake="dc-in-place" points=3 says="which must stay as it was"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    i, f, o, g = (gates[name] for name in "ifog")
    tanh_c = np.tanh(f * c_prev + i * g)
    dc += dh * o * (1 - tanh_c**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dh * tanh_c * o * (1 - o), dc * i * (1 - g**2)], axis=1
    )
    d_read = dz @ params["W"]
    H = h_prev.shape[1]
    return d_read[:, H:], d_read[:, :H], dc * f, {"W": dz.T @ np.hstack([h_prev, x]), "b": dz.sum(axis=0)}


# %% right="gate-by-gate"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    B, H = h_prev.shape
    D = x.shape[1]
    i, f, o, g = gates["i"], gates["f"], gates["o"], gates["g"]
    c = f * c_prev + i * g
    total = dc + dh * o / np.cosh(c) ** 2
    d_pre = {"i": total * g * (i - i * i), "f": total * c_prev * (f - f * f)}
    d_pre["o"] = dh * np.tanh(c) * (o - o * o)
    d_pre["g"] = total * i * (1 - g) * (1 + g)
    dW, db = np.zeros((4 * H, H + D)), np.zeros(4 * H)
    dx, dh_prev = np.zeros((B, D)), np.zeros((B, H))
    for k, name in enumerate("ifog"):
        rows = slice(k * H, (k + 1) * H)
        W = params["W"][rows]
        dh_prev += d_pre[name] @ W[:, :H]
        dx += d_pre[name] @ W[:, H:]
        dW[rows, :H] = np.einsum("bi,bj->ij", d_pre[name], h_prev)
        dW[rows, H:] = np.einsum("bi,bj->ij", d_pre[name], x)
        db[rows] = d_pre[name].sum(0)
    return dx, dh_prev, total * f, {"b": db, "W": dW}


# %% right="row-by-row"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    H = h_prev.shape[1]
    grads = {name: np.zeros(np.shape(params[name])) for name in params}
    dx, dh_prev, dc_prev = np.zeros(x.shape), np.zeros(h_prev.shape), np.zeros(c_prev.shape)
    for r in range(len(x)):
        i, f, o, g = (gates[name][r] for name in "ifog")
        u = np.tanh(f * c_prev[r] + i * g)
        total = dc[r] + dh[r] * o * (1 - u * u)
        parts = (
            total * g * i * (1 - i),
            total * c_prev[r] * f * (1 - f),
            dh[r] * u * o * (1 - o),
            total * i * (1 - g * g),
        )
        dz = np.concatenate(parts)
        read = np.concatenate([h_prev[r], x[r]])
        grads["W"] += np.outer(dz, read)
        grads["b"] += dz
        back = params["W"].T @ dz
        dh_prev[r], dx[r], dc_prev[r] = back[:H], back[H:], total * f
    return dx, dh_prev, dc_prev, grads
