# %% mistake="weights-in-place-of-counts" points=0 says="you replaced the counts by the weights"
def weigh(frequencies, weights):
    result = frequencies.astype(float)
    result.data = np.asarray(weights, dtype=float)[result.indices]
    return result


# %% mistake="added" points=0 says="you added the weights"
def weigh(frequencies, weights):
    result = frequencies.astype(float)
    result.data = result.data + weights[result.indices]
    return result


# %% mistake="absolute-weights" points=0 says="the signs of the weights are lost"
def weigh(frequencies, weights):
    return frequencies @ sparse.diags_array(np.abs(weights))


# %% mistake="weigh-in-place" points=0 says="the input of weigh, which must stay as it was,"
def weigh(frequencies, weights):
    frequencies.data = frequencies.data * weights[frequencies.indices]
    return frequencies


# %% mistake="dense" points=0 says="a sparse matrix is asked for"
def weigh(frequencies, weights):
    return frequencies.toarray() * weights


# %% mistake="l1" points=0 says="you divided by the sum of the absolute values"
def l2_normalise(rows):
    sums = abs(rows).sum(axis=1)
    return sparse.diags_array(1 / np.where(sums > 0, sums, 1)) @ rows


# %% mistake="no-root" points=0 says="you divided by the squared norm"
def l2_normalise(rows):
    squares = (rows * rows).sum(axis=1)
    return sparse.diags_array(1 / np.where(squares > 0, squares, 1)) @ rows


# %% mistake="columns" points=0 says="you normalised the columns"
def l2_normalise(rows):
    norms = np.sqrt((rows * rows).sum(axis=0))
    return rows @ sparse.diags_array(1 / np.where(norms > 0, norms, 1))


# %% mistake="largest-entry" points=0 says="you divided by the largest entry"
def l2_normalise(rows):
    top = abs(rows).max(axis=1).toarray().ravel()
    return sparse.diags_array(1 / np.where(top > 0, top, 1)) @ rows


# %% mistake="whole-matrix" points=0 says="you divided by the norm of the whole matrix"
def l2_normalise(rows):
    return rows / np.sqrt((rows * rows).sum())


# %% mistake="stored-zeros" points=0 says="it holds NaN"
def l2_normalise(rows):
    result = rows.copy()
    norms = np.sqrt((rows * rows).sum(axis=1))
    result.data = rows.data / np.repeat(norms, np.diff(rows.indptr))
    return result


# %% mistake="normalise-in-place" points=0 says="the input of l2_normalise, which must stay as it was,"
def l2_normalise(rows):
    norms = np.sqrt((rows * rows).sum(axis=1))
    rows.data = rows.data / np.repeat(np.where(norms > 0, norms, 1), np.diff(rows.indptr))
    return rows


# %% right="stored-numbers"
def weigh(frequencies, weights):
    data = frequencies.data * weights[frequencies.indices]
    return sparse.csr_array((data, frequencies.indices.copy(), frequencies.indptr.copy()), shape=frequencies.shape)


def l2_normalise(rows):
    result = sparse.csr_matrix(rows, copy=True)
    for i in range(result.shape[0]):
        part = result.data[result.indptr[i] : result.indptr[i + 1]]
        norm = np.linalg.norm(part)
        if norm > 0:
            part /= norm
    return result


# %% right="scikit-learn"
from sklearn.preprocessing import normalize


def weigh(frequencies, weights):
    return frequencies.multiply(np.asarray(weights)[None, :]).tocsr()


def l2_normalise(rows):
    return normalize(rows)


# %% right="dense-inside"
def weigh(frequencies, weights):
    return sparse.csr_array(frequencies.toarray() * weights)


def l2_normalise(rows):
    dense = rows.toarray()
    norms = np.linalg.norm(dense, axis=1)
    norms[norms == 0] = 1
    return sparse.csr_array(dense / norms[:, None])
