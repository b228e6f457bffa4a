# %% mistake="changes-its-input" points=0 says="work on a copy"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    labels = np.where(chosen, ids, IGNORE)
    u = rng.random(ids.shape)
    inputs = ids
    inputs[chosen & (u < shares[0])] = MASK
    random = chosen & (u >= shares[0]) & (u < shares[0] + shares[1])
    inputs[random] = rng.integers(first_word, vocab_size, size=random.sum())
    return inputs, labels


# %% mistake="kept-tokens-unlabelled" points=0 says="a chosen token that stays visible is predicted too"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    fate = rng.choice(3, size=ids.shape, p=shares)
    inputs = np.where(chosen & (fate == 0), MASK, ids)
    inputs = np.where(chosen & (fate == 1), rng.integers(first_word, vocab_size, size=ids.shape), inputs)
    return inputs, np.where(inputs != ids, ids, IGNORE)


# %% mistake="labels-after-the-change" points=0 says="labels are the originals"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    fate = rng.choice(3, size=ids.shape, p=shares)
    inputs = np.where(chosen & (fate == 0), MASK, ids)
    inputs = np.where(chosen & (fate == 1), rng.integers(first_word, vocab_size, size=ids.shape), inputs)
    return inputs, np.where(chosen, inputs, IGNORE)


# %% mistake="labels-everywhere" points=0 says="must be -100"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    fate = rng.choice(3, size=ids.shape, p=shares)
    inputs = np.where(chosen & (fate == 0), MASK, ids)
    inputs = np.where(chosen & (fate == 1), rng.integers(first_word, vocab_size, size=ids.shape), inputs)
    return inputs, ids.copy()


# %% mistake="second-coin-is-a-tenth" points=0 says="a chosen token looking unchanged"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    masked = chosen & (rng.random(ids.shape) < shares[0])
    random = chosen & ~masked & (rng.random(ids.shape) < shares[1])
    inputs = np.where(masked, MASK, ids)
    inputs = np.where(random, rng.integers(first_word, vocab_size, size=ids.shape), inputs)
    return inputs, np.where(chosen, ids, IGNORE)


# %% mistake="random-may-be-special" points=0 says="ids below first_word are special"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    fate = rng.choice(3, size=ids.shape, p=shares)
    inputs = np.where(chosen & (fate == 0), MASK, ids)
    inputs = np.where(chosen & (fate == 1), rng.integers(0, vocab_size, size=ids.shape), inputs)
    return inputs, np.where(chosen, ids, IGNORE)


# %% mistake="last-word-never" points=0 says="word 14 as the random word"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    fate = rng.choice(3, size=ids.shape, p=shares)
    inputs = np.where(chosen & (fate == 0), MASK, ids)
    inputs = np.where(chosen & (fate == 1), rng.integers(first_word, vocab_size - 1, size=ids.shape), inputs)
    return inputs, np.where(chosen, ids, IGNORE)


# %% mistake="always-mask" points=0 says="every chosen token became [MASK]"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    return np.where(chosen, MASK, ids), np.where(chosen, ids, IGNORE)


# %% right="two-coins"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    inputs, labels = ids.copy(), ids.copy()
    labels[~chosen] = IGNORE
    masked = chosen & (rng.random(ids.shape) < shares[0])
    inputs[masked] = MASK
    rest = shares[1] + shares[2]
    random = chosen & ~masked & (rng.random(ids.shape) * rest < shares[1])
    inputs[random] = rng.integers(first_word, vocab_size, size=int(random.sum()))
    return inputs, labels


# %% right="fixed-shares-of-the-batch"
def corrupt(ids, chosen, rng, vocab_size, shares=(0.8, 0.1, 0.1), first_word=FIRST_WORD):
    inputs = ids.copy()
    places = rng.permutation(np.argwhere(chosen))
    a, b = round(shares[0] * len(places)), round((shares[0] + shares[1]) * len(places))
    for i, j in places[:a]:
        inputs[i, j] = MASK
    for i, j in places[a:b]:
        inputs[i, j] = rng.integers(first_word, vocab_size)
    return inputs, np.where(chosen, ids, -100)
