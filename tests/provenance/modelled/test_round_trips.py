"""A model run in a document of one registry is the same model run in another."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from prov.model import ProvDocument

from registry.catalogue.models import Organisation, ResearchModel, Study
from registry.core.errors import Conflict, Forbidden
from registry.identity.models import User
from registry.provenance.crates.terms import METADATA, PREVIEW
from registry.provenance.crates.writing import metadata_of
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json, as_json_ld, as_xml
from registry.runs.models import CodeRun, ModelRun, WorkflowTemplate
from tests import factories
from tests.provenance.crates.handed import content_of, url_of
from tests.provenance.crates.made import take_in as take_in_crate
from tests.provenance.modelled.agreed import (
    everything,
    links_of_runs,
    make_agreed,
    on_record,
)
from tests.provenance.prov.documents import HERE, THERE, another_registry, take_in

pytestmark = pytest.mark.django_db

SUBJECTS = ["code_run", "first", "figure"]


def through(name: str, document: Any) -> Any:
    """Return a report in PROV-JSON, having gone through another format."""
    if name == "json":
        return json.loads(json.dumps(as_json(document)))
    if name == "jsonld":
        written = json.dumps(as_json_ld(document)).encode()
    else:
        written = as_xml(document)
    read = ProvDocument.deserialize(io.BytesIO(written), format=name)
    return json.loads(read.serialize(format="json") or "")


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("name", ["json", "jsonld", "xml"])
def test_prov_brings_the_same_records(name: str, subject: str, user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        about = getattr(agreed, subject)
        told = report(about, depth=None, registry_url=THERE)
        document = through(name, told)
        expected, links = on_record(), links_of_runs()
        told_uuids = {run["uuid"] for run in _definitions(as_json(told), "ModelRun")}
    assert told_uuids == {str(agreed.run.uuid)}
    outcome = take_in(document, user)
    found = on_record()
    assert found == {key: expected[key] for key in found}
    missing = {key for key in expected if key not in found}
    # the first template had optional slots that nothing follows
    assert not {key for key in missing if key.startswith("ModelRun")}
    assert missing == set()
    known = {one[0] for one in links_of_runs()}
    assert links_of_runs() == [one for one in links if one[0] in known]
    assert {one.kind for one in outcome.registered} >= {
        *("organisation", "model", "study", "dataset_template"),
        *("workflow_template", "model_run", "code_run"),
    }
    assert outcome.left_out == take_in(document, user).left_out
    assert not [one for one in outcome.left_out if "hadMember" in one.where]


def _definitions(document: Any, kind: str) -> list[Any]:
    return [
        json.loads(one["fair:definition"])
        for elements in ("entity", "activity", "agent")
        for one in document[elements].values()
        if "fair:definition" in one and f"fair:{kind}" in json.dumps(one["rdf:type"])
    ]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_same_is_told_again(subject: str, user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        about = getattr(agreed, subject)
        key = {"pk": about.pk}
        document = as_json(report(about, depth=None, registry_url=THERE))
        if subject == "code_run":
            key = {"uuid": about.uuid}
        else:
            key = {"name": about.name, "version": about.version}
        model = type(about)
    take_in(document, user)
    again = model._default_manager.get(**key)
    document_again = as_json(report(again, depth=None, registry_url=THERE))
    for kind in ("ModelRun", "WorkflowTemplate", "DatasetTemplate", "Study", "Model"):
        told = sorted(map(str, _definitions(document, kind)))
        assert sorted(map(str, _definitions(document_again, kind))) == told
        assert told
    for word, statements in document.items():
        if word not in {"prefix", "agent"}:
            assert len(document_again[word]) == len(statements), word


def test_a_document_that_comes_again_changes_nothing(user: User) -> None:
    with another_registry():
        document = as_json(report(make_agreed().figure, depth=None, registry_url=THERE))
    first = take_in(document, user)
    before = everything()
    again = take_in(document, user)
    assert again.registered == ()
    assert everything() == before
    assert again.records == first.records
    # nor when somebody else sends it
    assert take_in(document, factories.UserFactory.create()).registered == ()


def test_a_registrys_own_report_finds_its_own_records() -> None:
    document = as_json(report(make_agreed().figure, depth=None, registry_url=HERE))
    stranger = factories.UserFactory.create()
    before = everything()
    outcome = take_in(document, stranger)
    assert outcome.registered == ()
    assert everything() == before
    for key, record in outcome.records.items():
        assert key == f"lreg:api/{record.kind}/{record.pk}"


def test_reports_of_either_output_bring_the_whole_run(user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        expected = on_record()
        documents = [
            as_json(report(one, depth=1, registry_url=THERE))
            for one in (agreed.first, agreed.second)
        ]
    take_in(documents[0], user)
    assert on_record() == expected
    assert take_in(documents[1], user).registered == ()


def test_an_organisation_is_found_by_its_ror(user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        ror = agreed.run.requesting_organisation.ror
        document = as_json(report(agreed.code_run, depth=1, registry_url=THERE))
    known = factories.OrganisationFactory.create(ror=ror, name="As we call it")
    take_in(document, user)
    assert ModelRun.objects.get().requesting_organisation == known
    assert Organisation.objects.get().name == "As we call it"
    assert take_in(document, user).registered == ()


def test_what_is_on_record_stays_as_it_is(user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        run, template = agreed.run, agreed.run.workflow_template
        document = as_json(report(agreed.code_run, depth=1, registry_url=THERE))
        uuids = template.model.uuid, run.study.uuid
    model = factories.ResearchModelFactory.create(uuid=uuids[0], name="Renamed")
    study = factories.StudyFactory.create(uuid=uuids[1], title="Renamed")
    take_in(document, user)
    assert ResearchModel.objects.get() == model
    assert Study.objects.get() == study
    assert Study.objects.get().title == "Renamed"
    assert ModelRun.objects.get().study == study


def test_a_code_run_on_record_gets_its_model_run(user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        document = as_json(report(agreed.code_run, depth=1, registry_url=THERE))
    plain = json.loads(json.dumps(document))
    for run in plain["activity"].values():
        run.pop("fair:definition", None)
    outcome = take_in(plain, user)
    assert not ModelRun.objects.exists()
    assert CodeRun.objects.count() == 1
    assert any("no model run is made of it" in one.why for one in outcome.left_out)
    stranger = factories.UserFactory.create()
    with pytest.raises(Forbidden, match="belongs to somebody else"):
        take_in(document, stranger)
    take_in(document, user)
    assert ModelRun.objects.get().code_run == CodeRun.objects.get()


def test_next_versions_of_others_are_refused_as_always(user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        document = as_json(report(agreed.code_run, depth=1, registry_url=THERE))
        before = agreed.run.workflow_template.replaces
        first = as_json(
            report(
                factories.ModelRunFactory.create(workflow_template=before).code_run,
                depth=1,
                registry_url=THERE,
            )
        )
    take_in(first, user)
    assert WorkflowTemplate.objects.count() == 1
    stranger = factories.UserFactory.create()
    counts = everything()
    with pytest.raises(Forbidden, match="only its owner"):
        take_in(document, stranger)
    assert everything() == counts
    take_in(document, user)
    assert WorkflowTemplate.objects.count() == 2


def test_the_same_content_under_another_uuid_is_a_conflict(user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        document = as_json(report(agreed.code_run, depth=1, registry_url=THERE))
    take_in(document, user)
    uuid = str(agreed.run.uuid)
    other = json.loads(
        json.dumps(document).replace(uuid, "00000000-0000-4000-8000-000000000001")
    )
    counts = everything()
    with pytest.raises(Conflict, match="has the same values"):
        take_in(other, user)
    assert everything() == counts


def crate_of(about: Any, *, is_zip: bool) -> bytes:
    """Return a crate, as a zip or as metadata alone."""
    content = content_of(about, depth=None)
    metadata = json.dumps(metadata_of(content, url_of=url_of, packed=is_zip)).encode()
    if not is_zip:
        return metadata
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(METADATA, metadata)
    return buffer.getvalue()


@pytest.mark.parametrize("is_zip", [False, True])
@pytest.mark.parametrize("subject", ["code_run", "first", "figure"])
def test_crates_bring_the_same_records(subject: str, is_zip: bool, user: User) -> None:
    with another_registry():
        agreed = make_agreed()
        crate = crate_of(getattr(agreed, subject), is_zip=is_zip)
        expected, links = on_record(), links_of_runs()
    received = take_in_crate(crate, by=user)
    assert on_record() == expected
    known = {one[0] for one in links_of_runs()}
    assert links_of_runs() == [one for one in links if one[0] in known]
    assert received.left_out == ()
    before = everything()
    assert take_in_crate(crate, by=user).registered == ()
    assert everything() == before
    # told again, it has as many entities of each type
    again = json.loads(crate_of(ModelRun.objects.get().code_run, is_zip=False))[
        "@graph"
    ]
    told = json.loads(
        crate if not is_zip else zipfile.ZipFile(io.BytesIO(crate)).read(METADATA)
    )["@graph"]
    if subject == "code_run":
        described = [one for one in told if one["@id"] != PREVIEW]
        assert sorted(map(_kind, again)) == sorted(map(_kind, described))


def _kind(entity: dict[str, Any]) -> str:
    # some are named by their numbers in the registry
    return re.sub(r"(code run) \d+$", r"\1", f"{entity['@type']} {entity.get('name')}")
