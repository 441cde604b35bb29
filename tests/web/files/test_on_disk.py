"""Downloads from the server's own disk, below the listed folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from tests.factories import (
    DataProductFactory,
    FileTypeFactory,
    ObjectFactory,
    StorageLocationFactory,
    StorageRootFactory,
)
from tests.files import COUNTS, product
from tests.web.files.asking import (
    SHA1,
    body_of,
    detail_of,
    get,
    on_disk,
    path_of,
)

pytestmark = pytest.mark.django_db


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


def test_a_path_can_be_percent_encoded(served: Path) -> None:
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
