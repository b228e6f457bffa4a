"""What a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """An error that its message explains, remedy included: the command line prints it without a traceback."""


def alike(name: str, known: Iterable[str]) -> str:
    """A question to append to "there is no …": whether the nearest of the names known was meant."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""
