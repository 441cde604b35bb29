"""Which files of a crate are private."""

from __future__ import annotations

from typing import TYPE_CHECKING

from registry.provenance.crates.reading.files import FOLDER, folders_of

if TYPE_CHECKING:
    from registry.provenance.crates.reading.files import CrateFile
    from registry.provenance.crates.reading.graph import Crate


class PrivateFiles:
    """The files that a crate calls private.

    It may say so of the file, of the data product that the file is, of a folder or a
    collection that the file is in, or of the crate as a whole.
    """

    def __init__(self, crate: Crate) -> None:
        self._crate = crate
        self._folders = {
            path.rstrip("/")
            for folder in crate.of_type(FOLDER)
            if folder.is_private
            for path in folder.paths
        }
        self._parts = _parts_of_private(crate)

    def __contains__(self, file: CrateFile) -> bool:
        entity = file.entity
        return (
            entity.is_private
            or self._crate.root.is_private
            or entity.id in self._parts
            or not self._folders.isdisjoint(folders_of(file.path or ""))
            or any(
                product.is_private
                for word in ("encodesCreativeWork", "isPartOf")
                for product in self._crate.linked(entity, word)
            )
        )


def _parts_of_private(crate: Crate) -> set[str]:
    """Return the names of what private entities have as parts, however deep."""
    parts: set[str] = set()
    waiting = [entity for entity in crate if entity.is_private]
    while waiting:
        new = [
            part
            for part in crate.linked(waiting.pop(), "hasPart")
            if part.id not in parts
        ]
        parts |= {part.id for part in new}
        waiting += new
    return parts
