"""The store in a local folder keeps complete files, and only those."""

from __future__ import annotations

import hashlib
import io
import os
import resource
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from registry.core.errors import NotFound, StorageFull, Unavailable
from registry.storage.base import CHUNK, reporting_write_errors
from registry.storage.filesystem import FileSystemStore
from tests.files import COUNTS, sha1_of
from tests.plugins.server import ROOT

SHA1 = sha1_of(COUNTS)
LONG_AGO = 1_000_000_000

pytestmark = pytest.mark.once


@pytest.fixture
def store(tmp_path: Path) -> FileSystemStore:
    """Return a store in a folder that does not exist yet."""
    return FileSystemStore(tmp_path / "store")


def put(store: FileSystemStore, data: bytes = COUNTS) -> str:
    """Store bytes and return their SHA-1."""
    with store.draft(io.BytesIO(data)) as draft:
        draft.commit()
    return draft.checksums.sha1


def files_in(store: FileSystemStore) -> list[Path]:
    """Return all files below the store's folder, stored and unfinished ones."""
    return [path for path in store.files.parent.rglob("*") if path.is_file()]


class Breaking(io.RawIOBase):
    """A source that returns some bytes and then fails."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1, /) -> bytes:
        """Return bytes, or raise an error at their end."""
        if self.left == 0:
            raise ConnectionResetError("the other side is gone")
        size = min(size, self.left)
        self.left -= size
        return b"x" * size


def test_a_stored_file_is_found_by_its_sha1(store: FileSystemStore) -> None:
    assert put(store) == SHA1
    assert store.exists(SHA1)
    assert store.look(SHA1).size == len(COUNTS)
    reader = store.open(SHA1)
    assert reader.read(100) == COUNTS
    reader.close()


def test_checksums_and_size_cover_all_chunks(store: FileSystemStore) -> None:
    data = os.urandom(2 * CHUNK + 17)
    with store.draft(io.BytesIO(data)) as draft:
        assert draft.checksums.sha1 == sha1_of(data)
        assert draft.checksums.sha256 == hashlib.sha256(data).hexdigest()
        assert draft.checksums.size == len(data)


def test_an_empty_file_can_be_stored(store: FileSystemStore) -> None:
    empty = put(store, b"")
    assert store.look(empty).size == 0


def test_an_uncommitted_draft_leaves_nothing(store: FileSystemStore) -> None:
    with store.draft(io.BytesIO(COUNTS)):
        assert len(files_in(store)) == 1
        assert not store.exists(SHA1)
    assert files_in(store) == []


def test_a_failing_source_leaves_nothing(store: FileSystemStore) -> None:
    with pytest.raises(ConnectionResetError), store.draft(Breaking(CHUNK + 5)):
        pytest.fail("a draft of half the bytes")
    assert files_in(store) == []


def test_an_incomplete_file_is_never_visible(store: FileSystemStore) -> None:
    seen: list[bool] = []

    class Watching(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            seen.append(store.exists(SHA1))
            return super().read(size)

    with store.draft(Watching(COUNTS)) as draft:
        draft.commit()
    assert seen == [False, False]
    assert store.exists(SHA1)


def test_the_same_file_can_be_stored_twice(store: FileSystemStore) -> None:
    put(store)
    reader = store.open(SHA1)
    put(store)
    assert len(files_in(store)) == 1
    # whoever was reading meanwhile reads on
    assert reader.read(100) == COUNTS
    reader.close()


def test_the_same_file_can_be_stored_concurrently(store: FileSystemStore) -> None:
    data = os.urandom(3 * CHUNK)
    ready = threading.Barrier(6)
    failed: list[BaseException] = []

    def upload() -> None:
        try:
            with store.draft(io.BytesIO(data)) as draft:
                ready.wait(30)
                draft.commit()
        except BaseException as error:  # noqa: BLE001 (a thread's errors get lost)
            failed.append(error)

    threads = [threading.Thread(target=upload) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    (file,) = files_in(store)
    assert file.read_bytes() == data


def test_only_the_registry_can_read_what_is_stored(store: FileSystemStore) -> None:
    put(store)
    (file,) = files_in(store)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    folders = [file.parent, file.parent.parent, store.files, store.incoming]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


@pytest.mark.parametrize(
    "start, expected", [(0, COUNTS), (4, COUNTS[4:]), (10_000, b"")]
)
def test_a_file_is_read_from_the_requested_byte(
    store: FileSystemStore, start: int, expected: bytes
) -> None:
    put(store)
    reader = store.open(SHA1)
    reader.seek(start)
    pieces = iter(lambda: reader.read(5), b"")
    assert b"".join(pieces) == expected
    reader.close()


def test_the_state_of_a_file_changes_when_it_is_written_or_replaced(
    store: FileSystemStore,
) -> None:
    put(store)
    path = store.path_of(SHA1)
    first = store.look(SHA1)
    with closing(store.open(SHA1)) as opened:
        assert opened.snapshot() == store.look(SHA1) == first
        put(store)
        replaced = store.look(SHA1)
        assert replaced != first
        assert opened.snapshot() != replaced
    with path.open("r+b") as file:
        file.write(b"D")
    # as a restored backup has it
    os.utime(path, (1_000_000_000, 1_000_000_000))
    written = store.look(SHA1)
    assert written.size == first.size
    assert written != replaced


@pytest.mark.parametrize("beside", ["folder", "file above"])
def test_what_is_no_file_counts_as_missing(store: FileSystemStore, beside: str) -> None:
    path = store.path_of(SHA1)
    if beside == "folder":
        path.mkdir(parents=True)
    else:
        path.parent.parent.mkdir(parents=True)
        path.parent.write_bytes(b"")
    with pytest.raises(NotFound):
        store.look(SHA1)
    with pytest.raises(NotFound):
        store.open(SHA1)


def test_a_missing_file_raises_not_found(store: FileSystemStore) -> None:
    assert not store.exists(SHA1)
    with pytest.raises(NotFound):
        store.look(SHA1)
    with pytest.raises(NotFound):
        store.open(SHA1)


@pytest.mark.parametrize(
    "name", ["", "../secret-key", SHA1.upper(), SHA1[:-1], f"{SHA1}/..", f"{SHA1}\n"]
)
def test_only_a_sha1_is_accepted_as_a_name(store: FileSystemStore, name: str) -> None:
    with pytest.raises(ValueError, match="is not a SHA-1"):
        store.exists(name)


def test_a_folder_has_no_download_links(store: FileSystemStore) -> None:
    assert store.download_link(put(store), name="a.csv", media_type="text/csv") is None


def test_leftovers_of_a_killed_upload_are_removed(store: FileSystemStore) -> None:
    program = (
        "import os, sys, pathlib\n"
        "from registry.storage.filesystem import FileSystemStore\n"
        "store = FileSystemStore(pathlib.Path(sys.argv[1]))\n"
        "class Dies:\n"
        "    def read(self, size):\n"
        "        os._exit(9)\n"
        "with store.draft(Dies()): pass\n"
    )
    folder = str(store.files.parent)
    command = [sys.executable, "-c", program, folder]
    done = subprocess.run(command, cwd=ROOT, check=False)
    assert done.returncode == 9
    (left,) = files_in(store)
    os.utime(left, (LONG_AGO, LONG_AGO))
    store.remove_abandoned()
    assert files_in(store) == []


def test_an_active_upload_is_not_removed(store: FileSystemStore) -> None:
    with store.draft(io.BytesIO(COUNTS)) as draft:
        (file,) = files_in(store)
        os.utime(file, (LONG_AGO, LONG_AGO))
        store.remove_abandoned()
        draft.commit()
    assert store.exists(SHA1)


def test_uncommitted_drafts_of_many_are_removed(
    store: FileSystemStore,
) -> None:
    with store.drafts() as drafts:
        kept, left = (drafts.add(io.BytesIO(data)) for data in (COUNTS, b"other"))
        assert not store.exists(SHA1)
        kept.commit()
    assert store.exists(SHA1)
    assert not store.exists(left.checksums.sha1)
    assert list(store.incoming.iterdir()) == []


def test_there_can_be_more_drafts_than_open_files(store: FileSystemStore) -> None:
    opened = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, opened[1]))
    try:
        with store.drafts() as drafts:
            for number in range(200):
                drafts.add(io.BytesIO(str(number).encode())).commit()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, opened)
    assert len(files_in(store)) == 200


def test_a_failing_source_leaves_nothing_of_many_drafts(
    store: FileSystemStore,
) -> None:
    def take_two() -> None:
        with store.drafts() as drafts:
            drafts.add(io.BytesIO(COUNTS))
            drafts.add(Breaking(2 * CHUNK))

    with pytest.raises(ConnectionResetError):
        take_two()
    assert files_in(store) == []


def test_an_undone_commit_removes_the_file(store: FileSystemStore) -> None:
    with store.draft(io.BytesIO(COUNTS)) as draft:
        draft.commit()
        draft.undo_commit()
        draft.undo_commit()
    assert files_in(store) == []


def test_active_drafts_stay_and_abandoned_ones_are_removed(
    store: FileSystemStore,
) -> None:
    with store.drafts() as drafts:
        draft = drafts.add(io.BytesIO(COUNTS))
        (folder,) = store.incoming.iterdir()
        abandoned = store.incoming / "abandoned"
        abandoned.mkdir()
        (abandoned / "file").write_bytes(COUNTS)
        for path in (folder, abandoned):
            os.utime(path, (LONG_AGO, LONG_AGO))
        store.remove_abandoned()
        assert not abandoned.exists()
        draft.commit()
    assert files_in(store) == [store.path_of(SHA1)]


def test_an_upload_that_has_just_begun_is_not_removed(store: FileSystemStore) -> None:
    store.incoming.mkdir(parents=True)
    begun = store.incoming / "begun"
    # its upload has not come as far as to lock it
    begun.touch()
    store.remove_abandoned()
    assert begun.exists()


def test_removing_from_an_empty_store_does_nothing(store: FileSystemStore) -> None:
    store.remove_abandoned()
    assert not store.incoming.exists()


def test_a_full_store_raises_storage_full_and_stores_nothing(
    store: FileSystemStore,
) -> None:
    # a limit on the size of files acts like a full disk, but on one process alone
    program = (
        "import io, pathlib, resource, signal, sys\n"
        "from registry.core.errors import Unavailable\n"
        "from registry.storage.filesystem import FileSystemStore\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1500000, 1500000))\n"
        "store = FileSystemStore(pathlib.Path(sys.argv[1]))\n"
        "try:\n"
        "    with store.draft(io.BytesIO(b'x' * 4000000)): pass\n"
        "except Unavailable as error:\n"
        "    print(error.detail)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(store.files.parent)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "The store cannot write: File too large.\n"
    assert files_in(store) == []


def test_an_unwritable_store_raises_unavailable(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    store = FileSystemStore(tmp_path / "store")
    with (
        pytest.raises(Unavailable, match="The store cannot write"),
        store.draft(io.BytesIO(COUNTS)),
    ):
        pytest.fail("a draft of nothing")


def test_a_full_disk_differs_from_other_failures() -> None:
    # the system's own device that has no room
    with (
        pytest.raises(StorageFull, match="No space left on device"),
        reporting_write_errors(),
        Path("/dev/full").open("wb", buffering=0) as device,
    ):
        device.write(b"x")


IN_A_SMALL_DISK = """
import io, pathlib, sys
from registry.core.errors import StorageFull
from registry.storage.filesystem import FileSystemStore
store = FileSystemStore(pathlib.Path(sys.argv[1]))
try:
    with store.draft(io.BytesIO(b"x" * 4000000)) as draft: draft.commit()
except StorageFull as error:
    print(error.detail)
print([path.name for path in store.files.parent.rglob("*") if path.is_file()])
"""


def test_an_upload_to_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    mounted = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)]
    program = [sys.executable, "-c", IN_A_SMALL_DISK, str(tmp_path)]
    # a disk of its own, which only this process and its children see
    script = 'mount_arguments="$1"; shift; $mount_arguments || exit 77; exec "$@"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", " ".join(mounted), *program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this system mounts nothing without privileges")
    assert done.stdout.splitlines() == [
        "The store cannot write: No space left on device.",
        "[]",
    ], done.stderr
