"""Statements that follow links to components of objects, for link queries."""

from __future__ import annotations

from typing import Any

from django.db import connection

from registry.catalogue.models import ObjectComponent

_COMPONENT = ObjectComponent._meta.db_table


def select_linked_to_object(links: Any) -> str:
    """Select the records that a table links to any component of the object ``{node}``.

    ``links`` is a many-to-many attribute of the records' model.
    """
    table, column = _link_table(links)
    if connection.vendor == "postgresql":
        return (
            f"SELECT link.{column} AS id, part.id AS component, 0 AS nth "  # noqa: S608
            f"FROM (SELECT id FROM {_COMPONENT} WHERE object_id = {{node}} "
            f"ORDER BY id) AS part CROSS JOIN LATERAL (SELECT {column} FROM {table} "
            f"WHERE objectcomponent_id = part.id ORDER BY {column} LIMIT {{cap}}) "
            "AS link LIMIT {cap}"
        )
    return (
        f"SELECT link.{column} AS id, part.id AS component, 0 AS nth "  # noqa: S608
        f"FROM {_COMPONENT} AS part CROSS JOIN {table} AS link "
        "ON link.objectcomponent_id = part.id WHERE part.object_id = {node} "
        f"ORDER BY part.id, link.{column} LIMIT {{cap}}"
    )


def select_linked_objects(links: Any) -> str:
    """Select the objects of which a table links components to the record ``{node}``.

    On PostgreSQL the components are looked up one by one. A join would leave the choice
    to the planner, which just after a large import has no statistics yet and reads all
    components again for every record.
    """
    table, column = _link_table(links)
    if connection.vendor == "postgresql":
        return (
            "SELECT part.object_id AS id, part.id AS component, 0 AS nth "  # noqa: S608
            f"FROM (SELECT objectcomponent_id FROM {table} WHERE {column} = {{node}} "
            "ORDER BY objectcomponent_id LIMIT {cap}) AS link CROSS JOIN LATERAL "
            f"(SELECT id, object_id FROM {_COMPONENT} "
            "WHERE id = link.objectcomponent_id LIMIT 1) AS part LIMIT {cap}"
        )
    return (
        "SELECT part.object_id AS id, part.id AS component, 0 AS nth "  # noqa: S608
        f"FROM {table} AS link CROSS JOIN {_COMPONENT} AS part "
        f"WHERE part.id = link.objectcomponent_id AND link.{column} = {{node}} "
        "ORDER BY link.objectcomponent_id LIMIT {cap}"
    )


def _link_table(links: Any) -> tuple[str, str]:
    """Return a table of links, and its column for the record."""
    return links.through._meta.db_table, links.field.m2m_column_name()
