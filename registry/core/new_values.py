"""Rules for new values, which values that records have already need not follow.

A rule that is younger than the registry would make records invalid that people have
registered. So it is asked only about the values of new records and about those that a
change sets, and a record keeps what it has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from registry.core.duplicates import find_duplicates
from registry.core.errors import Duplicate, InvalidInput, RegistryError

if TYPE_CHECKING:
    from registry.core.models import Record


def new_value_error(
    record: Record, names: Collection[str] | None = None
) -> InvalidInput | None:
    """Return the error of new values of a record; by default, all are new."""
    errors: dict[str, list[str]] = {}
    for name, rule in record.new_value_rules.items():
        value = getattr(record, name)
        if value is None or (names is not None and name not in names):
            continue
        try:
            rule(value)
        except ValidationError as error:
            errors[name] = error.messages
    return InvalidInput(errors) if errors else None


def errors_of_new_records(records: Sequence[Record]) -> Mapping[int, RegistryError]:
    """Return the errors of the values of new records, by row number.

    A record that is there already is a duplicate, whatever values it has: clients
    rely on that.
    """
    errors: dict[int, RegistryError] = {
        index: error
        for index, record in enumerate(records)
        if (error := new_value_error(record)) is not None
    }
    if not errors:
        return {}
    indexes = list(errors)
    known = find_duplicates([records[index] for index in indexes])
    for position, known_error in known.items():
        if isinstance(known_error, Duplicate) and known_error.existing is not None:
            errors[indexes[position]] = known_error
    return errors
