"""Records that documents define in full, besides describing them for all readers.

PROV and RO-Crate have words for the most important facts of a record, and for its
links. What they have none for, such as the resources of a template, a registry could
not read back. So the element of such a record has its *definition* too: all of the
record as JSON, with UUIDs as links. Registries import definitions; the rest is for
people and other programs, and must not contradict them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from django.core.exceptions import ValidationError

from registry.core.documents import check_text
from registry.core.graph.terms import Term, TermKind
from registry.core.json_size import TooDeep, TooManyValues, measure_json

if TYPE_CHECKING:
    from registry.core.documents import Shape
    from registry.core.graph.files import Properties
    from registry.core.models import Record

    #: Returns a value of a definition as it is used; raises ``ValidationError``.
    Reader = Callable[[Any], Any]

#: Characters of a text in a definition; services check the length of each field.
_LONGEST = 2**20
#: Values in one definition.
_MOST_VALUES = 50_000

DEFINITION = Term(
    "definition",
    TermKind.PROPERTY,
    "All that a registry has of an element, as a JSON object with the UUIDs of the "
    "records that it links to. Registries import it; the other attributes of the "
    "element are for other readers, and agree with it.",
    in_crates=True,
)


class RecordKey(NamedTuple):
    """The name of a record within its registry."""

    kind: str
    pk: int


class TermName(str):
    """A qualified name of PROV, ``fair:Model``, where a value could also be a text."""

    __slots__ = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class DefinedType:
    """Records that documents define.

    ``element`` is what one is in PROV: an entity, an activity or an agent. It has the
    class ``own_term``, and in PROV also ``classes``. ``fields`` read the values of a
    definition, all of which are there. ``facts`` returns how reports describe the
    values, as qualified names and texts, and ``describe`` the properties of its entity
    in a crate.
    """

    model: type[Record]
    element: str
    own_term: Term
    fields: Mapping[str, Reader]
    facts: Callable[[Mapping[str, Any]], Iterable[tuple[str, Any]]]
    describe: Callable[[Mapping[str, Any]], Properties]
    classes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return what people call one such record."""
        return str(self.model._meta.verbose_name)

    def read(self, literals: Sequence[str]) -> dict[str, Any]:
        """Read the definition of an element; raise ``ValidationError`` for none."""
        if len(literals) != 1:
            raise ValidationError("Give one definition.")
        try:
            measure_json(literals[0].encode(), max_values=_MOST_VALUES)
            return dict(fields_of(self.fields)(orjson.loads(literals[0])))
        except (TooManyValues, TooDeep, UnicodeError, orjson.JSONDecodeError) as error:
            raise ValidationError(f"This is no JSON: {str(error)[:200]}.") from error


@dataclass(frozen=True)
class Definition:
    """A record that a document defines, by its name in this registry.

    ``links`` are attributes of PROV that lead to other elements.
    """

    type: DefinedType
    record: RecordKey
    values: Mapping[str, Any]
    links: tuple[tuple[str, RecordKey], ...] = ()
    withdrawn: str | None = None

    @property
    def literal(self) -> str:
        """Return the definition as documents have it: always the same text."""
        return json.dumps(self.values, sort_keys=True, separators=(",", ":"))


def texts_of(facts: Iterable[tuple[str, Any]]) -> dict[str, list[str]]:
    """Return facts as texts by their names, without those that are empty."""
    found: dict[str, list[str]] = {}
    for name, value in facts:
        if value is not None and value != "":
            found.setdefault(name, []).append(str(value))
    return found


def text(value: Any) -> str:
    """Read a text."""
    check_text(value, "", most=_LONGEST, may_be_empty=True)
    return str(value)


def number(value: Any) -> int:
    """Read a whole number from 1 on."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValidationError("Give a whole number from 1 on.")
    return int(value)


def uuid_text(value: Any) -> str:
    """Read a UUID, and return it in its usual form."""
    try:
        return str(uuid.UUID(text(value)))
    except ValueError as error:
        raise ValidationError("Give a UUID.") from error


def moment_text(value: Any) -> str:
    """Read a time (ISO 8601), and return it in UTC."""
    try:
        found = datetime.fromisoformat(text(value))
        in_zone = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return in_zone.astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise ValidationError("Give a time (ISO 8601).") from error


def optional(reader: Reader) -> Reader:
    """Return the reader of a value that can be null."""
    return lambda value: None if value is None else reader(value)


def shaped(shape: Shape) -> Reader:
    """Return the reader of a document of this shape."""

    def read(value: Any) -> Any:
        shape.check(value)
        return shape.tidy(value)

    return read


def list_of(reader: Reader) -> Reader:
    """Return the reader of a list."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValidationError("Give a list.")
        return [_within(f"[{at}]", reader, one) for at, one in enumerate(value)]

    return read


def texts_by_name(value: Any) -> dict[str, str]:
    """Read texts by their names."""
    if not isinstance(value, dict):
        raise ValidationError("Give an object of texts.")
    return {
        text(name): _within(f".{name[:100]}", text, one) for name, one in value.items()
    }


def fields_of(fields: Mapping[str, Reader]) -> Reader:
    """Return the reader of an object with these fields and no others."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or value.keys() != fields.keys():
            names = ", ".join(fields)
            raise ValidationError(f"Give an object with {names}, and nothing else.")
        return {
            name: _within(f".{name}", reader, value[name])
            for name, reader in fields.items()
        }

    return read


def _within(place: str, reader: Reader, value: Any) -> Any:
    """Read a part; an error has its place."""
    try:
        return reader(value)
    except ValidationError as error:
        message = error.messages[0]
        between = "" if message.startswith((".", "[")) else ": "
        raise ValidationError(f"{place}{between}{message}") from error
