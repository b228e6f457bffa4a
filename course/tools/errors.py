"""What a user can mend."""

from __future__ import annotations


class UserError(Exception):
    """An error that its message explains, remedy included: the command line prints it without a traceback."""
