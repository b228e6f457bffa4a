# %% mistake="queries-and-keys-exchanged" points=0 says="queries and keys are exchanged"
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    return attend(x @ w_k.T, x @ w_q.T, x @ w_v.T, mask)


# %% mistake="one-matrix-for-both" points=0 says="w_k makes the keys"
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    return attend(x @ w_q.T, x @ w_q.T, x @ w_v.T, mask)


# %% mistake="weights-not-transposed" points=0 says="project with x @ w.T"
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    return attend(x @ w_q, x @ w_k, x @ w_v.T, mask)


# %% mistake="values-not-projected" points=0 says="the values are not projected"
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    return attend(x @ w_q.T, x @ w_k.T, x, mask)


# %% mistake="mask-forgotten" points=0 says="the mask is not passed on"
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    return attend(x @ w_q.T, x @ w_k.T, x @ w_v.T)


# %% mistake="scaled-twice" points=0 says="attend scales already"
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    q = x @ w_q.T / math.sqrt(w_q.shape[0])
    return attend(q, x @ w_k.T, x @ w_v.T, mask)


# %% right="linear"
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    q, k, v = (F.linear(x, w) for w in (w_q, w_k, w_v))
    return attend(q, k, v, mask)


# %% right="one-product"
def self_attention(x, w_q, w_k, w_v, mask=None, attend=attention):
    stacked = torch.cat([w_q, w_k, w_v])
    q, k, v = torch.einsum("od,...td->...to", stacked, x).split([len(w_q), len(w_k), len(w_v)], dim=-1)
    output, weights = attend(q, k, v, mask)
    return output, weights
