"""Deep learning and NLP in notebooks: implement every idea, get an honest verdict at once.

Notebooks import :mod:`course.testing`, :mod:`course.figures` and :mod:`course.data`, and may call :func:`check`;
the tools behind the ``course`` command live in :mod:`course.tools`.
"""

from __future__ import annotations

__all__ = ["check"]


def check(exercise: str, notebook: str | None = None) -> None:
    """Run the visible tests of one exercise on what is defined in this notebook now, and print what they say.

    ``exercise`` is its name, or that of a function which it asks for: ``check("softmax")``. The tests are taken from
    the notebook's own file; where that cannot be found (on Colab, say), name it: ``check("softmax", "T.ipynb")``.
    Hidden tests are not in a notebook: ``course check``, in a terminal, runs those as well.
    """
    from course.tools.learning import visible  # here, so that importing `course` costs nothing

    visible.check(exercise, notebook)
