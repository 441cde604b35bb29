"""The registry of the provenance graph: what it refuses, and in which order it is."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from registry.catalogue.provenance import OBJECT
from registry.core.graph import Direction, LinkQuery, graph
from registry.core.graph.registry import GraphRegistry
from registry.runs.provenance import CODE_RUN


def test_a_link_is_between_an_activity_and_an_entity() -> None:
    query = LinkQuery(Direction.UPSTREAM, OBJECT, OBJECT, (None,), str)
    with pytest.raises(ImproperlyConfigured, match="from object to object"):
        GraphRegistry().register(types=(OBJECT,), queries=(query,))


def test_kinds_that_only_a_root_appears_as_come_last() -> None:
    assert list(graph.kinds) == [
        "data_product",
        "object",
        "code_run",
        "external_object",
        "model_run",
    ]


def test_queries_are_upstream_first() -> None:
    queries = graph.queries_in(Direction.DOWNSTREAM, Direction.UPSTREAM)
    directions = [query.direction for query in queries]
    assert directions == sorted(directions, reverse=True)


def test_every_node_type_has_a_document() -> None:
    for node_type in (OBJECT, CODE_RUN):
        assert node_type.document is graph.document_of(node_type.model())
