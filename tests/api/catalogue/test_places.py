"""Storage roots and locations: URIs, credentials, and limited lists."""

from __future__ import annotations

import pytest

from tests.api.client import HOST, Api, data_of, path_of, url_of
from tests.factories import (
    CodeRunFactory,
    ObjectComponentFactory,
    StorageLocationFactory,
    StorageRootFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/api/storage_root/"


@pytest.fixture
def api() -> Api:
    return Api(UserFactory())


@pytest.mark.parametrize(
    "root",
    [
        "https://data.example.org/",
        "http://127.0.0.1:8000/data/",
        "https://data.example.org/?path=",
        "file:///srv/data/",
        "file://home/ada/store/",
        "file:///home/Ada Lovelace/store/",
        "ssh://host/path/",
        "ssh://git@github.com/",
        "sftp://host/path/",
        "ftp://host/",
        "s3://bucket/",
        "github://org:repo@0123456789abcdef/",
        "HTTPS://DATA.EXAMPLE.ORG/",
        "gs://bucket/",
        "az://container/path/",
        "abfss://container@account.dfs.core.windows.net/",
        "irods://host/zone/",
        "swift://host/container/",
        "rsync://host/module/",
        "rsync://ada@host/module/",
        "git+https://host/repository/",
        "gopher://example.org/",
        "hdfs:///folder/",
        "doi:10.5281/zenodo.1/",
    ],
)
def test_a_storage_root_is_a_uri(api: Api, root: str) -> None:
    assert data_of(api.post(LIST, {"root": root}), 201)["root"] == root


@pytest.mark.parametrize(
    "root",
    [
        "/srv/data/",
        "data",
        "C:\\data",
        "https:",
        "https://",
        "C:/data/",
        "localhost:8000/",
        "localhost:8000",
        "example.org:80/data/",
        "javascript:alert(1)",
        "JavaScript://data.example.org/%0Aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "blob:https://data.example.org/x",
        "view-source:https://data.example.org/",
        "mailto:ada@example.org",
        "1s://bucket/",
        "a_b://bucket/",
        "gs://",
        "https://data.example.org/a b/",
        "file:///srv/da\nta/",
        "https://[::1/",
        "",
    ],
)
def test_an_invalid_uri_is_refused(api: Api, root: str) -> None:
    assert list(data_of(api.post(LIST, {"root": root}), 400)) == ["root"]


@pytest.mark.parametrize(
    "root",
    [
        "https://ada:secret@data.example.org/",
        "https://ada@data.example.org/",
        "http://token@data.example.org/",
        "HTTPS://ada:secret@data.example.org/",
        "ftp://ada:secret@ftp.example.org/",
        "ssh://ada:secret@host/",
        "s3://key:secret@bucket/",
        "gs://key:secret@bucket/",
        "rsync://ada:secret@host/module/",
        "git+https://ada:secret@host/repository/",
        "https://:secret@data.example.org/",
        "https://a@b@data.example.org/",
    ],
)
def test_a_uri_with_credentials_is_refused(api: Api, root: str) -> None:
    [message] = data_of(api.post(LIST, {"root": root}), 400)["root"]
    assert "take the user name and password out of it" in message


def test_a_plain_path_is_refused_but_can_be_filtered_by(api: Api) -> None:
    page = data_of(api.get(LIST, {"root": "/home/ada/.fair/data/"}))
    assert page["results"] == []


def test_a_root_can_be_filtered_by_its_whole_text(api: Api) -> None:
    body = {"root": "https://data.example.org/[a]?b=*"}
    shown = data_of(api.post(LIST, body), 201)
    assert data_of(api.get(LIST, body))["results"] == [shown]


def test_a_private_location_shows_its_record(api: Api) -> None:
    location = StorageLocationFactory(public=False)
    assert data_of(Api().get(path_of(location)))["path"] == location.path


def test_a_hash_can_be_public_and_private(api: Api) -> None:
    known = StorageLocationFactory()
    body = {
        "path": known.path,
        "hash": known.hash,
        "storage_root": known.storage_root_id,
    }
    data_of(api.post("/api/storage_location/", {**body, "public": False}), 201)
    data_of(api.post("/api/storage_location/", {**body, "public": True}), 409)


@pytest.mark.parametrize("kept", ["ab" * 20, "AB" * 20, "AB" * 32])
def test_a_hash_is_found_in_small_letters_and_capitals(kept: str) -> None:
    location = StorageLocationFactory(hash=kept)
    StorageLocationFactory()
    for written in (kept, kept.lower(), kept.upper()):
        [shown] = data_of(Api().get(f"/api/storage_location/?hash={written}"))[
            "results"
        ]
        assert shown["url"] == url_of(location)


def test_a_hash_of_another_kind_is_found_as_it_is() -> None:
    location = StorageLocationFactory(hash="v1-Abc")
    [shown] = data_of(Api().get("/api/storage_location/?hash=v1-Abc"))["results"]
    assert shown["url"] == url_of(location)
    missed = data_of(Api().get("/api/storage_location/?hash=v1-abc"))
    assert missed["results"] == []


# --- lists that are cut short ---------------------------------------------------------


def test_a_root_has_its_newest_100_locations_and_the_address_of_all() -> None:
    root = StorageRootFactory()
    ids = [StorageLocationFactory(storage_root=root).pk for _ in range(102)]
    StorageLocationFactory()
    shown = data_of(Api().get(path_of(root)))
    newest = [f"{HOST}/api/storage_location/{pk}/" for pk in reversed(ids)]
    assert shown["locations"] == newest[:100]
    assert (
        shown["locations_url"] == f"{HOST}/api/storage_location/?storage_root={root.pk}"
    )
    page = data_of(Api().get(shown["locations_url"], None))
    assert page["count"] == 102
    rest = data_of(Api().get(page["next"]))["results"]
    urls = [location["url"] for location in (*page["results"], *rest)]
    assert urls == newest


def test_each_root_of_a_list_has_its_own_limit() -> None:
    roots = [StorageRootFactory(), StorageRootFactory()]
    for root in roots:
        for _ in range(2):
            StorageLocationFactory(storage_root=root)
    shown = data_of(Api().get(LIST))["results"]
    assert [len(root["locations"]) for root in shown] == [2, 2]
    assert not {*shown[0]["locations"]} & {*shown[1]["locations"]}


@pytest.mark.parametrize("side", ["inputs", "outputs"])
def test_a_component_has_the_newest_100_runs_and_the_address_of_all(side: str) -> None:
    part = ObjectComponentFactory()
    script = ObjectComponentFactory().object
    links = {"code_repo": None, "model_config": None, "submission_script": script}
    both = {"inputs": [], "outputs": [], side: [part]}
    runs = [CodeRunFactory(**links, **both) for _ in range(101)]
    shown = data_of(Api().get(path_of(part)))
    assert shown[f"{side}_of"] == [url_of(run) for run in reversed(runs)][:100]
    assert shown[f"{side}_of_url"] == f"{HOST}/api/code_run/?{side}={part.pk}"
    assert data_of(Api().get(shown[f"{side}_of_url"]))["count"] == 101
