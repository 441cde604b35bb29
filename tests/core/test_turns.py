"""Writers of one process take turns, in order."""

from __future__ import annotations

import time
from threading import Event, Thread

import pytest
from django.db import OperationalError, connection, transaction

from registry.catalogue.models import FileType
from registry.core.database_errors import to_registry_error
from registry.core.errors import Unavailable
from registry.core.lock_waits import brief_lock_waits
from registry.core.sqlite3.turns import Turns
from tests.factories import FileTypeFactory
from tests.races import in_thread

#: PostgreSQL has many writers at a time.
on_sqlite = pytest.mark.once


def test_the_turn_passes_in_the_order_of_asking() -> None:
    turns, done = Turns(), list[int]()
    assert turns.take(0)

    def wait(number: int) -> None:
        assert turns.take(60)
        done.append(number)
        turns.pass_on()

    threads = []
    for number in range(5):
        threads.append(Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(turns._waiting) <= number:
            time.sleep(0.001)
    turns.pass_on()
    for thread in threads:
        thread.join()
    assert done == [0, 1, 2, 3, 4]
    assert turns.take(0)


def test_who_waited_too_long_has_no_turn_and_holds_up_nobody() -> None:
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(0.01)
    turns.pass_on()
    assert turns.take(0)


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_gets_no_turn_is_busy_and_the_next_is_not() -> None:
    began, end = Event(), Event()

    def write() -> None:
        with transaction.atomic():
            FileTypeFactory.create()
            began.set()
            end.wait(60)

    writer = Thread(target=in_thread(write))
    writer.start()
    assert began.wait(60)
    with (
        brief_lock_waits(0.05),
        pytest.raises(OperationalError, match="locked") as caught,
        transaction.atomic(),
    ):
        pass
    end.set()
    writer.join()
    assert isinstance(to_registry_error(caught.value), Unavailable)
    FileTypeFactory.create()
    assert FileType.objects.count() == 2


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_closed_in_a_transaction_ends_its_turn() -> None:
    def write() -> None:
        with transaction.atomic():
            FileTypeFactory.create()
            connection.close()

    writer = Thread(target=write)
    writer.start()
    writer.join()
    FileTypeFactory.create()
    assert FileType.objects.count() == 1
