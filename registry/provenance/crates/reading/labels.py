"""What a crate says of its files: by whom, under what licence, about what."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from registry.core.validators import SHORT_LENGTH
from registry.provenance.importing import Person, derived_uuid

if TYPE_CHECKING:
    from registry.provenance.crates.reading.graph import Crate, Entity

_PEOPLE = frozenset({"Person", "Organization"})
_MADE = ("author", "creator")
_UUID = re.compile(
    r"(?:urn:uuid:|#)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE
)
_WEB = re.compile(r"https?://", re.IGNORECASE)


def stated_uuid(entity: Entity) -> uuid.UUID | None:
    """Return the UUID that a registry gave, or that the name of the entity is."""
    for text in (
        *entity.texts("uuid"),
        *entity.texts("identifier"),
        *entity.links("identifier"),
        entity.id,
    ):
        match = _UUID.fullmatch(text.strip())
        if match is not None:
            return uuid.UUID(match[1])
    return None


def web_address(entity: Entity) -> str | None:
    """Return the URL that identifies an entity elsewhere than in a registry."""
    named = (*entity.texts("identifier"), *entity.links("identifier"))
    candidates = named if entity.text("uuid") else (entity.id, *named)
    found = next((one.strip() for one in candidates if _WEB.match(one.strip())), None)
    # ORCID says that its identifiers begin with https, and people forget
    return (
        re.sub(r"^http://orcid\.org/", "https://orcid.org/", found) if found else None
    )


def people_of(crate: Crate) -> list[Person]:
    """Return everybody that the crate describes, or names as an author."""
    found: dict[str, Person] = {}
    for entity in crate:
        # organisations are there for many reasons, people because they did something
        acting = crate.linked(entity, *_MADE, "agent")
        people = [entity, *acting] if "Person" in entity.types else acting
        for person in people:
            if person.types & _PEOPLE and _is_somebody(person):
                found[person.id] = _person(person)
        for name in _MADE:
            for text in entity.texts(name):
                found.setdefault(*_named(text, entity))
    return list(found.values())


def authors_of(entity: Entity, crate: Crate) -> tuple[str, ...]:
    """Return the keys of the people who made a file."""
    described = [
        person.id
        for person in crate.linked(entity, *_MADE)
        if person.types & _PEOPLE and _is_somebody(person)
    ]
    named = [_named(text, entity)[0] for name in _MADE for text in entity.texts(name)]
    return tuple(dict.fromkeys([*described, *named]))


def _is_somebody(entity: Entity) -> bool:
    """Tell whether a registry could know who it is."""
    return bool(entity.text("name") or web_address(entity))


def _person(entity: Entity) -> Person:
    name, identifier = entity.text("name"), web_address(entity)
    return Person(
        key=entity.id,
        where=entity.where,
        uuid=stated_uuid(entity) or derived_uuid(f"person:{name or identifier}"),
        name=name,
        identifier=identifier,
    )


def _named(text: str, entity: Entity) -> tuple[str, Person]:
    """Return a person of whom only the name is given, with a key."""
    name = text.strip()
    key = f"person:{name}"
    return key, Person(key, entity.where, derived_uuid(key), name=name)


def licences_of(entity: Entity, crate: Crate) -> tuple[tuple[str, str | None], ...]:
    """Return the licences of a file or a crate: what is said of each, and its URL."""
    found: dict[str | None, tuple[str, str | None]] = {}
    for link in entity.links("license"):
        described = crate.get(link)
        identifier = web_address(described) if described else _url(link)
        found[identifier or link] = (_licence_text(described) or link, identifier)
    for text in entity.texts("license"):
        found.setdefault(_url(text) or text, (text, _url(text)))
    return tuple(found.values())


def _licence_text(licence: Entity | None) -> str | None:
    if licence is None:
        return None
    return licence.text("text") or licence.text("name") or licence.text("description")


def _url(text: str) -> str | None:
    return text.strip() if _WEB.match(text.strip()) else None


def keywords_of(entity: Entity, crate: Crate) -> tuple[tuple[str, str | None], ...]:
    """Return keywords with their URLs; some write several in one text, with commas."""
    found: dict[str, tuple[str, str | None]] = {}
    for term in crate.linked(entity, "keywords"):
        word = term.text("name")
        if word is not None:
            found[word] = (word, web_address(term))
    for text in entity.texts("keywords"):
        for word in filter(None, map(str.strip, text.split(","))):
            found.setdefault(word, (word, None))
    return tuple(found.values())


def facts_of(entity: Entity, crate: Crate) -> tuple[tuple[str, str], ...]:
    """Return the further properties of a file, as keys with values."""
    return tuple(dict(_facts(entity, crate)).items())


def _facts(entity: Entity, crate: Crate) -> Iterator[tuple[str, str]]:
    for item in crate.linked(entity, "additionalProperty"):
        key, value = item.text("propertyID") or item.text("name"), item.text("value")
        if key is not None and value is not None:
            yield key, value


def fits_key_value(key: str, value: str) -> bool:
    """Tell whether a registry has room for a key with this value."""
    return max(len(key), len(value)) <= SHORT_LENGTH
