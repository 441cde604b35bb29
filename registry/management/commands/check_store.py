"""`check_store`: compare the files in the store with the registered files."""

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
        "List files that are missing or altered, files in the store that are not "
        "registered, leftovers of unfinished uploads, and files that are well again. "
        "The audit trail gets an event for each file that is missing, altered or well "
        "again. The exit status is 1 if files are missing or altered. You can run it "
        "while the registry is serving."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-checksums",
            action="store_false",
            dest="checksums",
            help="compare only sizes instead of reading every byte",
        )
        parser.add_argument(
            "--remove",
            action="store_true",
            help="remove leftovers of killed uploads, and unregistered files that are "
            "older than a day",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            remove_abandoned_uploads()
        lost = 0
        for finding in check_store(checksums=options["checksums"]):
            lost += finding.state in LOST_STATES
            self._report_finding(finding, remove=options["remove"])
        if lost:
            raise CommandError(
                f"Missing or altered files: {lost}. Restore them from a backup, or "
                "upload them again."
            )

    def _report_finding(self, finding: StoreFinding, *, remove: bool) -> None:
        is_removed = (
            remove
            and finding.state == FileState.UNREGISTERED
            and remove_unregistered(finding.name)
        )
        self.stdout.write(f"{finding}, removed" if is_removed else str(finding))
