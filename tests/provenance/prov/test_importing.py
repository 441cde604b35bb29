"""PROV-JSON on its way in: ours, that of others, and what is broken or hostile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from prov.model import ProvDocument
from prov.tests.examples import primer_example

from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    KeyValue,
    Namespace,
    Object,
    ObjectComponent,
    StorageLocation,
)
from registry.core.errors import Conflict, InvalidInput
from registry.core.models import Event, Record
from registry.identity.models import User
from registry.provenance.importing import derived_uuid
from registry.provenance.prov import reading
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json
from registry.provenance.prov.importing import Outcome, import_document
from registry.runs.models import CodeRun
from tests import factories
from tests.provenance.world import make_world

HERE = "https://registry.example.org"
THERE = "https://elsewhere.example.org"
Json = dict[str, Any]


@pytest.fixture
def user() -> User:
    made: User = factories.UserFactory.create()
    return made


def take_in(data: Any, user: User, here: str = HERE) -> Outcome:
    return import_document(data, registry_url=here, by=user)


def counts() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in Record.__subclasses__()
    }


@contextmanager
def another_registry() -> Iterator[None]:
    """Undo what is registered within, as if it had been in another registry."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def component_names(components: Any) -> list[tuple[str, str]]:
    return sorted((str(one.object.uuid), one.name) for one in components.all())


def lineage_of_everything() -> list[Any]:
    """Say what each run used and wrote, in words that do not depend on ids."""
    return sorted(
        [
            str(run.uuid),
            run.description,
            run.run_date.isoformat(),
            str(run.end_date),
            *(
                str(thing.uuid) if thing else None
                for thing in (run.code_repo, run.model_config, run.submission_script)
            ),
            component_names(run.inputs),
            component_names(run.outputs),
        ]
        for run in CodeRun.objects.all()
    )


def everything() -> list[Any]:
    """Say what is on record of every object, in words that do not depend on ids."""
    return sorted(
        [
            str(thing.uuid),
            thing.description,
            str(thing.file_type),
            thing.storage_location
            and (
                thing.storage_location.storage_root.root,
                thing.storage_location.path,
                thing.storage_location.hash,
                thing.storage_location.public,
            ),
            sorted((one.name, one.identifier) for one in thing.authors.all()),
            sorted(
                (one.namespace.name, one.name, one.version)
                for one in thing.data_products.all()
            ),
        ]
        for thing in Object.objects.all()
    )


# --- Ours --------------------------------------------------------------------------


def exported(depth: int = 9) -> Json:
    return as_json(report(make_world().figure, depth=depth, registry_url=HERE))


@pytest.mark.django_db
@pytest.mark.parametrize("here", [HERE, THERE])
def test_what_one_registry_exports_another_imports_with_the_same_lineage(
    user: User, here: str
) -> None:
    with another_registry():
        document = exported()
        lineage = lineage_of_everything()
        objects = [{**dict(enumerate(one))} for one in everything()]
    assert not CodeRun.objects.exists()
    outcome = take_in(document, user, here)
    assert lineage_of_everything() == lineage
    # control characters, which a document cannot have, were replaced in it
    mine = [{**dict(enumerate(one))} for one in everything()]
    for one in (*mine, *objects):
        one[1] = str(one[1]).encode("ascii", "ignore")[:10]
    assert mine == objects
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


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_a_registrys_own_report_finds_its_own_records(user: User) -> None:
    document = exported()
    before = counts()
    outcome = take_in(document, factories.UserFactory.create())
    assert outcome.registered == ()
    assert counts() == before
    for key, record in outcome.records.items():
        assert key == f"lreg:api/{record.kind}/{record.pk}"


@pytest.mark.django_db
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


@pytest.mark.django_db
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


# --- That of others ----------------------------------------------------------------

EX = "http://example.org/"
FOREIGN: Json = {
    "prefix": {"ex": EX, "default": "urn:x:", "schema": "http://schema.org/"},
    "entity": {
        "ex:in": {
            "prov:label": {"$": "Counts", "lang": "en"},
            "ex:unit": "boys",
            "ex:size": {"$": "14", "type": "xsd:int"},
            "prov:atLocation": "ftp://old.example.org/counts.csv",
        },
        "out": [{"prov:type": {"$": "ex:Figure", "type": "xsd:QName"}}, {}],
        "ex:plan": {"prov:type": {"$": "prov:Plan", "type": "prov:QUALIFIED_NAME"}},
    },
    "activity": {
        "ex:draw": {
            "prov:startTime": "2026-03-04T05:06:07+01:00",
            "prov:endTime": {"$": "2026-03-04T06:00:00", "type": "xsd:dateTime"},
            "prov:label": "Draw",
        }
    },
    "agent": {
        "https://orcid.org/0000-0002-1825-0097": {"schema:name": "Ada Lovelace"},
        "ex:bot": {"prov:type": {"$": "prov:SoftwareAgent", "type": "xsd:QName"}},
        "ex:bob": {},
    },
    "used": {"_:u": {"prov:activity": "ex:draw", "prov:entity": "ex:in"}},
    "wasGeneratedBy": {"ex:g": {"prov:entity": "out", "prov:activity": "ex:draw"}},
    "wasAttributedTo": {
        "_:a": {
            "prov:entity": "out",
            "prov:agent": "https://orcid.org/0000-0002-1825-0097",
        },
        "_:b": {"prov:entity": "out", "prov:agent": "ex:bot"},
        "_:c": {"prov:entity": "out", "prov:agent": "ex:bob"},
    },
    "wasAssociatedWith": {
        "_:d": {
            "prov:activity": "ex:draw",
            "prov:agent": "ex:bot",
            "prov:plan": "ex:plan",
        }
    },
    "wasDerivedFrom": {
        "_:e": {"prov:generatedEntity": "out", "prov:usedEntity": "ex:in"},
        "_:f": {"prov:generatedEntity": "out", "prov:usedEntity": "ex:gone"},
    },
    "wasInformedBy": {"_:h": {"prov:informed": "ex:draw", "prov:informant": "ex:x"}},
    "hadMember": {
        "_:i": {"prov:collection": "ex:all", "prov:entity": ["ex:in", "out"]}
    },
    "bundle": {"ex:bundle": {"entity": {"ex:inner": {}}}},
}


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_blank_nodes_belong_to_their_document(user: User) -> None:
    document = {"entity": {"_:n": {"prov:label": "one"}}}
    take_in(document, user)
    take_in(document, user)
    assert Object.objects.count() == 1
    take_in({"entity": {"_:n": {"prov:label": "another"}}}, user)
    assert Object.objects.count() == 2


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_a_run_on_record_need_not_say_again_when_it_began(user: User) -> None:
    take_in(FOREIGN, user)
    for time in ({}, {"prov:time": "2027-01-01T00:00:00Z"}):
        used = {"prov:activity": "ex:draw", "prov:entity": "ex:more", **time}
        take_in({"prefix": {"ex": EX}, "used": {"_:1": used}}, user)
    assert CodeRun.objects.get().inputs.count() == 2


@pytest.mark.django_db
def test_a_hash_without_a_place_is_kept(user: User) -> None:
    fair = "https://data.fairdatapipeline.org/vocab/#"
    entity = {"fair:hash": factories.sha1(1)}
    take_in({"prefix": {"ex": EX, "fair": fair}, "entity": {"ex:a": entity}}, user)
    assert KeyValue.objects.get().value == factories.sha1(1)


@pytest.mark.django_db
def test_the_time_of_a_relation_stands_in_for_that_of_an_activity(user: User) -> None:
    document = deepcopy(FOREIGN)
    del document["activity"]["ex:draw"]["prov:startTime"]
    document["used"]["_:u"]["prov:time"] = "2026-03-04T05:00:00Z"
    document["wasGeneratedBy"]["ex:g"]["prov:time"] = "2026-03-04T05:30:00Z"
    take_in(document, user)
    assert CodeRun.objects.get().run_date.isoformat() == "2026-03-04T05:00:00+00:00"


# --- What is broken or hostile -----------------------------------------------------


def refused(document: Any, user: User) -> dict[str, list[str]]:
    before = counts()
    with pytest.raises(InvalidInput) as error:
        take_in(document, user)
    assert counts() == before
    return {where: list(messages) for where, messages in error.value.fields.items()}


def changed(path: str, value: Any) -> Json:
    """Return the foreign document with one part put in place of another."""
    document = deepcopy(FOREIGN)
    *parents, last = path.split("/")
    place: Any = document
    for parent in parents:
        place = place[parent]
    place[last] = value
    return document


BROKEN = [
    ("entity", [], "$.entity", "Give statements by their identifiers."),
    ("prefix", "x", "$.prefix", "Give prefixes with their namespaces."),
    ("prefix/ex", 5, "$.prefix.ex", "A namespace is a URI."),
    ("@graph", [], "$['@graph']", "PROV-JSON has nothing of this name"),
    ("entity/ex:in", 5, "$.entity['ex:in']", "Give attributes by their names."),
    ("entity/no:x", {}, "$.entity['no:x']", "The prefix of 'no:x' is not declared"),
    (
        "entity/ex:in/ex:a",
        {"x": 1},
        "$.entity['ex:in']['ex:a']",
        "Give a text, a number",
    ),
    (
        "entity/ex:in/ex:a",
        [1, None],
        "$.entity['ex:in']['ex:a'][1]",
        "Give a text, a number",
    ),
    ("entity/ex:in/no:a", "x", "$.entity['ex:in']['no:a']", "The prefix of 'no:a'"),
    (
        "entity/ex:in/ex:a",
        "a\0b",
        "$.entity['ex:in']['ex:a']",
        "Null characters are not allowed.",
    ),
    (
        "activity/ex:draw/prov:startTime",
        "yesterday",
        "$.activity['ex:draw']['prov:startTime']",
        "Give a time such as",
    ),
    ("activity/ex:draw", {}, "$.activity['ex:draw']", "When did this begin?"),
    (
        "activity/ex:draw/prov:endTime",
        "2020-01-01T00:00:00Z",
        "$.activity['ex:draw']",
        "end_date: A run cannot end before its run_date.",
    ),
    ("used/_:u", {}, "$.used['_:u']", "prov:activity is missing."),
    ("used/_:u", [{}], "$.used['_:u'][0]", "prov:activity is missing."),
    (
        "used/_:u/prov:entity",
        7,
        "$.used['_:u']['prov:entity']",
        "Give the identifier of an element.",
    ),
    (
        "wasAttributedTo/_:c/prov:agent",
        "https://orcid.org/a b",
        "$.wasAttributedTo['_:c']",
        "identifier: ",
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize("path,value,where,message", BROKEN)
def test_a_broken_document_is_refused_with_the_place(
    user: User, path: str, value: Any, where: str, message: str
) -> None:
    said = refused(changed(path, value), user)
    assert said[where][0].startswith(message), said


@pytest.mark.django_db
@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_what_is_no_document_is_refused(user: User, document: Any) -> None:
    assert refused(document, user) == {"$": ["A PROV-JSON document is a JSON object."]}


@pytest.mark.django_db
@pytest.mark.parametrize("document", [{}, {"prefix": {}}, {"entity": {}}])
def test_a_document_that_says_nothing_is_refused(user: User, document: Any) -> None:
    assert refused(document, user) == {"$": ["The document says nothing of its own."]}


@pytest.mark.django_db
def test_everything_that_is_wrong_is_said_at_once(user: User) -> None:
    document = changed("entity/no:x", {})
    document["used"]["_:u"] = {}
    assert set(refused(document, user)) == {"$.entity['no:x']", "$.used['_:u']"}


@pytest.mark.django_db
def test_a_place_outside_its_root_is_refused(user: User) -> None:
    fair = "https://data.fairdatapipeline.org/vocab/#"
    document = {
        "prefix": {"ex": EX, "fair": fair},
        "entity": {
            "ex:a": {
                "prov:atLocation": "https://data.example.org/a",
                "fair:storage_root": "https://else.example.org/",
                "fair:hash": factories.sha1(1),
            },
        },
    }
    [where] = refused(document, user)
    assert where == "$.entity['ex:a']['prov:atLocation']"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name,value",
    [
        ("fair:uuid", "nonsense"),
        ("fair:public", "perhaps"),
        ("fair:storage_root", "javascript:"),
        ("fair:storage_root", "https://user:secret@data.example.org/"),
        ("fair:namespace", "a*"),
        ("dcat:hasVersion", "first"),
        ("dcterms:title", "a[b]"),
    ],
)
def test_values_that_no_record_takes_are_refused(
    user: User, name: str, value: str
) -> None:
    entity = {
        "dcterms:title": "a/b",
        "fair:namespace": "n",
        "dcat:hasVersion": "1.0.0",
        "fair:hash": factories.sha1(1),
        "fair:storage_root": "https://data.example.org/",
        "prov:atLocation": "https://data.example.org/x",
        name: value,
    }
    if name == "fair:storage_root":
        entity["prov:atLocation"] = f"{value.removesuffix('/')}/x"
    document = {
        "prefix": {
            "ex": EX,
            "fair": "https://data.fairdatapipeline.org/vocab/#",
            "dcterms": "http://purl.org/dc/terms/",
            "dcat": "http://www.w3.org/ns/dcat#",
        },
        "entity": {"ex:a": entity},
    }
    [where] = refused(document, user)
    assert where.startswith("$.entity['ex:a']")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["code_run", "author", "data_product"])
def test_addresses_here_of_what_is_not_here_are_refused(user: User, kind: str) -> None:
    entity = f"{HERE}/api/{kind}/987654"
    assert refused({"entity": {entity: {}}}, user) == {
        f"$.entity['{entity}']": [f"{kind} 987654 is not here."]
    }


@pytest.mark.django_db
def test_a_run_is_no_entity(user: User) -> None:
    run = factories.CodeRunFactory.create()
    [messages] = refused(
        {"entity": {f"{HERE}/api/code_run/{run.pk}": {}}}, user
    ).values()
    assert messages == ["A code_run is no entity."]


@pytest.mark.django_db
def test_other_bytes_of_a_known_product_are_a_conflict(user: User) -> None:
    document = exported()
    entity = next(
        one
        for one in document["entity"].values()
        if one.get("dcterms:title") == "influenza/rates"
    )
    entity["fair:hash"] = factories.sha1(77)
    before = counts()
    with pytest.raises(Conflict, match="has the hash"):
        take_in(document, user)
    assert counts() == before


@pytest.mark.django_db
def test_too_many_statements_are_refused(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_STATEMENTS", 10)
    [message] = refused(FOREIGN, user)["$"]
    assert message.startswith("A document has at most 10 statements; this one has ")


@pytest.mark.django_db
def test_nothing_is_left_when_the_last_record_is_refused(user: User) -> None:
    document = changed("activity/ex:draw/prov:label", "x" * 1025)
    assert list(refused(document, user)) == ["$.activity['ex:draw']"]
    for model in (Author, Object, ObjectComponent, KeyValue):
        assert not model._default_manager.exists()


_TEXTS = st.text(max_size=5) | st.sampled_from(
    ["ex:a", "ex:b", "prov:entity", "prov:activity", "2026-03-04T05:06:07Z", "_:x"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_TEXTS | st.sampled_from(["$", "type"]), inner, max_size=3)
    ),
    max_leaves=6,
)
_DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "prefix": st.just({"ex": EX, "default": EX}) | _VALUES,
        "bundle": _VALUES,
        **{
            kind: st.dictionaries(_TEXTS, st.dictionaries(_TEXTS, _VALUES)) | _VALUES
            for kind in (*reading.ELEMENTS, *reading.RELATIONS)
        },
    },
)


class TestAnyDocument(TestCase):
    """Whatever comes in, the answer is records or a refusal, never a failure."""

    @given(document=_DOCUMENTS)
    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    def test_any_document_is_taken_or_refused(self, document: Any) -> None:
        user = factories.registrar()
        before = counts()
        try:
            outcome = take_in(document, user)
        except (InvalidInput, Conflict):
            assert counts() == before
        else:
            assert sum(counts().values()) - sum(before.values()) >= 0
            assert take_in(document, user).registered == ()
            assert outcome.records or outcome.left_out
