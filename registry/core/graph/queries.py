"""Statements that follow a foreign key, for link queries.

``{node}`` and ``{cap}`` are left for the caller to fill in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from django.db.models import Model


def field_of(reference: Any) -> Any:
    """Return the field that an attribute of a model class stands for."""
    return reference.field


def select_referring(model: type[Model], link: Any) -> str:
    """Select the rows of a table whose foreign key is the node."""
    return (
        f"SELECT id, NULL AS component, 0 AS nth FROM {model._meta.db_table} "  # noqa: S608
        f"WHERE {field_of(link).column} = {{node}} ORDER BY id LIMIT {{cap}}"
    )


def select_referenced(model: type[Model], links: Sequence[Any]) -> str:
    """Select what the node, a row of a table, has in its foreign keys."""
    columns = [field_of(link).column for link in links]
    row = f"{model._meta.db_table} AS run WHERE run.id = {{node}}"
    if connection.vendor == "postgresql":
        values = ", ".join(f"(run.{name}, {nth})" for nth, name in enumerate(columns))
        return (
            "SELECT used.id, NULL AS component, used.nth FROM "  # noqa: S608
            f"(SELECT * FROM {row}) AS run CROSS JOIN LATERAL "
            f"(VALUES {values}) AS used(id, nth) "
            "WHERE used.id IS NOT NULL LIMIT {cap}"
        )
    each = " UNION ALL ".join(
        f"SELECT run.{name} AS id, NULL AS component, {nth} AS nth FROM {row} "  # noqa: S608
        f"AND run.{name} IS NOT NULL"
        for nth, name in enumerate(columns)
    )
    return f"{each} LIMIT {{cap}}"
