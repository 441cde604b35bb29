"""Leave room in the pages of jobs, so that changes of their states need no index."""

from typing import Any

from django.db import migrations


def leave_room(apps: Any, editor: Any) -> None:
    """Have PostgreSQL fill half of each page (heap-only tuples need the rest)."""
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE registry_job SET (fillfactor = 50)")


def leave_none(apps: Any, editor: Any) -> None:
    """Undo it."""
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE registry_job RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("registry", "0022_run_requests")]

    operations = [migrations.RunPython(leave_room, leave_none)]
