"""PROV-JSON of other tools: what becomes of it, and what is left out."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from prov.model import ProvDocument
from prov.tests.examples import primer_example

from registry.catalogue.models import (
    Author,
    DataProduct,
    KeyValue,
    Namespace,
    Object,
    StorageLocation,
)
from registry.identity.models import User
from registry.provenance.importing import derived_uuid
from registry.runs.models import CodeRun
from tests import factories
from tests.provenance.prov.documents import (
    EX,
    FOREIGN,
    HERE,
    THERE,
    take_in,
)

pytestmark = pytest.mark.django_db


def test_a_document_of_another_tool_is_registered(user: User) -> None:
    outcome = take_in(FOREIGN, user)
    run = CodeRun.objects.get()
    assert run.uuid == derived_uuid(f"{EX}draw")
    assert run.description == "Draw"
    assert run.run_date.isoformat() == "2026-03-04T04:06:07+00:00"
    assert run.end_date is not None
    assert run.end_date.isoformat() == "2026-03-04T06:00:00+00:00"
    [read], [written] = run.inputs.all(), run.outputs.all()
    assert read.whole_object
    assert read.object.description == "Counts"
    assert written.object.description == "out"
    assert written.object.uuid == derived_uuid("urn:x:out")
    assert run.submission_script == outcome.records["ex:plan"]
    ada, bob = written.object.authors.order_by("name")
    assert (ada.name, ada.identifier) == (
        "Ada Lovelace",
        "https://orcid.org/0000-0002-1825-0097",
    )
    assert (bob.name, bob.identifier) == ("bob", None)
    assert dict(read.object.key_values.values_list("key", "value")) == {
        f"{EX}unit": "boys",
        f"{EX}size": "14",
        "http://www.w3.org/ns/prov#atLocation": "ftp://old.example.org/counts.csv",
    }
    assert not DataProduct.objects.exists()
    assert not Object.objects.filter(description="inner").exists()


def test_what_is_left_out_is_said(user: User) -> None:
    outcome = take_in(FOREIGN, user)
    assert {part.where for part in outcome.left_out} == {
        "$.bundle['ex:bundle']",
        "$.wasAttributedTo['_:b']",
        "$.agent['ex:bot']",
        "$.wasAssociatedWith['_:d']",
        "$.wasInformedBy['_:h']",
        "$.hadMember['_:i']",
        "$.wasDerivedFrom['_:f']",
    }
    assert all(part.why for part in outcome.left_out)


def test_the_same_names_are_recognised_in_another_document(user: User) -> None:
    take_in(FOREIGN, user)
    more = {
        "prefix": {"other": EX},
        "activity": {"other:view": {"prov:startTime": "2026-05-04T05:06:07Z"}},
        "used": {"_:1": {"prov:activity": "other:view", "prov:entity": "other:in"}},
    }
    take_in(more, user)
    draw, view = CodeRun.objects.order_by("run_date")
    assert list(draw.inputs.all()) == list(view.inputs.all())


def test_blank_nodes_belong_to_their_document(user: User) -> None:
    document = {"entity": {"_:n": {"prov:label": "one"}}}
    take_in(document, user)
    take_in(document, user)
    assert Object.objects.count() == 1
    take_in({"entity": {"_:n": {"prov:label": "another"}}}, user)
    assert Object.objects.count() == 2


def test_the_primer_of_the_w3c_is_registered(user: User) -> None:
    primer: ProvDocument = primer_example()  # type: ignore[no-untyped-call]
    document = json.loads(primer.serialize(format="json") or "")
    # the primer leaves out when its activities began
    for number, activity in enumerate(document["activity"].values()):
        activity.setdefault("prov:startTime", f"2012-03-31T09:2{number}:00Z")
    outcome = take_in(document, user)
    composed = outcome.records["ex:compose"]
    assert isinstance(composed, CodeRun)
    assert {part.object for part in composed.inputs.all()} == {
        outcome.records["ex:dataSet1"],
        outcome.records["ex:regionList"],
    }
    assert Author.objects.get().name == "derek"


def test_an_older_registrys_report_is_registered(user: User) -> None:
    """Without UUIDs and roots, and the specialisation the other way round."""
    document = {
        "prefix": {
            "lreg": f"{THERE}/",
            "fair": "https://data.fairdatapipeline.org/vocab/#",
            "dcterms": "http://purl.org/dc/terms/",
            "dcat": "http://www.w3.org/ns/dcat#",
        },
        "entity": {
            "lreg:api/data_product/1": {
                "dcterms:title": "a/b",
                "fair:namespace": "SCRC",
                "dcat:hasVersion": "0.2.0",
                "prov:atLocation": "https://data.example.org/text_file/input/1",
                "fair:hash": factories.sha1(1),
                "dcterms:format": "text file",
            },
            "lreg:api/external_object/1": {
                "dcterms:title": "A paper",
                "dcterms:issued": {
                    "$": "2020-07-10T18:38:00+00:00",
                    "type": "xsd:dateTime",
                },
                "fair:alternate_identifier": "input_1",
                "fair:alternate_identifier_type": "text",
            },
        },
        "specializationOf": {
            "_:id1": {
                "prov:specificEntity": "lreg:api/data_product/1",
                "prov:generalEntity": "lreg:api/external_object/1",
            }
        },
    }
    take_in(document, user)
    product = DataProduct.objects.get()
    assert product.namespace == Namespace.objects.get(name="SCRC")
    assert product.external_object.alternate_identifier == "input_1"
    location = StorageLocation.objects.get()
    assert location.storage_root.root == "https://data.example.org/"
    assert location.path == "text_file/input/1"


def test_records_of_this_registry_are_meant_by_their_addresses(user: User) -> None:
    product = factories.DataProductFactory.create()
    author = factories.AuthorFactory.create()
    document = {
        "prefix": {"r": f"{HERE}/", "ex": EX},
        "activity": {"ex:view": {"prov:startTime": "2026-05-04T05:06:07Z"}},
        "used": {
            "_:1": {
                "prov:activity": "ex:view",
                "prov:entity": f"r:api/data_product/{product.pk}",
            },
        },
        "wasGeneratedBy": {"_:2": {"prov:activity": "ex:view", "prov:entity": "ex:o"}},
        "wasAttributedTo": {
            "_:3": {"prov:entity": "ex:o", "prov:agent": f"r:author/{author.pk}"}
        },
    }
    outcome = take_in(document, user)
    [read] = CodeRun.objects.get().inputs.all()
    assert read.object == product.object
    assert outcome.records[f"{HERE}/api/data_product/{product.pk}"] == product
    made = outcome.records[f"{EX}o"]
    assert isinstance(made, Object)
    assert list(made.authors.all()) == [author]


def test_a_run_on_record_need_not_say_again_when_it_began(user: User) -> None:
    take_in(FOREIGN, user)
    for time in ({}, {"prov:time": "2027-01-01T00:00:00Z"}):
        used = {"prov:activity": "ex:draw", "prov:entity": "ex:more", **time}
        take_in({"prefix": {"ex": EX}, "used": {"_:1": used}}, user)
    assert CodeRun.objects.get().inputs.count() == 2


def test_a_hash_without_a_place_is_kept(user: User) -> None:
    fair = "https://data.fairdatapipeline.org/vocab/#"
    entity = {"fair:hash": factories.sha1(1)}
    take_in({"prefix": {"ex": EX, "fair": fair}, "entity": {"ex:a": entity}}, user)
    assert KeyValue.objects.get().value == factories.sha1(1)


def test_the_time_of_a_relation_stands_in_for_that_of_an_activity(user: User) -> None:
    document = deepcopy(FOREIGN)
    del document["activity"]["ex:draw"]["prov:startTime"]
    document["used"]["_:u"]["prov:time"] = "2026-03-04T05:00:00Z"
    document["wasGeneratedBy"]["ex:g"]["prov:time"] = "2026-03-04T05:30:00Z"
    take_in(document, user)
    assert CodeRun.objects.get().run_date.isoformat() == "2026-03-04T05:00:00+00:00"
