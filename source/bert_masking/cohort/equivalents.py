"""Mutants of the references that behave as the references do."""

_TIE = "a uniform number equals the rate with a probability of 2**-53 at most, which no test of chance can see"

EQUIVALENT = [
    {
        "exercise": "choose",
        "was": "chosen = rng.random(ids.shape) < rate",
        "now": "chosen = rng.random(ids.shape) <= rate",
        "reason": _TIE,
    },
    {
        "exercise": "choose-words",
        "was": "chosen = rng.random(ids.shape) < rate",
        "now": "chosen = rng.random(ids.shape) <= rate",
        "reason": _TIE,
    },
    {
        "exercise": "choose-words",
        "was": "for t in range(1, ids.shape[1]):",
        "now": "for t in range(0, ids.shape[1]):",
        "reason": "a row begins with a token that does not continue, so nothing is copied into column 0",
    },
    {
        "exercise": "joint-loss",
        "was": "chosen = labels != IGNORE",
        "now": "chosen = labels > IGNORE",
        "reason": "labels are ids, 0 or more, or IGNORE, which is -100",
    },
]


def _rows(rng):
    """Rows of words of one to three pieces, with or without special tokens around them, and which ids continue."""
    length = int(rng.integers(2, 9))
    ids = rng.integers(FIRST_WORD, 12, size=(int(rng.integers(1, 5)), length))
    if rng.random() < 0.5:
        ids[:, 0], ids[:, -1] = CLS, SEP
    return np.where((np.arange(length) < 2) & (ids >= 9), 6, ids), np.arange(12) >= 9


def try_choose(answer, rng):
    ids, _ = _rows(rng)
    return answer["choose"](ids, rng, rate=rng.choice([0.0, 0.15, 0.5, 1.0]))


def try_choose_words(answer, rng):
    ids, continues = _rows(rng)
    return answer["choose_words"](ids, continues, rng, rate=rng.choice([0.0, 0.15, 0.5, 1.0]))


def try_joint_loss(answer, rng):
    b, t, v = (int(n) for n in rng.integers(1, 5, size=3))
    draw = lambda *shape: torch.from_numpy(rng.normal(size=shape))
    labels = np.where(rng.random((b, t)) < 0.5, rng.integers(v, size=(b, t)), IGNORE)
    return answer["joint_loss"](
        draw(b, t, v), torch.from_numpy(labels), draw(b, 2), torch.from_numpy(rng.integers(2, size=b))
    )
