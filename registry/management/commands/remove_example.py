"""`remove_example`: remove the example, while nothing builds on it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from registry.identity.models import User
from registry.management.base import RegistryCommand
from registry.management.commands.prepare import ADMINISTRATOR
from registry.management.example.remove import remove_example


class Command(RegistryCommand):
    help = (
        "Remove the records that load_example registered, with an event for each. If "
        "other records build on them, the command names these and removes nothing. "
        "The stored files stay, and so do authors and file types that others use."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=ADMINISTRATOR).first()
        if user is None:
            raise CommandError(f"There is no account {ADMINISTRATOR!r}.")
        removed = remove_example(by=user)
        if not removed:
            self.stdout.write("The example is not registered; nothing was removed.")
            return
        numbers = ", ".join(f"{number} {kind}" for kind, number in removed.items())
        self.stdout.write(f"Removed the example: {numbers}.")
