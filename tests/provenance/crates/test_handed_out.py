"""Crates of records: what is in them, and in which of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from registry.catalogue.models import DataProduct, Namespace
from registry.core.errors import InvalidInput
from registry.identity.models import User
from registry.provenance import lineage
from registry.provenance.crates.terms import METADATA
from registry.provenance.crates.writing import (
    Subject,
    load,
    metadata_of,
    preview_of,
)
from registry.provenance.crates.writing.entities import NO_LICENCE
from tests import factories
from tests.files import COUNTS, sha1_of
from tests.plugins.server import ROOT
from tests.provenance.crates.handed import NOBODY, content_of, stored, url_of
from tests.provenance.world import ORCID, make_world, part, whole

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parent / "golden"


def graph_of(subject: Subject, *, packed: bool = False, **given: Any) -> dict[str, Any]:
    """Return the entities of a crate by name."""
    content = content_of(subject, **given)
    document = metadata_of(content, url_of=url_of, packed=packed)
    return {entity["@id"]: entity for entity in document["@graph"]}


def of_type(graph: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the entities of one type."""
    return [one for one in graph.values() if kind in listed(one["@type"])]


def listed(value: Any) -> list[Any]:
    """Return one value as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def ids(value: Any) -> list[str]:
    """Return the names that a value refers to."""
    return [link["@id"] for link in listed(value)]


# --- What a crate says ---------------------------------------------------------------


def test_a_run_is_an_action_as_its_readers_know_it() -> None:
    world = make_world()
    graph = graph_of(world.fit)
    action = graph[url_of(world.fit)]
    assert action["@type"] == "CreateAction"
    assert action["name"] == f"code run {world.fit.pk}"
    assert action["description"] == "Run number 1"
    assert action["startTime"] == "2021-07-17T19:21:11+00:00"
    assert action["uuid"] == str(world.fit.uuid)
    assert graph[ids(action["agent"])[0]]["name"] == "Ada Lovelace"
    assert ids(action["agent"]) == [ORCID]
    [software] = ids(action["instrument"])
    tool = graph[software]
    assert "SoftwareApplication" in listed(tool["@type"])
    assert (tool["name"], tool["version"]) == ("org/model", "1.2.3")
    used = [graph[one]["name"] for one in ids(action["object"])]
    assert {"config.toml", "run.sh", "influenza/in-bed"} <= set(used)
    made = [graph[one]["name"] for one in ids(action["result"])]
    assert {"influenza/rates", "fit.log"} <= set(made)


def test_the_metadata_are_everybodys_and_the_crate_conforms_to_its_profile() -> None:
    graph = graph_of(factories.DataProductFactory.create())
    descriptor = graph[METADATA]
    assert ids(descriptor["conformsTo"]) == ["https://w3id.org/ro/crate/1.1"]
    assert ids(descriptor["license"]) == [
        "https://creativecommons.org/publicdomain/zero/1.0/"
    ]
    assert ids(graph["./"]["conformsTo"]) == ["https://w3id.org/ro/wfrun/process/0.5"]
    document = metadata_of(
        content_of(factories.DataProductFactory.create()), url_of=url_of, packed=False
    )
    assert document["@context"][0] == "https://w3id.org/ro/crate/1.1/context"


def test_a_file_has_its_licence_people_keywords_checksums_and_size() -> None:
    thing = stored(authors=[factories.AuthorFactory.create(identifier=ORCID)])
    factories.LicenceFactory.create(object=thing, identifier="https://example.org/by")
    factories.KeywordFactory.create(object=thing, keyphrase="flu", identifier=None)
    factories.KeyValueFactory.create(object=thing, key="unit", value="boys")
    product = factories.DataProductFactory.create(object=thing)
    graph = graph_of(product)
    [file] = of_type(graph, "File")
    assert file["sha1"] == sha1_of(COUNTS)
    assert len(file["sha256"]) == 64
    assert file["contentSize"] == str(len(COUNTS))
    assert ids(file["author"]) == [ORCID]
    assert ids(file["license"]) == ["https://example.org/by"]
    assert file["keywords"] == "flu"
    assert file["encodingFormat"][0] == "text/csv"
    assert graph[ids(file["additionalProperty"])[0]]["value"] == "boys"
    root = graph["./"]
    assert ids(root["license"]) == ["https://example.org/by"]
    assert ids(root["author"]) == [ORCID]
    assert root["keywords"] == "flu"
    assert ids(root["hasPart"]) == [file["@id"]]


def test_a_product_says_where_it_came_from() -> None:
    world = make_world()
    graph = graph_of(world.paper)
    named = graph[url_of(world.paper)]
    assert (named["namespace"], named["version"]) == ("flu", "1.0.0")
    source = graph[ids(named["isBasedOn"])[0]]
    assert source["name"] == "Influenza in a boarding school"
    assert source["datePublished"] == "1978-03-04T00:00:00+00:00"
    assert source["primary_not_supplement"] is False
    assert source["identifier"][0] == "https://doi.org/10.1136/bmj.1.6112.586"
    alternate = graph[source["identifier"][1]["@id"]]
    assert (alternate["propertyID"], alternate["value"]) == ("PMCID", "PMC1603269")


def test_depth_counts_runs_back() -> None:
    world = make_world()
    runs = [
        len(of_type(graph_of(world.figure, depth=depth), "CreateAction"))
        for depth in (1, 2, None)
    ]
    assert runs == [2, 3, 3]
    runs = [
        len(of_type(graph_of(world.drawings[0], depth=depth), "CreateAction"))
        for depth in (1, 2, None)
    ]
    assert runs == [1, 2, 2]


def test_parts_of_files_are_named_beside_them() -> None:
    world = make_world()
    graph = graph_of(world.fit)
    named = {
        (graph[ids(one["isPartOf"])[0]]["name"], one["component"])
        for one in graph.values()
        if "component" in one
    }
    assert named == {
        ("influenza/in-bed", "in_bed"),
        ("influenza/in-bed", "day"),
        ("influenza/rates", "beta"),
        ("influenza/rates", "whole_object"),
    }


def test_nothing_at_all_makes_a_crate_too() -> None:
    bare = factories.ObjectFactory.create(
        storage_location=None, file_type=None, authors=[], description=None
    )
    product = factories.DataProductFactory.create(object=bare)
    graph = graph_of(product, packed=True)
    assert graph["./"]["license"] == NO_LICENCE
    assert of_type(graph, "CreateAction") == []
    assert graph[url_of(bare)]["@type"] == "CreativeWork"
    run = factories.CodeRunFactory.create(
        code_repo=None,
        model_config=None,
        submission_script=None,
        inputs=[],
        outputs=[],
        end_date=None,
    )
    graph = graph_of(run, packed=True)
    [action] = of_type(graph, "CreateAction")
    assert "object" not in action
    assert "SoftwareApplication" in graph[ids(action["instrument"])[0]]["@type"]


def test_a_script_stands_in_for_software_that_is_not_on_record() -> None:
    run = factories.CodeRunFactory.create(code_repo=None)
    graph = graph_of(run)
    action = graph[url_of(run)]
    assert ids(action["instrument"]) == ids(action["script"])
    assert "SoftwareSourceCode" in graph[ids(action["instrument"])[0]]["@type"]


def test_accounts_are_named_to_those_who_have_one() -> None:
    run = factories.CodeRunFactory.create(by=factories.UserFactory(username="grace"))
    for user, name in (
        (NOBODY, f"account {run.registered_by_id}"),
        (run.registered_by, "grace"),
    ):
        graph = graph_of(run, user=user)
        assert graph[ids(graph[url_of(run)]["agent"])[0]]["alternateName"] == name


def test_too_long_a_lineage_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    monkeypatch.setattr(lineage.lineage, "__kwdefaults__", {"limit": 3})
    with pytest.raises(InvalidInput) as caught:
        content_of(world.figure, depth=None)
    assert set(caught.value.fields) == {"depth"}


def test_as_many_queries_whatever_the_number_of_runs(
    django_assert_num_queries: DjangoAssertNumQueries, ada: User
) -> None:
    chain = [stored(f"{number}".encode()) for number in range(8)]
    for before, after in pairwise(chain):
        factories.CodeRunFactory.create(inputs=[whole(before)], outputs=[whole(after)])
    for length in (1, 7):
        subject = factories.DataProductFactory.create(object=chain[length])
        subject = DataProduct.objects.select_related("namespace", "object").get(
            pk=subject.pk
        )
        with django_assert_num_queries(16):
            content = load(subject, depth=None, user=ada)
            metadata = metadata_of(content, url_of=url_of, packed=True)
            preview_of(metadata, content.packed)
        assert len(content.runs) == length


# --- As a whole -----------------------------------------------------------------------


def test_the_crate_of_the_golden_file(settings: Settings) -> None:
    settings.REGISTRY_URL = "https://registry.example.org"
    world = make_world()
    DataProduct.objects.update(last_updated=datetime(2021, 7, 18, tzinfo=UTC))
    Namespace.objects.update(full_name="Influenza group", website=None)
    content = content_of(DataProduct.objects.get(pk=world.figure.pk), depth=None)
    text = json.dumps(
        metadata_of(content, url_of=url_of, packed=False),
        indent=1,
        ensure_ascii=False,
    )
    seen: dict[str, int] = {}

    def renumber(found: re.Match[str]) -> str:
        return f"{found[1]}{seen.setdefault(found[0], len(seen) + 1)}"

    text = re.sub(
        r"(/api/[a-z_]+/|code run |#account-|account |#[a-z]+-)\d+", renumber, text
    )
    assert f"{text}\n" == (GOLDEN / "figure.json").read_text()


def test_the_preview_needs_nothing_else_and_escapes_what_people_wrote() -> None:
    world = make_world()
    thing = stored(b"x", description="<script>alert(1)</script>")
    product = factories.DataProductFactory.create(object=thing)
    factories.CodeRunFactory.create(
        inputs=[part(world.rates.object, "x")], outputs=[whole(thing)]
    )
    content = content_of(product, depth=None)
    page = preview_of(metadata_of(content, url_of=url_of, packed=True), content.packed)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for outside in ("src=", "<link", "@import", "url("):
        assert outside not in page


@pytest.mark.once
@pytest.mark.slow
def test_the_library_is_loaded_with_the_first_crate_and_not_before() -> None:
    program = (
        "import django, sys; django.setup(); import registry.api.urls; "
        "sys.exit('rocrate' in sys.modules)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, check=True
    )
