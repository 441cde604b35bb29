"""Two people at once: one record, one next version, and templates that hold still."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import transaction

from registry.core.errors import Conflict, Duplicate
from registry.runs.model_runs.registering import Registered, register_records
from registry.runs.model_runs.sheet_outcomes import SheetOutcome
from registry.runs.model_runs.sheets import register_sheet
from registry.runs.models import CodeRun, DatasetTemplate, ModelRun
from registry.runs.templates import (
    change_dataset_template,
    change_workflow_template,
    register_dataset_templates,
)
from tests.factories import registrar
from tests.races import in_thread, wait_for_a_waiting_writer
from tests.runs.filled_sheets import as_csv, rows_of
from tests.runs.modelling import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def world() -> World:
    """Return a template with its datasets."""
    return World.make()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Return a thread with a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def _submit(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Future[Any]:
    return pool.submit(in_thread(work))


@pytest.mark.parametrize("number", [1, 3])
def test_the_same_record_twice_at_once_is_one(
    world: World, pool: ThreadPoolExecutor, number: int
) -> None:
    by = registrar()
    record = world.record()
    records = [{**record, "annotations": {"RCP": str(at)}} for at in range(number)]
    with transaction.atomic():
        first = register_records(records[:1], by=by)
        second = _submit(pool, lambda: register_records(records, by=by))
        wait_for_a_waiting_writer()
    others: list[Registered] = second.result()
    assert [one.is_new for one in first] == [True]
    assert [one.is_new for one in others] == [False] + [True] * (number - 1)
    assert others[0].run.pk == first[0].run.pk
    assert ModelRun.objects.count() == CodeRun.objects.count() == number


def test_the_same_sheet_twice_at_once_is_registered_once(
    world: World, pool: ThreadPoolExecutor
) -> None:
    by = registrar()
    rows = rows_of(world, 3)
    both = io.BytesIO(as_csv(rows[:2])), io.BytesIO(as_csv(rows))
    with transaction.atomic():
        first = register_sheet(both[0], by=by)
        second = _submit(pool, lambda: register_sheet(both[1], by=by))
        wait_for_a_waiting_writer()
    other: SheetOutcome = second.result()
    assert (first.registered, first.found) == (2, 0)
    assert (other.registered, other.found) == (1, 2)
    assert [one.run for one in other.rows[:2]] == [one.run for one in first.rows]
    assert ModelRun.objects.count() == CodeRun.objects.count() == 3


def test_two_next_versions_at_once_are_one_and_a_conflict(
    world: World, pool: ThreadPoolExecutor
) -> None:
    by = registrar()
    row = {"name": "Next", "replaces": world.forcing.pk}
    with transaction.atomic():
        [made] = register_dataset_templates([row], by=by)
        second = _submit(pool, lambda: register_dataset_templates([row], by=by))
        wait_for_a_waiting_writer()
    with pytest.raises(Duplicate) as caught:
        second.result()
    assert caught.value.existing == made
    assert DatasetTemplate.objects.get(replaces=world.forcing).version == 2


@pytest.mark.parametrize("which", ["workflow", "dataset"])
def test_a_template_cannot_change_while_a_run_is_registered(
    world: World, pool: ThreadPoolExecutor, which: str
) -> None:
    with transaction.atomic():
        register_records([world.record()], by=registrar())
        changed = _submit(pool, lambda: _change(world, which))
        wait_for_a_waiting_writer()
    with pytest.raises(Conflict, match="stays as it is"):
        changed.result()


@pytest.mark.parametrize("which", ["workflow", "dataset"])
def test_a_run_is_checked_against_a_change_that_was_first(
    world: World, pool: ThreadPoolExecutor, which: str
) -> None:
    record = world.record()
    with transaction.atomic():
        _change(world, which)
        registered = _submit(pool, lambda: register_records([record], by=registrar()))
        wait_for_a_waiting_writer()
        assert not ModelRun.objects.exists()
    error = registered.exception()
    assert error is not None
    assert "Required by" in str(error)
    assert not CodeRun.objects.exists()


def _change(world: World, which: str) -> None:
    """Have a template ask for more."""
    by = registrar()
    if which == "workflow":
        names = {"required_annotations": ["RCP", "depth"]}
        change_workflow_template(world.template.pk, names, by=by)
        return
    more = {"key": "more", "description": "More", "usage_type": "GENERAL_DATA"}
    resources = [*world.forcing.deferred_resources, more]
    values = {"deferred_resources": resources}
    change_dataset_template(world.forcing.pk, values, by=by)
