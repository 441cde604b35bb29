"""The page of a data product: versions, origin, file, issues and citation."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from bs4 import Tag
from django.test import Client
from pytest_django import Settings

from registry.catalogue.models import DataProduct
from registry.catalogue.services import update_data_product
from registry.core.models import Event
from registry.identity.models import User
from registry.storage.models import StoredFile
from registry.web.citation import Citation
from tests.factories import (
    AuthorFactory,
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    FileTypeFactory,
    IssueFactory,
    KeywordFactory,
    LicenceFactory,
    NamespaceFactory,
    ObjectFactory,
    StorageLocationFactory,
    StorageRootFactory,
    UserFactory,
)
from tests.web.pages import link, main_of, path, words_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db


def _section(product: DataProduct, name: str, client: Client | None = None) -> str:
    return words_of(_part(product, name, client))


def _part(product: DataProduct, name: str, client: Client | None = None) -> Tag:
    main = main_of((client or Client()).get(f"/data_product/{product.pk}/"))
    part = main.select_one(f"section[aria-labelledby={name}]")
    assert part is not None
    return part


def test_versions_are_sorted_semantically() -> None:
    namespace = NamespaceFactory.create()
    versions = ["0.9.0", "0.10.0", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0"]
    products = [
        DataProductFactory.create(namespace=namespace, name="a", version=version)
        for version in ("1.0.0", *versions[:-1])
    ]
    DataProductFactory.create(name="a", version="7.0.0")
    DataProductFactory.create(namespace=namespace, name="b", version="8.0.0")
    said = _section(products[1], "versions")
    assert said.startswith(
        "Versions 1.0.0 latest 1.0.0-rc.10 1.0.0-rc.2 0.10.0 0.9.0 this one Always"
    )
    assert link(_part(products[1], "versions"), "1.0.0") == (
        f"/data_product/{products[0].pk}/"
    )


def test_withdrawn_versions_and_the_latest_are_marked() -> None:
    namespace = NamespaceFactory.create()
    old, new, newer, candidate = (
        DataProductFactory.create(namespace=namespace, name="a", version=version)
        for version in ("1.0.0", "1.1.0", "1.2.0", "2.0.0-rc.1")
    )
    withdraw(new)
    withdraw(newer.object, "The file was empty.")
    said = _section(old, "versions")
    assert said.startswith(
        "Versions 2.0.0-rc.1 1.2.0 withdrawn The file was empty. "
        "1.1.0 withdrawn The units were wrong. 1.0.0 this one latest Always"
    )
    for product in (old, candidate):
        withdraw(product)
    part = _part(old, "versions")
    assert "latest" not in words_of(part).split("Always")[0]
    assert part.select_one("#latest-file") is None
    page = part.select_one("#latest-page")
    assert page is not None
    assert Client().get(path(str(page["href"]))).status_code == 302


def test_the_latest_is_shown_behind_many_others() -> None:
    namespace = NamespaceFactory.create()
    release = DataProductFactory.create(namespace=namespace, name="a", version="1.0.0")
    first, *_ = (
        DataProductFactory.create(
            namespace=namespace, name="a", version=f"2.0.0-rc.{number}"
        )
        for number in range(51)
    )
    part = _part(first, "versions")
    assert link(part, "1.0.0") == f"/data_product/{release.pk}/"
    assert "1.0.0 latest Always" in words_of(part)


@pytest.mark.parametrize("name", ["a b/ü", "a@b", "<i>"])
def test_the_addresses_of_the_latest_can_be_copied(name: str) -> None:
    product = DataProductFactory.create(name=name, version="1.0.0")
    part = _part(product, "versions")
    for what in ("page", "file"):
        shown = part.select_one(f"a#latest-{what}")
        button = part.select_one(f"button[data-copy=latest-{what}]")
        assert shown is not None
        assert button is not None
        assert shown["href"] == shown.get_text()
        assert button["aria-label"] == f"Copy the address of the {what}"
        answer = Client().get(path(str(shown["href"])))
        assert answer.status_code == 302
    assert quote(f":{name}@1.0.0", safe="/:@") in answer["Location"]


def test_what_is_said_and_withdrawn_is_not_shown() -> None:
    source = ExternalObjectFactory.create(title="Boys in bed")
    product = source.data_product
    thing = product.object
    labels = [
        KeywordFactory.create(object=thing, keyphrase="influenza"),
        LicenceFactory.create(object=thing, licence_info="CC0"),
        IssueFactory.create(
            description="all wrong", component_issues=[thing.components.get()]
        ),
    ]
    texts = ("influenza", "CC0", "all wrong", "Boys in bed")
    main = words_of(main_of(Client().get(f"/data_product/{product.pk}/")))
    assert all(text in main for text in texts)
    for record in (source, *labels):
        withdraw(record)
    main = words_of(main_of(Client().get(f"/data_product/{product.pk}/")))
    assert not [text for text in texts if text in main]


def test_the_page_shows_inputs_and_owner_of_the_run() -> None:
    person = UserFactory.create(username="barbara")
    source = DataProductFactory.create(name="maize", object=ObjectFactory.create())
    code = ObjectFactory.create(description="the code")
    product = DataProductFactory.create(object=ObjectFactory.create())
    whole = product.object.components.get()
    CodeRunFactory.create(
        by=person,
        description="Count the kernels",
        run_date=datetime(1950, 6, 1, 12, tzinfo=UTC),
        end_date=None,
        code_repo=code,
        inputs=[source.object.components.get()],
        outputs=[whole],
    )
    said = _section(product, "made")
    for text in ("Count the kernels", "1 June 1950, 12:00 UTC", "the code", "maize 1."):
        assert text in said
    assert "barbara" not in said
    client = Client()
    client.force_login(UserFactory.create())
    assert "registered by barbara" in _section(product, "made", client)
    assert "Count the kernels" in _section(source, "used")
    assert "No run that read this data product is registered." in _section(
        product, "used"
    )


def test_external_data_shows_its_source() -> None:
    product = DataProductFactory.create()
    assert "No run that wrote this data product is registered." in _section(
        product, "made"
    )
    external = ExternalObjectFactory.create(data_product=product, title="Boys in bed")
    assert link(_part(product, "made"), "Boys in bed") == (
        f"/external_object/{external.pk}/"
    )


def test_labels_are_links() -> None:
    thing = ObjectFactory.create(
        authors=[AuthorFactory.create(name="Ada"), AuthorFactory.create(name="Bo")]
    )
    product = DataProductFactory.create(object=thing)
    KeywordFactory.create(object=thing, keyphrase="in bed & ill")
    licence = LicenceFactory.create(object=thing, licence_info="CC0")
    main = main_of(Client().get(f"/data_product/{product.pk}/"))
    assert "By Ada , Bo" in words_of(main)
    keyword = link(main, "in bed & ill")
    assert words_of(main_of(Client().get(keyword))).count("in bed & ill") == 1
    assert link(main, "CC0") == f"/licence/{licence.pk}/"


def test_issues_are_listed_worst_first() -> None:
    product = DataProductFactory.create(object=ObjectFactory.create())
    part = product.object.components.get()
    for severity, text in ((0, "a remark"), (9, "all wrong"), (3, "a row missing")):
        IssueFactory.create(
            severity=severity, description=text, component_issues=[part]
        )
    said = _section(product, "issues")
    assert said.startswith(
        "Quality issues severity 9 all wrong severity 3 a row missing severity 0"
    )


def _stored(sha1: str = "ab" * 20) -> None:
    StoredFile.objects.create(sha1=sha1, sha256="cd" * 32, size=2_500_000)


def _product_at(root: str, place: str, **location: bool) -> DataProduct:
    product: DataProduct = DataProductFactory.create(
        name="a b/ü",
        version="1.0.0",
        object=ObjectFactory.create(
            file_type=FileTypeFactory.create(name="Table", extension="csv"),
            storage_location=StorageLocationFactory.create(
                storage_root=StorageRootFactory.create(root=root),
                path=place,
                hash="ab" * 20,
                **location,
            ),
        ),
    )
    return product


def test_a_stored_file_is_downloaded_with_its_name(settings: Settings) -> None:
    _stored()
    product = _product_at(f"{settings.REGISTRY_URL}/data/", "ab" * 20)
    part = _part(product, "file")
    said = words_of(part)
    assert "Size 2.4 MB" in said
    assert "SHA-256 " + "cd" * 32 in said
    assert "Table (.csv)" in said
    assert link(part, "Download").startswith("http://testserver/data_product/")


def test_a_download_address_has_the_name_of_the_product() -> None:
    product = _product_at("https://data.example.org/", "x.csv")
    address = path(link(_part(product, "file"), "Open the file"))
    name = quote(f"{product.namespace.name}:a b/ü@1.0.0", safe="/:@")
    assert address == f"/data_product/{name}"
    answer = Client().get(address)
    assert answer["Location"] == "https://data.example.org/x.csv"


@pytest.mark.parametrize("root", ["ssh://host.example.org/", "github://org:repo@sha/"])
def test_a_file_that_cannot_be_downloaded_is_only_named(root: str) -> None:
    part = _part(_product_at(root, "x.csv"), "file")
    assert f"{root}x.csv" in words_of(part)
    assert "You cannot download this file from here." in words_of(part)
    assert not part.select("a")


def test_a_private_file_is_marked() -> None:
    part = _part(_product_at("https://a.example.org/", "x", public=False), "file")
    assert "private" in words_of(part)


def test_a_product_without_a_file_shows_that() -> None:
    product = DataProductFactory.create()
    assert "No location is registered." in _section(product, "file")


def test_the_history_shows_who_did_what_and_when() -> None:
    owner = UserFactory.create(username="dorothy")
    product = DataProductFactory.create(by=owner, name="before")
    update_data_product(product.pk, {"name": "after"}, by=owner)
    Event.objects.filter(kind="data_product").update(
        at=datetime(1964, 12, 10, 9, 30, tzinfo=UTC), client="a-script/1.0"
    )
    by = f"by account {owner.pk}, 10 December 1964, 09:30 UTC"
    assert _section(product, "history") == (
        f"History Updated {by} : name with a-script/1.0 Created {by} with a-script/1.0"
    )


def _history(product: DataProduct, viewer: User | None) -> str:
    client = Client()
    if viewer:
        client.force_login(viewer)
    return _section(product, "history", client)


def test_only_signed_in_users_see_names_in_the_history() -> None:
    owner = UserFactory.create(username="dorothy")
    product = DataProductFactory.create(by=owner)
    assert "dorothy" not in _history(product, None)
    assert "Created by dorothy" in _history(product, UserFactory.create())


def test_a_citation_has_the_parts_that_datacite_recommends(settings: Settings) -> None:
    settings.REGISTRY_URL = "https://registry.example.org"
    thing = ObjectFactory.create(
        authors=[AuthorFactory.create(name="Ada"), AuthorFactory.create(name="Bo")]
    )
    product = DataProductFactory.create(
        namespace=NamespaceFactory.create(full_name="The Institute"),
        name="human/mortality",
        version="1.2.3",
        object=thing,
    )
    Event.objects.filter(kind="data_product", record_id=product.pk).update(
        at=datetime(2024, 12, 31, 23, 59, tzinfo=UTC)
    )
    part = _part(product, "cite")
    address = f"https://registry.example.org/data_product/{product.pk}/"
    citation = part.select_one("#citation")
    assert citation is not None
    assert words_of(citation) == (
        "Ada; Bo (2024): human/mortality, version 1.2.3. The Institute. " + address
    )
    assert link(part, address) == address
    bibtex = part.select_one("#bibtex")
    assert bibtex is not None
    assert bibtex.get_text() == (
        "@misc{human-mortality-1-2-3,\n"
        "  author = {{Ada} and {Bo}},\n"
        "  title = {{human/mortality}},\n"
        "  year = {2024},\n"
        "  version = {1.2.3},\n"
        "  publisher = {The Institute},\n"
        f"  howpublished = {{\\url{{{address}}}}}\n"
        "}"
    )


def _citation(**given: str) -> Citation:
    values = {
        "title": "a",
        "version": "1.0.0",
        "publisher": "P",
        "address": "https://x",
    }
    values |= given
    return Citation(authors=[], year=2026, **values)


def test_a_citation_without_authors_starts_with_the_year() -> None:
    assert _citation().text() == "(2026): a, version 1.0.0. P. https://x"
    assert "author" not in _citation().bibtex()


@pytest.mark.parametrize(
    "text, escaped",
    [
        ("50% & more", r"50\% \& more"),
        ("a_b#c$d", r"a\_b\#c\$d"),
        ("{x}", r"\{x\}"),
        ("~^\\", r"\textasciitilde{}\textasciicircum{}\textbackslash{}"),
        ("}, evil = {x", r"\}, evil = \{x"),
        ("Gödel", "Gödel"),
    ],
)
def test_special_characters_are_escaped_for_tex(text: str, escaped: str) -> None:
    bibtex = _citation(title=text, publisher=text).bibtex()
    assert f"  title = {{{{{escaped}}}}}" in bibtex
    assert f"  publisher = {{{escaped}}}" in bibtex
    # whatever the title is, the entry stays one
    unescaped = re.sub(r"\\[{}]", "", bibtex)
    assert unescaped.count("{") == unescaped.count("}")


@pytest.mark.parametrize(
    "title, key",
    [("human/mortality", "human-mortality-1-0-0"), ("ü, {x}", "x-1-0-0")],
)
def test_the_key_of_an_entry_is_one_word(title: str, key: str) -> None:
    assert _citation(title=title).bibtex().startswith(f"@misc{{{key},\n")
