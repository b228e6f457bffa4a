"""The report on a class: what a topic's submissions say about the students, and about the exercises.

===============  ==================================================================
:mod:`.gather`   from the gradebook and the graded notebooks to plain data
:mod:`.charts`   its figures
:mod:`.page`     the page, one file without anything outside it; and the table as CSV
===============  ==================================================================
"""
