"""Read accounts without the e-mail addresses of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import NotAuthenticated

from registry.api.base.expanding import restrict_expanded
from registry.api.base.reader import RecordReader
from registry.core import models
from registry.core.field_references import name_of
from registry.identity.models import User
from registry.identity.roles import is_administrator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rest_framework.request import Request

    from registry.api.base.reader import Record, Row

#: The field of an account that only its owner and administrators see.
ADDRESS = name_of(User.email)


def as_seen_by(reader: RecordReader, request: Request) -> RecordReader:
    """Return the reader of linked accounts, which only those with an account see."""
    user = request.user
    if not user.is_authenticated:
        raise NotAuthenticated(
            "Only people who are signed in can see accounts: leave them out of expand."
        )
    return reader if is_administrator(user) else OwnAddressReader(reader, user.pk)


restrict_expanded(User, as_seen_by)


class OwnAddressReader(RecordReader):
    """Reads the fields of another reader; empties the addresses of all but one account.

    ``own`` is the id of that account.
    """

    def __init__(self, reader: RecordReader, own: int) -> None:
        super().__init__(reader.model, reader.columns)
        self._reader = reader
        self._own = own

    def row(self, pk: int, stored: models.Record | None = None) -> Row | None:
        """Return the complete row with this id, by the statement that is compiled."""
        return self._reader.row(pk, stored)

    def _build_records(
        self, rows: Sequence[Row], related_values: Mapping[int, Row], base: str
    ) -> list[Record]:
        records: list[dict[str, Any]]
        records = super()._build_records(rows, related_values, base)
        for row, record in zip(rows, records, strict=True):
            if ADDRESS in record and row[0] != self._own:
                record[ADDRESS] = ""
        return records
