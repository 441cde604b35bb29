"""Registering a sheet takes no more memory for more rows, right or wrong."""

from __future__ import annotations

import gc
import io
import tracemalloc
from collections.abc import Callable

import pytest

from registry.identity.models import User
from registry.runs.model_runs.sheets import register_sheet
from registry.runs.models import ModelRun
from tests import factories
from tests.runs.filled_sheets import Rows, as_csv, as_xlsx, rows_of
from tests.runs.modelling import World

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.slow]

#: How much more memory nine hundred further rows can take: less than a kilobyte each.
GROWTH = 900 * 1024


def peak_of(content: bytes, by: User, *, wrong: int) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        outcome = register_sheet(io.BytesIO(content), by=by)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert outcome.wrong == wrong
    return peak


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
@pytest.mark.parametrize("modeller", ["", "987654"])
def test_memory_does_not_grow_with_the_rows(
    make: Callable[[Rows], bytes], modeller: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.runs.model_runs.sheet_rows.CHUNK", 100)
    world, by = World.make(), factories.registrar()
    more = {"modeller": modeller} if modeller else {}
    # a few hundred kilobytes are for what the first sheet imports and compiles
    register_sheet(io.BytesIO(make(rows_of(world, 2))), by=by)
    peaks = []
    for number in (100, 1000):
        rows = rows_of(world, number, **more)
        wrong = number if modeller else 0
        peaks.append(peak_of(make(rows), by, wrong=wrong))
    few, many = peaks
    assert many < few + GROWTH
    assert ModelRun.objects.count() == (2 if modeller else 1102)
