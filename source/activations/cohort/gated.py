# %% mistake="silu-gate-only" points=2 says="this is the gate alone: multiply by z"
def silu(z, sigmoid=sigmoid):
    return sigmoid(z)


# %% mistake="silu-no-product-rule" points=2 says="z σ′(z) is missing"
def silu(z, sigmoid=sigmoid):
    gate, _ = sigmoid(z)
    return z * gate, gate


# %% mistake="silu-half-a-product-rule" points=2 says="σ(z) is missing"
def silu(z, sigmoid=sigmoid):
    gate, gate_slope = sigmoid(z)
    return z * gate, z * gate_slope


# %% mistake="silu-slope-for-gate" points=2 says="the first of the pair is its value"
def silu(z, sigmoid=sigmoid):
    slope, gate = sigmoid(z)[::-1]
    return z * slope, gate + z * slope


# %% mistake="gelu-by-tanh" points=2 says="this is the formula with tanh"
def gelu(z):
    inner = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))
    slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z**2)
    return 0.5 * z * (1 + inner), 0.5 * (1 + inner) + 0.5 * z * (1 - inner**2) * slope


# %% mistake="gelu-by-sigmoid" points=2 says="this is z σ(1.702 z)"
def gelu(z):
    gate = 1 / (1 + np.exp(-1.702 * z))
    return z * gate, gate + 1.702 * z * gate * (1 - gate)


# %% mistake="gelu-no-product-rule" points=2 says="z φ(z) is missing"
def gelu(z):
    return z * ndtr(z), ndtr(z)


# %% mistake="gelu-unnormalised-density" points=2 says="the density lacks its 1/√(2π)"
def gelu(z):
    return z * ndtr(z), ndtr(z) + z * np.exp(-(z**2) / 2)


# %% mistake="gelu-erf-of-z" points=2 says="erf wants z / √2"
def gelu(z):
    gate = (1 + torch.erf(torch.tensor(z)).numpy()) / 2
    return z * gate, gate + z * np.exp(-(z**2)) / np.sqrt(np.pi)


# %% right="torch-autograd"
def silu(z, sigmoid=sigmoid):
    gate, slope = sigmoid(z)
    return gate * z, slope * z + gate


def gelu(z):
    leaf = torch.tensor(z, requires_grad=True)
    values = F.gelu(leaf)
    values.sum().backward()
    return values.detach().numpy(), leaf.grad.numpy()


# %% right="erf"
def gelu(z):
    gate = (1 + torch.erf(torch.tensor(z / np.sqrt(2)))).numpy() / 2
    density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
    return z * gate, gate + z * density


# %% right="the-density-by-torch"
def gelu(z):
    normal = torch.distributions.Normal(0.0, 1.0)
    x = torch.tensor(z)
    return (x * torch.special.ndtr(x)).numpy(), (torch.special.ndtr(x) + x * normal.log_prob(x).exp()).numpy()
