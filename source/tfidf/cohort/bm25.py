# %% mistake="factor-kept" points=0 says="you kept the factor (k1 + 1)"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = f.sum(axis=1, keepdims=True)
    return sparse.csr_array(
        f * (k1 + 1) / np.where(f > 0, k1 * (1 - b + b * lengths / lengths.mean()) + f, 1) * weights
    )


# %% mistake="length-upside-down" points=0 says="length counts the wrong way round"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = f.sum(axis=1, keepdims=True)
    bracket = 1 - b + b * lengths / lengths.mean()
    return sparse.csr_array(f / np.where(f > 0, k1 / np.where(bracket > 0, bracket, 1) + f, 1) * weights)


# %% mistake="b-swapped" points=0 says="b and 1 − b have changed places"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = f.sum(axis=1, keepdims=True)
    return sparse.csr_array(f / np.where(f > 0, k1 * (b + (1 - b) * lengths / lengths.mean()) + f, 1) * weights)


# %% mistake="distinct-words" points=0 says="the length counts distinct words"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = (f > 0).sum(axis=1, keepdims=True)
    return sparse.csr_array(f / np.where(f > 0, k1 * (1 - b + b * lengths / lengths.mean()) + f, 1) * weights)


# %% mistake="mean-over-words" points=0 says="the mean length is wrong"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = f.sum(axis=1, keepdims=True)
    return sparse.csr_array(f / np.where(f > 0, k1 * (1 - b + b * lengths / (f.sum() / f.shape[1])) + f, 1) * weights)


# %% mistake="shares" points=0 says="you used shares in place of counts"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = f.sum(axis=1, keepdims=True)
    bracket = k1 * (1 - b + b * lengths / lengths.mean())
    share = f / np.maximum(lengths, 1)
    return sparse.csr_array(share / np.where(f > 0, bracket + share, 1) * weights)


# %% mistake="no-idf" points=0 says="the IDF weights are missing"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = f.sum(axis=1, keepdims=True)
    return sparse.csr_array(f / np.where(f > 0, k1 * (1 - b + b * lengths / lengths.mean()) + f, 1))


# %% mistake="in-place" points=0 says="the input, which must stay as it was,"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    lengths = counts.sum(axis=1)
    bracket = np.repeat(k1 * (1 - b + b * lengths / lengths.mean()), np.diff(counts.indptr))
    counts.data = counts.data / (counts.data + bracket) * weights[counts.indices]
    return counts


# %% mistake="empty-documents-left-out" points=2 says="bm25_weights(counts, weights"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = f.sum(axis=1, keepdims=True)
    mean = lengths[lengths > 0].mean()
    return sparse.csr_array(f / np.where(f > 0, k1 * (1 - b + b * lengths / mean) + f, 1) * weights)


# %% right="dense-inside"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    f = counts.toarray().astype(float)
    lengths = f.sum(axis=1, keepdims=True)
    bracket = k1 * ((1 - b) + b * lengths / lengths.mean())
    return sparse.csr_array(np.where(f > 0, f / np.where(f > 0, f + bracket, 1) * weights, 0))


# %% right="loop-over-triples"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    mean = lengths.mean()
    result = sparse.coo_matrix(counts, dtype=np.float64, copy=True)
    for i, (d, t) in enumerate(zip(result.row, result.col)):
        f = result.data[i]
        result.data[i] = weights[t] * f / (k1 * ((1 - b) + b * lengths[d] / mean) + f)
    return result


# %% right="normalised-frequency"
def bm25_weights(counts, weights, k1=1.2, b=0.75):
    # The paper's other way to write it: f' = f / B, then f' / (k1 + f').
    relative = counts.sum(axis=1) / (counts.sum() / counts.shape[0])
    bracket = 1 - b + b * relative
    softened = counts.astype(float)
    softened.data = softened.data / np.repeat(bracket, np.diff(counts.indptr))
    softened.data = softened.data / (k1 + softened.data) * weights[softened.indices]
    return softened
