"""Opening a crate that somebody sent: nothing in it is believed.

A zip is read where it lies and never unpacked by its own names, so that no name can
lead anywhere. What it says of itself is held against the limits before a byte is
decompressed; members end where their announced sizes do.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO, NoReturn, Protocol

from django.conf import settings

from registry.core.errors import InvalidInput
from registry.provenance.crates.terms import LEGACY_METADATA, METADATA
from registry.storage.base import CHUNK, Source

#: The place that messages name for what is wrong with the zip as a whole.
ARCHIVE = "crate"

_MEGABYTE = 1024 * 1024
#: A name, and what else the directory of a zip says of a member, in bytes.
_ENTRY = 1024
#: Bytes that any zip may unpack to, and how many times its own size beyond that.
_HARMLESS, _RATIO = 100 * _MEGABYTE, 200
_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: What reading a damaged zip raises.
_DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError)
#: What opening one raises beside: unknown methods of packing, and files with passwords.
_UNREADABLE = (*_DAMAGES, NotImplementedError, RuntimeError)


class Package(Protocol):
    """The files of a crate, by their paths in it."""

    @property
    def metadata(self) -> bytes:
        """The metadata file."""

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of all other files."""

    def reading(self, path: str) -> AbstractContextManager[Source]:
        """Open a file for the time of a block."""


@dataclass(frozen=True)
class MetadataAlone:
    """A crate that came as its metadata file: all of its files are elsewhere."""

    metadata: bytes
    files: tuple[str, ...] = ()

    def reading(self, path: str) -> AbstractContextManager[Source]:
        """Refuse: there are no files."""
        raise KeyError(path)


class ZippedCrate:
    """A crate in a zip, which may have it in a folder of its own."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        members = archive.infolist()
        _refuse_too_much(members, size)
        self._archive = archive
        by_name = _checked(members)
        prefix, name = _find_metadata(by_name)
        self._members = {
            path.removeprefix(prefix): member
            for path, member in by_name.items()
            if path.startswith(prefix) and not member.is_dir()
        }
        self.metadata = self._read_metadata(self._members.pop(name))

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of all files but the metadata file."""
        return tuple(self._members)

    @contextmanager
    def reading(self, path: str) -> Iterator[Source]:
        """Open a file for the time of a block."""
        with _opened(self._archive, self._members[path]) as file:
            yield file

    def _read_metadata(self, member: zipfile.ZipInfo) -> bytes:
        limit = settings.CRATE_METADATA_MB * _MEGABYTE
        if member.file_size > limit:
            _refuse(
                member.filename,
                f"The metadata file has {member.file_size} bytes, more than the "
                f"{limit} that this registry reads.",
            )
        with _opened(self._archive, member) as file:
            return b"".join(iter(lambda: file.read(CHUNK), b""))


@contextmanager
def open_zip(file: BinaryIO) -> Iterator[ZippedCrate]:
    """Open a crate in a file that can be read from anywhere.

    Raises ``InvalidInput`` that says what is wrong with it, and where.
    """
    size = file.seek(0, 2)
    file.seek(0)
    try:
        archive = zipfile.ZipFile(_Guarded(file))
    except _TooMuch:
        _refuse_number()
    except _UNREADABLE as error:
        _refuse(ARCHIVE, f"This is no zip archive that can be read: {error}.")
    with archive:
        yield ZippedCrate(archive, size)


class _TooMuch(Exception):
    """The directory of a zip is larger than any that is within the limits."""


class _Guarded:
    """A file of which nobody reads more at once than a directory may be long.

    The module of Python reads the directory of a zip in one piece, as long as the zip
    says.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._most = max(2 * CHUNK, settings.CRATE_FILES * _ENTRY)
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1, /) -> bytes:
        """Read as files do, unless it is too much."""
        if size > self._most:
            raise _TooMuch
        return self._file.read(self._most if size < 0 else size)

    def close(self) -> None:
        """Leave the file to who opened it."""


class _Member:
    """The bytes of one member; what is wrong with them is said in our words."""

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        self._file = file

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        try:
            return self._file.read(size)
        except _DAMAGES as error:
            _refuse(self._name, f"This file is damaged: {error}.")


@contextmanager
def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[_Member]:
    try:
        file = archive.open(member)
    except _UNREADABLE as error:
        _refuse(member.filename, f"This file cannot be read: {error}.")
    with file:
        yield _Member(member.filename, file)


def _refuse_too_much(members: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse what is beyond the limits by its own account."""
    if len(members) > settings.CRATE_FILES:
        _refuse_number()
    unpacked = sum(member.file_size for member in members)
    if unpacked > settings.CRATE_UNPACKED_MB * _MEGABYTE:
        _refuse(
            ARCHIVE,
            f"The crate unpacks to {unpacked} bytes; this registry takes "
            f"{settings.CRATE_UNPACKED_MB} megabytes.",
        )
    if unpacked > max(_HARMLESS, _RATIO * size):
        _refuse(
            ARCHIVE,
            f"The crate unpacks to {unpacked} bytes, more than {_RATIO} times its own "
            "size: no real data do.",
        )


def _refuse_number() -> NoReturn:
    _refuse(
        ARCHIVE,
        f"The crate has too many files; this registry takes {settings.CRATE_FILES}.",
    )


def _checked(members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name, or say what is wrong with each bad one."""
    by_name: dict[str, zipfile.ZipInfo] = {}
    errors: dict[str, list[str]] = {}
    for member in members:
        name = member.orig_filename
        problem = _problem_of(member)
        if problem is None and name in by_name:
            problem = "Two files have this name."
        if problem is not None:
            errors.setdefault(_shown(name), []).append(problem)
        by_name[name] = member
    if errors:
        raise InvalidInput(errors)
    return by_name


def _problem_of(member: zipfile.ZipInfo) -> str | None:
    """Say what is wrong with a member, if anything is."""
    if stat.S_IFMT(member.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "Links and devices are not taken, only files and folders."
    if member.flag_bits & _ENCRYPTED:
        return "Encrypted files are not taken."
    if member.compress_type not in _READABLE:
        return "The compression is not one of deflate, bzip2 and none."
    return _problem_of_name(member.orig_filename)


def _problem_of_name(name: str) -> str | None:
    """Say why a name could lead somewhere else than into the crate."""
    if _CONTROL.search(name):
        return "A name has no control characters."
    if name.startswith("/") or "\\" in name or _DRIVE.match(name):
        return "A name is a path within the crate, with / between folders."
    if any(part in {"", ".", ".."} for part in name.removesuffix("/").split("/")):
        return "A path leads down from the folder of the crate, without . and .. ."
    return None


def _find_metadata(names: dict[str, zipfile.ZipInfo]) -> tuple[str, str]:
    """Return the folder that has the metadata file, and the name of that file."""
    for name in (METADATA, LEGACY_METADATA):
        if name in names:
            return "", name
        below = [path for path in names if re.fullmatch(f"[^/]+/{name}", path)]
        if len(below) == 1:
            return below[0].removesuffix(name), name
    raise InvalidInput({ARCHIVE: [f"There is no {METADATA} in the zip."]})


def _shown(name: str) -> str:
    """Return a name as a message can have it."""
    return _CONTROL.sub("�", name)[:300] or "(no name)"


def _refuse(where: str, what: str) -> NoReturn:
    raise InvalidInput({_shown(where): [what]})
