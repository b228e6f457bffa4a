# %% mistake="one-flop-per-multiply-add" points=0 says="a multiplication and an addition are 2 FLOPs"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    weights = b * h * t_q * t_k
    return {
        "projections": 2 * b * (t_q + t_k) * d_model**2,
        "products": 2 * b * t_q * t_k * d_model,
        "softmax": weights,
        "weight_bytes": weights * item_bytes,
    }


# %% mistake="output-projection-forgotten" points=0 says="the output projection is missing"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    weights = b * h * t_q * t_k
    return {
        "projections": 2 * b * (t_q + 2 * t_k) * d_model**2,
        "products": 4 * b * t_q * t_k * d_model,
        "softmax": weights,
        "weight_bytes": weights * item_bytes,
    }


# %% mistake="products-grow-with-heads" points=0 says="each head works on d_k = d_model / h columns"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    weights = b * h * t_q * t_k
    return {
        "projections": 4 * b * (t_q + t_k) * d_model**2,
        "products": 4 * b * h * t_q * t_k * d_model,
        "softmax": weights,
        "weight_bytes": weights * item_bytes,
    }


# %% mistake="one-product" points=0 says="only one of the two products"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    weights = b * h * t_q * t_k
    return {
        "projections": 4 * b * (t_q + t_k) * d_model**2,
        "products": 2 * b * t_q * t_k * d_model,
        "softmax": weights,
        "weight_bytes": weights * item_bytes,
    }


# %% mistake="heads-share-weights" points=0 says="every head has weights of its own"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    weights = b * t_q * t_k
    return {
        "projections": 4 * b * (t_q + t_k) * d_model**2,
        "products": 4 * b * t_q * t_k * d_model,
        "softmax": weights,
        "weight_bytes": weights * item_bytes,
    }


# %% mistake="bytes-forgotten" points=0 says="4 bytes each"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    weights = b * h * t_q * t_k
    return {
        "projections": 4 * b * (t_q + t_k) * d_model**2,
        "products": 4 * b * t_q * t_k * d_model,
        "softmax": weights,
        "weight_bytes": weights,
    }


# %% mistake="batch-forgotten" points=0 says="the batch is missing"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    return {
        "projections": 4 * (t_q + t_k) * d_model**2,
        "products": 4 * t_q * t_k * d_model,
        "softmax": b * h * t_q * t_k,
        "weight_bytes": b * h * t_q * t_k * item_bytes,
    }


# %% right="product-by-product"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    product = lambda m, n, p: 2 * m * n * p
    d_k = d_model // h
    projections = sum(product(b * t, d_model, d_model) for t in (t_q, t_k, t_k, t_q))
    products = b * h * (product(t_q, d_k, t_k) + product(t_q, t_k, d_k))
    softmax = b * h * t_q * t_k
    return {
        "projections": projections,
        "products": products,
        "softmax": softmax,
        "weight_bytes": item_bytes * softmax,
    }


# %% right="numpy-shapes"
def attention_cost(b, t_q, t_k, d_model, h, item_bytes=4):
    weights = int(np.prod((b, h, t_q, t_k)))
    cost = dict(softmax=weights, weight_bytes=weights * item_bytes)
    cost["products"] = 2 * 2 * weights * d_model / h
    cost["projections"] = 2.0 * (2 * b * t_q + 2 * b * t_k) * d_model**2
    return cost
