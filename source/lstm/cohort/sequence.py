# %% mistake="mask-ignored" points=0 says="the mask is not used"
def lstm(x, params, mask=None, step=lstm_step):
    B, T, _ = x.shape
    h = c = np.zeros((B, len(params["b"]) // 4), dtype=x.dtype)
    outputs, tape = [], []
    for t in range(T):
        h_new, c_new, gates = step(x[:, t], h, c, params)
        tape.append((x[:, t], h, c, gates))
        h, c = h_new, c_new
        outputs.append(h)
    return np.stack(outputs, axis=1), (h, c), tape


# %% mistake="only-outputs-masked" points=0 says="padding must not change the memory"
def lstm(x, params, mask=None, step=lstm_step):
    B, T, _ = x.shape
    h = c = np.zeros((B, len(params["b"]) // 4), dtype=x.dtype)
    mask = np.ones((B, T), dtype=bool) if mask is None else mask
    outputs, tape = [], []
    for t in range(T):
        h_new, c_new, gates = step(x[:, t], h, c, params)
        tape.append((x[:, t], h, c, gates))
        h, c = h_new, c_new
        outputs.append(mask[:, t, None] * h)
    return np.stack(outputs, axis=1), (h, c), tape


# %% mistake="padding-wipes-the-state" points=0 says="padding wiped the memory"
def lstm(x, params, mask=None, step=lstm_step):
    B, T, _ = x.shape
    h = c = np.zeros((B, len(params["b"]) // 4), dtype=x.dtype)
    mask = np.ones((B, T), dtype=bool) if mask is None else mask
    outputs, tape = [], []
    for t in range(T):
        h_new, c_new, gates = step(x[:, t], h, c, params)
        tape.append((x[:, t], h, c, gates))
        h, c = mask[:, t, None] * h_new, mask[:, t, None] * c_new
        outputs.append(h)
    return np.stack(outputs, axis=1), (h, c), tape


# %% mistake="carried-outputs" points=0 says="the output of a padded step must be zero"
def lstm(x, params, mask=None, step=lstm_step):
    B, T, _ = x.shape
    h = c = np.zeros((B, len(params["b"]) // 4), dtype=x.dtype)
    mask = np.ones((B, T), dtype=bool) if mask is None else mask
    outputs, tape = [], []
    for t in range(T):
        keep = mask[:, t, None]
        h_new, c_new, gates = step(x[:, t], h, c, params)
        tape.append((x[:, t], h, c, gates))
        h, c = np.where(keep, h_new, h), np.where(keep, c_new, c)
        outputs.append(h)
    return np.stack(outputs, axis=1), (h, c), tape


# %% mistake="outputs-are-the-memory" points=0 says="the outputs are the memory c"
def lstm(x, params, mask=None, step=lstm_step):
    B, T, _ = x.shape
    h = c = np.zeros((B, len(params["b"]) // 4), dtype=x.dtype)
    mask = np.ones((B, T), dtype=bool) if mask is None else mask
    outputs, tape = [], []
    for t in range(T):
        keep = mask[:, t, None]
        h_new, c_new, gates = step(x[:, t], h, c, params)
        tape.append((x[:, t], h, c, gates))
        h, c = np.where(keep, h_new, h), np.where(keep, c_new, c)
        outputs.append(keep * c)
    return np.stack(outputs, axis=1), (h, c), tape


# %% mistake="tape-after-the-step" points=0 says="the tape keeps the state before it"
def lstm(x, params, mask=None, step=lstm_step):
    B, T, _ = x.shape
    h = c = np.zeros((B, len(params["b"]) // 4), dtype=x.dtype)
    mask = np.ones((B, T), dtype=bool) if mask is None else mask
    outputs, tape = [], []
    for t in range(T):
        keep = mask[:, t, None]
        h_new, c_new, gates = step(x[:, t], h, c, params)
        h, c = np.where(keep, h_new, h), np.where(keep, c_new, c)
        tape.append((x[:, t], h, c, gates))
        outputs.append(keep * h)
    return np.stack(outputs, axis=1), (h, c), tape


# %% mistake="float64-zeros" points=2 says="has dtype float64"
def lstm(x, params, mask=None, step=lstm_step):
    B, T, _ = x.shape
    H = len(params["b"]) // 4
    h = c = np.zeros((B, H))
    mask = np.ones((B, T), dtype=bool) if mask is None else mask
    outputs, tape = np.zeros((B, T, H)), []
    for t in range(T):
        keep = mask[:, t, None]
        h_new, c_new, gates = step(x[:, t], h, c, params)
        tape.append((x[:, t], h, c, gates))
        h, c = np.where(keep, h_new, h), np.where(keep, c_new, c)
        outputs[:, t] = keep * h
    return outputs, (h, c), tape


# %% right="indexing"
def lstm(x, params, mask=None, step=lstm_step):
    B, T = x.shape[0], x.shape[1]
    H = params["W"].shape[0] // 4
    h, c = np.zeros((B, H), x.dtype), np.zeros((B, H), x.dtype)
    outputs, tape = np.zeros((B, T, H), x.dtype), []
    for t in range(T):
        h_new, c_new, gates = step(x=x[:, t, :], h_prev=h, c_prev=c, params=params)
        tape.append((x[:, t, :], h.copy(), c.copy(), gates))
        if mask is not None:
            padded = ~mask[:, t]
            h_new, c_new = h_new.copy(), c_new.copy()
            h_new[padded], c_new[padded] = h[padded], c[padded]
        h, c = h_new, c_new
        outputs[:, t] = h if mask is None else h * mask[:, t : t + 1]
    return outputs, (h, c), tape


# %% right="arithmetic-mask"
def lstm(x, params, mask=None, step=lstm_step):
    batch, time, _ = x.shape
    real = np.ones((batch, time), dtype=x.dtype) if mask is None else np.asarray(mask, dtype=x.dtype)
    h = np.zeros((batch, params["b"].shape[0] // 4), dtype=x.dtype)
    c = h
    outputs, tape = [], []
    for x_t, m in zip(np.moveaxis(x, 1, 0), real.T[..., None], strict=True):
        h_new, c_new, gates = step(x_t, h, c, params)
        tape.append([x_t, h, c, gates])
        h, c = m * h_new + (1 - m) * h, m * c_new + (1 - m) * c
        outputs.append(m * h)
    return np.array(outputs).transpose(1, 0, 2), (h, c), tape
