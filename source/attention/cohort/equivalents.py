"""Mutants of the references that behave as the references do."""

_SOFTMAX = (
    "a bias of the keys adds q·b_k to every score of a row, and the softmax does not notice what a whole row shares"
)
_SWAP = "exchanging axes a and b is exchanging axes b and a"

EQUIVALENT = [
    {
        "exercise": "multi-head",
        "was": "k = split_heads(memory @ w_k.T + b_k, h)",
        "now": "k = split_heads(memory @ w_k.T - b_k, h)",
        "reason": _SOFTMAX,
    },
    {
        "exercise": "multi-head",
        "was": "k = split_heads(memory @ w_k.T + b_k, h)",
        "now": "k = split_heads((memory @ w_k.T), h)",
        "reason": _SOFTMAX,
    },
    {
        "exercise": "multi-head",
        "was": "return x.unflatten(-1, (h, -1)).transpose(-3, -2)",
        "now": "return x.unflatten(-1, (h, -1)).transpose(-2, -3)",
        "reason": _SWAP,
    },
    {
        "exercise": "multi-head",
        "was": "return x.transpose(-3, -2).flatten(-2)",
        "now": "return x.transpose(-2, -3).flatten(-2)",
        "reason": _SWAP,
    },
]


def try_multi_head(answer, rng):
    """Both passes through the heads, and the whole layer, with and without a mask; some rows may look at nothing."""
    b, t_q, t_k, h, size = (int(n) for n in rng.integers(1, 4, size=5))
    d = h * size
    draw = lambda *shape: torch.from_numpy(rng.normal(size=shape))
    query, memory = draw(b, t_q, d), draw(b, t_k, d)
    weights = draw(3 * d, d), draw(3 * d), draw(d, d), draw(d)
    mask = torch.from_numpy(rng.random((b, t_q, t_k)) < 0.6) if rng.random() < 0.7 else None
    split = answer["split_heads"](query, h)
    layer = answer["multi_head_attention"](query, memory, *weights, h, mask, library_attention)
    return [split, answer["merge_heads"](split), *layer]
