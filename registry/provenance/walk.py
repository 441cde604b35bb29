"""The walk through the graph of runs and objects: one recursive query at any depth.

A breadth-first walk, whose rows are nodes and nothing else, so that ``UNION`` lets each
node in once; a depth in the rows would let a node in again for every length of a way to
it. How far the walk has come is told by a *clock*, a row that goes around the queue
behind the nodes of each level.

What a node is linked to is read by a lateral subquery. SQLite, which has none, has
``json_each`` of a correlated one in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from django.db import connection

from registry.provenance.steps import (
    Mark,
    Place,
    Row,
    Side,
    Step,
    every_step,
    most_links,
)


def walk(
    mark: Mark, pk: int, sides: Sequence[Side], *, levels: int | None, limit: int
) -> list[list[Row]]:
    """Return what can be reached from a node, by the number of links to it.

    A node comes once for each side on which it is met. ``levels`` is the greatest
    number of links; without it the walk ends where the graph does. It stops when it
    has met one node more than ``limit``.
    """
    # with a node on each side and the clock for every level of a single node
    most = 3 * (limit + 2)
    statement = _walk_statement(sides, levels, cap=most_links(limit) + 1)
    start = [(side, mark, pk) for side in sides]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*chain.from_iterable(start), most])
        # PostgreSQL has sent all rows by now, SQLite makes each when it is asked for
        rows = cursor.fetchall() if connection.vendor == "postgresql" else cursor
        return _by_level(rows, levels, limit)


def _by_level(rows: Iterable[Row], levels: int | None, limit: int) -> list[list[Row]]:
    """Sort the rows of a walk by what the clock says, until there are enough."""
    reached: list[list[Row]] = [[]]
    known: set[Place] = set()
    for row in rows:
        if row[1] == Mark.CLOCK:
            if len(reached) - 1 == levels or not reached[-1]:
                break
            reached.append([])
        else:
            known.add(row[1:])
            reached[-1].append(row)
            if len(known) > limit:
                break
    return reached


def _walk_statement(sides: Sequence[Side], levels: int | None, *, cap: int) -> str:
    """Write the recursive query; its parameters are the starts and a limit on rows."""
    steps = [step for step in every_step() if step.side in sides]
    is_postgresql = connection.vendor == "postgresql"
    recursion = _all_at_once if is_postgresql else _one_by_one
    start = ", ".join(["(%s, %s, CAST(%s AS bigint))"] * len(sides))
    return (
        "WITH RECURSIVE walk(side, mark, id) AS ("  # noqa: S608
        f"SELECT * FROM (VALUES {start}, (-1, {Mark.CLOCK:d}, 0)) AS start "
        f"UNION {recursion(steps, levels, cap)}) "
        "SELECT side, mark, id FROM walk LIMIT %s"
    )


def _all_at_once(steps: Sequence[Step], levels: int | None, cap: int) -> str:
    """Go on from all nodes of a level, as PostgreSQL does.

    All rows of a level are there together, so that each can see the clock among them,
    and the clock whether it is alone.
    """
    branches = " UNION ALL ".join(
        f"(SELECT now.side, {step.target:d}, id FROM ({step.of('now.id', cap)}) AS met "  # noqa: S608
        f"WHERE now.side = {step.side:d} AND now.mark = {step.source:d})"
        for step in steps
    )
    limit = "" if levels is None else f"WHERE now.level < {levels}"
    return (
        "SELECT next.side, next.mark, next.id FROM (SELECT side, mark, id, "  # noqa: S608
        f"max(CASE mark WHEN {Mark.CLOCK:d} THEN id END) OVER () AS level, "
        "count(*) OVER () AS size FROM walk) AS now CROSS JOIN LATERAL ("
        f"{branches} UNION ALL SELECT -1, {Mark.CLOCK:d}, now.id + 1 "
        f"WHERE now.mark = {Mark.CLOCK:d} AND now.size > 1"
        f") AS next(side, mark, id) {limit}"
    )


def _one_by_one(steps: Sequence[Step], levels: int | None, cap: int) -> str:
    """Go on from one node after the other, as SQLite does: first come, first served.

    The clock goes on for ever, and the walk for as long as its rows are read.
    """
    branches = " UNION ".join(
        f"SELECT walk.side, {step.target:d}, next.value FROM walk CROSS JOIN "  # noqa: S608
        f"json_each((SELECT json_group_array(id) FROM ({step.of('walk.id', cap)}))) "
        f"AS next WHERE walk.side = {step.side:d} AND walk.mark = {step.source:d}"
        for step in steps
    )
    clock = f"SELECT -1, {Mark.CLOCK:d}, id + 1 FROM walk WHERE mark = {Mark.CLOCK:d}"  # noqa: S608
    return f"{branches} UNION {clock}"
