"""Sheets in which modellers register model runs: one row for each run.

The package knows nothing of the database. ``layout`` describes a sheet, ``reading``
reads one, and ``csv_writing`` and ``xlsx_writing`` write one.
"""
