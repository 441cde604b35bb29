"""`restore_record KIND ID`: restore a deleted record, or undo a change."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from registry.core.record_types import record_kinds, record_type_named
from registry.core.restoring import restore_record
from registry.identity.models import User
from registry.management.base import RegistryCommand

if TYPE_CHECKING:
    from registry.core.record_types import RecordType


class Command(RegistryCommand):
    help = (
        "Put a deleted record back under its old id, as it was when it was deleted. "
        "With --event, return an existing record to what it was before that change."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", help="the kind of the record, such as code_run")
        parser.add_argument("id", type=int, help="the id of the record")
        parser.add_argument(
            "--event", type=int, help="the id of an event of the record"
        )
        parser.add_argument("--by", metavar="NAME", help="the account that restores it")

    def handle(self, *args: Any, **options: Any) -> None:
        record_type = _record_type(options["kind"])
        by = _account(options["by"])
        done = restore_record(
            record_type, options["id"], event_id=options["event"], by=by
        )
        record = done.record
        self.stdout.write(
            f"Restored {record_type.title} {record.pk} ({record}) as it was before "
            f"event {done.event.pk}."
        )
        for name, ids in done.missing.items():
            gone = ", ".join(map(str, ids))
            self.stdout.write(f"Left out of {name}, not on record any more: {gone}")
        for name in done.unknown:
            self.stdout.write(f"Left out, no field any more: {name}")


def _record_type(kind: str) -> RecordType[Any]:
    try:
        return record_type_named(kind)
    except LookupError as error:
        kinds = ", ".join(sorted(record_kinds()))
        raise CommandError(f"{error} Choose from {kinds}.") from error


def _account(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no account {name!r}.")
    return user
