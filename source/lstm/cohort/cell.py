# %% mistake="bias-of-the-input-gate" points=3 says="the forget gate is the second block"
def init_lstm(inputs, hidden, rng, forget_bias=1.0):
    bound = 1 / np.sqrt(hidden)
    b = np.zeros(4 * hidden)
    b[:hidden] = forget_bias
    return {"W": rng.uniform(-bound, bound, size=(4 * hidden, hidden + inputs)), "b": b}


# %% mistake="bias-everywhere" points=3 says="every gate got the bias"
def init_lstm(inputs, hidden, rng, forget_bias=1.0):
    bound = 1 / np.sqrt(hidden)
    b = np.full(4 * hidden, float(forget_bias))
    return {"W": rng.uniform(-bound, bound, size=(4 * hidden, hidden + inputs)), "b": b}


# %% mistake="normal-weights" points=3 says="lies outside 1/√H"
def init_lstm(inputs, hidden, rng, forget_bias=1.0):
    b = np.zeros(4 * hidden)
    b[hidden : 2 * hidden] = forget_bias
    return {"W": rng.normal(size=(4 * hidden, hidden + inputs)) / np.sqrt(hidden), "b": b}


# %% mistake="own-generator" points=3 says="two draws from one generator must differ"
def init_lstm(inputs, hidden, rng, forget_bias=1.0):
    rng = np.random.default_rng(0)
    bound = 1 / np.sqrt(hidden)
    b = np.zeros(4 * hidden)
    b[hidden : 2 * hidden] = forget_bias
    return {"W": rng.uniform(-bound, bound, size=(4 * hidden, hidden + inputs)), "b": b}


# %% mistake="torch-order" points=1 says="PyTorch's order i, f, g, o"
def lstm_step(x, h_prev, c_prev, params):
    z = np.concatenate([h_prev, x], axis=1) @ params["W"].T + params["b"]
    i, f, g, o = np.split(z, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = f * c_prev + i * g
    return o * np.tanh(c), c, {"i": i, "f": f, "o": o, "g": g}


# %% mistake="x-before-h" points=1 says="the columns of W read [h_prev, x]"
def lstm_step(x, h_prev, c_prev, params):
    z = np.concatenate([x, h_prev], axis=1) @ params["W"].T + params["b"]
    i, f, o, g = np.split(z, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = f * c_prev + i * g
    return o * np.tanh(c), c, {"i": i, "f": f, "o": o, "g": g}


# %% mistake="no-output-tanh" points=1 says="the tanh is missing"
def lstm_step(x, h_prev, c_prev, params):
    z = np.concatenate([h_prev, x], axis=1) @ params["W"].T + params["b"]
    i, f, o, g = np.split(z, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = f * c_prev + i * g
    return o * c, c, {"i": i, "f": f, "o": o, "g": g}


# %% mistake="sigmoid-candidate" points=1 says="the candidate needs tanh"
def lstm_step(x, h_prev, c_prev, params):
    z = np.concatenate([h_prev, x], axis=1) @ params["W"].T + params["b"]
    i, f, o, g = np.split(sigmoid(z), 4, axis=1)
    c = f * c_prev + i * g
    return o * np.tanh(c), c, {"i": i, "f": f, "o": o, "g": g}


# %% mistake="tied-gates" points=1 says="you tied them"
def lstm_step(x, h_prev, c_prev, params):
    z = np.concatenate([h_prev, x], axis=1) @ params["W"].T + params["b"]
    i, f, o, g = np.split(z, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = (1 - i) * c_prev + i * g
    return o * np.tanh(c), c, {"i": i, "f": f, "o": o, "g": g}


# %% mistake="memory-in-place" points=1 says="which must stay as it was"
def lstm_step(x, h_prev, c_prev, params):
    z = np.concatenate([h_prev, x], axis=1) @ params["W"].T + params["b"]
    i, f, o, g = np.split(z, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    c = c_prev
    c *= f
    c += i * g
    return o * np.tanh(c), c, {"i": i, "f": f, "o": o, "g": g}


# %% mistake="sigmoid-overflows" points=2 says="inputs of size 1000 gave NaN"
def lstm_step(x, h_prev, c_prev, params):
    z = np.concatenate([h_prev, x], axis=1) @ params["W"].T + params["b"]
    i, f, o, g = np.split(z, 4, axis=1)
    i, f, o = (np.exp(v) / (1 + np.exp(v)) for v in (i, f, o))
    g = np.tanh(g)
    c = f * c_prev + i * g
    return o * np.tanh(c), c, {"i": i, "f": f, "o": o, "g": g}


# %% right="row-by-row"
def init_lstm(inputs, hidden, rng, forget_bias=1.0):
    blocks = [(2 * rng.random((hidden, hidden + inputs)) - 1) / hidden**0.5 for _ in range(4)]
    zeros = [0.0] * hidden
    return {"W": np.vstack(blocks), "b": np.array(zeros + [float(forget_bias)] * hidden + zeros + zeros)}


def lstm_step(x, h_prev, c_prev, params):
    H = h_prev.shape[1]
    h, c = np.empty_like(h_prev), np.empty_like(c_prev)
    gates = {name: np.empty_like(h_prev) for name in ("i", "f", "o", "g")}
    for row in range(len(x)):
        z = params["W"][:, :H].dot(h_prev[row]) + params["W"][:, H:].dot(x[row]) + params["b"]
        for k, name in enumerate("ifog"):
            part = z[k * H : (k + 1) * H]
            gates[name][row] = np.tanh(part) if name == "g" else 0.5 * (1 + np.tanh(part / 2))
        c[row] = gates["f"][row] * c_prev[row] + gates["i"][row] * gates["g"][row]
        h[row] = gates["o"][row] * np.tanh(c[row])
    return h, c, gates


# %% right="torch-inside"
def lstm_step(x, h_prev, c_prev, params):
    x, h_prev, c_prev, W, b = (torch.tensor(v) for v in (x, h_prev, c_prev, params["W"], params["b"]))
    i, f, o, g = torch.nn.functional.linear(torch.cat([h_prev, x], 1), W, b).chunk(4, dim=1)
    i, f, o, g = torch.sigmoid(i), torch.sigmoid(f), torch.sigmoid(o), torch.tanh(g)
    c = f * c_prev + i * g
    return (o * c.tanh()).numpy(), c.numpy(), {"i": i.numpy(), "f": f.numpy(), "g": g.numpy(), "o": o.numpy()}
