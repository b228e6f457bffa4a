"""Small changes to a reference solution, each of which a good test would notice.

The operators are cosmic-ray's, and those that numerical and text code needs beside them: axes, ``keepdims``, slices,
swapped arguments, dropped statements and guards, look-alike functions, signs, strings.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache

from cosmic_ray.mutating import MutationVisitor
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

#: Functions that are easily mistaken for each other.
_LOOKALIKES = {
    "amax": "amin",
    "amin": "amax",
    "any": "all",
    "all": "any",
    "append": "extend",
    "argmax": "argmin",
    "argmin": "argmax",
    "argsort": "sort",
    "ceil": "floor",
    "cos": "sin",
    "cumsum": "cumprod",
    "exp": "expm1",
    "expm1": "exp",
    "floor": "ceil",
    "log": "log1p",
    "log1p": "log",
    "log2": "log",
    "log_softmax": "softmax",
    "max": "min",
    "maximum": "minimum",
    "mean": "sum",
    "min": "max",
    "minimum": "maximum",
    "ones": "zeros",
    "ones_like": "zeros_like",
    "relu": "tanh",
    "sigmoid": "tanh",
    "sin": "cos",
    "softmax": "log_softmax",
    "softplus": "relu",
    "std": "var",
    "sum": "mean",
    "tanh": "sigmoid",
    "tril": "triu",
    "triu": "tril",
    "var": "std",
    "zeros": "ones",
    "zeros_like": "ones_like",
}
#: Calls whose argument may be forgotten to be transformed: ``f(x)`` becomes ``x``.
_SKIPPABLE = {
    "abs", "absolute", "sqrt", "square", "exp", "expm1", "log", "log1p", "tanh", "sign", "clip", "maximum",
    "minimum", "where", "softmax", "sigmoid", "relu", "softplus", "lower", "strip", "reversed", "sorted",
    "set", "copy", "asarray", "array",
}  # fmt: skip
#: Methods that may be forgotten: ``x.f(…)`` becomes ``x``.
_SKIPPABLE_METHODS = {
    "transpose", "swapaxes", "permute", "reshape", "view", "flatten", "ravel", "squeeze", "unsqueeze", "clip",
    "copy", "sum", "mean", "max", "lower", "strip", "contiguous", "detach", "masked_fill", "softmax",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A changed answer cell. ``line`` is that of the first change, counted in the cell from 1."""

    exercise: str
    operator: str
    source: str
    line: int
    was: str
    now: str


def mutants(exercise: str, source: str, region: Collection[int]) -> list[Mutant]:
    """Every mutant of an answer cell whose change lies in ``region`` (lines of the cell, counted from 1).

    Mutants that do not compile, equal the original or each other (as syntax trees) are left out.
    """
    seen = {_shape(source)}
    found = []
    for operator, changed in (*_cosmic_ray(source), *_edits(source)):
        shape = _shape(changed)
        if shape is None or shape in seen:
            continue
        line, was, now = _difference(source, changed)
        if line not in region:
            continue
        seen.add(shape)
        found.append(Mutant(exercise, operator, changed, line, was, now))
    return found


def statements(source: str, region: Collection[int]) -> int:
    """How many statements stand in the region, docstrings aside."""
    return sum(
        isinstance(node, ast.stmt) and node.lineno in region and not _is_docstring(node)
        for node in ast.walk(ast.parse(source))
    )


def solution_lines(source: str) -> list[int]:
    """The lines of a cell, counted from 1, that stand between BEGIN SOLUTION and END SOLUTION."""
    inside, lines = False, []
    for number, line in enumerate(source.splitlines(), 1):
        if "### BEGIN SOLUTION" in line:
            inside = True
        elif "### END SOLUTION" in line:
            inside = False
        elif inside:
            lines.append(number)
    return lines


def _shape(source: str) -> str | None:
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError):
        return None


def _difference(before: str, after: str) -> tuple[int, str, str]:
    old, new = before.splitlines(), after.splitlines()
    first, was, now = 0, [], []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag != "equal":
            first = first or i1 + 1
            was += old[i1:i2]
            now += new[j1:j2]
    return first, "\n".join(line.strip() for line in was), "\n".join(line.strip() for line in now)


@cache
def _cosmic_ray_operators() -> tuple[tuple[str, Operator], ...]:
    """Those that need no settings; named by their family, not by each pair (``Add_Sub``)."""
    found = []
    for name in operator_names():
        operator = get_operator(name)
        if not operator.arguments():
            found.append((name.removeprefix("core/").split("_")[0], operator()))
    return tuple(found)


def _cosmic_ray(source: str) -> Iterator[tuple[str, str]]:
    for name, operator in _cosmic_ray_operators():
        occurrence = 0
        while (changed := MutationVisitor.mutate_code(source, operator, occurrence)) is not None:
            yield name, changed
            occurrence += 1


def _edits(source: str) -> Iterator[tuple[str, str]]:
    """The course's own operators, as edits of the source's text."""
    tree = ast.parse(source)
    offsets = [0]
    for line in source.encode().splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    data = source.encode()

    def text(node: ast.AST) -> str:
        return ast.get_source_segment(source, node) or ""

    def put(node: ast.AST, replacement: str) -> str:
        start = offsets[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = offsets[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return (data[:start] + replacement.encode() + data[end:]).decode()

    in_raise = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Raise) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if id(node) in in_raise and not isinstance(node, ast.Raise):
            continue
        for operator, replacement in _replacements(node, text):
            yield operator, put(node, replacement)


def _replacements(node: ast.AST, text: Callable[[ast.AST], str]) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.stmt):
        yield from _of_statement(node, text)
    if isinstance(node, ast.Call):
        yield from _of_call(node, text)
    elif isinstance(node, ast.Subscript):
        yield from _of_subscript(node, text)
    elif isinstance(node, ast.IfExp):
        yield "DropBranch", f"({text(node.body)})"
        yield "DropBranch", f"({text(node.orelse)})"
    elif isinstance(node, ast.BoolOp):
        for position in range(len(node.values)):
            kept = [value for index, value in enumerate(node.values) if index != position]
            word = " and " if isinstance(node.op, ast.And) else " or "
            yield "DropCondition", "(" + word.join(text(value) for value in kept) + ")"
    elif isinstance(node, ast.BinOp):
        yield from _of_operation(node, text)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield "DropTranspose", text(node.value)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        for generator in node.generators:
            for condition in generator.ifs:
                yield "DropFilter", text(node).replace(f" if {text(condition)}", "", 1)
    elif _is_text(node, text):
        yield "String", '""'
        yield "String", repr(node.value + "x")  # type: ignore[attr-defined]


def _of_statement(node: ast.stmt, text: Callable[[ast.AST], str]) -> Iterator[tuple[str, str]]:
    kept = ast.FunctionDef | ast.ClassDef | ast.Pass | ast.Import | ast.ImportFrom
    if not isinstance(node, kept) and not _is_docstring(node):
        yield "DropStatement", "pass"
    if isinstance(node, ast.If):
        head = text(node)
        condition = text(node.test)
        yield "GuardAlways", head.replace(condition, "True", 1)
        yield "GuardNever", head.replace(condition, "False", 1)
    if isinstance(node, ast.AugAssign):
        target, value = text(node.target), text(node.value)
        yield "PlainAssign", f"{target} = {value}"
        swap = {ast.Add: "-=", ast.Sub: "+=", ast.Mult: "/=", ast.Div: "*="}.get(type(node.op))
        if swap:
            yield "AugmentedSign", f"{target} {swap} {value}"
    signed = ast.BinOp | ast.Call | ast.UnaryOp | ast.Subscript | ast.Name
    if isinstance(node, ast.Return | ast.Assign) and isinstance(node.value, signed):
        yield "Negate", text(node).replace(text(node.value), f"-({text(node.value)})", 1)


def _of_call(node: ast.Call, text: Callable[[ast.AST], str]) -> Iterator[tuple[str, str]]:
    function = text(node.func)
    arguments = [text(argument) for argument in node.args]
    keywords = [text(keyword) for keyword in node.keywords]
    name = function.rsplit(".", 1)[-1]

    def call(args: list[str], kwargs: list[str], function: str = function) -> str:
        return f"{function}({', '.join([*args, *kwargs])})"

    for index in range(len(arguments) - 1):
        swapped = arguments.copy()
        swapped[index], swapped[index + 1] = swapped[index + 1], swapped[index]
        yield "SwapArguments", call(swapped, keywords)
    for index, keyword in enumerate(node.keywords):
        others = [other for position, other in enumerate(keywords) if position != index]
        yield ("DropKeepdims" if keyword.arg in ("keepdims", "keepdim") else "DropKeyword"), call(arguments, others)
        if keyword.arg in ("axis", "dim"):
            for other in {"-1": ("0", "-2"), "0": ("-1", "1"), "1": ("0",), "-2": ("-1",)}.get(text(keyword.value), ()):
                yield "Axis", call(arguments, [*others, f"{keyword.arg}={other}"])
    if name in _LOOKALIKES:
        yield "Lookalike", call(arguments, keywords, function[: len(function) - len(name)] + _LOOKALIKES[name])
    if name in _SKIPPABLE and arguments:
        for argument in arguments[:2]:
            yield "SkipCall", f"({argument})"
    if name in _SKIPPABLE_METHODS and isinstance(node.func, ast.Attribute):
        yield "SkipMethod", f"({text(node.func.value)})"


def _of_subscript(node: ast.Subscript, text: Callable[[ast.AST], str]) -> Iterator[tuple[str, str]]:
    value = text(node.value)
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]

    def subscript(position: int, replacement: str) -> str:
        inner = [text(part) for part in parts]
        inner[position] = replacement
        return f"{value}[{', '.join(inner)}]"

    for position, part in enumerate(parts):
        if isinstance(part, ast.Slice):
            lower, upper = (text(end) if end is not None else "" for end in (part.lower, part.upper))
            step = f":{text(part.step)}" if part.step is not None else ""
            if lower:
                yield "Slice", subscript(position, f":{upper}{step}")
                yield "Slice", subscript(position, f"({lower}) + 1:{upper}{step}")
            if upper:
                yield "Slice", subscript(position, f"{lower}:{step}")
                yield "Slice", subscript(position, f"{lower}:({upper}) - 1{step}")
            if step:
                yield "Slice", subscript(position, f"{lower}:{upper}")
        elif (
            not isinstance(part, ast.Constant)
            and isinstance(part, ast.Name | ast.BinOp)
            and isinstance(node.ctx, ast.Load)
        ):
            yield "Index", subscript(position, f"({text(part)}) - 1")


def _of_operation(node: ast.BinOp, text: Callable[[ast.AST], str]) -> Iterator[tuple[str, str]]:
    left, right = text(node.left), text(node.right)
    symbol = {ast.Sub: "-", ast.Div: "/", ast.MatMult: "@", ast.Pow: "**"}.get(type(node.op))
    if symbol:
        yield "SwapOperands", f"(({right}) {symbol} ({left}))"
    if isinstance(node.op, ast.MatMult):
        yield "MatMul", f"({left} * {right})"
        yield "MatMul", f"({left} + {right})"
    yield "DropOperand", f"({left})"
    yield "DropOperand", f"({right})"


def _is_text(node: ast.AST, text: Callable[[ast.AST], str]) -> bool:
    is_string = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != ""
    return is_string and not text(node).startswith(('"""', "'''", 'r"""'))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
