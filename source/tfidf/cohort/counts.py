# %% mistake="first-appearance" points=0 says="columns follow the first appearance"
def build_vocabulary(documents):
    vocabulary = {}
    for document in documents:
        for word in document:
            vocabulary.setdefault(word, len(vocabulary))
    return vocabulary


# %% mistake="from-one" points=0 says="columns start at 1"
def build_vocabulary(documents):
    return {word: i for i, word in enumerate(sorted(set(sum(documents, []))), start=1)}


# %% mistake="presence" points=0 says="a word that occurs twice counts as one"
def count_matrix(documents, vocabulary):
    cells = {(row, vocabulary[w]) for row, document in enumerate(documents) for w in document if w in vocabulary}
    dense = np.zeros((len(documents), len(vocabulary)), dtype=int)
    for row, column in cells:
        dense[row, column] = 1
    return sparse.csr_array(dense)


# %% mistake="unknown-is-word-zero" points=0 says="an unknown word was counted as word 0"
def count_matrix(documents, vocabulary):
    dense = np.zeros((len(documents), len(vocabulary)), dtype=int)
    for row, document in enumerate(documents):
        for word in document:
            dense[row, vocabulary.get(word, 0)] += 1
    return sparse.csr_array(dense)


# %% mistake="unknown-is-last" points=0 says="an unknown word was counted as the last word"
def count_matrix(documents, vocabulary):
    dense = np.zeros((len(documents), len(vocabulary)), dtype=int)
    for row, document in enumerate(documents):
        for word in document:
            dense[row, vocabulary.get(word, -1)] += 1
    return sparse.csr_array(dense)


# %% mistake="repeated-words-stored-twice" points=0 says="entries are stored where 10 pairs occur"
def count_matrix(documents, vocabulary):
    indptr, indices = [0], []
    for document in documents:
        indices.extend(vocabulary[word] for word in document if word in vocabulary)
        indptr.append(len(indices))
    shape = (len(documents), len(vocabulary))
    return sparse.csr_array(
        (np.ones(len(indices), dtype=int), np.array(indices, dtype=int), np.array(indptr)), shape=shape
    )


# %% mistake="no-shape" points=0 says="has shape"
def count_matrix(documents, vocabulary):
    cells = [(row, vocabulary[w]) for row, document in enumerate(documents) for w in document if w in vocabulary]
    rows, columns = zip(*cells)
    return sparse.csr_array((np.ones(len(rows), dtype=int), (rows, columns)))


# %% mistake="transposed" points=0 says="rows are words here"
def count_matrix(documents, vocabulary):
    dense = np.zeros((len(vocabulary), len(documents)), dtype=int)
    for row, document in enumerate(documents):
        for word in document:
            if word in vocabulary:
                dense[vocabulary[word], row] += 1
    return sparse.csr_array(dense)


# %% mistake="floats" points=0 says="counts are integers, and these are float64"
def count_matrix(documents, vocabulary):
    dense = np.zeros((len(documents), len(vocabulary)))
    for row, document in enumerate(documents):
        for word in document:
            if word in vocabulary:
                dense[row, vocabulary[word]] += 1
    return sparse.csr_array(dense)


# %% mistake="dense" points=0 says="a sparse matrix is asked for"
def count_matrix(documents, vocabulary):
    dense = np.zeros((len(documents), len(vocabulary)), dtype=int)
    for row, document in enumerate(documents):
        for word in document:
            if word in vocabulary:
                dense[row, vocabulary[word]] += 1
    return dense


# %% right="counter"
from collections import Counter


def build_vocabulary(documents):
    seen = set()
    for document in documents:
        seen.update(document)
    return dict(zip(sorted(seen), range(len(seen))))


def count_matrix(documents, vocabulary):
    data, indices, indptr = [], [], [0]
    for document in documents:
        for word, count in Counter(document).items():
            if word in vocabulary:
                indices.append(vocabulary[word])
                data.append(count)
        indptr.append(len(indices))
    arrays = (np.array(data, dtype=np.int32), np.array(indices, dtype=np.int32), np.array(indptr))
    return sparse.csr_matrix(arrays, shape=(len(documents), len(vocabulary)))


# %% right="list-of-lists"
def build_vocabulary(documents):
    return {word: i for i, word in enumerate(sorted(set(sum(documents, []))))}


def count_matrix(documents, vocabulary):
    matrix = sparse.lil_array((len(documents), len(vocabulary)), dtype=np.int64)
    for row, document in enumerate(documents):
        for word in document:
            column = vocabulary.get(word)
            if column is not None:
                matrix[row, column] += 1
    return matrix.tocsr()


# %% right="sum-duplicates"
def count_matrix(documents, vocabulary):
    indptr, indices = [0], []
    for document in documents:
        indices.extend(vocabulary[word] for word in document if word in vocabulary)
        indptr.append(len(indices))
    arrays = (np.ones(len(indices), dtype=int), np.array(indices, dtype=int), np.array(indptr))
    matrix = sparse.csr_array(arrays, shape=(len(documents), len(vocabulary)))
    matrix.sum_duplicates()
    return matrix
