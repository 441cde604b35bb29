"""Find records by what people paste: identifiers that name a record exactly.

Each kind of identifier is recognised by its form and looked up by an index, in the same
number of statements whatever is found. A lookup returns querysets, in the order in
which their records are shown.
"""

from __future__ import annotations

import re
import uuid
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.db.models import IntegerField, Q, Value
from django.db.models.functions import Lower

from registry.catalogue.access import downloadable_files
from registry.catalogue.models import (
    Author,
    DataProduct,
    ExternalObject,
    Namespace,
    Object,
    StorageLocation,
)
from registry.catalogue.names import LATEST, identified_as
from registry.catalogue.orcids import orcid_in, spellings_of
from registry.core.links import ResolvedLinks, has_uuid
from registry.core.record_types import (
    record_kinds,
    record_type_named,
    record_types_by_rank,
)
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.models import QuerySet

    Found = list[QuerySet[Any]]

#: The most files, and the most colons in a name, that one search looks at.
_MOST_FILES, _MOST_COLONS = 20, 20

_UUID = re.compile(
    r"(?:urn:uuid:)?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32})",
    re.IGNORECASE,
)
_UUID_START = re.compile(r"[0-9a-f]{8}", re.IGNORECASE)
_CHECKSUM = re.compile(r"(?:sha-?(?:1|256)[:=-])?([0-9a-f]{8,64})", re.IGNORECASE)
_DOI = re.compile(
    r"(?:doi:\s*|(?:https?://)?(?:dx\.|www\.)?doi\.org/)?(10\.\d{4,9}/\S+)",
    re.IGNORECASE,
)
#: An address of a record, at any host; one without a host begins with a slash.
_HOST = r"(?:https?://[^\s/]+|(?:[\w-]+\.)+[\w-]+(?::\d+)?|localhost(?::\d+)?)?"
_END = r"/?(?:[?#]\S*)?"
_RECORD = re.compile(rf"{_HOST}/(?:\S*/)?([a-z_]+)/(\d{{1,19}}){_END}")
_FILE = re.compile(
    rf"{_HOST}/(?:\S*/)?data/([0-9a-f]{{8,64}})(?:/file)?{_END}", re.IGNORECASE
)
_CITED = re.compile(
    rf"{_HOST}/(?:\S*/)?(data_product|external_object)/([^?#]+:[^?#]+)(?:[?#].*)?"
)

#: What people paste with an identifier: quotes, brackets and the end of a sentence.
_AROUND = "\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb<>()[]{}"
_AFTER = ".,;"


def readings_of(text: str) -> list[str]:
    """Return a text, and the same without what is around it if there is anything."""
    bare, before = text.strip(), ""
    while bare != before:
        before = bare
        bare = bare.strip(_AROUND).rstrip(_AFTER).strip()
    return [one for one in dict.fromkeys((text.strip(), bare)) if one]


def find_pasted(text: str, user: Any) -> Found:
    """Return the records that a pasted identifier can name, or an empty list.

    Of files that this user cannot download, the SHA-256 finds nothing.
    """
    found: Found = []
    if match := _UUID.fullmatch(text):
        found += _by_uuid(uuid.UUID(match[1]))
    if match := _CHECKSUM.fullmatch(text) or _FILE.fullmatch(text):
        found += _by_checksum(match[1].lower(), user)
    if _UUID_START.fullmatch(text):
        found += _by_start_of_uuid(text)
    if orcid := orcid_in(text):
        found.append(_by_orcid(orcid))
    if match := _DOI.fullmatch(text):
        found.append(_by_doi(match[1]))
    return found or _by_address(text) or _by_cited_name(text)


def _by_address(text: str) -> Found:
    """Return what the address of a page or of the API leads to, at any host."""
    if match := _RECORD.fullmatch(text):
        return _by_id(*match.groups())
    if match := _CITED.fullmatch(text):
        by_name = _by_cited_name if match[1] == DataProduct.kind else _externals_named
        return by_name(unquote(match[2]))
    return []


def _by_id(kind: str, number: str) -> Found:
    """Return the record with an id, or the one that it was merged into."""
    if kind not in record_kinds():
        return []
    model = record_type_named(kind).model
    pk = ResolvedLinks().get(model, number)
    return [model.objects.filter(pk=pk)] if isinstance(pk, int) else []


def _by_uuid(wanted: uuid.UUID) -> Found:
    return _with_uuids(uuid=wanted)


def _by_start_of_uuid(digits: str) -> Found:
    """Return the records whose UUIDs begin so; an index has them side by side."""
    first, last = (uuid.UUID(f"{digits}{one * 24}") for one in "0f")
    return _with_uuids(uuid__range=(first, last))


def _with_uuids(**wanted: Any) -> Found:
    """Return the records of all types with such UUIDs; one statement finds which."""
    models = [one.model for one in record_types_by_rank() if has_uuid(one.model)]
    first, *others = [
        model.objects.filter(**wanted)
        .order_by()
        .annotate(nth=Value(nth, IntegerField()))
        .values_list("nth", "pk")
        for nth, model in enumerate(models)
    ]
    found: dict[int, list[int]] = {}
    for nth, pk in first.union(*others, all=True)[:_MOST_FILES]:
        found.setdefault(nth, []).append(pk)
    return [models[nth].objects.filter(pk__in=found[nth]) for nth in sorted(found)]


def _by_checksum(digits: str, user: Any) -> Found:
    """Return the locations of the files, the objects there and their products."""
    locations = [*_locations_by_sha1(digits), *_locations_by_sha256(digits, user)]
    objects = Object.objects.filter(storage_location__in=locations)
    there = list(objects.order_by("-pk").values_list("pk", flat=True)[:_MOST_FILES])
    return [
        DataProduct.objects.filter(object__in=there),
        Object.objects.filter(pk__in=there),
        StorageLocation.objects.filter(pk__in=locations),
    ]


def _locations_by_sha1(digits: str) -> list[int]:
    # by the order of the index, which has no row between two that match
    found: list[int] = []
    for written in dict.fromkeys((digits, digits.upper())):
        rows = StorageLocation.objects.filter(hash__glob=f"{written}*")
        pks = rows.order_by("hash").values_list("pk", flat=True)
        found += pks[:_MOST_FILES]
    return found


def _locations_by_sha256(digits: str, user: Any) -> list[int]:
    files = StoredFile.objects.filter(sha256__glob=f"{digits}*").order_by("sha256")
    stored = list(files.values_list("sha1", flat=True)[:_MOST_FILES])
    if not stored:
        return []
    readable = downloadable_files(user, stored)
    rows = StorageLocation.objects.filter(hash__in=readable).order_by()
    return list(rows.values_list("pk", flat=True)[:_MOST_FILES])


def _by_orcid(orcid: str) -> QuerySet[Any]:
    spellings = spellings_of(f"https://orcid.org/{orcid}")
    return Author.objects.filter(identifier__in=spellings)


def _by_doi(doi: str) -> QuerySet[Any]:
    """Return external objects with a DOI, whose letters can be small or capital."""
    doi = doi.lower()
    urls = [
        f"{scheme}://{host}doi.org/{doi}"
        for scheme in ("https", "http")
        for host in ("", "dx.", "www.")
    ]
    # by one after the other: for either, PostgreSQL can read all of a table
    found = _externals_with("identifier", urls).union(
        _externals_with("alternate_identifier", [doi, f"doi:{doi}", *urls]), all=True
    )
    return ExternalObject.objects.filter(pk__in=list(found[:_MOST_FILES]))


def _externals_with(name: str, values: list[str]) -> QuerySet[Any]:
    """Return the ids of external objects with one of these values, in any case."""
    rows = ExternalObject.objects.order_by().alias(in_small_letters=Lower(name))
    return rows.filter(in_small_letters__in=values).values_list("pk", flat=True)


def _externals_named(text: str) -> Found:
    """Return the versions of ``<identifier>:<title>``, or the one after an at sign."""
    names, at, version = text.rstrip("/").rpartition("@")
    readings = [Q(version=version) & one for one in identified_as(names)] if at else []
    readings += identified_as(text.rstrip("/"))
    if not readings:
        return []
    rows = ExternalObject.objects.filter(reduce(or_, readings))
    return [rows.order_by("-version_key", "-pk")]


def _by_cited_name(text: str) -> Found:
    """Return the versions of ``<namespace>:<name>``, or the one after an at sign.

    A namespace can have colons in its name too, so each can be the one that ends it.
    """
    parts = text.split(":", _MOST_COLONS)
    splits = {
        ":".join(parts[:at]): ":".join(parts[at:])
        for at in range(1, len(parts))
        if all((parts[0], parts[-1]))
    }
    named = list(_named_in_spaces(splits)) if splits else []
    if not named and "@" in text:
        # whose namespace somebody left out
        name, _, version = text.rpartition("@")
        named = [Q(name=name, version=version)]
    if not named:
        return []
    return [DataProduct.objects.filter(reduce(or_, named)).latest_first()]


def _named_in_spaces(splits: Mapping[str, str]) -> Iterator[Q]:
    """Yield the conditions of names by their namespaces, where there are these."""
    spaces = Namespace.objects.filter(name__in=splits).values_list("pk", "name")
    for pk, name in spaces:
        yield from (Q(namespace=pk) & one for one in _named(splits[name]))


def _named(cited: str) -> Iterator[Q]:
    """Yield the conditions that a name can mean; names can have at signs too."""
    yield Q(name=cited.rstrip("/"))
    name, at, version = cited.rpartition("@")
    if at:
        is_latest = version in {"", LATEST}
        yield Q(name=name) if is_latest else Q(name=name, version=version)
