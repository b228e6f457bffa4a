# %% mistake="no-negation" points=0 says="a negator up to three tokens before a match flips its sign"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    total, i = 0, 0
    while i < len(tokens):
        size = max([len(p) for p in lexicon if tuple(tokens[i : i + len(p)]) == p], default=0)
        if size:
            total += lexicon[tuple(tokens[i : i + size])]
        i += max(size, 1)
    return int(np.sign(total))


# %% mistake="words-only" points=0 says="phrases of several tokens must match too"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    total = 0
    for i, token in enumerate(tokens):
        if (token,) in lexicon:
            flips = sum(t in negators for t in tokens[max(0, i - reach) : i])
            total += lexicon[(token,)] * (-1) ** flips
    return int(np.sign(total))


# %% mistake="shortest-first" points=0 says="try the longest phrase first"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    total, i = 0, 0
    while i < len(tokens):
        size = min([len(p) for p in lexicon if tuple(tokens[i : i + len(p)]) == p], default=0)
        if size:
            flips = sum(t in negators for t in tokens[max(0, i - reach) : i])
            total += lexicon[tuple(tokens[i : i + size])] * (-1) ** flips
        i += max(size, 1)
    return int(np.sign(total))


# %% mistake="used-negator" points=0 says="must not flip 好 behind it"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    total, i = 0, 0
    while i < len(tokens):
        size = max([len(p) for p in lexicon if tuple(tokens[i : i + len(p)]) == p], default=0)
        if size:
            flips = sum(t in negators for t in tokens[max(0, i - reach) : i])
            total += lexicon[tuple(tokens[i : i + size])] * (-1) ** flips
        i += max(size, 1)
    return int(np.sign(total))


# %% mistake="any-negator" points=0 says="two negators flip twice"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    total, i, used = 0, 0, set()
    while i < len(tokens):
        size = max([len(p) for p in lexicon if tuple(tokens[i : i + len(p)]) == p], default=0)
        if size:
            flip = any(tokens[j] in negators and j not in used for j in range(max(0, i - reach), i))
            total += lexicon[tuple(tokens[i : i + size])] * (-1 if flip else 1)
            used |= set(range(i, i + size))
        i += max(size, 1)
    return int(np.sign(total))


# %% mistake="reach-everything" points=0 says="the negator is out of reach"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    total, i, used = 0, 0, set()
    while i < len(tokens):
        size = max([len(p) for p in lexicon if tuple(tokens[i : i + len(p)]) == p], default=0)
        if size:
            flips = sum(tokens[j] in negators and j not in used for j in range(i))
            total += lexicon[tuple(tokens[i : i + size])] * (-1) ** flips
            used |= set(range(i, i + size))
        i += max(size, 1)
    return int(np.sign(total))


# %% mistake="sum" points=0 says="return the sign, not the sum"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    total, i, used = 0, 0, set()
    while i < len(tokens):
        size = max([len(p) for p in lexicon if tuple(tokens[i : i + len(p)]) == p], default=0)
        if size:
            flips = sum(tokens[j] in negators and j not in used for j in range(max(0, i - reach), i))
            total += lexicon[tuple(tokens[i : i + size])] * (-1) ** flips
            used |= set(range(i, i + size))
        i += max(size, 1)
    return total


# %% right="two-passes"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    matches, free, i = [], [True] * len(tokens), 0
    while i < len(tokens):
        for p in sorted(lexicon, key=len, reverse=True):
            if tuple(tokens[i : i + len(p)]) == p:
                matches.append((i, lexicon[p]))
                free[i : i + len(p)] = [False] * len(p)
                i += len(p)
                break
        else:
            i += 1
    total = 0
    for place, value in matches:
        for j in range(max(0, place - reach), place):
            if free[j] and tokens[j] in negators:
                value = -value
        total += value
    return int(np.sign(total))


# %% right="blanked-copy"
def lexicon_polarity(tokens, lexicon, negators, reach=3):
    text, score, i = list(tokens), 0.0, 0
    while i < len(text):
        hit = None
        for n in range(1, len(text) - i + 1):
            if tuple(text[i : i + n]) in lexicon:
                hit = n
        if hit is None:
            i += 1
            continue
        value = lexicon[tuple(text[i : i + hit])]
        value *= np.prod([-1 if w in negators else 1 for w in text[max(i - reach, 0) : i]])
        for j in range(i, i + hit):
            text[j] = None
        score += value
        i += hit
    return np.sign(score)
