"""The state of the service, for the start page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Sum, Value
from django.template.defaultfilters import filesizeformat

from registry import __version__
from registry.core.models import Event
from registry.core.record_types import record_types
from registry.identity.roles import is_administrator
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True)
class StatusLine:
    """One fact about the service; ``is_well`` is None if it cannot be a problem."""

    label: str
    value: str
    is_well: bool | None = None


def service_status(viewer: Any) -> list[StatusLine]:
    """Return the facts about the service that a viewer may know, in reading order."""
    return [
        StatusLine("Version", f"{__version__}, on Django {django.get_version()}"),
        StatusLine("Database", _database()),
        _migrations(),
        StatusLine("Records", _records(viewer)),
        StatusLine("Store", _store()),
        _space(),
    ]


def _database() -> str:
    """Return the name and version of the database."""
    name = _DATABASES.get(connection.vendor, connection.vendor)
    version = connection.get_database_version()
    return f"{name} {'.'.join(map(str, version))}"


def _migrations() -> StatusLine:
    """Return whether all migrations of this version are applied."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return StatusLine("Migrations", "all applied", is_well=True)
    names = ", ".join(f"{step.app_label} {step.name}" for step, _ in plan)
    return StatusLine("Migrations", f"not applied yet: {names}", is_well=False)


def _records(viewer: Any) -> str:
    """Return the number of records of every type, in one statement."""
    first, *rest = (
        rows.values(type_name=Value(str(rows.model._meta.verbose_name_plural)))
        .annotate(count=Count("pk"))
        .order_by()
        for rows in _counted_rows(viewer)
    )
    rows = first.union(*rest, all=True)
    counts = sorted((row["type_name"], row["count"]) for row in rows if row["count"])
    return ", ".join(f"{count:,} {name}" for name, count in counts) or "none"


def _counted_rows(viewer: Any) -> Iterator[Any]:
    """Yield the rows to count; private records only for administrators."""
    sees_all = is_administrator(viewer)
    hidden = [one.kind for one in record_types() if one.is_private and not sees_all]
    for one in record_types():
        if one.kind not in hidden:
            yield one.model._default_manager.all()
    yield Event.objects.exclude(kind__in=hidden)


def _store() -> str:
    """Return the number and size of the stored files."""
    held = StoredFile.objects.aggregate(files=Count("pk"), size=Sum("size"))
    return f"{held['files']:,} files, {filesizeformat(held['size'] or 0)}"


def _space() -> StatusLine:
    """Return the free space of the data folder; less than a twentieth is a problem."""
    usage = shutil.disk_usage(settings.REGISTRY_DATA_DIR)
    return StatusLine(
        "Free space in the data folder",
        f"{filesizeformat(usage.free)} of {filesizeformat(usage.total)}",
        is_well=usage.free * 20 > usage.total,
    )
