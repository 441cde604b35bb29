"""What would change, and the issues on the way and behind."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.catalogue.models import DataProduct
from registry.core.graph import Direction
from registry.provenance.captions import captions_of
from registry.provenance.impact import impact, issues_on_the_way
from registry.provenance.lineage import lineage
from registry.runs.models import CodeRun
from tests.factories import CodeRunFactory, DataProductFactory, IssueFactory
from tests.provenance.graphs import Graph, Stored, chain, graphs, store
from tests.provenance.plainly import neighbours

pytestmark = pytest.mark.django_db


def _product(stored: Stored, number: int) -> DataProduct:
    return DataProduct.objects.get(object=stored.objects[number])


def _issue(stored: Stored, number: int, severity: int = 1) -> int:
    whole = stored.components[number, 0]
    return int(IssueFactory(component_issues=[whole], severity=severity).pk)


def test_every_product_downstream_is_found_with_the_issues_on_the_way() -> None:
    stored = store(chain(4))
    behind, here, way, end = (_issue(stored, n, n) for n in (0, 1, 2, 4))
    found = impact(_product(stored, 1))
    assert [
        (affected.node.id, affected.node.distance, affected.issues)
        for affected in found.products
    ] == [
        (_product(stored, 2).pk, 2, (way, here)),
        (_product(stored, 3).pk, 4, (way, here)),
        (_product(stored, 4).pk, 6, (end, way, here)),
    ]
    assert {*found.upstream_captions.issues} == {behind, here}
    assert {*found.captions.issues} == {here, way, end}


def test_issues_beside_the_way_are_not_on_it() -> None:
    stored = store(chain(1))
    beside = DataProductFactory()
    other = CodeRunFactory(
        inputs=[beside.object.components.get()], outputs=[stored.components[1, 0]]
    )
    IssueFactory(component_issues=[beside.object.components.get()])
    found = impact(_product(stored, 0))
    [affected] = found.products
    assert affected.issues == ()
    assert other.pk not in found.downstream.ids_of(CodeRun)


def test_the_newest_version_of_a_name_is_marked() -> None:
    stored = store(chain(2))
    last = _product(stored, 2)
    for version, newest in (("0.0.0-rc.1", [True, True]), ("0.1.0", [True, False])):
        DataProductFactory(namespace=last.namespace, name=last.name, version=version)
        found = impact(_product(stored, 0))
        assert [affected.newest for affected in found.products] == newest


def test_a_limit_is_told() -> None:
    found = impact(_product(store(chain(10)), 0), limit=5)
    assert found.downstream.truncated
    assert len(found.products) == 2
    assert not found.upstream.truncated


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(most=5), data=st.data())
@pytest.mark.slow
def test_issues_on_the_way_are_what_a_plain_search_finds(
    graph: Graph, data: st.DataObject
) -> None:
    stored = store(graph)
    numbers = data.draw(st.sets(st.integers(0, len(stored.objects) - 1)))
    issues = {stored.objects[n].pk: _issue(stored, n) for n in numbers}
    root = data.draw(st.sampled_from(stored.objects))
    found = lineage(root, direction=Direction.DOWNSTREAM, depth=None)
    ways = issues_on_the_way(found, captions_of(found))
    reached = {place: _reached(stored, place) for place in _reached(stored, root.pk)}
    for node in found.nodes:
        if node.object is not None:
            between = [here for here in reached if node.object in reached[here]]
            assert {*ways[node]} == {issues[pk] for pk in between if pk in issues}


def _reached(stored: Stored, start: int) -> set[int]:
    """Return the objects downstream of an object, and itself."""
    seen = {("object", start)}
    waiting = [("object", start)]
    while waiting:
        for place, _ in neighbours(stored, waiting.pop(), "downstream"):
            if place not in seen:
                seen.add(place)
                waiting.append(place)
    return {pk for kind, pk in seen if kind == "object"}


@pytest.mark.parametrize("length", [1, 30])
def test_the_number_of_queries_is_constant(length: int) -> None:
    stored = store(chain(length))
    _issue(stored, length)
    product = _product(stored, 0)
    with CaptureQueriesContext(connection) as queries:
        impact(product)
    # both walks, what they are called, and which versions are the newest; where the
    # second meets nothing new, its links are not read
    assert len(queries) == 3 + 2 + 2 + 2 + 1
