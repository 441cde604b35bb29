"""Links between the nodes that a walk has met, and the products that objects are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from registry.catalogue.models import DataProduct
from registry.core.lookups import IdIn, encode_ids
from registry.provenance.steps import (
    Mark,
    Place,
    Role,
    Row,
    Side,
    Step,
    every_step,
)

#: Which kind of link, from which id, to which id, and the id of the component.
LinkRow = tuple[int, int, int, int | None]
#: What a kind of link begins at, what it leads to, and its role, None for what a run
#: wrote.
Kind = tuple[Mark, Mark, Role | None]


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


def links_of(nodes: Iterable[Row], *, limit: int) -> Links:
    """Return the links by which a walk goes on from nodes, as the limit allows."""
    sources: dict[tuple[int, int], list[int]] = {}
    for side, mark, pk in nodes:
        sources.setdefault((side, mark), []).append(pk)
    steps = [step for step in every_step() if (step.side, step.source) in sources]
    if not steps:
        return Links([], [], [])
    kinds: list[Kind] = []
    selects: list[str] = []
    for step in steps:
        selects.append(_expanded(step, len(kinds), limit + 1))
        kinds += [(step.source, step.target, role) for role in step.roles]
    of_step = [sources[step.side, step.source] for step in steps]
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(selects), [encode_ids(ids) for ids in of_step]
        )
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


def products_of(objects: Sequence[int], *, limit: int) -> list[tuple[int, int]]:
    """Return objects with the data products that they are, up to one more than a limit.

    Pairs of ids; those of an object by the product's id. Where they are more than the
    limit, they are those of the first objects.
    """
    names = DataProduct.objects.filter(IdIn("object", objects))
    pairs = names.order_by().values_list("object", "pk")[: limit + 1]
    found = sorted(pairs)
    # in order from the first object on takes longer, and matters to what is cut off
    if len(found) <= limit:
        return found
    select = (
        f"SELECT id, NULL AS component, 0 AS nth FROM {DataProduct._meta.db_table} "  # noqa: S608
        "WHERE object_id = {node} ORDER BY id LIMIT {cap}"
    )
    naming = Step(Side.UPSTREAM, Mark.OBJECT, Mark.OBJECT, (None,), select)
    with connection.cursor() as cursor:
        cursor.execute(_expanded(naming, 0, limit + 1), [encode_ids(objects)])
        return [(source, product) for _, source, product, _ in cursor.fetchall()]


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
