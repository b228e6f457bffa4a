"""``python -m course.cli``: the ``course`` command, where it is not on the path."""

from course.cli import main

main()
