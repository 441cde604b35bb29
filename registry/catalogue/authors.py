"""Register authors: one for each identifier, with the UUID that it gives."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from registry.catalogue.models import Author
from registry.catalogue.orcids import canonical_identifier, spellings_of
from registry.core.errors import Duplicate, raise_by_row
from registry.core.records import Values, create_records

if TYPE_CHECKING:
    from registry.identity.models import User


def register_authors(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[Author]:
    """Register authors.

    The UUID is derived from the identifier, so that all registries have the same one.
    One ORCID iD is one author, however its URL is written.
    """
    rows = [_with_one_spelling(row) for row in rows]
    _refuse_older_spellings(rows)
    return create_records(
        Author, [with_author_uuid(row) for row in rows], by=by, validated=validated
    )


def _with_one_spelling(row: Values) -> Values:
    identifier = row.get("identifier")
    if not isinstance(identifier, str):
        return row
    return {**row, "identifier": canonical_identifier(identifier)}


def _refuse_older_spellings(rows: Sequence[Values]) -> None:
    """Raise ``Duplicate`` for authors on record under another spelling of a URL.

    Records that are older than the one spelling keep theirs, which the database does
    not know to be the same.
    """
    others = {
        spelling: row["identifier"]
        for row in rows
        if row.get("identifier")
        for spelling in spellings_of(row["identifier"])
        if spelling != row["identifier"]
    }
    if not others:
        return
    known: dict[str, Author] = {
        others[str(author.identifier)]: author
        for author in Author.objects.filter(identifier__in=others).order_by("-pk")
    }
    raise_by_row(
        {
            index: Duplicate(("identifier",), known[row["identifier"]])
            for index, row in enumerate(rows)
            if row.get("identifier") in known
        },
        len(rows),
    )


def author_uuid(identifier: str) -> uuid.UUID:
    """Return an author's UUID: every second hexadecimal digit of the SHA-256."""
    return uuid.UUID(hex=hashlib.sha256(identifier.encode()).hexdigest()[::2])


def with_author_uuid(row: Values) -> Values:
    """Add the UUID of an author with an identifier."""
    identifier = row.get("identifier")
    return {**row, "uuid": author_uuid(identifier)} if identifier else row
