# %% mistake="by-token" points=0 says="a later piece was chosen without its first"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    return (rng.random(ids.shape) < rate) & ~np.isin(ids, special)


# %% mistake="extends-every-piece" points=0 says="long ones no more often"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    token = (rng.random(ids.shape) < rate) & ~np.isin(ids, special)
    number = np.cumsum(~continues[ids], axis=1)
    chosen = np.zeros(ids.shape, bool)
    for b in range(len(ids)):
        chosen[b] = np.isin(number[b], number[b][token[b]])
    return chosen


# %% mistake="extends-to-the-right-only" points=0 says="a later piece was chosen without its first"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    chosen = (rng.random(ids.shape) < rate) & ~np.isin(ids, special)
    for t in range(1, ids.shape[1]):
        chosen[:, t] |= chosen[:, t - 1] & continues[ids[:, t]]
    return chosen


# %% mistake="first-piece-only" points=0 says="a first piece was chosen without the rest"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    return (rng.random(ids.shape) < rate) & ~np.isin(ids, special) & ~continues[ids]


# %% mistake="two-coins-a-row" points=0 says="each word needs a coin of its own"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    number = np.cumsum(~continues[ids], axis=1) % 2
    coins = rng.random(ids.shape) < rate
    return np.take_along_axis(coins, number, axis=1) & ~np.isin(ids, special)


# %% mistake="one-draw-for-the-batch" points=0 says="each row needs a draw of its own"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    number = np.cumsum(~continues[ids], axis=1) - 1
    coins = rng.random(ids.shape[1]) < rate
    return coins[number] & ~np.isin(ids, special)


# %% right="loop-over-words"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    chosen = np.zeros(ids.shape, dtype=bool)
    for b, row in enumerate(ids):
        picked = False
        for t, token in enumerate(row):
            if not continues[token]:
                picked = token not in special and rng.random() < rate
            chosen[b, t] = picked
    return chosen


# %% right="numbered-words"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    number = np.cumsum(~continues[ids], axis=1) - 1
    coins = rng.random(ids.shape) < rate
    return np.take_along_axis(coins, number, axis=1) & ~np.isin(ids, special)


# %% right="so-many-words-without-replacement"
def choose_words(ids, continues, rng, rate=0.15, special=SPECIAL):
    chosen = np.zeros(ids.shape, dtype=bool)
    for b, row in enumerate(ids):
        words = []
        for t, token in enumerate(row):
            if continues[token]:
                words[-1].append(t)
            else:
                words.append([t])
        words = [places for places in words if row[places[0]] not in special]
        exact = rate * len(words)
        count = int(exact) + int(rng.random() < exact - int(exact))
        for k in rng.permutation(len(words))[:count]:
            chosen[b, words[k]] = True
    return chosen
