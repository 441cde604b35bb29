"""The walk through the provenance graph: one recursive query at any depth.

A breadth-first walk, whose rows are nodes and nothing else, so that ``UNION`` lets each
node in once; a depth in the rows would let a node in again for every length of a way to
it. How far the walk has come is told by a *clock*, a row that goes around the queue
behind the nodes of each level.

What a node is linked to is read by a lateral subquery. SQLite, which has none, has
``json_each`` of a correlated one in its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from django.db import connection

from registry.core.graph import Direction, LinkQuery, NodeKey, graph

#: A node as a walk met it: the code of the direction, the node's type and its id.
Row = tuple[int, int, int]
#: The codes that rows have for directions.
CODES = {Direction.UPSTREAM: 0, Direction.DOWNSTREAM: 1}


def most_links(limit: int) -> int:
    """Return how many links of a query so many nodes may have together."""
    return 40 * limit


def walk(
    start: NodeKey,
    directions: Sequence[Direction],
    *,
    levels: int | None,
    limit: int,
) -> list[list[Row]]:
    """Return what can be reached from a node, by the number of links to it.

    A node comes once for each direction in which it is met. ``levels`` is the greatest
    number of links; without it the walk ends where the graph does. It stops when it
    has met one node more than ``limit``.
    """
    # with a node in each direction and the clock for every level of a single node
    most = 3 * (limit + 2)
    cap = most_links(limit) + 1
    statement = _walk_statement(
        tuple(directions), levels, cap, connection.vendor, graph.version
    )
    starts = [(CODES[direction], *start) for direction in directions]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*chain.from_iterable(starts), most])
        # PostgreSQL has sent all rows by now, SQLite makes each when it is asked for
        rows = cursor.fetchall() if connection.vendor == "postgresql" else cursor
        return _by_level(rows, levels, limit)


def _by_level(rows: Iterable[Row], levels: int | None, limit: int) -> list[list[Row]]:
    """Sort the rows of a walk by what the clock says, until there are enough."""
    reached: list[list[Row]] = [[]]
    known: set[NodeKey] = set()
    clock = _clock()
    for row in rows:
        if row[1] == clock:
            if len(reached) - 1 == levels or not reached[-1]:
                break
            reached.append([])
        else:
            known.add(row[1:])
            reached[-1].append(row)
            if len(known) > limit:
                break
    return reached


def _clock() -> int:
    """Return what the rows of the clock have for a node type: one that none has."""
    return len(graph.types)


@lru_cache(maxsize=64)
def _walk_statement(
    directions: tuple[Direction, ...],
    levels: int | None,
    cap: int,
    vendor: str,
    _: int,
) -> str:
    """Write the recursive query; its parameters are the starts and a limit on rows.

    The last argument is the version of the graph, which the query is made of.
    """
    queries = graph.queries_in(*directions)
    recursion = _all_at_once if vendor == "postgresql" else _one_by_one
    start = ", ".join(["(%s, %s, CAST(%s AS bigint))"] * len(directions))
    return (
        "WITH RECURSIVE walk(side, mark, id) AS ("  # noqa: S608
        f"SELECT * FROM (VALUES {start}, (-1, {_clock()}, 0)) AS start "
        f"UNION {recursion(queries, levels, cap)}) "
        "SELECT side, mark, id FROM walk LIMIT %s"
    )


def _all_at_once(queries: Sequence[LinkQuery], levels: int | None, cap: int) -> str:
    """Go on from all nodes of a level, as PostgreSQL does.

    All rows of a level are there together, so that each can see the clock among them,
    and the clock whether it is alone.
    """
    clock = _clock()
    branches = " UNION ALL ".join(
        f"(SELECT now.side, {graph.number_of(query.target)}, id FROM "  # noqa: S608
        f"({query.select_for('now.id', cap)}) AS met "
        f"WHERE now.side = {CODES[query.direction]} "
        f"AND now.mark = {graph.number_of(query.source)})"
        for query in queries
    )
    limit = "" if levels is None else f"WHERE now.level < {levels}"
    return (
        "SELECT next.side, next.mark, next.id FROM (SELECT side, mark, id, "  # noqa: S608
        f"max(CASE mark WHEN {clock} THEN id END) OVER () AS level, "
        "count(*) OVER () AS size FROM walk) AS now CROSS JOIN LATERAL ("
        f"{branches} UNION ALL SELECT -1, {clock}, now.id + 1 "
        f"WHERE now.mark = {clock} AND now.size > 1"
        f") AS next(side, mark, id) {limit}"
    )


def _one_by_one(queries: Sequence[LinkQuery], levels: int | None, cap: int) -> str:
    """Go on from one node after the other, as SQLite does: first come, first served.

    The clock goes on for ever, and the walk for as long as its rows are read.
    """
    clock = _clock()
    branches = " UNION ".join(
        f"SELECT walk.side, {graph.number_of(query.target)}, next.value "  # noqa: S608
        f"FROM walk CROSS JOIN json_each((SELECT json_group_array(id) FROM "
        f"({query.select_for('walk.id', cap)}))) AS next "
        f"WHERE walk.side = {CODES[query.direction]} "
        f"AND walk.mark = {graph.number_of(query.source)}"
        for query in queries
    )
    tick = f"SELECT -1, {clock}, id + 1 FROM walk WHERE mark = {clock}"  # noqa: S608
    return f"{branches} UNION {tick}"
