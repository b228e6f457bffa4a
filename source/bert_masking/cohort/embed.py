# %% mistake="no-positions" points=0 says="positions are missing"
def embed(ids, segments, words, positions, types):
    return words[ids] + types[segments]


# %% mistake="averages" points=0 says="you averaged the three"
def embed(ids, segments, words, positions, types):
    return (words[ids] + positions[: ids.shape[1]] + types[segments]) / 3


# %% mistake="position-from-id" points=0 says="not its id"
def embed(ids, segments, words, positions, types):
    return words[ids] + positions[ids % len(positions)] + types[segments]


# %% mistake="concatenates" points=0 says="you laid the three side by side"
def embed(ids, segments, words, positions, types):
    rows = positions[: ids.shape[1]].expand(*ids.shape, -1)
    return torch.cat([words[ids], rows, types[segments]], dim=-1)


# %% mistake="order-of-columns" points=0 says="the order is word, position, segment"
def three_hot(ids, segments, n_words, n_positions, n_types):
    columns = torch.arange(ids.shape[1]).expand(ids.shape)
    parts = [F.one_hot(ids, n_words), F.one_hot(segments, n_types), F.one_hot(columns, n_positions)]
    return torch.cat(parts, dim=-1).float()


# %% mistake="integers" points=0 says="dtype"
def three_hot(ids, segments, n_words, n_positions, n_types):
    columns = torch.arange(ids.shape[1]).expand(ids.shape)
    return torch.cat([F.one_hot(ids, n_words), F.one_hot(columns, n_positions), F.one_hot(segments, n_types)], dim=-1)


# %% mistake="shared-columns" points=0 says="shape"
def three_hot(ids, segments, n_words, n_positions, n_types):
    columns = torch.arange(ids.shape[1]).expand(ids.shape)
    return (F.one_hot(ids, n_words) + F.one_hot(columns, n_words) + F.one_hot(segments, n_words)).float()


# %% right="library-calls"
def embed(ids, segments, words, positions, types):
    columns = torch.arange(ids.shape[1])
    return F.embedding(ids, words) + F.embedding(columns, positions).unsqueeze(0) + F.embedding(segments, types)


def three_hot(ids, segments, n_words, n_positions, n_types):
    B, T = ids.shape
    out = torch.zeros(B, T, n_words + n_positions + n_types)
    out.scatter_(2, ids[..., None], 1.0)
    out.scatter_(2, (n_words + torch.arange(T)).view(1, T, 1).repeat(B, 1, 1), 1.0)
    return out.scatter_(2, (n_words + n_positions + segments)[..., None], 1.0)


# %% right="loops"
def embed(ids, segments, words, positions, types):
    rows = []
    for b in range(len(ids)):
        rows.append(torch.stack([words[ids[b, t]] + positions[t] + types[segments[b, t]] for t in range(ids.shape[1])]))
    return torch.stack(rows)


def three_hot(ids, segments, n_words, n_positions, n_types):
    out = torch.zeros(*ids.shape, n_words + n_positions + n_types)
    for b in range(ids.shape[0]):
        for t in range(ids.shape[1]):
            out[b, t, ids[b, t]] = 1
            out[b, t, n_words + t] = 1
            out[b, t, n_words + n_positions + segments[b, t]] = 1
    return out
