# %% mistake="eps-outside" points=0 says="both ε stand under their roots"
def adadelta(w, grad, state, *, lr=1.0, rho=0.9, eps=1e-6):
    square = rho * state.get("square", 0.0) + (1 - rho) * grad**2
    past = state.get("past", 0.0)
    delta = (np.sqrt(past) + eps) / (np.sqrt(square) + eps) * grad
    return w - lr * delta, {"square": square, "past": rho * past + (1 - rho) * delta**2}


# %% mistake="steps-remembered-with-lr" points=0 says="without the rate"
def adadelta(w, grad, state, *, lr=1.0, rho=0.9, eps=1e-6):
    square = rho * state.get("square", 0.0) + (1 - rho) * grad**2
    past = state.get("past", 0.0)
    delta = lr * np.sqrt(past + eps) / np.sqrt(square + eps) * grad
    return w - delta, {"square": square, "past": rho * past + (1 - rho) * delta**2}


# %% mistake="numerator-forgotten" points=0 says="that is RMSprop"
def adadelta(w, grad, state, *, lr=1.0, rho=0.9, eps=1e-6):
    square = rho * state.get("square", 0.0) + (1 - rho) * grad**2
    return w - lr * grad / np.sqrt(square + eps), {"square": square}


# %% mistake="gradients-in-the-numerator" points=0 says="of the gradients where those of the steps are asked"
def adadelta(w, grad, state, *, lr=1.0, rho=0.9, eps=1e-6):
    past = state.get("square", 0.0)
    square = rho * past + (1 - rho) * grad**2
    delta = np.sqrt(past + eps) / np.sqrt(square + eps) * grad
    return w - lr * delta, {"square": square}


# %% mistake="sums-not-averages" points=0 says="a running average needs its (1 - ρ)"
def adadelta(w, grad, state, *, lr=1.0, rho=0.9, eps=1e-6):
    square = rho * state.get("square", 0.0) + grad**2
    past = state.get("past", 0.0)
    delta = np.sqrt(past + eps) / np.sqrt(square + eps) * grad
    return w - lr * delta, {"square": square, "past": rho * past + delta**2}


# %% mistake="averages-changed-in-place" points=0 says="must leave its arguments as they were"
def adadelta(w, grad, state, *, lr=1.0, rho=0.9, eps=1e-6):
    square = state.get("square", np.zeros_like(w))
    past = state.get("past", np.zeros_like(w))
    square *= rho
    square += (1 - rho) * grad**2
    delta = np.sqrt((past + eps) / (square + eps)) * grad
    past *= rho
    past += (1 - rho) * delta**2
    return w - lr * delta, {"square": square, "past": past}


# %% right="one-root"
def adadelta(w, grad, state, *, lr=1.0, rho=0.9, eps=1e-6):
    old_g, old_d = state.get("averages", [np.zeros_like(w), np.zeros_like(w)])
    new_g = old_g + (1 - rho) * (grad**2 - old_g)
    step = -grad * np.sqrt((old_d + eps) / (new_g + eps))
    new_d = old_d + (1 - rho) * (step**2 - old_d)
    return w + lr * step, {"averages": [new_g, new_d]}


# %% right="by-helper"
def running(average, value, rho):
    return rho * average + (1 - rho) * np.square(value)


def adadelta(w, grad, state, *, lr=1.0, rho=0.9, eps=1e-6):
    zeros = np.zeros(np.shape(w))
    gradients = running(state["gradients"] if state else zeros, grad, rho)
    rms_steps = np.sqrt((state["steps"] if state else zeros) + eps)
    rms_gradients = np.sqrt(gradients + eps)
    delta = rms_steps * grad / rms_gradients
    return w - lr * delta, {"gradients": gradients, "steps": running(state["steps"] if state else zeros, delta, rho)}
