"""nbgrader's settings for this course: read by its own commands, by formgrader and by `course`."""

from pathlib import Path

c = get_config()  # noqa: F821 - traitlets defines it

c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "deep-learning-nlp"

# What a topic's folder holds beside its notebook is for those who write it: it is neither released nor collected.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "cohort", "*.py", "*.md"]

c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("not implemented yet")'}
c.ClearSolutions.text_stub = "*Your answer: write it here.*"

# The limit for one cell, in seconds.
c.ExecutePreprocessor.timeout = 60
