"""What each entity of a crate says of itself, without its references to others.

A value of None is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.encoding import iri_to_uri

from registry.core.graph import graph
from registry.provenance.crates.terms import UNRECORDED_SOFTWARE
from registry.provenance.crates.writing.fields import (
    address_at,
    properties_of,
    withdrawal,
)

if TYPE_CHECKING:
    from registry.core.graph.mapping import DocumentType, Location
    from registry.identity.models import User
    from registry.provenance.crates.writing.content import Content
    from registry.storage.models import StoredFile

_SHA1 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)

#: The properties of an entity.
Values = dict[str, Any]
#: Names a record, without a slash at the end.
UrlOf = Callable[[Any], str]

#: The root of a crate has a licence, RO-Crate 1.1 says; here nobody stated any.
NO_LICENCE = "No licence is on record for this data: ask the authors before using it."

CC0_VALUES: Values = {
    "@type": "CreativeWork",
    "name": "CC0 1.0 Universal",
    "description": "No rights reserved: anybody may use the metadata for anything.",
}
PROFILE_VALUES: Values = {
    "@type": "CreativeWork",
    "name": "Process Run Crate",
    "version": "0.5",
}
PREVIEW_VALUES: Values = {
    "@type": "CreativeWork",
    "name": "What is in this crate, as a page for people",
    "about": {"@id": "./"},
    "encodingFormat": "text/html",
}
UNRECORDED_VALUES: Values = {
    "@type": "SoftwareApplication",
    "name": "Software that is not on record",
    "additionalType": {"@id": UNRECORDED_SOFTWARE},
}


def root_values(content: Content) -> Values:
    """Describe the crate as a whole."""
    subject = content.subject
    document = graph.document_of(subject)
    if document is None or document.crate_subject is None:
        raise TypeError(f"{subject.kind} declares nothing to say in a crate about it")
    said = document.crate_subject.describe(subject)
    return {
        **said,
        "identifier": iri_to_uri(said["identifier"]),
        "datePublished": _moment(subject.last_updated),
    }


def types_of(*, is_file: bool, is_software: bool, is_script: bool) -> str | list[str]:
    """Say what a file is."""
    types = ["File"] if is_file else []
    if is_software:
        types.append("SoftwareApplication")
    if is_script:
        types.append("SoftwareSourceCode")
    if not is_file and not is_software:
        types.insert(0, "CreativeWork")
    return types[0] if len(types) == 1 else types


def address_of(location: Location | None, file: StoredFile | None) -> str | None:
    """Return where a file is: in the store, else where its location says."""
    if file is not None:
        return f"{settings.REGISTRY_URL}/data/{file.sha1}"
    return address_at(location) if location else None


def file_values(
    document: DocumentType, thing: Any, file: StoredFile | None, *, is_private: bool
) -> Values:
    """Describe a file, and why it is not there if it is withdrawn."""
    said = properties_of(document, thing)
    # what it is depends on what it was used as
    said.pop("@type")
    location = document.location_of(thing)
    return {
        **said,
        **_bytes(location, file, is_private=is_private),
        **withdrawal(graph.files.why_withdrawn(thing), is_work=True),
    }


def _bytes(
    location: Location | None, file: StoredFile | None, *, is_private: bool
) -> Values:
    """Say what is known of the bytes of a file, and who may have them."""
    if location is None:
        return {}
    values: Values = {"public": False if is_private else None}
    if file is None:
        word = "sha1" if _SHA1.fullmatch(location.hash) else "hash"
        root = location.storage_root.root
        return {**values, word: location.hash, "storage_root": root}
    return {
        **values,
        "sha1": file.sha1,
        "sha256": file.sha256,
        "contentSize": str(file.size),
    }


def software_values(
    thing: Any, location: Location | None, file: StoredFile | None
) -> Values:
    """Describe a file as the software that it is."""
    values = graph.files.describe_software(thing)
    if location is None or file is not None:
        return values
    address = address_at(location)
    return {
        **values,
        "url": values["url"] or address,
        "codeRepository": address,
        "sha1": None,
        "hash": location.hash,
    }


def account_values(account: User, *, is_named: bool) -> Values:
    """Describe an account that belongs to nobody in particular."""
    return {
        "@type": "Person",
        "alternateName": account.username if is_named else f"account {account.pk}",
    }


def component_values(name: str, whole: dict[str, str]) -> Values:
    """Describe a part of a file."""
    return {
        "@type": "CreativeWork",
        "name": name,
        "component": name,
        "isPartOf": whole,
    }


def _moment(moment: datetime) -> str:
    """Write a time as readers of crates expect: +00:00, not Z."""
    return moment.isoformat()
