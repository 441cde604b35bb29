"""The database backend that Django loads by the name of this package."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base, features

from registry.core.errors import StatementTimeout
from registry.core.sqlite3.turns import Turns
from registry.core.statement_timeouts import current_timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Instructions of SQLite's virtual machine between two looks at the clock: some
#: milliseconds. Each look waits for the interpreter, so more would slow reads down.
_STEPS = 100_000
#: Seconds that Python's driver waits for a lock, unless the settings say otherwise.
_USUAL_SECONDS = 5.0

#: The turns of the writers of each database file in this process.
_TURNS: defaultdict[str, Turns] = defaultdict(Turns)


class Deadline:
    """When the statement that a connection is executing must be done."""

    at = inf

    def begin(self) -> None:
        """Start the time of a statement, and of reading its rows."""
        seconds = current_timeout()
        self.at = monotonic() + seconds if seconds else inf

    def is_over(self) -> bool:
        """Tell SQLite whether to stop the statement."""
        return monotonic() > self.at

    @contextmanager
    def translate_interrupts(self) -> Iterator[None]:
        """Raise ``StatementTimeout`` if SQLite stopped the statement."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT and self.is_over():
                raise StatementTimeout from error
            raise


class Cursor(base.SQLiteCursorWrapper):
    """Holds statements to the time limit; SQLite works while rows are fetched, too."""

    deadline: Deadline

    def execute(self, query: Any, params: Any = None) -> Any:
        """Execute a statement."""
        self.deadline.begin()
        with self.deadline.translate_interrupts():
            return super().execute(query, params)

    def fetchone(self) -> Any:
        """Return the next row."""
        with self.deadline.translate_interrupts():
            return super().fetchone()

    def fetchmany(self, *args: Any, **kwargs: Any) -> Any:
        """Return the next rows."""
        with self.deadline.translate_interrupts():
            return super().fetchmany(*args, **kwargs)

    def fetchall(self) -> Any:
        """Return the rows that are left."""
        with self.deadline.translate_interrupts():
            return super().fetchall()

    def __iter__(self) -> Any:
        """Yield the rows that are left."""
        with self.deadline.translate_interrupts():
            yield from iter(super().fetchone, None)


class Features(features.DatabaseFeatures):
    """What SQLite can do; Django goes by what it could before version 3.32."""

    max_query_params = 32_766 if sqlite3.sqlite_version_info >= (3, 32) else 999


class DatabaseWrapper(base.DatabaseWrapper):
    """Gives each connection a deadline, which its cursors set, and turns to write."""

    features_class = Features

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deadline = Deadline()
        self._turns: Turns | None = None
        usual = self.settings_dict["OPTIONS"].get("timeout", _USUAL_SECONDS)
        #: How long a transaction waits for its turn.
        self.lock_seconds = float(usual)

    def get_new_connection(self, conn_params: Any) -> Any:
        """Connect, and have SQLite look at the clock now and then."""
        connection = super().get_new_connection(conn_params)
        connection.set_progress_handler(self.deadline.is_over, _STEPS)
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor."""
        cursor = self.connection.cursor(factory=Cursor)
        cursor.deadline = self.deadline
        return cursor

    def _start_transaction_under_autocommit(self) -> None:
        """Begin a transaction when no other thread of this process is writing."""
        turns = _TURNS[str(self.settings_dict["NAME"])]
        if not turns.take(self.lock_seconds):
            raise _locked()
        self._turns = turns
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self._end_turn()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.pass_on()


def _locked() -> OperationalError:
    """Return the error that SQLite raises when it has waited for too long."""
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error
