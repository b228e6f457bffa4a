# %% mistake="end-inclusive" points=0 says="`end` is exclusive"
def encode_bio(n, spans):
    tags = ["O"] * n
    for start, end, kind in sorted(spans):
        for i in range(start, min(end + 1, n)):
            tags[i] = ("B-" if i == start else "I-") + kind
    return tags


# %% mistake="no-b" points=0 says="every span must open with B"
def encode_bio(n, spans):
    tags = ["O"] * n
    for start, end, kind in spans:
        for i in range(start, end):
            if tags[i] != "O":
                raise ValueError("overlap")
            tags[i] = "I-" + kind
    return tags


# %% mistake="overlap-ignored" points=0 says="returned a value where it must raise ValueError"
def encode_bio(n, spans):
    tags = ["O"] * n
    for start, end, kind in spans:
        for i in range(start, end):
            tags[i] = ("B-" if i == start else "I-") + kind
    return tags


# %% mistake="stray-dropped" points=0 says="you dropped an I that follows no B"
def decode_bio(tags):
    spans = []
    for i, tag in enumerate(tags):
        if tag[0] == "B":
            spans.append((i, i + 1, tag[2:]))
        elif tag[0] == "I" and spans and spans[-1][1] == i and spans[-1][2] == tag[2:]:
            spans[-1] = (spans[-1][0], i + 1, tag[2:])
    return spans


# %% mistake="kind-ignored" points=0 says="an I of another kind opens a new span"
def decode_bio(tags):
    spans = []
    for i, tag in enumerate(tags):
        if tag[0] == "I" and spans and spans[-1][1] == i:
            spans[-1] = (spans[-1][0], i + 1, spans[-1][2])
        elif tag != "O":
            spans.append((i, i + 1, tag[2:]))
    return spans


# %% mistake="last-span-lost" points=0 says="you lost the span that ends with the sentence"
def decode_bio(tags):
    spans, start, kind = [], None, None
    for i, tag in enumerate(tags):
        if start is not None and not (tag[0] == "I" and tag[2:] == kind):
            spans.append((start, i, kind))
            start = None
        if tag != "O" and start is None:
            start, kind = i, tag[2:]
    return spans


# %% right="scan-with-sentinel"
def decode_bio(tags):
    spans, start, kind = [], None, None
    for i, tag in enumerate([*tags, "O"]):
        if start is not None and not (tag[0] == "I" and tag[2:] == kind):
            spans.append((start, i, kind))
            start = None
        if tag != "O" and start is None:
            start, kind = i, tag[2:]
    return spans


# %% right="numpy-owner"
def encode_bio(n, spans):
    owner = np.zeros(n, dtype=int)
    for start, end, _ in spans:
        owner[start:end] += 1
    if (owner > 1).any():
        raise ValueError("overlapping spans")
    tags = ["O" for _ in range(n)]
    for start, end, kind in sorted(spans):
        for i in range(start, end):
            tags[i] = "I-" + kind
        tags[start] = "B-" + kind
    return tags
