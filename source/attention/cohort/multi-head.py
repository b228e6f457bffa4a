# %% mistake="split-by-one-reshape" points=0 says="one reshape to (B, h, T, d_k) mixes tokens"
def split_heads(x, h):
    return x.reshape(*x.shape[:-2], h, x.shape[-2], x.shape[-1] // h)


# %% mistake="split-interleaved" points=0 says="the heads are interleaved"
def split_heads(x, h):
    return x.unflatten(-1, (-1, h)).movedim(-1, -3)


# %% mistake="split-without-exchange" points=0 says="the axes are not exchanged yet"
def split_heads(x, h):
    return x.unflatten(-1, (h, -1))


# %% mistake="merge-by-one-reshape" points=0 says="one reshape glues tokens"
def merge_heads(x):
    return x.reshape(*x.shape[:-3], x.shape[-2], x.shape[-3] * x.shape[-1])


# %% mistake="merge-interleaved" points=0 says="the columns are interleaved"
def merge_heads(x):
    return x.movedim(-3, -1).flatten(-2)


# %% mistake="input-biases-forgotten" points=2 says="the input biases are missing"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    w_q, w_k, w_v = w_in.chunk(3)
    q, k, v = split_heads(query @ w_q.T, h), split_heads(memory @ w_k.T, h), split_heads(memory @ w_v.T, h)
    output, weights = attend(q, k, v, None if mask is None else mask.unsqueeze(-3))
    return merge_heads(output) @ w_out.T + b_out, weights


# %% mistake="output-projection-forgotten" points=2 says="the output projection is missing"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    q, k, v = (split_heads(x @ w.T + b, h) for x, w, b in zip((query, memory, memory), w_in.chunk(3), b_in.chunk(3)))
    output, weights = attend(q, k, v, None if mask is None else mask.unsqueeze(-3))
    return merge_heads(output), weights


# %% mistake="output-projection-not-transposed" points=2 says="w_out is stored (out, in)"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    q, k, v = (split_heads(x @ w.T + b, h) for x, w, b in zip((query, memory, memory), w_in.chunk(3), b_in.chunk(3)))
    output, weights = attend(q, k, v, None if mask is None else mask.unsqueeze(-3))
    return merge_heads(output) @ w_out + b_out, weights


# %% mistake="output-bias-forgotten" points=2 says="the output bias is missing"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    q, k, v = (split_heads(x @ w.T + b, h) for x, w, b in zip((query, memory, memory), w_in.chunk(3), b_in.chunk(3)))
    output, weights = attend(q, k, v, None if mask is None else mask.unsqueeze(-3))
    return merge_heads(output) @ w_out.T, weights


# %% mistake="order-k-q-v" points=2 says="the order in w_in is Q, K, V"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    w_k, w_q, w_v = w_in.chunk(3)
    b_k, b_q, b_v = b_in.chunk(3)
    q, k, v = (
        split_heads(x @ w.T + b, h) for x, w, b in zip((query, memory, memory), (w_q, w_k, w_v), (b_q, b_k, b_v))
    )
    output, weights = attend(q, k, v, None if mask is None else mask.unsqueeze(-3))
    return merge_heads(output) @ w_out.T + b_out, weights


# %% mistake="weights-averaged" points=2 says="the weights are averaged over the heads"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    q, k, v = (split_heads(x @ w.T + b, h) for x, w, b in zip((query, memory, memory), w_in.chunk(3), b_in.chunk(3)))
    output, weights = attend(q, k, v, None if mask is None else mask.unsqueeze(-3))
    return merge_heads(output) @ w_out.T + b_out, weights.mean(1)


# %% mistake="mask-in-torch-module-convention" points=2 says="the mask is upside down"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    q, k, v = (split_heads(x @ w.T + b, h) for x, w, b in zip((query, memory, memory), w_in.chunk(3), b_in.chunk(3)))
    output, weights = attend(q, k, v, None if mask is None else ~mask.unsqueeze(-3))
    return merge_heads(output) @ w_out.T + b_out, weights


# %% mistake="mask-without-head-axis" points=2 says="give it an axis for the heads"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    q, k, v = (split_heads(x @ w.T + b, h) for x, w, b in zip((query, memory, memory), w_in.chunk(3), b_in.chunk(3)))
    output, weights = attend(q, k, v, mask)
    return merge_heads(output) @ w_out.T + b_out, weights


# %% mistake="self-attention-only" points=2 says="keys and values come from memory"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    q, k, v = (split_heads(query @ w.T + b, h) for w, b in zip(w_in.chunk(3), b_in.chunk(3)))
    if mask is not None:
        mask = mask.unsqueeze(-3)[..., : query.shape[-2]]
    output, weights = attend(q, k, v, mask)
    return merge_heads(output) @ w_out.T + b_out, weights


# %% mistake="empty-rows-without-the-bias" points=3 says="the output where some rows may look at nothing"
def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    q, k, v = (split_heads(x @ w.T + b, h) for x, w, b in zip((query, memory, memory), w_in.chunk(3), b_in.chunk(3)))
    output, weights = attend(q, k, v, None if mask is None else mask.unsqueeze(-3))
    output = merge_heads(output) @ w_out.T + b_out
    return output * (1 if mask is None else mask.any(-1, keepdim=True)), weights


# %% right="reshapes-and-linear"
def split_heads(x, h):
    *lead, t, d = x.shape
    return x.reshape(*lead, t, h, d // h).transpose(-2, -3)


def merge_heads(x):
    *lead, h, t, d = x.shape
    return x.transpose(-2, -3).reshape(*lead, t, h * d)


def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    d = w_out.shape[0]
    q = F.linear(query, w_in[:d], b_in[:d])
    k, v = F.linear(memory, w_in[d:], b_in[d:]).split(d, dim=-1)
    if mask is not None:
        mask = mask[None, None] if mask.ndim == 2 else mask[:, None]
    output, weights = attend(split_heads(q, h), split_heads(k, h), split_heads(v, h), mask)
    return F.linear(merge_heads(output), w_out, b_out), weights


# %% right="loop-over-heads"
def split_heads(x, h):
    return torch.stack(x.chunk(h, dim=-1), dim=-3)


def merge_heads(x):
    return torch.cat(x.unbind(-3), dim=-1)


def multi_head_attention(query, memory, w_in, b_in, w_out, b_out, h, mask=None, attend=attention):
    d = w_out.shape[0]
    size, output, maps = d // h, b_out, []
    for head in range(h):
        rows = [slice(part * d + head * size, part * d + (head + 1) * size) for part in range(3)]
        q, k, v = (x @ w_in[r].T + b_in[r] for x, r in zip((query, memory, memory), rows))
        answer, weights = attend(q, k, v, mask)
        output = output + answer @ w_out[:, head * size : (head + 1) * size].T
        maps.append(weights)
    return output, torch.stack(maps, dim=1)
