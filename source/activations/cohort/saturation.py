# %% mistake="strictly-below" points=0 says="an entry is flat if its size is *at most* the tolerance"
def saturation(slopes, tolerance=0.05):
    flat = np.abs(slopes) < tolerance
    return flat.mean(), flat.all(axis=0).mean()


# %% mistake="without-the-size" points=0 says="a negative slope is not flat"
def saturation(slopes, tolerance=0.05):
    flat = slopes <= tolerance
    return flat.mean(), flat.all(axis=0).mean()


# %% mistake="flat-for-any" points=0 says="flat for *every* example, not for any"
def saturation(slopes, tolerance=0.05):
    flat = np.abs(slopes) <= tolerance
    return flat.mean(), flat.any(axis=0).mean()


# %% mistake="units-are-columns" points=0 says="units are columns"
def saturation(slopes, tolerance=0.05):
    flat = np.abs(slopes) <= tolerance
    return flat.mean(), flat.all(axis=1).mean()


# %% mistake="numbers" points=0 says="this is a number of entries"
def saturation(slopes, tolerance=0.05):
    flat = np.abs(slopes) <= tolerance
    return flat.sum(), flat.all(axis=0).sum()


# %% mistake="alive" points=0 says="this is the share that is not flat"
def saturation(slopes, tolerance=0.05):
    alive = np.abs(slopes) > tolerance
    return alive.mean(), alive.all(axis=0).mean()


# %% right="largest-slope"
def saturation(slopes, tolerance=0.05):
    sizes = np.abs(slopes)
    return float((sizes <= tolerance).sum() / sizes.size), float(np.mean(sizes.max(axis=0) <= tolerance))


# %% right="counted"
def saturation(slopes, tolerance=0.05):
    B, H = slopes.shape
    flat = [[abs(slopes[b, h]) <= tolerance for b in range(B)] for h in range(H)]
    return sum(map(sum, flat)) / (B * H), sum(map(all, flat)) / H


# %% right="torch"
def saturation(slopes, tolerance=0.05):
    flat = torch.tensor(slopes).abs() <= tolerance
    return flat.double().mean().item(), flat.all(dim=0).double().mean().item()
