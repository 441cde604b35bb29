"""Measure the API and compare it with its floor: the same rows by hand-written SQL.

Run ``make bench``, or ``python -m bench --help`` for other sizes. The results and their
aims are in ``docs/performance.md``.
"""
