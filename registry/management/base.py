"""What the registry's own commands have in common."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.core import context
from registry.core.errors import RegistryError


class RegistryCommand(BaseCommand):
    """A command whose refusals are messages, and whose events say where they began.

    What a command answers goes to standard output, and nothing else does, so that
    scripts may take it from there.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; a refusal by a service ends it with status 1."""
        name = type(self).__module__.rpartition(".")[2]
        earlier = context.client.set(f"manage.py {name}")
        try:
            return super().execute(*args, **options)
        except RegistryError as error:
            raise CommandError(error.detail) from error
        finally:
            context.client.reset(earlier)
