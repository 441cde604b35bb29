"""Lineage, held against a plain walk."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.catalogue.models import DataProduct, Object
from registry.core.graph import Direction
from registry.provenance.lineage import Edge, Lineage, lineage
from registry.runs.models import CodeRun
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    IssueFactory,
    ObjectFactory,
)
from tests.provenance import plainly
from tests.provenance.graphs import Graph, Run, Stored, chain, graphs, ladder, store

pytestmark = pytest.mark.django_db

SIDES = {
    Direction.UPSTREAM: ["upstream"],
    Direction.DOWNSTREAM: ["downstream"],
    Direction.BOTH: ["upstream", "downstream"],
}
#: Beyond what any graph of these tests has.
ENOUGH = 10_000


def _keys(nodes: Any) -> list[str]:
    return [node.key for node in nodes]


def _expected(
    stored: Stored, start: plainly.Place, direction: Direction, depth: int | None
) -> tuple[dict[plainly.Place, int], set[plainly.Link]]:
    """Return what plain walks find: places with their distances, and links."""
    levels = None if depth is None else 2 * depth - (start[0] == "run")
    walks = [plainly.walk(stored, start, side, levels) for side in SIDES[direction]]
    distances: dict[plainly.Place, int] = {}
    for place, distance in (item for one in walks for item in one.distances.items()):
        distances[place] = min(distance, distances.get(place, distance))
    return distances, {link for one in walks for link in one.links}


def _places(found: Lineage) -> dict[plainly.Place, int]:
    return {
        ("run", node.id) if node.object is None else ("object", node.object): (
            node.distance
        )
        for node in found.nodes
    }


def _role(edge: Edge) -> str | None:
    return None if edge.role is None else edge.role.name


def _links(found: Lineage) -> set[plainly.Link]:
    links: set[plainly.Link] = set()
    for edge in found.edges:
        run, thing = (
            (edge.source, edge.target)
            if edge.type == "used"
            else (edge.target, edge.source)
        )
        assert thing.object is not None
        links.add((run.id, thing.object, edge.component, _role(edge)))
    return links


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), data=st.data())
@pytest.mark.slow
def test_it_is_what_a_plain_walk_finds(graph: Graph, data: st.DataObject) -> None:
    with transaction.atomic():
        stored = store(graph)
        root = data.draw(st.sampled_from([*stored.objects, *stored.runs]))
        direction = data.draw(st.sampled_from(list(Direction)))
        depth = data.draw(st.none() | st.integers(1, 4))
        start = ("run" if root in stored.runs else "object", root.pk)
        found = lineage(root, direction=direction, depth=depth, limit=ENOUGH)
        distances, links = _expected(stored, start, direction, depth)
        assert not found.truncated
        assert found.stopped_at == ()
        assert _places(found) == distances
        assert _links(found) == links
        assert _keys(found.nodes) == _named(stored, found, start)
        assert len(found.edges) == len(set(found.edges))
        transaction.set_rollback(True)


def _named(stored: Stored, found: Lineage, start: plainly.Place) -> list[str]:
    """Name the places that were found, in their order, as nodes are named."""
    names = []
    for kind, pk in _places(found):
        if kind == "run":
            names.append(f"code_run/{pk}")
        elif pk not in stored.products or (kind, pk) == start:
            names.append(f"object/{pk}")
        else:
            names += [f"data_product/{product}" for product in stored.products[pk]]
    return names


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), data=st.data())
@pytest.mark.slow
def test_a_limit_keeps_the_nearest_and_says_where_it_stopped(
    graph: Graph, data: st.DataObject
) -> None:
    with transaction.atomic():
        stored = store(graph)
        root = data.draw(st.sampled_from([*stored.objects, *stored.runs]))
        direction = data.draw(st.sampled_from(list(Direction)[:2]))
        depth = data.draw(st.none() | st.integers(1, 4))
        limit = data.draw(st.integers(1, 8))
        whole = lineage(root, direction=direction, depth=depth, limit=ENOUGH)
        found = lineage(root, direction=direction, depth=depth, limit=limit)
        assert found.truncated == (len(whole.nodes) > limit)
        assert len(found.nodes) <= limit
        assert found.nodes == whole.nodes[: len(found.nodes)]
        kept = set(found.nodes)
        leading_on = {
            near
            for edge in whole.edges
            for near, far in ((edge.source, edge.target), (edge.target, edge.source))
            if near in kept and far not in kept and _leads(edge, near, direction)
        }
        assert {*found.stopped_at} == leading_on
        assert {*found.edges} == {
            edge for edge in whole.edges if {edge.source, edge.target} <= kept
        }
        transaction.set_rollback(True)


def _leads(edge: Any, near: Any, direction: Direction) -> bool:
    """Tell whether the walk follows the edge from this end of it."""
    end = edge.source if direction == Direction.UPSTREAM else edge.target
    return bool(end == near)


@pytest.mark.parametrize("direction, depth", [*product(Direction, [1, 3, 10, None])])
@pytest.mark.slow
def test_ways_through_a_ladder_are_not_counted(
    direction: Direction, depth: int | None
) -> None:
    stored = store(ladder(rungs=20, width=5))
    middle = stored.objects[50]
    found = lineage(middle, direction=direction, depth=depth)
    distances, links = _expected(stored, ("object", middle.pk), direction, depth)
    assert _places(found) == distances
    assert _links(found) == links


def test_a_cycle_ends() -> None:
    whole = frozenset({(0, 0)})
    back = frozenset({(1, 0)})
    stored = store(Graph((0, 0), (Run(whole, back), Run(back, whole)), parts=1))
    there, here = stored.objects
    runs = stored.runs
    for depth in (2, 7, None):
        found = lineage(here, direction=Direction.UPSTREAM, depth=depth)
        assert _keys(found.nodes) == [
            f"object/{here.pk}",
            f"code_run/{runs[0].pk}",
            f"object/{there.pk}",
            f"code_run/{runs[1].pk}",
        ]
        assert len(found.edges) == 4


def test_a_run_that_reads_what_it_wrote_is_followed_once() -> None:
    whole = frozenset({(0, 0)})
    stored = store(Graph((0,), (Run(whole, whole),), parts=1))
    found = lineage(stored.objects[0], direction=Direction.BOTH, depth=None)
    assert [edge.type for edge in found.edges] == ["wasGeneratedBy", "used"]
    assert [node.distance for node in found.nodes] == [0, 1]


def test_depth_counts_runs() -> None:
    stored = store(chain(5))
    last = DataProduct.objects.get(object=stored.objects[5])
    for depth in range(1, 6):
        found = lineage(last, direction=Direction.UPSTREAM, depth=depth)
        assert len(found.ids_of(CodeRun)) == depth
        assert len(found.ids_of(Object)) == depth + 1
    of_run = lineage(stored.runs[4], direction=Direction.UPSTREAM, depth=2)
    assert len(of_run.ids_of(CodeRun)) == 2


@pytest.mark.parametrize("depth", [1, 20, None])
@pytest.mark.parametrize("direction", Direction)
def test_it_takes_three_queries_at_any_depth(
    direction: Direction, depth: int | None
) -> None:
    stored = store(chain(30))
    with CaptureQueriesContext(connection) as queries:
        lineage(stored.objects[15], direction=direction, depth=depth)
    assert len(queries) == 3


def test_the_root_appears_as_what_was_asked_about() -> None:
    external = ExternalObjectFactory()
    named = external.data_product
    other = DataProductFactory(object=named.object)
    run = CodeRunFactory(inputs=[named.object.components.get()])
    for root in (external, named, named.object):
        found = lineage(root, direction=Direction.DOWNSTREAM, depth=1)
        assert found.root.key == f"{root.kind}/{root.pk}"
        assert found.root == found.nodes[0]
        assert found.root.object == named.object_id
        assert f"data_product/{other.pk}" not in _keys(found.nodes)
    upstream = lineage(run, direction=Direction.UPSTREAM, depth=1)
    assert {f"data_product/{one.pk}" for one in (named, other)} <= {
        *_keys(upstream.nodes)
    }
    used = [edge for edge in upstream.edges if _role(edge) == "input_data"]
    assert {edge.target.id for edge in used} == {named.pk, other.pk}


def test_what_a_run_ran_with_is_part_of_its_lineage() -> None:
    run = CodeRunFactory()
    found = lineage(run, direction=Direction.UPSTREAM, depth=1)
    used = {_role(edge): edge.target.id for edge in found.edges}
    assert used == {
        "input_data": run.inputs.get().object_id,
        "software": run.code_repo_id,
        "model_configuration": run.model_config_id,
        "submission_script": run.submission_script_id,
    }
    back = lineage(run.code_repo, direction=Direction.DOWNSTREAM, depth=1)
    assert back.ids_of(CodeRun) == (run.pk,)
    assert run.outputs.get().object_id in back.ids_of(Object)


def test_very_many_links_are_a_limit_too_and_it_says_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("registry.provenance.lineage.most_links", lambda _: 25)
    parts = frozenset((0, n) for n in range(15))
    runs = tuple(Run(reads=parts, writes=frozenset({(1, 0)})) for _ in range(3))
    stored = store(Graph((0, 0), runs, parts=15))
    source, made = stored.objects
    down = lineage(source, direction=Direction.DOWNSTREAM, depth=None)
    assert down.truncated
    # of what comes after the last link that was read nothing is known
    assert _keys(down.stopped_at) == [f"object/{one.pk}" for one in (source, made)]
    assert len(down.nodes) == 5
    read = [edge for edge in down.edges if edge.type == "used"]
    assert len(read) == 26
    assert len(down.edges) == len(read) + 3
    up = lineage(stored.objects[1], direction=Direction.UPSTREAM, depth=None)
    assert _keys(up.stopped_at) == [f"code_run/{run.pk}" for run in stored.runs[1:]]


@pytest.mark.parametrize("direction", Direction)
def test_a_hub_costs_no_more_rows_than_the_limit(direction: Direction) -> None:
    whole = frozenset({(0, 0)})
    stored = store(Graph((0,), tuple(Run(whole, whole) for _ in range(60)), parts=1))
    found = lineage(stored.objects[0], direction=direction, depth=None, limit=10)
    assert found.truncated
    assert found.ids_of(CodeRun) == tuple(run.pk for run in stored.runs[:9])
    assert found.stopped_at == (found.root,)


def test_other_records_have_none() -> None:
    with pytest.raises(TypeError, match="Issue has no lineage"):
        lineage(IssueFactory(), direction=Direction.UPSTREAM, depth=1)


def test_a_record_alone_is_a_node_without_edges() -> None:
    alone = ObjectFactory()
    found = lineage(alone, direction=Direction.BOTH, depth=None)
    assert _keys(found.nodes) == [f"object/{alone.pk}"]
    assert found.edges == ()
    assert not found.truncated
