"""A crate as a zip that is written while it is sent.

Files go through a piece at a time, whatever their size; nothing is written twice, and
nothing waits on a disk.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from registry.storage.base import CHUNK
from registry.storage.sending import read_whole

if TYPE_CHECKING:
    from registry.core.graph.files import FileOnDisk
    from registry.storage.base import Reader, Store

#: Every crate of the same records has the same bytes; zip knows no earlier day.
_DAY = (1980, 1, 1, 0, 0, 0)
#: Speed counts for more than the last percent: a person waits.
_LEVEL = 1


class _Pipe:
    """What a zip is written into: bytes wait until somebody takes them."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take some bytes of the zip."""
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: the bytes are taken when they are wanted."""

    def take(self) -> bytes:
        """Return what came since the last time."""
        data = b"".join(self._waiting)
        self._waiting.clear()
        return data


def stream_zip(
    texts: Mapping[str, bytes],
    files: Iterable[tuple[str, str | FileOnDisk]],
    store: Store,
) -> Iterator[bytes]:
    """Yield a zip piece by piece: texts by path first, then paths with files.

    A file is the SHA-1 of one in the store, or one on the server's own disk. One that
    is lost since, or that has other bytes by now, breaks the
    stream off, so that nobody takes the rest for a whole crate.
    """
    pipe = _Pipe()
    stream: Any = pipe
    with zipfile.ZipFile(
        stream, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL
    ) as archive:
        for path, text in texts.items():
            archive.writestr(_member(path), text)
            yield pipe.take()
        for path, file in files:
            yield from _file(archive, pipe, path, file, store)
    yield pipe.take()


def _member(path: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(path, _DAY)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member


def _file(
    archive: zipfile.ZipFile,
    pipe: _Pipe,
    path: str,
    file: str | FileOnDisk,
    store: Store,
) -> Iterator[bytes]:
    member = _member(path)
    source, size = _open(file, store) if isinstance(file, str) else file.open()
    # known beforehand, so that only large files need the large form of zip
    member.file_size = size
    with closing(source), archive.open(member, "w") as target:
        while data := source.read(CHUNK):
            target.write(data)
            if piece := pipe.take():
                yield piece


def _open(sha1: str, store: Store) -> tuple[Reader, int]:
    """Return a reader of a file in the store, and its size."""
    size = store.look(sha1).size
    return read_whole(sha1, size, store), size
