"""People of a document: found by UUID or identifier, or registered as authors.

A document is not refused for what others wrote of a person: names are tidied, and what
is no ORCID iD is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q

from registry.catalogue.authors import author_uuid
from registry.catalogue.models import Author
from registry.catalogue.orcids import (
    canonical_identifier,
    spellings_of,
    validate_orcid,
)
from registry.core.graph.described import Registered
from registry.core.visible_names import tidy_name

if TYPE_CHECKING:
    import uuid

    from registry.core.graph.described import Person
    from registry.core.graph.ledger import Ledger
    from registry.core.models import Record


def register_people(
    people: Sequence[Person], _links: Mapping[str, Record], ledger: Ledger
) -> Registered:
    """Find or register the authors that the people are."""
    people = [_tidy(person) for person in people]
    known = _known_authors(person for person in people if person.record is None)
    new = {
        _uuid(person): person
        for person in people
        if person.record is None and _uuid(person) not in known
    }
    rows = [
        (
            person.where,
            {"name": person.name, "identifier": person.identifier, "uuid": uuid},
        )
        for uuid, person in new.items()
    ]
    for author in ledger.register(Author, rows):
        known[author.uuid] = author
    return Registered(
        {person.key: person.record or known[_uuid(person)] for person in people}
    )


def _tidy(person: Person) -> Person:
    """Return a person with a name and an identifier that new records can have."""
    name = tidy_name(person.name or "") or None
    identifier = canonical_identifier(person.identifier or "") or None
    try:
        validate_orcid(identifier or "")
    except ValidationError:
        # of what names somebody wrongly, a name is left
        name, identifier = name or identifier, None
    return replace(person, name=name, identifier=identifier)


def _uuid(person: Person) -> uuid.UUID:
    """Return the UUID by which registries agree on an author."""
    return author_uuid(person.identifier) if person.identifier else person.uuid


def _known_authors(people: Iterable[Person]) -> dict[uuid.UUID, Author]:
    """Find people on record: by UUID, and by identifier, whatever UUID they have."""
    wanted = {_uuid(person): person.identifier for person in people}
    identifiers = {
        spelling
        for identifier in filter(None, wanted.values())
        for spelling in spellings_of(identifier)
    }
    found = Author.objects.filter(Q(uuid__in=wanted) | Q(identifier__in=identifiers))
    by_identifier = {
        canonical_identifier(author.identifier): author
        for author in found
        if author.identifier
    }
    by_uuid = {author.uuid: author for author in found}
    matches = {
        uuid: by_uuid.get(uuid) or by_identifier.get(identifier or "")
        for uuid, identifier in wanted.items()
    }
    return {uuid: author for uuid, author in matches.items() if author is not None}
