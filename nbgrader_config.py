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

# Submissions run in course.tools.grading's warm sandbox, in `nbgrader autograde` and formgrader as in `course grade`.
# False brings back nbgrader's own executor, which runs them with all your rights.
SANDBOX = True
if SANDBOX:
    c.Autograde.autograde_preprocessors = [
        "course.tools.grading.executor.WarmExecute",
        "nbgrader.preprocessors.IgnorePattern",
        "nbconvert.preprocessors.ClearMetadataPreprocessor",
        "nbgrader.preprocessors.LimitOutput",
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]

# Feedback: points first, then what failed and why, then the notebook; nothing on the page runs or loads anything.
c.GenerateFeedback.exporter_class = "course.tools.feedback_page.FeedbackPage"
# What hidden tests say and are stays with the instructor.
c.GenerateFeedback.preprocessors = [
    "course.tools.verdict.shown.HideHiddenTests",
    "course.tools.feedback_page.grades.Grades",
]

# What one notebook may use; docs/grading.md lists the rest.
c.Limits.memory_mib = 2048
c.Limits.seconds = 300
