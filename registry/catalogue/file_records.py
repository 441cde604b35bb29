"""What is on record about files: who stored and sent them, and who says what of them.

Each function takes one statement for any number of files. Checksums can be spelled in
capitals; ``spellings_of`` tells which files a spelling in a location stands for.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, Case, Q, Value, When

from registry.catalogue.keys import MEANINGFUL_KEYS, MeaningfulKey
from registry.catalogue.models import StorageLocation
from registry.catalogue.models.places import spellings_of_hash
from registry.core.compiled import CompiledQuery
from registry.core.lookups import TextIn, encode_texts
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.db.models import QuerySet

#: The key value that makes an object's file private.
PRIVATE_KEY = MEANINGFUL_KEYS.declare(
    MeaningfulKey(
        "accessibility",
        "private",
        "The key `accessibility` with the value `private` keeps an object's data from "
        "people other than who registered it.",
    )
)
#: The lookups from a key value to the locations where its object is or came from.
LOCATION_LOOKUPS = (
    "object__storage_location",
    "object__data_products__external_object__original_store",
)
_EXAMPLE = encode_texts(["example"])


@dataclass
class Closing:
    """Who says that a file is private.

    ``hidden_by`` registered a private location, ``marked_by`` a private key value, or
    the object that has it.
    """

    hidden_by: set[int] = field(default_factory=set)
    marked_by: set[int] = field(default_factory=set)

    @property
    def people(self) -> set[int]:
        """Who says so by either means."""
        return self.hidden_by | self.marked_by


@dataclass
class Stored:
    """A file that the registry holds; ``sent_by`` sent the same bytes again."""

    by: int | None
    at: datetime
    sent_by: set[int] = field(default_factory=set)


@dataclass
class Locations:
    """The locations of a file with who registered them, the first location first.

    ``shown_by`` registered a public one that is not withdrawn.
    """

    registered: list[tuple[int, int]] = field(default_factory=list)
    shown_by: set[int] = field(default_factory=set)


def spellings_of(checksums: Collection[str]) -> dict[str, set[str]]:
    """Map each spelling of a hash in locations to the checksums that it stands for."""
    spellings: dict[str, set[str]] = {}
    for checksum in checksums:
        for spelling in spellings_of_hash(checksum):
            spellings.setdefault(spelling, set()).add(checksum)
    return spellings


def _closing_query(hashes: str) -> QuerySet[Any]:
    private = PRIVATE_KEY.pairs().order_by()
    # one query each: databases make little use of indexes for an OR of joins
    marks = [
        private.filter(TextIn(f"{place}__hash", hashes)).values_list(
            f"{place}__hash", "registered_by_id", "object__registered_by_id"
        )
        for place in LOCATION_LOOKUPS
    ]
    nobody = Value(None, output_field=BigIntegerField())
    hidden = StorageLocation.objects.filter(TextIn("hash", hashes), public=False)
    rows = hidden.order_by().values_list("hash", "registered_by_id", nobody)
    return rows.union(*marks)


_CLOSING = CompiledQuery(_closing_query, _EXAMPLE)


def closing_of(checksums: Collection[str]) -> dict[str, Closing]:
    """Return who says that which of these files are private."""
    spellings = spellings_of(checksums)
    found: dict[str, Closing] = {}
    for hash_, who, owner in _rows(_CLOSING, spellings):
        for checksum in spellings[hash_]:
            closing = found.setdefault(checksum, Closing())
            if owner is None:
                closing.hidden_by.add(who)
            else:
                closing.marked_by |= {who, owner}
    return found


_STORED = CompiledQuery(
    lambda hashes: (
        StoredFile.objects.filter(TextIn("sha1", hashes))
        .order_by()
        .values_list("sha1", "stored_by_id", "stored_at", "sent_again_by")
    ),
    _EXAMPLE,
)


def stored_files(checksums: Collection[str]) -> dict[str, Stored]:
    """Return which of these files the registry holds, by SHA-1."""
    found: dict[str, Stored] = {}
    for sha1, by, at, sender in _rows(_STORED, {one.lower() for one in checksums}):
        stored = found.setdefault(sha1, Stored(by, at))
        if sender is not None:
            stored.sent_by.add(sender)
    return found


_LOCATIONS = CompiledQuery(
    lambda hashes: (
        StorageLocation.objects.filter(TextIn("hash", hashes))
        .order_by("pk")
        .values_list(
            "hash",
            "pk",
            "registered_by_id",
            # a public location that is withdrawn shows nothing
            Case(When(Q(public=True, withdrawn=None), then=Value(1)), default=Value(0)),
        )
    ),
    _EXAMPLE,
)


def registered_locations(checksums: Collection[str]) -> defaultdict[str, Locations]:
    """Return the locations of each of these files."""
    spellings = spellings_of(checksums)
    found: defaultdict[str, Locations] = defaultdict(Locations)
    for hash_, pk, who, is_shown in _rows(_LOCATIONS, spellings):
        for checksum in spellings[hash_]:
            found[checksum].registered.append((pk, who))
            if is_shown:
                found[checksum].shown_by.add(who)
    return found


def _rows(query: CompiledQuery, texts: Collection[str]) -> list[tuple[Any, ...]]:
    """Return the rows of these texts; without any, ask nothing."""
    return query.rows(encode_texts(texts)) if texts else []
