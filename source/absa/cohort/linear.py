# %% mistake="not-normalised" points=0 says="divide by the Euclidean length"
def window_tfidf(tokens, span, vocabulary, idf, size=4):
    row = np.zeros(len(idf))
    for side in (tokens[max(0, span[0] - size) : span[0]], tokens[span[1] : span[1] + size]):
        for term in side + [a + " " + b for a, b in zip(side, side[1:])]:
            if term in vocabulary:
                row[vocabulary[term]] += idf[vocabulary[term]]
    return row


# %% mistake="aspect-counted" points=0 says="the aspect's own tokens must not count"
def window_tfidf(tokens, span, vocabulary, idf, size=4):
    row = np.zeros(len(idf))
    left, right = tokens[max(0, span[0] - size) : span[0]], tokens[span[1] : span[1] + size]
    terms = left + right + tokens[span[0] : span[1]]
    for side in (left, right):
        terms = terms + [a + " " + b for a, b in zip(side, side[1:])]
    for term in terms:
        if term in vocabulary:
            row[vocabulary[term]] += idf[vocabulary[term]]
    return row / max(np.linalg.norm(row), 1e-12)


# %% mistake="pairs-across" points=0 says="pairs must not reach across the aspect"
def window_tfidf(tokens, span, vocabulary, idf, size=4):
    row = np.zeros(len(idf))
    near = tokens[max(0, span[0] - size) : span[0]] + tokens[span[1] : span[1] + size]
    for term in near + [a + " " + b for a, b in zip(near, near[1:])]:
        if term in vocabulary:
            row[vocabulary[term]] += idf[vocabulary[term]]
    return row / max(np.linalg.norm(row), 1e-12)


# %% mistake="single-tokens" points=0 says="pairs of neighbours are terms too"
def window_tfidf(tokens, span, vocabulary, idf, size=4):
    row = np.zeros(len(idf))
    for term in tokens[max(0, span[0] - size) : span[0]] + tokens[span[1] : span[1] + size]:
        if term in vocabulary:
            row[vocabulary[term]] += idf[vocabulary[term]]
    return row / max(np.linalg.norm(row), 1e-12)


# %% mistake="negative-start" points=0 says="a negative start counts from the end of the list"
def window_tfidf(tokens, span, vocabulary, idf, size=4):
    row = np.zeros(len(idf))
    for side in (tokens[span[0] - size : span[0]], tokens[span[1] : span[1] + size]):
        for term in side + [a + " " + b for a, b in zip(side, side[1:])]:
            if term in vocabulary:
                row[vocabulary[term]] += idf[vocabulary[term]]
    return row / (np.linalg.norm(row) or 1.0)


# %% mistake="summed-loss" points=0 says="take the mean over the rows, not the sum"
def softmax_loss(W, X, y, penalty):
    Z = X @ W
    Z = Z - Z.max(1, keepdims=True)
    P = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
    Y = np.eye(W.shape[1])[y]
    return -(Y * np.log(P + 1e-300)).sum() + penalty / 2 * (W**2).sum(), X.T @ (P - Y) + penalty * W


# %% mistake="penalty-half-gradient" points=0 says="the derivative of λ/2 W² is λW"
def softmax_loss(W, X, y, penalty):
    Z = X @ W
    Z = Z - Z.max(1, keepdims=True)
    L = Z - np.log(np.exp(Z).sum(1, keepdims=True))
    Y = np.eye(W.shape[1])[y]
    return -(Y * L).sum(1).mean() + penalty / 2 * (W**2).sum(), X.T @ (np.exp(L) - Y) / len(X) + penalty / 2 * W


# %% mistake="overflow" points=0 says="subtract each row's maximum first"
def softmax_loss(W, X, y, penalty):
    with np.errstate(all="ignore"):
        E = np.exp(X @ W)
        P = E / E.sum(1, keepdims=True)
        Y = np.eye(W.shape[1])[y]
        loss = -np.log(P[np.arange(len(y)), y]).mean() + penalty / 2 * (W**2).sum()
        return loss, X.T @ (P - Y) / len(X) + penalty * W


# %% mistake="gradient-sign" points=0 says="the sign is wrong: P − Y, not Y − P"
def softmax_loss(W, X, y, penalty):
    Z = X @ W
    Z = Z - Z.max(1, keepdims=True)
    L = Z - np.log(np.exp(Z).sum(1, keepdims=True))
    Y = np.eye(W.shape[1])[y]
    return -(Y * L).sum(1).mean() + penalty / 2 * (W**2).sum(), X.T @ (Y - np.exp(L)) / len(X) - penalty * W


# %% right="counter-and-torch"
def window_tfidf(tokens, span, vocabulary, idf, size=4):
    from collections import Counter

    start, end = span
    counts = Counter()
    for low, high in ((max(start - size, 0), start), (end, min(end + size, len(tokens)))):
        counts.update(tokens[low:high])
        counts.update(f"{tokens[i]} {tokens[i + 1]}" for i in range(low, high - 1))
    row = np.zeros(len(idf))
    for term, n in counts.items():
        if term in vocabulary:
            row[vocabulary[term]] = n * idf[vocabulary[term]]
    length = np.sqrt((row**2).sum())
    return row / length if length > 0 else row


def softmax_loss(W, X, y, penalty):
    weights = torch.tensor(W, dtype=torch.float64, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(torch.tensor(X, dtype=torch.float64) @ weights, torch.tensor(y))
    loss = loss + penalty / 2 * (weights**2).sum()
    loss.backward()
    return loss.item(), weights.grad.numpy()


# %% right="loop-over-rows"
def softmax_loss(W, X, y, penalty):
    from scipy.special import logsumexp

    loss, gradient = 0.0, np.zeros(W.shape)
    for x, label in zip(X, y):
        scores = x @ W
        log_p = scores - logsumexp(scores)
        loss -= log_p[label] / len(y)
        p = np.exp(log_p)
        p[label] -= 1
        gradient += np.outer(x, p) / len(y)
    return loss + 0.5 * penalty * np.sum(W * W), gradient + penalty * W
