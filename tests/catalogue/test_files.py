"""The locations and names of files."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from registry.catalogue.files import (
    FileName,
    InStore,
    NotDownloadable,
    OnDisk,
    OnTheWeb,
    Place,
    download_name,
    original_location,
    place_of,
)
from registry.catalogue.models import DataProduct, StorageLocation, StorageRoot
from tests.factories import (
    DataProductFactory,
    ExternalObjectFactory,
    FileTypeFactory,
    ObjectFactory,
    StorageLocationFactory,
)
from tests.files import COUNTS, keep, place, product, sha1_of

SHA1 = sha1_of(COUNTS)


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.mark.parametrize(
    "root,path,expected",
    [
        (
            "https://data.example.org/",
            "in bed.csv",
            OnTheWeb("https://data.example.org/in%20bed.csv"),
        ),
        ("ftp://example.org/pub/", "a.csv", OnTheWeb("ftp://example.org/pub/a.csv")),
        ("file:///srv/data/", "a.csv", OnDisk(("/srv/data/a.csv",))),
        ("file:/srv/data/", "a.csv", OnDisk(("/srv/data/a.csv",))),
        ("file://localhost/srv/", "a.csv", OnDisk(("/srv/a.csv",))),
        ("FILE:///srv/", "a%20b.csv", OnDisk(("/srv/a%20b.csv", "/srv/a b.csv"))),
        ("file://nas/srv/", "a.csv", NotDownloadable("file://nas/srv/a.csv")),
        ("ssh://host/srv/", "a.csv", NotDownloadable("ssh://host/srv/a.csv")),
        (
            "github://org:repo@sha/",
            "a.py",
            NotDownloadable("github://org:repo@sha/a.py"),
        ),
    ],
)
def test_the_storage_root_decides_where_a_file_is(
    root: str, path: str, expected: Place
) -> None:
    location = StorageLocation(
        path=path, hash=SHA1, storage_root=StorageRoot(root=root)
    )
    assert place_of(location) == expected


def test_paths_below_the_registrys_root_are_in_the_store(
    settings: Settings,
) -> None:
    root = StorageRoot(root=f"{settings.REGISTRY_URL}/data/")
    for path in (SHA1, SHA1.upper(), f"/{SHA1}"):
        location = StorageLocation(path=path, hash=SHA1, storage_root=root)
        assert place_of(location) == InStore(SHA1)


@pytest.mark.django_db
def test_uploads_are_found_after_the_registry_moves() -> None:
    root = StorageRoot(root="http://127.0.0.1:9999/data/")
    location = StorageLocation(path=SHA1, hash=SHA1, storage_root=root)
    elsewhere = f"http://127.0.0.1:9999/data/{SHA1}"
    assert place_of(location) == OnTheWeb(elsewhere)
    keep()
    assert place_of(location) == InStore(SHA1)


@pytest.mark.django_db
def test_an_external_object_has_the_original_location() -> None:
    made = ExternalObjectFactory.create()
    assert original_location(made.data_product) == made.original_store
    assert original_location(DataProductFactory.create()) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name,extension,expected",
    [
        ("growth", "csv", FileName("growth.csv", "text/csv")),
        ("growth.csv", "csv", FileName("growth.csv", "text/csv")),
        ("human/mortality", ".CSV", FileName("human_mortality.CSV", "text/csv")),
        ("model", "toml", FileName("model.toml", "application/toml")),
        ("field", "nc", FileName("field.nc", "application/x-netcdf")),
        ("table", "csv.gz", FileName("table.csv.gz", "application/gzip")),
        ("page", "html", FileName("page.html", "text/html")),
        (
            "odd",
            "no-such-type",
            FileName("odd.no-such-type", "application/octet-stream"),
        ),
        (
            "../../etc/passwd",
            "csv",
            FileName("_.._etc_passwd.csv", "text/csv"),
        ),
        (
            "a\r\nSet-Cookie: x",
            "a\\b",
            FileName("a_Set-Cookie: x.a_b", "application/octet-stream"),
        ),
        ("..", "csv", FileName("data.csv", "text/csv")),
        ("Größe", "csv", FileName("Größe.csv", "text/csv")),
        ("x" * 1000, "csv", FileName("x" * 120 + ".csv", "text/csv")),
    ],
)
def test_a_file_is_named_after_its_product_and_type(
    name: str, extension: str, expected: FileName
) -> None:
    made = product(place(SHA1), name="any", extension=extension)
    # older products can have names that new ones cannot
    DataProduct.objects.filter(pk=made.pk).update(name=name)
    made.refresh_from_db()
    assert download_name(SHA1, made) == expected
    assert download_name(SHA1) == expected


@pytest.mark.django_db
def test_a_file_is_named_after_its_newest_product() -> None:
    location = place(SHA1)
    for name in ("first", "second"):
        product(location, name=name)
    assert download_name(SHA1).name == "second.csv"


@pytest.mark.django_db
def test_a_file_without_a_product_is_named_after_its_path() -> None:
    location = StorageLocationFactory.create(path="data/in-bed.csv", hash=SHA1)
    ObjectFactory.create(
        storage_location=location, file_type=FileTypeFactory.create(extension="csv")
    )
    assert download_name(SHA1) == FileName("in-bed.csv", "text/csv")


@pytest.mark.django_db
def test_a_file_without_a_name_is_named_by_its_checksum() -> None:
    assert download_name(SHA1) == FileName(SHA1, "application/octet-stream")
    ObjectFactory.create(
        storage_location=place(SHA1), file_type=FileTypeFactory.create(extension="csv")
    )
    assert download_name(SHA1) == FileName(f"{SHA1}.csv", "text/csv")
