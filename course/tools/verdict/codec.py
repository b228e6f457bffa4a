"""Values as JSON nodes and raw buffers, and back: data only, exact types, bounded in size and depth.

A node is ``None``, a bool, a float, a string, a small int, or a list that begins with a tag. Objects that can change
(lists, dicts, arrays, …) are numbered in the order in which they are met, on both sides alike: so one that occurs twice
stays one, and what happened to an argument can be told by its number.
"""

from __future__ import annotations

import collections
import decimal
import fractions
import math
import operator
import random
import re
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy import sparse

from course.tools.verdict.library import torch

Node = Any

MOST_DEPTH = 100
_SMALL = 1 << 62
#: Values that are their own nodes; of ints only the small ones.
_ATOMS = frozenset({bool, int, float, str, type(None)})
#: Types and dtypes that may be named: a name can bring nothing else to life.
_TYPES: dict[str, type] = {
    f"{kind.__module__}.{kind.__name__}": kind
    for kind in (
        bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, slice, object,
        type(None),
        np.ndarray, torch.Tensor, torch.nn.Parameter, torch.Size, *dict.fromkeys(np.sctypeDict.values()),
    )
}  # fmt: skip
_TYPE_NAMES = {kind: name for name, kind in _TYPES.items()}
_SCALARS = frozenset(np.sctypeDict.values()) - {np.void, np.object_}
_TORCH_DTYPES = {
    str(value).removeprefix("torch."): value for value in vars(torch).values() if type(value) is torch.dtype
}
_DTYPE = re.compile(r"[<>|=]?[?biufcSUVmM]\d*(\[\d*[A-Za-z]+\])?")
_BIT_GENERATORS = {
    kind.__name__: kind
    for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
}
_SPARSE = {
    f"{layout}_{flavour}": getattr(sparse, f"{layout}_{flavour}")
    for layout in ("csr", "csc", "coo")
    for flavour in ("array", "matrix")
}
_PARTS = {"csr": ("data", "indices", "indptr"), "csc": ("data", "indices", "indptr"), "coo": ("data", "row", "col")}


class NotCarried(Exception):
    """Something that does not go from one process to the other; the message says how to write the test instead."""


class Malformed(Exception):
    """What came is no frame of this codec."""


class Encoder:
    """Turns values into nodes. ``other`` encodes what is no plain data, or raises :class:`NotCarried`.

    ``objects`` are those that both sides know already, by their numbers.
    """

    def __init__(self, other: Callable[[Encoder, Any], Node], objects: Iterable[Any] = ()) -> None:
        self.buffers: list[Any] = []
        self.objects = list(objects)
        self._other = other
        self._number = {id(value): number for number, value in enumerate(self.objects)}
        self._depth = 0

    def encode(self, value: Any) -> Node:
        """The node of a value."""
        kind = type(value)
        if value is None or kind is bool or kind is str or kind is float:
            return value
        if kind is int:
            return value if -_SMALL < value < _SMALL else ["i", hex(value)]
        number = self._number.get(id(value))
        if number is not None:
            return ["r", number]
        return self.content(value)

    def content(self, value: Any) -> Node:
        """The node of an object as it is now, though its number may be known already."""
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise NotCarried(f"a value nested more than {MOST_DEPTH} deep is not carried: pass something flatter")
        try:
            encode = _ENCODERS.get(type(value))
            if encode is not None:
                return encode(self, value)
            if type(value) in _SCALARS:
                return ["n", _descr(value.dtype), value.tobytes().hex()]
            return self._other(self, value)
        finally:
            self._depth -= 1

    def many(self, values: Iterable[Any]) -> list[Node]:
        """The nodes of several values."""
        values = list(values)
        kinds = set(map(type, values))
        small = int not in kinds or (kinds == {int} and max(values) < _SMALL and min(values) > -_SMALL)
        if small and kinds <= _ATOMS:
            return values
        return [self.encode(value) for value in values]

    def number(self, value: Any) -> Any:
        """Give an object its number, before its parts."""
        self._number.setdefault(id(value), len(self.objects))
        self.objects.append(value)
        return value

    def buffer(self, array: np.ndarray) -> int:
        """Add the bytes of a C-contiguous array; gives the buffer's number."""
        self.buffers.append(array.reshape(-1).view(np.uint8) if array.nbytes else np.empty(0, np.uint8))
        return len(self.buffers) - 1


class Decoder:
    """Turns nodes into values. ``other`` decodes the tags that are no plain data."""

    def __init__(
        self, buffers: list[np.ndarray], other: Callable[[Decoder, Node], Any], objects: Iterable[Any] = ()
    ) -> None:
        self.objects = list(objects)
        self._buffers, self._other, self._depth = buffers, other, 0

    def decode(self, node: Node) -> Any:
        """The value of a node.

        Raises
        ------
        Malformed
            The node is none that an :class:`Encoder` makes.
        """
        kind = type(node)
        if node is None or kind in (bool, str, float, int):
            return node
        if kind is not list or not node or type(node[0]) is not str:
            raise Malformed(f"no node: {str(node)[:80]}")
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Malformed("nested too deep")
        decode = _DECODERS.get(node[0])
        try:
            return decode(self, *node[1:]) if decode is not None else self._other(self, node)
        except (Malformed, NotCarried):
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError) as error:
            raise Malformed(f"{node[0]}: {type(error).__name__}: {error}") from None
        finally:
            self._depth -= 1

    def many(self, nodes: Any) -> list[Any]:
        """The values of several nodes."""
        if type(nodes) not in (list, tuple):
            raise Malformed("a list of nodes is missing")
        if set(map(type, nodes)) <= _ATOMS:
            return list(nodes)
        return [self.decode(node) for node in nodes]

    def number(self, value: Any) -> Any:
        """Give an object its number, before its parts."""
        self.objects.append(value)
        return value

    def buffer(self, number: int) -> np.ndarray:
        """The bytes of a buffer."""
        if type(number) is not int or not 0 <= number < len(self._buffers):
            raise Malformed("no such buffer")
        return self._buffers[number]


def _encode_items(tag: str) -> Callable[[Encoder, Any], Node]:
    def encode(encoder: Encoder, value: Any) -> Node:
        encoder.number(value)
        return [tag, *encoder.many(value)]

    return encode


def _encode_fixed(tag: str) -> Callable[[Encoder, Any], Node]:
    return lambda encoder, value: [tag, *encoder.many(value)]


def _encode_pairs(tag: str) -> Callable[[Encoder, Any], Node]:
    def encode(encoder: Encoder, value: Any) -> Node:
        encoder.number(value)
        head = [encoder.encode(value.default_factory)] if tag == "dd" else []
        return [tag, *head, *(node for pair in list(value.items()) for node in encoder.many(pair))]

    return encode


def _decode_list(decoder: Decoder, *nodes: Node) -> list[Any]:
    made = decoder.number([])
    made.extend(decoder.many(nodes))
    return made


def _decode_set(decoder: Decoder, *nodes: Node) -> set[Any]:
    made = decoder.number(set())
    made.update(decoder.many(nodes))
    return made


def _decode_deque(decoder: Decoder, *nodes: Node) -> collections.deque[Any]:
    made = decoder.number(collections.deque())
    made.extend(decoder.many(nodes))
    return made


def _decode_pairs(make: Callable[[], Any]) -> Callable[..., Any]:
    def decode(decoder: Decoder, *nodes: Node) -> Any:
        made = decoder.number(make())
        return _fill(decoder, made, nodes)

    return decode


def _decode_defaultdict(decoder: Decoder, factory: Node, *nodes: Node) -> Any:
    made = decoder.number(collections.defaultdict())
    made.default_factory = decoder.decode(factory)
    return _fill(decoder, made, nodes)


def _fill(decoder: Decoder, made: Any, nodes: tuple[Node, ...]) -> Any:
    if len(nodes) % 2:
        raise Malformed("a key without a value")
    for position in range(0, len(nodes), 2):
        key = decoder.decode(nodes[position])
        made[key] = decoder.decode(nodes[position + 1])
    return made


def _encode_array(encoder: Encoder, value: np.ndarray) -> Node:
    encoder.number(value)
    if value.dtype.hasobject:
        if value.dtype != object:
            raise NotCarried("a structured array with objects in it is not carried: pass one array for each field")
        return ["ao", list(value.shape), *encoder.many(value.reshape(-1).tolist())]
    turned = value.ndim > 1 and value.flags.f_contiguous and not value.flags.c_contiguous
    plain = np.ascontiguousarray(value.T if turned else value)
    flags = 2 * turned + value.flags.writeable
    return ["a", _descr(value.dtype), list(value.shape), flags, encoder.buffer(plain)]


def _decode_array(decoder: Decoder, descr: Node, shape: list[int], flags: int, buffer: int) -> np.ndarray:
    dtype, data = _dtype(descr), decoder.buffer(buffer)
    _check_shape(shape)
    if data.nbytes != math.prod(shape) * dtype.itemsize:
        raise Malformed("an array whose size is not that of its bytes")
    turned = bool(flags & 2)
    if data.nbytes:
        made = data.view(dtype).reshape(shape[::-1] if turned else shape)
    else:
        made = np.empty(shape[::-1] if turned else shape, dtype)
    made = made.T if turned else made
    made.flags.writeable = bool(flags & 1)
    return decoder.number(made)


def _decode_objects(decoder: Decoder, shape: list[int], *nodes: Node) -> np.ndarray:
    _check_shape(shape)
    if math.prod(shape) != len(nodes):
        raise Malformed("an array with too few or too many elements")
    made = decoder.number(np.empty(len(nodes), object).reshape(shape))
    for position, node in zip(np.ndindex(*shape), nodes, strict=True):
        made[position] = decoder.decode(node)
    return made


def _check_shape(shape: Any) -> None:
    if type(shape) is not list or len(shape) > 32 or not all(type(n) is int and 0 <= n < 1 << 48 for n in shape):
        raise Malformed("no shape")


def _descr(dtype: np.dtype) -> Node:
    if dtype.fields is not None or dtype.subdtype is not None:
        if dtype.hasobject:
            raise NotCarried("a structured dtype with objects in it is not carried")
        return np.lib.format.dtype_to_descr(dtype)
    return dtype.str


def _dtype(descr: Node) -> np.dtype:
    if type(descr) is str and _DTYPE.fullmatch(descr):
        return np.dtype(descr)
    if type(descr) is list and descr:
        return np.dtype([(str(name), _dtype(inner), *map(tuple, shape)) for name, inner, *shape in descr])
    raise Malformed("no dtype")


def _decode_scalar(decoder: Decoder, descr: Node, data: str) -> Any:
    return (
        np.frombuffer(bytes.fromhex(data) or bytes(1), _dtype(descr) if data else "S1", 1)[0]
        if data
        else _dtype(descr).type()
    )


def _encode_tensor(encoder: Encoder, value: torch.Tensor) -> Node:
    if value.requires_grad or value.grad is not None:
        return encoder._other(encoder, value)
    encoder.number(value)
    return ["t", *tensor_data(encoder, value)]


def tensor_data(encoder: Encoder, value: torch.Tensor) -> list[Any]:
    """The dtype, shape, strides and buffer of a tensor's numbers."""
    if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
        raise NotCarried(
            f"a tensor of layout {value.layout} on {value.device} is not carried: pass a dense one on the CPU"
        )
    plain = value.detach().resolve_conj().resolve_neg()
    strides = list(plain.stride()) if not plain.is_contiguous() else None
    if strides is not None:
        span = (
            1 + sum((size - 1) * step for size, step in zip(plain.shape, strides, strict=True)) if plain.numel() else 0
        )
        if 0 < span <= 2 * plain.numel() or 0 in strides:
            flat = plain.as_strided((span,), (1,))
        else:
            strides, flat = None, plain.contiguous().reshape(-1)
    else:
        flat = plain.reshape(-1)
    name = str(value.dtype).removeprefix("torch.")
    array = flat.view(torch.uint8).numpy() if flat.numel() else np.empty(0, np.uint8)
    return [name, list(value.shape), strides, encoder.buffer(array)]


def tensor_from(decoder: Decoder, name: str, shape: list[int], strides: list[int] | None, buffer: int) -> torch.Tensor:
    """The tensor of :func:`tensor_data`, in memory of its own."""
    dtype, data = _TORCH_DTYPES[name], decoder.buffer(buffer)
    _check_shape(shape)
    flat = torch.frombuffer(data, dtype=dtype) if data.nbytes else torch.empty(0, dtype=dtype)
    if strides is None:
        return flat.reshape(shape)
    if type(strides) is not list or len(strides) != len(shape) or not all(type(n) is int and n >= 0 for n in strides):
        raise Malformed("no strides")
    return flat.as_strided(shape, strides)


def _decode_tensor(decoder: Decoder, *parts: Any) -> torch.Tensor:
    return decoder.number(tensor_from(decoder, *parts))


def _encode_sparse(encoder: Encoder, value: Any) -> Node:
    encoder.number(value)
    name = type(value).__name__
    parts = [value.coords[0], value.coords[1]] if name.startswith("coo") and value.ndim == 2 else None
    if value.ndim != 2:
        raise NotCarried("a sparse array with other than two axes is not carried")
    arrays = [value.data, *parts] if parts else [value.data, value.indices, value.indptr]
    return ["sp", name, list(value.shape), *encoder.many(arrays)]


def _decode_sparse(decoder: Decoder, name: str, shape: list[int], *nodes: Node) -> Any:
    place = len(decoder.objects)
    decoder.objects.append(None)
    arrays = decoder.many(nodes)
    _check_shape(shape)
    if len(arrays) != 3 or not all(type(array) is np.ndarray and array.ndim == 1 for array in arrays):
        raise Malformed("a sparse matrix is three arrays")
    if not all(array.dtype in (np.int32, np.int64) for array in arrays[1:]):
        raise Malformed("indices of a sparse matrix are int32 or int64")
    kind = _SPARSE[name]
    if name.startswith("coo"):
        made = kind((arrays[0], (arrays[1], arrays[2])), shape=tuple(shape))
    else:
        made = kind(tuple(arrays), shape=tuple(shape))
        made.check_format(full_check=True)
    decoder.objects[place] = made
    return made


def _encode_generator(encoder: Encoder, value: np.random.Generator) -> Node:
    encoder.number(value)
    name = type(value.bit_generator).__name__
    if name not in _BIT_GENERATORS:
        raise NotCarried(f"a numpy Generator with the bit generator {name} is not carried: use np.random.default_rng")
    return ["rg", encoder.encode(value.bit_generator.state)]


def _decode_generator(decoder: Decoder, state: Node) -> np.random.Generator:
    place = len(decoder.objects)
    decoder.objects.append(None)
    plain = decoder.decode(state)
    bits = _BIT_GENERATORS[plain["bit_generator"]](0)
    bits.state = plain
    decoder.objects[place] = made = np.random.Generator(bits)
    return made


def _encode_legacy(encoder: Encoder, value: np.random.RandomState) -> Node:
    encoder.number(value)
    return ["rs", encoder.encode(value.get_state(legacy=False))]


def _decode_legacy(decoder: Decoder, state: Node) -> np.random.RandomState:
    made = decoder.number(np.random.RandomState(0))
    made.set_state(decoder.decode(state))
    return made


def _encode_random(encoder: Encoder, value: random.Random) -> Node:
    encoder.number(value)
    return ["rp", encoder.encode(value.getstate())]


def _decode_random(decoder: Decoder, state: Node) -> random.Random:
    made = decoder.number(random.Random(0))
    made.setstate(decoder.decode(state))
    return made


def _encode_torch_generator(encoder: Encoder, value: torch.Generator) -> Node:
    encoder.number(value)
    return ["rt", encoder.encode(value.get_state())]


def _decode_torch_generator(decoder: Decoder, state: Node) -> torch.Generator:
    made = decoder.number(torch.Generator())
    made.set_state(decoder.decode(state))
    return made


_ENCODERS: dict[type, Callable[[Encoder, Any], Node]] = {
    list: _encode_items("l"),
    set: _encode_items("s"),
    collections.deque: _encode_items("dq"),
    tuple: _encode_fixed("u"),
    frozenset: _encode_fixed("fs"),
    torch.Size: _encode_fixed("ts"),
    dict: _encode_pairs("d"),
    collections.OrderedDict: _encode_pairs("od"),
    collections.Counter: _encode_pairs("ct"),
    collections.defaultdict: _encode_pairs("dd"),
    type({}.keys()): _encode_fixed("dk"),
    type({}.values()): _encode_fixed("dv"),
    type({}.items()): _encode_fixed("di"),
    complex: lambda encoder, value: ["c", value.real, value.imag],
    bytes: lambda encoder, value: ["b", encoder.buffer(np.frombuffer(value, np.uint8))],
    bytearray: lambda encoder, value: ["ba", encoder.buffer(np.frombuffer(encoder.number(value), np.uint8).copy())],
    range: lambda encoder, value: ["rn", *encoder.many((value.start, value.stop, value.step))],
    slice: lambda encoder, value: ["sl", *encoder.many((value.start, value.stop, value.step))],
    type(...): lambda encoder, value: ["e"],
    fractions.Fraction: lambda encoder, value: ["fr", *encoder.many((value.numerator, value.denominator))],
    decimal.Decimal: lambda encoder, value: ["dc", str(value)],
    np.ndarray: _encode_array,
    torch.Tensor: _encode_tensor,
    torch.dtype: lambda encoder, value: ["td", str(value).removeprefix("torch.")],
    torch.device: lambda encoder, value: ["tv", str(value)],
    np.random.Generator: _encode_generator,
    np.random.RandomState: _encode_legacy,
    random.Random: _encode_random,
    torch.Generator: _encode_torch_generator,
    **dict.fromkeys(_SPARSE.values(), _encode_sparse),
    **{type(np.dtype(kind)): lambda encoder, value: ["nd", _descr(value)] for kind in _SCALARS},
}  # fmt: skip

_DECODERS: dict[str, Callable[..., Any]] = {
    "r": lambda decoder, number: _known(decoder, number),
    "i": lambda decoder, digits: int(digits, 16),
    "l": _decode_list,
    "s": _decode_set,
    "dq": _decode_deque,
    "u": lambda decoder, *nodes: tuple(decoder.many(nodes)),
    "fs": lambda decoder, *nodes: frozenset(decoder.many(nodes)),
    "ts": lambda decoder, *nodes: torch.Size(decoder.many(nodes)),
    "d": _decode_pairs(dict),
    "od": _decode_pairs(collections.OrderedDict),
    "ct": _decode_pairs(collections.Counter),
    "dd": _decode_defaultdict,
    "dk": lambda decoder, *nodes: {decoder.decode(node): None for node in nodes}.keys(),
    "dv": lambda decoder, *nodes: dict(enumerate(decoder.many(nodes))).values(),
    "di": lambda decoder, *nodes: dict(decoder.many(nodes)).items(),
    "c": lambda decoder, real, imaginary: complex(real, imaginary),
    "b": lambda decoder, number: decoder.buffer(number).tobytes(),
    "ba": lambda decoder, number: decoder.number(bytearray(decoder.buffer(number).tobytes())),
    "rn": lambda decoder, *nodes: range(*decoder.many(nodes)),
    "sl": lambda decoder, *nodes: slice(*decoder.many(nodes)),
    "e": lambda decoder: ...,
    "fr": lambda decoder, *nodes: fractions.Fraction(*decoder.many(nodes)),
    "dc": lambda decoder, text: decimal.Decimal(text),
    "n": _decode_scalar,
    "nd": lambda decoder, descr: _dtype(descr),
    "a": _decode_array,
    "ao": _decode_objects,
    "t": _decode_tensor,
    "td": lambda decoder, name: _TORCH_DTYPES[name],
    "tv": lambda decoder, name: torch.device(name),
    "ty": lambda decoder, name: _TYPES[name],
    "sp": _decode_sparse,
    "rg": _decode_generator,
    "rs": _decode_legacy,
    "rp": _decode_random,
    "rt": _decode_torch_generator,
}


def type_node(value: Any) -> Node | None:
    """The node of one of the types that may be named."""
    try:
        name = _TYPE_NAMES.get(value)
    except TypeError:
        return None
    return None if name is None else ["ty", name]


def _known(decoder: Decoder, number: int) -> Any:
    if type(number) is not int or not 0 <= number < len(decoder.objects):
        raise Malformed("no such object")
    return decoder.objects[number]


def snapshot(value: Any) -> Any:
    """What :func:`changed` needs to tell, later, whether an object has changed; not its parts, which have their own."""
    kind = type(value)
    if kind in (list, collections.deque):
        return list(value)
    if kind is set:
        return set(value)
    if isinstance(value, dict):
        return list(value.items())
    if kind is bytearray:
        return bytes(value)
    if kind is np.ndarray:
        if value.dtype.hasobject:
            return value.shape, value.reshape(-1).tolist()
        return value.shape, value.dtype, _sum(value) if value.flags.writeable else None
    if isinstance(value, torch.Tensor):
        grad = value.grad if value.is_leaf else None
        return (
            value.shape,
            _tensor_sum(value),
            value.requires_grad,
            id(grad),
            None if grad is None else _tensor_sum(grad),
        )
    if kind is np.random.Generator:
        return _state(value.bit_generator.state)
    if kind is np.random.RandomState:
        return _state(value.get_state(legacy=False))
    if kind is random.Random:
        return value.getstate()
    if kind is torch.Generator:
        return bytes(value.get_state().numpy())
    if kind in _SPARSE_KINDS:
        return value.shape, [id(part) for part in _sparse_parts(value)]
    return list(vars(value).items()) if hasattr(value, "__dict__") else None


def changed(value: Any, before: Any) -> bool:
    """Whether an object is not any more what it was at its :func:`snapshot`."""
    now = snapshot(value)
    if isinstance(before, list) and isinstance(now, list):
        return not _same_items(now, before)
    if type(value) is np.ndarray and value.dtype.hasobject:
        return now[0] != before[0] or not _same_items(now[1], before[1])
    return bool(now != before)


def _same_items(now: list[Any], before: list[Any]) -> bool:
    if len(now) != len(before):
        return False
    if all(map(operator.is_, now, before)):
        return True
    for one, other in zip(now, before, strict=True):
        if one is other:
            continue
        if type(one) is tuple and type(other) is tuple and len(one) == len(other):
            if not all(map(operator.is_, one, other)):
                return False
        elif type(one) is not type(other) or type(one) not in (int, float, str, bool) or one != other:
            return False
    return True


def _sum(value: np.ndarray) -> int:
    if value.flags.c_contiguous:
        plain = value
    elif value.flags.f_contiguous:
        plain = value.T
    else:
        plain = np.ascontiguousarray(value)
    return zlib.crc32(plain.reshape(-1).view(np.uint8).data) if value.nbytes else 0


def _tensor_sum(value: torch.Tensor) -> int:
    plain = value.detach().resolve_conj().resolve_neg().contiguous()
    return zlib.crc32(plain.reshape(-1).view(torch.uint8).numpy().data) if plain.numel() else 0


def _state(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _state(inner) for key, inner in value.items()}
    return value.tobytes() if isinstance(value, np.ndarray) else value


_SPARSE_KINDS = frozenset(_SPARSE.values())


def _sparse_parts(value: Any) -> list[np.ndarray]:
    if value.format == "coo":
        return [value.data, *value.coords]
    return [getattr(value, name) for name in _PARTS[value.format]]


def put(value: Any, fresh: Any) -> None:
    """Make an object equal to ``fresh``, one of its own type, in place.

    Raises
    ------
    NotCarried
        It cannot be changed so in place.
    """
    kind = type(value)
    if type(fresh) is not kind and not isinstance(value, torch.Tensor):
        raise Malformed("an argument has changed its type")
    if kind in (list, bytearray):
        value[:] = fresh
    elif kind in (set, collections.Counter, collections.OrderedDict, dict, collections.defaultdict):
        value.clear()
        value.update(fresh)
    elif kind is collections.deque:
        value.clear()
        value.extend(fresh)
    elif kind is np.ndarray:
        if value.shape != fresh.shape or value.dtype != fresh.dtype:
            raise NotCarried(
                "an array given as an argument got another shape or dtype in place: that is not carried back"
            )
        if not value.flags.writeable:
            raise Malformed("an array that is read-only has changed")
        value[...] = fresh
    elif isinstance(value, torch.Tensor):
        if value.shape != fresh.shape or value.dtype != fresh.dtype:
            raise NotCarried("a tensor given as an argument got another shape in place: that is not carried back")
        with torch.no_grad():
            value.copy_(fresh)
    elif kind is np.random.Generator:
        if type(value.bit_generator) is not type(fresh.bit_generator):
            raise Malformed("a generator of another kind")
        value.bit_generator.state = fresh.bit_generator.state
    elif kind is np.random.RandomState:
        value.set_state(fresh.get_state(legacy=False))
    elif kind is random.Random:
        value.setstate(fresh.getstate())
    elif kind is torch.Generator:
        value.set_state(fresh.get_state())
    elif kind in _SPARSE_KINDS:
        if value.format == "coo":
            value.data, value.coords = fresh.data, fresh.coords
        else:
            value.data, value.indices, value.indptr = fresh.data, fresh.indices, fresh.indptr
        value._shape = fresh.shape
    else:
        vars(value).clear()
        vars(value).update(vars(fresh))
