"""What a newcomer's node types have by being registered, and by nothing else.

Run by ``test_node_type.py`` in a process whose settings have the newcomer's
application.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from registry.catalogue.models import DataProduct, Object
from registry.core.graph import Direction
from registry.core.records import create_records
from registry.provenance.captions import captions_of
from registry.provenance.crates.reading import MetadataAlone, receive
from registry.provenance.crates.writing import load, metadata_of
from registry.provenance.drawing import drawing_of
from registry.provenance.lineage import lineage
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json
from registry.provenance.prov.importing import import_document
from registry.runs.models import CodeRun
from tests import factories
from tests.newcomer.reviews.models import Guideline, Review
from tests.provenance.crates.handed import NOBODY, url_of
from tests.provenance.prov.documents import another_registry

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ELSEWHERE = "https://elsewhere.example.org"


@dataclass(frozen=True)
class Reviewed:
    """A run, the object that it wrote, the review of that, and the report."""

    run: CodeRun
    written: Object
    review: Any
    report: DataProduct


@pytest.fixture
def world() -> Reviewed:
    return make_world()


def make_world() -> Reviewed:
    """Register a review, and what it is about."""
    user = factories.UserFactory.create()
    written = factories.ObjectFactory.create(description="The rates")
    run = factories.CodeRunFactory.create(
        outputs=[written.components.get(whole_object=True)], code_repo=None
    )
    report = factories.DataProductFactory.create(name="review/rates")
    [guideline] = create_records(Guideline, [{"title": "How to review"}], by=user)
    values = {
        "reviewed": written,
        "guideline": guideline,
        "report": report.object,
        "verdict": "Sound",
        "began": BEGAN,
    }
    [review] = create_records(Review, [values], by=user)
    return Reviewed(run, written, review, report)


def keys(root: Any, direction: Direction) -> set[str]:
    """Return the names of what a lineage has."""
    return {one.key for one in lineage(root, direction=direction, depth=None).nodes}


def test_lineages_go_through_it_both_ways(world: Reviewed) -> None:
    made_from = {
        f"data_product/{world.report.pk}",
        f"review/{world.review.pk}",
        f"guideline/{world.review.guideline_id}",
        f"object/{world.written.pk}",
        f"code_run/{world.run.pk}",
    }
    upstream = keys(world.report, Direction.UPSTREAM)
    assert made_from <= upstream
    downstream = keys(world.run, Direction.DOWNSTREAM)
    assert f"review/{world.review.pk}" in downstream
    assert f"data_product/{world.report.pk}" in downstream
    used = keys(world.review.guideline, Direction.DOWNSTREAM)
    assert f"review/{world.review.pk}" in used


def test_one_review_is_one_step_of_depth(world: Reviewed) -> None:
    found = lineage(world.report, direction=Direction.UPSTREAM, depth=1)
    assert {one.kind for one in found.nodes} == {
        "data_product",
        "review",
        "guideline",
        "object",
    }


def test_nodes_have_captions_and_are_drawn(world: Reviewed) -> None:
    found = lineage(world.report, direction=Direction.UPSTREAM, depth=None)
    captions = captions_of(found)
    labels = {node.kind: caption.label for node, caption in captions.of.items()}
    assert labels["review"] == "Sound"
    assert labels["guideline"] == "How to review"
    drawing = drawing_of(found, captions, url_of=lambda node: f"/{node.key}/")
    titles = " ".join(drawing.titles.values())
    assert "review Sound used guideline How to review as its guideline" in titles
    assert f'URL="/review/{world.review.pk}/" class="run"' in drawing.dot
    assert f'URL="/guideline/{world.review.guideline_id}/" class="thing"' in drawing.dot


def test_the_api_has_its_lineage(world: Reviewed) -> None:
    place = reverse("lineage", args=["review", world.review.pk])
    shape = APIClient().get(place, {"format": "json"}).json()
    nodes = {node["kind"]: node for node in shape["nodes"]}
    assert nodes["review"]["object"] is None
    assert nodes["guideline"]["object"] is None
    assert nodes["object"]["object"].endswith(f"/api/object/{world.written.pk}/")
    roles = {edge["role"] for edge in shape["edges"]}
    assert roles == {"reviewed", "guide"}


def test_reports_tell_of_it_and_another_registry_reads_them() -> None:
    with another_registry():
        world = make_world()
        document = as_json(report(world.report, depth=9, registry_url=ELSEWHERE))
        uuid, guideline = world.review.uuid, world.review.guideline.uuid
        written = world.written.uuid
    about = f"lreg:api/review/{world.review.pk}"
    assert document["activity"][about]["fair:verdict"] == "Sound"
    assert document["activity"][about]["prov:startTime"] == BEGAN.isoformat()
    outcome = import_document(document, registry_url="https://here", by=importer())
    review: Any = Review._default_manager.get()
    assert {"review", "guideline"} <= {one.kind for one in outcome.registered}
    assert (review.uuid, review.verdict, review.began) == (uuid, "Sound", BEGAN)
    assert (review.guideline.uuid, review.guideline.title) == (
        guideline,
        "How to review",
    )
    assert review.reviewed.uuid == written
    assert review.report == DataProduct.objects.get(name="review/rates").object
    again = import_document(document, registry_url="https://here", by=importer())
    assert again.registered == ()


def test_a_registry_recognises_its_own_reviews(world: Reviewed) -> None:
    here = "https://here.example.org"
    document = as_json(report(world.report, depth=9, registry_url=here))
    assert import_document(document, registry_url=here, by=importer()).registered == ()


def test_crates_tell_of_it_and_another_registry_reads_them() -> None:
    with another_registry():
        world = make_world()
        content = load(world.report, depth=9, user=NOBODY)
        metadata = orjson.dumps(metadata_of(content, url_of=url_of, packed=False))
        uuid, guideline = world.review.uuid, world.review.guideline.uuid
        written = world.written.uuid
    received = receive(MetadataAlone(metadata), by=importer())
    review: Any = Review._default_manager.get()
    assert {"review", "guideline"} <= {one.kind for one in received.registered}
    assert (review.uuid, review.verdict, review.began) == (uuid, "Sound", BEGAN)
    assert (review.guideline.uuid, review.guideline.title) == (
        guideline,
        "How to review",
    )
    assert review.reviewed.uuid == written
    assert review.report == DataProduct.objects.get(name="review/rates").object
    assert CodeRun.objects.count() == 1
    assert receive(MetadataAlone(metadata), by=importer()).registered == ()


def importer() -> Any:
    """Return an account that imports documents."""
    return factories.UserFactory.create()


def test_the_vocabulary_has_its_terms() -> None:
    answer = APIClient().get("/vocab/", {"format": "turtle"})
    text = answer.content.decode()
    for term in ("Review", "Guideline", "verdict", "reviewed", "guide", "guided_by"):
        assert f"fair:{term} a " in text
