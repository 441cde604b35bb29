"""Records whose crates are handed out, and what is in these."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser

from registry.catalogue.models import FileType, Object
from registry.provenance.crates.writing import (
    Content,
    Subject,
    load,
)
from tests import factories
from tests.files import COUNTS, keep, place

NOBODY = AnonymousUser()


def url_of(record: Any) -> str:
    """Name a record as a registry at this address would."""
    return f"https://registry.example.org/api/{record.kind}/{record.pk}"


def content_of(
    subject: Subject, *, depth: int | None = 1, user: Any = NOBODY
) -> Content:
    """Load what is in a crate."""
    return load(subject, depth=depth, user=user)


def stored(data: bytes = COUNTS, **given: Any) -> Object:
    """Register an object whose file is in the store."""
    file = keep(data)
    csv = FileType.objects.filter(extension="csv").first()
    thing: Object = factories.ObjectFactory.create(
        storage_location=place(file.sha1),
        file_type=csv or factories.FileTypeFactory.create(name="CSV", extension="csv"),
        **given,
    )
    return thing
