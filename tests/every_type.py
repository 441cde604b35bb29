"""Parameters for tests of every record type; quick runs try only some types."""

from __future__ import annotations

from typing import Any

import pytest

from registry.core.record_types import record_kinds, record_types

#: The types that quick runs try: those with services, lists and rules of their own.
QUICK = frozenset(
    {
        "code_run",
        "data_product",
        "issue",
        "keyword",
        "namespace",
        "object",
        "object_component",
        "storage_location",
    }
)


def marked(kind: str, value: Any = None) -> Any:
    """Return a parameter for a type; it is slow unless quick runs try the type."""
    marks = () if kind in QUICK else (pytest.mark.slow,)
    return pytest.param(kind if value is None else value, marks=marks, id=kind)


def every_kind() -> list[Any]:
    """Return the name of every record type, as parameters of a test."""
    return [marked(kind) for kind in sorted(record_kinds())]


def every_public_kind() -> list[Any]:
    """Return the name of every record type that everybody can read, as parameters."""
    public = [one.kind for one in record_types() if not one.is_private]
    return [marked(kind) for kind in sorted(public)]
