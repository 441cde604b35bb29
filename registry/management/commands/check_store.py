"""`check_store`: compare the files of the store with what is registered of them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from registry.management.base import RegistryCommand
from registry.storage.maintenance import (
    LOST_STATES,
    FileState,
    StoreFinding,
    check_store,
    remove_abandoned_uploads,
    remove_unregistered,
)


class Command(RegistryCommand):
    help = (
        "List files of the store that are missing or altered, that are not registered, "
        "or that an unfinished upload has left. The exit status is 1 when files are "
        "missing or altered. It may run while the registry serves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-checksums",
            action="store_false",
            dest="checksums",
            help="compare sizes only, and do not read every byte",
        )
        parser.add_argument(
            "--remove",
            action="store_true",
            help="remove what killed uploads have left, and files that are not "
            "registered and older than a day",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            remove_abandoned_uploads()
        lost = 0
        for finding in check_store(checksums=options["checksums"]):
            lost += finding.state in LOST_STATES
            self._report(finding, remove=options["remove"])
        if lost:
            raise CommandError(
                f"Missing or altered files: {lost}. Restore them from a backup, or "
                "upload them again."
            )

    def _report(self, finding: StoreFinding, *, remove: bool) -> None:
        is_removed = (
            remove
            and finding.state == FileState.UNREGISTERED
            and remove_unregistered(finding.name)
        )
        self.stdout.write(f"{finding}, removed" if is_removed else str(finding))
