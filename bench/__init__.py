"""Measures the API beside its floor: the same rows by hand-written SQL.

Run ``make bench``, or ``python -m bench --help`` for other sizes. The figures, and what
they are held against, are in ``docs/performance.md``.
"""
