"""`recount`: count the records of each type, and correct what lists show."""

from __future__ import annotations

from typing import Any

from registry.core.row_triggers import recount
from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    help = (
        "Count the records of each type, and correct the numbers that lists show. This "
        "is needed only after rows were written past the triggers that keep the "
        "numbers, as `pg_restore --disable-triggers` does. You can run it while the "
        "registry is serving."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for table, difference in recount().items():
            self.stdout.write(f"{table}: {difference:+}")
