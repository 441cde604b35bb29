"""Fields with a small document: a list or a mapping of JSON with a form of its own.

What is only ever read and written as a whole, and never on its own, is stored in the
row of the record that it belongs to. Its check names what is wrong, and in which place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from registry.core.visible_names import BLANK, tidy_name

#: A document takes at most so many characters as JSON.
MAX_LENGTH = 2**18
#: Returns the address of a record in the API, by its kind and its id.
Address = Callable[[str, int], str]


def _as_it_is(value: Any, _: Address) -> Any:
    return value


@dataclass(frozen=True, eq=False)
class Shape:
    """What a document looks like.

    ``check`` raises ``ValidationError`` for what it may not be, ``tidy`` returns it
    with all that may be left out, and ``show`` as responses have it: with the addresses
    of the records whose ids it has. ``schema`` is its JSON Schema in requests,
    ``shown`` the one in responses where that is another, and ``lines`` the text of the
    document for a page, one line a part.
    """

    check: Callable[[Any], None]
    schema: Mapping[str, Any]
    example: Any
    lines: Callable[[Any], list[str]]
    tidy: Callable[[Any], Any] = lambda value: value
    show: Callable[[Any, Address], Any] = _as_it_is
    shown: Mapping[str, Any] = field(default_factory=dict)
    #: Returns the document of such lines, if people can write it in lines.
    read: Callable[[str], Any] | None = None


class DocumentField(models.JSONField):
    """A field with a small document of one shape.

    Migrations know it as a field of JSON: the shape changes nothing in the database.
    """

    #: A document without anything in it is a value.
    empty_values = (None, "")

    def __init__(self, *args: Any, shape: Shape, **kwargs: Any) -> None:
        self.shape = shape
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Return the field of JSON that it is in the database."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def clone(self) -> DocumentField:
        """Return a copy, with its shape."""
        _, _, args, kwargs = super().deconstruct()
        return DocumentField(*args, shape=self.shape, **kwargs)

    def validate(self, value: Any, model_instance: Any) -> None:
        """Raise ``ValidationError`` unless the value has the shape."""
        super().validate(value, model_instance)
        self.check_value(value)

    def check_value(self, value: Any) -> None:
        """Raise ``ValidationError`` unless a value has the shape, and a length."""
        self.shape.check(value)
        if len(json.dumps(value)) > MAX_LENGTH:
            raise invalid("", f"Give at most {MAX_LENGTH} characters, as JSON.")


def invalid(place: str, message: str) -> ValidationError:
    """Return an error about a place in a document."""
    return ValidationError(f"{place}: {message}" if place else message, code="invalid")


def check_text(
    value: Any, place: str, *, most: int, may_be_empty: bool = False
) -> None:
    """Raise ``ValidationError`` unless a part of a document is such a text."""
    if not isinstance(value, str):
        raise invalid(place, "Give a text.")
    if "\0" in value or _is_broken(value):
        raise invalid(place, "A character in it cannot be stored.")
    if not may_be_empty and not tidy_name(value):
        raise invalid(place, BLANK)
    if len(value) > most:
        raise invalid(place, f"Give at most {most} characters.")


def _is_broken(text: str) -> bool:
    """Return whether a text has halves of characters, which no encoding has."""
    return not text.isascii() and any("\ud800" <= one <= "\udfff" for one in text)
