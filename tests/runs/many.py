"""A template that very many runs follow."""

from __future__ import annotations

from typing import Any

from django.db import connection

from registry.runs.models import ModelRun, RunAnnotation
from tests.plans import analyze, multiply


def repeat_run(run: ModelRun, times: int) -> list[int]:
    """Store a model run and its code run this many times more; return the new ids.

    Each says `RCP` (a number), `species` (a text), and every tenth `note` too.
    """
    code_runs = multiply(run.code_run, times)
    columns = [
        one.column for one in ModelRun._meta.concrete_fields if one.column != "id"
    ]
    changed = {
        "code_run_id": "c.id",
        "fingerprint": "'f' || c.id",
        "uuid": "c.uuid",
        "annotations": _annotations(),
    }
    values = ", ".join(changed.get(name, f'r."{name}"') for name in columns)
    named = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO registry_modelrun ({named}) SELECT {values} "  # noqa: S608
            "FROM registry_modelrun r CROSS JOIN registry_coderun c "
            "WHERE r.id = %s AND c.id >= %s ORDER BY c.id",
            [run.pk, min(code_runs)],
        )
    ids = ModelRun.objects.order_by("-pk").values_list("pk", flat=True)[:times]
    new = [*ids][::-1]
    _index(new[0])
    analyze()
    return new


def _annotations() -> str:
    if connection.vendor == "postgresql":
        return (
            "jsonb_build_object('RCP', (c.id %% 7)::text, 'species', 'species ' || "
            "(c.id %% 5))"
        )
    return "json_object('RCP', '' || (c.id %% 7), 'species', 'species ' || (c.id %% 5))"


def _index(first: int) -> None:
    """Add the annotations of all runs from this one to the index."""
    table = RunAnnotation._meta.db_table
    rows: list[Any] = [
        ("RCP", "'' || (code_run_id % 7)", "code_run_id % 7", "1 = 1"),
        ("species", "'species ' || (code_run_id % 5)", "NULL", "1 = 1"),
        ("note", "'seen'", "NULL", "id % 10 = 0"),
    ]
    with connection.cursor() as cursor:
        for key, text, number, condition in rows:
            sql = (
                f"INSERT INTO {table} (model_run_id, key, text, number) "  # noqa: S608
                f"SELECT id, '{key}', {text}, {number} FROM registry_modelrun "
                f"WHERE id >= {first} AND {condition}"
            )
            cursor.execute(sql)
