"""What is in the zip of a crate, and who gets it."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from registry.catalogue.models import DataProduct, Object
from registry.core.errors import NotFound
from registry.core.models import Event
from registry.identity.models import User
from registry.provenance.crates.terms import METADATA, PREVIEW
from registry.provenance.crates.writing import (
    Subject,
    metadata_of,
    stream_zip,
)
from registry.runs.models import CodeRun
from registry.storage.base import CHUNK
from registry.storage.checked_reading import AlteredFile
from registry.storage.services import get_store
from tests import factories
from tests.files import keep, sha1_of
from tests.provenance.crates.handed import NOBODY, content_of, stored, url_of
from tests.provenance.world import whole

pytestmark = pytest.mark.django_db


def zip_of(subject: Subject, *, user: Any = NOBODY, depth: int | None = None) -> Any:
    """Return the zip of a crate, read."""
    content = content_of(subject, depth=depth, user=user)
    metadata = metadata_of(content, url_of=url_of, packed=True)
    files: list[tuple[str, Any]] = []
    for pk, path in content.packed.items():
        file = content.records.file_of(content.records.things[pk])
        files.append((path, file.sha1 if file else content.on_disk[pk]))
    texts = {METADATA: json.dumps(metadata).encode(), PREVIEW: b"<html>"}
    data = b"".join(stream_zip(texts, files, get_store()))
    return zipfile.ZipFile(io.BytesIO(data))


def chain() -> tuple[Object, Object, CodeRun, DataProduct]:
    """Register a run that read one stored file and wrote another."""
    given, made = stored(b"given\n"), stored(b"made\n")
    run = factories.CodeRunFactory.create(inputs=[whole(given)], outputs=[whole(made)])
    product = factories.DataProductFactory.create(object=made, name="made/here")
    factories.DataProductFactory.create(object=given, name="given")
    return given, made, run, product


def test_files_lie_under_inputs_and_outputs() -> None:
    *_, product = chain()
    with zip_of(product) as archive:
        assert archive.testzip() is None
        assert archive.read("inputs/given.csv") == b"given\n"
        assert archive.read("outputs/made_here.csv") == b"made\n"
        described = {one["@id"] for one in json.loads(archive.read(METADATA))["@graph"]}
    assert {"inputs/given.csv", "outputs/made_here.csv", PREVIEW} <= described


def test_two_files_of_one_name_both_have_room() -> None:
    first, second = stored(b"1"), stored(b"2")
    for version, thing in (("1.0.0", first), ("2.0.0", second)):
        factories.DataProductFactory.create(
            object=thing, name="Same" if thing is first else "same", version=version
        )
    run = factories.CodeRunFactory.create(
        inputs=[whole(first), whole(second)], outputs=[]
    )
    with zip_of(run) as archive:
        names = [name for name in archive.namelist() if name.startswith("inputs/")]
        assert sorted(archive.read(name) for name in names) == [b"1", b"2"]


def test_private_files_go_to_those_who_may_have_them(ada: User) -> None:
    given, _, _, product = chain()
    factories.KeyValueFactory.create(object=given, key="accessibility", value="private")
    sha1, owner = sha1_of(b"given\n"), factories.registrar()
    for user, has_it in ((NOBODY, False), (ada, False), (owner, True)):
        with zip_of(product, user=user) as archive:
            assert ("inputs/given.csv" in archive.namelist()) is has_it
            graph = json.loads(archive.read(METADATA))["@graph"]
        [link] = [one for one in graph if one.get("sha1") == sha1]
        assert link["@id"].endswith("inputs/given.csv" if has_it else f"/data/{sha1}")


def test_a_file_that_the_store_lost_is_a_link() -> None:
    *_, product = chain()
    Path(get_store().path_of(sha1_of(b"given\n"))).unlink()  # type: ignore[attr-defined]
    with zip_of(product) as archive:
        assert "inputs/given.csv" not in archive.namelist()


def test_a_file_that_is_lost_on_the_way_breaks_the_zip_off() -> None:
    pieces = stream_zip({METADATA: b"{}"}, [("outputs/x", "0" * 40)], get_store())
    with pytest.raises(NotFound):
        b"".join(pieces)


@pytest.mark.parametrize("bytes_now, found", [(b"GIVEN\n", "sha1"), (b"", "size")])
def test_an_altered_file_breaks_the_zip_off(bytes_now: bytes, found: str) -> None:
    *_, product = chain()
    content = content_of(product, depth=None)
    sha1 = sha1_of(b"given\n")
    Path(get_store().path_of(sha1)).write_bytes(bytes_now)  # type: ignore[attr-defined]
    assert "inputs/given.csv" in content.packed.values()
    pieces = stream_zip({}, [("inputs/given.csv", sha1)], get_store())
    with pytest.raises(AlteredFile):
        b"".join(pieces)
    event = Event.objects.get(action="found_altered")
    assert event.detail["found_sha1"] == sha1_of(bytes_now)
    # now that it is known, it is a link
    with zip_of(product) as archive:
        assert archive.namelist() == [METADATA, PREVIEW, "outputs/made_here.csv"]
    assert Event.objects.filter(detail__has_key=f"found_{found}").exists()


def test_a_large_file_goes_through_in_pieces() -> None:
    file = keep(os.urandom(16 * CHUNK))
    pieces = list(
        stream_zip({METADATA: b"{}"}, [("outputs/x", file.sha1)], get_store())
    )
    # what cannot be compressed leaves as it comes: a chunk, and the odd buffer
    assert len(pieces) >= 16
    assert max(map(len, pieces)) < 2 * CHUNK
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.getinfo("outputs/x").file_size == 16 * CHUNK
        assert archive.testzip() is None


def test_no_piece_is_read_before_it_is_wanted() -> None:
    file = keep(bytes(range(256)) * (8 * CHUNK // 256))
    asked: list[int] = []

    class Counting:
        """The store, which counts the bytes that it gives out."""

        def __getattr__(self, name: str) -> Any:
            return getattr(get_store(), name)

        def open(self, sha1: str) -> Any:
            reader = get_store().open(sha1)
            read = reader.read

            class Reader:
                def read(self, size: int) -> bytes:
                    data = read(size)
                    asked.append(len(data))
                    return data

                close = staticmethod(reader.close)
                snapshot = staticmethod(reader.snapshot)

            return Reader()

    pieces: Any = stream_zip({METADATA: b"{}"}, [("x", file.sha1)], Counting())
    next(pieces)
    assert asked == []
    next(pieces)
    assert asked == [CHUNK]
    pieces.close()
