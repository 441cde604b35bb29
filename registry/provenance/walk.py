"""The walk through the graph of runs and objects, in SQL.

A breadth-first walk is one recursive query, whatever the depth. Its rows are nodes and
nothing else, so that ``UNION`` lets each node in once; a depth in the rows would let a
node in again for every length of a way to it. How far the walk has come is told by a
*clock*, a row that goes around the queue behind the nodes of each level.

What a node is linked to is read in a given order and no further than a cap, by a
lateral subquery; where the caller stops, so does the database. SQLite, which has no
lateral subqueries, has ``json_each`` of a correlated one in their place.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from django.db import connection

from registry.catalogue.models import DataProduct, ObjectComponent
from registry.core.lookups import Among, listed
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
#: Which kind of link, from which id, to which id, and the id of the component.
LinkRow = tuple[int, int, int, int | None]
#: What a kind of link begins at, what it leads to, and its role, None for what a run
#: wrote.
Kind = tuple[Mark, Mark, Role | None]


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


@dataclass(frozen=True)
class Links:
    """Links, each by the number of its kind, and the nodes not read to their end.

    They come by step, and within one in the order of the nodes. From two ``sides`` a
    link of a cycle comes twice.
    """

    kinds: Sequence[Kind]
    rows: Sequence[LinkRow]
    unread: Sequence[Place]
    sides: int = 1


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


def links_of(nodes: Iterable[Row], *, limit: int) -> Links:
    """Return the links by which a walk goes on from nodes, as the limit allows."""
    sources: dict[tuple[int, int], list[int]] = {}
    for side, mark, pk in nodes:
        sources.setdefault((side, mark), []).append(pk)
    steps = [step for step in _steps() if (step.side, step.source) in sources]
    if not steps:
        return Links([], [], [])
    kinds: list[Kind] = []
    selects: list[str] = []
    for step in steps:
        selects.append(_expanded(step, len(kinds), limit + 1))
        kinds += [(step.source, step.target, role) for role in step.roles]
    of_step = [sources[step.side, step.source] for step in steps]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), [listed(ids) for ids in of_step])
        rows = cursor.fetchall()
    unread = _unread(steps, of_step, rows, limit) if len(rows) > limit else []
    return Links(kinds, rows, unread, len({step.side for step in steps}))


def _unread(
    steps: Sequence[Step],
    of_step: Sequence[Sequence[int]],
    rows: Sequence[LinkRow],
    limit: int,
) -> list[Place]:
    """Return the nodes that a step has not read to the end: its last one, and more."""
    found: list[Place] = []
    first = 0
    for step, ids in zip(steps, of_step, strict=True):
        kinds = range(first, first + len(step.roles))
        first = kinds.stop
        sources = [row[1] for row in rows if row[0] in kinds]
        if len(sources) > limit:
            found += [(step.source, pk) for pk in ids[ids.index(sources[-1]) :]]
    return found


def most_links(limit: int) -> int:
    """Return how many links of a kind so many nodes may have together."""
    return 40 * limit


def products_of(objects: Sequence[int], *, limit: int) -> list[tuple[int, int]]:
    """Return objects with the data products that they are, up to one more than a limit.

    Pairs of ids; those of an object by the product's id. Where they are more than the
    limit, they are those of the first objects.
    """
    names = DataProduct.objects.filter(Among("object", objects))
    pairs = names.order_by().values_list("object", "pk")[: limit + 1]
    found = sorted(pairs)
    if len(found) <= limit:
        return found
    select = (
        f"SELECT id, NULL AS component, 0 AS nth FROM {DataProduct._meta.db_table} "  # noqa: S608
        "WHERE object_id = {node} ORDER BY id LIMIT {cap}"
    )
    naming = Step(Side.UPSTREAM, Mark.OBJECT, Mark.OBJECT, (None,), select)
    with connection.cursor() as cursor:
        cursor.execute(_expanded(naming, 0, limit + 1), [listed(objects)])
        return [(source, product) for _, source, product, _ in cursor.fetchall()]


def _steps() -> Iterator[Step]:
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
    """Select the objects of which a run read, or wrote, a part."""
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


def _walk_statement(sides: Sequence[Side], levels: int | None, *, cap: int) -> str:
    """Write the recursive query; its parameters are the starts and a limit on rows."""
    steps = [step for step in _steps() if step.side in sides]
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


def _expanded(step: Step, first: int, cap: int) -> str:
    """Select the links of many nodes, which are one parameter; no more than the cap.

    ``first`` is the number of the step's first kind of link.
    """
    select = step.of("wanted.id", cap)
    if connection.vendor == "postgresql":
        links = (
            f"SELECT {first} + met.nth, wanted.id, met.id, "  # noqa: S608
            "CAST(met.component AS bigint) "
            "FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted(id) "
            f"CROSS JOIN LATERAL ({select}) AS met"
        )
    else:
        links = (
            f"SELECT {first} + json_extract(met.value, '$[2]'), wanted.id, "  # noqa: S608
            "json_extract(met.value, '$[0]'), json_extract(met.value, '$[1]') FROM "
            "(SELECT value AS id FROM json_each(%s)) AS wanted CROSS JOIN json_each(("
            "SELECT json_group_array(json_array(id, component, nth)) "
            f"FROM ({select}))) AS met"
        )
    return f"SELECT * FROM ({links} LIMIT {cap}) AS links"  # noqa: S608
