# %% mistake="special-tokens-too" points=0 says="may not be chosen"
def choose(ids, rng, rate=0.15, special=SPECIAL):
    return rng.random(ids.shape) < rate


# %% mistake="one-draw-for-the-batch" points=0 says="each row needs a draw of its own"
def choose(ids, rng, rate=0.15, special=SPECIAL):
    return (rng.random(ids.shape[1]) < rate) & ~np.isin(ids, special)


# %% mistake="share-of-the-row" points=0 says="15% of the words, not of the row"
def choose(ids, rng, rate=0.15, special=SPECIAL):
    may = ~np.isin(ids, special)
    chosen = np.zeros(ids.shape, bool)
    for b in range(len(ids)):
        places = rng.permutation(np.flatnonzero(may[b]))
        chosen[b, places[: round(rate * ids.shape[1])]] = True
    return chosen


# %% mistake="own-seed" points=0 says="draw from rng"
def choose(ids, rng, rate=0.15, special=SPECIAL):
    rng = np.random.default_rng(0)
    return (rng.random(ids.shape) < rate) & ~np.isin(ids, special)


# %% mistake="at-least-one" points=1 says="no minimum"
def choose(ids, rng, rate=0.15, special=SPECIAL):
    may = ~np.isin(ids, special)
    chosen = np.zeros(ids.shape, bool)
    for b in range(len(ids)):
        places = rng.permutation(np.flatnonzero(may[b]))
        count = max(1, round(rate * len(places))) if rate > 0 else 0
        chosen[b, places[:count]] = True
    return chosen


# %% right="fixed-count-rounded-at-random"
def choose(ids, rng, rate=0.15, special=SPECIAL):
    may = ~np.isin(ids, special)
    exact = rate * may.sum(axis=1, keepdims=True)
    count = np.floor(exact) + (rng.random(exact.shape) < exact % 1)
    lots = np.where(may, rng.random(ids.shape), 2.0)
    return may & (lots.argsort(axis=1).argsort(axis=1) < count)


# %% right="loop-of-coins"
def choose(ids, rng, rate=0.15, special=SPECIAL):
    special = set(special)
    return np.array(
        [[token not in special and rng.random() < rate for token in row] for row in ids.tolist()], dtype=bool
    )
