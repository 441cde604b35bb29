"""Links between the nodes that a walk has met, and the names that nodes have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from registry.core.graph import (
    Direction,
    EdgeType,
    LinkQuery,
    NodeKey,
    NodeName,
    Role,
    graph,
)
from registry.core.graph.links import edge_type_of
from registry.core.graph.queries import field_of, select_referring
from registry.core.lookups import IdIn, encode_ids
from registry.provenance.walk import CODES, Row

#: Which kind of link, from which id, to which id, and the id of the component.
LinkRow = tuple[int, int, int, int | None]


@dataclass(frozen=True)
class LinkKind:
    """A kind of link: the numbers of the node types, and what it is.

    ``source`` is where the walk comes from; ``is_forward`` tells that edges of the kind
    point from there, upstream.
    """

    source: int
    target: int
    role: Role | None
    edge_type: EdgeType
    is_forward: bool


@dataclass(frozen=True)
class NumberedQuery:
    """A link query with what rows have for its direction and its source."""

    query: LinkQuery
    source: tuple[int, int]
    kinds: tuple[LinkKind, ...]


@lru_cache(maxsize=1)
def _numbered_queries(_: int) -> list[NumberedQuery]:
    """Return all link queries; the argument is the version of the graph."""
    return [_number_query(query) for query in graph.queries_in(*CODES)]


def _number_query(query: LinkQuery) -> NumberedQuery:
    source, target = graph.number_of(query.source), graph.number_of(query.target)
    is_forward = query.direction is Direction.UPSTREAM
    kinds = tuple(
        LinkKind(source, target, role, edge_type_of(role), is_forward)
        for role in query.roles
    )
    return NumberedQuery(query, (CODES[query.direction], source), kinds)


@dataclass(frozen=True)
class Links:
    """Links, each by the number of its kind, and the nodes not read to their end.

    They come by query, and within one in the order of the nodes. Where both
    ``directions`` were followed, a link of a cycle comes twice.
    """

    kinds: Sequence[LinkKind]
    rows: Sequence[LinkRow]
    unread: Sequence[NodeKey]
    directions: int = 1


def links_of(nodes: Iterable[Row], *, limit: int) -> Links:
    """Return the links by which a walk goes on from nodes, as the limit allows."""
    ids: dict[tuple[int, int], list[int]] = {}
    for code, number, pk in nodes:
        ids.setdefault((code, number), []).append(pk)
    queries = _numbered_queries(graph.version)
    found = [(one, ids[one.source]) for one in queries if one.source in ids]
    if not found:
        return Links([], [], [])
    kinds = [kind for one, _ in found for kind in one.kinds]
    statement = _link_statement(
        tuple(one for one, _ in found), limit + 1, connection.vendor
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [encode_ids(pks) for _, pks in found])
        rows = cursor.fetchall()
    unread = _find_unread(found, rows, limit) if len(rows) > limit else []
    return Links(kinds, rows, unread, len({one.source[0] for one, _ in found}))


@lru_cache(maxsize=64)
def _link_statement(
    queries: tuple[NumberedQuery, ...],
    cap: int,
    _: str,
) -> str:
    """Write the statement for several queries; the last argument is the database."""
    selects: list[str] = []
    first = 0
    for one in queries:
        select = one.query.select_for("wanted.id", cap)
        selects.append(_expand(select, first, cap))
        first += len(one.kinds)
    return " UNION ALL ".join(selects)


def _find_unread(
    queries: Sequence[tuple[NumberedQuery, Sequence[int]]],
    rows: Sequence[LinkRow],
    limit: int,
) -> list[NodeKey]:
    """Return the nodes that a query has not read to the end: its last one, and more."""
    found: list[NodeKey] = []
    first = 0
    for one, ids in queries:
        kinds = range(first, first + len(one.kinds))
        first = kinds.stop
        sources = [row[1] for row in rows if row[0] in kinds]
        if len(sources) > limit:
            _, number = one.source
            found += [(number, pk) for pk in ids[ids.index(sources[-1]) :]]
    return found


def names_of(name: NodeName, ids: Sequence[int], *, limit: int) -> list[LinkRow]:
    """Return the records that name nodes, up to one more than a limit.

    As rows (0, node, record, None); those of a node by the record's id. Where they are
    more than the limit, they are those of the first nodes.
    """
    (link,) = name.path
    rows = name.model._default_manager.filter(IdIn(field_of(link).name, ids))
    pairs = rows.order_by().values_list(field_of(link).name, "pk")[: limit + 1]
    found: list[LinkRow] = [(0, node, pk, None) for node, pk in sorted(pairs)]
    # in order from the first node on takes longer, and matters to what is cut off
    if len(found) <= limit:
        return found
    select = select_referring(name.model, link).format(node="wanted.id", cap=limit + 1)
    with connection.cursor() as cursor:
        cursor.execute(_expand(select, 0, limit + 1), [encode_ids(ids)])
        return list(cursor.fetchall())


def _expand(select: str, first: int, cap: int) -> str:
    """Select the links of many nodes, which are one parameter; no more than the cap.

    ``select`` is the statement for one node, ``first`` the number of its first role.
    """
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
