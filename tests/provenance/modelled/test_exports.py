"""What documents say of model runs, for readers who know no registry."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prov.model import ProvDocument
from rocrate.rocrate import ROCrate

from registry.core.graph import graph
from registry.provenance.crates.terms import METADATA, extra_terms
from registry.provenance.crates.writing import metadata_of, preview_of
from registry.provenance.prov import formats
from registry.provenance.prov.document import report
from registry.provenance.prov.drawing import Look, as_dot
from registry.provenance.prov.statements import as_prov
from registry.provenance.vocabulary import as_turtle
from registry.runs.models import CodeRun
from tests import factories
from tests.api.client import Api, data_of
from tests.provenance.crates.handed import content_of, url_of
from tests.provenance.modelled.agreed import ANNOTATIONS, Agreed, make_agreed
from tests.provenance.prov.documents import HERE

pytestmark = pytest.mark.django_db

Json = dict[str, Any]


@pytest.fixture
def agreed() -> Agreed:
    return make_agreed()


def told(about: Any, depth: int | None = 1) -> Json:
    return formats.as_json(report(about, depth=depth, registry_url=HERE))


def name(record: Any) -> str:
    return f"lreg:api/{record.kind}/{record.pk}"


def relations(document: Json, word: str, **ends: str) -> list[Json]:
    return [
        one
        for one in document.get(word, {}).values()
        if all(one.get(f"prov:{end}") == value for end, value in ends.items())
    ]


def role(one: Json) -> str:
    return str(one["prov:role"]["$"])


def test_the_activity_says_what_is_on_record_of_the_run(agreed: Agreed) -> None:
    activity = told(agreed.code_run)["activity"][name(agreed.code_run)]
    assert {one["$"] for one in activity["rdf:type"]} == {"fair:Run", "fair:ModelRun"}
    assert activity["dcterms:description"] == "Reef in 2050"
    assert activity["fair:full_description"] == agreed.run.description
    assert activity["fair:model_version"] == agreed.run.model_version
    assert set(activity["fair:annotation"]) == {
        f"{key}={text}" for key, text in ANNOTATIONS.items()
    }
    assert json.loads(activity["fair:annotations"]) == ANNOTATIONS
    assert json.loads(activity["fair:definition"])["annotations"] == ANNOTATIONS


def test_relations_are_those_of_provena(agreed: Agreed) -> None:
    document, run = told(agreed.code_run), agreed.run
    this, template = name(agreed.code_run), run.workflow_template
    modeller, study = name(run.modeller), name(run.study)
    assert relations(document, "wasInformedBy", informed=this, informant=study)
    associated = {
        role(one): (one["prov:agent"], one.get("prov:plan"))
        for one in relations(document, "wasAssociatedWith", activity=this)
    }
    asked_by = name(run.requesting_organisation)
    assert associated["fair:modeller"] == (modeller, name(template))
    assert associated["fair:requesting_organisation"] == (asked_by, None)
    used = {
        role(one): one["prov:entity"]
        for one in relations(document, "used", activity=this)
    }
    assert used["fair:model"] == name(template.model)
    assert used["fair:workflow_template"] == name(template)
    for output in (agreed.first, agreed.second):
        [attributed] = relations(
            document, "wasAttributedTo", entity=name(output), agent=modeller
        )
        assert role(attributed) == "fair:modeller"
    members = {
        one["prov:entity"]
        for one in relations(document, "hadMember", collection=name(template))
    }
    slots = [*template.required_inputs.all(), *template.required_outputs.all()]
    assert members >= {name(template.model), *map(name, slots)}
    [wrote] = template.required_outputs.all()
    assert relations(
        document,
        "wasInfluencedBy",
        influencee=name(agreed.first),
        influencer=name(wrote),
    )
    [revision] = relations(document, "wasDerivedFrom", generatedEntity=name(template))
    assert revision["prov:usedEntity"] == name(template.replaces)
    assert revision["rdf:type"]["$"] == "prov:Revision"


def test_links_say_their_templates_and_resources(agreed: Agreed) -> None:
    document = told(agreed.code_run)
    [generated] = relations(document, "wasGeneratedBy", entity=name(agreed.first))
    [wrote] = agreed.run.workflow_template.required_outputs.all()
    assert generated["fair:dataset_template"]["$"] == name(wrote)
    assert generated["fair:resource"] == "configuration_file=config/model.toml"
    assert generated["fair:component"] == "beta"
    data = [one for one in relations(document, "used") if "fair:resource" in one]
    assert [role(one) for one in data] == ["fair:input_data"]


def test_what_a_run_links_to_is_described(agreed: Agreed) -> None:
    document, run = told(agreed.code_run), agreed.run
    template = document["entity"][name(run.workflow_template)]
    classes = {one["$"] for one in template["rdf:type"]}
    assert classes == {"fair:WorkflowTemplate", "prov:Plan", "prov:Collection"}
    assert template["dcat:hasVersion"] == "2"
    assert template["fair:required_annotation"] == "RCP"
    organisation = document["agent"][name(run.requesting_organisation)]
    assert {one["$"] for one in organisation["rdf:type"]} == {
        "fair:Organisation",
        "prov:Organization",
    }
    assert organisation["dcterms:identifier"] == run.requesting_organisation.ror
    study = document["activity"][name(run.study)]
    assert study["dcterms:title"] == run.study.title
    model = document["entity"][name(run.workflow_template.model)]
    assert model["fair:source_url"] == run.workflow_template.model.source_url


@pytest.mark.parametrize("naming", [False, True])
def test_no_email_address_appears(agreed: Agreed, naming: bool) -> None:
    user = agreed.run.registered_by
    type(user).objects.filter(pk=user.pk).update(email="secret@example.org")
    made = report(agreed.figure, depth=9, registry_url=HERE, naming_accounts=naming)
    texts = [
        json.dumps(formats.as_json(made)),
        json.dumps(formats.as_json_ld(made)),
        formats.as_xml(made).decode(),
        formats.as_provn(made).decode(),
        json.dumps(crate_of(agreed.figure)),
    ]
    assert all("Reef in 2050" in text for text in texts)
    assert not any("secret@" in text for text in texts)


def test_the_library_writes_the_same(agreed: Agreed) -> None:
    made = report(agreed.figure, depth=9, registry_url=HERE)
    written = as_prov(made)
    assert formats.as_provn(made).decode() == written.get_provn()
    ours = json.dumps(formats.as_json(made))
    assert ProvDocument.deserialize(content=ours, format="json") == written
    for read_as, text in (
        ("jsonld", json.dumps(formats.as_json_ld(made))),
        ("xml", formats.as_xml(made).decode()),
    ):
        assert ProvDocument.deserialize(content=text, format=read_as) == written


def test_every_term_is_in_the_vocabulary(agreed: Agreed) -> None:
    terms = {term.name: term for term in graph.terms}
    report = json.dumps(told(agreed.figure, depth=9))
    used = set(re.findall(r'"fair:(\w+)"', report))
    assert used <= terms.keys()
    assert {"ModelRun", "definition", "annotation", "modeller", "Study"} <= used
    turtle = as_turtle()
    assert all(f"fair:{one} a " in turtle for one in used)


def test_a_picture_leaves_definitions_out(agreed: Agreed) -> None:
    dot = as_dot(as_prov(report(agreed.figure, depth=9, registry_url=HERE)), Look())
    assert "fair:definition" not in dot
    assert "fair:annotation: RCP=45" in dot


def queries_of(about: Any, depth: int | None) -> int:
    with CaptureQueriesContext(connection) as queries:
        report(about, depth=depth, registry_url=HERE)
    return len(queries)


def test_a_report_takes_so_many_queries_more_for_model_runs_alone(
    agreed: Agreed,
) -> None:
    # the drawing alone, then with the run of the model before it
    assert queries_of(agreed.drawing, 1) == 12
    assert queries_of(agreed.figure, None) == _WITH_MODEL_RUNS
    template = agreed.run.workflow_template
    for _ in range(3):
        run = factories.ModelRunFactory.create(workflow_template=template)
        agreed.drawing.inputs.add(*run.code_run.outputs.all())
    document = told(agreed.figure, depth=None)
    assert len(relations(document, "wasInformedBy")) == 4
    assert queries_of(agreed.figure, None) == _WITH_MODEL_RUNS


_WITH_MODEL_RUNS = 25


def crate_of(about: Any) -> Json:
    content = content_of(about, depth=None)
    return metadata_of(content, url_of=url_of, packed=False)


def test_an_action_says_who_ran_what_for_whom(agreed: Agreed) -> None:
    run = agreed.run
    entities = {one["@id"]: one for one in crate_of(agreed.code_run)["@graph"]}
    action = entities[url_of(agreed.code_run)]
    assert action["@type"] == "CreateAction"
    assert entities[action["agent"]["@id"]]["name"] == run.modeller.name
    organisation = entities[action["participant"]["@id"]]
    assert organisation["identifier"] == run.requesting_organisation.ror
    assert entities[action["made_for"]["@id"]]["name"] == run.study.title
    template = entities[action["followed_template"]["@id"]]
    assert template["@type"] == "HowTo"
    assert entities[template["isBasedOn"]["@id"]]["version"] == "1"
    parameters = [entities[one["@id"]] for one in template["input"]]
    assert {one["@type"] for one in parameters} == {"FormalParameter"}
    required = {one["name"] for one in parameters if one["valueRequired"]}
    assert required == {"Forcing, again", "RCP"}
    values = [entities[one["@id"]] for one in action["object"]]
    annotations = {
        one["name"]: one["value"]
        for one in values
        if one.get("additionalType", {"@id": ""})["@id"].endswith("#annotation")
    }
    assert annotations == ANNOTATIONS
    [rcp] = [one for one in values if one.get("name") == "RCP"]
    assert entities[rcp["exampleOfWork"]["@id"]]["name"] == "RCP"
    thing = entities[action["result"][0]["@id"]]
    slot = thing.get("exampleOfWork") or entities[thing["isPartOf"]["@id"]]
    assert slot
    # nobody else is in it
    people = [one for one in entities.values() if one["@type"] == "Person"]
    assert run.modeller.name in {one.get("name") for one in people}
    assert not [one for one in people if one["@id"].startswith("#account")]


def test_the_page_of_a_crate_shows_values(agreed: Agreed) -> None:
    page = preview_of(crate_of(agreed.code_run), {})
    assert "RCP = 45" in page
    assert agreed.run.modeller.name in page


def test_the_rocrate_library_reads_the_crate(agreed: Agreed, tmp_path: Path) -> None:
    metadata = crate_of(agreed.figure)
    (tmp_path / METADATA).write_text(json.dumps(metadata))
    crate = ROCrate(tmp_path)
    action = crate.dereference(url_of(agreed.code_run))
    assert action["agent"]["name"] == agreed.run.modeller.name
    assert action["followed_template"]["name"] == agreed.run.workflow_template.name
    assert len(crate.get_by_type("FormalParameter")) >= 4


def test_crates_of_other_runs_know_no_words_of_model_runs(agreed: Agreed) -> None:
    run = factories.CodeRunFactory.create()
    [_, words] = crate_of(run)["@context"]
    [_, more] = crate_of(agreed.code_run)["@context"]
    assert more == extra_terms()
    assert more.keys() - words.keys() == {
        *("definition", "full_description", "model_version"),
        *("ran_model", "followed_template", "made_for", "requested_by"),
    }


@pytest.mark.parametrize("what", ["lineage", "impact"])
def test_a_model_run_is_asked_for_like_any_other_run(agreed: Agreed, what: str) -> None:
    # so that the ids of both differ
    plain = factories.CodeRunFactory.create()
    run = factories.ModelRunFactory.create()
    assert run.pk != run.code_run_id
    found = data_of(Api().get(f"/api/{what}/model_run/{run.pk}/"))
    same = data_of(Api().get(f"/api/{what}/code_run/{run.code_run_id}/"))
    assert found == same
    assert found["root"] == f"code_run/{run.code_run_id}"
    assert plain.pk != run.code_run_id
    if what == "lineage":
        labels = {one["id"]: one["label"] for one in found["nodes"]}
        assert labels[found["root"]] == run.display_name
    data_of(Api().get(f"/api/{what}/model_run/{run.pk + 1000}/"), 404)


def test_documents_of_a_model_run_are_those_of_its_code_run(agreed: Agreed) -> None:
    run: Any = factories.ModelRunFactory.create()
    assert isinstance(run.code_run, CodeRun)
    record = data_of(Api().get(f"/api/model_run/{run.pk}/"))
    paths = {
        f"/api/prov-report/model_run/{run.pk}/": "prov-report/code_run",
        f"/api/ro-crate/model-run/{run.pk}/": "ro-crate/code-run",
    }
    for path, same in paths.items():
        found = data_of(Api().get(path))
        assert found == data_of(Api().get(f"/api/{same}/{run.code_run_id}/"))
    assert [record["prov_report"], record["ro_crate"]] == [
        f"http://testserver{path}" for path in paths
    ]
    for path in paths:
        other = path.replace(f"/{run.pk}/", f"/{run.pk + 1000}/")
        data_of(Api().get(other), 404)
