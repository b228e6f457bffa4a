"""What stands here for something that lives on the other side.

In the judge nothing that decides is left to the other side: comparing, testing for truth, hashing and turning into an
array are refused by name. All else is asked there and comes back as plain data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from course.tools.verdict.codec import NotCarried

if TYPE_CHECKING:
    from course.tools.verdict.peer import Peer


class Standin:
    """Something of the other side. Attributes and operators are asked there."""

    __slots__ = ("__weakref__", "_course_handle", "_course_name", "_course_peer")
    __array_ufunc__ = None  # numpy leaves operators to us

    def __init__(self, peer: Peer, handle: int, name: str) -> None:
        object.__setattr__(self, "_course_peer", peer)
        object.__setattr__(self, "_course_handle", handle)
        object.__setattr__(self, "_course_name", name)

    def __getattr__(self, name: str) -> Any:
        if name == "__name__" or name == "__qualname__":
            return self._course_name
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"{self._course_name} has no attribute {name!r} that is carried")
        return self._course_peer.ask("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._course_peer.ask("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        self._course_peer.ask("delattr", self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._course_peer.ask("call", self, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self._course_name} of the {self._course_peer.other}>"

    def __instancecheck__(self, instance: Any) -> bool:
        if not isinstance(instance, Standin):
            return False
        return bool(self._course_peer.ask("isinstance", instance, self))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise NotCarried(f"{self!r} cannot be copied or pickled: copy plain data that it gives")

    def _course_refuse(self, what: str) -> NoReturn:
        raise NotCarried(
            f"{what} {self!r} would be decided by the process that is judged: let it give plain data (numbers, "
            "strings, lists, arrays, tensors), and judge those"
        )

    def __bool__(self) -> bool:
        if self._course_peer.judging:
            self._course_refuse("the truth of")
        return True

    def __eq__(self, other: object) -> bool:
        if self._course_peer.judging and other is not self:
            self._course_refuse("comparing")
        return other is self

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return id(self)

    def __contains__(self, item: Any) -> bool:
        self._course_refuse("membership in")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._course_refuse("an array made of")


def _refused(operator: str) -> Any:
    def refuse(self: Standin, other: Any) -> NoReturn:
        self._course_refuse(f"comparing ({operator})")

    return refuse


def _asked(operation: str) -> Any:
    def ask(self: Standin, *args: Any) -> Any:
        return self._course_peer.ask(operation, self, *args)

    return ask


for _name, _sign in (("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
    setattr(Standin, f"__{_name}__", _refused(_sign))
#: The special methods that are asked on the other side.
ASKED = (
    *("len", "getitem", "setitem", "delitem", "iter", "next", "reversed", "enter", "exit", "str", "round"),
    *("int", "float", "complex", "index", "neg", "pos", "abs", "invert", "add", "radd", "iadd", "sub", "rsub", "isub"),
    *("mul", "rmul", "imul", "matmul", "rmatmul", "truediv", "rtruediv", "itruediv", "floordiv", "rfloordiv"),
    *("mod", "rmod", "pow", "rpow", "and", "or", "xor", "lshift", "rshift"),
)


class Instance(Standin):
    """An object of the other side. What its class does not define, the other side refuses."""

    __slots__ = ()


for _name in ASKED:
    setattr(Instance, f"__{_name}__", _asked(_name))


class Function(Standin):
    """A function, a method, or whatever else can be called."""

    __slots__ = ()


class Class(Standin):
    """A class: calling it makes an instance, on the other side."""

    __slots__ = ()


class Iterator(Standin):
    """An iterator or a generator."""

    __slots__ = ()

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        return self._course_peer.ask("next", self)


KINDS: dict[str, type[Standin]] = {
    "function": Function,
    "class": Class,
    "iterator": Iterator,
    "instance": Instance,
}
