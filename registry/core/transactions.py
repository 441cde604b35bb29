"""Transactions that are repeated if the database aborts them.

If two transactions wait for each other, PostgreSQL aborts one of them. It is repeated
as a whole. So services are functions that can run again with the same arguments; a
service that consumes its input, such as the body of a request, uses
``django.db.transaction.atomic`` instead.
"""

from __future__ import annotations

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from registry.core.database_errors import is_contention
from registry.core.errors import Conflict

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

#: Maximum number of attempts of a transaction.
MAX_ATTEMPTS = 3
#: Maximum seconds before the second attempt; twice as many before the third.
_RETRY_DELAY = 0.1


def run_atomically(work: Callable[[], T]) -> T:
    """Call ``work`` in a transaction; retry up to twice if the database aborts it.

    Inside another transaction it is called once, since only the outer one can be
    repeated. Raises ``Conflict`` if the last attempt fails too.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return work()
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if not is_contention(error):
                raise
            cause = error
        logger.info("the transaction was aborted, attempt %s: %s", attempt, cause)
        if attempt < MAX_ATTEMPTS:
            # at random, so that the two do not collide again
            time.sleep(random.uniform(0, _RETRY_DELAY * attempt))  # noqa: S311
    raise Conflict("Another change was made at the same moment; try again.") from cause


def atomic(work: Callable[P, T]) -> Callable[P, T]:
    """Run a service with ``run_atomically`` (a decorator)."""

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return run_atomically(lambda: work(*args, **kwargs))

    return run
