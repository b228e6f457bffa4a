"""Mutants that no test can tell from the reference."""

EQUIVALENT = [
    {
        "exercise": "search",
        "was": 'order = np.argsort(-scores, kind="stable")[:, :k]',
        "now": "order = np.argsort(-scores, kind='stablex')[:, :k]",
        "reason": "numpy looks only at the first letter of kind",
    },
]


def try_search(answer, rng):
    """Scores with many ties; the order is what might part."""
    scores = rng.integers(-2, 3, size=(3, 9)) / 2
    return answer["top_k"](scores, 5)
