# %% mistake="leaky-by-maximum" points=3 says="max(slope · z, z) needs a slope below 1"
def leaky_relu(z, slope=0.01):
    return np.maximum(slope * z, z), np.where(z > 0, 1.0, slope)


# %% mistake="leaky-slope-on-the-right" points=3 says="the small slope belongs on the left"
def leaky_relu(z, slope=0.01):
    return np.where(z > 0, slope * z, z), np.where(z > 0, slope, 1.0)


# %% mistake="leaky-with-relus-slopes" points=3 says="these are ReLU's slopes: on the left it is slope, not 0"
def leaky_relu(z, slope=0.01):
    return np.where(z > 0, z, slope * z), np.where(z > 0, 1.0, 0.0)


# %% mistake="leaky-one-at-zero" points=3 says="at 0 torch takes the slope from the left"
def leaky_relu(z, slope=0.01):
    return np.where(z > 0, z, slope * z), np.where(z >= 0, 1.0, slope)


# %% mistake="elu-without-minus-one" points=2 says="you forgot the −1"
def elu(z, alpha=1.0):
    left = alpha * np.exp(np.minimum(z, 0))
    return np.where(z > 0, z, left), np.where(z > 0, 1.0, left)


# %% mistake="elu-by-products" points=2 says="0 · ∞: e^1000 has overflowed"
def elu(z, alpha=1.0):
    on = z > 0
    return on * z + ~on * alpha * (np.exp(z) - 1), np.where(on, 1.0, alpha * np.exp(z))


# %% mistake="elu-slope-is-the-value" points=2 says="which is the value + α"
def elu(z, alpha=1.0):
    left = alpha * np.expm1(np.minimum(z, 0))
    return np.where(z > 0, z, left), np.where(z > 0, 1.0, left)


# %% mistake="elu-exp-minus-one" points=2 says="np.expm1 keeps them"
def elu(z, alpha=1.0):
    left = np.exp(np.minimum(z, 0))
    return np.where(z > 0, z, alpha * (left - 1)), np.where(z > 0, 1.0, alpha * left)


# %% mistake="elu-alpha-in-the-exponent" points=2 says="alpha stands before the exponential, not in it"
def elu(z, alpha=1.0):
    left = np.expm1(alpha * np.minimum(z, 0))
    return np.where(z > 0, z, left), np.where(z > 0, 1.0, alpha * (left + 1))


# %% mistake="threshold-subtracted" points=3 says="this is max(z − θ, 0)"
def thresholded_relu(z, theta=1.0):
    return np.maximum(z - theta, 0.0), np.where(z > theta, 1.0, 0.0)


# %% mistake="threshold-included" points=3 says="only what exceeds θ passes"
def thresholded_relu(z, theta=1.0):
    return np.where(z >= theta, z, 0.0), np.where(z >= theta, 1.0, 0.0)


# %% mistake="threshold-with-relus-slopes" points=3 says="between 0 and θ nothing passes"
def thresholded_relu(z, theta=1.0):
    return np.where(z > theta, z, 0.0), np.where(z > 0, 1.0, 0.0)


# %% mistake="threshold-as-a-floor" points=3 says="below the threshold it is 0, not θ"
def thresholded_relu(z, theta=1.0):
    return np.maximum(z, theta), np.where(z > theta, 1.0, 0.0)


# %% right="masks"
def leaky_relu(z, slope=0.01):
    values, slopes = z.copy(), np.ones_like(z)
    values[z <= 0] *= slope
    slopes[z <= 0] = slope
    return values, slopes


def elu(z, alpha=1.0):
    values, slopes = z.copy(), np.ones_like(z)
    left = z <= 0
    values[left] = alpha * np.expm1(z[left])
    slopes[left] = alpha * np.exp(z[left])
    return values, slopes


def thresholded_relu(z, theta=1.0):
    passes = (z > theta).astype(float)
    return z * passes, passes


# %% right="torch-autograd"
def _pair(function, z):
    leaf = torch.tensor(z, requires_grad=True)
    values = function(leaf)
    values.sum().backward()
    return values.detach().numpy(), leaf.grad.numpy()


def leaky_relu(z, slope=0.01):
    return _pair(lambda x: F.leaky_relu(x, slope), z)


def elu(z, alpha=1.0):
    return _pair(lambda x: F.elu(x, alpha), z)


def thresholded_relu(z, theta=1.0):
    return _pair(lambda x: F.threshold(x, theta, 0.0), z)


# %% right="positive-and-negative-part"
def leaky_relu(z, slope=0.01):
    return np.maximum(z, 0) + slope * np.minimum(z, 0), (z > 0) + slope * (z <= 0)


def elu(z, alpha=1.0):
    with np.errstate(over="ignore"):
        return np.where(z > 0, z, alpha * np.expm1(z)), np.where(z > 0, 1, alpha * np.exp(z))
