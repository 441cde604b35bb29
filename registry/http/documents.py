"""Small documents in forms: the text of their JSON."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from django import forms

from registry.core.documents import DocumentField

#: Where a place in a document begins: ``inputs[0].dataset``, ``annotations.RCP``.
_INSIDE = re.compile(r"[.\[]")


class DocumentFormField(forms.JSONField):
    """A small document, as the text of its JSON; its value has all its parts."""

    #: A document without anything in it is a value.
    empty_values: ClassVar[list[Any]] = [None, ""]  # type: ignore[misc]

    def __init__(self, model_field: DocumentField, **kwargs: Any) -> None:
        self.document = model_field
        example = json.dumps(model_field.shape.example)
        kwargs["help_text"] = f"{kwargs['help_text']} As JSON, such as {example}"
        super().__init__(
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            initial=None,
            **kwargs,
        )

    def parse(self, text: str) -> Any:
        """Return the document that a text is; the text itself if it is none."""
        try:
            return json.loads(text)
        except ValueError:
            return text

    def clean(self, value: Any) -> Any:
        """Return the document; an empty text is an empty one."""
        found = super().clean(value)
        if found is None:
            return self.document.get_default()
        self.document.check_value(found)
        return self.document.shape.tidy(found)


def field_of_place(place: str) -> str:
    """Return the name of the field that a place is in."""
    return _INSIDE.split(place, maxsplit=1)[0]
