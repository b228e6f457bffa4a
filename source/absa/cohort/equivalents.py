"""Mutants of the references that no test can tell from them."""

LETTERS = "a tag is O, B-kind or I-kind, and O has an empty kind, which no span has"
CACHED = "CPython keeps one object for each one-letter string"
EMPTY = "the empty phrase is in no lexicon"

EQUIVALENT = [
    {
        "exercise": "bio",
        "was": 'if letter == "I" and spans and spans[-1][1:] == (i, kind):',
        "now": 'if letter >= "I" and spans and spans[-1][1:] == (i, kind):',
        "reason": LETTERS,
    },
    {
        "exercise": "bio",
        "was": 'if letter == "I" and spans and spans[-1][1:] == (i, kind):',
        "now": 'if letter is "I" and spans and spans[-1][1:] == (i, kind):',
        "reason": CACHED,
    },
    {"exercise": "bio", "was": 'elif letter != "O":', "now": 'elif letter < "O":', "reason": LETTERS},
    {"exercise": "bio", "was": 'elif letter != "O":', "now": 'elif letter is not "O":', "reason": CACHED},
    {
        "exercise": "lexicon",
        "was": "while i < len(tokens):",
        "now": "while i <= len(tokens):",
        "reason": EMPTY,
    },
    {
        "exercise": "lexicon",
        "was": "size = next((n for n in range(longest, 0, -1) if tuple(tokens[i : i + n]) in lexicon), 0)",
        "now": "size = next((n for n in range(longest, -1, -1) if tuple(tokens[i : i + n]) in lexicon), 0)",
        "reason": EMPTY,
    },
    {
        "exercise": "linear",
        "was": "return row / (np.linalg.norm(row) or 1)",
        "now": "return row / (np.linalg.norm(row) or 2)",
        "reason": "zeros stay zeros whatever they are divided by",
    },
    {
        "exercise": "linear",
        "was": "row = np.zeros(len(idf))",
        "now": "row = -(np.zeros(len(idf)))",
        "reason": "minus zero equals zero",
    },
    {
        "exercise": "linear",
        "was": "for side in (tokens[max(0, span[0] - size) : span[0]], tokens[span[1] : span[1] + size]):",
        "now": "for side in (tokens[max(span[0] - size, 0) : span[0]], tokens[span[1] : span[1] + size]):",
        "reason": "max does not mind the order of two integers",
    },
    {
        "exercise": "attention",
        "was": "allowed = words & ~aspect",
        "now": "allowed = words * ~aspect",
        "reason": "the product of two bool tensors is their and",
    },
]


def try_bio(answer, rng):
    """Tags in random order, stray ones included; encoded spans."""
    tags = [("O", "B-ASP", "I-ASP", "B-OPN", "I-OPN", "B-O", "I-O")[k] for k in rng.integers(0, 7, size=12)]
    spans = answer["decode_bio"](tags)
    return [list(span) for span in spans], answer["encode_bio"](12, spans)


def try_lexicon(answer, rng):
    """Short strings, the empty one included, and phrases longer than the string."""
    lexicon = {("c",): 1}
    for _ in range(5):
        lexicon[tuple(str(c) for c in rng.choice(list("abcn"), size=rng.integers(1, 4)))] = int(rng.choice([-1, 1]))
    tokens = [str(c) for c in rng.choice(list("abcnx"), size=rng.integers(0, 7))]
    return answer["lexicon_polarity"](tokens, lexicon, {"n"}, int(rng.integers(0, 4)))


def try_linear(answer, rng):
    """Windows at the edges of the sentence, and windows without a known term; one loss."""
    words = {"a": 0, "b": 1, "a b": 2}
    tokens = [str(c) for c in rng.choice(list("abxyz"), size=7)]
    start = int(rng.integers(0, 6))
    row = answer["window_tfidf"](
        tokens, (start, start + 1), words, np.array([0.5, 2.0, 3.0]), size=int(rng.integers(1, 4))
    )
    loss, gradient = answer["softmax_loss"](
        rng.normal(size=(3, 2)), rng.normal(size=(4, 3)), np.array([0, 1, 1, 0]), 0.1
    )
    return row, loss, gradient


def try_attention(answer, rng):
    """A padded batch, rows without any word to attend included."""
    aspect = torch.tensor(rng.random((3, 5)) < 0.3)
    aspect[:, 0] = True
    words = torch.tensor(np.arange(5) < rng.integers(1, 6, size=(3, 1))) | aspect
    h, distance = torch.tensor(rng.normal(size=(3, 5, 2))), torch.tensor(rng.random((3, 5)))
    context, weights = answer["aspect_attention"](
        h, aspect, words, distance, torch.tensor(rng.normal(size=(2, 2))), torch.tensor(0.5)
    )
    return context, weights
