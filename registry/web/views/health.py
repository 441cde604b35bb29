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

from registry.storage.disk_space import find_disk_problem

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
    """Answer whether the database and the data folder can be used."""
    problem = _problem_of_database() or find_disk_problem()
    return _plain(problem or "ready", 503 if problem else 200)


def _problem_of_database() -> str:
    """Say what is wrong with the database; nothing where it can be used."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "" if _is_migrated() else "migrations are not applied"
    except DatabaseError as error:
        logger.error("the database does not answer: %s", error)  # noqa: TRY400
        return "the database does not answer"


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
