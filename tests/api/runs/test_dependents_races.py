"""A run is read while it is being deleted or changed: PostgreSQL lets neither slip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import transaction

from registry.catalogue.models import ObjectComponent
from registry.core.errors import HasDependents
from registry.runs.models import CodeRun
from registry.runs.services import (
    delete_code_run,
    register_code_runs,
    update_code_run,
)
from tests.factories import CodeRunFactory, ObjectComponentFactory, values_of
from tests.races import in_thread, wait_for_a_waiting_writer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

#: What takes away what others could stand on.
TAKES_AWAY: dict[str, Callable[[CodeRun], Any]] = {
    "delete": lambda run: delete_code_run(run.pk, by=run.registered_by),
    "outputs": lambda run: update_code_run(
        run.pk, {"outputs": []}, by=run.registered_by
    ),
    "inputs": lambda run: update_code_run(run.pk, {"inputs": []}, by=run.registered_by),
}


@pytest.fixture(params=["same", "whole", "new", "script"])
def reads(request: pytest.FixtureRequest) -> Callable[[CodeRun], dict[str, Any]]:
    """Return what a run is registered with that uses what another wrote."""

    def values(run: CodeRun) -> dict[str, Any]:
        part: ObjectComponent = run.outputs.get()
        if request.param == "script":
            return {"submission_script": part.object, "inputs": []}
        if request.param == "new":
            return {"inputs": [ObjectComponentFactory(object=part.object)]}
        whole = part.object.components.get(whole_object=True)
        return {"inputs": [part if request.param == "same" else whole]}

    return values


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _submit(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Future[Any]:
    return pool.submit(in_thread(work))


@pytest.mark.parametrize("how", TAKES_AWAY)
def test_a_run_that_is_being_registered_waits_for_the_deletion(
    how: str, reads: Callable[[CodeRun], dict[str, Any]], pool: ThreadPoolExecutor
) -> None:
    """It is on record only after the deletion, as if it had been sent later."""
    run = CodeRunFactory()
    values = values_of(CodeRunFactory, **reads(run))
    description = values["description"]
    with transaction.atomic():
        TAKES_AWAY[how](run)
        registered = _submit(
            pool, lambda: register_code_runs([values], by=run.registered_by)
        )
        wait_for_a_waiting_writer()
        assert not registered.done()
        assert not CodeRun.objects.filter(description=description).exists()
    assert len(registered.result()) == 1
    assert CodeRun.objects.filter(description=description).exists()


@pytest.mark.parametrize("how", TAKES_AWAY)
def test_a_deletion_sees_a_run_that_was_registered_meanwhile(
    how: str, reads: Callable[[CodeRun], dict[str, Any]], pool: ThreadPoolExecutor
) -> None:
    run = CodeRunFactory()
    values = values_of(CodeRunFactory, **reads(run))
    with transaction.atomic():
        [reader] = register_code_runs([values], by=run.registered_by)
        with transaction.get_connection().cursor() as cursor:
            # as at the end of the transaction, when links are checked
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        taken = _submit(pool, lambda: TAKES_AWAY[how](run))
        wait_for_a_waiting_writer()
    with pytest.raises(HasDependents) as caught:
        taken.result()
    assert (caught.value.dependents, caught.value.total) == ((reader,), 1)
    assert CodeRun.objects.get(pk=run.pk).outputs.count() == 1
    assert CodeRun.objects.get(pk=run.pk).inputs.count() == 1


def test_an_output_is_added_while_the_run_is_being_deleted(
    pool: ThreadPoolExecutor,
) -> None:
    """The deletion waits for the change, and sees that the new output was read."""
    run, part = CodeRunFactory(outputs=[]), ObjectComponentFactory()
    reader = CodeRunFactory(inputs=[part])
    with transaction.atomic():
        update_code_run(run.pk, {"outputs": [part]}, by=run.registered_by)
        deleted = _submit(pool, lambda: TAKES_AWAY["delete"](run))
        wait_for_a_waiting_writer()
    with pytest.raises(HasDependents) as caught:
        deleted.result()
    assert caught.value.dependents == (reader,)
