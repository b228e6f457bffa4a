"""Data sets that travel with the course: nothing is downloaded at run time.

Each data set is a folder of this package: a loader in its ``__init__.py``, its files,
and ``PROVENANCE.md``, which says where it comes from and under which licence.
"""
