# %% mistake="dot-product" points=0 says="this is the dot product"
def cosine(queries, documents, normalise=l2_normalise):
    return (queries @ documents.T).toarray()


# %% mistake="documents-only" points=0 says="the queries were not normalised"
def cosine(queries, documents, normalise=l2_normalise):
    return (queries @ normalise(documents).T).toarray()


# %% mistake="queries-only" points=0 says="the documents were not normalised"
def cosine(queries, documents, normalise=l2_normalise):
    return (normalise(queries) @ documents.T).toarray()


# %% mistake="distance" points=0 says="this is the distance"
def cosine(queries, documents, normalise=l2_normalise):
    return 1 - (normalise(queries) @ normalise(documents).T).toarray()


# %% mistake="sparse" points=0 says="an array is asked for"
def cosine(queries, documents, normalise=l2_normalise):
    return normalise(queries) @ normalise(documents).T


# %% mistake="zero-rows" points=0 says="it holds NaN"
def cosine(queries, documents, normalise=l2_normalise):
    q, d = queries.toarray(), documents.toarray()
    return (q @ d.T) / np.outer(np.linalg.norm(q, axis=1), np.linalg.norm(d, axis=1))


# %% mistake="worst-first" points=0 says="worst first"
def top_k(scores, k):
    order = np.argsort(scores, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(scores, order, axis=1)


# %% mistake="reversed" points=0 says="equal scores come with the higher column first"
def top_k(scores, k):
    order = np.argsort(scores, axis=1, kind="stable")[:, ::-1][:, :k]
    return order, np.take_along_axis(scores, order, axis=1)


# %% mistake="tail" points=0 says="the right documents, worst of them first"
def top_k(scores, k):
    order = np.argsort(scores, axis=1, kind="stable")[:, -k:]
    return order, np.take_along_axis(scores, order, axis=1)


# %% mistake="negated-scores" points=0 says="the signs are turned"
def top_k(scores, k):
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(-scores, order, axis=1)


# %% mistake="one-query" points=0 says="has shape"
def top_k(scores, k):
    order = np.argsort(-scores[0], kind="stable")[:k]
    return order, scores[0][order]


# %% right="loops"
def cosine(queries, documents, normalise=l2_normalise):
    q, d = normalise(queries).toarray(), normalise(documents).toarray()
    return np.einsum("qv,nv->qn", q, d)


def top_k(scores, k):
    order = [sorted(range(len(row)), key=lambda j: (-row[j], j))[:k] for row in scores]
    best = [[row[j] for j in js] for row, js in zip(scores, order)]
    return np.array(order), np.array(best)


# %% right="own-norms"
def cosine(queries, documents, normalise=l2_normalise):
    q, d = queries.toarray(), documents.toarray()
    sizes = np.outer(np.linalg.norm(q, axis=1), np.linalg.norm(d, axis=1))
    return np.divide(q @ d.T, sizes, out=np.zeros_like(sizes), where=sizes > 0)


def top_k(scores, k):
    columns = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    order = np.lexsort((columns, -scores), axis=1)[:, :k]
    return order, np.stack([row[js] for row, js in zip(scores, order)])
