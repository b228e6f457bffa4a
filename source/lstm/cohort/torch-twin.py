# %% mistake="order-kept" points=0 says="PyTorch wants i, f, g, o"
def to_torch(params):
    W, b = params["W"], params["b"]
    H = len(b) // 4
    arrays = {"weight_ih_l0": W[:, H:], "weight_hh_l0": W[:, :H], "bias_ih_l0": b, "bias_hh_l0": 0 * b}
    return {name: torch.tensor(array) for name, array in arrays.items()}


# %% mistake="columns-exchanged" points=0 says="you took the first column as x's"
def to_torch(params):
    W, b = (np.concatenate([np.split(params[name], 4)[k] for k in (0, 1, 3, 2)]) for name in ("W", "b"))
    D = W.shape[1] - len(b) // 4
    arrays = {"weight_ih_l0": W[:, :D], "weight_hh_l0": W[:, D:], "bias_ih_l0": b, "bias_hh_l0": 0 * b}
    return {name: torch.tensor(array) for name, array in arrays.items()}


# %% mistake="bias-twice" points=0 says="PyTorch adds the two biases, so b counts twice"
def to_torch(params):
    W, b = (np.concatenate([np.split(params[name], 4)[k] for k in (0, 1, 3, 2)]) for name in ("W", "b"))
    H = len(b) // 4
    arrays = {"weight_ih_l0": W[:, H:], "weight_hh_l0": W[:, :H], "bias_ih_l0": b, "bias_hh_l0": b}
    return {name: torch.tensor(array) for name, array in arrays.items()}


# %% mistake="single-rows-exchanged" points=0 says="single rows changed places"
def to_torch(params):
    W, b = params["W"].copy(), params["b"].copy()
    H = len(b) // 4
    W[[2, 3]], b[[2, 3]] = W[[3, 2]], b[[3, 2]]
    arrays = {"weight_ih_l0": W[:, H:], "weight_hh_l0": W[:, :H], "bias_ih_l0": b, "bias_hh_l0": 0 * b}
    return {name: torch.tensor(array) for name, array in arrays.items()}


# %% mistake="bias-order-kept" points=0 says="the biases' blocks must change places too"
def to_torch(params):
    W = np.concatenate([np.split(params["W"], 4)[k] for k in (0, 1, 3, 2)])
    b = params["b"]
    H = len(b) // 4
    arrays = {"weight_ih_l0": W[:, H:], "weight_hh_l0": W[:, :H], "bias_ih_l0": b, "bias_hh_l0": 0 * b}
    return {name: torch.tensor(array) for name, array in arrays.items()}


# %% mistake="float32-always" points=0 says="has dtype"
def to_torch(params):
    W, b = (np.concatenate([np.split(params[name], 4)[k] for k in (0, 1, 3, 2)]) for name in ("W", "b"))
    H = len(b) // 4
    arrays = {"weight_ih_l0": W[:, H:], "weight_hh_l0": W[:, :H], "bias_ih_l0": b, "bias_hh_l0": 0 * b}
    return {name: torch.tensor(array, dtype=torch.float32) for name, array in arrays.items()}


# %% mistake="one-bias-back" points=0 says="only bias_ih is there"
def from_torch(state):
    W = torch.cat([state["weight_hh_l0"], state["weight_ih_l0"]], dim=1)
    b = state["bias_ih_l0"]
    return {name: torch.cat([v.chunk(4)[k] for k in (0, 1, 3, 2)]).numpy() for name, v in (("W", W), ("b", b))}


# %% mistake="x-before-h-back" points=0 says="the columns are [x, h]"
def from_torch(state):
    W = torch.cat([state["weight_ih_l0"], state["weight_hh_l0"]], dim=1)
    b = state["bias_ih_l0"] + state["bias_hh_l0"]
    return {name: torch.cat([v.chunk(4)[k] for k in (0, 1, 3, 2)]).numpy() for name, v in (("W", W), ("b", b))}


# %% mistake="order-kept-back" points=0 says="PyTorch's order i, f, g, o is still there"
def from_torch(state):
    W = torch.cat([state["weight_hh_l0"], state["weight_ih_l0"]], dim=1)
    b = state["bias_ih_l0"] + state["bias_hh_l0"]
    return {"W": W.numpy(), "b": b.numpy()}


# %% right="half-a-bias-each"
def to_torch(params):
    H = len(params["b"]) // 4
    rows = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]
    W, b = torch.from_numpy(params["W"][rows]), torch.from_numpy(params["b"][rows])
    return {"weight_ih_l0": W[:, H:], "weight_hh_l0": W[:, :H], "bias_ih_l0": b / 2, "bias_hh_l0": b / 2}


def from_torch(state):
    H = state["weight_hh_l0"].shape[1]
    rows = np.concatenate([np.arange(2 * H), np.arange(3 * H, 4 * H), np.arange(2 * H, 3 * H)])
    ih, hh = state["weight_ih_l0"].numpy()[rows], state["weight_hh_l0"].numpy()[rows]
    b = state["bias_ih_l0"].numpy()[rows] + state["bias_hh_l0"].numpy()[rows]
    return {"W": np.hstack([hh, ih]), "b": b}


# %% right="block-by-block"
def to_torch(params):
    H = params["b"].size // 4
    W = params["W"].reshape(4, H, -1)[[0, 1, 3, 2]].reshape(4 * H, -1)
    b = params["b"].reshape(4, H)[[0, 1, 3, 2]].reshape(-1)
    return {
        "bias_hh_l0": torch.as_tensor(b),
        "bias_ih_l0": torch.zeros(4 * H, dtype=torch.as_tensor(b).dtype),
        "weight_hh_l0": torch.as_tensor(W[:, :H].copy()),
        "weight_ih_l0": torch.as_tensor(W[:, H:].copy()),
    }


def from_torch(state):
    i, f, g, o = (
        torch.cat([state["weight_hh_l0"], state["weight_ih_l0"]], 1).detach().split(len(state["bias_hh_l0"]) // 4)
    )
    bi, bf, bg, bo = (state["bias_ih_l0"] + state["bias_hh_l0"]).detach().chunk(4)
    return {"W": torch.cat([i, f, o, g]).numpy(), "b": torch.cat([bi, bf, bo, bg]).numpy()}
