"""What the registry has already of the files of a crate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from registry.core.graph import graph


@dataclass
class OnRecord:
    """What is on record of a crate's files, looked up for all of them at once."""

    #: Files by the SHA-1 of their bytes: the first that was registered.
    files: dict[str, Any] = field(default_factory=dict)
    #: Names of formats by the ending of file names.
    types: dict[str, str] = field(default_factory=dict)

    @classmethod
    def about(cls, hashes: Iterable[str], endings: Iterable[str]) -> OnRecord:
        """Look up files by their checksums, and formats by their endings."""
        return cls(
            graph.files.find_by_hash(set(hashes)),
            graph.files.find_format_names(set(endings)),
        )


def own_root() -> str:
    """Return the storage root of the registry's own files."""
    return f"{settings.REGISTRY_URL}/data/"
