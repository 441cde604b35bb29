"""Crates beyond the limits, and that nothing is left of those that fail."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from registry.core.errors import Conflict, Unavailable
from registry.identity.models import User
from registry.provenance.crates.terms import METADATA
from tests import factories
from tests.files import sha1_of
from tests.provenance.crates.made import (
    ADA,
    FILES,
    ROOT,
    SORT,
    SORTED,
    action,
    everything,
    file,
    metadata,
    refused,
    sorting,
    take_in,
    zip_of,
    zipped,
)

pytestmark = pytest.mark.django_db

Crate = Callable[[], bytes]


def test_too_many_files(ada: User, settings: Settings) -> None:
    settings.CRATE_FILES = 2
    error = refused(zipped(FILES), ada)
    assert "too many files" in error.fields["crate"][0]


def test_a_directory_of_the_zip_that_is_huge_is_not_read(
    ada: User, settings: Settings
) -> None:
    # 40,000 names of a hundred bytes, for 100 files at a kilobyte each
    settings.CRATE_FILES = 100
    error = refused(zip_of({f"{n:0100}": b"" for n in range(40_000)}), ada)
    assert "too many files" in error.fields["crate"][0]


def test_too_much_by_its_own_account(ada: User, settings: Settings) -> None:
    settings.CRATE_UNPACKED_MB = 1
    noise = bytes(range(256)) * 4097
    error = refused(zipped({**FILES, "noise": noise}), ada)
    assert "this registry takes 1 megabytes" in error.fields["crate"][0]


def test_a_bomb_is_known_before_it_goes_off(ada: User) -> None:
    error = refused(zipped({**FILES, "zeros": bytes(101 * 1024 * 1024)}), ada)
    assert "200 times its own size" in error.fields["crate"][0]


def test_a_member_that_is_longer_than_it_says(ada: User) -> None:
    # the sizes in the directory are those that the limits are held against
    described = metadata(*sorting(), file("zeros"))
    lying = bytearray(zipped({**FILES, "zeros": bytes(1000)}, described))
    at = lying.rindex(b"PK\x01\x02")
    struct.pack_into("<I", lying, at + 24, 10)
    error = refused(bytes(lying), ada)
    assert "damaged" in error.fields["zeros"][0]


def test_metadata_that_is_too_large(ada: User, settings: Settings) -> None:
    settings.CRATE_METADATA_MB = 1
    described = metadata(*sorting(), root={**ROOT, "description": "x" * 2**20})
    error = refused(zipped(FILES, described), ada)
    assert "metadata file" in error.fields[METADATA][0]


def test_too_many_entities(ada: User, settings: Settings) -> None:
    settings.CRATE_FILES = 10
    people = [{"@id": f"#{n}", "@type": "Person"} for n in range(100)]
    error = refused(zipped(FILES, metadata(*sorting(), *people)), ada)
    assert "entities" in error.fields[METADATA][0]


# --- Nothing is left ---------------------------------------------------------------


def test_a_product_with_other_bytes_is_a_conflict(ada: User) -> None:
    product = factories.DataProductFactory.create(
        namespace__name="ada",
        name="sorted",
        version="1.0.0",
        object=factories.ObjectFactory.create(),
    )
    described = metadata(
        *sorting()[:-2],
        file("data/sorted.txt", encodesCreativeWork={"@id": "#product"}),
        action(),
        {
            "@id": "#product",
            "@type": "CreativeWork",
            "namespace": "ada",
            "name": "sorted",
            "version": product.version,
        },
    )
    error = refused(zipped(FILES, described), ada, Conflict)
    assert "data/sorted.txt" in error.detail


def test_a_store_that_fails_in_the_middle_is_left_as_it_was(
    ada: User, settings: Settings, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    settings.STORE_DIR = store
    # of the two files, the second one cannot be moved to its place
    in_the_way = store / "files" / sha1_of(SORTED)[:2]
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_bytes(b"no folder")
    error = refused(zipped(FILES), ada, Unavailable)
    assert "cannot write" in error.detail


def test_files_that_were_there_before_stay(ada: User) -> None:
    take_in(zipped(FILES), by=ada)
    described = metadata(*sorting()[:-1], action(endTime="2025-01-01"))
    before = everything()
    refused(zipped(FILES, described), ada)
    assert everything() == before
    assert before["files"] == len(FILES)


def test_nobody_is_asked_for_a_file_that_is_elsewhere(ada: User) -> None:
    # sockets are disabled but for loopback, where nobody listens on this port
    address = "http://127.0.0.1:9/x.txt"
    described = metadata(
        SORT,
        ADA,
        file(address, sha1="0" * 40),
        action(object={"@id": address}, result=None),
    )
    received = take_in(described, by=ada)
    assert received.files == 0
