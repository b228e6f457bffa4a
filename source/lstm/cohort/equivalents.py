EQUIVALENT = [
    {
        "exercise": "cell",
        "was": "b = np.zeros(4 * hidden)",
        "now": "b = -(np.zeros(4 * hidden))",
        "reason": "minus zero equals zero, also in every sum and product that follows",
    },
    {
        "exercise": "sequence",
        "was": 'h = c = np.zeros((B, len(params["b"]) // 4), dtype=x.dtype)',
        "now": 'h = c = -(np.zeros((B, len(params["b"]) // 4), dtype=x.dtype))',
        "reason": "a state of minus zero equals a state of zero",
    },
    {
        "exercise": "bptt",
        "was": "dh = dc = np.zeros_like(d_outputs[:, 0])",
        "now": "dh = dc = -(np.zeros_like(d_outputs[:, 0]))",
        "reason": "a gradient of minus zero equals a gradient of zero",
    },
    {
        "exercise": "bptt",
        "was": "dh = dc = np.zeros_like(d_outputs[:, 0])",
        "now": "dh = dc = np.zeros_like(d_outputs[:, -1])",
        "reason": "only the shape is taken, and all steps have the same",
    },
    {
        "exercise": "writer",
        "was": 'h = c = np.zeros((1, len(model["lstm"]["b"]) // 4))',
        "now": 'h = c = -(np.zeros((1, len(model["lstm"]["b"]) // 4)))',
        "reason": "a state of minus zero equals a state of zero",
    },
    {
        "exercise": "writer",
        "was": 'logits = model["out_W"] @ h[0] + model["out_b"]',
        "now": 'logits = model["out_W"] @ h[-1] + model["out_b"]',
        "reason": "the batch has one row, so its first is its last",
    },
]


def try_cell(answer, rng):
    """One random call."""
    params = answer["init_lstm"](
        int(rng.integers(1, 4)), int(rng.integers(1, 4)), rng, float(rng.choice([-1.0, 0.0, 2.0]))
    )
    return params["W"], params["b"]


def _step(x, h_prev, c_prev, params):
    c = np.tanh(c_prev + x @ params["W"])
    return h_prev / 2 + c, c, {"i": c}


def try_sequence(answer, rng):
    """One random call, with and without a mask."""
    B, T, D = rng.integers(1, 4, size=3)
    params = {"W": rng.normal(size=(D, 2)), "b": np.zeros(8)}
    mask = None if rng.random() < 0.3 else rng.random((B, T)) < 0.5
    return answer["lstm"](rng.normal(size=(B, T, D)), params, mask, step=_step)


def _step_backward(dh, dc, x, h_prev, c_prev, gates, params):
    return dh * x, dh / 2, dc + dh, {"W": (dh * x).sum(axis=0), "b": dc.sum(axis=0)}


def try_bptt(answer, rng):
    """One random call, with and without a mask."""
    B, T = rng.integers(1, 4, size=2)
    tape = [(rng.normal(size=(B, 2)), np.zeros((B, 2)), np.zeros((B, 2)), {}) for _ in range(T)]
    mask = None if rng.random() < 0.3 else rng.random((B, T)) < 0.5
    params = {"W": np.zeros(2), "b": np.zeros(2)}
    return answer["lstm_backward"](rng.normal(size=(B, T, 2)), tape, params, mask, step_backward=_step_backward)


def _letter_step(x, h_prev, c_prev, params):
    return h_prev / 2 + x, c_prev, {}


def try_writer(answer, rng):
    """One random call."""
    model = {
        "lstm": {"b": np.zeros(12)},
        "out_W": rng.normal(size=(3, 3)),
        "out_b": rng.normal(size=3),
        "alphabet": "abc",
    }
    prompt = "".join(rng.choice(list("abc"), size=rng.integers(1, 3)))
    return answer["write"](prompt, int(rng.integers(1, 4)), model, rng, float(rng.uniform(0.5, 2)), step=_letter_step)
