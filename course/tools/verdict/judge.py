"""The judge inside its kernel: the set-up cells' names, fresh for every test; what is missing is looked up in S."""

from __future__ import annotations

import ast
import builtins
import contextlib
import re
import types
from collections.abc import Sequence
from typing import Any

from course import testing
from course.testing import CheckFailed
from course.tools import unbegun
from course.tools.verdict.codec import NotCarried
from course.tools.verdict.link import Gone, Link
from course.tools.verdict.peer import Peer
from course.tools.verdict.standins import Class, Function

#: Whose frames a test's traceback leaves out.
_OWN = (__file__.rpartition("/")[0], testing.__file__)
_HIDDEN = re.compile(r"### BEGIN HIDDEN TESTS.*?(?:### END HIDDEN TESTS|\Z)", re.DOTALL)
_MOST_LESSON = 2000
_BUILTINS = {name: value for name, value in vars(builtins).items() if not name.startswith("__")}


class SetupFailed(Exception):
    """A set-up cell of the course does not run in the judge, so that nothing can be judged."""


class Names(dict[str, Any]):
    """A namespace in which a missing name is looked up on the other side, while a test runs."""

    peer: Peer | None = None

    def __missing__(self, name: str) -> Any:
        if self.peer is None or name.startswith("__") or name in _BUILTINS:
            raise KeyError(name)
        value = self.peer.look(name)
        if isinstance(value, Function | Class | type):
            self[name] = value
        return value


class Judge:
    """Runs a notebook's tests in the kernel's shell.

    The first link leads to the process that may be called by hidden tests, the last to the one that may not.
    """

    def __init__(self, shell: Any, links: Sequence[Link], plan: dict[str, Any]) -> None:
        self._shell, self._source = shell, ""
        self._names = Names(shell.user_ns)
        shell.user_module, shell.user_ns = shell.prepare_user_module(user_ns=self._names)
        shell.init_sys_modules()
        self._trouble = ""
        for cell_id, source in plan["setup"]:
            result = shell.run_cell(source, store_history=False, silent=True)
            if not result.success:
                error = result.error_before_exec or result.error_in_exec
                self._trouble = f"the course's cell {cell_id} fails: {type(error).__name__}: {error}"
                break
        # With the builtins, which would else be missed, and looked for, each time that one is named.
        self._pristine = _BUILTINS | self._names
        self._shared = shared_names(self._names)
        self._peers = [Peer(link, judging=True, names=self._pristine) for link in links]
        # The frames between a test and the process that is judged, or of the check itself, are nobody's business.
        exc_info, show = shell._get_exc_info, shell._showtraceback

        def without_ours(exc_tuple: Any = None) -> Any:
            kind, value, found = exc_info(exc_tuple)
            return kind, value, _without_ours(found)

        def with_theirs(kind: Any, value: Any, lines: list[str]) -> None:
            trace = getattr(value, "_course_trace", "")
            show(kind, value, [*lines, f"\nIn the learner's process:\n{trace}"] if trace else lines)

        shell._get_exc_info, shell._showtraceback = without_ours, with_theirs

    def begin(self, source: str) -> None:
        """Make ready for a test cell.

        Raises
        ------
        SetupFailed
        """
        self._source = source
        self._names.peer = None
        if self._trouble:
            raise SetupFailed(self._trouble)
        self._names.clear()
        self._names.update(self._pristine)
        peer = self._peers[0 if _HIDDEN.search(source) else -1]
        with contextlib.suppress(Gone):  # the first name that is looked up says so
            peer.begin(self._shared)
        self._names.peer = peer

    def end(self, error: BaseException | None) -> dict[str, Any] | None:
        """What a learner may know of the test that has just failed; ``None`` where it passed."""
        self._names.peer = None
        return None if error is None else _lesson(error, self._source, self._names)


def _without_ours(found: types.TracebackType | None) -> types.TracebackType | None:
    kept = []
    while found is not None:
        if not found.tb_frame.f_code.co_filename.startswith(_OWN):
            kept.append(found)
        found = found.tb_next
    rebuilt: types.TracebackType | None = None
    for one in reversed(kept):
        rebuilt = types.TracebackType(rebuilt, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return rebuilt


def _lesson(error: BaseException, source: str, names: Names) -> dict[str, Any]:
    """What went wrong, without expected values and without a word of the learner's own code; where it went wrong."""
    line = 0
    found = error.__traceback__
    while found is not None:
        if found.tb_frame.f_globals is names and found.tb_frame.f_code.co_name == "<module>":
            line = found.tb_lineno
        found = found.tb_next
    hidden = any(
        source.count("\n", 0, match.start()) < line <= source.count("\n", 0, match.end()) + 1
        for match in _HIDDEN.finditer(source)
    )
    return {"hidden": hidden, "line": line, "says": _says(error, source, line)[:_MOST_LESSON]}


def _says(error: BaseException, source: str, line: int) -> str:
    if hasattr(error, "_course_trace"):
        if isinstance(error, NotImplementedError):
            return unbegun.SAYS
        kind = next((one.__name__ for one in type(error).__mro__ if getattr(builtins, one.__name__, None) is one), "")
        return f"your code raised {kind}" if kind not in ("", "Exception") else "your code raised an exception"
    if isinstance(error, CheckFailed):
        return error.lesson
    if type(error) is AssertionError:
        return _written(source, line) or "a check does not hold"
    if isinstance(error, NameError | NotCarried | Gone | SetupFailed):
        return str(error)
    return f"the check could not go on with what your code gave: {type(error).__name__}"


def _written(source: str, line: int) -> str:
    """The message of the ``assert`` at a line, as it stands in the source: values put into it are left out."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or node.lineno):
            match node.msg:
                case ast.Constant(value=str() as text):
                    return text
                case ast.JoinedStr(values=parts):
                    return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
    return ""


def shared_names(names: dict[str, Any]) -> list[str]:
    """The classes and functions that set-up cells define: both processes have them.

    Instances of such a class go as data, and such a function runs where it is called.
    """
    return [
        name
        for name, value in names.items()
        if isinstance(value, type | types.FunctionType) and value.__module__ == "__main__" and value.__name__ == name
    ]
