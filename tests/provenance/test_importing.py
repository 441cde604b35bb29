"""Registering what a foreign document tells: once, as it is, all or nothing."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    KeyValue,
    Keyword,
    Licence,
    Object,
    StorageLocation,
)
from registry.core.errors import Conflict, Forbidden, InvalidInput
from registry.core.models import Event, Record
from registry.core.verbs import CREATED, UPDATED
from registry.identity.models import User
from registry.provenance.importing import (
    External,
    Graph,
    Part,
    Person,
    Place,
    Product,
    Release,
    Run,
    Thing,
    derived_uuid,
    register_graph,
)
from registry.runs.models import CodeRun
from registry.runs.provenance.documents import LINKS
from tests import factories

pytestmark = pytest.mark.django_db

ORCID = "https://orcid.org/0000-0002-1825-0097"
BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def user() -> User:
    made: User = factories.UserFactory.create()
    return made


def place(number: int, **given: Any) -> Place:
    values = {
        "root": "https://data.example.org/",
        "path": f"table/{number}.csv",
        "hash": factories.sha1(number),
    }
    return Place(**{**values, **given})


def thing(name: str, **given: Any) -> Thing:
    values = {
        "keys": (name,),
        "where": f"$.entity['{name}']",
        "uuid": derived_uuid(f"https://example.org/{name}"),
        "description": f"The thing {name}",
    }
    return Thing(**{**values, **given})


def product(name: str, **given: Any) -> Product:
    values = {
        "key": f"product/{name}",
        "where": f"$.entity['product/{name}']",
        "namespace": "group",
        "name": name,
        "version": "1.0.0",
    }
    return Product(**{**values, **given})


def run(name: str, **given: Any) -> Run:
    values = {
        "key": name,
        "where": f"$.activity['{name}']",
        "uuid": derived_uuid(f"https://example.org/{name}"),
        "description": f"The run {name}",
        "began": BEGAN,
    }
    links = {field: given.pop(field) for field in LINKS if field in given}
    return Run(**{**values, "links": links, **given})


ADA = Person(
    "ada", "$.agent['ada']", derived_uuid("ada"), "Ada Lovelace", identifier=ORCID
)
WHOLE = Graph(
    people=(ADA, Person("bob", "$.agent['bob']", derived_uuid("bob"), "Bob")),
    things=(
        thing(
            "counts",
            place=place(1),
            file_type=("Comma-separated values", "csv"),
            authors=("ada", "bob"),
            licences=(("CC0", "https://creativecommons.org/publicdomain/zero/1.0/"),),
            keywords=(("influenza", None),),
            facts=(("instrument", "thermometer"),),
            products=(
                product(
                    "counts",
                    external=External(
                        "paper",
                        "$.entity['paper']",
                        {
                            "title": "Influenza in a boarding school",
                            "release_date": BEGAN,
                            "identifier": "https://doi.org/10.1136/bmj.1.6112.586",
                        },
                        original_store=place(9, root="https://www.bmj.com/"),
                    ),
                ),
            ),
        ),
        thing("rates", place=place(2), file_type=("Comma-separated values", None)),
        thing("code", release=Release("release", "$.x", "org/model", "1.2.3")),
        thing("script"),
    ),
    runs=(
        run(
            "fit",
            code_repo="release",
            submission_script="script",
            inputs=(Part("product/counts", "in_bed"),),
            outputs=(Part("rates", "beta"), Part("rates", "gamma"), Part("rates")),
        ),
    ),
)


def counts() -> dict[str, int]:
    """Count the records of each type."""
    return {
        model.__name__: model._default_manager.count()
        for model in Record.__subclasses__()
    }


def test_everything_that_a_document_says_is_registered(user: User) -> None:
    imported = register_graph(WHOLE, by=user)
    fit = CodeRun.objects.get()
    assert fit == imported.records["fit"]
    assert fit.code_repo == CodeRepoRelease.objects.get().object
    assert fit.submission_script == imported.records["script"]
    assert [part.name for part in fit.inputs.all()] == ["in_bed"]
    assert {part.name for part in fit.outputs.all()} == {
        "beta",
        "gamma",
        "whole_object",
    }
    table = DataProduct.objects.get()
    assert table == imported.records["product/counts"]
    assert table.object == imported.records["counts"]
    assert {one.name for one in table.object.authors.all()} == {"Ada Lovelace", "Bob"}
    assert Licence.objects.get().object == table.object
    assert Keyword.objects.get().keyphrase == "influenza"
    assert KeyValue.objects.get().value == "thermometer"
    paper = ExternalObject.objects.get()
    assert paper == imported.records["paper"]
    assert paper.version == "1.0.0"
    assert paper.original_store == StorageLocation.objects.get(path="table/9.csv")
    rates = Object.objects.get(description="The thing rates")
    assert rates.file_type == table.object.file_type


def test_every_record_leaves_its_event(user: User) -> None:
    imported = register_graph(WHOLE, by=user)
    told = {
        (event.kind, event.record_id)
        for event in Event.objects.filter(by=user, action=CREATED.name)
    }
    assert {(one.kind, one.pk) for one in imported.registered} <= told
    whole = {(kind, pk) for kind, pk in told if kind == "object_component"}
    assert len(whole) == 4 + 3


def test_the_same_again_finds_everything_and_registers_nothing(user: User) -> None:
    first = register_graph(WHOLE, by=user)
    before = counts()
    other = factories.UserFactory.create()
    events = Event.objects.count()
    again = register_graph(WHOLE, by=other)
    assert again.registered == ()
    assert again.records == first.records
    assert counts() == before
    assert Event.objects.count() == events


def test_what_is_on_record_stays_as_it_is(user: User) -> None:
    register_graph(WHOLE, by=user)
    changed = replace(WHOLE.things[0], description="Other words", keywords=())
    register_graph(Graph(WHOLE.people, (changed,)), by=user)
    assert not Object.objects.filter(description="Other words").exists()


def test_a_product_is_found_by_its_name_whatever_its_uuid(user: User) -> None:
    register_graph(WHOLE, by=user)
    elsewhere = thing(
        "theirs", uuid=uuid.uuid4(), place=place(1), products=(product("counts"),)
    )
    for stated in (False, True):
        said = replace(elsewhere, uuid_stated=stated)
        imported = register_graph(Graph(things=(said,)), by=user)
        assert imported.registered == ()
        assert imported.records["theirs"] == DataProduct.objects.get().object


def test_other_bytes_under_the_same_name_are_a_conflict(user: User) -> None:
    register_graph(WHOLE, by=user)
    before = counts()
    other = thing("x", place=place(3), products=(product("counts"),))
    with pytest.raises(Conflict, match=r"^\$\.entity\['x'\]: object \d+ on record has"):
        register_graph(Graph(things=(thing("new"), other)), by=user)
    assert counts() == before


def test_another_uuid_under_the_same_name_is_a_conflict(user: User) -> None:
    register_graph(WHOLE, by=user)
    other = thing("x", uuid_stated=True, products=(product("counts"),))
    with pytest.raises(Conflict, match="another UUID"):
        register_graph(Graph(things=(other,)), by=user)


def test_names_of_two_objects_are_a_conflict(user: User) -> None:
    register_graph(WHOLE, by=user)
    both = replace(
        WHOLE.things[1], uuid_stated=True, products=(product("counts"),), place=None
    )
    with pytest.raises(Conflict, match="different objects"):
        register_graph(Graph(things=(both,)), by=user)


def test_a_release_is_found_by_its_name(user: User) -> None:
    register_graph(WHOLE, by=user)
    release = Release("mine", "$.mine", "org/model", "1.2.3")
    imported = register_graph(Graph(things=(thing("y", release=release),)), by=user)
    assert imported.registered == ()
    assert imported.records["mine"] == CodeRepoRelease.objects.get()


def test_an_author_is_found_by_identifier_whatever_the_name(user: User) -> None:
    [ada] = (factories.AuthorFactory.create(identifier=ORCID),)
    imported = register_graph(Graph(people=(replace(ADA, name="A. L."),)), by=user)
    assert imported.records["ada"] == ada
    assert Author.objects.count() == 1


def test_two_names_of_one_person_make_one_author(user: User) -> None:
    twice = Graph(people=(ADA, replace(ADA, key="also ada", uuid=uuid.uuid4())))
    imported = register_graph(twice, by=user)
    assert imported.records["ada"] == imported.records["also ada"]
    assert Author.objects.count() == 1


def test_a_run_is_completed_by_what_another_document_says_of_it(user: User) -> None:
    register_graph(WHOLE, by=user)
    more = replace(
        WHOLE.runs[0],
        outputs=(Part("script", "log"),),
        links={**WHOLE.runs[0].links, "model_config": "script"},
    )
    register_graph(replace(WHOLE, runs=(more,)), by=user)
    fit = CodeRun.objects.get()
    assert {part.name for part in fit.outputs.all()} == {
        "beta",
        "gamma",
        "whole_object",
        "log",
    }
    assert fit.model_config is not None
    assert Event.objects.filter(kind="code_run", action=UPDATED.name).exists()


def test_another_persons_run_is_not_completed(user: User) -> None:
    register_graph(WHOLE, by=user)
    before = counts()
    more = replace(WHOLE.runs[0], outputs=(Part("script", "log"),))
    with pytest.raises(Forbidden):
        register_graph(replace(WHOLE, runs=(more,)), by=factories.UserFactory.create())
    assert counts() == before


def test_another_time_of_the_same_run_is_a_conflict(user: User) -> None:
    register_graph(WHOLE, by=user)
    later = replace(WHOLE.runs[0], began=BEGAN.replace(year=2027))
    with pytest.raises(Conflict, match=r"^\$\.activity\['fit'\]: code run \d+"):
        register_graph(replace(WHOLE, runs=(later,)), by=user)


@pytest.mark.parametrize(
    "bad,where,message",
    [
        (thing("x", place=place(1, root="nonsense")), "$.entity['x']", "root: Enter"),
        (thing("x", place=place(1, hash="")), "$.entity['x']", "hash: "),
        (thing("x", products=(product("a*"),)), "$.entity['product/a*']", "name: "),
        (
            thing("x", products=(product("a", version="one"),)),
            "$.entity['product/a']",
            "version: Enter a semantic version",
        ),
        (thing("x", keywords=(("a?", None),)), "$.entity['x']", "keyphrase: "),
    ],
)
def test_what_no_record_can_be_is_refused_with_its_place(
    user: User, bad: Thing, where: str, message: str
) -> None:
    before = counts()
    with pytest.raises(InvalidInput) as refused:
        register_graph(Graph(things=(thing("good"), bad)), by=user)
    [said] = refused.value.fields[where]
    assert said.startswith(message)
    assert counts() == before


def test_two_things_of_one_name_are_refused_with_their_place(user: User) -> None:
    things = (
        thing("one", products=(product("p"),)),
        thing("two", products=(product("p", key="q", where="$.entity['q']"),)),
    )
    with pytest.raises(InvalidInput) as refused:
        register_graph(Graph(things=things), by=user)
    assert "another one as well" in refused.value.fields["$.entity['q']"][0]


def test_own_records_are_used_as_they_are(user: User) -> None:
    own = factories.DataProductFactory.create()
    used = thing("own", record=own.object)
    step = run("step", inputs=(Part("own"),), outputs=(Part("new"),))
    imported = register_graph(Graph(things=(used, thing("new")), runs=(step,)), by=user)
    fit = CodeRun.objects.get()
    assert [part.object for part in fit.inputs.all()] == [own.object]
    assert imported.records["own"] == own.object


def test_a_private_place_stays_private(user: User) -> None:
    register_graph(Graph(things=(thing("x", place=place(1, public=False)),)), by=user)
    assert not StorageLocation.objects.get().public


def test_the_number_of_queries_does_not_grow(user: User) -> None:
    # the first registers the storage root and the namespace
    numbers = [_queries(user, size) for size in (1, 2, 40)]
    assert numbers[1] == numbers[2]


def _queries(user: User, size: int) -> int:
    name = f"size-{size}-"
    things = tuple(
        thing(
            f"{name}{at}",
            place=place(1000 * size + at),
            products=(product(f"{name}{at}"),),
            keywords=(("k", None),),
        )
        for at in range(size)
    )
    steps = tuple(
        run(f"{name}{at}", inputs=(Part(f"{name}{at}", "part"),)) for at in range(size)
    )
    with CaptureQueriesContext(connection) as queries:
        register_graph(Graph(things=things, runs=steps), by=user)
    return len(queries)


WRONG = ORCID.replace("97", "98")


@pytest.mark.parametrize(
    "name, identifier, kept",
    [
        ("Ada", WRONG, ("Ada", None)),
        (None, WRONG, (WRONG, None)),
        (" Ada\u200b ", None, ("Ada", None)),
        ("Ada", ORCID.replace("https", "http"), ("Ada", ORCID)),
        (None, f"{ORCID}/", (None, ORCID)),
    ],
)
def test_what_is_wrong_with_a_person_refuses_no_document(
    user: User, name: str | None, identifier: str | None, kept: Any
) -> None:
    said = replace(ADA, name=name, identifier=identifier)
    for _ in range(2):
        imported = register_graph(Graph(people=(said,)), by=user)
        author = imported.records["ada"]
        assert isinstance(author, Author)
        assert (author.name, author.identifier) == kept
    assert Author.objects.count() == 1


def test_an_author_on_record_is_found_by_another_spelling(user: User) -> None:
    known = factories.AuthorFactory.create(identifier=None)
    older = ORCID.replace("https", "http")
    Author.objects.filter(pk=known.pk).update(identifier=older)
    imported = register_graph(Graph(people=(ADA,)), by=user)
    assert imported.records["ada"] == known


def test_labels_are_tidied(user: User) -> None:
    labels = {
        "keywords": ((" flu\u200b ", None), ("flu ", None)),
        "facts": (("key ", " value "),),
    }
    register_graph(Graph(things=(thing("counts", **labels),)), by=user)
    assert Keyword.objects.get().keyphrase == "flu"
    fact = KeyValue.objects.get()
    assert (fact.key, fact.value) == ("key", " value ")
