"""Only what passes is "busy": trying again must be able to help."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

from registry.core.database_errors import to_registry_error
from registry.core.errors import Unavailable


@pytest.mark.django_db
def test_a_statement_with_too_many_parameters_is_not_busy() -> None:
    # more than either database takes in one statement
    numbers = list(range(260_000))
    statement = f"SELECT 1 WHERE 1 IN ({', '.join(['%s'] * len(numbers))})"
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute(statement, numbers)
    assert to_registry_error(caught.value) is None


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_busy() -> None:
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    found = to_registry_error(caught.value)
    connection.close()
    assert isinstance(found, Unavailable)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_statement_over_a_closed_connection_is_busy() -> None:
    connection.ensure_connection()
    assert connection.connection is not None
    connection.connection.pgconn.finish()
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    found = to_registry_error(caught.value)
    connection.close()
    assert isinstance(found, Unavailable)
