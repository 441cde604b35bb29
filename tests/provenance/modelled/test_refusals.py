"""Wrong and contradicting definitions are refused, and nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from registry.core.errors import Conflict, InvalidInput, RegistryError
from registry.identity.models import User
from registry.provenance.crates.writing import metadata_of
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json
from registry.runs.models import DatasetTemplate, WorkflowTemplate
from tests.provenance.crates.handed import content_of, url_of
from tests.provenance.crates.made import take_in as take_in_crate
from tests.provenance.modelled.agreed import everything, make_agreed, on_record
from tests.provenance.prov.documents import THERE, another_registry, take_in

pytestmark = pytest.mark.django_db

Json = dict[str, Any]
DEFINITION = "fair:definition"


@pytest.fixture
def document() -> Json:
    """Return a report on a model run of another registry."""
    with another_registry():
        return as_json(report(make_agreed().code_run, depth=1, registry_url=THERE))


def element(document: Json, kind: str, nth: int = -1) -> Json:
    """Return what a document says of an element of this class: the last of them."""
    found: list[Json] = [
        one
        for elements in ("entity", "activity", "agent")
        for one in document[elements].values()
        if f'"fair:{kind}"' in json.dumps(one.get("rdf:type"))
    ]
    return found[nth]


def redefine(document: Json, kind: str, **values: Any) -> None:
    """Change a definition, and nothing beside it."""
    one = element(document, kind)
    defined = {**json.loads(one[DEFINITION]), **values}
    one[DEFINITION] = json.dumps(defined)


def refused(document: Json, user: User, error: type[RegistryError]) -> Any:
    """See a document refused and leave nothing; return the error."""
    before = everything()
    with pytest.raises(error) as caught:
        take_in(document, user)
    assert everything() == before
    return caught.value


@pytest.mark.parametrize(
    "kind, literal, message",
    [
        ("Study", "{", "This is no JSON"),
        ("Study", '"\\ud800"', "This is no JSON"),
        ("Study", "[" * 300 + "]" * 300, "This is no JSON"),
        ("Study", "[]", "Give an object with title, description"),
        ("Study", "{}", "Give an object with title, description"),
        ("Study", ["{}", "[]"], "Give one definition"),
        ("Organisation", '{"name":"A","ror":7,"uuid":"x"}', ".ror: Give a text."),
        (
            "Organisation",
            '{"name":"A","ror":null,"uuid":"x"}',
            ".uuid: Give a UUID.",
        ),
        (
            "Organisation",
            '{"name":"\\u0000","ror":null,"uuid":"x"}',
            ".name: A character in it cannot be stored.",
        ),
    ],
)
def test_a_definition_that_is_none_is_refused_with_its_place(
    document: Json, user: User, kind: str, literal: Any, message: str
) -> None:
    element(document, kind)[DEFINITION] = literal
    error = refused(document, user, InvalidInput)
    [(place, [found])] = error.fields.items()
    assert place.endswith("['fair:definition']")
    assert found.startswith(message)


@pytest.mark.parametrize(
    "kind, values, message",
    [
        ("ModelRun", {"annotations": {"RCP": 45}}, ".annotations.RCP: Give a text."),
        ("ModelRun", {"inputs": {}}, ".inputs: Give a list."),
        ("ModelRun", {"inputs": [{}]}, ".inputs[0]: Give an object with"),
        ("ModelRun", {"start_time": "noon"}, ".start_time: Give a time (ISO 8601)."),
        ("ModelRun", {"modeller": None}, ".modeller: Give a text."),
        ("DatasetTemplate", {"version": 0}, ".version: Give a whole number from 1"),
        ("DatasetTemplate", {"version": True}, ".version: Give a whole number"),
        (
            "DatasetTemplate",
            {"deferred_resources": [{"key": "a"}]},
            ".deferred_resources[0].description: Give a text.",
        ),
        (
            "WorkflowTemplate",
            {"required_inputs": ["x"]},
            ".required_inputs[0]: Give a UUID.",
        ),
    ],
)
def test_wrong_values_are_refused_with_their_places(
    document: Json, user: User, kind: str, values: Json, message: str
) -> None:
    redefine(document, kind, **values)
    error = refused(document, user, InvalidInput)
    [(place, [found])] = error.fields.items()
    assert place.endswith("['fair:definition']")
    assert found.startswith(message)


@pytest.mark.parametrize(
    "kind, values, attribute",
    [
        ("Study", {"title": "Another"}, "dcterms:title"),
        ("Study", {"uuid": "00000000-0000-4000-8000-000000000001"}, "fair:uuid"),
        ("Organisation", {"name": "Another"}, "foaf:name"),
        ("Model", {"source_url": "https://evil.example.org"}, "fair:source_url"),
        ("DatasetTemplate", {"deferred_resources": []}, "fair:resource"),
        ("WorkflowTemplate", {"version": 3}, "dcat:hasVersion"),
        (
            "WorkflowTemplate",
            {"required_annotations": ["cost"]},
            "fair:required_annotation",
        ),
        ("ModelRun", {"annotations": {"RCP": "26"}}, "fair:annotation"),
        ("ModelRun", {"model_version": "9"}, "fair:model_version"),
    ],
)
def test_a_definition_that_says_something_else_than_its_element_is_refused(
    document: Json, user: User, kind: str, values: Json, attribute: str
) -> None:
    redefine(document, kind, **values)
    error = refused(document, user, InvalidInput)
    assert any(place.endswith(f"['{attribute}']") for place in error.fields)
    for messages in error.fields.values():
        assert messages == ["This differs from the fair:definition."]


def drop_optional(document: Json) -> None:
    """Take the templates of both outputs out of the workflow template."""
    redefine(document, "WorkflowTemplate", required_outputs=[], optional_outputs=[])


def swap_datasets(document: Json) -> None:
    """Say in the definition that the run wrote what it read."""
    run = json.loads(element(document, "ModelRun")[DEFINITION])
    inputs, outputs = deepcopy(run["inputs"]), deepcopy(run["outputs"])
    for one, other in zip(inputs, outputs[1:], strict=True):
        one["dataset"], other["dataset"] = other["dataset"], one["dataset"]
    redefine(document, "ModelRun", inputs=inputs, outputs=outputs)


def rename_dataset(document: Json) -> None:
    """Name a dataset that the document does not describe."""
    run = json.loads(element(document, "ModelRun")[DEFINITION])
    run["inputs"][0]["dataset"]["name"] = "elsewhere"
    redefine(document, "ModelRun", inputs=run["inputs"])


def circle(document: Json) -> None:
    """Let the two versions of the workflow template replace one another."""
    first = element(document, "WorkflowTemplate", 0)
    last = json.loads(element(document, "WorkflowTemplate")[DEFINITION])
    defined = {**json.loads(first[DEFINITION]), "replaces": last["uuid"]}
    first[DEFINITION] = json.dumps(defined)


UNKNOWN = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "tamper, message",
    [
        (drop_optional, "is not among the outputs of workflow template"),
        (swap_datasets, "The code run and its model run differ in"),
        (rename_dataset, "inputs: The document has no data product"),
        (circle, "replaces: These templates replace one another."),
        (
            lambda one: redefine(one, "WorkflowTemplate", replaces=None),
            "version: By what it replaces, this is version 1.",
        ),
        (
            lambda one: redefine(one, "ModelRun", study=UNKNOWN),
            f"study: The document defines no record {UNKNOWN}, and none is registered.",
        ),
        (
            lambda one: redefine(one, "ModelRun", submission_script=UNKNOWN),
            "submission_script: The document defines no record",
        ),
        (
            lambda one: redefine(one, "ModelRun", submission_script=None),
            "The code run and its model run differ in: submission_script.",
        ),
        (
            lambda one: redefine(one, "ModelRun", end_time="2021-07-18T00:00:00Z"),
            "The code run and its model run differ in: end_date.",
        ),
        (
            lambda one: redefine(one, "ModelRun", end_time="3021-07-18T00:00:00Z"),
            "end_time: ",
        ),
        (
            lambda one: redefine(one, "WorkflowTemplate", model=UNKNOWN),
            f"model: The document defines no model {UNKNOWN}",
        ),
        (
            lambda one: redefine(one, "WorkflowTemplate", required_inputs=[UNKNOWN]),
            f"required_inputs: The document defines no dataset template {UNKNOWN}",
        ),
        (
            lambda one: redefine(
                one, "Model", releases=[{"name": "a", "version": "1"}]
            ),
            "releases: The document has no release a 1.",
        ),
        (
            lambda one: redefine(one, "ModelRun", display_name="Another"),
            "The code run and its model run differ in: description.",
        ),
    ],
)
def test_a_tampered_document_is_refused(
    document: Json, user: User, tamper: Callable[[Json], None], message: str
) -> None:
    tamper(document)
    error = refused(document, user, InvalidInput)
    [(place, found)] = error.fields.items()
    assert place.endswith("['fair:definition']")
    assert any(message in one for one in found), found


def test_a_template_that_differs_from_that_on_record_is_a_conflict(
    document: Json, user: User
) -> None:
    take_in(document, user)
    other = deepcopy(document)
    for one in other["entity"].values():
        if '"fair:DatasetTemplate"' in json.dumps(one.get("rdf:type")):
            one["dcterms:description"] = "Another thing"
            defined = json.loads(one[DEFINITION]) | {"description": "Another thing"}
            one[DEFINITION] = json.dumps(defined)
    error = refused(other, user, Conflict)
    assert "of this registry has another description." in error.detail
    assert "dataset template" in error.detail


def test_a_model_run_that_differs_from_that_on_record_is_a_conflict(
    document: Json, user: User
) -> None:
    take_in(document, user)
    run = element(document, "ModelRun")
    run["fair:full_description"] = "Another"
    redefine(document, "ModelRun", description="Another")
    error = refused(document, user, Conflict)
    assert "of this registry has another description." in error.detail


def test_definitions_of_one_uuid_must_be_one(document: Json, user: User) -> None:
    [name] = [
        key for key, one in document["activity"].items() if "fair:alternative_id" in one
    ]
    twin = deepcopy(document["activity"][name])
    document["activity"]["lreg:api/study/99"] = twin
    twin[DEFINITION] = twin[DEFINITION].replace("We ask", "They ask")
    twin["dcterms:description"] = twin["dcterms:description"].replace("We", "They")
    error = refused(document, user, InvalidInput)
    assert "defines it in another way" in str(error)


def test_a_definition_on_a_wrong_element_is_refused(document: Json, user: User) -> None:
    study = next(key for key, one in document["activity"].items() if "/study/" in key)
    document["entity"][study] = document["activity"].pop(study)
    error = refused(document, user, InvalidInput)
    assert "A study is an activity." in str(error)


def test_without_their_definitions_elements_leave_no_records(
    document: Json, user: User
) -> None:
    for elements in ("entity", "activity", "agent"):
        for one in document[elements].values():
            one.pop(DEFINITION, None)
    outcome = take_in(document, user)
    assert on_record() == {}
    reasons = [one.why for one in outcome.left_out]
    assert "Without fair:definition, no study is made of it." in reasons
    assert "Without fair:definition, no workflow template is made of it." in reasons


@pytest.mark.parametrize(
    "kind, change, message",
    [
        ("Study", {"definition": "{"}, "definition: This is no JSON"),
        ("Study", {"definition": ["{}", "{}"]}, "definition: Give one definition."),
        ("Study", {"name": "Another"}, "name differs from that of the definition."),
        ("Model", {"uuid": UNKNOWN}, "uuid differs from that of the definition."),
        (
            "ModelRun",
            {"full_description": "Another"},
            "full_description differs from that of the definition.",
        ),
    ],
)
def test_crates_are_refused_alike(
    user: User, kind: str, change: Json, message: str
) -> None:
    with another_registry():
        content = content_of(make_agreed().code_run, depth=1)
        crate = metadata_of(content, url_of=url_of, packed=False)
    [one] = [
        one
        for one in crate["@graph"]
        if f'/vocab/#{kind}"' in json.dumps(one.get("additionalType"))
    ]
    one |= change
    before = everything()
    with pytest.raises(InvalidInput) as caught:
        take_in_crate(json.dumps(crate).encode(), by=user)
    assert everything() == before
    [(place, [found])] = caught.value.fields.items()
    assert place == one["@id"]
    assert found.startswith(message)


def test_a_tampered_template_in_a_crate_is_refused(user: User) -> None:
    with another_registry():
        content = content_of(make_agreed().code_run, depth=1)
        crate = metadata_of(content, url_of=url_of, packed=False)
    for one in crate["@graph"]:
        if "#WorkflowTemplate" in json.dumps(one.get("additionalType")):
            defined = json.loads(one["definition"])
            defined["optional_outputs"] = defined["required_outputs"] = []
            one["definition"] = json.dumps(defined)
    before = everything()
    with pytest.raises(InvalidInput, match="is not among the outputs"):
        take_in_crate(json.dumps(crate).encode(), by=user)
    assert everything() == before
    assert not WorkflowTemplate.objects.exists()
    assert not DatasetTemplate.objects.exists()
