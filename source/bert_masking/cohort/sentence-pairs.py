# %% mistake="labels-flipped" points=0 says="no label fits"
def sentence_pairs(documents, rng):
    pairs = []
    for d, document in enumerate(documents):
        for a, b in zip(document[:-1], document[1:], strict=True):
            if rng.random() < 0.5:
                pairs.append((a, b, 1))
            else:
                other = documents[(d + rng.integers(1, len(documents))) % len(documents)]
                pairs.append((a, other[rng.integers(len(other))], 0))
    return pairs


# %% mistake="same-document" points=0 says="a random sentence came from the same document"
def sentence_pairs(documents, rng):
    pairs = []
    for document in documents:
        for a, b in zip(document[:-1], document[1:], strict=True):
            if rng.random() < 0.5:
                pairs.append((a, b, 0))
            else:
                other = documents[rng.integers(len(documents))]
                pairs.append((a, other[rng.integers(len(other))], 1))
    return pairs


# %% mistake="every-other-sentence" points=0 says="pairs, not"
def sentence_pairs(documents, rng):
    pairs = []
    for d, document in enumerate(documents):
        for i in range(0, len(document) - 1, 2):
            if rng.random() < 0.5:
                pairs.append((document[i], document[i + 1], 0))
            else:
                other = documents[(d + rng.integers(1, len(documents))) % len(documents)]
                pairs.append((document[i], other[rng.integers(len(other))], 1))
    return pairs


# %% mistake="across-the-border" points=0 says="pairs, not"
def sentence_pairs(documents, rng):
    flat = [(d, s) for d, document in enumerate(documents) for s in document]
    pairs = []
    for (d, a), (_, b) in zip(flat[:-1], flat[1:], strict=True):
        if rng.random() < 0.5:
            pairs.append((a, b, 0))
        else:
            other = documents[(d + rng.integers(1, len(documents))) % len(documents)]
            pairs.append((a, other[rng.integers(len(other))], 1))
    return pairs


# %% mistake="always-the-first-sentence" points=0 says="second half of its document"
def sentence_pairs(documents, rng):
    pairs = []
    for d, document in enumerate(documents):
        for a, b in zip(document[:-1], document[1:], strict=True):
            if rng.random() < 0.5:
                pairs.append((a, b, 0))
            else:
                pairs.append((a, documents[(d + rng.integers(1, len(documents))) % len(documents)][0], 1))
    return pairs


# %% mistake="the-neighbouring-document" points=1 says="coming from document"
def sentence_pairs(documents, rng):
    pairs = []
    for d, document in enumerate(documents):
        for a, b in zip(document[:-1], document[1:], strict=True):
            if rng.random() < 0.5:
                pairs.append((a, b, 0))
            else:
                other = documents[(d + 1) % len(documents)]
                pairs.append((a, other[rng.integers(len(other))], 1))
    return pairs


# %% right="all-sentences-of-the-others"
def sentence_pairs(documents, rng):
    starts = np.cumsum([0, *map(len, documents)])
    flat = [sentence for document in documents for sentence in document]
    pairs = []
    for d, document in enumerate(documents):
        for i in range(len(document) - 1):
            if rng.integers(2) == 0:
                pairs.append((document[i], document[i + 1], 0))
            else:
                j = rng.integers(len(flat) - len(document))
                pairs.append((document[i], flat[j if j < starts[d] else j + len(document)], 1))
    return pairs


# %% right="rejects-its-own"
def sentence_pairs(documents, rng):
    made = []
    for own in range(len(documents)):
        for i in range(len(documents[own]) - 1):
            if rng.random() < 0.5:
                made.append((documents[own][i], documents[own][i + 1], 0))
                continue
            other = own
            while other == own:
                other = int(rng.integers(len(documents)))
            made.append((documents[own][i], documents[other][int(rng.integers(len(documents[other])))], 1))
    return made
