# %% mistake="occurrences" points=0 says="these are occurrences"
def document_frequency(counts):
    return counts.sum(axis=0)


# %% mistake="per-document" points=0 says="these are the distinct words of each document"
def document_frequency(counts):
    return np.diff(counts.indptr)


# %% mistake="last-words-forgotten" points=0 says="there are V numbers"
def document_frequency(counts):
    return np.bincount(counts.indices)


# %% mistake="brackets" points=0 says="that is ln(N/df + 1)"
def idf(df, n_documents, form):
    n = n_documents
    if form == "notes":
        return np.log(n / df + 1)
    if form == "smooth":
        return np.log((1 + n) / (1 + df)) + 1
    if form == "robertson":
        return np.log((n - df + 0.5) / (df + 0.5))
    if form == "lucene":
        return np.log(1 + (n - df + 0.5) / (df + 0.5))
    raise ValueError(form)


# %% mistake="base-ten" points=0 says="the logarithm is to base 10"
def idf(df, n_documents, form):
    n = n_documents
    if form == "notes":
        return np.log10(n / (df + 1))
    if form == "smooth":
        return np.log10((1 + n) / (1 + df)) + 1
    if form == "robertson":
        return np.log10((n - df + 0.5) / (df + 0.5))
    if form == "lucene":
        return np.log10(1 + (n - df + 0.5) / (df + 0.5))
    raise ValueError(form)


# %% mistake="cut-off" points=0 says="negative values were cut off at zero"
def idf(df, n_documents, form):
    n = n_documents
    if form == "notes":
        return np.maximum(np.log(n / (df + 1)), 0)
    if form == "smooth":
        return np.log((1 + n) / (1 + df)) + 1
    if form == "robertson":
        return np.log((n - df + 0.5) / (df + 0.5))
    if form == "lucene":
        return np.log(1 + (n - df + 0.5) / (df + 0.5))
    raise ValueError(form)


# %% mistake="no-last-one" points=0 says="the + 1 outside the logarithm is missing"
def idf(df, n_documents, form):
    n = n_documents
    if form == "notes":
        return np.log(n / (df + 1))
    if form == "smooth":
        return np.log((1 + n) / (1 + df))
    if form == "robertson":
        return np.log((n - df + 0.5) / (df + 0.5))
    if form == "lucene":
        return np.log(1 + (n - df + 0.5) / (df + 0.5))
    raise ValueError(form)


# %% mistake="half-smooth" points=0 says="the 1 above the line is missing"
def idf(df, n_documents, form):
    n = n_documents
    if form == "notes":
        return np.log(n / (df + 1))
    if form == "smooth":
        return np.log(n / (1 + df)) + 1
    if form == "robertson":
        return np.log((n - df + 0.5) / (df + 0.5))
    if form == "lucene":
        return np.log(1 + (n - df + 0.5) / (df + 0.5))
    raise ValueError(form)


# %% mistake="upside-down" points=0 says="the quotient is upside down"
def idf(df, n_documents, form):
    n = n_documents
    if form == "notes":
        return np.log(n / (df + 1))
    if form == "smooth":
        return np.log((1 + n) / (1 + df)) + 1
    if form == "robertson":
        return np.log((df + 0.5) / (n - df + 0.5))
    if form == "lucene":
        return np.log(1 + (n - df + 0.5) / (df + 0.5))
    raise ValueError(form)


# %% mistake="one-outside" points=0 says="the 1 stands outside the logarithm"
def idf(df, n_documents, form):
    n = n_documents
    if form == "notes":
        return np.log(n / (df + 1))
    if form == "smooth":
        return np.log((1 + n) / (1 + df)) + 1
    if form == "robertson":
        return np.log((n - df + 0.5) / (df + 0.5))
    if form == "lucene":
        return 1 + np.log((n - df + 0.5) / (df + 0.5))
    raise ValueError(form)


# %% mistake="no-error" points=0 says="must raise ValueError"
def idf(df, n_documents, form):
    n = n_documents
    if form == "notes":
        return np.log(n / (df + 1))
    if form == "smooth":
        return np.log((1 + n) / (1 + df)) + 1
    if form == "robertson":
        return np.log((n - df + 0.5) / (df + 0.5))
    return np.log(1 + (n - df + 0.5) / (df + 0.5))


# %% right="column-pointers"
def document_frequency(counts):
    return np.diff(counts.tocsc().indptr)


def idf(df, n_documents, form):
    df = np.asarray(df, dtype=float)
    match form:
        case "notes":
            return np.log(n_documents) - np.log(df + 1)
        case "smooth":
            return 1 + np.log1p(n_documents) - np.log1p(df)
        case "robertson":
            return np.log(n_documents - df + 0.5) - np.log(df + 0.5)
        case "lucene":
            return np.log((n_documents + 1) / (df + 0.5))
        case _:
            raise ValueError(f"no form {form}")


# %% right="loops"
import math


def document_frequency(counts):
    dense = counts.toarray()
    return np.array([int((dense[:, t] > 0).sum()) for t in range(dense.shape[1])])


def idf(df, n_documents, form):
    formulas = {
        "notes": lambda d: math.log(n_documents / (d + 1)),
        "smooth": lambda d: math.log((1 + n_documents) / (1 + d)) + 1,
        "robertson": lambda d: math.log((n_documents - d + 0.5) / (d + 0.5)),
        "lucene": lambda d: math.log1p((n_documents - d + 0.5) / (d + 0.5)),
    }
    if form not in formulas:
        raise ValueError(f"form must be one of {sorted(formulas)}")
    return np.array([formulas[form](int(d)) for d in df])


# %% right="bincount"
def document_frequency(counts):
    return np.bincount(counts.indices, minlength=counts.shape[1])
