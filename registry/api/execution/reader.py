"""Read tasks with why they wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.api.base.reader import RecordReader
from registry.core import models
from registry.execution.models import Task
from registry.execution.states import DEPENDENCY_FAILED, TaskState
from registry.execution.waiting import explain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from registry.api.base.reader import Record, Row

#: The field that says why a task is in its state.
MESSAGE = "message"
_WAITING = Q(state__in=(TaskState.HELD, TaskState.READY)) | Q(
    state=TaskState.FAILED, reason=DEPENDENCY_FAILED
)


class TaskReader(RecordReader):
    """Reads the fields of another reader; says of waiting tasks what they wait for.

    With ``places`` it says the place of a ready task in the queue, for a statement
    each.
    """

    def __init__(self, reader: RecordReader, *, places: bool) -> None:
        super().__init__(reader.model, reader.columns)
        self._reader = reader
        self._places = places

    def row(self, pk: int, stored: models.Record | None = None) -> Row | None:
        """Return the complete row with this id, by the statement that is compiled."""
        return self._reader.row(pk, stored)

    def _build_records(
        self, rows: Sequence[Row], related_values: Mapping[int, Row], base: str
    ) -> list[Record]:
        records: list[dict[str, Any]]
        records = super()._build_records(rows, related_values, base)
        if MESSAGE not in self.names:
            return records
        waiting = Task.objects.filter(_WAITING, pk__in=[row[0] for row in rows])
        said = explain(list(waiting), places=self._places)
        for row, record in zip(rows, records, strict=True):
            if row[0] in said:
                record[MESSAGE] = said[row[0]]
        return records
