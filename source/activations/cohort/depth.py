# %% mistake="bent-to-the-end" points=3 says="the last layer has no activation"
def deep_forward(x, layers, activation):
    a, tape = x, []
    for W, b in layers:
        values, slopes = activation(a @ W.T + b)
        tape.append((a, slopes))
        a = values
    return a, tape


# %% mistake="no-biases" points=3 says="the biases are missing"
def deep_forward(x, layers, activation):
    a, tape = x, []
    for number, (W, _) in enumerate(layers, 1):
        z = a @ W.T
        values, slopes = activation(z) if number < len(layers) else (z, np.ones_like(z))
        tape.append((a, slopes))
        a = values
    return a, tape


# %% mistake="outputs-on-the-tape" points=3 says="the tape"
def deep_forward(x, layers, activation):
    a, tape = x, []
    for number, (W, b) in enumerate(layers, 1):
        z = a @ W.T + b
        a, slopes = activation(z) if number < len(layers) else (z, np.ones_like(z))
        tape.append((a, slopes))
    return a, tape


# %% mistake="slopes-for-values" points=3 says="the slopes went on in place of the values"
def deep_forward(x, layers, activation):
    a, tape = x, []
    for number, (W, b) in enumerate(layers, 1):
        z = a @ W.T + b
        slopes, values = activation(z) if number < len(layers) else (np.ones_like(z), z)
        tape.append((a, slopes))
        a = values
    return a, tape


# %% mistake="no-slopes" points=2 says="the slopes are missing"
def deep_backward(d_output, layers, tape):
    gradients = []
    for (W, _), (a, _) in zip(reversed(layers), reversed(tape), strict=True):
        gradients.append((d_output.T @ a, d_output.sum(axis=0)))
        d_output = d_output @ W
    return d_output, gradients[::-1]


# %% mistake="last-layer-first" points=2 says="the gradients are in the order of the layers"
def deep_backward(d_output, layers, tape):
    gradients = []
    for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape), strict=True):
        d_z = d_output * slopes
        gradients.append((d_z.T @ a, d_z.sum(axis=0)))
        d_output = d_z @ W
    return d_output, gradients


# %% mistake="bias-by-the-mean" points=2 says="a sum over the batch, not the mean"
def deep_backward(d_output, layers, tape):
    gradients = []
    for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape), strict=True):
        d_z = d_output * slopes
        gradients.append((d_z.T @ a, d_z.mean(axis=0)))
        d_output = d_z @ W
    return d_output, gradients[::-1]


# %% mistake="bias-before-the-slopes" points=2 says="the slopes went to the weights but not to the bias"
def deep_backward(d_output, layers, tape):
    gradients = []
    for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape), strict=True):
        d_z = d_output * slopes
        gradients.append((d_z.T @ a, d_output.sum(axis=0)))
        d_output = d_z @ W
    return d_output, gradients[::-1]


# %% mistake="slopes-not-passed-down" points=2 says="the first layer's slopes are missing on the way to x"
def deep_backward(d_output, layers, tape):
    gradients = []
    for (W, _), (a, slopes) in zip(reversed(layers), reversed(tape), strict=True):
        d_z = d_output * slopes
        gradients.append((d_z.T @ a, d_z.sum(axis=0)))
        d_output = d_output @ W
    return d_output, gradients[::-1]


# %% right="recursive"
def deep_forward(x, layers, activation):
    (W, b), *rest = layers
    z = np.einsum("bm,nm->bn", x, W) + b
    if not rest:
        return z, [(x, np.ones(z.shape))]
    values, slopes = activation(z)
    output, tape = deep_forward(values, rest, activation)
    return output, [(x, slopes), *tape]


def deep_backward(d_output, layers, tape):
    if not layers:
        return d_output, []
    d_a, above = deep_backward(d_output, layers[1:], tape[1:])
    x, slopes = tape[0]
    d_z = d_a * slopes
    return d_z @ layers[0][0], [(np.einsum("bn,bm->nm", d_z, x), np.einsum("bn->n", d_z)), *above]


# %% right="by-index"
def deep_forward(x, layers, activation):
    inputs, slopes = [x], []
    for W, b in layers[:-1]:
        values, slope = activation(inputs[-1] @ W.T + b)
        inputs.append(values)
        slopes.append(slope)
    W, b = layers[-1]
    output = inputs[-1] @ W.T + b
    return output, [[a, slope] for a, slope in zip(inputs, [*slopes, np.ones_like(output)], strict=True)]


def deep_backward(d_output, layers, tape):
    gradients = [None] * len(layers)
    for layer in range(len(layers) - 1, -1, -1):
        a, slopes = tape[layer]
        d_output = slopes * d_output
        gradients[layer] = (np.dot(d_output.T, a), np.ones(len(a)) @ d_output)
        d_output = np.dot(d_output, layers[layer][0])
    return d_output, gradients


# %% right="torch-autograd-per-layer"
def deep_backward(d_output, layers, tape):
    gradients, g = [], torch.tensor(d_output)
    for (W, b), (a, slopes) in list(zip(layers, tape, strict=True))[::-1]:
        leaves = [torch.tensor(value, requires_grad=True) for value in (a, W, b)]
        F.linear(*leaves).backward(g * torch.tensor(slopes))
        g = leaves[0].grad
        gradients.insert(0, (leaves[1].grad.numpy(), leaves[2].grad.numpy()))
    return g.numpy(), gradients
