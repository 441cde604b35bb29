"""Transactions that the database aborts are repeated, and others are not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from registry.catalogue.models import Namespace
from registry.core.errors import Conflict
from registry.core.transactions import MAX_ATTEMPTS, atomic, run_atomically
from tests.factories import NamespaceFactory
from tests.postgres_errors import DEADLOCK, SERIALIZATION

pytestmark = pytest.mark.django_db(transaction=True)


def _raise(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{state}'; END $$"
        )


@pytest.mark.postgres
def test_two_deadlocked_transactions_both_succeed_in_the_end() -> None:
    rows = [NamespaceFactory.create(name=name).pk for name in "ab"]
    met = Barrier(2)

    def change(order: list[int]) -> int:
        tries = 0

        def work() -> None:
            nonlocal tries
            tries += 1
            for number, pk in enumerate(order):
                Namespace.objects.select_for_update().get(pk=pk)
                if tries == 1 and number == 0:
                    met.wait(60)
            Namespace.objects.filter(pk=order[0]).update(full_name=str(order))

        try:
            run_atomically(work)
        finally:
            connection.close()
        return tries

    with ThreadPoolExecutor(2) as pool:
        tries = list(pool.map(change, [rows, rows[::-1]]))
    assert sorted(tries) == [1, 2]


@pytest.mark.postgres
@pytest.mark.parametrize("state", [DEADLOCK, SERIALIZATION])
def test_a_transaction_is_tried_three_times_and_leaves_nothing(state: str) -> None:
    tries = []

    @atomic
    def store(name: str, *, wanted: int) -> str:
        tries.append(name)
        people = {"registered_by": by, "updated_by": by}
        Namespace.objects.create(name=f"{name}{len(tries)}", **people)
        if len(tries) < wanted:
            _raise(state)
        return name

    by = NamespaceFactory.create().registered_by
    assert store("a", wanted=MAX_ATTEMPTS) == "a"
    assert Namespace.objects.filter(name__startswith="a").count() == 1
    tries.clear()
    with pytest.raises(Conflict, match="at the same moment"):
        store("b", wanted=MAX_ATTEMPTS + 1)
    assert len(tries) == MAX_ATTEMPTS
    assert not Namespace.objects.filter(name__startswith="b").exists()


@pytest.mark.postgres
def test_nothing_is_repeated_in_another_transaction() -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        _raise(DEADLOCK)

    with pytest.raises(OperationalError), transaction.atomic():
        run_atomically(work)
    assert len(tries) == 1


def test_other_errors_are_not_repeated() -> None:
    tries = []

    def work() -> None:
        tries.append(1)
        raise IntegrityError

    with pytest.raises(IntegrityError):
        run_atomically(work)
    assert len(tries) == 1
