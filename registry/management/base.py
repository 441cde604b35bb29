"""What the registry's own commands have in common."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from registry.core import context
from registry.core.database_errors import is_disk_full, is_table_missing
from registry.core.errors import RegistryError

#: What stops a command that is no defect of the registry.
EXPECTED_ERRORS = (RegistryError, ImproperlyConfigured, DatabaseError, OSError)


def explain(error: Exception) -> str:
    """Say in one line what stopped a command."""
    if isinstance(error, OSError | DatabaseError) and is_disk_full(error):
        return "There is no room left on the disk; nothing was stored."
    if isinstance(error, DatabaseError):
        return _explain_database(error)
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    return str(error)


def _explain_database(error: DatabaseError) -> str:
    if is_table_missing(error):
        return (
            "The database lacks tables that this version needs. Run: "
            "python manage.py prepare"
        )
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"The database cannot be used: {lines[0]}"


class RegistryCommand(BaseCommand):
    """A command whose refusals are messages, and whose events say where they began.

    What a command answers goes to standard output, and nothing else does, so that
    scripts may take it from there.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; a refusal, or a trouble, ends it with status 1."""
        name = type(self).__module__.rpartition(".")[2]
        earlier = context.client.set(f"manage.py {name}")
        try:
            return super().execute(*args, **options)
        except EXPECTED_ERRORS as error:
            raise CommandError(explain(error)) from error
        finally:
            context.client.reset(earlier)
