"""Links between records, as clients write them: an id, a UUID or a URL.

A URL may name any host, or none: records move with their registry, and what they
point to is always on the same one.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from registry.core.lookups import existing_ids

Reference = int | uuid.UUID

#: Larger ids do not fit the database's integers.
_MAX_ID = 2**63 - 1
_URL = re.compile(r"(?:^|/)api/([a-z_]+)/([0-9]{1,19})/?$")


class LinkError(ValueError):
    """The text is no link to a record of that kind; the message says what is."""


def kind_of(model: type[models.Model]) -> str:
    """Return a model's name in addresses; that of Django's own is a plural."""
    kind = getattr(model, "kind", None)
    # of an event `kind` is a field: which kind of record it tells of
    if isinstance(kind, str):
        return kind
    name = str(model._meta.model_name)
    return name if model._meta.app_label == "registry" else f"{name}s"


def has_uuid(model: type[models.Model]) -> bool:
    """Tell whether records of this kind have a UUID to be found by."""
    return any(field.name == "uuid" for field in model._meta.fields)


def parse_link(value: Any, model: type[models.Model]) -> Reference:
    """Read a link to a record of this kind; raises ``LinkError`` when it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _id_in_range(value, model)
    if isinstance(value, str):
        reference = _parse_text(value.strip(), model)
        if reference is not None:
            return reference
    raise LinkError(_what_is_right(value, model))


def _parse_text(text: str, model: type[models.Model]) -> Reference | None:
    if text.isascii() and text.isdigit():
        return _id_in_range(int(text) if len(text) <= 20 else _MAX_ID + 1, model)
    match = _URL.search(text)
    if match is not None:
        return (
            _id_in_range(int(match[2]), model) if match[1] == kind_of(model) else None
        )
    if has_uuid(model):
        try:
            return uuid.UUID(text)
        except ValueError:
            return None
    return None


def _id_in_range(value: int, model: type[models.Model]) -> int:
    if not 0 <= value <= _MAX_ID:
        raise LinkError(_what_is_right(value, model))
    return value


def _what_is_right(value: Any, model: type[models.Model]) -> str:
    name = model._meta.verbose_name
    ways = f"its URL (…/api/{kind_of(model)}/1/)" + (
        ", its id or its UUID" if has_uuid(model) else " or its id"
    )
    return f"{str(value)[:100]!r} is no link to a record of {name}: give {ways}."


def find_ids(
    wanted: Mapping[type[models.Model], Iterable[Reference]],
) -> dict[type[models.Model], dict[Reference, int]]:
    """Find which of these records there are, of each model.

    One query for all ids, and one for the UUIDs of a model.
    """
    references = {model: set(items) for model, items in wanted.items()}
    found: dict[type[models.Model], dict[Reference, int]] = {m: {} for m in references}
    ids = {
        model: numbers
        for model, items in references.items()
        if (numbers := [item for item in items if isinstance(item, int)])
    }
    for model, pks in existing_ids(ids).items():
        found[model].update((pk, pk) for pk in pks)
    for model, items in references.items():
        uuids = {item for item in items if isinstance(item, uuid.UUID)}
        for some in _chunks(uuids):
            rows = model._default_manager.filter(uuid__in=some)
            found[model].update(rows.order_by().values_list("uuid", "pk"))
    return found


def _chunks(items: set[Any], size: int = 500) -> Iterable[list[Any]]:
    """Cut a set into lists that every database takes as parameters."""
    ordered = list(items)
    return (ordered[at : at + size] for at in range(0, len(ordered), size))
