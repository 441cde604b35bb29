"""Find the file of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.errors import InvalidInput
from registry.http.bodies import MEGABYTE

if TYPE_CHECKING:
    from collections.abc import Mapping


def require_form_file(
    files: Mapping[str, Any], field: str, what: str, *, megabytes: int | None = None
) -> Any:
    """Return the file that a form has in a field.

    Raises ``InvalidInput`` that says what the form should have: ``what``, such as "a
    zip file", and under which name; also if it has more than so many ``megabytes``.
    """
    file = files.get(field)
    if file is None:
        raise InvalidInput({field: [_missing(files, field, what)]})
    if megabytes is not None and file.size > megabytes * MEGABYTE:
        limit = f"This registry accepts {megabytes} megabytes."
        raise InvalidInput({field: [f"The file is too large. {limit}"]})
    return file


def _missing(files: Mapping[str, Any], field: str, what: str) -> str:
    """Return the message that a form has no file in a field."""
    if not files:
        return f"Choose {what}."
    others = ", ".join(repr(name[:100]) for name in list(files)[:5])
    return f"Send {what}, in the field {field!r}; this form has it in {others}."
