# %% mistake="rows-and-columns-exchanged" points=0 says="queries belong in the rows"
def dot_scores(q, k):
    return k @ q.transpose(-2, -1)


# %% mistake="all-axes-turned" points=0 says="exchange only the last two axes of k"
def dot_scores(q, k):
    return q @ k.T


# %% mistake="scaled-already" points=0 says="the scale comes later"
def dot_scores(q, k):
    return q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])


# %% mistake="no-tanh" points=0 says="the tanh is missing"
def additive_scores(q, k, w_q, w_k, v):
    return ((q @ w_q.T).unsqueeze(-2) + (k @ w_k.T).unsqueeze(-3)) @ v


# %% mistake="tanh-outside" points=0 says="the tanh stands outside"
def additive_scores(q, k, w_q, w_k, v):
    return torch.tanh(((q @ w_q.T).unsqueeze(-2) + (k @ w_k.T).unsqueeze(-3)) @ v)


# %% mistake="weights-not-transposed" points=0 says="project with x @ w.T"
def additive_scores(q, k, w_q, w_k, v):
    return torch.tanh((q @ w_q).unsqueeze(-2) + (k @ w_k).unsqueeze(-3)) @ v


# %% mistake="v-forgotten" points=0 says="v is missing"
def additive_scores(q, k, w_q, w_k, v):
    return torch.tanh((q @ w_q.T).unsqueeze(-2) + (k @ w_k.T).unsqueeze(-3)).sum(-1)


# %% right="einsum"
def dot_scores(q, k):
    return torch.einsum("...id,...jd->...ij", q, k)


def additive_scores(q, k, w_q, w_k, v):
    asked = torch.einsum("ad,...id->...ia", w_q, q)[..., :, None, :]
    found = torch.einsum("ad,...jd->...ja", w_k, k)[..., None, :, :]
    return torch.einsum("a,...ija->...ij", v, torch.tanh(asked + found))


# %% right="loops-and-linear"
def dot_scores(q, k):
    columns = [(q * k[..., j : j + 1, :]).sum(-1) for j in range(k.shape[-2])]
    return torch.stack(columns, dim=-1)


def additive_scores(q, k, w_q, w_k, v):
    asked, found = F.linear(q, w_q), F.linear(k, w_k)
    rows = [F.linear(torch.tanh(asked[..., i : i + 1, :] + found), v[None])[..., 0] for i in range(q.shape[-2])]
    return torch.stack(rows, dim=-2)
