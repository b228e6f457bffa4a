# %% mistake="no-scale" points=0 says="the scale is missing"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    weights = softmax(q @ k.transpose(-2, -1), mask)
    return weights @ v, weights


# %% mistake="divided-by-d-k" points=0 says="its square root is asked for"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    weights = softmax(q @ k.transpose(-2, -1) / q.shape[-1], mask)
    return weights @ v, weights


# %% mistake="scaled-by-d-v" points=0 says="you scaled by the size of the values"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    weights = softmax(q @ k.transpose(-2, -1) / math.sqrt(v.shape[-1]), mask)
    return weights @ v, weights


# %% mistake="scaled-by-length" points=0 says="you scaled by the number of keys"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    weights = softmax(q @ k.transpose(-2, -1) / math.sqrt(k.shape[-2]), mask)
    return weights @ v, weights


# %% mistake="scaled-after-softmax" points=0 says="you scaled after the softmax"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    weights = softmax(q @ k.transpose(-2, -1), mask) / math.sqrt(q.shape[-1])
    return weights @ v, weights


# %% mistake="multiplied" points=0 says="instead of dividing"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    weights = softmax(q @ k.transpose(-2, -1) * math.sqrt(q.shape[-1]), mask)
    return weights @ v, weights


# %% mistake="mask-forgotten" points=0 says="the mask does not arrive at the softmax"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    weights = softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]))
    return weights @ v, weights


# %% right="einsum-scaled-queries"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    d_k = k.size(-1)
    alpha = softmax(torch.einsum("...id,...jd->...ij", q * d_k**-0.5, k), mask)
    return torch.einsum("...ij,...jd->...id", alpha, v), alpha


# %% right="torch-kernel"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    eye = torch.eye(k.shape[-2], dtype=k.dtype).expand(*k.shape[:-2], -1, -1)
    both = torch.cat([v, eye], dim=-1)
    answer = F.scaled_dot_product_attention(q, k, both, attn_mask=mask)
    return answer[..., : v.shape[-1]], answer[..., v.shape[-1] :]


# %% right="mask-built-in"
def attention(q, k, v, mask=None, softmax=masked_softmax):
    scores = torch.matmul(q, k.mT).div(torch.tensor(k.shape[-1], dtype=q.dtype).sqrt())
    if mask is None:
        mask = torch.ones(scores.shape, dtype=torch.bool)
    weights = softmax(scores, mask)
    return (torch.matmul(weights, v), weights)
