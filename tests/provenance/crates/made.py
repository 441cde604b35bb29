"""Crates for tests: written by hand, as no decent program writes them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from registry.catalogue.models import Object
from registry.core.errors import InvalidInput, RegistryError
from registry.core.models import Event, Record
from registry.identity.models import User
from registry.provenance.crates.reading import (
    MetadataAlone,
    Received,
    open_zip,
    receive,
)
from registry.provenance.crates.terms import METADATA, extra_terms
from registry.storage.models import StoredFile
from tests.files import sha1_of

Entity = dict[str, Any]

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
DESCRIPTOR: Entity = {
    "@id": METADATA,
    "@type": "CreativeWork",
    "about": {"@id": "./"},
    "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
}
ROOT: Entity = {
    "@id": "./",
    "@type": "Dataset",
    "name": "A crate",
    "datePublished": "2026-01-02",
}
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
SORT: Entity = {
    "@id": "https://www.gnu.org/software/coreutils/sort",
    "@type": "SoftwareApplication",
    "name": "sort",
    "softwareVersion": "9.4",
    "url": "https://www.gnu.org/software/coreutils/",
}
UNSORTED, SORTED = b"b\na\n", b"a\nb\n"
FILES = {"data/unsorted.txt": UNSORTED, "data/sorted.txt": SORTED}
ADA: Entity = {
    "@id": "https://orcid.org/0000-0002-1825-0097",
    "@type": "Person",
    "name": "Ada Lovelace",
}


def file(name: str, **values: Any) -> Entity:
    """Describe a file."""
    return {"@id": name, "@type": "File", "name": name, **values}


def action(**values: Any) -> Entity:
    """Describe the run that sorted."""
    return {
        "@id": "#sorting",
        "@type": "CreateAction",
        "name": "Sorting of the lines",
        "startTime": "2026-01-01T10:00:00",
        "endTime": "2026-01-01T10:00:01+00:00",
        "instrument": {"@id": SORT["@id"]},
        "agent": {"@id": ADA["@id"]},
        "object": {"@id": "data/unsorted.txt"},
        "result": {"@id": "data/sorted.txt"},
        **values,
    }


def sorting() -> list[Entity]:
    """Describe all of a small crate: a file was sorted."""
    return [
        SORT,
        ADA,
        file("data/unsorted.txt", author={"@id": ADA["@id"]}),
        file("data/sorted.txt"),
        action(),
    ]


def metadata(
    *entities: Entity, root: Mapping[str, Any] = ROOT, context: Any = None
) -> bytes:
    """Write the metadata of a crate, with the registry's terms in its context."""
    return json.dumps(
        {
            "@context": [CONTEXT, extra_terms()] if context is None else context,
            "@graph": [DESCRIPTOR, dict(root), *entities],
        }
    ).encode()


def zipped(files: Mapping[str, bytes | str], described: bytes | None = None) -> bytes:
    """Zip files, with the metadata of the small crate unless other is given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            METADATA, metadata(*sorting()) if described is None else described
        )
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def take_in(crate: bytes, *, by: User) -> Received:
    """Register a crate, as a zip or as metadata alone."""
    if crate.startswith(b"{"):
        return receive(MetadataAlone(crate), by=by)
    with open_zip(io.BytesIO(crate)) as package:
        return receive(package, by=by)


def everything() -> dict[str, int]:
    """Count all rows that a crate could leave, and files."""
    records = [model for model in apps.get_models() if issubclass(model, Record)]
    models: list[Any] = [*records, StoredFile, Event]
    counts = {model.__name__: model.objects.count() for model in models}
    folder = Path(settings.STORE_DIR)
    paths = folder.rglob("*") if folder.exists() else []
    return {**counts, "files": sum(path.is_file() for path in paths)}


def refused(crate: bytes, by: User, kind: type[RegistryError] = InvalidInput) -> Any:
    """Take a crate in, see it refused and leave nothing; return the error."""
    before = everything()
    with pytest.raises(kind) as caught:
        take_in(crate, by=by)
    assert everything() == before
    return caught.value


def zip_of(files: dict[str, bytes]) -> bytes:
    """Zip files and nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def object_of(data: bytes) -> Object:
    """Return the object with these bytes."""
    return Object.objects.get(storage_location__hash=sha1_of(data))


def hashes_of(parts: Any) -> list[str]:
    """Return the checksums of what a run read or wrote."""
    return sorted(part.object.storage_location.hash for part in parts.all())
