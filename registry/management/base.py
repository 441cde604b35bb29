"""The base class of the registry's management commands."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from registry.core import context
from registry.core.database_errors import is_disk_full, is_table_missing
from registry.core.errors import RegistryError

#: Errors that end a command with a message, since they are not defects.
EXPECTED_ERRORS = (RegistryError, ImproperlyConfigured, DatabaseError, OSError)


def explain_error(error: Exception) -> str:
    """Return one line that explains why a command failed."""
    if isinstance(error, OSError | DatabaseError) and is_disk_full(error):
        return "There is no space left on the disk; nothing was stored."
    if isinstance(error, DatabaseError):
        return _explain_database(error)
    if isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}"
    return str(error)


def _explain_database(error: DatabaseError) -> str:
    if is_table_missing(error):
        return (
            "Tables that this version needs are missing in the database. Run: "
            "python manage.py prepare"
        )
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"The database cannot be used: {lines[0]}"


class RegistryCommand(BaseCommand):
    """A command that reports expected errors as messages, and names itself in events.

    Only results are written to standard output, so that scripts can read them.
    """

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command; an expected error ends it with status 1."""
        name = type(self).__module__.rpartition(".")[2]
        earlier = context.client.set(f"manage.py {name}")
        try:
            return super().execute(*args, **options)
        except EXPECTED_ERRORS as error:
            raise CommandError(explain_error(error)) from error
        finally:
            context.client.reset(earlier)
