"""Crates that are broken, or mean harm: 400 says where, and nothing is left."""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from registry.identity.models import User
from registry.provenance.crates.terms import METADATA
from tests.files import sha1_of
from tests.provenance.crates.made import (
    ADA,
    CONTEXT,
    DESCRIPTOR,
    FILES,
    ROOT,
    SORTED,
    action,
    file,
    metadata,
    refused,
    sorting,
    zip_of,
    zipped,
)

pytestmark = pytest.mark.django_db

Crate = Callable[[], bytes]


def member(name: str = "data/extra.txt", **attributes: Any) -> bytes:
    """Zip the small crate with one more file of these attributes."""
    buffer = io.BytesIO(zipped(FILES))
    with zipfile.ZipFile(buffer, "a") as archive:
        info = zipfile.ZipInfo(name)
        for key, value in attributes.items():
            setattr(info, key, value)
        archive.writestr(info, b"data/sorted.txt")
    return buffer.getvalue()


def twice() -> bytes:
    buffer = io.BytesIO(zipped(FILES))
    with (
        zipfile.ZipFile(buffer, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("data/sorted.txt", "something else")
    return buffer.getvalue()


def renamed(old: bytes, new: bytes) -> bytes:
    """Rename a member in the raw bytes: Python's module would not write such a name."""
    assert len(old) == len(new)
    return member(old.decode()).replace(old, new)


def encrypted() -> bytes:
    """Set the bit that says a member is encrypted, in the directory and before it."""
    crate = bytearray(zipped(FILES))
    with zipfile.ZipFile(io.BytesIO(bytes(crate))) as archive:
        info = archive.getinfo("data/sorted.txt")
    struct.pack_into("<H", crate, info.header_offset + 6, 1)
    at = crate.rindex(b"PK\x01\x02")
    struct.pack_into("<H", crate, at + 8, 1)
    return bytes(crate)


def damaged() -> bytes:
    """Change a byte of a stored file, so that its checksum in the zip is wrong."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(METADATA, metadata(*sorting()))
        for name, data in FILES.items():
            archive.writestr(name, data)
    return buffer.getvalue().replace(b"a\nb\n", b"a\nc\n")


LINK = (stat.S_IFLNK | 0o777) << 16

ZIPS: dict[str, tuple[Crate, str, str]] = {
    "no zip": (lambda: b"PK, or so it says", "crate", "no zip archive"),
    "nothing": (lambda: b"", "crate", "no zip archive"),
    "cut off": (lambda: zipped(FILES)[:-40], "crate", "no zip archive"),
    "no metadata": (lambda: zip_of({"data.txt": b""}), "crate", f"no {METADATA}"),
    "a path above": (
        lambda: member("../../etc/passwd"),
        "../../etc/passwd",
        "leads down",
    ),
    "a path up within": (lambda: member("data/../../x"), "data/../../x", "leads down"),
    "an absolute path": (lambda: member("/etc/passwd"), "/etc/passwd", "a path within"),
    "a drive": (lambda: member("C:/windows"), "C:/windows", "a path within"),
    "backslashes": (
        lambda: renamed(b"data/extra.txt", b"..\\extra.txt\\x"),
        "..\\extra.txt\\x",
        "a path within",
    ),
    "a null in a name": (
        lambda: renamed(b"data/extra.txt", b"data/ok.txt\0.x"),
        "data/ok.txt�.x",
        "control characters",
    ),
    "a symbolic link": (
        lambda: member(external_attr=LINK),
        "data/extra.txt",
        "Links and devices",
    ),
    "a device": (
        lambda: member(external_attr=(stat.S_IFCHR | 0o600) << 16),
        "data/extra.txt",
        "Links and devices",
    ),
    "a name twice": (twice, "data/sorted.txt", "Two files"),
    "an encrypted file": (encrypted, "data/sorted.txt", "Encrypted"),
    "a compression nobody has": (
        lambda: member(compress_type=zipfile.ZIP_LZMA),
        "data/extra.txt",
        "compression",
    ),
    "damaged bytes": (damaged, "data/sorted.txt", "damaged"),
}


@pytest.mark.parametrize("case", ZIPS)
def test_a_bad_zip(case: str, ada: User) -> None:
    make, where, what = ZIPS[case]
    error = refused(make(), ada)
    assert what in " ".join(error.fields[where])


def _graph(*entities: dict[str, Any], **changes: Any) -> bytes:
    return metadata(*entities, **changes)


def _raw(text: str) -> bytes:
    return text.encode()


TALES: dict[str, tuple[Crate, str, str]] = {
    "no JSON": (lambda: _raw("{"), METADATA, "no JSON"),
    "NaN": (lambda: _raw('{"@context": NaN}'), METADATA, "no JSON"),
    "deep JSON": (
        lambda: _raw('{"@context": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        METADATA,
        "nested too deeply",
    ),
    "a list": (lambda: _raw("[]"), METADATA, "JSON object"),
    "no graph": (lambda: _raw('{"@context": "x"}'), METADATA, "@graph"),
    "another context": (
        lambda: _graph(context="https://schema.org"),
        METADATA,
        "@context",
    ),
    "a null character": (
        lambda: _graph(*sorting(), root={**ROOT, "name": "a\0b"}),
        METADATA,
        "Null characters",
    ),
    "no descriptor": (
        lambda: json.dumps({"@context": CONTEXT, "@graph": [ROOT]}).encode(),
        METADATA,
        "No entity",
    ),
    "about nothing": (
        lambda: json.dumps({"@context": CONTEXT, "@graph": [DESCRIPTOR]}).encode(),
        METADATA,
        "type Dataset",
    ),
    "an entity that is none": (
        lambda: json.dumps(
            {"@context": CONTEXT, "@graph": [DESCRIPTOR, ROOT, "x"]}
        ).encode(),
        "@graph[2]",
        "object with an @id",
    ),
    "no type": (lambda: _graph({"@id": "#x"}), "#x", "@type"),
    "an id twice": (lambda: _graph(ADA, ADA), ADA["@id"], "Two entities"),
    "a nested entity": (
        lambda: _graph(
            *(e for e in sorting() if e["@type"] != "CreateAction"),
            action(object={"name": "inline"}),
        ),
        "#sorting",
        "flat",
    ),
    "an absent file": (
        lambda: _graph(*sorting(), file("data/absent.txt")),
        "data/absent.txt",
        "does not have it",
    ),
    "a file outside": (
        lambda: _graph(*sorting(), file("../../etc/passwd")),
        "../../etc/passwd",
        "does not have it",
    ),
    "a file of the disk": (
        lambda: _graph(*sorting(), file("/etc/passwd")),
        "/etc/passwd",
        "does not have it",
    ),
    "a run without times": (
        lambda: _graph(*sorting()[:-1], action(startTime=None, endTime=None)),
        "#sorting",
        "startTime",
    ),
    "no time": (
        lambda: _graph(*sorting()[:-1], action(startTime="yesterday")),
        "#sorting",
        "no time",
    ),
    "an end before the start": (
        lambda: _graph(*sorting()[:-1], action(endTime="2025-01-01")),
        "#sorting",
        "cannot end before",
    ),
    "no instrument": (
        lambda: _graph(*sorting()[:-1], action(instrument=None)),
        "#sorting",
        "instrument",
    ),
    "an instrument that is none": (
        lambda: _graph(*sorting()[:-1], action(instrument={"@id": ADA["@id"]})),
        "#sorting",
        "instrument",
    ),
    "a person with a wildcard": (
        lambda: _graph(*sorting(), {**ADA, "@id": "#x", "name": "Ada*"}),
        "#x",
        "Names may not",
    ),
    "an unsound flag": (
        lambda: _graph(
            *sorting(), file("https://example.org/x", sha1="0" * 40, public="perhaps")
        ),
        "https://example.org/x",
        "true or false",
    ),
    "an address with a password": (
        lambda: _graph(
            *sorting(), file("https://ada:secret@example.org/x", sha1="0" * 40)
        ),
        "https://ada:secret@example.org/x",
        "password",
    ),
    "a version that is none": (
        lambda: _graph(
            *sorting(),
            file("https://example.org/x", encodesCreativeWork={"@id": "#product"}),
            {
                "@id": "#product",
                "@type": "CreativeWork",
                "namespace": "ada",
                "name": "sorted",
                "version": "one",
            },
        ),
        "#product",
        "semantic version",
    ),
}


@pytest.mark.parametrize("case", TALES)
def test_a_bad_tale(case: str, ada: User) -> None:
    make, where, what = TALES[case]
    error = refused(zipped(FILES, make()), ada)
    assert what in " ".join(error.fields[where])


@pytest.mark.parametrize(
    "claim",
    [
        {"sha1": "0" * 40},
        {"sha256": "0" * 64},
        {"sha512": "0" * 128},
        {"md5": "0" * 32},
        {"contentSize": "5"},
        {"contentSize": 5},
        {"sha1": [sha1_of(SORTED), "0" * 40]},
    ],
    ids=str,
)
def test_a_file_with_other_bytes_than_are_said(claim: Any, ada: User) -> None:
    described = metadata(*sorting()[:-2], file("data/sorted.txt", **claim), action())
    error = refused(zipped(FILES, described), ada)
    assert "data/sorted.txt" in error.fields


def test_metadata_alone_has_no_files(ada: User) -> None:
    error = refused(metadata(*sorting()), ada)
    assert set(error.fields) == {"data/sorted.txt", "data/unsorted.txt"}
