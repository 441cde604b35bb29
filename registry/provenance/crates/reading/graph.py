"""The metadata of a crate: JSON-LD in the flat form that RO-Crate prescribes.

It is read by its words, as everybody does who reads crates: nothing is fetched, and
no context but that of RO-Crate gives the words of schema.org their meaning. Words of
this registry's vocabulary count only where the context says that they are, but for the
one that calls a file private.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import unquote

import orjson
from django.conf import settings

from registry.core.errors import InvalidInput
from registry.core.json_size import MAX_VALUES, TooDeep, TooManyValues, measure_json
from registry.provenance.crates.reading.context import Words, words_of
from registry.provenance.crates.terms import LEGACY_METADATA, METADATA, extra_terms

#: Things that a crate may describe, for each file that it may have.
_ENTITIES_PER_FILE = 10
#: JSON values that a crate may have, for each file that it may have.
_VALUES_PER_FILE = 100
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class Entity:
    """One thing that a crate describes: its values, and how its words are read."""

    id: str
    values: Mapping[str, Any]
    words: Words

    @property
    def where(self) -> str:
        """The place that messages name."""
        return self.id[:300]

    @property
    def types(self) -> frozenset[str]:
        """The words for what it is."""
        return frozenset(_texts(self.values.get("@type")))

    @property
    def is_remote(self) -> bool:
        """Whether its name is an address, rather than a path in the crate."""
        return _URI.match(self.id) is not None

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths in the crate that its name can mean: escaped, and as it is."""
        if self.is_remote or self.id.startswith("#"):
            return ()
        plain = self.id.removeprefix("./")
        return tuple(dict.fromkeys([unquote(plain), plain]))

    def texts(self, name: str) -> list[str]:
        """Return the values that are texts, numbers among them as they are spelt."""
        return _texts(self._of(name))

    def text(self, name: str) -> str | None:
        """Return the first text; None where there is none, or an empty one."""
        return next((text for text in self.texts(name) if text.strip()), None)

    def links(self, name: str) -> list[str]:
        """Return the names of the entities that it refers to."""
        found = []
        for value in _listed(self._of(name)):
            match value:
                case {"@id": str() as target}:
                    found.append(target)
                case {"@value": _}:
                    continue
                case dict():
                    self.refuse(
                        f"{name} has a description within; a crate is flat, and "
                        'refers to other entities by {"@id": …}.'
                    )
        return found

    def flag(self, name: str) -> bool | None:
        """Return a yes or no; None where nothing is said.

        Of several values no is the one that counts.
        """
        values = [text.strip() for text in self.texts(name) if text.strip()]
        for value in values:
            if value.lower() not in {"true", "false"}:
                self.refuse(f"{name} is {value[:100]!r}, but must be true or false.")
        return all(value.lower() == "true" for value in values) if values else None

    @property
    def is_private(self) -> bool:
        """Whether it says ``"public": false``, or anything else than a clear yes."""
        said = (
            value for word, value in self.values.items() if self.words.is_openness(word)
        )
        return self.flag("public") is False or not all(map(_is_true, said))

    def refuse_hidden_privacy(self) -> None:
        """Raise where a description within might call a file private.

        A crate is flat (RO-Crate 1.1, section 4.1): nobody reads what is deeper, and
        what is meant to be private must not become public for that.
        """
        if "@context" in self.values:
            self.refuse("Only the crate as a whole has a @context.")
        for word, value in self.values.items():
            if any(map(self.words.is_openness, _names_within(value))):
                self.refuse(
                    f"{word} has a description within that says whether a file is "
                    "public; say it of an entity of @graph."
                )

    def moment(self, name: str) -> datetime | None:
        """Return a time (ISO 8601); without a zone it is in UTC."""
        text = self.text(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(
                UTC
            )
        except (ValueError, OverflowError):
            self.refuse(f"{name} is {text[:100]!r}, which is no time (ISO 8601).")

    def refuse(self, what: str) -> NoReturn:
        """Raise what is wrong with this entity."""
        raise InvalidInput({self.where: [what]})

    def _of(self, name: str) -> Any:
        """Return a value by the word that the registry has for it."""
        if name in extra_terms():
            name = self.words.of.get(name, name if name == "sha1" else "")
        return self.values.get(name)


class Crate:
    """All that a crate describes, by name."""

    def __init__(self, metadata: bytes) -> None:
        document = _document(metadata)
        words = words_of(document["@context"])
        self._entities = _entities(document["@graph"], words)
        self.root = self._find_root()

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._entities.values())

    def get(self, name: str) -> Entity | None:
        """Return the entity with this name, if the crate describes it."""
        return self._entities.get(name) or self._entities.get(_other_spelling(name))

    def linked(self, entity: Entity, *names: str) -> list[Entity]:
        """Return the entities that one refers to, as far as they are described."""
        found = (self.get(link) for name in names for link in entity.links(name))
        return list({one.id: one for one in found if one is not None}.values())

    def of_type(self, types: Iterable[str]) -> list[Entity]:
        """Return the entities that are of one of these types."""
        wanted = frozenset(types)
        return [entity for entity in self if entity.types & wanted]

    def _find_root(self) -> Entity:
        """Find what the metadata file is about."""
        for name in (METADATA, LEGACY_METADATA):
            for descriptor in self:
                if descriptor.id == name or descriptor.id.endswith(f"/{name}"):
                    break
            else:
                continue
            for root in self.linked(descriptor, "about"):
                if "Dataset" in root.types:
                    return root
            descriptor.refuse(
                "The metadata file must be about an entity of type Dataset, the crate."
            )
        raise InvalidInput({METADATA: [f"No entity has the @id {METADATA}."]})


def _document(metadata: bytes) -> dict[str, Any]:
    max_values = max(MAX_VALUES, settings.CRATE_FILES * _VALUES_PER_FILE)
    try:
        measure_json(metadata, max_values=max_values)
        document = orjson.loads(metadata)
        json.loads(metadata, object_pairs_hook=_refuse_repeated)
    except (TooManyValues, TooDeep) as error:
        raise InvalidInput({METADATA: [f"This is too much JSON: {error}"]}) from error
    except orjson.JSONDecodeError as error:
        raise InvalidInput({METADATA: [f"This is no JSON: {error}."]}) from error
    if b"\\u0000" in metadata:
        raise InvalidInput({METADATA: ["Null characters are not allowed."]})
    if (
        not isinstance(document, dict)
        or "@context" not in document
        or not isinstance(document.get("@graph"), list)
    ):
        raise InvalidInput(
            {METADATA: ["Give a JSON object with @context and a list as @graph."]}
        )
    return document


def _refuse_repeated(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; two values for one name would leave open which is meant."""
    values: dict[str, Any] = {}
    for name, value in members:
        if values.setdefault(name, value) != value:
            place = str(values.get("@id", METADATA))[:300]
            message = f"{name[:100]} stands here twice, with different values."
            raise InvalidInput({place: [message]})
    return values


def _entities(graph: list[Any], words: Words) -> dict[str, Entity]:
    limit = settings.CRATE_FILES * _ENTITIES_PER_FILE
    if len(graph) > limit:
        raise InvalidInput(
            {METADATA: [f"@graph has {len(graph)} entities, more than {limit}."]}
        )
    entities: dict[str, Entity] = {}
    for position, values in enumerate(graph):
        place = f"@graph[{position}]"
        name = values.get("@id") if isinstance(values, dict) else None
        if not isinstance(name, str) or not name:
            raise InvalidInput({place: ["An entity is an object with an @id."]})
        entity = Entity(name, values, words)
        entity.refuse_hidden_privacy()
        if name in entities:
            entity.refuse("Two entities have this @id.")
        if not entity.types:
            entity.refuse("An entity has a @type.")
        entities[name] = entity
    return entities


def _other_spelling(name: str) -> str:
    """Return the other way to write the same path."""
    return name[2:] if name.startswith("./") else f"./{name}"


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> list[str]:
    found = []
    for item in _listed(value):
        plain = item.get("@value") if isinstance(item, dict) else item
        match plain:
            case bool():
                found.append("true" if plain else "false")
            case str() | int() | float():
                found.append(str(plain))
    return found


def _names_within(value: Any) -> Iterator[str]:
    """Yield the names of all values within a value."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as inner:
                yield from inner
                waiting += inner.values()
            case list() as inner:
                waiting += inner


def _is_true(value: Any) -> bool:
    """Tell whether a value of JSON-LD is a clear yes, or several of them."""
    if isinstance(value, dict):
        inner = [value[key] for key in ("@value", "@list", "@set") if key in value]
        return bool(inner) and all(map(_is_true, inner))
    if isinstance(value, list):
        return bool(value) and all(map(_is_true, value))
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")
