"""Find the file of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping


def require_form_file(files: Mapping[str, Any], field: str, what: str) -> Any:
    """Return the file that a form has in a field.

    Raises ``InvalidInput`` that says what the form should have: ``what``, such as "a
    zip file", and under which name.
    """
    file = files.get(field)
    if file is not None:
        return file
    if not files:
        raise InvalidInput({field: [f"Choose {what}."]})
    others = ", ".join(repr(name[:100]) for name in list(files)[:5])
    raise InvalidInput(
        {field: [f"Send {what}, in the field {field!r}; this form has it in {others}."]}
    )
