"""Downloads: by checksum, and by the names of data products and external objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from registry.catalogue.services import find_or_register_root
from registry.identity.models import User
from registry.identity.services import issue_token
from tests.factories import (
    DataProductFactory,
    ExternalObjectFactory,
    FileTypeFactory,
    KeyValueFactory,
    NamespaceFactory,
    ObjectFactory,
    StorageLocationFactory,
    StorageRootFactory,
    UserFactory,
    registrar,
)
from tests.files import COUNTS, keep, own_root, place, product, sha1_of

SHA1 = sha1_of(COUNTS)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def ada() -> User:
    """Return who uploads and registers."""
    user: User = UserFactory.create()
    return user


@pytest.fixture
def served(settings: Settings, tmp_path: Path) -> Path:
    """Return a folder that the operator serves, with the counts in it."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "in-bed.csv").write_bytes(COUNTS)
    (tmp_path / "secret.csv").write_bytes(b"the operator's own")
    settings.SERVED_ROOTS = (folder.resolve(),)
    return folder


def get(path: str, by: User | None = None, **given: str) -> HttpResponse:
    """GET a path, with the token of a person; `if_none_match` is If-None-Match."""
    headers = {name.replace("_", "-"): value for name, value in given.items()}
    if by is not None:
        headers["authorization"] = f"token {issue_token(user=by, by=by)}"
    return Client(headers=headers).get(path)  # type: ignore[return-value]


def body_of(answer: Any) -> bytes:
    """Return the whole body; the test client closes the answer at its end."""
    assert answer.streaming, answer.content
    return b"".join(answer.streaming_content)


def detail_of(answer: HttpResponse, status: int) -> str:
    """Return what a refusal says as JSON."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    detail: str = answer.json()["detail"]  # type: ignore[attr-defined]
    return detail


def cited(kind: str, first: str, name: str, version: str) -> str:
    """Return the path of a product or an external object."""
    return quote(f"/{kind}/{first}:{name}@{version}", safe="/:@")


def path_of(made: Any) -> str:
    """Return the path of a product's file."""
    return cited("data_product", made.namespace.name, made.name, made.version)


def on_disk(folder: Path, path: str, **given: Any) -> Any:
    """Register a location on the server's disk."""
    root = find_or_register_root(f"file://{folder}/", by=registrar())
    return StorageLocationFactory.create(storage_root=root, path=path, **given)


# --- by checksum -----------------------------------------------------------------


@pytest.mark.parametrize("path", [f"/data/{SHA1}", f"/data/{SHA1.upper()}/"])
def test_a_file_is_downloaded_by_its_checksum(path: str, ada: User) -> None:
    keep(by=ada)
    product(place(SHA1, by=ada), name="school/in-bed", extension="csv")
    answer = get(path, accept="application/json; version=2.0")
    assert answer["Content-Type"] == "text/csv"
    assert answer["Content-Length"] == str(len(COUNTS))
    assert answer["ETag"] == f'"{SHA1}"'
    assert answer["Content-Disposition"] == 'attachment; filename="school_in-bed.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["RateLimit-Limit"] == "1200"
    assert body_of(answer) == COUNTS


def test_parts_and_conditions_are_understood(ada: User) -> None:
    keep(by=ada)
    part = get(f"/data/{SHA1}", range="bytes=4-9")
    assert (part.status_code, body_of(part)) == (206, b"in_bed")
    assert part["Content-Range"] == f"bytes 4-9/{len(COUNTS)}"
    known = get(f"/data/{SHA1}", if_none_match=f'"{SHA1}"')
    assert (known.status_code, known.content) == (304, b"")
    beyond = get(f"/data/{SHA1}", range="bytes=1000-")
    assert beyond.status_code == 416


def test_head_tells_of_a_file_without_sending_it(ada: User) -> None:
    keep(by=ada)
    answer = Client().head(f"/data/{SHA1}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Length"] == str(len(COUNTS))


def test_an_upload_can_be_downloaded_before_anything_is_said_of_it(ada: User) -> None:
    keep(by=ada)
    answer = get(f"/data/{SHA1}")
    assert answer["Content-Disposition"] == f'attachment; filename="{SHA1}"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert body_of(answer) == COUNTS


@pytest.mark.parametrize("path", [f"/data/{SHA1}", "/data/nonsense", "/data/.."])
def test_what_is_not_held_is_not_found(path: str) -> None:
    assert detail_of(get(path), 404)


def test_a_browser_gets_a_page_that_says_why() -> None:
    answer = get(f"/data/{SHA1}", accept=BROWSER)
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")
    assert f"does not hold a file with the SHA-1 {SHA1}" in answer.content.decode()
    assert "sandbox" not in answer["Content-Security-Policy"]


def test_wrong_credentials_are_refused_even_for_a_public_file(ada: User) -> None:
    keep(by=ada)
    answer = get(f"/data/{SHA1}", authorization=f"token {'0' * 40}")
    assert detail_of(answer, 401) == "Invalid token."
    assert "WWW-Authenticate" in answer
    page = get(f"/data/{SHA1}", authorization="token x", accept=BROWSER)
    assert page.status_code == 401
    assert "WWW-Authenticate" in page
    assert b"not valid" in page.content


def test_files_are_only_read() -> None:
    assert Client().post(f"/data/{SHA1}").status_code == 405
    assert Client().delete(f"/data/{SHA1}").status_code == 405


# --- private ones ----------------------------------------------------------------


@pytest.fixture
def private_addresses(ada: User, served: Path) -> list[str]:
    """Return every address that leads to the same private file."""
    keep(by=ada)
    here = product(place(SHA1, by=ada, public=False), name="here", by=ada)
    external = ExternalObjectFactory.create(
        data_product=here, alternate_identifier="bmj", title="In bed", by=ada
    )
    below = on_disk(served, "in-bed.csv", hash=SHA1, public=False, by=ada)
    disk = product(below, name="disk")
    web = product(
        StorageLocationFactory.create(hash=SHA1, public=False, by=ada), name="web"
    )
    # by what others have registered of it since
    bob = UserFactory.create()
    public = product(place(SHA1, by=bob, public=True), name="public", by=bob)
    sneaked = on_disk(served, "./in-bed.csv", hash="0" * 40, by=bob)
    unsaid = product(sneaked, name="unsaid", by=bob)
    lying = place(SHA1, by=bob, hash="1" * 40, public=True)
    inside = f"files/{SHA1[:2]}/{SHA1[2:4]}/{SHA1}"
    folder = served.parent / "store"
    in_store = product(on_disk(folder, inside, hash="2" * 40, by=bob), name="in-store")
    return [
        f"/data/{SHA1}",
        f"/data/{SHA1.upper()}",
        *map(path_of, [here, disk, web, public, unsaid, in_store]),
        path_of(product(lying, name="lying", by=bob)),
        cited("external_object", "bmj", "In bed", external.version),
    ]


def test_a_private_file_is_refused_by_whatever_address(
    private_addresses: list[str],
) -> None:
    refused = (
        None,
        UserFactory.create(),
        UserFactory.create(roles=["entity-registry-write"]),
    )
    for path in private_addresses:
        for by in refused:
            detail = detail_of(get(path, by), 403)
            assert detail.startswith("This file is private"), path
        # neither a part nor its size
        assert get(path, range="bytes=0-1").status_code == 403
        assert get(path, if_none_match=f'"{SHA1}"').status_code == 403
        assert Client().head(path).status_code == 403


def test_a_private_file_goes_to_those_who_may_read_it(
    private_addresses: list[str], ada: User
) -> None:
    readers = (
        ada,
        UserFactory.create(is_superuser=True),
        UserFactory.create(roles=["sys-admin-admin"]),
        UserFactory.create(roles=["private-data-read"]),
    )
    for path in private_addresses:
        for by in readers:
            answer = get(path, by)
            if answer.status_code == 302:
                assert answer["Location"].startswith("https://data")
                continue
            assert answer["Cache-Control"] == "private, no-cache"
            assert body_of(answer) == COUNTS


def test_a_session_will_do_as_well_as_a_token(ada: User) -> None:
    keep(by=ada)
    place(SHA1, by=ada, public=False)
    client = Client(headers={"accept": BROWSER})
    assert b"This file is private" in client.get(f"/data/{SHA1}").content
    client.force_login(ada)
    assert body_of(client.get(f"/data/{SHA1}")) == COUNTS


def test_a_private_object_is_refused_by_whatever_address(ada: User) -> None:
    keep(by=ada)
    made = product(place(SHA1, by=ada), by=ada)
    assert body_of(get(path_of(made))) == COUNTS
    KeyValueFactory.create(
        object=made.object, key="accessibility", value="private", by=ada
    )
    for path in (f"/data/{SHA1}", path_of(made)):
        assert get(path).status_code == 403
        assert body_of(get(path, ada)) == COUNTS


def test_the_root_of_a_private_file_is_on_record_and_so_no_secret(ada: User) -> None:
    made = product(place(SHA1, by=ada, public=False), by=ada)
    answer = get(f"{path_of(made)}?root")
    assert answer.status_code == 200


# --- by name ---------------------------------------------------------------------


def test_a_product_leads_to_its_file(ada: User) -> None:
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


def test_a_product_of_an_earlier_address_of_the_registry_leads_to_its_file() -> None:
    keep()
    root = StorageRootFactory.create(root="http://127.0.0.1:9999/data/")
    made = product(place(SHA1, storage_root=root))
    assert body_of(get(path_of(made))) == COUNTS


def test_a_file_that_was_never_uploaded_is_not_found() -> None:
    made = product(place(SHA1))
    assert "does not hold" in detail_of(get(path_of(made)), 404)


@pytest.mark.parametrize(
    "root,path,address",
    [
        ("https://data.example.org/", "a.csv", "https://data.example.org/a.csv"),
        ("http://example.org/", "a b/ü.csv", "http://example.org/a%20b/%C3%BC.csv"),
        ("https://example.org/?file=", "a&b=c#d", "https://example.org/?file=a&b=c#d"),
        ("https://example.org/", "a\r\nX-Y: z", "https://example.org/a%0D%0AX-Y:%20z"),
        ("ftp://example.org/", "a.csv", "ftp://example.org/a.csv"),
        ("https://example.org/", "x" * 8000, "https://example.org/" + "x" * 8000),
    ],
)
def test_a_product_on_the_web_is_redirected_to(
    root: str, path: str, address: str
) -> None:
    location = StorageLocationFactory.create(
        storage_root=StorageRootFactory.create(root=root), path=path
    )
    answer = get(path_of(product(location)))
    assert (answer.status_code, answer["Location"]) == (302, address)


@pytest.mark.parametrize(
    "root", ["ssh://host/srv/", "github://org:repo@sha/", "s3://bucket/"]
)
def test_a_product_out_of_reach_is_told_where_it_is(root: str) -> None:
    location = StorageLocationFactory.create(
        storage_root=StorageRootFactory.create(root=root), path="a.csv"
    )
    answer = get(path_of(product(location)))
    assert f"The file is at {root}a.csv" in detail_of(answer, 404)


def test_nothing_leads_to_a_script() -> None:
    root = StorageRootFactory.create()
    # past the validators, as a row of old could be
    type(root).objects.filter(pk=root.pk).update(root="javascript:alert(1)//")
    location = StorageLocationFactory.create(storage_root=root, path="a")
    assert get(path_of(product(location))).status_code == 404


def test_the_root_alone_is_told() -> None:
    root = StorageRootFactory.create(root="https://data.example.org/")
    made = product(StorageLocationFactory.create(storage_root=root))
    answer = get(f"{path_of(made)}?root")
    assert answer.content == b"https://data.example.org/"
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "path",
    ["/data_product/ada:none@1.0.0", "/data_product/ada:none", "/data_product/@"],
)
def test_an_unknown_product_is_not_found(path: str) -> None:
    assert detail_of(get(path), 404)
    page = get(path, accept=BROWSER)
    assert page.status_code == 404
    assert page["Content-Type"].startswith("text/html")


def test_a_name_that_no_database_takes_is_no_defect() -> None:
    assert get("/data_product/a%00:b@1.0.0").status_code in {400, 404}


def test_what_is_shown_of_an_unknown_name_is_harmless() -> None:
    page = get("/data_product/a:<script>@1", accept=BROWSER)
    assert b"<script>@" not in page.content


def test_the_pages_of_records_keep_their_addresses() -> None:
    made = DataProductFactory.create()
    for path in ("/data_product/", f"/data_product/{made.pk}/"):
        answer = Client().get(path)
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/html")


def test_a_product_without_a_location_leads_to_where_it_came_from() -> None:
    made = product(None)
    assert "No location" in detail_of(get(path_of(made)), 404)
    assert "No original store" in detail_of(get(f"{path_of(made)}?original"), 404)
    source = ExternalObjectFactory.create(data_product=made).original_store
    address = f"{source.storage_root.root}{source.path}"
    assert get(path_of(made))["Location"] == address


def test_a_product_tells_its_original_store(ada: User) -> None:
    keep(by=ada)
    made = product(place(SHA1, by=ada))
    source = ExternalObjectFactory.create(data_product=made).original_store
    root = source.storage_root.root
    assert get(f"{path_of(made)}?original")["Location"] == f"{root}{source.path}"
    assert get(f"{path_of(made)}?original&root").content == root.encode()
    assert body_of(get(path_of(made))) == COUNTS


# --- external objects ------------------------------------------------------------


def external(location: Any, original: Any, **given: Any) -> str:
    """Register an external object, and return its path."""
    made = ExternalObjectFactory.create(
        data_product=product(location, version="1.2.0"),
        alternate_identifier="bmj-1978-1-587",
        title="Influenza: a boarding school @ night",
        original_store=original,
        **given,
    )
    return cited("external_object", made.alternate_identifier, made.title, "1.2.0")


def test_an_external_object_leads_to_its_file(ada: User) -> None:
    keep(by=ada)
    original = StorageLocationFactory.create()
    path = external(place(SHA1, by=ada), original)
    assert body_of(get(path)) == COUNTS
    root = original.storage_root.root
    assert get(f"{path}?original")["Location"] == f"{root}{original.path}"
    assert get(f"{path}?root").content == own_root().root.encode()


def test_an_external_object_without_a_file_leads_to_where_it_came_from() -> None:
    original = StorageLocationFactory.create()
    path = external(None, original)
    root = original.storage_root.root
    assert get(path)["Location"] == f"{root}{original.path}"


@pytest.mark.parametrize("query", ["", "?root", "?original"])
def test_an_external_object_without_any_location_has_no_content(query: str) -> None:
    answer = get(f"{external(None, None)}{query}")
    assert (answer.status_code, answer.content) == (204, b"")


def test_an_external_object_without_an_original_store_says_so(ada: User) -> None:
    path = external(place(SHA1, by=ada), None)
    assert "No original store" in detail_of(get(f"{path}?original"), 404)


def test_an_unknown_external_object_is_not_found() -> None:
    assert "There is no external object" in detail_of(
        get("/external_object/bmj:none@1.0.0"), 404
    )


# --- on the server's own disk ----------------------------------------------------


def test_a_file_below_a_listed_folder_is_sent(served: Path) -> None:
    made = product(on_disk(served, "in-bed.csv"), name="in-bed")
    answer = get(path_of(made))
    assert answer["ETag"] == f'"{SHA1}"'
    assert answer["Content-Disposition"] == 'attachment; filename="in-bed.csv"'
    assert body_of(answer) == COUNTS
    part = get(path_of(made), range="bytes=4-9")
    assert body_of(part) == b"in_bed"
    assert get(path_of(made), if_none_match=f'"{SHA1}"').status_code == 304
    assert Client().head(path_of(made))["Content-Length"] == str(len(COUNTS))


def test_a_path_may_be_escaped_or_not(served: Path) -> None:
    (served / "in bed.csv").write_bytes(COUNTS)
    for path in ("in bed.csv", "in%20bed.csv"):
        location = on_disk(served, path)
        assert body_of(get(path_of(product(location)))) == COUNTS


@pytest.mark.parametrize(
    "path",
    [
        "../secret.csv",
        "%2e%2e/secret.csv",
        "%2e%2e%2fsecret.csv",
        "..%2fsecret.csv",
        "link.csv",
        "/../secret.csv",
        "",
        ".",
        "none.csv",
        "in-bed.csv%00",
        "in-bed.csv\0",
    ],
)
def test_nothing_else_on_the_disk_is_sent(served: Path, path: str) -> None:
    (served / "link.csv").symlink_to(served.parent / "secret.csv")
    location = StorageLocationFactory.create(
        storage_root=StorageRootFactory.create(root=f"file://{served}/"),
        path="to be changed",
    )
    # past the validators, whatever they refuse
    location.path = path
    made = DataProductFactory.create(
        object=ObjectFactory.create(
            storage_location=location, file_type=FileTypeFactory.create()
        )
    )
    if "\0" not in path:
        location.save()
    assert get(path_of(made)).status_code == 404


@pytest.mark.parametrize("root", ["file:///etc/", "file:///proc/self/", "file:/"])
def test_a_folder_that_is_not_listed_is_not_served(root: str) -> None:
    location = StorageLocationFactory.create(
        storage_root=StorageRootFactory.create(root=root), path="hostname"
    )
    answer = get(path_of(product(location)))
    assert "does not serve this file" in detail_of(answer, 404)
