"""How PostgreSQL finds the runs of a page when very many runs follow a template."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.runs.models import ModelRun, RunAnnotation
from tests.plans import plan_of, statements
from tests.runs.many import repeat_run
from tests.runs.scored import bare_template, run_of

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.slow]

MANY = 20_000
RUNS, ANNOTATIONS = (one._meta.db_table for one in (ModelRun, RunAnnotation))


def _rows_read(address: str, query: dict[str, Any]) -> dict[str, int]:
    """Return how many rows of each table the statements of a page looked at.

    Those that count the runs are left out: they are exact.
    """
    with statements() as seen:
        answer = Client().get(address, query)
    assert answer.status_code == 200
    read: dict[str, int] = {}
    for sql, parameters in seen:
        if "count(*)" not in sql:
            for table, rows in plan_of(sql, parameters).rows.items():
                read[table] = read.get(table, 0) + rows
    return read


def test_a_page_reads_as_far_as_it_reaches() -> None:
    template = bare_template(required_annotations=("RCP",))
    repeat_run(run_of(template, RCP="45"), MANY)
    other = bare_template()
    run_of(other, RCP="1")
    address = f"/workflow_template/{template.pk}/runs/"
    for query in (
        {},
        {"ordering": "start_time"},
        {"ordering": "annotation.RCP"},
        {"ordering": "-annotation.RCP"},
        {"ordering": "annotation.species"},
        {"ordering": "annotation.nothing"},
        {"ordering": "annotation.RCP", "annotation.RCP__gte": "5"},
        {"annotation.RCP": "3"},
    ):
        read = _rows_read(address, query)
        # the newest runs, whose annotations are columns, and the page
        assert read[RUNS] < 2500, query
        assert read[ANNOTATIONS] < 2500, query
    few = _rows_read(
        f"/workflow_template/{other.pk}/runs/", {"ordering": "annotation.RCP"}
    )
    assert few[ANNOTATIONS] < 10
