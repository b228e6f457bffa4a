"""What a learner on their own uses: a work folder, verdicts, hints, progress.

======================  =============================================================================
:mod:`.released`        a released notebook: its exercises, their stubs, visible tests and hints
:mod:`.visible`         ``check("exercise")`` in a notebook: the visible tests, on the notebook's names
:mod:`.workfolder`      copies of releases in ``work/``: start, reset, backups
:mod:`.state`           ``work/progress.json``
:mod:`.assemble`        the learner's answers in the course's own notebook, hidden tests included
:mod:`.verdict`         from a notebook that has run to what the learner is told
:mod:`.checking`        the two together: check a topic
:mod:`.advice`          hints and solutions: what to show when
======================  =============================================================================

The first four need only the standard library and start at once: notebooks import them.
"""
