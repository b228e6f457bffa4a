"""torch for the modules that carry tensors, or what stands in its place where the worker has been started without.

To import torch takes as long as all the rest together, and a topic on arrays has no tensor to carry.
"""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any


def _absent() -> Any:
    """No value is of these types, and nothing has changed the settings."""
    kinds = {name: type(name, (), {}) for name in ("Tensor", "Size", "Generator", "dtype", "device")}
    return SimpleNamespace(
        **kinds,
        nn=SimpleNamespace(Parameter=type("Parameter", (), {})),
        autograd=SimpleNamespace(Function=object),
        OutOfMemoryError=type("OutOfMemoryError", (RuntimeError,), {}),
        float32=None,
        get_default_dtype=lambda: None,
        set_default_dtype=lambda dtype: None,
        is_grad_enabled=lambda: True,
        set_grad_enabled=lambda enabled: contextlib.nullcontext(),
    )


if TYPE_CHECKING:
    import torch as torch

    HAS_TORCH = True
else:
    try:
        import torch
    except ImportError:
        torch, HAS_TORCH = _absent(), False
    else:
        HAS_TORCH = True
