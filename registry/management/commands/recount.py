"""`recount`: count the records of each type, and correct what lists show."""

from __future__ import annotations

from typing import Any

from registry.core.row_triggers import recount
from registry.execution.counts import recount_all
from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    help = (
        "Count the records of each type, and the tasks of run requests by state, and "
        "correct the numbers that lists and pages show. This is needed only after rows "
        "were written past what keeps the numbers, as `pg_restore --disable-triggers` "
        "does. You can run it while the registry is serving."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for table, difference in recount().items():
            self.stdout.write(f"{table}: {difference:+}")
        for pk, changes in recount_all().items():
            for (_, name, state), number in sorted(changes.items()):
                what = f"{name} {state}".strip()
                self.stdout.write(f"tasks of run request {pk}, {what}: {number:+}")
