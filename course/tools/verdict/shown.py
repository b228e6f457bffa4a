"""What a learner sees of a graded notebook: of a hidden test its name, the verdict, and the words written for learners.

The instructor's copy, in ``autograded/`` and in formgrader, keeps everything.
"""

from __future__ import annotations

import re
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from nbgrader.utils import determine_grade, is_grade, is_solution

from course.tools import unbegun

#: The kind of output by which the judge's word for the learner travels with a test cell.
LESSON = "application/vnd.course.lesson+json"
_SECRET = "a hidden check does not hold"


class HideHiddenTests(NbGraderPreprocessor):
    """Takes what is hidden out of a graded notebook: put it first into ``GenerateFeedback.preprocessors``."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Clear one cell, in place."""
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            hide(cell, ClearHiddenTests(config=self.config))
        return cell, resources


def hide(cell: NotebookNode, delimiters: ClearHiddenTests) -> None:
    """Leave of a test cell, in place, what a learner may see."""
    begin, end = re.escape(delimiters.begin_test_delimeter), re.escape(delimiters.end_test_delimeter)
    lesson = next((o.data[LESSON] for o in cell.outputs if LESSON in o.get("data", {})), None)
    visible, hidden = re.subn(
        rf"^[^\n]*{begin}.*?(?:{end}[^\n]*\n?|\Z)", "", cell.source, flags=re.DOTALL | re.MULTILINE
    )
    if not hidden:
        cell.outputs = [output for output in cell.outputs if LESSON not in output.get("data", {})]
        return
    # The score itself may have been changed by hand; what the test said has not.
    score, points = determine_grade(cell)
    passed = score == points
    said = "passed" if passed else "failed" if not score else "partly passed"
    name = cell.metadata["nbgrader"]["grade_id"]
    cell.source = f"{visible.rstrip()}\n# (hidden tests)".lstrip()
    cell.outputs = [new_output("stream", name="stdout", text=f"{name}: {said}, {score or 0:g} of {points:g} points\n")]
    if not passed:
        says = str(lesson.get("says") or _SECRET) if isinstance(lesson, dict) else _SECRET
        kind = unbegun.ERROR if says == unbegun.SAYS else "CheckFailed"
        cell.outputs.append(new_output("error", ename=kind, evalue=says, traceback=[says]))
