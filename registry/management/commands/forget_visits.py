"""`forget_visits DAYS`: keep the audit trail no longer than it is needed."""

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
        "Forget who signed in, failed to, or signed out more than DAYS ago, and the "
        "network addresses of all events before that. What was done to records, "
        "tokens and roles stays."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("days", type=int, help="how many days are kept")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["days"] <= 36_500:
            raise CommandError("DAYS is a whole number from 1 to 36500.")
        before = timezone.now() - timedelta(days=options["days"])
        visits, addresses = forget_visits(before=before)
        self.stdout.write(f"Forgotten: {visits} visits, {addresses} addresses.")
