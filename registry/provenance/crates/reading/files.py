"""The files that a crate describes: where each is, and whether it is what is said."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.errors import InvalidInput
from registry.provenance.crates.reading.context import Words
from registry.provenance.crates.reading.graph import Crate, Entity
from registry.provenance.crates.terms import LEGACY_METADATA, METADATA, PREVIEW

if TYPE_CHECKING:
    from registry.provenance.crates.reading.package import Package
    from registry.storage.base import Draft, Drafts, Source

FILE = frozenset({"File", "MediaObject"})
FOLDER = frozenset({"Dataset"})
_OWN_FILES = frozenset({METADATA, LEGACY_METADATA, PREVIEW})
#: Digests that a crate may state, by the words for them; in hexadecimal digits.
_DIGESTS = ("sha1", "sha256", "sha512", "md5")


@dataclass(frozen=True)
class CrateFile:
    """A file of a crate: at a path in it, or at an address elsewhere."""

    entity: Entity
    path: str | None = None
    address: str | None = None


def find_files(crate: Crate, paths: Collection[str]) -> list[CrateFile]:
    """Return the files that a crate describes, and those in its folders.

    ``paths`` are of the files that came with it. Raises ``InvalidInput`` that names
    each file which is neither among them nor elsewhere.
    """
    present = frozenset(paths)
    found: list[CrateFile] = []
    errors: dict[str, list[str]] = {}
    for entity in crate.of_type(FILE):
        if entity.id in _OWN_FILES or entity is crate.root:
            continue
        file = _located(entity, present)
        if file is None:
            errors[entity.where] = [
                "The crate describes this file, but does not have it, and says no "
                "address that it is at (an @id or a contentUrl that is a URL)."
            ]
        else:
            found.append(file)
    if errors:
        raise InvalidInput(errors)
    return found + list(_undescribed(crate, present, found))


def _located(entity: Entity, present: Collection[str]) -> CrateFile | None:
    """Find a file in the crate, or its address."""
    for path in entity.paths:
        if path in present:
            return CrateFile(entity, path=path)
    address = entity.id if entity.is_remote else entity.text("contentUrl")
    if address is None:
        address = next(iter(entity.links("contentUrl")), None)
    if address is None or not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", address):
        return None
    return CrateFile(entity, address=address)


def _undescribed(
    crate: Crate, present: Collection[str], found: Sequence[CrateFile]
) -> Iterator[CrateFile]:
    """Yield the files of described folders that have no description of their own."""
    folders = {
        path.rstrip("/")
        for folder in crate.of_type(FOLDER)
        if folder is not crate.root
        for path in folder.paths
    }
    described = {file.path for file in found} | _OWN_FILES
    for path in sorted(present):
        if path not in described and any(
            above in folders for above in folders_of(path)
        ):
            name = path.rpartition("/")[2]
            values = {"@id": path, "@type": "File", "name": name}
            yield CrateFile(Entity(path, values, Words()), path=path)


def folders_of(path: str) -> Iterator[str]:
    """Yield the folders that a path is in, the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def take_files(
    files: Sequence[CrateFile], package: Package, drafts: Drafts
) -> dict[str, Draft]:
    """Take the bytes of files in, by their paths, and hold them against what is said.

    Raises ``InvalidInput`` for the first that has another size or digest.
    """
    taken: dict[str, Draft] = {}
    seen: dict[str, Mapping[str, str]] = {}
    for file in files:
        if file.path is None:
            continue
        if file.path not in taken:
            with package.reading(file.path) as source:
                digests = _Digesting(source)
                taken[file.path] = drafts.add(digests)
            seen[file.path] = digests.values()
        _require_same(file.entity, taken[file.path], seen[file.path])
    return taken


class _Digesting:
    """A source that computes digests, which the store does not, in passing."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._digests: dict[str, Any] = {
            "sha512": hashlib.sha512(),
            "md5": hashlib.md5(usedforsecurity=False),
        }

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        data = self._source.read(size)
        for digest in self._digests.values():
            digest.update(data)
        return data

    def values(self) -> dict[str, str]:
        """Return the digests of what was read."""
        return {name: digest.hexdigest() for name, digest in self._digests.items()}


def _require_same(entity: Entity, draft: Draft, more: Mapping[str, str]) -> None:
    sums = draft.checksums
    size = entity.text("contentSize")
    # some write a size for people, such as 12 kB, which can be held against nothing
    if size is not None and size.isdecimal() and int(size) != sums.size:
        entity.refuse(
            f"contentSize is {size[:30]}, but the file has {sums.size} bytes."
        )
    actual = {"sha1": sums.sha1, "sha256": sums.sha256, **more}
    for name in _DIGESTS:
        for stated in entity.texts(name):
            if stated.strip().lower() != actual[name]:
                entity.refuse(
                    f"{name} is {stated[:130]}, but that of the file is {actual[name]}."
                )
