"""Links between records as people and programs write them, and their targets.

A link is an id, a UUID, a URL or the path of one; of a record type with a natural key
(``registry.core.record_types``) it is that key as well, such as the name of a
namespace. A URL can name any host, or none: records move with their registry, and what
they link to is always in the same one.

API fields, filters, forms and imports all read links by ``resolve_links``, which looks
up all targets in one statement.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from registry.core.finding import Wanted, find_rows
from registry.core.merged import kept_ids
from registry.core.record_types import merge_rule_of, natural_key_of

#: Larger ids do not fit the database's integers.
_MAX_ID = 2**63 - 1
_URL = re.compile(r"(?:^|/)api/([a-z_]+)/([0-9]{1,19})/?$")


@dataclass(frozen=True)
class NaturalKey:
    """The value of a natural key, which names one record of its type."""

    text: str

    def __str__(self) -> str:
        return self.text


#: What a link says of its target, before anybody has looked for it.
Reference = int | uuid.UUID | NaturalKey
#: A link as it was written, with the model that it must lead to.
Written = tuple[type[models.Model], Any]


class LinkError(ValueError):
    """A link cannot be read, or leads nowhere; the message says what would be right."""


class NoTarget(LinkError):
    """A link can be read, but no such record exists."""


def kind_of(model: type[models.Model]) -> str:
    """Return a model's name in addresses; that of Django's own is a plural."""
    kind = getattr(model, "kind", None)
    # of an event `kind` is a field: which kind of record it tells of
    if isinstance(kind, str):
        return kind
    name = str(model._meta.model_name)
    return name if model._meta.app_label == "registry" else f"{name}s"


def has_uuid(model: type[models.Model]) -> bool:
    """Return whether records of this model have a UUID."""
    return any(field.name == "uuid" for field in model._meta.fields)


def parse_link(value: Any, model: type[models.Model]) -> Reference:
    """Read a link to a record of this model; raises ``LinkError`` when it is none."""
    reference: Reference | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        reference = value if 0 <= value <= _MAX_ID else None
    elif isinstance(value, str):
        reference = _parse_text(value.strip(), model)
    if reference is None:
        raise LinkError(describe_wrong(value, model))
    return reference


def _parse_text(text: str, model: type[models.Model]) -> Reference | None:
    if text.isascii() and text.isdigit():
        return _parse_id(text)
    match = _URL.search(text)
    if match is not None:
        return _parse_id(match[2]) if match[1] == kind_of(model) else None
    if has_uuid(model) and (found := _parse_uuid(text)) is not None:
        return found
    if text and "\0" not in text and natural_key_of(model) is not None:
        return NaturalKey(text)
    return None


def is_id(text: str) -> bool:
    """Return whether a text can be the id of a row, in digits."""
    return text.isascii() and text.isdigit() and _parse_id(text) is not None


def _parse_id(digits: str) -> int | None:
    number = int(digits) if len(digits) <= 20 else _MAX_ID + 1
    return number if number <= _MAX_ID else None


def _parse_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def describe_wrong(value: Any, model: type[models.Model]) -> str:
    """Return the error for an invalid link to a model, with the valid forms."""
    name = model._meta.verbose_name
    return f"{str(value)[:100]!r} is not a valid {name}: use {_valid_forms(model)}."


def describe_unknown(value: NaturalKey, model: type[models.Model]) -> str:
    """Return the error for a name that no record has; perhaps it was misspelt."""
    name, key = model._meta.verbose_name, natural_key_of(model)
    called = getattr(key, "name", "name").replace("_", " ")
    return (
        f"There is no {name} with the {called} {value.text[:100]!r}. "
        f"Use {_valid_forms(model)}."
    )


def _valid_forms(model: type[models.Model]) -> str:
    """Return the ways to write a link to a model, with an example of its URL."""
    *most, last = ways_to_link(model, f" (…/api/{kind_of(model)}/1/)")
    return f"its {', '.join(most)} or {last}"


def ways_to_link(model: type[models.Model], example: str = "") -> list[str]:
    """Name the ways to write a link to a model, with an example of its URL."""
    ways = [f"URL{example}", "id"]
    if has_uuid(model):
        ways.append("UUID")
    key = natural_key_of(model)
    if key is not None:
        ways.append(key.name.replace("_", " "))
    return ways


class ResolvedLinks:
    """Links with their targets, each looked up once, however often it is written.

    ``targets`` has the ids of those that were found, by model and link as written.
    """

    def __init__(self) -> None:
        self.targets: dict[Written, int] = {}
        self._errors: dict[tuple[Any, ...], LinkError] = {}

    def get(self, model: type[models.Model], value: Any) -> int | LinkError:
        """Return the id of a link's target, or the error that says what is wrong."""
        if not isinstance(value, int | str) or isinstance(value, bool):
            return LinkError(describe_wrong(value, model))
        if (model, value) not in self.targets and (model, value) not in self._errors:
            self.add([(model, value)])
        error = self._errors.get((model, value))
        return self.targets[model, value] if error is None else error

    def add(self, written: Iterable[Written]) -> None:
        """Look up the targets of links that are not known yet, in one statement."""
        references: dict[Written, Reference] = {}
        for model, value in written:
            if isinstance(value, bool) or (model, value) in self.targets:
                continue
            try:
                references[model, value] = parse_link(value, model)
            except LinkError as error:
                self._errors[model, value] = error
        wanted = [(link[0], one) for link, one in references.items()]
        found = {**find_targets(wanted)}
        found |= find_merged(one for one in wanted if one not in found)
        for link, reference in references.items():
            pk = found.get((link[0], reference))
            if pk is None:
                self._errors[link] = _describe_missing(*link, reference)
            else:
                self.targets[link] = pk


def _describe_missing(
    model: type[models.Model], value: Any, reference: Reference
) -> LinkError:
    """Return the error of a link that leads to no record."""
    if isinstance(reference, NaturalKey):
        # most likely it was meant as another kind of link
        return LinkError(describe_wrong(value, model))
    name = str(model._meta.verbose_name).capitalize()
    return NoTarget(f"{name} {reference} does not exist.")


def resolve_links(written: Iterable[Written]) -> ResolvedLinks:
    """Look up the targets of links, all in one statement."""
    links = ResolvedLinks()
    links.add(written)
    return links


def find_targets(
    references: Iterable[tuple[type[models.Model], Reference]],
) -> Mapping[tuple[type[models.Model], Reference], int]:
    """Return the ids of the records that there are, by model and reference."""
    wanted = _by_column(references)
    if not wanted:
        return {}
    columns = [Wanted(*column, list(values)) for column, values in wanted.items()]
    found: dict[tuple[type[models.Model], Reference], int] = {}
    for number, value, pk in find_rows(columns):
        for reference in wanted[columns[number][:2]][value]:
            link = columns[number].model, reference
            # what is on record as it was written comes before other spellings
            if link not in found or str(reference) == value:
                found[link] = pk
    return found


def _by_column(
    references: Iterable[tuple[type[models.Model], Reference]],
) -> dict[tuple[type[models.Model], str], dict[Any, list[Reference]]]:
    """Return the references by model and field, and by the values to look for."""
    wanted: dict[tuple[type[models.Model], str], dict[Any, list[Reference]]] = {}
    for model, reference in dict.fromkeys(references):
        name, values = _field_and_values(model, reference)
        column = wanted.setdefault((model, name), {})
        for value in values:
            column.setdefault(value, []).append(reference)
    return wanted


def find_merged(
    missing: Iterable[tuple[type[models.Model], Reference]],
) -> dict[tuple[type[models.Model], Reference], int]:
    """Return where records are now that were merged into others, one query a type."""
    ids: dict[Any, list[int]] = {}
    for model, reference in missing:
        if isinstance(reference, int) and merge_rule_of(model) is not None:
            ids.setdefault(model, []).append(reference)
    return {
        (model, old): new
        for model, some in ids.items()
        for old, new in kept_ids(model, some).items()
    }


def _field_and_values(
    model: type[models.Model], reference: Reference
) -> tuple[str, Sequence[Any]]:
    """Name the field that a reference is looked up in, and the values it can have."""
    match reference:
        case uuid.UUID():
            return "uuid", [reference]
        case NaturalKey(text):
            key: Any = natural_key_of(model)
            spellings = getattr(model, "spellings", {}).get(key.name)
            return str(key.name), spellings(text) if spellings else [text]
    return str(model._meta.pk.name), [reference]


def targets_of(
    links: ResolvedLinks, model: type[models.Model], values: Iterable[Any]
) -> Iterator[int]:
    """Yield the ids of the targets; raises the ``LinkError`` of the first bad link."""
    for value in values:
        found = links.get(model, value)
        if isinstance(found, LinkError):
            raise found
        yield found
