"""Whether the registry lives, and whether it can serve: for balancers and monitors.

Both answer plain text, to anybody: 200, or 503 with the reason.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

logger = logging.getLogger(__name__)

# Migrations are not taken back under a running process, and looking costs 50 ms
_migrated: set[str] = set()


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer that the process runs, whatever else may be down."""
    return _plain("alive", 200)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer whether the database answers and has all its tables."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _is_migrated():
            return _plain("migrations are not applied", 503)
    except DatabaseError:
        logger.exception("the database does not answer")
        return _plain("the database does not answer", 503)
    return _plain("ready", 200)


def _is_migrated() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name not in _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.add(name)
    return True


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")
