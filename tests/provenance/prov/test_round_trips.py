"""What one registry exports, another takes in with the same lineage."""

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra.django import TestCase

from registry.catalogue.models import (
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    Object,
    ObjectComponent,
)
from registry.core.graph import Direction
from registry.core.models import Event
from registry.identity.models import User
from registry.provenance.lineage import Node, lineage
from registry.provenance.prov import reading
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json
from registry.runs.models import CodeRun
from tests import factories
from tests.provenance.graphs import Graph, graphs, store
from tests.provenance.prov.documents import (
    HERE,
    THERE,
    another_registry,
    component_names,
    counts,
    everything,
    exported,
    lineage_of_everything,
    take_in,
)
from tests.provenance.world import make_world

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("here", [HERE, THERE])
def test_what_one_registry_exports_another_imports_with_the_same_lineage(
    user: User, here: str
) -> None:
    with another_registry():
        document = exported()
        lineage = lineage_of_everything()
        objects = everything()
    assert not CodeRun.objects.exists()
    outcome = take_in(document, user, here)
    assert lineage_of_everything() == lineage
    assert everything() == objects
    assert {one.kind for one in outcome.registered} >= {
        "author",
        "code_repo_release",
        "code_run",
        "data_product",
        "external_object",
        "file_type",
        "namespace",
        "object",
        "object_component",
        "storage_location",
        "storage_root",
    }
    external = ExternalObject.objects.get()
    assert external.identifier == "https://doi.org/10.1136/bmj.1.6112.586"
    assert not external.primary_not_supplement
    release = CodeRepoRelease.objects.get()
    assert (release.name, release.website) == ("org/model", "https://example.org/m")
    # so that it can be told on, in the same words
    product = DataProduct.objects.get(name="influenza/figure")
    again = as_json(report(product, depth=9, registry_url=HERE))
    for kind in (*reading.ELEMENTS, *reading.RELATIONS):
        # but for who registered the runs
        expected = len(document.get(kind, {})) - (1 if kind == "agent" else 0)
        assert len(again.get(kind, {})) == max(0, expected), kind


def test_an_imported_document_comes_again_and_nothing_happens(user: User) -> None:
    with another_registry():
        document = exported()
    first = take_in(document, user)
    before, events = counts(), Event.objects.count()
    again = take_in(deepcopy(document), user)
    assert again.registered == ()
    assert again.records == first.records
    assert again.left_out == first.left_out
    assert (counts(), Event.objects.count()) == (before, events)


def test_a_registrys_own_report_finds_its_own_records(user: User) -> None:
    document = exported()
    before = counts()
    outcome = take_in(document, factories.UserFactory.create())
    assert outcome.registered == ()
    assert counts() == before
    for key, record in outcome.records.items():
        assert key == f"lreg:api/{record.kind}/{record.pk}"


def test_reports_of_two_outputs_of_a_run_make_one_run(user: User) -> None:
    with another_registry():
        world = make_world()
        documents = [
            as_json(report(subject, depth=1, registry_url=THERE))
            for subject in (world.rates, world.log)
        ]
        written = component_names(world.fit.outputs)
    for document in documents:
        take_in(document, user)
    assert component_names(CodeRun.objects.get().outputs) == written


def test_several_names_of_one_file_are_one_object(user: User) -> None:
    with another_registry():
        world = make_world()
        factories.DataProductFactory.create(object=world.rates.object, name="alias")
        factories.CodeRunFactory.create(
            model_config=world.rates.object, outputs=world.log.components.all()
        )
        document = as_json(report(world.figure, depth=2, registry_url=THERE))
        uuid = world.rates.object.uuid
    take_in(document, user)
    thing = Object.objects.get(uuid=uuid)
    assert thing.data_products.count() == 2
    assert CodeRun.objects.filter(model_config=thing).count() == 1


def upstream_of(thing: Object) -> set[tuple[str | None, ...]]:
    """Return the lineage of an object, in words that do not depend on ids."""
    found = lineage(thing, direction=Direction.UPSTREAM, depth=None)
    names: dict[tuple[str, int], str] = {
        ("run", pk): str(uuid) for pk, uuid in CodeRun.objects.values_list("pk", "uuid")
    } | {
        ("object", pk): str(uuid)
        for pk, uuid in Object.objects.values_list("pk", "uuid")
    }
    parts = dict(ObjectComponent.objects.values_list("pk", "name"))

    def name(node: Node) -> str:
        is_run = node.object is None
        return names["run", node.id] if is_run else names["object", node.object or 0]

    return {
        (
            name(edge.source),
            edge.type.value,
            name(edge.target),
            parts[edge.component] if edge.component is not None else None,
            edge.role.name if edge.role is not None else None,
        )
        for edge in found.edges
    }


@pytest.mark.slow
class TestAnyLineage(TestCase):
    """Whatever made an object, another registry says the same of it."""

    @given(graph=graphs())
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    def test_the_lineage_is_the_same_in_another_registry(self, graph: Graph) -> None:
        user = factories.registrar()
        with another_registry():
            thing = store(graph).objects[0]
            expected = upstream_of(thing)
            document = as_json(report(thing, depth=None, registry_url=THERE))
        take_in(document, user)
        arrived = Object.objects.get(uuid=thing.uuid)
        assert upstream_of(arrived) == expected
        again = take_in(document, factories.UserFactory.create())
        assert again.registered == ()
