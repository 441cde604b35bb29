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
        how = "One a line" if model_field.shape.read else f"As JSON, such as {example}"
        kwargs["help_text"] = f"{kwargs['help_text']} {how}.".replace("`", "")
        super().__init__(
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            initial=None,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a document; nothing for none, and names line by line."""
        if value is None:
            return ""
        if self.document.shape.read is not None and isinstance(value, list):
            return "\n".join(map(str, value))
        return super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        """Return the document of a text: of names, one a line or as JSON."""
        return super().to_python(self._as_json(value))

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the document of what was sent, to be shown again."""
        return super().bound_data(self._as_json(data), initial)

    def _as_json(self, text: Any) -> Any:
        read = self.document.shape.read
        is_lines = isinstance(text, str) and not text.lstrip().startswith("[")
        if read is None or not is_lines or text in self.empty_values:
            return text
        return json.dumps(read(text))

    def parse(self, text: str) -> Any:
        """Return the document that a text is; the text itself if it is none."""
        try:
            return json.loads(self._as_json(text))
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
