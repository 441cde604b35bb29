"""Search finds what people paste: identifiers that name a record exactly."""

from __future__ import annotations

from copy import copy
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client

from registry.catalogue.models import Author, ExternalObject, StorageLocation
from registry.identity.merging import merge_records
from registry.search.names import search_records
from registry.storage.models import StoredFile
from tests.factories import (
    AuthorFactory,
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    IssueFactory,
    LicenceFactory,
    NamespaceFactory,
    ObjectFactory,
    StorageLocationFactory,
    UserFactory,
    sha1,
)
from tests.plans import analyze, multiply, plan_of, query_plan_of, statements
from tests.web.pages import main_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

ORCID = "0000-0002-1825-0097"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def found(text: str, user: Any = None) -> list[str]:
    """Return the addresses of the records that a search names."""
    client = Client()
    if user is not None:
        client.force_login(user)
    main = main_of(client.get("/search/", {"q": text}))
    return [str(one["href"]) for one in main.select("section.card li a")]


def path(record: Any) -> str:
    return f"/{record.kind}/{record.pk}/"


@pytest.mark.parametrize(
    "factory", [AuthorFactory, ObjectFactory, CodeRunFactory, IssueFactory]
)
def test_a_uuid(factory: Any) -> None:
    record = factory.create()
    factory.create()
    text = str(record.uuid)
    for written in (
        text,
        text.upper(),
        record.uuid.hex,
        f"urn:uuid:{text}",
        f" {text} ",
    ):
        assert found(written) == [path(record)]
    withdraw(record)
    assert found(text) == []


def test_a_sha1_whole_or_by_its_first_digits() -> None:
    location = StorageLocationFactory.create(hash=sha1(1))
    thing = ObjectFactory.create(storage_location=location)
    product = DataProductFactory.create(object=thing, by=thing.registered_by)
    ObjectFactory.create()
    whole = [path(product), path(thing), path(location)]
    for digits in (8, 9, 39, 40):
        assert found(sha1(1)[:digits]) == whole
        assert found(sha1(1)[:digits].upper()) == whole
    assert found(f"sha1:{sha1(1)}") == whole
    assert found(sha1(1)[:7]) == []
    assert found(f"{sha1(1)[:7]}{'0' if sha1(1)[7] != '0' else '1'}") == []


def test_a_sha1_in_capitals_is_found_too() -> None:
    location = StorageLocationFactory.create(hash=sha1(1).upper())
    assert found(sha1(1)) == found(sha1(1)[:8]) == [path(location)]


def test_a_sha256_finds_the_files_that_one_can_download() -> None:
    owner = UserFactory.create()
    location = StorageLocationFactory.create(by=owner)
    file = StoredFile.objects.create(
        sha1=location.hash, sha256=SHA256, size=4, stored_by=owner
    )
    for digits in (8, 41, 64):
        assert found(SHA256[:digits]) == [path(location)]
    assert found(f"sha256:{SHA256}") == [path(location)]
    StorageLocation.objects.filter(pk=location.pk).update(public=False)
    assert found(SHA256) == found(SHA256, UserFactory.create()) == []
    assert found(SHA256, owner) == [path(location)]
    # the record says its SHA-1 to everybody
    assert found(file.sha1) == [path(location)]


def test_a_cited_name_with_its_version_or_without() -> None:
    space = NamespaceFactory.create(name="n")
    versions = [
        DataProductFactory.create(namespace=space, name="a/b", version=version)
        for version in ("0.9.0", "0.10.0", "1.0.0-rc.1")
    ]
    DataProductFactory.create(name="a/b", version="0.9.0")
    first, second, candidate = map(path, versions)
    assert found("n:a/b@0.9.0") == [first]
    assert found("n:a/b") == found("n:a/b@latest") == found("n:a/b/")
    assert found("n:a/b") == [second, first, candidate]
    assert found("n:a/b@3.0.0") == found("n:a") == found(":a/b") == found("n:") == []


def test_names_with_colons_and_at_signs_are_found() -> None:
    space = NamespaceFactory.create(name="n:m")
    product = DataProductFactory.create(namespace=space, name="a@b", version="1.0.0")
    assert found("n:m:a@b@1.0.0") == found("n:m:a@b") == [path(product)]


@pytest.mark.parametrize(
    "text",
    [
        *(ORCID, f"orcid:{ORCID}", f"https://orcid.org/{ORCID}"),
        *(f"http://orcid.org/{ORCID}/", f"https://www.orcid.org/{ORCID}"),
    ],
)
@pytest.mark.parametrize(
    "kept", [f"https://orcid.org/{ORCID}", f"http://orcid.org/{ORCID}"]
)
def test_an_orcid(text: str, kept: str) -> None:
    author = AuthorFactory.create()
    Author.objects.filter(pk=author.pk).update(identifier=kept)
    AuthorFactory.create()
    assert found(text) == [path(author)]


@pytest.mark.parametrize(
    "text",
    [
        *("10.1038/nature.7", "doi:10.1038/nature.7", "DOI: 10.1038/NATURE.7"),
        *("https://doi.org/10.1038/nature.7", "http://dx.doi.org/10.1038/nature.7"),
        "doi.org/10.1038/nature.7",
    ],
)
@pytest.mark.parametrize(
    "kept",
    [
        {"identifier": "https://doi.org/10.1038/nature.7"},
        {"identifier": "http://dx.doi.org/10.1038/NATURE.7"},
        {"identifier": "https://doi.org/10.1038/Nature.7"},
        {"alternate_identifier": "Doi:10.1038/nAture.7"},
        {"alternate_identifier": "10.1038/nature.7"},
        {"alternate_identifier": "doi:10.1038/nature.7"},
    ],
)
def test_a_doi(text: str, kept: dict[str, str]) -> None:
    external = ExternalObjectFactory.create(**kept)
    ExternalObjectFactory.create()
    assert found(text) == [path(external)]


def test_the_address_of_an_external_object() -> None:
    external, later = (
        ExternalObjectFactory.create(
            alternate_identifier="PMID:12",
            title="a b: c",
            data_product=DataProductFactory.create(version=version),
        )
        for version in ("1.9.0", "1.10.0")
    )
    start = "https://example.org/external_object/PMID:12:a%20b:%20c"
    assert found(f"{start}@1.9.0") == [path(external)]
    assert found(f"{start}@1.9.0/?depth=2") == [path(external)]
    assert found(start) == [path(later), path(external)]
    assert found(f"/external_object/{external.pk}/") == [path(external)]
    assert found(f"{start}@3.0.0") == []


def test_a_licence_by_name_or_url() -> None:
    url = "https://creativecommons.org/licenses/by/4.0/"
    licence = LicenceFactory.create(licence_info="CC BY 4.0", identifier=url)
    spdx = LicenceFactory.create(
        licence_info="MIT License", identifier="https://spdx.org/licenses/MIT.html"
    )
    long = LicenceFactory.create(licence_info="Permission is granted " * 10)
    for text in ("CC BY 4.0", "cc by 4.0", url, url[:-1], url.replace("https", "http")):
        assert found(text) == [path(licence)]
    for text in ("MIT", "mit license", "https://spdx.org/licenses/MIT.html"):
        assert found(text) == [path(spdx)] or text == "MIT"
    assert found("MIT") == [path(spdx)]
    assert found(("Permission is granted " * 10).strip()) == [path(long)]


def test_words_of_a_licence_find_names_as_well() -> None:
    licence = LicenceFactory.create(licence_info="CC0", identifier=None)
    space = NamespaceFactory.create(name="all cc0", full_name=None)
    assert found("CC0") == [path(space), path(licence)]


@pytest.mark.parametrize(
    "kept",
    [
        {"licence_info": "Licence: cc0-1.0", "identifier": None},
        {"licence_info": "CC0 1.0 Universal", "identifier": None},
        {"identifier": "https://creativecommons.org/publicdomain/zero/1.0/"},
        {"identifier": "http://spdx.org/licenses/CC0-1.0.html"},
    ],
)
def test_a_licence_by_parts_and_other_names(kept: dict[str, Any]) -> None:
    licence = LicenceFactory.create(**kept)
    LicenceFactory.create(licence_info="CC BY 4.0")
    whole = (
        "CC0-1.0",
        "spdx.org/licenses/CC0-1.0",
        "<https://spdx.org/licenses/CC0-1.0>",
    )
    zero = "creativecommons.org/publicdomain/zero/1.0"
    urls = zero, f"http://{zero}/", f"https://{zero}/deed.en"
    for text in (*whole, *urls):
        assert found(text) == [path(licence)], text


def test_a_licence_by_words() -> None:
    first, second = (
        LicenceFactory.create(licence_info=text) for text in ("MIT", "The MIT License")
    )
    assert found("MIT") == [path(first), path(second)]
    assert found("mit license") == [path(second)]
    assert found("license the") == [path(second)]


@pytest.mark.parametrize(
    "pasted",
    ["'{}'", '"{}"', "<{}>", "({}).", "{}.", "{},", "{{{}}}", " [{}]; ", "“{}”"],
)
@pytest.mark.parametrize("text", [ORCID, "paste:x@1.0.0", "10.1038/nature.7", "paste"])
def test_what_is_around_an_identifier_does_not_count(pasted: str, text: str) -> None:
    _store()
    assert found(pasted.format(text)) == found(text) != []


def test_a_name_that_has_brackets_is_found_as_it_is() -> None:
    space = NamespaceFactory.create(name="n")
    products = [
        DataProductFactory.create(namespace=space, name=name) for name in ("(a)", "a")
    ]
    assert [found(f"n:{one.name}") for one in products] == [
        [path(one)] for one in products
    ]


@pytest.mark.parametrize(
    "start", ["", "https://example.org", "http://localhost:8000", "example.org/fair"]
)
def test_an_address_of_the_registry(start: str) -> None:
    space = NamespaceFactory.create(name="a space")
    product = DataProductFactory.create(namespace=space, name="x/y", version="1.0.0")
    location = StorageLocationFactory.create(hash=sha1(3))
    for kind in ("data_product", "api/data_product"):
        for end in ("", "/", "/?format=json", "#licences"):
            assert found(f"{start}/{kind}/{product.pk}{end}") == [path(product)]
    for cited in ("a%20space:x/y@1.0.0", "a%20space:x%2Fy@1.0.0?a=b", "a space:x/y/"):
        assert found(f"{start}/data_product/{cited}") == [path(product)]
    for file in ("data/{}", "data/{}/", "api/data/{}/file"):
        assert found(f"{start}/{file.format(sha1(3))}") == [path(location)]
    for wrong in ("data_product/0/", "nothing/1/", f"author/{'9' * 19}/"):
        assert found(f"{start}/{wrong}") == []


def test_the_address_of_a_merged_record_finds_the_one_that_was_kept() -> None:
    kept, gone = AuthorFactory.create_batch(2)
    merge_records(Author, kept.pk, [gone.pk], by=UserFactory.create(is_superuser=True))
    assert found(f"https://example.org/author/{gone.pk}/") == [path(kept)]


def test_the_first_digits_of_a_uuid() -> None:
    uuid = "a8098c1a-f86e-11da-bd1a-00112444be1e"
    author, other = AuthorFactory.create_batch(2)
    Author.objects.filter(pk=author.pk).update(uuid=uuid)
    Author.objects.filter(pk=other.pk).update(uuid=uuid.replace("c1a", "c1b"))
    assert found("a8098c1a") == found("A8098C1A") == [path(author)]


def test_a_name_and_version_without_the_namespace() -> None:
    first, second = DataProductFactory.create_batch(2, name="x/y", version="1.0.0")
    DataProductFactory.create(name="x/y", version="2.0.0")
    assert sorted(found("x/y@1.0.0")) == sorted([path(first), path(second)])


TEXTS: dict[str, str] = {
    "uuid": "a8098c1a-f86e-11da-bd1a-00112444be1e",
    "sha1": sha1(5),
    "sha1 prefix": sha1(5)[:8],
    "sha256": SHA256,
    "name": "paste:x@1.0.0",
    "versions": "paste:x",
    "orcid": ORCID,
    "doi": "10.1038/nature.7",
    "uuid start": "a8098c1a",
    "address": "https://example.org/registry/data_product/paste:x@1.0.0",
    "no namespace": "x@1.0.0",
    "quoted": f"<https://orcid.org/{ORCID}>.",
}


def _store() -> None:
    """Register one record of each kind."""
    location = StorageLocationFactory.create(hash=sha1(5))
    thing = ObjectFactory.create(storage_location=location, uuid=TEXTS["uuid"])
    space = NamespaceFactory.create(name="paste")
    DataProductFactory.create(
        object=thing, namespace=space, name="x", version="1.0.0", by=thing.registered_by
    )
    AuthorFactory.create(identifier=f"https://orcid.org/{ORCID}")
    ExternalObjectFactory.create(identifier="https://doi.org/10.1038/nature.7")
    LicenceFactory.create(licence_info="CC0", identifier="https://a.org/l")
    StoredFile.objects.create(sha1=location.hash, sha256=SHA256, size=1)


def _store_others(number: int) -> None:
    """Register very many other records."""
    factories = (AuthorFactory, ObjectFactory, StorageLocationFactory, LicenceFactory)
    for factory in (*factories, NamespaceFactory):
        multiply(factory.create(), number)
    external = ExternalObjectFactory.create()
    others = []
    for pk in multiply(external.data_product, number):
        other = copy(external)
        other.pk, other.data_product_id = None, pk
        other.identifier = f"https://example.org/{pk}"
        other.alternate_identifier = f"source {pk}"
        others.append(other)
    ExternalObject.objects.bulk_create(others)
    StoredFile.objects.bulk_create(
        StoredFile(sha1=sha1(-one.data_product_id), sha256=f"{one.pk:064d}", size=1)
        for one in others
    )


@pytest.mark.parametrize("kind", TEXTS)
def test_as_many_statements_whatever_there_is(kind: str) -> None:
    _store()
    counts = []
    for _ in range(2):
        with statements() as seen:
            assert search_records(TEXTS[kind], user=AnonymousUser())
        counts.append(len(seen))
        _store_others(30)
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("kind", [*TEXTS, "licence"])
def test_no_look_up_reads_a_whole_table(kind: str) -> None:
    _store()
    _store_others(2000)
    analyze()
    text = {**TEXTS, "licence": "cc0"}[kind]
    with statements() as seen:
        assert search_records(text, user=AnonymousUser())
    by_words = "ILIKE" if connection.vendor == "postgresql" else "LIKE"
    # the search by words, and who can download a file, have tests of their own
    tables = "_licence" if kind == "licence" else "registry_"
    looked_up = [
        one
        for one in seen
        if tables in one[0] and "_keyvalue" not in one[0] and by_words not in one[0]
    ]
    assert looked_up
    for sql, params in looked_up:
        if connection.vendor == "postgresql":
            assert sum(plan_of(sql, params).rows.values()) < 100, sql
        else:
            steps = query_plan_of(sql, params)
            assert not [step for step in steps if step.startswith("SCAN")], sql
