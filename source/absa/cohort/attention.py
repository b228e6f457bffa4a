# %% mistake="padding-attended" points=0 says="padding gets weight"
def aspect_attention(h, aspect, words, distance, W, slope):
    q = (h * aspect.unsqueeze(-1)).sum(1) / aspect.sum(1, keepdim=True)
    e = torch.einsum("btd,de,be->bt", h, W, q) - slope * distance
    a = e.masked_fill(aspect, -1e30).softmax(1) * ~aspect
    return (a.unsqueeze(-1) * h).sum(1), a


# %% mistake="aspect-attended" points=0 says="the aspect attends to itself"
def aspect_attention(h, aspect, words, distance, W, slope):
    q = (h * aspect.unsqueeze(-1)).sum(1) / aspect.sum(1, keepdim=True)
    e = torch.einsum("btd,de,be->bt", h, W, q) - slope * distance
    a = e.masked_fill(~words, -1e30).softmax(1) * words
    return (a.unsqueeze(-1) * h).sum(1), a


# %% mistake="summed-query" points=0 says="the query is the *mean* of the aspect's vectors"
def aspect_attention(h, aspect, words, distance, W, slope):
    q = (h * aspect.unsqueeze(-1)).sum(1)
    e = torch.einsum("btd,de,be->bt", h, W, q) - slope * distance
    allowed = words & ~aspect
    a = e.masked_fill(~allowed, -1e30).softmax(1) * allowed
    return (a.unsqueeze(-1) * h).sum(1), a


# %% mistake="far-preferred" points=0 says="distance must lower the score"
def aspect_attention(h, aspect, words, distance, W, slope):
    q = (h * aspect.unsqueeze(-1)).sum(1) / aspect.sum(1, keepdim=True)
    e = torch.einsum("btd,de,be->bt", h, W, q) + slope * distance
    allowed = words & ~aspect
    a = e.masked_fill(~allowed, -1e30).softmax(1) * allowed
    return (a.unsqueeze(-1) * h).sum(1), a


# %% mistake="transposed" points=0 says="W is transposed"
def aspect_attention(h, aspect, words, distance, W, slope):
    q = (h * aspect.unsqueeze(-1)).sum(1) / aspect.sum(1, keepdim=True)
    e = torch.einsum("btd,de,be->bt", h, W.T, q) - slope * distance
    allowed = words & ~aspect
    a = e.masked_fill(~allowed, -1e30).softmax(1) * allowed
    return (a.unsqueeze(-1) * h).sum(1), a


# %% mistake="mask-after" points=0 says="mask before the softmax"
def aspect_attention(h, aspect, words, distance, W, slope):
    q = (h * aspect.unsqueeze(-1)).sum(1) / aspect.sum(1, keepdim=True)
    e = torch.einsum("btd,de,be->bt", h, W, q) - slope * distance
    a = e.softmax(1) * (words & ~aspect)
    return (a.unsqueeze(-1) * h).sum(1), a


# %% mistake="nan-row" points=0 says="gave NaN: set its weights to 0"
def aspect_attention(h, aspect, words, distance, W, slope):
    q = (h * aspect.unsqueeze(-1)).sum(1) / aspect.sum(1, keepdim=True)
    e = torch.einsum("btd,de,be->bt", h, W, q) - slope * distance
    a = e.masked_fill(~(words & ~aspect), -torch.inf).softmax(1)
    return (a.unsqueeze(-1) * h).sum(1), a


# %% right="matmul-and-where"
def aspect_attention(h, aspect, words, distance, W, slope):
    m = aspect.to(h.dtype)
    q = torch.bmm(m.unsqueeze(1), h).squeeze(1) / m.sum(1).unsqueeze(1)
    e = torch.bmm(h @ W, q.unsqueeze(2)).squeeze(2) - slope * distance
    allowed = torch.logical_and(words, torch.logical_not(aspect))
    low = torch.finfo(h.dtype).min
    a = torch.softmax(torch.where(allowed, e, torch.full_like(e, low)), dim=-1)
    a = torch.where(allowed, a, torch.zeros_like(a))
    return torch.bmm(a.unsqueeze(1), h).squeeze(1), a


# %% right="row-by-row"
def aspect_attention(h, aspect, words, distance, W, slope):
    contexts, rows = [], []
    for b in range(h.shape[0]):
        q = W @ h[b, aspect[b]].mean(dim=0)
        allowed = words[b] & ~aspect[b]
        row = torch.zeros(h.shape[1], dtype=h.dtype)
        if allowed.any():
            e = h[b, allowed] @ q - slope * distance[b, allowed]
            row = row.masked_scatter(allowed, torch.softmax(e, dim=0))
        rows.append(row)
        contexts.append(row @ h[b])
    return torch.stack(contexts), torch.stack(rows)


# %% right="infinity-and-nan-to-num"
def aspect_attention(h, aspect, words, distance, W, slope):
    q = (h * aspect.unsqueeze(-1)).sum(1) / aspect.sum(1, keepdim=True)
    e = ((h @ W) * q.unsqueeze(1)).sum(-1) - slope * distance
    a = e.masked_fill(~(words & ~aspect), -torch.inf).softmax(1).nan_to_num()
    return (a.unsqueeze(-1) * h).sum(1), a
