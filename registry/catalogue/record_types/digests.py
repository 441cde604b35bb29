"""The filter by SHA-256, which the store keeps beside the SHA-1 that locations have."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db.models import Q

from registry.core.traits import FurtherFilter
from registry.storage.models import StoredFile

_SHA256 = re.compile(r"[0-9a-f]{64}")


def found_by_sha256(path_of_hash: str) -> FurtherFilter:
    """Return the filter by the SHA-256 of the bytes whose SHA-1 is at this path."""

    def rows(digest: str) -> Q:
        files = StoredFile.objects.filter(sha256=digest)
        return Q(**{f"{path_of_hash}__in": files.values("sha1")})

    return FurtherFilter(
        name="sha256",
        help_text="The SHA-256 of the bytes, of files that this registry stores.",
        explanation="64 hexadecimal digits",
        pattern="^[0-9A-Fa-f]{64}$",
        parse=_parse,
        rows=rows,
    )


def _parse(text: str) -> str:
    digest = text.lower()
    if not _SHA256.fullmatch(digest):
        raise ValidationError(
            "Give a SHA-256 as its 64 hexadecimal digits.", code="invalid"
        )
    return digest
