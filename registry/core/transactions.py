"""Transactions that are repeated where the database gives them up.

Of two transactions that wait for each other PostgreSQL ends one, which did nothing
wrong. It is repeated as a whole. Services are therefore functions that can run again
with the same arguments; one that uses up what it reads, such as the body of a request,
uses ``django.db.transaction.atomic``.
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

#: How often a transaction is begun, at most.
TRIES = 3
#: Seconds to wait before the second try, at most; before the third, twice as many.
_WAIT = 0.1


def run_atomically(work: Callable[[], T]) -> T:
    """Do ``work`` in a transaction, up to three times where others get in its way.

    Within another transaction the work is done once, since only the outer one can be
    repeated. Raises ``Conflict`` when the last try failed too.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return work()
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if not is_contention(error):
                raise
            cause = error
        logger.info("the transaction met another, try %s: %s", attempt, cause)
        if attempt < TRIES:
            # at random, so that the two do not meet again
            time.sleep(random.uniform(0, _WAIT * attempt))  # noqa: S311
    raise Conflict("Another change was made at the same moment; try again.") from cause


def atomic(work: Callable[P, T]) -> Callable[P, T]:
    """Have a service run by ``run_atomically`` (a decorator)."""

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return run_atomically(lambda: work(*args, **kwargs))

    return run
