"""The graph of runs and objects, in SQL: what a node is linked to, either way.

What a node is linked to is read in a given order and no further than a cap; where the
caller stops, so does the database.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from registry.catalogue.models import ObjectComponent
from registry.runs.models import CodeRun


class Side(enum.IntEnum):
    """Which way a walk goes."""

    UPSTREAM = 0
    DOWNSTREAM = 1


class Mark(enum.IntEnum):
    """What a row of the walk is: a node of the graph, or the clock."""

    OBJECT = 0
    RUN = 1
    CLOCK = 2


class Role(enum.StrEnum):
    """What a run used an object as."""

    INPUT = "input_data"
    SOFTWARE = "software"
    CONFIGURATION = "model_configuration"
    SCRIPT = "submission_script"


# Thousands of these are made for one answer, so they are tuples without names.
#: A node of the graph: its mark and its id.
Place = tuple[int, int]
#: A node as a walk met it: the side, the mark and the id.
Row = tuple[int, int, int]


@dataclass(frozen=True)
class Step:
    """Kinds of link that are read together, as a walk follows them.

    ``select`` yields ``id`` and ``component`` of what ``{node}`` is linked to, and
    which of the ``roles`` it has (``nth``), in an order that both databases keep.
    """

    side: Side
    source: Mark
    target: Mark
    roles: tuple[Role | None, ...]
    select: str

    def of(self, node: str, cap: int) -> str:
        """Write the statement for one node."""
        return self.select.format(node=node, cap=cap)


_PART = ObjectComponent._meta.db_table
_RUN = CodeRun._meta.db_table
_READ = CodeRun.inputs.through._meta.db_table
_WRITTEN = CodeRun.outputs.through._meta.db_table

#: The columns of a run that link it to what it ran with.
_WITH = (
    ("code_repo_id", Role.SOFTWARE),
    ("model_config_id", Role.CONFIGURATION),
    ("submission_script_id", Role.SCRIPT),
)


def most_links(limit: int) -> int:
    """Return how many links of a kind so many nodes may have together."""
    return 40 * limit


def every_step() -> Iterator[Step]:
    """Yield the kinds of link, in the order in which a walk follows those of a node."""
    up, down = Side.UPSTREAM, Side.DOWNSTREAM
    reads, writes = (Role.INPUT,), (None,)
    yield Step(up, Mark.OBJECT, Mark.RUN, writes, _runs_that(_WRITTEN))
    yield Step(up, Mark.RUN, Mark.OBJECT, reads, _objects_that_a_run(_READ))
    roles = tuple(role for _, role in _WITH)
    yield Step(up, Mark.RUN, Mark.OBJECT, roles, _objects_of_a_run())
    yield Step(down, Mark.OBJECT, Mark.RUN, reads, _runs_that(_READ))
    for column, role in _WITH:
        yield Step(down, Mark.OBJECT, Mark.RUN, (role,), _runs_with(column))
    yield Step(down, Mark.RUN, Mark.OBJECT, writes, _objects_that_a_run(_WRITTEN))


def _runs_that(links: str) -> str:
    """Select the runs that read, or wrote, any part of an object."""
    if connection.vendor == "postgresql":
        return (
            "SELECT link.coderun_id AS id, part.id AS component, 0 AS nth "  # noqa: S608
            f"FROM (SELECT id FROM {_PART} WHERE object_id = {{node}} ORDER BY id) "
            f"AS part CROSS JOIN LATERAL (SELECT coderun_id FROM {links} "
            "WHERE objectcomponent_id = part.id ORDER BY coderun_id LIMIT {cap}) "
            "AS link LIMIT {cap}"
        )
    return (
        "SELECT link.coderun_id AS id, part.id AS component, 0 AS nth "  # noqa: S608
        f"FROM {_PART} AS part CROSS JOIN {links} AS link "
        "ON link.objectcomponent_id = part.id WHERE part.object_id = {node} "
        "ORDER BY part.id, link.coderun_id LIMIT {cap}"
    )


def _objects_that_a_run(links: str) -> str:
    """Select the objects of which a run read, or wrote, a part.

    On PostgreSQL the parts are looked up one by one. A join would leave the choice to
    the planner, which just after a large import has no statistics yet and reads all
    parts again for every run.
    """
    if connection.vendor == "postgresql":
        return (
            "SELECT part.object_id AS id, part.id AS component, 0 AS nth "  # noqa: S608
            f"FROM (SELECT objectcomponent_id FROM {links} WHERE coderun_id = {{node}} "
            "ORDER BY objectcomponent_id LIMIT {cap}) AS link CROSS JOIN LATERAL "
            f"(SELECT id, object_id FROM {_PART} "
            "WHERE id = link.objectcomponent_id LIMIT 1) AS part LIMIT {cap}"
        )
    return (
        "SELECT part.object_id AS id, part.id AS component, 0 AS nth "  # noqa: S608
        f"FROM {links} AS link CROSS JOIN {_PART} AS part "
        "WHERE part.id = link.objectcomponent_id AND link.coderun_id = {node} "
        "ORDER BY link.objectcomponent_id LIMIT {cap}"
    )


def _objects_of_a_run() -> str:
    """Select what a run has in its own columns."""
    columns = [column for column, _ in _WITH]
    run = f"{_RUN} AS run WHERE run.id = {{node}}"
    if connection.vendor == "postgresql":
        values = ", ".join(f"(run.{name}, {nth})" for nth, name in enumerate(columns))
        return (
            "SELECT used.id, NULL AS component, used.nth FROM "  # noqa: S608
            f"(SELECT * FROM {run}) AS run CROSS JOIN LATERAL "
            f"(VALUES {values}) AS used(id, nth) "
            "WHERE used.id IS NOT NULL LIMIT {cap}"
        )
    each = " UNION ALL ".join(
        f"SELECT run.{name} AS id, NULL AS component, {nth} AS nth FROM {run} "  # noqa: S608
        f"AND run.{name} IS NOT NULL"
        for nth, name in enumerate(columns)
    )
    return f"{each} LIMIT {{cap}}"


def _runs_with(column: str) -> str:
    """Select the runs that have an object in one of their columns."""
    return (
        f"SELECT id, NULL AS component, 0 AS nth FROM {_RUN} "  # noqa: S608
        f"WHERE {column} = {{node}} ORDER BY id LIMIT {{cap}}"
    )
