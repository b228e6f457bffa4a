# %% mistake="u-alone" points=0 says="these are U alone"
def lsa(rows, k):
    left, sizes, terms = np.linalg.svd(rows.toarray(), full_matrices=False)
    return left[:, :k], terms[:k]


# %% mistake="smallest-first" points=0 says="the smallest singular value comes first"
def lsa(rows, k):
    left, sizes, terms = svds(rows, k=k)
    return left * sizes, terms


# %% mistake="sizes-unsorted" points=0 says="lsa, up to sign,"
def lsa(rows, k):
    left, sizes, terms = svds(rows, k=k)
    return left[:, ::-1] * sizes, terms[::-1]


# %% mistake="terms-unsorted" points=0 says="are in different orders"
def lsa(rows, k):
    left, sizes, terms = svds(rows, k=k)
    order = np.argsort(-sizes)
    return left[:, order] * sizes[order], terms


# %% mistake="pca" points=0 says="the columns were centred first"
def lsa(rows, k):
    dense = rows.toarray()
    left, sizes, terms = np.linalg.svd(dense - dense.mean(axis=0), full_matrices=False)
    return left[:, :k] * sizes[:k], terms[:k]


# %% mistake="sigma-twice" points=0 says="these are Σ Vᵀ"
def lsa(rows, k):
    left, sizes, terms = np.linalg.svd(rows.toarray(), full_matrices=False)
    return left[:, :k] * sizes[:k], sizes[:k, None] * terms[:k]


# %% mistake="square-root" points=0 says="these are U √Σ"
def lsa(rows, k):
    left, sizes, terms = np.linalg.svd(rows.toarray(), full_matrices=False)
    return left[:, :k] * np.sqrt(sizes[:k]), terms[:k]


# %% mistake="v-not-transposed" points=0 says="has shape (4, 2)"
def lsa(rows, k):
    left, sizes, terms = np.linalg.svd(rows.toarray(), full_matrices=False)
    return left[:, :k] * sizes[:k], terms[:k].T


# %% mistake="signs-made-positive" points=0 says="turn"
def lsa(rows, k):
    left, sizes, terms = np.linalg.svd(rows.toarray(), full_matrices=False)
    return np.abs(left[:, :k] * sizes[:k]), -np.abs(terms[:k])


# %% mistake="folded-to-unit-length" points=0 says="the rows were given length 1"
def fold_in(queries, terms):
    folded = queries @ terms.T
    norms = np.linalg.norm(folded, axis=1, keepdims=True)
    return folded / np.where(norms > 0, norms, 1)


# %% mistake="folded-after-centring" points=0 says="the mean of the questions was subtracted"
def fold_in(queries, terms):
    dense = queries.toarray()
    return (dense - dense.mean(axis=0)) @ terms.T


# %% mistake="there-and-back" points=0 says="you went there and back again"
def fold_in(queries, terms):
    return queries @ terms.T @ terms


# %% right="dense-svd"
def lsa(rows, k):
    left, sizes, terms = np.linalg.svd(rows.toarray(), full_matrices=False)
    return left[:, :k] @ np.diag(sizes[:k]), terms[:k]


def fold_in(queries, terms):
    return np.einsum("qv,kv->qk", queries.toarray(), terms)


# %% right="scikit-learn"
from sklearn.decomposition import TruncatedSVD


def lsa(rows, k):
    model = TruncatedSVD(k, algorithm="arpack", random_state=1)
    documents = model.fit_transform(rows)
    return documents, model.components_


def fold_in(queries, terms):
    return (terms @ queries.T).T


# %% right="gram-matrix"
def lsa(rows, k):
    values, vectors = np.linalg.eigh((rows.T @ rows).toarray())
    terms = vectors[:, ::-1][:, :k].T
    return rows @ terms.T, terms


def fold_in(queries, terms):
    # The rows of terms are orthonormal, so least squares gives the same.
    return np.linalg.lstsq(terms.T, queries.toarray().T, rcond=None)[0].T
