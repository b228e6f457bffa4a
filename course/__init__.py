"""Deep learning and NLP in notebooks: implement every idea, get an honest verdict at once.

Notebooks import :mod:`course.testing`, :mod:`course.figures` and :mod:`course.data`;
the tools behind the ``course`` command live in :mod:`course.tools`.
"""
