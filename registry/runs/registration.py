"""Registering records of any type, by the service that the type needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from registry.catalogue import models, services
from registry.core.records import Values, create_records
from registry.runs.models import CodeRun
from registry.runs.services import register_code_runs

if TYPE_CHECKING:
    from registry.core.models import Record
    from registry.identity.models import User

#: The types whose records need more than their own row.
_SERVICES: dict[type[Record], Callable[..., Any]] = {
    models.Author: services.register_authors,
    models.DataProduct: services.register_data_products,
    models.ExternalObject: services.register_external_objects,
    models.Object: services.register_objects,
    CodeRun: register_code_runs,
}


def register(
    model: type[Record], rows: Sequence[Values], *, by: User, checked: bool = False
) -> list[Record]:
    """Store one record a row, all or none."""
    service = _SERVICES.get(model)
    if service is None:
        return create_records(model, rows, by=by, checked=checked)
    records: list[Record] = service(rows, by=by, checked=checked)
    return records
