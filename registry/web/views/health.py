"""Health checks for load balancers and monitors: liveness and readiness.

Both return plain text to everybody: 200, or 503 with the reason.
"""

from __future__ import annotations

import logging

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry.storage.disk_space import find_disk_problem
from registry.storage.sample import look_at_sample

logger = logging.getLogger(__name__)

# migrations are not reverted under a running process, and the check costs 50 ms
_migrated: set[str] = set()


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Report that the process runs, whatever else does not work."""
    return _plain("alive", 200)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Report whether the database, the data folder and the store can be used."""
    problem = _database_problem() or find_disk_problem()
    if problem:
        return _plain(problem, 503)
    sample = look_at_sample()
    return _plain(str(sample) or "ready", 503 if sample.is_lost else 200)


def _database_problem() -> str:
    """Return the problem of the database, or an empty text if it can be used."""
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
