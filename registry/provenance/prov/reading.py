"""Reading PROV-JSON (W3C member submission of 24 April 2013), whoever wrote it.

Not by the `prov` library, which repairs what it can and says of the rest that it is
wrong, but not where: a document that comes in is read strictly, and every complaint
names its place by a JSON path (RFC 9535).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from prov.model import parse_xsd_datetime

from registry.core.errors import InvalidInput
from registry.provenance.vocabulary import PROV

#: Elements and relations in one document.
MOST_STATEMENTS = 10_000
#: Complaints in one answer; who mends these will see the rest.
_MOST_COMPLAINTS = 50
_LONGEST_SHOWN = 200

XSD = "http://www.w3.org/2001/XMLSchema#"
_BUILT_IN = {"prov": PROV, "xsd": XSD}
#: Types of values that are names; XML Schema's namespace is also written bare.
_NAME_TYPES = frozenset(
    {
        *(f"{XSD}QName", f"{XSD.rstrip('#')}QName"),
        *(f"{PROV}QUALIFIED_NAME", f"{PROV}QualifiedName"),
    }
)

ELEMENTS = ("entity", "activity", "agent")
#: The attributes of each relation that name elements; the first one it must have.
RELATIONS: dict[str, tuple[str, ...]] = {
    "wasGeneratedBy": ("entity", "activity"),
    "used": ("activity", "entity"),
    "wasInformedBy": ("informed", "informant"),
    "wasStartedBy": ("activity", "trigger", "starter"),
    "wasEndedBy": ("activity", "trigger", "ender"),
    "wasInvalidatedBy": ("entity", "activity"),
    "wasDerivedFrom": (
        "generatedEntity",
        "usedEntity",
        "activity",
        "generation",
        "usage",
    ),
    "wasAttributedTo": ("entity", "agent"),
    "wasAssociatedWith": ("activity", "agent", "plan"),
    "actedOnBehalfOf": ("delegate", "responsible", "activity"),
    "wasInfluencedBy": ("influencee", "influencer"),
    "specializationOf": ("specificEntity", "generalEntity"),
    "alternateOf": ("alternate1", "alternate2"),
    "hadMember": ("collection", "entity"),
    "mentionOf": ("specificEntity", "generalEntity", "bundle"),
}
_TIMES = frozenset({f"{PROV}startTime", f"{PROV}endTime", f"{PROV}time"})


@dataclass(frozen=True)
class Value:
    """A value of an attribute: a text, or with `is_name` the IRI of something."""

    text: str
    is_name: bool = False


@dataclass(frozen=True)
class Statement:
    """An element or a relation.

    `name` is the IRI of an element, or a blank node's label, which begins with ``_:``;
    of a relation it is what the document calls it. `key` is how the document spells
    it. `attributes` are by IRI.
    """

    kind: str
    name: str
    key: str
    where: str
    attributes: Mapping[str, tuple[Value, ...]]

    def values(self, *names: str) -> tuple[Value, ...]:
        """Return the values of the first of these attributes that is there."""
        return next(
            (self.attributes[name] for name in names if name in self.attributes), ()
        )

    def text(self, *names: str) -> str | None:
        """Return the first value of the first of these attributes."""
        found = self.values(*names)
        return found[0].text if found else None

    def target(self, attribute: str) -> str | None:
        """Return the name of the element that a relation has as this attribute."""
        return self.text(f"{PROV}{attribute}")


@dataclass
class Complaints:
    """What is wrong with a document, by place."""

    messages: dict[str, list[str]] = field(default_factory=dict)

    def add(self, where: str, message: str) -> None:
        """Note what is wrong somewhere."""
        if len(self.messages) >= _MOST_COMPLAINTS and where not in self.messages:
            return
        messages = self.messages.setdefault(where, [])
        if message not in messages:
            messages.append(message)

    def raise_any(self) -> None:
        """Raise ``InvalidInput`` when something is wrong."""
        if self.messages:
            raise InvalidInput(self.messages)


@dataclass(frozen=True)
class Document:
    """The statements of a document by kind, in their order; its bundles aside."""

    statements: Mapping[str, tuple[Statement, ...]]
    bundles: tuple[str, ...] = ()

    def of(self, kind: str) -> tuple[Statement, ...]:
        """Return the statements of one kind."""
        return self.statements.get(kind, ())


def read(data: Any) -> Document:
    """Read a parsed document; raises ``InvalidInput`` with messages by JSON path."""
    reader = _Reader()
    document = reader.document(data)
    reader.complaints.raise_any()
    return document


def step(where: str, key: str | int) -> str:
    """Add one step to a JSON path."""
    if isinstance(key, int):
        return f"{where}[{key}]"
    if key.isidentifier() and key.isascii():
        return f"{where}.{key}"
    shown = key[:_LONGEST_SHOWN].replace("\\", "\\\\").replace("'", "\\'")
    return f"{where}['{shown}']"


def moment(text: str) -> datetime | None:
    """Read an ``xsd:dateTime``; one without a zone is in UTC."""
    found = parse_xsd_datetime(text)
    if found is None:
        return None
    try:
        in_zone = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return in_zone.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


class _Unreadable(Exception):
    """A part that cannot be read, and was complained of."""


class _Reader:
    """Reads one document, and collects what is wrong with it."""

    def __init__(self) -> None:
        self.complaints = Complaints()
        self._prefixes: dict[str, str] = dict(_BUILT_IN)
        self._default: str | None = None

    def document(self, data: Any) -> Document:
        """Read the whole."""
        if not isinstance(data, dict):
            self.complaints.add("$", "A PROV-JSON document is a JSON object.")
            return Document({})
        self._read_prefixes(data.get("prefix", {}))
        self._check_size(data)
        statements: defaultdict[str, list[Statement]] = defaultdict(list)
        for kind, content in data.items():
            if kind in ELEMENTS or kind in RELATIONS:
                statements[kind] += self._statements(kind, content)
            elif kind not in {"prefix", "bundle"}:
                known = ", ".join((*ELEMENTS, *RELATIONS))
                self.complaints.add(
                    step("$", kind),
                    f"PROV-JSON has nothing of this name; it has prefix, "
                    f"bundle, {known}.",
                )
        bundles = data.get("bundle", {})
        names = tuple(bundles) if isinstance(bundles, dict) else ()
        if not any(statements.values()):
            self.complaints.add("$", "The document says nothing of its own.")
        return Document({kind: tuple(some) for kind, some in statements.items()}, names)

    def _read_prefixes(self, prefixes: Any) -> None:
        if not isinstance(prefixes, dict):
            self.complaints.add("$.prefix", "Give prefixes with their namespaces.")
            return
        for prefix, iri in prefixes.items():
            if not isinstance(iri, str) or not iri:
                self.complaints.add(step("$.prefix", prefix), "A namespace is a URI.")
            elif prefix == "default":
                self._default = iri
            else:
                self._prefixes[prefix] = iri

    def _check_size(self, data: Mapping[str, Any]) -> None:
        """Refuse what is too much before anything of it is read."""
        size = sum(
            len(instance) if isinstance(instance, list) else 1
            for kind, content in data.items()
            if kind != "prefix" and isinstance(content, dict)
            for instance in content.values()
        )
        if size > MOST_STATEMENTS:
            message = (
                f"A document has at most {MOST_STATEMENTS} statements; this one has "
                f"{size}. Send it in parts."
            )
            raise InvalidInput({"$": [message]})

    def _statements(self, kind: str, content: Any) -> Iterator[Statement]:
        """Read all statements of one kind; one that cannot be read is complained of."""
        where = f"$.{kind}"
        if not isinstance(content, dict):
            self.complaints.add(where, "Give statements by their identifiers.")
            return
        for key, instances in content.items():
            at = step(where, key)
            several = isinstance(instances, list)
            for number, instance in enumerate(instances if several else [instances]):
                try:
                    here = step(at, number) if several else at
                    yield self._statement(kind, key, instance, here)
                except _Unreadable:
                    continue

    def _statement(self, kind: str, key: str, content: Any, where: str) -> Statement:
        if not isinstance(content, dict):
            raise self._unreadable(where, "Give attributes by their names.")
        named = {f"{PROV}{name}" for name in RELATIONS.get(kind, ())}
        attributes: dict[str, tuple[Value, ...]] = {}
        for name, value in content.items():
            at = step(where, name)
            iri = self._name(name, at)
            read = self._names if iri in named else self._values
            attributes[iri] = tuple(read(value, at))
            if iri in _TIMES:
                self._check_time(attributes[iri], at)
        if kind in RELATIONS:
            first = RELATIONS[kind][0]
            if not attributes.get(f"{PROV}{first}"):
                raise self._unreadable(where, f"prov:{first} is missing.")
            return Statement(kind, key, key, where, attributes)
        return Statement(kind, self._name(key, where), key, where, attributes)

    def _check_time(self, values: tuple[Value, ...], where: str) -> None:
        for value in values:
            if moment(value.text) is None:
                self.complaints.add(
                    where, "Give a time such as 2026-11-20T15:28:33+00:00."
                )

    def _names(self, value: Any, where: str) -> Iterator[Value]:
        """Read the names of elements."""
        for one in value if isinstance(value, list) else [value]:
            text = one.get("$") if isinstance(one, dict) else one
            if not isinstance(text, str):
                raise self._unreadable(where, "Give the identifier of an element.")
            yield Value(self._name(text, where), is_name=True)

    def _values(self, value: Any, where: str) -> Iterator[Value]:
        """Read the values of an attribute: one, or a list of them."""
        if not isinstance(value, list):
            yield self._value(value, where)
            return
        for number, one in enumerate(value):
            yield self._value(one, step(where, number))

    def _value(self, value: Any, where: str) -> Value:
        match value:
            case str():
                return Value(self._text(value, where))
            case bool():
                return Value("true" if value else "false")
            case int() | float():
                return Value(str(value))
            case {"$": str() | int() | float() as content}:
                return self._typed(content, value.get("type"), where)
        raise self._unreadable(
            where, 'Give a text, a number, true, false, or {"$": value, "type": type}.'
        )

    def _typed(self, content: Any, datatype: Any, where: str) -> Value:
        """Read a value with a datatype, of which names alone matter here."""
        if not isinstance(content, str):
            return self._value(content, where)
        if isinstance(datatype, str) and self._name(datatype, where) in _NAME_TYPES:
            return Value(self._name(content, where), is_name=True)
        return Value(self._text(content, where))

    def _name(self, text: str, where: str) -> str:
        """Return the IRI that a qualified name stands for."""
        prefix, colon, local = self._text(text, where).partition(":")
        if not colon and self._default is not None:
            return f"{self._default}{text}"
        if colon and prefix in self._prefixes:
            return f"{self._prefixes[prefix]}{local}"
        if colon and (prefix == "_" or local.startswith("//")):
            return text
        shown = text[:_LONGEST_SHOWN]
        if not colon:
            raise self._unreadable(
                where, f"{shown!r} has no prefix, and there is no default namespace."
            )
        raise self._unreadable(
            where, f"The prefix of {shown!r} is not declared in $.prefix."
        )

    def _text(self, text: str, where: str) -> str:
        """Return a text, which has no null character: databases take none."""
        if "\0" in text:
            raise self._unreadable(where, "Null characters are not allowed.")
        return text

    def _unreadable(self, where: str, message: str) -> _Unreadable:
        self.complaints.add(where, message)
        return _Unreadable(message)
