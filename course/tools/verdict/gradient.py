"""Gradients that cross: a node of one side's graph whose way back asks the other side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course.tools.verdict.codec import NotCarried
from course.tools.verdict.library import torch

Ask = Callable[[list[Any]], list[Any]]
_TWICE = (
    "second derivatives through a function that runs in the learner's process are not carried: compare its first "
    "gradient at two points instead (assert_gradient of the gradient), without create_graph"
)


#: Marks a leaf that is the copy of an argument: the other side's own one is another.
GIVEN = "_course_given"


class Entry(torch.autograd.Function):
    """An argument that is no leaf on the other side, and must be none here: in-place operations are allowed on it."""

    @staticmethod
    def forward(ctx: Any, anchor: torch.Tensor, holder: list[torch.Tensor]) -> torch.Tensor:
        return holder.pop()

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return None, None


def enter(data: torch.Tensor, leaf: bool) -> torch.Tensor:
    """A tensor that asks for gradients, from its numbers."""
    if leaf:
        return data.requires_grad_()
    with torch.enable_grad():
        return Entry.apply(torch.zeros((), requires_grad=True), [data])


class Record:
    """One call that was served: what it was given and what it gave, as far as gradients go from one to the other."""

    def __init__(self, inputs: list[torch.Tensor]) -> None:
        self.inputs = inputs
        self.outputs: list[torch.Tensor] = []

    def output(self, tensor: torch.Tensor) -> int:
        """The number of an output."""
        for number, known in enumerate(self.outputs):
            if known is tensor:
                return number
        self.outputs.append(tensor)
        return len(self.outputs) - 1

    def leaves(self) -> list[torch.Tensor]:
        """Leaves of this side that the outputs depend on, which are none of the inputs.

        Raises
        ------
        NotCarried
            The outputs depend on an argument of an earlier call.
        """
        given = {id(tensor) for tensor in self.inputs}
        entries = {id(tensor.grad_fn) for tensor in self.inputs if tensor.grad_fn is not None}
        found: dict[int, torch.Tensor] = {}
        seen: set[Any] = set()
        waiting = [tensor.grad_fn for tensor in self.outputs]
        while waiting:
            node = waiting.pop()
            if node is None or node in seen:
                continue
            seen.add(node)
            if id(node) in entries:
                continue
            leaf = getattr(node, "variable", None)
            kept = getattr(leaf, GIVEN, False) and id(leaf) not in given
            if kept or type(node).__name__ == "EntryBackward":
                raise NotCarried(
                    "a gradient through something kept from an earlier call is not carried: give it to the call as an "
                    "argument, or detach it"
                )
            if leaf is not None:
                if id(leaf) not in given:
                    found[id(leaf)] = leaf
                continue
            waiting += [following for following, _ in node.next_functions]
        return list(found.values())

    def back(self, gradients: list[torch.Tensor | None]) -> list[torch.Tensor | None]:
        """The gradients of the inputs, from those of the outputs."""
        chosen = [(out, grad) for out, grad in zip(self.outputs, gradients, strict=True) if grad is not None]
        if not chosen or not self.inputs:
            return [None] * len(self.inputs)
        outputs, gradients_out = zip(*chosen, strict=True)
        with torch.enable_grad():
            seeded = Seed.apply(gradients_out, *outputs)
        return list(torch.autograd.grad(seeded, self.inputs, retain_graph=True, allow_unused=True))


class Seed(torch.autograd.Function):
    """Where a way back begins with gradients that are known.

    ``torch.autograd.grad`` takes such gradients as well, but imports a computer algebra system first (0.6 s).
    """

    @staticmethod
    def forward(ctx: Any, gradients: tuple[torch.Tensor, ...], *outputs: torch.Tensor) -> torch.Tensor:
        ctx.gradients = gradients
        return torch.zeros(())

    @staticmethod
    def backward(ctx: Any, *_: torch.Tensor) -> Any:
        return None, *ctx.gradients


class Remote(torch.autograd.Function):
    """The node that stands for a call on the other side."""

    @staticmethod
    def forward(ctx: Any, ask: Ask, outputs: list[torch.Tensor], *inputs: torch.Tensor) -> Any:
        ctx.ask = ask
        ctx.set_materialize_grads(False)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> Any:
        if torch.is_grad_enabled():  # only while somebody differentiates the gradient itself
            raise NotCarried(_TWICE)
        return None, None, *ctx.ask(list(gradients))


def attach(ask: Ask, outputs: list[torch.Tensor], inputs: list[torch.Tensor]) -> list[torch.Tensor]:
    """The outputs as results of a call on the other side."""
    if not outputs:
        return []
    with torch.enable_grad():
        return list(Remote.apply(ask, outputs, *inputs))
