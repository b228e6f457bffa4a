# %% mistake="whole-axis-flipped" points=0 says="the padding came to the front"
def reverse_padded(x, lengths):
    return x[:, ::-1].copy()


# %% mistake="batch-reversed" points=0 says="time is the second axis"
def reverse_padded(x, lengths):
    return x[::-1].copy()


# %% mistake="padding-wiped" points=1 says="the padding must stay as it was"
def reverse_padded(x, lengths):
    reversed_x = np.zeros_like(x)
    for row, n in enumerate(lengths):
        reversed_x[row, :n] = x[row, :n][::-1]
    return reversed_x


# %% mistake="in-place" points=0 says="which must stay as it was"
def reverse_padded(x, lengths):
    for row, n in enumerate(lengths):
        x[row, :n] = x[row, :n][::-1].copy()
    return x


# %% mistake="not-turned-back" points=0 says="still in reverse order"
def bidirectional(x, lengths, ahead, back, run=lstm):
    mask = length_mask(lengths, x.shape[1])
    left, (h_left, _), _ = run(x, ahead, mask)
    right, (h_right, _), _ = run(reverse_padded(x, lengths), back, mask)
    return np.concatenate([left, right], axis=2), np.concatenate([h_left, h_right], axis=1)


# %% mistake="one-set-of-weights" points=0 says="both directions used the same parameters"
def bidirectional(x, lengths, ahead, back, run=lstm):
    mask = length_mask(lengths, x.shape[1])
    left, (h_left, _), _ = run(x, ahead, mask)
    right, (h_right, _), _ = run(reverse_padded(x, lengths), ahead, mask)
    return np.concatenate([left, reverse_padded(right, lengths)], axis=2), np.concatenate([h_left, h_right], axis=1)


# %% mistake="last-output-as-final-state" points=0 says="it has read one word only"
def bidirectional(x, lengths, ahead, back, run=lstm):
    mask = length_mask(lengths, x.shape[1])
    left, (h_left, _), _ = run(x, ahead, mask)
    right, _, _ = run(reverse_padded(x, lengths), back, mask)
    right = reverse_padded(right, lengths)
    h_right = right[np.arange(len(x)), lengths - 1]
    return np.concatenate([left, right], axis=2), np.concatenate([h_left, h_right], axis=1)


# %% mistake="naive-flip" points=0 says="padding was flipped to the front"
def bidirectional(x, lengths, ahead, back, run=lstm):
    mask = length_mask(lengths, x.shape[1])
    left, (h_left, _), _ = run(x, ahead, mask)
    right, (h_right, _), _ = run(x[:, ::-1], back, mask)
    right = mask[..., None] * right[:, ::-1]
    return np.concatenate([left, right], axis=2), np.concatenate([h_left, h_right], axis=1)


# %% mistake="memory-for-state" points=0 says="this is c"
def bidirectional(x, lengths, ahead, back, run=lstm):
    mask = length_mask(lengths, x.shape[1])
    left, (_, h_left), _ = run(x, ahead, mask)
    right, (_, h_right), _ = run(reverse_padded(x, lengths), back, mask)
    return np.concatenate([left, reverse_padded(right, lengths)], axis=2), np.concatenate([h_left, h_right], axis=1)


# %% right="gather"
def reverse_padded(x, lengths):
    t = np.arange(x.shape[1])
    n = np.asarray(lengths)[:, None]
    return np.take_along_axis(x, np.where(t < n, n - 1 - t, t)[..., None], axis=1)


def bidirectional(x, lengths, ahead, back, run=lstm):
    mask = length_mask(lengths, x.shape[1])
    results = [run(x, ahead, mask=mask), run(reverse_padded(x, lengths), params=back, mask=mask)]
    outputs = np.dstack([results[0][0], reverse_padded(results[1][0], lengths)])
    return outputs, np.hstack([state[0] for _, state, _ in results])


# %% right="flipped-mask"
def reverse_padded(x, lengths):
    return np.array([np.vstack([row[:n][::-1], row[n:]]) for row, n in zip(x, lengths, strict=True)])


def bidirectional(x, lengths, ahead, back, run=lstm):
    T = x.shape[1]
    real = np.arange(T)[None, :] < lengths.reshape(-1, 1)
    left, (h1, c1), _ = run(x, ahead, real)
    rolled = np.array([np.roll(row[::-1], -(T - n), axis=0) for row, n in zip(x, lengths, strict=True)])
    right, (h2, c2), _ = run(rolled, back, real)
    outputs = np.zeros((len(x), T, left.shape[2] + right.shape[2]))
    for b, n in enumerate(lengths):
        for t in range(n):
            outputs[b, t] = np.r_[left[b, t], right[b, n - 1 - t]]
    return outputs, np.c_[h1, h2]
