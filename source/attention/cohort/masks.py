# %% mistake="padding-upside-down" points=0 says="upside down"
def padding_mask(lengths, t):
    return torch.arange(t) >= lengths[:, None, None]


# %% mistake="padding-one-too-many" points=0 says="one token too many"
def padding_mask(lengths, t):
    return torch.arange(t) <= lengths[:, None, None]


# %% mistake="padding-without-query-axis" points=0 says="the axis for the queries is missing"
def padding_mask(lengths, t):
    return torch.arange(t) < lengths[:, None]


# %% mistake="padding-on-queries" points=0 says="this masks queries"
def padding_mask(lengths, t):
    return torch.arange(t)[:, None] < lengths[:, None, None]


# %% mistake="causal-shows-the-future" points=0 says="lets each token see only its future"
def causal_mask(t):
    return torch.ones(t, t, dtype=torch.bool).triu()


# %% mistake="causal-hides-itself" points=0 says="a token may look at itself"
def causal_mask(t):
    return torch.ones(t, t, dtype=torch.bool).tril(diagonal=-1)


# %% mistake="causal-upside-down" points=0 says="the future is what is forbidden"
def causal_mask(t):
    return torch.ones(t, t, dtype=torch.bool).triu(diagonal=1)


# %% mistake="causal-off-by-one" points=0 says="one token of the future can be seen"
def causal_mask(t):
    return torch.ones(t, t, dtype=torch.bool).tril(diagonal=1)


# %% mistake="numbers-not-bools" points=0 says="a tensor of bools is asked for"
def causal_mask(t):
    return torch.ones(t, t).tril()


# %% right="loops"
def padding_mask(lengths, t):
    mask = torch.zeros(len(lengths), 1, t, dtype=torch.bool)
    for row, n in enumerate(lengths):
        mask[row, 0, : int(n)] = True
    return mask


def causal_mask(t):
    return torch.tensor([[j <= i for j in range(t)] for i in range(t)])


# %% right="comparisons"
def padding_mask(lengths, t):
    return (torch.arange(1, t + 1).view(1, 1, -1) <= lengths.view(-1, 1, 1)).bool()


def causal_mask(t):
    position = torch.arange(t)
    return position[None, :] <= position[:, None]


# %% right="torch-helpers"
def padding_mask(lengths, t):
    return ~(torch.arange(t).expand(len(lengths), t) >= lengths.unsqueeze(1)).unsqueeze(1)


def causal_mask(t):
    return torch.nn.Transformer.generate_square_subsequent_mask(t) == 0
