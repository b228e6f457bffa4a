# %% mistake="first-gradient-dampened" points=1 says="the first gradient enters the velocity whole"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    if momentum == 0:
        return w - lr * grad, {}
    velocity = momentum * state.get("velocity", 0.0) + (1 - dampening) * grad
    return w - lr * (grad + momentum * velocity if nesterov else velocity), {"velocity": velocity}


# %% mistake="running-average" points=0 says="momentum here is a sum"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    if momentum == 0:
        return w - lr * grad, {}
    velocity = momentum * state.get("velocity", 0.0) + (1 - momentum) * grad
    return w - lr * (grad + momentum * velocity if nesterov else velocity), {"velocity": velocity}


# %% mistake="rate-in-the-velocity" points=1 says="the rate of each past step is frozen into your velocity"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    kept = 1 - dampening if momentum and state else 1.0
    velocity = momentum * state.get("velocity", 0.0) + kept * lr * grad
    return w - (lr * grad + momentum * velocity if nesterov else velocity), {"velocity": velocity}


# %% mistake="memory-lost" points=0 says="your velocity is forgotten between the steps"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    velocity = grad
    return w - lr * (grad + momentum * velocity if nesterov else velocity), state


# %% mistake="nesterov-without-the-gradient" points=1 says="you left the gradient itself out"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    velocity = momentum * state["velocity"] + (1 - dampening) * grad if state and momentum else grad
    return w - lr * (momentum * velocity if nesterov else velocity), {"velocity": velocity}


# %% mistake="nesterov-ignored" points=1 says="that is plain momentum"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    velocity = momentum * state["velocity"] + (1 - dampening) * grad if state and momentum else grad
    return w - lr * velocity, {"velocity": velocity}


# %% mistake="weights-changed-in-place" points=0 says="must leave its arguments as they were"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    velocity = momentum * state["velocity"] + (1 - dampening) * grad if state and momentum else grad
    w -= lr * (grad + momentum * velocity if nesterov else velocity)
    return w, {"velocity": velocity}


# %% mistake="velocity-changed-in-place" points=1 says="must leave its arguments as they were"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    if state and momentum:
        velocity = state["velocity"]
        velocity *= momentum
        velocity += (1 - dampening) * grad
    else:
        velocity = grad.copy()
    return w - lr * (grad + momentum * velocity if nesterov else velocity), {"velocity": velocity}


# %% right="by-cases"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    if momentum == 0:
        return w - lr * grad, {}
    if "buffer" not in state:
        buffer = np.array(grad)
    else:
        buffer = momentum * state["buffer"]
        buffer += (1 - dampening) * grad
    new = w.copy()
    if nesterov:
        new -= lr * grad
        new -= lr * momentum * buffer
    else:
        new -= lr * buffer
    return new, {"buffer": buffer}


# %% right="number-by-number"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    new, past, steps = [], [], state.get("steps", 0)
    for position, (weight, g) in enumerate(zip(w.ravel().tolist(), grad.ravel().tolist())):
        v = g
        if steps > 0 and momentum != 0:
            v = momentum * state["past"][position] + g - dampening * g
        past.append(v)
        new.append(weight - lr * (g + momentum * v if nesterov else v))
    return np.array(new).reshape(w.shape), {"steps": steps + 1, "past": past}


# %% right="in-torch"
def sgd(w, grad, state, *, lr, momentum=0.0, dampening=0.0, nesterov=False):
    parameter = torch.nn.Parameter(torch.tensor(w))
    parameter.grad = torch.tensor(grad)
    optimizer = torch.optim.SGD([parameter], lr=lr, momentum=momentum, dampening=dampening, nesterov=nesterov)
    if state:
        optimizer.state[parameter]["momentum_buffer"] = torch.tensor(state["buffer"])
    optimizer.step()
    after = optimizer.state[parameter].get("momentum_buffer")
    return parameter.detach().numpy(), {} if after is None else {"buffer": after.numpy()}
