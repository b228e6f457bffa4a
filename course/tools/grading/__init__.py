"""Grading a class: sanitize and record by nbgrader's own steps, run in a warm, sandboxed, forked process.

======================  =============================================================================
:mod:`.limits`          what a notebook may use, as traits
:mod:`.wire`            frames of JSON between processes
:mod:`.child`           the kernel that runs a learner's cells (untrusted from its first cell on)
:mod:`.isolate`         what a forked child gives up before it runs a cell
:mod:`.worker`          the warm process that forks children
:mod:`.tracebacks`      what a child's first traceback costs, paid once by the worker
:mod:`.sandbox`         the bubblewrap around the worker
:mod:`.herd`            a bound on all its processes together, where root grades
:mod:`.warm`            starts a worker and asks it for children (trusted)
:mod:`.kernel`          makes a child look like a Jupyter kernel to nbclient (trusted)
:mod:`.executor`        nbgrader's ``Execute`` with that kernel: also for nbgrader's own commands
:mod:`.run`             the pure function from a notebook to the notebook with outputs
:mod:`.cluster`         the same on the workers of a Dask cluster
:mod:`.mend`            brings a damaged submission into the shape that nbgrader expects
:mod:`.steps`           nbgrader's ``Autograde`` in three steps, one transaction for a student
:mod:`.grade`           a whole class
======================  =============================================================================
"""
