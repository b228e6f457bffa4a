"""One end of the pair: it asks the other end, and while it waits for the answer it serves what that asks in turn.

The judge's end (``judging``) takes nothing but plain data and shows nothing but the callables and iterators that a test
has passed as arguments. The learner's end shows everything: there is nothing to hide.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import operator
import sys
import threading
import traceback
import types
import weakref
from collections.abc import Callable, MutableMapping
from typing import Any

import numpy as np

from course.tools.verdict import codec, gradient, processor, surroundings
from course.tools.verdict.codec import Decoder, Encoder, Malformed, Node, NotCarried
from course.tools.verdict.library import torch
from course.tools.verdict.link import Gone, Link
from course.tools.verdict.standins import ASKED, KINDS, Standin


class LearnerStopped(Exception):
    """The other side's code ended by an exception that is no error: ``SystemExit``, ``KeyboardInterrupt``."""


#: Where functions are pristine in both processes: they go by their names.
_LIBRARIES = ("builtins", "math", "operator", "numpy", "scipy", "torch", "torch.nn.functional", "sklearn", "itertools")
_ERRORS: dict[tuple[str, str], type[BaseException]] = {
    (kind.__module__, kind.__qualname__): kind
    for kind in (
        *(one for one in vars(builtins).values() if isinstance(one, type) and issubclass(one, Exception)),
        *(one for one in vars(np.exceptions).values() if isinstance(one, type) and issubclass(one, Exception)),
        np.linalg.LinAlgError, torch.OutOfMemoryError, NotCarried, LearnerStopped,
    )
}  # fmt: skip
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda target, *args, **kwargs: target(*args, **kwargs),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "isinstance": isinstance,
    "len": len, "iter": iter, "next": next, "reversed": reversed, "str": str, "round": round, "pow": pow,
    "int": int, "float": float, "complex": complex,
    "rpow": lambda target, other: other**target,
    "enter": lambda target: type(target).__enter__(target),
    "exit": lambda target, *error: type(target).__exit__(target, *error),
}  # fmt: skip
for _name in ASKED:
    if _name not in _OPERATIONS:
        plain = getattr(operator, f"__{_name}__", None)
        if plain is None:  # radd and its like
            plain = functools.partial(
                lambda forward, target, other: forward(other, target), getattr(operator, f"__{_name[1:]}__")
            )
        _OPERATIONS[_name] = plain
_ASKED_OF_THE_JUDGE = frozenset({"call", "next", "back"})
_MOST_TEXT = 20_000


class Peer:
    """One end.

    Parameters
    ----------
    link : Link
    judging : bool
        This is the judge's end.
    names : mapping
        Where names are looked up (the learner's end), and where what both sides define is found.
    around : callable
        A context manager to serve in: it drops what is printed.
    """

    def __init__(
        self,
        link: Link,
        *,
        judging: bool,
        names: MutableMapping[str, Any],
        around: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
    ) -> None:
        self.link, self.judging, self.names, self._around = link, judging, names, around
        self.other = "learner's code" if judging else "test"
        self._thread = threading.get_ident()
        self._asked = 0  # the number of this side's last request
        self._waiting: list[int] = []
        self._serving: list[int] = []  # the numbers of the other side's requests that are served now
        self._forget([])

    def _forget(self, shared: list[str]) -> None:
        self._shared: dict[str, Any] = {
            name: self.names[name] for name in shared if isinstance(self.names.get(name), type | types.FunctionType)
        }
        self._objects: dict[int, Any] = {}
        self._handles: dict[int, int] = {}
        self._records: dict[int, gradient.Record] = {}
        self._dead: list[int] = []
        self._standins: weakref.WeakValueDictionary[int, Standin] = weakref.WeakValueDictionary()
        self._errors: dict[int, type[BaseException]] = {}
        # Leaves that both sides have: by whose they are (True: mine) and their handle; the tensor and how it was told.
        self._twins: dict[tuple[bool, int], list[Any]] = {}
        self._seeds = surroundings.Seeds()
        self._next = 1

    # Asking

    def begin(self, shared: list[str]) -> None:
        """Forget all that was exchanged before; ``shared`` names classes and functions that both sides define."""
        self.ask("begin", None, shared, processor.stay())
        self._forget(shared)

    def look(self, name: str) -> Any:
        """What a name stands for on the other side; ``KeyError`` where it is not defined."""
        return self.ask("look", None, name)

    def ask(self, operation: str, target: Any, *args: Any, **kwargs: Any) -> Any:
        """Have an operation performed on the other side; its exceptions are raised here."""
        if threading.get_ident() != self._thread:
            raise NotCarried(
                "only the thread that runs the cell can call into the other process, and no thread of its own"
            )
        encoder = Encoder(self._encode)
        self._asked += 1
        number = self._asked
        header = {
            "op": operation, "id": number, "in": self._serving[-1] if self._serving else 0,
            "on": encoder.encode(target), "a": encoder.many(args),
            "k": {name: encoder.encode(value) for name, value in kwargs.items()},
            "x": surroundings.modes(), "dead": self._dead, **self._tell(encoder),
        }  # fmt: skip
        self._dead = []
        inputs = [value for value in encoder.objects if isinstance(value, torch.Tensor) and value.requires_grad]
        self.link.send(header, encoder.buffers)
        self._waiting.append(number)
        try:
            while True:
                answer, buffers = self.link.receive()
                if "op" in answer:
                    if answer.get("in") == number:
                        self._serve(answer, buffers)
                elif answer.get("re") == number:
                    break
        finally:
            self._waiting.pop()
        try:
            return self._answer(answer, buffers, encoder.objects, inputs)
        except Malformed as error:
            raise self.link.close(f"it sent something that is no answer ({error})") from None

    def _answer(
        self, answer: dict[str, Any], buffers: list[np.ndarray], objects: list[Any], inputs: list[torch.Tensor]
    ) -> Any:
        decoder = Decoder(buffers, self._decode, objects)
        self._hear(answer, decoder)
        for number, node in _list(answer.get("u", [])):
            self._update(decoder, number, node)
        decoder.results = self._results(answer, decoder, inputs)  # type: ignore[attr-defined]
        if told := answer.get("w"):
            surroundings.warn_again(told)
        if "e" in answer:
            raise self._error(answer["e"], decoder)
        return decoder.decode(answer.get("v"))

    def _results(self, answer: dict[str, Any], decoder: Decoder, inputs: list[torch.Tensor]) -> list[torch.Tensor]:
        outputs = [codec.tensor_from(decoder, *parts) for parts in _list(answer.get("outs", []))]
        if not outputs:
            return []
        leaves = decoder.many(answer.get("leaves", []))
        if not all(isinstance(leaf, torch.Tensor) for leaf in leaves):
            raise Malformed("leaves that are no tensors")
        if not all(output.is_floating_point() or output.is_complex() for output in outputs):
            raise Malformed("a gradient of whole numbers")
        return gradient.attach(_Ticket(self, answer.get("rec")).ask, outputs, [*inputs, *leaves])

    def _update(self, decoder: Decoder, number: Any, node: Any) -> None:
        if type(number) is not int or not 0 <= number < len(decoder.objects):
            raise Malformed("no such argument")
        value = decoder.objects[number]
        if isinstance(value, torch.Tensor):
            _set_tensor(decoder, value, _list(node))
        else:
            codec.put(value, decoder.decode(node))

    # Serving

    def serve(self) -> None:
        """Serve the next request. Raises :class:`Gone` where there will be none."""
        header, buffers = self.link.receive()
        if "op" in header:
            self._serve(header, buffers)

    def _serve(self, header: dict[str, Any], buffers: list[np.ndarray]) -> None:
        operation, number = header["op"], int(header.get("id", 0))
        decoder = Decoder(buffers, self._decode)
        caught: list[tuple[str, str]] = []
        known = set(self._twins)
        before: list[Any] = []
        answer: dict[str, Any]
        self._serving.append(number)
        try:
            if self.judging and operation not in _ASKED_OF_THE_JUDGE:
                raise Malformed(f"the judge does not do {operation}")
            for handle in header.get("dead", []):
                self._records.pop(handle, None)
            self._hear(header, decoder)
            target = decoder.decode(header["on"])
            if self.judging and operation != "back" and (not header["on"] or header["on"][0] != "y"):
                raise Malformed("the judge was asked for what it has not given")
            args = decoder.many(header["a"])
            kwargs = {name: decoder.decode(node) for name, node in header["k"].items()}
            record = gradient.Record(
                [value for value in decoder.objects if isinstance(value, torch.Tensor) and value.requires_grad]
            )
            before = [codec.snapshot(value) for value in decoder.objects]
            with self._around(), surroundings.within(header["x"], caught):
                value = self._perform(operation, target, args, kwargs)
            encoder = Encoder(functools.partial(self._encode, record=record), decoder.objects)
            changes = self._changes(encoder, before)
            answer = {"v": encoder.encode(value), "u": changes}
            if record.outputs:
                answer["outs"] = [codec.tensor_data(encoder, tensor) for tensor in record.outputs]
                leaves = record.leaves()
                answer["leaves"] = [self._leaf(encoder, leaf) for leaf in leaves]
                record.inputs += leaves
                self._next += 1
                answer["rec"] = self._next
                self._records[self._next] = record
        except (Malformed, Gone) as error:
            if self.judging:
                raise self.link.close(f"it asked something that is no question ({error})") from None
            raise
        except BaseException as error:
            if self.judging and not isinstance(error, Exception):
                raise
            for key in self._twins.keys() - known:  # the other side will not hear of them by this answer
                del self._twins[key]
            encoder = Encoder(self._encode, decoder.objects)
            answer = {"e": self._describe(error, encoder), "u": self._changes(encoder, before, strict=False)}
        finally:
            self._serving.pop()
        answer |= {"re": number, "w": caught, **self._tell(encoder)}
        try:
            self.link.send(answer, encoder.buffers)
        except NotCarried as error:
            encoder = Encoder(self._encode)
            self.link.send({"re": number, "e": self._describe(error, encoder), "u": []}, encoder.buffers)

    def _perform(self, operation: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if operation == "look":
            return self.names[args[0]]
        if operation == "begin":
            processor.stay(args[1])
            return self._forget(args[0])
        if operation == "back":
            return self._records[args[0]].back(args[1])
        return _OPERATIONS[operation](target, *args, **kwargs)

    def _changes(self, encoder: Encoder, before: list[Any], *, strict: bool = True) -> list[Node]:
        found: list[Node] = []
        for number, state in enumerate(before):
            value = encoder.objects[number]
            if not codec.changed(value, state):
                continue
            try:
                if isinstance(value, torch.Tensor):
                    if value.requires_grad and (not value.is_leaf or not state[2]):
                        raise NotCarried(
                            "an in-place change of a tensor that carries a gradient is not carried back: return it"
                        )
                    found.append([number, _tensor_parts(encoder, value)])
                else:
                    found.append([number, encoder.content(value)])
            except NotCarried:
                if strict:
                    raise
        return found

    # What goes along with every message

    def _tell(self, encoder: Encoder) -> dict[str, Any]:
        twins = []
        for (mine, handle), known in self._twins.items():
            tensor, state = known
            if codec.changed(tensor, state):
                twins.append([not mine, handle, *_tensor_parts(encoder, tensor)])
                known[1] = codec.snapshot(tensor)
        return {"s": self._seeds.changes(encoder), "m": twins}

    def _hear(self, header: dict[str, Any], decoder: Decoder) -> None:
        self._seeds.take(decoder, header.get("s", {}))
        for mine, handle, *parts in _list(header.get("m", [])):
            known = self._twins.get((bool(mine), handle))
            if known is None:
                raise Malformed("no such leaf")
            _set_tensor(decoder, known[0], parts)
            known[1] = codec.snapshot(known[0])

    # Values that are no plain data

    def _encode(self, encoder: Encoder, value: Any, record: gradient.Record | None = None) -> Node:
        if isinstance(value, Standin) and value._course_peer is self:
            return ["y", value._course_handle]
        if type(value) in (torch.Tensor, torch.nn.Parameter):
            return self._encode_tensor(encoder, value, record)
        if (node := codec.type_node(value)) is not None:
            return node
        kind: type = type(value)
        if self._shared.get(kind.__name__) is kind:
            return self._encode_shared(encoder, value)
        if self._is_shared(value):
            return ["sc", str(value.__name__)]
        if self.judging:
            if (library := _library_name(value)) is not None:
                return ["g", *library]
            if hasattr(kind, "__next__"):
                return ["x", self._handle(value), "iterator", kind.__name__]
            if callable(value) and not isinstance(value, type):
                return ["x", self._handle(value), "function", str(getattr(value, "__name__", kind.__name__))]
            raise NotCarried(
                f"a {kind.__module__}.{kind.__qualname__} is not carried to the learner's process: tests pass arrays, "
                "tensors, numbers, strings, lists, tuples, dicts, random generators, functions, and instances of "
                "classes that a set-up cell defines"
            )
        if isinstance(value, types.ModuleType):
            raise NotCarried(f"the module {value.__name__} is not carried: a test calls functions")
        name = str(getattr(value, "__name__", kind.__qualname__))[:200]
        if isinstance(value, type):
            if issubclass(value, BaseException):
                return ["xe", self._handle(value), name, _mro(value)]
            return ["x", self._handle(value), "class", name]
        if hasattr(kind, "__next__"):
            return ["x", self._handle(value), "iterator", name]
        if isinstance(
            value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial, np.ufunc)
        ):
            return ["x", self._handle(value), "function", name]
        return ["x", self._handle(value), "instance", kind.__qualname__[:200]]

    def _decode(self, decoder: Decoder, node: Node) -> Any:
        match node:
            case ["y", int() as handle]:
                return self._objects[handle]
            case ["x", int() as handle, str() as kind, str() as name]:
                known = self._standins.get(handle)
                if known is None or type(known) is not KINDS[kind]:
                    known = self._standins[handle] = KINDS[kind](self, handle, name)
                return known
            case ["xe", int() as handle, str() as name, list() as mro]:
                return self._error_type(handle, name, mro)
            case ["te", list() as parts, leaf, parameter, grad]:
                tensor = codec.tensor_from(decoder, *parts)
                if parameter:
                    tensor = torch.nn.Parameter(tensor, requires_grad=parameter == 2)
                elif leaf != 2:
                    tensor = gradient.enter(tensor, bool(leaf))
                if grad is not None:
                    tensor.grad = codec.tensor_from(decoder, *grad)
                setattr(tensor, gradient.GIVEN, True)
                return decoder.number(tensor)
            case ["to", int() as place] if place >= 0:
                return decoder.results[place]  # type: ignore[attr-defined]
            case ["tm", int() as handle, list() as parts, parameter, grad]:
                data = codec.tensor_from(decoder, *parts)
                known_twin = self._twins.get((False, handle))
                if known_twin is not None:
                    return known_twin[0]
                tensor = torch.nn.Parameter(data) if parameter else data.requires_grad_()
                if grad is not None:
                    tensor.grad = codec.tensor_from(decoder, *grad)
                self._twins[False, handle] = [tensor, codec.snapshot(tensor)]
                return tensor
            case ["tk", int() as handle]:
                return self._twins[False, handle][0]
            case ["ty_", bool() as mine, int() as handle]:
                return self._twins[mine, handle][0]
            case ["sc", str() as name]:
                return self._shared[name]
            case ["nt", str() as name, list() as nodes]:
                return self._shared[name]._make(decoder.many(nodes))
            case ["en", str() as name, str() as member]:
                return self._shared[name][member]
            case ["o", str() as name, list() as nodes]:
                kind_ = self._shared[name]
                if issubclass(kind_, (BaseException, type)):
                    raise Malformed("no instance")
                made = decoder.number(object.__new__(kind_))
                for position in range(0, len(nodes), 2):
                    object.__setattr__(made, str(nodes[position]), decoder.decode(nodes[position + 1]))
                return made
            case ["g", str() as module, str() as name] if not self.judging:
                return getattr(sys.modules[module], name)
        raise Malformed(f"no node: {str(node)[:80]}")

    def _encode_tensor(self, encoder: Encoder, value: torch.Tensor, record: gradient.Record | None) -> Node:
        twin = next((key for key, (tensor, _) in self._twins.items() if tensor is value), None)
        if twin is not None:
            return ["ty_", not twin[0], twin[1]]
        parameter = type(value) is torch.nn.Parameter
        if record is not None and value.requires_grad:
            return self._leaf(encoder, value) if value.is_leaf else ["to", record.output(value)]
        encoder.number(value)
        grad = value.grad if value.is_leaf else None
        kind = (2 if value.requires_grad else 1) if parameter else 0
        leaf = int(value.is_leaf) if value.requires_grad else 2
        return [
            "te",
            codec.tensor_data(encoder, value),
            leaf,
            kind,
            None if grad is None else codec.tensor_data(encoder, grad),
        ]

    def _leaf(self, encoder: Encoder, value: torch.Tensor) -> Node:
        """A leaf of this side, which gets a twin on the other."""
        for (mine, known), (tensor, _) in self._twins.items():
            if tensor is value:
                return ["ty_", not mine, known]
        handle = self._handle(value)
        self._twins[True, handle] = [value, codec.snapshot(value)]
        data = codec.tensor_data(encoder, value)
        grad = None if value.grad is None else codec.tensor_data(encoder, value.grad)
        return ["tm", handle, data, type(value) is torch.nn.Parameter, grad]

    def _is_shared(self, value: Any) -> bool:
        """Whether it is itself one of the classes or functions that both sides define."""
        return isinstance(value, type | types.FunctionType) and self._shared.get(value.__name__) is value

    def _encode_shared(self, encoder: Encoder, value: Any) -> Node:
        kind = type(value)
        if issubclass(kind, tuple) and hasattr(kind, "_fields"):
            return ["nt", kind.__name__, encoder.many(tuple(value))]
        if hasattr(kind, "__members__"):
            return ["en", kind.__name__, value.name]
        if not hasattr(value, "__dict__") or issubclass(kind, (int, str, float, list, dict, set, tuple, np.ndarray)):
            raise NotCarried(
                f"an instance of {kind.__name__} is not carried: a plain class, a dataclass or a named tuple is"
            )
        encoder.number(value)
        return [
            "o",
            kind.__name__,
            [node for name, part in vars(value).items() for node in (name, encoder.encode(part))],
        ]

    def _handle(self, value: Any) -> int:
        handle = self._handles.get(id(value))
        if handle is None:
            self._next += 1
            handle = self._handles[id(value)] = self._next
            self._objects[handle] = value
        return handle

    # Exceptions

    def _describe(self, error: BaseException, encoder: Encoder) -> dict[str, Any]:
        told: dict[str, Any] = {"mro": _mro(type(error)), "name": type(error).__name__[:200], "text": _text(error)}
        if not isinstance(error, Exception):
            told["mro"] = [["course.tools.verdict.peer", "LearnerStopped"]]
            told["text"] = f"{type(error).__name__} {told['text']}".strip()
        elif (type(error).__module__, type(error).__qualname__) not in _ERRORS and not self.judging:
            told["handle"] = self._handle(type(error))
        else:
            with contextlib.suppress(NotCarried):
                told["args"] = encoder.many(error.args)
        if not self.judging:
            told["trace"] = _trace(error)
        return told

    def _error(self, told: Any, decoder: Decoder) -> Any:
        if type(told) is not dict:
            raise Malformed("no exception")
        text, mro = str(told.get("text", ""))[:_MOST_TEXT], told.get("mro", [])
        if "handle" in told:
            kind = self._error_type(told["handle"], str(told.get("name"))[:200], mro)
        else:
            kind = self._known_error(mro)
        made: Any = None
        if "args" in told:
            with contextlib.suppress(TypeError):
                made = kind(*decoder.many(told["args"]))
        if made is None:
            made = kind.__new__(kind, text)
            made.args = (text,)
        made._course_trace = str(told.get("trace", ""))[:_MOST_TEXT]
        return made

    def _error_type(self, handle: int, name: str, mro: Any) -> type[BaseException]:
        """The class here that stands for a class of exceptions there."""
        if handle not in self._errors:
            base = self._known_error(mro)
            self._errors[handle] = type(name or "Error", (base,), {"__module__": "__main__"})
        return self._errors[handle]

    def _known_error(self, mro: Any) -> type[BaseException]:
        for module, name in _list(mro):
            known = self._shared.get(name) if module == "__main__" else None
            if isinstance(known, type) and issubclass(known, Exception):
                return known
            if (module, name) in _ERRORS:
                return _ERRORS[module, name]
        return Exception


class _Ticket:
    """A call's record on the other side, kept there while the graph here needs it."""

    def __init__(self, peer: Peer, record: Any) -> None:
        self._peer, self._record = peer, int(record or 0)

    def ask(self, gradients: list[torch.Tensor | None]) -> list[Any]:
        """The gradients of the call's inputs."""
        with torch.no_grad():
            return self._peer.ask("back", None, self._record, gradients)

    def __del__(self) -> None:
        self._peer._dead.append(self._record)


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Malformed("a list is missing")
    return value


def _tensor_parts(encoder: Encoder, value: torch.Tensor) -> list[Any]:
    grad = value.grad if value.is_leaf else None
    return [codec.tensor_data(encoder, value), None if grad is None else codec.tensor_data(encoder, grad)]


def _set_tensor(decoder: Decoder, value: torch.Tensor, parts: list[Any]) -> None:
    data, grad = parts
    codec.put(value, codec.tensor_from(decoder, *_list(data)))
    if value.is_leaf and (grad is not None or value.grad is not None):
        value.grad = None if grad is None else codec.tensor_from(decoder, *_list(grad))


def _library_name(value: Any) -> tuple[str, str] | None:
    name = getattr(value, "__name__", None)
    if type(name) is not str or isinstance(value, type):
        return None
    own = getattr(value, "__module__", None)
    roots = (own,) if type(own) is str and own.partition(".")[0] in _LIBRARIES else ()
    for module in (*roots, *_LIBRARIES):
        if getattr(sys.modules.get(module), name, None) is value:
            return module, name
    return None


def _mro(kind: type) -> list[list[str]]:
    return [[str(one.__module__), str(one.__qualname__)] for one in kind.__mro__[:20]]


def _text(error: BaseException) -> str:
    try:
        return str(error)[:_MOST_TEXT]
    except Exception as another:
        return f"(its message cannot be shown: {type(another).__name__})"


def _trace(error: BaseException) -> str:
    """The traceback of the code that was called, without the frames that called it."""
    found = error.__traceback__
    here = __file__.rpartition("/")[0]
    while found is not None and found.tb_frame.f_code.co_filename.startswith(here):
        found = found.tb_next
    try:
        return "".join(traceback.format_exception(type(error), error, found, limit=-12))[-_MOST_TEXT:]
    except Exception:
        return _text(error)
