"""Lineages, reports and crates keep what is withdrawn, and mark it."""

from __future__ import annotations

import json
import shutil
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import Settings

from registry.catalogue.models import DataProduct, KeyValue, Object
from registry.core.graph import Direction
from registry.core.graph.terms import WITHDRAWN
from registry.identity.models import User
from registry.provenance.captions import captions_of
from registry.provenance.crates.writing import load, metadata_of, preview_of
from registry.provenance.drawing import drawing_of, svg_of
from registry.provenance.impact import impact
from registry.provenance.lineage import lineage
from registry.provenance.prov.document import report
from registry.provenance.prov.drawing import Look, as_dot
from registry.provenance.prov.formats import as_json, as_json_ld, as_provn, as_xml
from registry.provenance.prov.importing import import_document
from registry.provenance.prov.statements import Report, as_prov
from registry.runs.models import CodeRun
from tests.factories import (
    CodeRepoReleaseFactory,
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    IssueFactory,
    KeyValueFactory,
    KeywordFactory,
    LicenceFactory,
    ObjectFactory,
    UserFactory,
)
from tests.files import keep, place, sha1_of
from tests.provenance.crates.handed import url_of
from tests.provenance.crates.made import metadata, take_in, zipped
from tests.withdrawing import REASON, withdraw

pytestmark = pytest.mark.django_db

HERE = "https://registry.example.org"
DATA = b"day,in_bed\n1,3\n"
needs_graphviz = pytest.mark.skipif(
    shutil.which("dot") is None, reason="Graphviz is not installed"
)


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Any) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def run() -> CodeRun:
    """Register a run that read one product, of a stored file, and wrote another."""
    keep(DATA)
    source, result = (
        DataProductFactory.create(object=ObjectFactory.create(storage_location=at))
        for at in (place(sha1_of(DATA)), None)
    )
    made: CodeRun = CodeRunFactory.create(
        description="Fit the rates",
        inputs=[source.object.components.get()],
        outputs=[result.object.components.get()],
    )
    return made


def _source(run: CodeRun) -> DataProduct:
    return DataProduct.objects.get(object__components=run.inputs.get())


def _result(run: CodeRun) -> DataProduct:
    return DataProduct.objects.get(object__components=run.outputs.get())


def _reasons(root: Any) -> dict[str, str]:
    """Return why nodes of the lineage of a record are withdrawn, by their keys."""
    found = lineage(root, direction=Direction.BOTH, depth=None)
    return {
        node.key: caption.withdrawn
        for node, caption in captions_of(found).of.items()
        if caption.withdrawn is not None
    }


def _key(record: Any) -> str:
    return f"{record.kind}/{record.pk}"


def test_a_lineage_says_what_is_withdrawn_and_why(run: CodeRun) -> None:
    source, script = _source(run), run.submission_script
    assert script is not None
    assert _reasons(run) == {}
    withdraw(source)
    withdraw(run, "Ran twice.")
    withdraw(script, "The wrong one.")
    assert _reasons(run) == {
        _key(source): REASON,
        _key(run): "Ran twice.",
        _key(script): "The wrong one.",
    }
    assert [one.caption.withdrawn for one in impact(source).products] == [None]


def test_the_products_of_a_withdrawn_object_are_withdrawn(run: CodeRun) -> None:
    source = _source(run)
    external = ExternalObjectFactory.create(data_product=source)
    withdraw(source.object)
    assert _reasons(run) == {_key(source): REASON}
    assert _reasons(external) == {_key(external): REASON}
    withdraw(source, "Its own reason.")
    assert _reasons(run) == {_key(source): "Its own reason."}


def test_what_is_said_and_withdrawn_is_in_no_caption(run: CodeRun) -> None:
    source, code = _source(run), run.code_repo
    assert code is not None
    said = [
        ExternalObjectFactory.create(data_product=source),
        CodeRepoReleaseFactory.create(object=code, name="org/model"),
        IssueFactory.create(component_issues=[run.inputs.get()]),
    ]
    found = lineage(run, direction=Direction.BOTH, depth=None)
    before = captions_of(found)
    for record in said:
        withdraw(record)
    after = captions_of(found)
    by_key = {
        node.key: (before.of[node], after.of[node])
        for node in found.nodes
        if node.key in {_key(source), _key(code)}
    }
    with_origin, without = by_key[_key(source)]
    assert with_origin.origin is not None
    assert without.origin is None
    assert with_origin.issues == (said[2].pk,)
    assert without.issues == ()
    released, bare = by_key[_key(code)]
    assert (released.label, released.version) == ("org/model", said[1].version)
    assert (bare.label, bare.version) == (code.description, None)
    assert after.issues == {}


@needs_graphviz
def test_a_picture_marks_it_by_a_word_and_dashes(run: CodeRun) -> None:
    withdraw(_source(run), "Wrong <units>\nin & all.")
    found = lineage(run, direction=Direction.BOTH, depth=None)
    drawing = drawing_of(found, captions_of(found), url_of=lambda node: f"/{node.key}/")
    svg = ET.fromstring(svg_of(drawing, title="Lineage"))  # noqa: S314
    space = "{http://www.w3.org/2000/svg}"
    [marked] = [
        group
        for group in svg.iter(f"{space}g")
        if "withdrawn" in (group.get("class") or "").split()
    ]
    [title] = marked.iter(f"{space}title")
    assert (title.text or "").endswith(", withdrawn: Wrong <units> in & all.")
    assert "withdrawn" in [text.text for text in marked.iter(f"{space}text")]
    [outline] = marked.iter(f"{space}path")
    assert outline.get("stroke-dasharray")


def _told(subject: Any) -> Report:
    return report(subject, depth=None, registry_url=HERE)


def _attributes(document: dict[str, Any], record: Any) -> Any:
    name = f"lreg:api/{_key(record)}"
    return {**document["entity"], **document["activity"]}[name].get("fair:withdrawn")


def test_a_report_gives_the_reasons_in_every_format(run: CodeRun) -> None:
    source = _source(run)
    withdraw(source)
    withdraw(run, "Ran twice.")
    document = _told(_result(run))
    told = as_json(document)
    assert _attributes(told, source) == REASON
    assert _attributes(told, run) == "Ran twice."
    assert _attributes(told, _result(run)) is None
    assert f'fair:withdrawn="{REASON}"' in as_provn(document).decode()
    for text in (as_xml(document).decode(), json.dumps(as_json_ld(document))):
        assert REASON in text
        assert "Ran twice." in text
    dot = as_dot(as_prov(document), Look(attributes=False))
    assert dot.count("withdrawn") == dot.count('"filled,dashed"') == 2


def test_a_report_of_a_withdrawn_object_marks_its_product(run: CodeRun) -> None:
    withdraw(_source(run).object)
    assert _attributes(as_json(_told(_result(run))), _source(run)) == REASON


def _say(run: CodeRun) -> list[Any]:
    """Say all that can be said of the input of a run, and of its code."""
    source = _source(run)
    thing = source.object
    return [
        ExternalObjectFactory.create(data_product=source, title="Said: the register"),
        CodeRepoReleaseFactory.create(object=run.code_repo, name="said/model"),
        KeywordFactory.create(object=thing, keyphrase="said keyword"),
        LicenceFactory.create(object=thing, licence_info="said licence"),
        KeyValueFactory.create(object=thing, key="said", value="said value"),
    ]


def _crate(subject: Any, *, packed: bool = False) -> dict[str, Any]:
    """Return the entities of a crate by their names."""
    content = load(subject, depth=None, user=AnonymousUser())
    document = metadata_of(content, url_of=url_of, packed=packed)
    return {entity["@id"]: entity for entity in document["@graph"]}


def test_what_is_said_and_withdrawn_is_in_no_document(run: CodeRun) -> None:
    said = _say(run)
    texts = ("Said: the register", "said/model")
    in_crates = (*texts, "said keyword", "said licence", "said value")
    told, crate = json.dumps(as_json(_told(_result(run)))), json.dumps(_crate(run))
    assert all(text in told for text in texts)
    assert all(text in crate for text in in_crates)
    for record in said:
        withdraw(record)
    told, crate = json.dumps(as_json(_told(_result(run)))), json.dumps(_crate(run))
    assert not [text for text in in_crates if text in told or text in crate]


@pytest.mark.parametrize("what", ["product", "object", "location"])
def test_a_crate_leaves_out_the_bytes_and_says_why(run: CodeRun, what: str) -> None:
    source = _source(run)
    of_object = source.object
    assert [one for one in _crate(run, packed=True) if one.startswith("inputs/")]
    withdrawn: dict[str, Any] = {
        "product": source,
        "object": of_object,
        "location": of_object.storage_location,
    }
    withdraw(withdrawn[what])
    crate = _crate(run, packed=True)
    assert not [one for one in crate if one.startswith("inputs/")]
    [file] = [one for one in crate.values() if one.get("sha1") == sha1_of(DATA)]
    assert file["creativeWorkStatus"] == f"Withdrawn: {REASON}"
    assert file["withdrawn"] == REASON
    named = crate[url_of(source)]
    is_named_so = "creativeWorkStatus" in named
    assert is_named_so == (what != "location")
    content = load(run, depth=None, user=AnonymousUser())
    assert content.packed == {}
    document = metadata_of(content, url_of=url_of, packed=True)
    assert f"<strong>Withdrawn:</strong> {REASON}" in preview_of(document, {})


def test_a_crate_marks_its_subject_and_its_runs(run: CodeRun) -> None:
    run = withdraw(run, "Ran twice.")
    crate = _crate(run)
    assert crate["./"]["creativeWorkStatus"] == "Withdrawn: Ran twice."
    action = crate[url_of(run)]
    assert action["withdrawn"] == "Ran twice."
    assert "creativeWorkStatus" not in action
    result = _result(run)
    assert "creativeWorkStatus" not in _crate(result)["./"]
    withdraw(result.object)
    assert _crate(result)["./"]["creativeWorkStatus"] == f"Withdrawn: {REASON}"


def test_nothing_is_marked_where_nothing_is_withdrawn(run: CodeRun) -> None:
    assert "ithdrawn" not in json.dumps(as_json(_told(_result(run)))["entity"])
    for entity in _crate(run).values():
        assert not {"creativeWorkStatus", "withdrawn"} & entity.keys()


@pytest.fixture
def ada() -> User:
    user: User = UserFactory.create()
    return user


def test_an_imported_report_withdraws_nothing(ada: User) -> None:
    document = {
        "prefix": {"fair": WITHDRAWN.iri.removesuffix("withdrawn"), "ex": "urn:x:"},
        "entity": {"ex:a": {"fair:withdrawn": REASON, "prov:label": "A"}},
        "activity": {
            "ex:r": {
                "fair:withdrawn": REASON,
                "prov:startTime": "2026-03-04T05:06:07+01:00",
            }
        },
        "used": {"_:u": {"prov:activity": "ex:r", "prov:entity": "ex:a"}},
    }
    outcome = import_document(document, registry_url=HERE, by=ada)
    assert outcome.left_out == ()
    assert [one.withdrawn for one in outcome.registered] == [None] * len(
        outcome.registered
    )
    assert Object.objects.get().description == "A"
    assert CodeRun.objects.get().withdrawn is None
    assert not KeyValue.objects.exists()


def test_an_imported_crate_withdraws_nothing(ada: User) -> None:
    file = {
        "@id": "data/a.csv",
        "@type": "File",
        "name": "A",
        "withdrawn": REASON,
        "creativeWorkStatus": f"Withdrawn: {REASON}",
    }
    take_in(zipped({"data/a.csv": DATA}, metadata(file)), by=ada)
    thing = Object.objects.get()
    assert (thing.description, thing.withdrawn) == ("A", None)
    assert not KeyValue.objects.exists()
