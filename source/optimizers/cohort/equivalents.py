EQUIVALENT = [
    {
        "exercise": "adagrad-rmsprop",
        "was": 'mean = alpha * state.get("mean", 0.0) + (1 - alpha) * grad',
        "now": 'mean = alpha * state.get("mean", 0.0) - (1 - alpha) * grad',
        "reason": "the mean starts from zero, so its sign is turned at every step, and only its square is used",
    },
    {
        "exercise": "adagrad-rmsprop",
        "was": 'mean = alpha * state.get("mean", 0.0) + (1 - alpha) * grad',
        "now": 'mean = alpha * state.get("mean", 0.0) + (((alpha) - (1))) * grad',
        "reason": "the mean starts from zero, so its sign is turned at every step, and only its square is used",
    },
    {
        "exercise": "adamax-nadam",
        "was": 'u = np.maximum(beta2 * state.get("u", 0.0), np.abs(grad) + eps)',
        "now": 'u = np.maximum(beta2 * state.get("u", -1.0), np.abs(grad) + eps)',
        "reason": "at the first step the maximum with |g| + eps, which is not negative, is |g| + eps for either start",
    },
    {
        "exercise": "adamax-nadam",
        "was": 'u = np.maximum(beta2 * state.get("u", 0.0), np.abs(grad) + eps)',
        "now": 'u = np.maximum(np.abs(grad) + eps, beta2 * state.get("u", 0.0))',
        "reason": "the maximum of two numbers does not depend on their order",
    },
    {
        "exercise": "ftrl",
        "was": "excess = np.maximum(np.abs(z) - l1, 0.0)",
        "now": "excess = np.maximum(0.0, np.abs(z) - l1)",
        "reason": "the maximum of two numbers does not depend on their order",
    },
]


def _walk(step, rng, **settings):
    w, state, path = np.zeros(4), {}, []
    for _ in range(3):
        w, state = step(w, rng.normal(size=4) * (rng.random(4) < 0.7), state, **settings)
        path.append(w)
    return np.array(path)


def try_adagrad_rmsprop(answer, rng):
    centered = bool(rng.integers(2))
    return _walk(answer["rmsprop"], rng, alpha=rng.uniform(0.5, 0.99), eps=0.01, momentum=0.5, centered=centered)


def try_adamax_nadam(answer, rng):
    return _walk(answer["adamax"], rng, betas=(0.9, rng.uniform(0.1, 1.0)), eps=rng.choice([1e-8, 0.1]))


def try_ftrl(answer, rng):
    return _walk(answer["ftrl"], rng, alpha=rng.uniform(0.1, 1.0), l1=rng.choice([0.0, 0.5, 1.0]), l2=rng.uniform())
