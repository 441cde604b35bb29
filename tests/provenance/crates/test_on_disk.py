"""Crates contain the files on the server's own disk that the registry serves."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models import TextField, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from registry.catalogue.models import DataProduct, Object, StorageLocation
from registry.storage.checked_reading import AlteredFile
from tests import factories
from tests.api.client import Api, content_of, data_of
from tests.files import COUNTS, sha1_of
from tests.provenance.crates import handed
from tests.provenance.world import whole
from tests.web.files.asking import on_disk

pytestmark = pytest.mark.django_db

_TEXT: TextField[str, str] = TextField()


@pytest.fixture
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    """Return a folder whose files are served."""
    served = tmp_path / "served"
    served.mkdir()
    settings.SERVED_ROOTS = [str(served)]
    return served


def lay(folder: Path, name: str, data: bytes = COUNTS, **given: Any) -> Object:
    """Write a file and register an object there."""
    (folder / name).write_bytes(data)
    given = {"hash": sha1_of(data), **given}
    location = on_disk(folder, name, **given)
    thing: Object = factories.ObjectFactory.create(
        storage_location=location, by=location.registered_by
    )
    return thing


def names_in_crate(thing: Object, reader: Api | None = None) -> list[str]:
    """Return the names of the files in the crate of a data product of the object."""
    product = factories.DataProductFactory.create(object=thing, name="counts")
    path = f"/api/ro-crate/data-product/{product.pk}/"
    data = content_of((reader or Api()).get(path, {"format": "zip"}))
    with zipfile.ZipFile(io.BytesIO(data)) as crate:
        assert crate.testzip() is None
        return [name for name in crate.namelist() if not name.startswith("ro-crate")]


def test_a_served_file_is_in_the_crate(folder: Path) -> None:
    given, made = lay(folder, "a#b c.csv", b"in\n"), lay(folder, "out.csv", b"out\n")
    factories.CodeRunFactory.create(inputs=[whole(given)], outputs=[whole(made)])
    product = factories.DataProductFactory.create(object=made, name="made")
    data = content_of(
        Api().get(f"/api/ro-crate/data-product/{product.pk}/", {"format": "zip"})
    )
    with zipfile.ZipFile(io.BytesIO(data)) as crate:
        files = {name: crate.read(name) for name in crate.namelist()}
    assert b"in\n" in files.values()
    assert b"out\n" in files.values()
    [name] = [name for name, content in files.items() if content == b"out\n"]
    assert f'"@id": "{name}"'.encode() in files["ro-crate-metadata.json"]
    assert sha1_of(b"out\n").encode() in files["ro-crate-metadata.json"]


def test_a_large_served_file_is_in_the_crate(folder: Path) -> None:
    thing = lay(folder, "large.bin", bytes(300_000))
    assert len(names_in_crate(thing)) == 1


def test_a_file_that_is_not_served_is_a_link(folder: Path) -> None:
    (folder.parent / "secret").mkdir()
    outside = lay(folder.parent / "secret", "x.csv")
    assert names_in_crate(outside) == []


def test_a_file_with_other_bytes_than_on_record_is_a_link(folder: Path) -> None:
    changed = lay(folder, "changed.csv", hash="0" * 40)
    assert names_in_crate(changed) == []
    gone = lay(folder, "gone.csv", b"gone")
    (folder / "gone.csv").unlink()
    assert names_in_crate(gone) == []


def test_a_private_file_goes_to_those_who_may_have_it(folder: Path) -> None:
    thing = lay(folder, "private.csv", public=False)
    owner = thing.storage_location.registered_by  # type: ignore[union-attr]
    assert names_in_crate(thing) == []
    other, mine = Api(factories.UserFactory()), Api(owner)
    product = thing.data_products.get()
    path = f"/api/ro-crate/data-product/{product.pk}/"
    for reader, number in ((other, 0), (mine, 1)):
        data = content_of(reader.get(path, {"format": "zip"}))
        with zipfile.ZipFile(io.BytesIO(data)) as crate:
            assert [crate.read(n) for n in crate.namelist()].count(COUNTS) == number


def test_a_private_path_hides_bytes_that_were_public_there(folder: Path) -> None:
    lay(folder, "path.csv", b"before", public=False)
    after = lay(folder, "path.csv", b"after", by=factories.UserFactory())
    assert names_in_crate(after) == []


def test_a_withdrawn_file_is_a_link(folder: Path) -> None:
    thing = lay(folder, "w.csv")
    Object.objects.filter(pk=thing.pk).update(withdrawn="It was wrong.")
    assert names_in_crate(thing) == []


def test_a_file_that_changes_while_it_is_sent_breaks_the_zip_off(folder: Path) -> None:
    thing = lay(folder, "large.bin", bytes(300_000))
    content = handed.content_of(thing, depth=1)
    [place] = content.on_disk.values()
    reader, size = place.open()
    with (folder / "large.bin").open("r+b") as file:
        file.write(b"other")
    with pytest.raises(AlteredFile):
        list(iter(lambda: reader.read(100_000), b""))
    reader.close()
    assert size == 300_000


def test_more_files_take_no_more_statements(folder: Path) -> None:
    def statements(number: int) -> int:
        outputs = [
            whole(lay(folder, f"{number}-{one}.csv", f"{number} {one}".encode()))
            for one in range(number)
        ]
        run = factories.CodeRunFactory.create(inputs=[], outputs=outputs)
        with CaptureQueriesContext(connection) as queries:
            content = handed.content_of(run, depth=1)
        assert len(content.on_disk) == number
        return len(queries)

    statements(1)
    assert statements(2) == statements(5)


def test_addresses_in_documents_are_encoded_and_come_back_as_paths() -> None:
    """One registry writes documents, and another reads the same path from them."""
    location = factories.StorageLocationFactory.create(
        storage_root=factories.StorageRootFactory(root="https://data.example.org/"),
        path="a#b c?.csv",
        hash="f" * 40,
    )
    thing = factories.ObjectFactory.create(storage_location=location)
    product = factories.DataProductFactory.create(
        object=thing,
        name="counts#1",
        version="1.0.0",
        namespace=factories.NamespaceFactory(name="ada"),
    )
    address = "https://data.example.org/a%23b%20c%3F.csv"
    crate = data_of(Api().get(f"/api/ro-crate/data-product/{product.pk}/"))
    entities = {one["@id"]: one for one in crate["@graph"]}
    assert entities[address]["storage_root"] == "https://data.example.org/"
    identifier = entities["./"]["identifier"]
    assert identifier.endswith("/data_product/ada:counts%231@1.0.0")
    report = data_of(Api().get(f"/api/prov-report/{product.pk}/"))
    [entity] = report["entity"].values()
    assert entity["prov:atLocation"] == address
    reader = Api(factories.UserFactory(is_superuser=True))
    for path, document in (("/api/ro-crate/", crate), ("/api/prov/", report)):
        # as in a registry that knows none of it
        for place in StorageLocation.objects.all():
            rows = StorageLocation.objects.filter(pk=place.pk)
            rows.update(hash=f"{place.pk:040x}", path="old")
        DataProduct.objects.update(name=Concat(Value("old "), "pk", output_field=_TEXT))
        for one in Object.objects.all():
            Object.objects.filter(pk=one.pk).update(uuid=uuid4())
        answer = reader.post(path, document)
        assert answer.status_code in {200, 201}, content_of(answer)
        assert StorageLocation.objects.filter(hash="f" * 40).get().path == "a#b c?.csv"
