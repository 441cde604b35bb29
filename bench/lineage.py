"""Lineage requests: a chain, a fan, and a graph of 5,000 nodes.

The floor is the bare recursive query: it returns the ids of the same nodes without
names, edges and issues. Two graphs are added to the chain of runs in the registry; they
use objects that are not outputs of that chain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg

from bench.aims import MaxDifference, MaxRatio
from bench.content import Size
from bench.floors import Floor
from bench.request_types import Request, RequestType, Sample, repeat_sample

Connection = psycopg.Connection[Any]

#: Number of runs of the chain that are followed, and of inputs of the fan's run.
DEPTH, INPUTS = 300, 1000
#: Layers of the large graph; each has as many objects, with as many runs between two.
LAYERS = 50
#: Inputs of each of these runs, from the layer before.
READS = 3

#: Selects nodes by type and id. Because the rows include the level, a node is repeated
#: on each level at which it is reached; here that is rare, and this query the fastest.
_BARE_QUERY = """
    WITH RECURSIVE walk(is_run, id, level) AS (
        VALUES (%s, %s::bigint, 0)
        UNION
        SELECT NOT walk.is_run, next.id, walk.level + 1
        FROM walk CROSS JOIN LATERAL (
            SELECT part.object_id
            FROM registry_coderun_inputs AS link
            JOIN registry_objectcomponent AS part ON part.id = link.objectcomponent_id
            WHERE walk.is_run AND link.coderun_id = walk.id
            UNION ALL
            SELECT used.id FROM registry_coderun AS run CROSS JOIN LATERAL (
                VALUES (run.code_repo_id), (run.model_config_id),
                    (run.submission_script_id)
            ) AS used(id)
            WHERE walk.is_run AND run.id = walk.id AND used.id IS NOT NULL
            UNION ALL
            SELECT link.coderun_id
            FROM registry_objectcomponent AS part
            JOIN registry_coderun_outputs AS link ON link.objectcomponent_id = part.id
            WHERE NOT walk.is_run AND part.object_id = walk.id
        ) AS next(id)
        WHERE walk.level < %s
    )
    SELECT DISTINCT is_run, id FROM walk
"""
#: More levels than any path has.
_ALL_LEVELS = 2**31 - 1


@dataclass(frozen=True)
class Graphs:
    """The final runs of two graphs: one with many inputs, one with many runs."""

    fan: int
    mesh: int


def load_graphs(connection: Connection, user: int, size: Size) -> Graphs:
    """Insert the two graphs; their ids follow those of existing runs and outputs."""
    free = 2 * size.runs + 1
    room = size.objects - free + 1
    inputs = min(INPUTS, room // 2)
    layers = min(LAYERS, int((room - inputs) ** 0.5))
    fan, mesh = size.runs + 1, size.runs + 2
    reads = [(fan, free + n) for n in range(inputs)]
    writes: list[tuple[int, int]] = []
    first = free + inputs
    last = first + (layers - 1) * layers
    reads += [(mesh, last + n) for n in range(layers)]
    for at in range(layers * (layers - 1)):
        run, row, column = mesh + 1 + at, *divmod(at, layers)
        before, after = first + row * layers, first + (row + 1) * layers
        reads += [(run, before + (column + n) % layers) for n in range(READS)]
        writes.append((run, after + column))
    _insert_runs(connection, user, range(fan, mesh + len(writes) + 1), reads, writes)
    return Graphs(fan, mesh)


def _insert_runs(
    connection: Connection,
    user: int,
    runs: range,
    reads: list[tuple[int, int]],
    writes: list[tuple[int, int]],
) -> None:
    """Insert runs and their links; whole-object components have the object's id."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO registry_coderun (id, run_date, description, uuid, "
            "registered_by_id, updated_by_id, last_updated) SELECT id, now(), "
            "'Run ' || id, gen_random_uuid(), %s, %s, now() "
            "FROM unnest(%s::bigint[]) AS run(id)",
            [user, user, list(runs)],
        )
        for table, links in (("inputs", set(reads)), ("outputs", set(writes))):
            cursor.execute(
                f"INSERT INTO registry_coderun_{table} "
                "(coderun_id, objectcomponent_id) "
                "SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
                [[run for run, _ in links], [part for _, part in links]],
            )
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('registry_coderun', 'id'), max(id)) "
            "FROM registry_coderun"
        )
    connection.execute("VACUUM ANALYZE")


def request_types(size: Size, graphs: Graphs) -> Iterator[RequestType]:
    """Yield the request types, each with the bare query for the same nodes."""
    yield RequestType(
        "lineage, depth 1", lambda n: _chain_sample(size, n, 1), MaxDifference(10)
    )
    yield RequestType(
        f"lineage, depth {DEPTH} on a chain",
        lambda n: _chain_sample(size, n, DEPTH),
        MaxRatio(5),
        share=0.25,
    )
    for name, run in (
        (f"lineage, {INPUTS:,} inputs", graphs.fan),
        ("lineage, 5,000 nodes", graphs.mesh),
    ):
        sample = Sample(
            _lineage_request("code_run", run, "all"),
            _select_nodes(run, _ALL_LEVELS, is_run=True),
        )
        yield RequestType(name, repeat_sample(sample), MaxRatio(5), share=0.25)


def _chain_sample(size: Size, n: int, depth: int) -> Sample:
    """Return a sample that follows the chain from a product near its end."""
    product = 2 * (size.runs - n % max(1, size.runs // 2))
    return Sample(
        _lineage_request("data_product", product, str(depth)),
        _select_nodes(product, 2 * depth, is_run=False),
    )


def _lineage_request(kind: str, pk: int, depth: str) -> Request:
    return Request("GET", f"/api/lineage/{kind}/{pk}/?depth={depth}")


def _select_nodes(pk: int, levels: int, *, is_run: bool) -> Floor:
    """Return a floor that selects the ids of a lineage.

    A data product has the id of its object.
    """

    def fetch(connection: Connection) -> bytes:
        with connection.cursor() as cursor:
            rows = cursor.execute(_BARE_QUERY, [is_run, pk, levels]).fetchall()
        names = {True: "code_run", False: "data_product"}
        return orjson.dumps(
            {"nodes": [{"id": f"{names[run]}/{id_}"} for run, id_ in rows]}
        )

    return fetch
