"""Extensions of a due date that there is not."""

from __future__ import annotations

from nbgrader.api import Gradebook


def without_date(gradebook: Gradebook, topic_id: str) -> str:
    """What is wrong where students have an extension of a topic without a due date; empty where nothing is.

    nbgrader adds the one to the other, and ends with a ``TypeError``.
    """
    if gradebook.find_assignment(topic_id).duedate is not None:
        return ""
    submissions = gradebook.assignment_submissions(topic_id)
    extended = sorted(submission.student.id for submission in submissions if submission.extension is not None)
    if not extended:
        return ""
    return (
        f"{topic_id} has no due date, but there is an extension of it for {', '.join(extended)}: give it its date "
        f"again (nbgrader db assignment add {topic_id} --duedate='2027-01-31 20:00 UTC')"
    )
