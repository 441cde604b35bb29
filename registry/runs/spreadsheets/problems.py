"""What can be wrong with a sheet or with one of its cells."""

from __future__ import annotations

from dataclasses import dataclass

from registry.core.errors import InvalidInput

#: The name under which messages about the whole sheet are reported.
SHEET = "sheet"


class InvalidSheet(InvalidInput):
    """The sheet cannot be read, or its header row is wrong.

    ``fields`` has the messages by column, and those about the whole under ``sheet``.
    """


class CellError(Exception):
    """The value of a cell is invalid; the message states what would be valid."""


@dataclass(frozen=True)
class Unreadable:
    """A cell without a value that could be used, such as ``#REF!``."""

    message: str


def invalid_sheet(message: str) -> InvalidSheet:
    """Return the error for a sheet that is invalid as a whole."""
    return InvalidSheet({SHEET: [message]})
