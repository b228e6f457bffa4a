"""``check("exercise")`` in a notebook: its visible tests, on what is defined there now."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from course.tools import unbegun
from course.tools.learning import released

_JUDGED = ("CheckFailed", "AssertionError")


class NotFound(Exception):
    """The tests cannot be had; the message says what to do instead."""


def check(which: Any, notebook: str | None = None) -> None:
    """Print what the visible tests of an exercise say; nothing is raised, so that a notebook runs on below."""
    names, exercise_id = _names(), str(getattr(which, "__name__", which))
    try:
        topic, exercise = find(exercise_id, names, notebook)
    except NotFound as error:
        print(error)
        return
    passed, ran, hidden = 0, 0, 0
    for test in exercise.tests:
        if not test.visible:
            hidden += 1
            continue
        ran += 1
        said = run(test, names)
        passed += not said
        print(f"{test.id}: {said or 'passed'}")
    told = f"{passed} of {ran} visible tests pass" if ran else "it has no visible test"
    also = f", {hidden} more {'cell' if hidden == 1 else 'cells'} of them" if hidden else ""
    print(
        f"\n{exercise.id}: {told}. Hidden tests{also}, are not in this notebook: save it, and run\n"
        f"course check {topic} --exercise {exercise.id}   in a terminal of the course's clone."
    )


def run(test: released.Test, names: dict[str, Any]) -> str:
    """Run one test on a copy of ``names``; what is wrong, in words, or nothing where it passed."""
    filename = f"<{test.id}>"
    linecache.cache[filename] = (len(test.source), None, test.source.splitlines(keepends=True), filename)
    try:
        exec(compile(test.source, filename, "exec"), dict(names))
    except NotImplementedError:
        return f"{unbegun.SAYS}: write your answer, and run its cell"
    except NameError as error:
        if error.name is not None and error.name not in names:
            return (
                f"the name {error.name} is not defined: run the cells above, your answer's among them, then try again"
            )
        return _report(error)
    except Exception as error:
        return _report(error)
    return ""


def find(exercise_id: str, names: dict[str, Any], notebook: str | None) -> tuple[str, released.Exercise]:
    """The topic and the exercise, from the notebook's own file.

    Raises
    ------
    NotFound
        The file cannot be found or read, or no exercise of it has that id.
    """
    if notebook is not None and not Path(notebook).is_file():
        raise NotFound(f"there is no file {notebook} in {Path.cwd()}")
    others: list[str] = []
    for path in [Path(notebook)] if notebook is not None else _files(names):
        try:
            content = released.read(path)
        except (released.NotANotebook, OSError) as error:
            if notebook is not None:
                raise NotFound(f"{notebook} cannot be read as a notebook: {error}") from None
            continue
        exercise = content.exercise(exercise_id)
        if exercise is not None:
            return content.topic, exercise
        others += [one.id for one in content.exercises]
    if others:
        raise NotFound(f"there is no exercise {exercise_id!r} here: there are {', '.join(dict.fromkeys(others))}")
    raise NotFound(
        f"the file of this notebook cannot be found from here, and the tests are in it. Name it, as in\n"
        f'check("{exercise_id}", notebook="TOPIC.ipynb"), or run the test cells below the exercise: they are the same.'
    )


def _files(names: dict[str, Any]) -> Iterator[Path]:
    """Where this notebook's file may be: what Jupyter says, what VS Code says, then the notebooks of this folder."""
    said: Iterable[Any] = (
        names.get("__session__"),
        os.environ.get("JPY_SESSION_NAME"),
        names.get("__vsc_ipynb_file__"),
    )
    yield from (Path(one) for one in dict.fromkeys(said) if isinstance(one, str) and Path(one).is_file())
    yield from sorted(Path.cwd().glob("*.ipynb"))


def _names() -> dict[str, Any]:
    """The notebook's names; those of the main program where there is no notebook."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    return vars(sys.modules["__main__"]) if shell is None else shell.user_ns


def _report(error: Exception) -> str:
    if type(error).__name__ in _JUDGED:
        return f"wrong\n{error}" if str(error) else f"wrong: {_line(error)} does not hold"
    # The first frame is this module's.
    frames = traceback.TracebackException(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
    return "error in your code\n" + "".join(frames.format()).rstrip()


def _line(error: Exception) -> str:
    return traceback.extract_tb(error.__traceback__)[-1].line or "a check"
