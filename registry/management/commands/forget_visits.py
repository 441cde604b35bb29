"""`forget_visits DAYS`: delete old personal data from the audit trail."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from registry.identity.audit import forget_visits
from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    help = (
        "Delete sign-ins, failed sign-ins and sign-outs that are more than DAYS days "
        "old, and the network addresses of all events before that. Changes to records, "
        "tokens and roles stay."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("days", type=int, help="number of days to keep")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["days"] <= 36_500:
            raise CommandError("DAYS must be a whole number from 1 to 36500.")
        before = timezone.now() - timedelta(days=options["days"])
        visits, addresses = forget_visits(before=before)
        self.stdout.write(f"Deleted: {visits} visits, {addresses} addresses.")
