"""The addresses that are always those of the latest version."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.catalogue.models import DataProduct
from registry.identity.models import User
from tests.factories import DataProductFactory, NamespaceFactory
from tests.files import COUNTS, keep, place, product
from tests.web.files.asking import (
    BROWSER,
    SHA1,
    body_of,
    cited,
    detail_of,
    get,
    path_of,
)
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db


def _page(made: DataProduct) -> str:
    return f"{cited('data_product', made.namespace.name, made.name, '')[:-1]}/"


def _latest(made: DataProduct) -> str:
    return cited("data_product", made.namespace.name, made.name, "latest")


def _versions(name: str, *versions: str) -> list[DataProduct]:
    namespace = NamespaceFactory.create(name="ada")
    return [
        DataProductFactory.create(namespace=namespace, name=name, version=version)
        for version in versions
    ]


@pytest.mark.parametrize("name", ["growth", "a/b:c@d e", "ü", "a@latest"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_the_latest_redirects_to_its_own_address(name: str, method: str) -> None:
    _, latest, _ = _versions(name, "1.0.0", "1.1.0+b.1", "2.0.0-rc.1")
    for query in ("", "?root", "?original&root=1"):
        answer = getattr(Client(), method)(f"{_latest(latest)}{query}")
        assert answer.status_code == 302
        assert answer["Location"] == f"{path_of(latest)}{query}"


@pytest.mark.parametrize("name", ["growth", "a/b:c@d e", "ü", "a/"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_the_page_of_a_name_is_that_of_its_latest_version(
    name: str, method: str
) -> None:
    _, latest, _ = _versions(name, "1.0.0", "1.1.0", "2.0.0-rc.1")
    answer = getattr(Client(), method)(f"{_page(latest)}?depth=all")
    assert answer.status_code == 302
    assert answer["Location"] == f"/data_product/{latest.pk}/?depth=all"


def test_a_reader_who_follows_gets_the_file(ada: User) -> None:
    keep(by=ada)
    made = product(place(SHA1, by=ada), version="1.0.0")
    assert body_of(get(get(_latest(made))["Location"])) == COUNTS


def test_a_private_file_stays_private() -> None:
    keep()
    made = product(place(SHA1, public=False), version="1.0.0")
    assert "private" in detail_of(get(get(_latest(made))["Location"]), 403)


def test_versions_keep_their_addresses() -> None:
    """A version is meant where there is one, whatever a name ends with."""
    keep()
    made = product(place(SHA1), name="growth", version="1.0.0")
    DataProductFactory.create(
        namespace=made.namespace, name="growth@1.0.0", version="3.0.0"
    )
    assert body_of(get(path_of(made))) == COUNTS
    assert body_of(get(f"{path_of(made)}/")) == COUNTS


def test_withdrawn_versions_are_passed_over() -> None:
    old, new = _versions("growth", "1.0.0", "1.1.0")
    withdraw(new)
    assert get(_latest(new))["Location"] == path_of(old)
    assert get(_page(new))["Location"] == f"/data_product/{old.pk}/"
    withdraw(old, "All of it was guessed.")
    assert "version 1.1.0: The units were wrong." in detail_of(get(_latest(new)), 410)
    page = get(_latest(new), accept=BROWSER)
    assert page.status_code == 410
    assert page["Content-Type"].startswith("text/html")
    assert get(_page(new))["Location"] == f"/data_product/{new.pk}/"


@pytest.mark.parametrize(
    "path, text",
    [
        ("/data_product/ada:none@latest", "There is no data product ada:none."),
        ("/data_product/ada:none/", "There is no data product ada:none."),
        ("/data_product/ada:a@b/", "There is no data product ada:a@b."),
        ("/data_product/none@latest", "the form is"),
    ],
)
def test_an_unknown_name_gets_404_in_plain_words(path: str, text: str) -> None:
    assert text in detail_of(get(path), 404)
    page = get(path, accept=BROWSER)
    assert page.status_code == 404
    assert text in page.content.decode()
    assert Client().post(path).status_code == 405
