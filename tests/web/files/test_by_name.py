"""Downloads by the names of data products."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.identity.models import User
from tests.factories import (
    DataProductFactory,
    ExternalObjectFactory,
    NamespaceFactory,
    StorageLocationFactory,
    StorageRootFactory,
)
from tests.files import COUNTS, keep, place, product
from tests.web.files.asking import (
    BROWSER,
    SHA1,
    body_of,
    detail_of,
    get,
    path_of,
)

pytestmark = pytest.mark.django_db


def test_a_product_name_returns_its_file(ada: User) -> None:
    keep(by=ada)
    namespace = NamespaceFactory.create(name="ada")
    made = product(
        place(SHA1, by=ada), namespace=namespace, name="a/b:c@d e", version="1.0.0-rc.1"
    )
    # another product with the same file
    product(place(SHA1, by=ada, public=True, path="x", hash="y"), name="other")
    assert path_of(made) == "/data_product/ada:a/b:c@d%20e@1.0.0-rc.1"
    answer = get(path_of(made))
    assert answer["Content-Disposition"] == 'attachment; filename="a_b:c@d e.csv"'
    assert body_of(answer) == COUNTS


def test_a_product_at_an_earlier_address_returns_its_file() -> None:
    keep()
    root = StorageRootFactory.create(root="http://127.0.0.1:9999/data/")
    made = product(place(SHA1, storage_root=root))
    assert body_of(get(path_of(made))) == COUNTS


def test_a_file_that_was_not_uploaded_gets_404() -> None:
    made = product(place(SHA1))
    assert "does not hold" in detail_of(get(path_of(made)), 404)


@pytest.mark.parametrize(
    "root,path,address",
    [
        ("https://data.example.org/", "a.csv", "https://data.example.org/a.csv"),
        ("http://example.org/", "a b/ü.csv", "http://example.org/a%20b/%C3%BC.csv"),
        (
            "https://example.org/?file=",
            "a&b=c#d",
            "https://example.org/?file=a&b=c%23d",
        ),
        ("https://example.org", "/a#b?c%.csv", "https://example.org/a%23b%3Fc%25.csv"),
        ("https://example.org/", "a\r\nX-Y: z", "https://example.org/a%0D%0AX-Y:%20z"),
        ("ftp://example.org/", "a.csv", "ftp://example.org/a.csv"),
        ("https://example.org/", "x" * 8000, "https://example.org/" + "x" * 8000),
    ],
)
def test_a_product_on_the_web_is_a_redirect(root: str, path: str, address: str) -> None:
    location = StorageLocationFactory.create(
        storage_root=StorageRootFactory.create(root=root), path=path
    )
    answer = get(path_of(product(location)))
    assert (answer.status_code, answer["Location"]) == (302, address)


@pytest.mark.parametrize(
    "root", ["ssh://host/srv/", "github://org:repo@sha/", "s3://bucket/"]
)
def test_a_file_that_cannot_be_sent_gets_404_with_its_address(root: str) -> None:
    location = StorageLocationFactory.create(
        storage_root=StorageRootFactory.create(root=root), path="a.csv"
    )
    answer = get(path_of(product(location)))
    assert f"The file is at {root}a.csv" in detail_of(answer, 404)


def test_no_redirect_leads_to_a_script() -> None:
    root = StorageRootFactory.create()
    # past the validators, as a row of old could be
    type(root).objects.filter(pk=root.pk).update(root="javascript:alert(1)//")
    location = StorageLocationFactory.create(storage_root=root, path="a")
    assert get(path_of(product(location))).status_code == 404


def test_the_root_can_be_requested_alone() -> None:
    root = StorageRootFactory.create(root="https://data.example.org/")
    made = product(StorageLocationFactory.create(storage_root=root))
    answer = get(f"{path_of(made)}?root")
    assert answer.content == b"https://data.example.org/"
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "path",
    ["/data_product/ada:none@1.0.0", "/data_product/ada:none", "/data_product/@"],
)
def test_an_unknown_product_gets_404(path: str) -> None:
    assert detail_of(get(path), 404)
    page = get(path, accept=BROWSER)
    assert page.status_code == 404
    assert page["Content-Type"].startswith("text/html")


def test_a_name_that_databases_refuse_gets_404() -> None:
    assert get("/data_product/a%00:b@1.0.0").status_code in {400, 404}


@pytest.mark.parametrize("kind", ["data_product", "external_object"])
def test_a_name_with_a_zero_byte_gets_404(kind: str) -> None:
    """PostgreSQL takes no such text, not even to look for it."""
    assert get(f"/{kind}/ada%00:none@1.0.0", accept=BROWSER).status_code == 404


def test_an_unknown_name_is_escaped() -> None:
    page = get("/data_product/a:<script>@1", accept=BROWSER)
    assert b"<script>@" not in page.content


def test_the_pages_of_records_keep_their_addresses() -> None:
    made = DataProductFactory.create()
    for path in ("/data_product/", f"/data_product/{made.pk}/"):
        answer = Client().get(path)
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/html")


def test_a_product_without_a_location_redirects_to_its_original() -> None:
    made = product(None)
    assert "No location" in detail_of(get(path_of(made)), 404)
    assert "No original store" in detail_of(get(f"{path_of(made)}?original"), 404)
    source = ExternalObjectFactory.create(data_product=made).original_store
    address = f"{source.storage_root.root}{source.path}"
    assert get(path_of(made))["Location"] == address


def test_a_product_has_an_original_store(ada: User) -> None:
    keep(by=ada)
    made = product(place(SHA1, by=ada))
    source = ExternalObjectFactory.create(data_product=made).original_store
    root = source.storage_root.root
    assert get(f"{path_of(made)}?original")["Location"] == f"{root}{source.path}"
    assert get(f"{path_of(made)}?original&root").content == root.encode()
    assert body_of(get(path_of(made))) == COUNTS
