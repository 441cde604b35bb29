"""PROV documents: what they say, in the words that their readers know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prov.model import ProvDocument

from registry.core.errors import InvalidInput
from registry.provenance.prov import records
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json
from registry.provenance.prov.statements import as_prov
from registry.runs.models import CodeRun
from tests import factories
from tests.provenance.world import BEGAN, ORCID, SHOWN, World, make_world, whole

pytestmark = pytest.mark.django_db

HERE = "https://registry.example.org"
Json = dict[str, Any]


@pytest.fixture
def world() -> World:
    return make_world()


def told(subject: Any, depth: int = 1, **options: Any) -> Json:
    """Return a report as PROV-JSON."""
    return as_json(report(subject, depth=depth, registry_url=HERE, **options))


def name(record: Any) -> str:
    return f"lreg:api/{record.kind}/{record.pk}"


def qname(text: str) -> Json:
    return {"$": text, "type": "prov:QUALIFIED_NAME"}


def pairs(document: Json, relation: str, *attributes: str) -> set[tuple[Any, ...]]:
    """Return what a relation relates, as often as it does."""
    found = [
        tuple(one.get(f"prov:{attribute}") for attribute in attributes)
        for one in document.get(relation, {}).values()
    ]
    assert len(found) == len(set(found)), f"told twice: {found}"
    return set(found)


def test_prefixes_are_those_that_readers_know(world: World) -> None:
    assert told(world.figure)["prefix"] == {
        "dcat": "http://www.w3.org/ns/dcat#",
        "dcmitype": "http://purl.org/dc/dcmitype/",
        "dcterms": "http://purl.org/dc/terms/",
        "fair": "https://data.fairdatapipeline.org/vocab/#",
        "foaf": "http://xmlns.com/foaf/spec/#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "lreg": f"{HERE}/",
    }


def test_a_data_product_is_a_dataset_with_its_names_and_its_place(
    world: World,
) -> None:
    assert told(world.paper)["entity"][name(world.paper)] == {
        "rdf:type": qname("dcat:Dataset"),
        "dcterms:title": "influenza/in-bed",
        "fair:namespace": "flu",
        "dcat:hasVersion": "1.0.0",
        "dcterms:modified": {"$": BEGAN.isoformat(), "type": "xsd:dateTime"},
        "prov:atLocation": "https://data.example.org/store/counts.csv",
        "fair:storage_root": "https://data.example.org/store",
        "fair:hash": factories.sha1(1),
        "dcterms:description": SHOWN,
        "dcterms:format": "Comma-separated values",
        "fair:extension": "csv",
        "fair:uuid": str(world.paper.object.uuid),
    }


def test_an_external_object_specialises_its_data_product(world: World) -> None:
    document = told(world.paper)
    external = world.paper.external_object
    assert document["entity"][name(external)] == {
        "rdf:type": qname("dcat:Dataset"),
        "dcterms:title": "Influenza in a boarding school",
        "dcterms:issued": {
            "$": "1978-03-04T00:00:00+00:00",
            "type": "xsd:dateTime",
        },
        "dcat:hasVersion": "1.0.0",
        "dcterms:identifier": "https://doi.org/10.1136/bmj.1.6112.586",
        "fair:alternate_identifier": "PMC1603269",
        "fair:alternate_identifier_type": "PMCID",
        "dcterms:description": "A note",
        "prov:atLocation": "https://data.example.org/store/original.pdf",
        "fair:storage_root": "https://data.example.org/store",
        "fair:hash": factories.sha1(9),
        "fair:primary_not_supplement": False,
    }
    assert pairs(document, "specializationOf", "specificEntity", "generalEntity") == {
        (name(external), name(world.paper))
    }


def test_a_product_of_no_run_is_the_entity_alone() -> None:
    product = factories.DataProductFactory.create()
    document = told(product, depth=5)
    del document["prefix"]
    assert list(document) == ["entity"]
    assert list(document["entity"]) == [name(product)]


def test_a_run_is_an_activity_with_its_times(world: World) -> None:
    assert told(world.rates)["activity"] == {
        name(world.fit): {
            "prov:startTime": "2021-07-17T19:21:11+00:00",
            "prov:endTime": "2021-07-17T19:51:11.000005+00:00",
            "rdf:type": qname("fair:Run"),
            "dcterms:description": "Run number 1",
            "fair:uuid": str(world.fit.uuid),
        }
    }


def test_what_a_run_used_has_a_role(world: World) -> None:
    document = told(world.rates)
    fit = world.fit
    used = {
        one["prov:entity"]: (one["prov:role"]["$"], one.get("fair:component"))
        for one in document["used"].values()
    }
    assert used == {
        name(fit.code_repo.code_repo_release): ("fair:software", None),  # type: ignore[union-attr]
        name(fit.model_config): ("fair:model_configuration", None),
        name(fit.submission_script): ("fair:submission_script", None),
        name(world.paper): ("fair:input_data", ["in_bed", "day"]),
    }
    assert document["entity"][name(fit.submission_script)]["rdf:type"] == qname(
        "dcmitype:Software"
    )
    assert "rdf:type" not in document["entity"][name(fit.model_config)]


def test_a_release_is_software_with_its_names(world: World) -> None:
    release = world.fit.code_repo.code_repo_release  # type: ignore[union-attr]
    said = told(world.rates)["entity"][name(release)]
    assert said["rdf:type"] == qname("dcmitype:Software")
    assert said["dcterms:title"] == "org/model"
    assert said["dcat:hasVersion"] == "1.2.3"
    assert said["fair:website"] == "https://example.org/m"


def test_parts_that_were_written_are_named_unless_it_was_the_whole(
    world: World,
) -> None:
    [generated] = told(world.rates)["wasGeneratedBy"].values()
    assert generated == {
        "prov:entity": name(world.rates),
        "prov:activity": name(world.fit),
        "fair:component": ["whole_object", "beta"],
    }
    [one, other] = told(world.figure)["wasGeneratedBy"].values()
    assert "fair:component" not in {**one, **other}


def test_every_run_that_made_a_product_is_told_of(world: World) -> None:
    document = told(world.figure)
    runs = {name(run) for run in world.drawings}
    assert set(document["activity"]) == runs
    assert pairs(document, "wasGeneratedBy", "entity", "activity") == {
        (name(world.figure), run) for run in runs
    }


def test_an_output_is_derived_from_each_input(world: World) -> None:
    document = told(world.figure)
    assert pairs(document, "wasDerivedFrom", "generatedEntity", "usedEntity") == {
        (name(world.figure), name(world.rates)),
        (name(world.figure), name(world.log)),
    }


def test_depth_counts_runs(world: World) -> None:
    assert name(world.fit) not in told(world.figure, depth=1)["activity"]
    deep = told(world.figure, depth=2)
    assert name(world.fit) in deep["activity"]
    assert deep == told(world.figure, depth=100)


def test_an_author_is_a_person(world: World) -> None:
    document = told(world.paper)
    ada, bob = world.paper.object.authors.order_by("pk")
    assert document["agent"] == {
        name(ada): {
            "rdf:type": qname("prov:Person"),
            "foaf:name": "Ada Lovelace",
            "dcterms:identifier": ORCID,
            "fair:uuid": str(ada.uuid),
        },
        name(bob): {
            "rdf:type": qname("prov:Person"),
            "foaf:name": "Bob",
            "fair:uuid": str(bob.uuid),
        },
    }
    roles = [one["prov:role"] for one in document["wasAttributedTo"].values()]
    assert roles == [qname("dcterms:creator")] * 2
    assert pairs(document, "wasAttributedTo", "entity", "agent") == {
        (name(world.paper), name(ada)),
        (name(world.paper), name(bob)),
    }


def test_the_author_whose_account_it_is_started_a_run(world: World) -> None:
    document = told(world.rates)
    ada = world.runner.user_author.author
    assert list(document["wasStartedBy"].values()) == [
        {
            "prov:activity": name(world.fit),
            "prov:trigger": name(ada),
            "prov:time": "2021-07-17T19:21:11+00:00",
            "prov:role": qname("fair:code_runner"),
        }
    ]
    assert list(document["wasAssociatedWith"].values()) == [
        {
            "prov:activity": name(world.fit),
            "prov:agent": name(ada),
            "prov:plan": name(world.fit.submission_script),
            "prov:role": qname("fair:code_runner"),
        }
    ]


def test_other_accounts_are_named_to_those_who_have_one(world: World) -> None:
    clerk = world.drawings[0].registered_by
    account = f"lreg:api/users/{clerk.pk}"
    assert told(world.figure)["agent"][account] == {"rdf:type": qname("prov:Person")}
    named = told(world.figure, naming_accounts=True)["agent"][account]
    assert named["foaf:name"] == "clerk-2"


def test_a_private_place_is_marked(world: World) -> None:
    entities = told(world.figure)["entity"]
    assert entities[name(world.log)]["fair:public"] is False
    assert "fair:public" not in entities[name(world.figure)]


def test_a_private_object_is_marked(world: World) -> None:
    factories.KeyValueFactory.create(
        object=world.figure.object, key="accessibility", value="Private"
    )
    assert told(world.figure)["entity"][name(world.figure)]["fair:public"] is False


def test_a_report_of_a_run_has_all_that_it_wrote(world: World) -> None:
    document = told(world.fit)
    assert pairs(document, "wasGeneratedBy", "entity", "activity") == {
        (name(world.rates), name(world.fit)),
        (name(world.log), name(world.fit)),
    }
    assert list(document["activity"]) == [name(world.fit)]


def test_a_run_of_nothing_is_the_activity_and_its_person() -> None:
    run = factories.CodeRunFactory.create(
        code_repo=None,
        model_config=None,
        submission_script=None,
        inputs=[],
        outputs=[],
    )
    document = told(run)
    assert list(document) == [
        "prefix",
        "activity",
        "agent",
        "wasStartedBy",
        "wasAssociatedWith",
    ]


def test_a_report_of_an_object_is_of_all_its_products(world: World) -> None:
    second = factories.DataProductFactory.create(object=world.rates.object)
    document = told(world.rates.object)
    assert pairs(document, "wasGeneratedBy", "entity", "activity") == {
        (name(world.rates), name(world.fit)),
        (name(second), name(world.fit)),
    }
    assert name(second) not in told(world.rates)["entity"]
    assert name(world.log) in told(world.log)["entity"]


def test_what_a_run_reads_and_writes_is_used_and_generated(world: World) -> None:
    thing = world.log
    run = factories.CodeRunFactory.create(
        inputs=[whole(thing)], outputs=[whole(thing)], model_config=thing
    )
    document = told(thing, depth=3)
    assert (name(thing), name(run)) in pairs(
        document, "wasGeneratedBy", "entity", "activity"
    )
    assert (name(thing), name(thing)) not in {
        (one["prov:generatedEntity"], one["prov:usedEntity"])
        for one in document.get("wasDerivedFrom", {}).values()
    }


def test_a_report_takes_the_same_queries_whatever_its_size(world: World) -> None:
    numbers = []
    for subject, depth in ((world.rates, 1), (world.figure, 1), (world.figure, 50)):
        with CaptureQueriesContext(connection) as queries:
            report(subject, depth=depth, registry_url=HERE)
        numbers.append(len(queries))
    assert numbers == [12, 15, 15]


def test_too_many_relations_are_refused_before_they_are_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MOST_RELATIONS", 5)
    with pytest.raises(InvalidInput, match="relations: ask for fewer runs") as refused:
        report(world.figure, depth=2, registry_url=HERE)
    assert list(refused.value.fields) == ["depth"]


def test_a_report_can_be_read_back(world: World) -> None:
    document = report(world.figure, depth=9, registry_url=HERE)
    text = json.dumps(as_json(document))
    assert ProvDocument.deserialize(content=text, format="json") == as_prov(document)


def test_the_same_records_are_told_in_the_same_order(world: World) -> None:
    first, second = (
        json.dumps(told(CodeRun.objects.get(pk=world.fit.pk), 3)) for _ in range(2)
    )
    assert first == second
