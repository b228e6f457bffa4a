"""What is spared in the search for IPython's magics changes nothing that is found."""

from __future__ import annotations

import random
import warnings

from IPython.core.inputtransformer2 import TransformerManager

from course.tools.grading import child

#: All that a magic is made of, and what stands around it.
PIECES = ["a", "time", "1", "f(", ")", "[", "]", " ", "    ", "\n", "\n    ", "\r", "\f", "\\\n", "#", "'", '"', "'''"]
PIECES += ["%", "%%", "!", "!!", "?", "??", "=", "==", " = ", ",", ";", "/", ":", "if a:\n    "]


def transformed(manager: TransformerManager, cell: str) -> str:
    try:
        found: str = manager.transform_cell(cell)
    except SyntaxError as error:
        return f"SyntaxError: {error}"
    return found


def test_no_magic_is_missed() -> None:
    choose = random.Random(0)
    usual, sparing = TransformerManager(), TransformerManager()
    child._spare_python(sparing)
    changed = 0
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert transformed(sparing, "1if a else 2") == "1if a else 2\n"
    assert not said
    for _ in range(4000):
        cell = "".join(choose.choices(PIECES, k=choose.randint(1, 9)))
        expected = transformed(usual, cell)
        assert transformed(sparing, cell) == expected, repr(cell)
        changed += expected.rstrip("\n") != cell.rstrip("\n")
    assert changed > 1000
