# %% mistake="mask-after-softmax" points=0 says="multiplied by the mask after the softmax"
def masked_softmax(scores, mask=None):
    weights = torch.softmax(scores, dim=-1)
    return weights if mask is None else weights * mask


# %% mistake="zero-scores" points=0 says="e^0 is 1"
def masked_softmax(scores, mask=None):
    return torch.softmax(scores if mask is None else scores * mask, dim=-1)


# %% mistake="upside-down" points=0 says="you shut out the True entries"
def masked_softmax(scores, mask=None):
    if mask is None:
        return torch.softmax(scores, dim=-1)
    return torch.softmax(scores.masked_fill(mask, torch.finfo(scores.dtype).min), dim=-1) * ~mask


# %% mistake="over-queries" points=0 says="you normalised over the queries"
def masked_softmax(scores, mask=None):
    if mask is None:
        return torch.softmax(scores, dim=-2)
    return torch.softmax(scores.masked_fill(~mask, torch.finfo(scores.dtype).min), dim=-2) * mask


# %% mistake="minus-infinity" points=0 says="the softmax of a row of -inf is NaN"
def masked_softmax(scores, mask=None):
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return torch.softmax(scores, dim=-1)


# %% mistake="infinity-added-nan-replaced" points=0 says="0 * NaN is NaN going back"
def masked_softmax(scores, mask=None):
    if mask is not None:
        scores = scores + torch.zeros_like(scores).masked_fill(~mask, -math.inf)
    return torch.nan_to_num(torch.softmax(scores, dim=-1))


# %% mistake="a-billion-filled-in" points=0 says="every key got 1/3"
def masked_softmax(scores, mask=None):
    if mask is not None:
        scores = scores.masked_fill(~mask, -1e9)
    return torch.softmax(scores, dim=-1)


# %% mistake="additive-penalty" points=0 says="the mask was added"
def masked_softmax(scores, mask=None):
    if mask is not None:
        scores = scores - 1e6 * ~mask
    return torch.softmax(scores, dim=-1)


# %% mistake="no-maximum-subtracted" points=0 says="subtract the largest *allowed* score of the row before exp"
def masked_softmax(scores, mask=None):
    e = scores.exp() if mask is None else scores.exp() * mask
    return e / e.sum(-1, keepdim=True)


# %% mistake="maximum-of-all" points=0 says="the allowed scores vanished beside a forbidden one"
def masked_softmax(scores, mask=None):
    e = (scores - scores.amax(-1, keepdim=True)).exp()
    if mask is not None:
        e = e * mask
    return e / e.sum(-1, keepdim=True).clamp(min=torch.finfo(scores.dtype).tiny)


# %% right="by-hand"
def masked_softmax(scores, mask=None):
    if mask is None:
        mask = torch.ones_like(scores, dtype=torch.bool)
    mask = mask.expand_as(scores)
    scores = torch.where(mask, scores, torch.zeros_like(scores))
    top = torch.where(mask, scores, torch.full_like(scores, -math.inf)).amax(-1, keepdim=True)
    top = torch.where(top.isinf(), torch.zeros_like(top), top)
    e = torch.where(mask, scores - top, torch.zeros_like(scores)).exp() * mask
    total = e.sum(-1, keepdim=True)
    return e / torch.where(total > 0, total, torch.ones_like(total))


# %% right="empty-rows-opened"
def masked_softmax(scores, mask=None):
    if mask is None:
        return scores.softmax(-1)
    full = mask.any(dim=-1, keepdim=True)
    return scores.masked_fill(~mask & full, float("-inf")).softmax(-1).masked_fill(~full, 0.0)


# %% right="torch-kernel"
def masked_softmax(scores, mask=None):
    eye = torch.eye(scores.shape[-1], dtype=scores.dtype).expand(*scores.shape[:-2], -1, -1)
    return F.scaled_dot_product_attention(scores, eye, eye, attn_mask=mask, scale=1.0)


# %% right="infinity-filled-nan-replaced"
def masked_softmax(scores, mask=None):
    # The backward pass of masked_fill is zero where it filled, so the NaN stops there.
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    return torch.nan_to_num(torch.softmax(scores, dim=-1))
