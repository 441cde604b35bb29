"""Crates that call files private: the strictest of all that they say counts."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from registry.catalogue.access import is_private, may_download
from registry.catalogue.models import StorageLocation
from registry.core.errors import Conflict, InvalidInput
from registry.core.graph.terms import FAIR
from registry.identity.models import User
from registry.provenance.crates.reading.context import MOST_WORDS, words_of
from registry.provenance.crates.terms import extra_terms
from tests.factories import StorageRootFactory, UserFactory
from tests.files import keep, place, sha1_of
from tests.provenance.crates.made import (
    CONTEXT,
    ROOT,
    file,
    metadata,
    refused,
    take_in,
    zipped,
)

DATA = b"Boy 17 is the headmaster's nephew.\n"
SHA1 = sha1_of(DATA)
FOLDER = {"@id": "data/", "@type": "Dataset", "name": "Data"}

pytestmark = pytest.mark.django_db


def send(*entities: Any, by: User, root: Any = ROOT, context: Any = None) -> None:
    """Import a crate that has the data twice."""
    described = metadata(*entities, root=root, context=context)
    take_in(zipped({"data/a.txt": DATA, "data/b.txt": DATA}, described), by=by)


PUBLIC_A, PRIVATE_B = file("data/a.txt"), file("data/b.txt", public=False)
UUIDS = [f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in (1, 2)]


@pytest.mark.parametrize(
    "entities",
    [
        [PUBLIC_A, PRIVATE_B],
        [PRIVATE_B, PUBLIC_A],
        [{**PUBLIC_A, "public": True}, PRIVATE_B],
        # registries name what they have: then these are two objects
        [{**PUBLIC_A, "uuid": UUIDS[0][9:]}, {**PRIVATE_B, "uuid": UUIDS[1][9:]}],
        [file("data/a.txt", public=[True, False])],
        [file("data/a.txt", public="False")],
        [file("data/a.txt", public={"@value": False})],
        [file("data/a.txt", public={"@list": [False]})],
        [file("data/a.txt", public={"@set": [True, False]})],
        [file("data/a.txt", public={"@id": "#no"})],
        [file("data/a.txt", public=[])],
        [file("data/a.txt", **{f"{FAIR}public": False})],
        [file("data/a.txt", **{"fair:public": "false"})],
        [{**FOLDER, "public": False}],
        [{**FOLDER, "public": False}, file("data/a.txt")],
        [
            {"@id": "#set", "@type": "Collection", "public": False}
            | {"hasPart": [{"@id": "#inner"}]},
            {"@id": "#inner", "@type": "Collection"}
            | {"hasPart": [{"@id": "data/a.txt"}, {"@id": "#set"}]},
            file("data/a.txt"),
        ],
        [
            file("data/a.txt"),
            file("data/b.txt", additionalProperty={"@id": "#closed"}),
            {"@id": "#closed", "@type": "PropertyValue"}
            | {"name": "accessibility", "value": "private"},
        ],
        [
            file("data/a.txt", additionalProperty={"@id": "#closed"}),
            {"@id": "#closed", "@type": "PropertyValue"}
            | {"name": "Accessibility ", "value": " Private"},
        ],
    ],
)
def test_one_word_closes_a_file(entities: list[Any]) -> None:
    ada = UserFactory.create()
    send(*entities, by=ada)
    assert is_private(SHA1)
    assert not may_download(AnonymousUser(), SHA1)
    assert may_download(ada, SHA1)
    # and again, which changes nothing
    send(*entities, by=ada)
    assert is_private(SHA1)


@pytest.mark.parametrize("value", [False, "false", "FALSE", "no", 0])
@pytest.mark.parametrize(
    "context", [CONTEXT, [CONTEXT, {"sha1": extra_terms()["sha1"]}]]
)
def test_a_word_that_the_context_does_not_declare_closes_a_file(
    context: Any, value: Any
) -> None:
    send(file("data/a.txt", public=value), by=UserFactory.create(), context=context)
    assert is_private(SHA1)


@pytest.mark.parametrize(
    "word, declared",
    [
        ("offen", {"offen": f"{FAIR}public"}),
        ("offen", {"offen": {"@id": f"{FAIR}public"}}),
        ("offen", {"fair": FAIR, "offen": "fair:public"}),
        ("offen", {"p": f"{FAIR}pub", "offen": {"@id": "p:lic", "@type": "@id"}}),
        ("offen", {"offen": "frei", "frei": f"{FAIR}public"}),
        ("offen", {"offen": "https://elsewhere.example.org/words/Public"}),
        ("offen", {"offen": f"{FAIR}public", "frei": f"{FAIR}public"}),
        ("frei", {"offen": f"{FAIR}public", "frei": f"{FAIR}public"}),
        ("Public", {}),
        (" public ", {}),
        ("offen", {"File": {"@id": "x:File", "@context": {"offen": f"{FAIR}public"}}}),
        ("ex:PUBLIC", {}),
    ],
)
def test_the_own_word_of_a_crate_closes_a_file(
    word: str, declared: dict[str, Any]
) -> None:
    context = [CONTEXT, declared]
    ada = UserFactory.create()
    send(file("data/a.txt", **{word: False}), by=ada, context=context)
    assert is_private(SHA1)


@pytest.mark.parametrize(
    "entities, context",
    [
        ([file("data/a.txt", **{"@nest": {"public": False}})], {}),
        ([file("data/a.txt", within={"offen": False})], {"offen": f"{FAIR}public"}),
        ([file("data/a.txt", **{"@context": {"offen": f"{FAIR}public"}})], {}),
        ([PUBLIC_A, {**FOLDER, "@included": [PRIVATE_B]}], {}),
        ([PUBLIC_A, {**FOLDER, "hasPart": [[{"x": PRIVATE_B}]]}], {}),
        ([PUBLIC_A, {**FOLDER, "@reverse": {"public": {"@id": "data/a.txt"}}}], {}),
    ],
)
def test_privacy_that_is_said_within_a_description_is_refused(
    entities: list[Any], context: dict[str, Any]
) -> None:
    described = metadata(*entities, context=[CONTEXT, context])
    error = refused(zipped({"data/a.txt": DATA}, described), UserFactory.create())
    assert "within" in str(error.fields) or "@context" in str(error.fields)
    assert not StorageLocation.objects.exists()


def test_words_that_stand_for_each_other_stand_for_nothing() -> None:
    words = words_of([CONTEXT, {"one": "two", "two": "one", "a": "a:b", "b": None}])
    assert not any(map(words.is_openness, ("one", "two", "a", "b")))


def test_a_context_may_not_declare_words_without_end() -> None:
    """Each is looked up, through as many others as it stands for."""
    few = {f"w{at}": f"w{at + 1}" for at in range(MOST_WORDS)}
    assert not words_of([CONTEXT, few]).openness
    with pytest.raises(InvalidInput, match="more than 10000 words"):
        words_of([CONTEXT, few, {"one": "more"}])


def test_an_own_word_that_says_yes_leaves_a_file_open() -> None:
    context = [CONTEXT, {"fair": FAIR, "offen": "fair:public"}]
    send(file("data/a.txt", offen=True), by=UserFactory.create(), context=context)
    assert not is_private(SHA1)


def test_a_file_that_is_private_and_public_at_once_is_refused() -> None:
    """Parsers of JSON differ in which of two values they take for one name."""
    described = metadata(file("data/a.txt", public=False)).replace(
        b'"public": false', b'"public": false, "public": true'
    )
    error = refused(zipped({"data/a.txt": DATA}, described), UserFactory.create())
    assert "public stands here twice" in error.fields["data/a.txt"][0]


def test_a_crate_that_is_private_as_a_whole_has_private_files() -> None:
    ada = UserFactory.create()
    send(file("data/a.txt"), by=ada, root={**ROOT, "public": False})
    assert is_private(SHA1)


def test_a_crate_that_says_nothing_has_public_files() -> None:
    send(PUBLIC_A, {**FOLDER, "public": True}, by=UserFactory.create())
    assert not is_private(SHA1)


def test_a_file_of_another_address_is_as_private_as_the_same_bytes_here() -> None:
    remote = file("https://elsewhere.example.org/a.txt", sha1=SHA1)
    send(remote, PRIVATE_B, by=UserFactory.create())
    assert not StorageLocation.objects.filter(public=True).exists()


def test_what_is_private_on_record_stays_so_though_a_stranger_calls_it_public() -> None:
    ada = UserFactory.create()
    keep(DATA, by=ada)
    place(SHA1, by=ada, public=False)
    place(SHA1, by=UserFactory.create(), public=True)
    send(PUBLIC_A, by=ada)
    assert is_private(SHA1)
    assert not StorageLocation.objects.filter(registered_by=ada, public=True).exists()


def test_a_private_file_that_its_owner_made_public_is_refused() -> None:
    ada, bob = UserFactory.create(), UserFactory.create()
    keep(DATA, by=ada)
    place(SHA1, by=ada)
    described = metadata(PRIVATE_B)
    error = refused(zipped({"data/b.txt": DATA}, described), by=bob, kind=Conflict)
    assert error.detail.startswith("data/b.txt: this file is to be private")


def test_a_public_location_of_before_does_not_open_an_imported_file() -> None:
    ada, bob = UserFactory.create(), UserFactory.create()
    place(SHA1, by=bob, public=True, storage_root=StorageRootFactory.create())
    send(PRIVATE_B, by=ada)
    place(SHA1, by=bob, public=True)
    assert is_private(SHA1)
    assert not may_download(bob, SHA1)
