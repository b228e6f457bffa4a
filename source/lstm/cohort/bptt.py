# %% mistake="mask-ignored" points=0 says="the mask is not used"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    dh = dc = np.zeros_like(d_outputs[:, 0])
    grads = {name: np.zeros_like(params[name]) for name in ("W", "b")}
    dx = []
    for t in reversed(range(len(tape))):
        dx_t, dh, dc, step_grads = step_backward(dh + d_outputs[:, t], dc, *tape[t], params)
        grads = {name: grads[name] + step_grads[name] for name in grads}
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), (dh, dc), grads


# %% mistake="masked-too-late" points=0 says="padded steps reach W"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    mask = np.ones(d_outputs.shape[:2], dtype=bool) if mask is None else mask
    dh = dc = zero = np.zeros_like(d_outputs[:, 0])
    dh_all = dc_all = zero
    grads = {name: np.zeros_like(params[name]) for name in ("W", "b")}
    dx = []
    for t in reversed(range(len(tape))):
        keep = mask[:, t, None]
        _, dh_all, dc_all, step_grads = step_backward(dh_all + d_outputs[:, t], dc_all, *tape[t], params)
        dh = dh + keep * d_outputs[:, t]
        dx_t, dh_prev, dc_prev, _ = step_backward(keep * dh, keep * dc, *tape[t], params)
        dh, dc = np.where(keep, dh_prev, dh), np.where(keep, dc_prev, dc)
        grads = {name: grads[name] + step_grads[name] for name in grads}
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), (dh, dc), grads


# %% mistake="padded-outputs-leak" points=0 says="the gradient on padded outputs leaks in"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    mask = np.ones(d_outputs.shape[:2], dtype=bool) if mask is None else mask
    dh = dc = np.zeros_like(d_outputs[:, 0])
    grads = {name: np.zeros_like(params[name]) for name in ("W", "b")}
    dx = []
    for t in reversed(range(len(tape))):
        keep = mask[:, t, None]
        dh = dh + d_outputs[:, t]
        dx_t, dh_prev, dc_prev, step_grads = step_backward(keep * dh, keep * dc, *tape[t], params)
        dh, dc = np.where(keep, dh_prev, dh), np.where(keep, dc_prev, dc)
        grads = {name: grads[name] + step_grads[name] for name in grads}
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), (dh, dc), grads


# %% mistake="hole-stops-the-gradient" points=0 says="the hole stopped the gradient"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    mask = np.ones(d_outputs.shape[:2], dtype=bool) if mask is None else mask
    dh = dc = np.zeros_like(d_outputs[:, 0])
    grads = {name: np.zeros_like(params[name]) for name in ("W", "b")}
    dx = []
    for t in reversed(range(len(tape))):
        keep = mask[:, t, None]
        dx_t, dh, dc, step_grads = step_backward(keep * (dh + d_outputs[:, t]), keep * dc, *tape[t], params)
        grads = {name: grads[name] + step_grads[name] for name in grads}
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), (dh, dc), grads


# %% mistake="no-flow-through-h" points=0 says="what the later steps send back to h is lost"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    mask = np.ones(d_outputs.shape[:2], dtype=bool) if mask is None else mask
    dh = dc = np.zeros_like(d_outputs[:, 0])
    grads = {name: np.zeros_like(params[name]) for name in ("W", "b")}
    dx = []
    for t in reversed(range(len(tape))):
        keep = mask[:, t, None]
        dx_t, dh, dc, step_grads = step_backward(keep * d_outputs[:, t], keep * dc, *tape[t], params)
        grads = {name: grads[name] + step_grads[name] for name in grads}
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), (dh, dc), grads


# %% mistake="gradients-overwritten" points=0 says="this is one step's gradient"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    mask = np.ones(d_outputs.shape[:2], dtype=bool) if mask is None else mask
    dh = dc = np.zeros_like(d_outputs[:, 0])
    dx = []
    for t in reversed(range(len(tape))):
        keep = mask[:, t, None]
        dh = dh + keep * d_outputs[:, t]
        dx_t, dh_prev, dc_prev, grads = step_backward(keep * dh, keep * dc, *tape[t], params)
        dh, dc = np.where(keep, dh_prev, dh), np.where(keep, dc_prev, dc)
        dx.append(dx_t)
    return np.stack(dx[::-1], axis=1), (dh, dc), grads


# %% mistake="dx-in-reverse" points=0 says="dx is in reverse order"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    mask = np.ones(d_outputs.shape[:2], dtype=bool) if mask is None else mask
    dh = dc = np.zeros_like(d_outputs[:, 0])
    grads = {name: np.zeros_like(params[name]) for name in ("W", "b")}
    dx = []
    for t in reversed(range(len(tape))):
        keep = mask[:, t, None]
        dh = dh + keep * d_outputs[:, t]
        dx_t, dh_prev, dc_prev, step_grads = step_backward(keep * dh, keep * dc, *tape[t], params)
        dh, dc = np.where(keep, dh_prev, dh), np.where(keep, dc_prev, dc)
        grads = {name: grads[name] + step_grads[name] for name in grads}
        dx.append(dx_t)
    return np.stack(dx, axis=1), (dh, dc), grads


# %% right="preallocated"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    B, T, H = d_outputs.shape
    if mask is None:
        mask = np.full((B, T), True)
    dx = np.zeros((B, T, tape[0][0].shape[1]))
    grads = {"W": np.zeros(params["W"].shape), "b": np.zeros(params["b"].shape)}
    dh, dc = np.zeros((B, H)), np.zeros((B, H))
    for t in range(T - 1, -1, -1):
        real = mask[:, t]
        go_h, go_c = np.zeros((B, H)), np.zeros((B, H))
        go_h[real] = dh[real] + d_outputs[real, t]
        go_c[real] = dc[real]
        x_t, h_prev, c_prev, gates = tape[t]
        dx[:, t], dh_prev, dc_prev, step_grads = step_backward(
            dh=go_h, dc=go_c, x=x_t, h_prev=h_prev, c_prev=c_prev, gates=gates, params=params
        )
        dh[real], dc[real] = dh_prev[real], dc_prev[real]
        for name in ("W", "b"):
            grads[name] += step_grads[name]
    return dx, (dh, dc), grads


# %% right="arithmetic-mask"
def lstm_backward(d_outputs, tape, params, mask=None, step_backward=lstm_step_backward):
    m = np.ones(d_outputs.shape[:2]) if mask is None else mask.astype(float)
    dh, dc, dx, all_grads = 0.0 * d_outputs[:, -1], 0.0 * d_outputs[:, -1], [], []
    for t, (x_t, h_prev, c_prev, gates) in list(enumerate(tape))[::-1]:
        real = m[:, t : t + 1]
        arriving = dh + real * d_outputs[:, t]
        dx_t, through_h, through_c, grads = step_backward(
            real * arriving, real * dc, x_t, h_prev, c_prev, gates, params
        )
        dh, dc = through_h + (1 - real) * arriving, through_c + (1 - real) * dc
        dx.insert(0, dx_t)
        all_grads.append(grads)
    return np.stack(dx, 1), (dh, dc), {name: sum(g[name] for g in all_grads) for name in ("W", "b")}
