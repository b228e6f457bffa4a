# %% mistake="sigmoid-slope-from-one-minus" points=2 says="1 − σ(40) is 0 in floating point"
def sigmoid(z):
    values = 1 / (1 + np.exp(-z))
    return values, values * (1 - values)


# %% mistake="sigmoid-sign" points=2 says="the sign in the exponent"
def sigmoid(z):
    small = np.exp(-np.abs(z))
    return 1 / (1 + np.exp(z)), small / (1 + small) ** 2


# %% mistake="sigmoid-overflow" points=2 says="∞/∞: e^1000 has overflowed"
def sigmoid(z):
    values = np.exp(z) / (1 + np.exp(z))
    return values, values * (1 / (1 + np.exp(z)))


# %% mistake="sigmoid-slope-of-the-value" points=2 says="you took the slope at σ(z) in place of z"
def sigmoid(z):
    small = np.exp(-np.abs(z))
    values = np.where(z >= 0, 1, small) / (1 + small)
    return values, 1 / (np.exp(values / 2) + np.exp(-values / 2)) ** 2


# %% mistake="sigmoid-with-tanhs-slope" points=2 says="that is tanh's formula"
def sigmoid(z):
    small = np.exp(-np.abs(z))
    values = np.where(z >= 0, 1, small) / (1 + small)
    return values, 1 - values**2


# %% mistake="tanh-slope-from-the-square" points=2 says="1 − tanh² is 0 in floating point"
def tanh(z):
    values = np.tanh(z)
    return values, 1 - values**2


# %% mistake="tanh-no-square" points=2 says="the square is missing"
def tanh(z):
    values = np.tanh(z)
    return values, 1 - values


# %% mistake="tanh-from-sigmoid-of-z" points=2 says="this is 2σ(z) − 1"
def tanh(z):
    small = np.exp(-2 * np.abs(z))
    return 2 / (1 + np.exp(-z)) - 1, 4 * small / (1 + small) ** 2


# %% mistake="tanh-overflow" points=2 says="∞/∞: e^1000 has overflowed"
def tanh(z):
    up, down = np.exp(z), np.exp(-z)
    return (up - down) / (up + down), 4 / (up + down) ** 2


# %% mistake="tanh-without-the-four" points=2 says="the factor 4 is missing"
def tanh(z):
    small = np.exp(-2 * np.abs(z))
    return np.tanh(z), small / (1 + small) ** 2


# %% right="both-sides-by-case"
def sigmoid(z):
    values, slopes = np.empty_like(z), np.empty_like(z)
    for place, x in np.ndenumerate(z):
        small = np.exp(-abs(x))
        values[place] = 1 / (1 + small) if x > 0 else small / (1 + small)
        slopes[place] = small / (1 + small) / (1 + small)
    return values, slopes


def tanh(z):
    with np.errstate(over="ignore"):
        return np.tanh(z), 1 / np.cosh(z) ** 2


# %% right="torch-calls"
def sigmoid(z):
    x = torch.tensor(z)
    return torch.sigmoid(x).numpy(), (torch.sigmoid(x) * torch.sigmoid(-x)).numpy()


def tanh(z):
    x = torch.tensor(z)
    return torch.tanh(x).numpy(), (4 * torch.sigmoid(2 * x) * torch.sigmoid(-2 * x)).numpy()


# %% right="by-logarithms"
def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z)), np.exp(-np.logaddexp(0, -z) - np.logaddexp(0, z))


def tanh(z):
    return np.tanh(z), np.exp(np.log(4) - 2 * np.logaddexp(z, -z))
