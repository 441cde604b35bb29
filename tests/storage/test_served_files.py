"""Only files below the listed folders are served from the server's disk."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from registry.core.errors import NotFound, Unavailable
from registry.storage import served_files
from registry.storage.checked_reading import AlteredFile
from registry.storage.served_files import ServedFile, open_served_file
from tests.files import COUNTS, sha1_of

SECRET = b"the operator's own"

pytestmark = pytest.mark.once


@pytest.fixture
def root(settings: Settings, tmp_path: Path) -> Path:
    """Return a served folder, next to a secret file."""
    folder = tmp_path / "served"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "counts.csv").write_bytes(COUNTS)
    (tmp_path / "secret").write_bytes(SECRET)
    settings.SERVED_ROOTS = (folder.resolve(),)
    settings.STORE_DIR = tmp_path / "store"
    return folder


def read(file: ServedFile) -> bytes:
    """Return all of an open file."""
    with file.stream as stream:
        return stream.read()


def test_a_file_below_a_listed_folder_is_served(root: Path) -> None:
    file = open_served_file([f"{root}/sub/counts.csv"])
    assert (file.size, file.sha1) == (len(COUNTS), sha1_of(COUNTS))
    assert read(file) == COUNTS


def test_a_range_of_a_file_is_read_as_requested(root: Path) -> None:
    file = open_served_file([f"{root}/sub/counts.csv"])
    assert file.open_part(4, 6).read(100) == COUNTS[4:10]
    assert file.open_part(0, 4).read(100) == COUNTS[:4]
    assert file.open().read(100) == COUNTS
    assert file.stream.closed


def test_bytes_that_change_after_they_were_hashed_are_not_sent(root: Path) -> None:
    path = root / "sub" / "counts.csv"
    file = open_served_file([str(path)])
    path.write_bytes(COUNTS.upper())
    with pytest.raises(AlteredFile):
        file.open_part(4, 6).read(100)
    with pytest.raises(Unavailable, match="was written meanwhile"):
        file.open()


@pytest.mark.parametrize("change", [bytes.swapcase, lambda data: data[:-1]])
def test_the_end_of_a_large_file_that_changes_meanwhile_is_not_sent(
    root: Path, change: Callable[[bytes], bytes]
) -> None:
    path = root / "large"
    data = b"abc" * 100_000
    path.write_bytes(data)
    file = open_served_file([str(path)])
    with closing(file.open()) as reader:
        begin = reader.read(1000)
        path.write_bytes(change(data))
        with pytest.raises(AlteredFile):
            begin += b"".join(iter(lambda: reader.read(1000), b""))
    assert len(begin) < len(data)
    assert checksum(path) == sha1_of(change(data))


def test_bytes_that_are_appended_meanwhile_are_not_sent(root: Path) -> None:
    path = root / "large"
    path.write_bytes(b"abc" * 100_000)
    file = open_served_file([str(path)])
    with path.open("ab") as stream:
        stream.write(b"more")
    with closing(file.open()) as reader:
        assert b"".join(iter(lambda: reader.read(1000), b"")) == b"abc" * 100_000


def test_a_file_that_is_written_while_it_is_hashed_is_not_served(root: Path) -> None:
    path = root / "sub" / "counts.csv"

    @contextmanager
    def writing() -> Iterator[None]:
        path.write_bytes(COUNTS * 2)
        yield

    with pytest.raises(Unavailable, match="was written while it was read"):
        open_served_file([str(path)], hashing=writing)
    assert checksum(path) == sha1_of(COUNTS * 2)


def test_the_first_path_that_is_a_file_is_served(root: Path) -> None:
    assert read(open_served_file([f"{root}/none", f"{root}/sub/counts.csv"])) == COUNTS


def test_dots_are_resolved_before_the_check(root: Path) -> None:
    assert read(open_served_file([f"{root}/../served/sub/../sub/counts.csv"])) == COUNTS


def test_a_link_that_stays_below_the_folder_is_followed(root: Path) -> None:
    (root / "latest.csv").symlink_to("sub/counts.csv")
    (root / "linked").symlink_to(root / "sub")
    assert read(open_served_file([f"{root}/latest.csv"])) == COUNTS
    assert read(open_served_file([f"{root}/linked/counts.csv"])) == COUNTS


def test_a_listed_folder_may_be_reached_by_a_link(root: Path) -> None:
    (root.parent / "other-name").symlink_to(root)
    assert (
        read(open_served_file([f"{root.parent}/other-name/sub/counts.csv"])) == COUNTS
    )


def test_without_a_listed_folder_nothing_is_served(
    root: Path, settings: Settings
) -> None:
    settings.SERVED_ROOTS = ()
    with pytest.raises(NotFound):
        open_served_file([f"{root}/sub/counts.csv"])


@pytest.mark.parametrize(
    "path",
    [
        "{root}/../secret",
        "{root}/sub/../../secret",
        "{root}/../served-too/file",
        "{root}/out",
        "{root}/away/secret",
        "{root}/chain",
        "{root}/loop",
        "{root}/hard/../../secret",
        "{root}",
        "{root}/",
        "{root}/sub",
        "{root}/sub/",
        "{root}/pipe",
        "{root}/sub/counts.csv/..",
        "{root}/none.csv",
        "{root}/sub/counts.csv\0",
        "{root}/" + "long/" * 2000,
        "/etc/passwd",
        "/proc/self/environ",
        "sub/counts.csv",
        "",
    ],
)
def test_other_paths_are_not_served(root: Path, path: str) -> None:
    beside = root.parent / "served-too"
    beside.mkdir()
    (beside / "file").write_bytes(SECRET)
    (root / "out").symlink_to(root.parent / "secret")
    (root / "away").symlink_to(root.parent)
    (root / "chain").symlink_to("out")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    with pytest.raises(NotFound):
        open_served_file([path.format(root=root)])


def test_the_error_does_not_reveal_what_exists(root: Path) -> None:
    with pytest.raises(NotFound) as there:
        open_served_file([f"{root}/../secret"])
    with pytest.raises(NotFound) as nowhere:
        open_served_file([f"{root}/../nowhere"])
    assert there.value.detail == nowhere.value.detail


@pytest.mark.parametrize("swapped", ["sub", "sub/counts.csv"])
def test_a_link_that_replaces_a_checked_name_is_not_followed(
    root: Path, swapped: str
) -> None:
    # the moment between resolving a path and opening it, made as long as it takes
    parts = ("sub", "counts.csv")
    (root / swapped).rename(root.parent / "moved")
    (root / swapped).symlink_to(root.parent / "moved")
    with pytest.raises(OSError, match=re.compile("symbolic links|Not a directory")):
        served_files._open_without_links(root, parts)


def test_the_data_folder_is_not_served_below_a_root_above_it(
    root: Path, settings: Settings
) -> None:
    own = root / "registry"
    own.mkdir()
    (own / "secret-key").write_bytes(SECRET)
    settings.REGISTRY_DATA_DIR = own
    settings.STORE_DIR = own / "store"
    with pytest.raises(NotFound):
        open_served_file([f"{root}/registry/secret-key"])
    settings.SERVED_ROOTS = (own.resolve(),)
    with pytest.raises(NotFound):
        open_served_file([f"{root}/registry/secret-key"])


def test_files_of_the_store_are_served_but_not_its_other_folders(
    root: Path, settings: Settings
) -> None:
    own = root.parent / "registry"
    settings.REGISTRY_DATA_DIR = own
    settings.STORE_DIR = own / "store"
    for name in ("files/ab/cd", "incoming"):
        (own / "store" / name).mkdir(parents=True)
        (own / "store" / name / "file").write_bytes(COUNTS)
    assert read(open_served_file([f"{own}/store/files/ab/cd/file"])) == COUNTS
    with pytest.raises(NotFound):
        open_served_file([f"{own}/store/incoming/file"])


def test_the_checksum_changes_with_the_bytes(root: Path) -> None:
    path = root / "sub" / "counts.csv"
    assert checksum(path) == sha1_of(COUNTS)
    assert checksum(path) == sha1_of(COUNTS)
    path.write_bytes(COUNTS + b"4,76\n")
    assert checksum(path) == sha1_of(COUNTS + b"4,76\n")


def checksum(path: Path) -> str:
    """Return the checksum with which a file is served."""
    file = open_served_file([str(path)])
    file.stream.close()
    return file.sha1
