# %% mistake="distinct-words" points=0 says="you divided by the number of distinct words"
def term_frequency(counts, sublinear=False):
    f = counts.astype(float)
    if sublinear:
        f.data = 1 + np.log(f.data)
        return f
    distinct = np.maximum((counts > 0).sum(axis=1), 1)
    return sparse.diags_array(1 / distinct) @ f


# %% mistake="vocabulary-size" points=0 says="you divided by the size of the vocabulary"
def term_frequency(counts, sublinear=False):
    f = counts.astype(float)
    if sublinear:
        f.data = 1 + np.log(f.data)
        return f
    return f / counts.shape[1]


# %% mistake="columns" points=0 says="you divided each column by its sum"
def term_frequency(counts, sublinear=False):
    f = counts.astype(float)
    if sublinear:
        f.data = 1 + np.log(f.data)
        return f
    return f @ sparse.diags_array(1 / np.maximum(counts.sum(axis=0), 1))


# %% mistake="whole-collection" points=0 says="you divided by the length of the whole collection"
def term_frequency(counts, sublinear=False):
    f = counts.astype(float)
    if sublinear:
        f.data = 1 + np.log(f.data)
        return f
    return f / counts.sum()


# %% mistake="log-one-plus" points=0 says="that is ln(1 + count)"
def term_frequency(counts, sublinear=False):
    f = counts.astype(float)
    if sublinear:
        return f.log1p()
    return sparse.diags_array(1 / np.maximum(counts.sum(axis=1), 1)) @ f


# %% mistake="base-ten" points=0 says="the logarithm is to base 10"
def term_frequency(counts, sublinear=False):
    f = counts.astype(float)
    if sublinear:
        f.data = 1 + np.log10(f.data)
        return f
    return sparse.diags_array(1 / np.maximum(counts.sum(axis=1), 1)) @ f


# %% mistake="sublinear-divided-too" points=0 says="the sublinear form is not divided by the length"
def term_frequency(counts, sublinear=False):
    f = counts.astype(float)
    if sublinear:
        f.data = 1 + np.log(f.data)
    return sparse.diags_array(1 / np.maximum(counts.sum(axis=1), 1)) @ f


# %% mistake="in-place" points=0 says="the input, which must stay as it was,"
def term_frequency(counts, sublinear=False):
    lengths = np.repeat(counts.sum(axis=1), np.diff(counts.indptr))
    counts.data = 1 + np.log(counts.data) if sublinear else counts.data / lengths
    return counts


# %% mistake="empty-document" points=0 says="where a document is empty"
def term_frequency(counts, sublinear=False):
    f = counts.astype(float)
    if sublinear:
        f.data = 1 + np.log(f.data)
        return f
    return sparse.csr_array(counts.toarray() / counts.sum(axis=1)[:, None])


# %% right="dense-inside"
def term_frequency(counts, sublinear=False):
    dense = counts.toarray().astype(float)
    if sublinear:
        result = np.zeros_like(dense)
        result[dense > 0] = 1 + np.log(dense[dense > 0])
    else:
        result = dense / np.maximum(dense.sum(axis=1, keepdims=True), 1)
    return sparse.csr_array(result)


# %% right="row-by-row"
def term_frequency(counts, sublinear=False):
    result = sparse.csr_matrix(counts, dtype=np.float64, copy=True)
    for row in range(result.shape[0]):
        part = slice(result.indptr[row], result.indptr[row + 1])
        values = result.data[part].copy()
        result.data[part] = 1 + np.log(values) if sublinear else values / values.sum()
    return result


# %% right="diagonal"
def term_frequency(counts, sublinear=False):
    if sublinear:
        logs = counts.astype(float)
        logs.data = np.log(logs.data) + 1
        return logs
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    return sparse.diags(1 / np.where(lengths == 0, 1, lengths)) @ counts
