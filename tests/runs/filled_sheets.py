"""Sheets of model runs that somebody filled in."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl

from tests.runs.modelling import World

Rows = list[dict[str, str]]


def rows_of(world: World, number: int, **more: Any) -> Rows:
    """Return the cells of rows that are right, by their headers."""
    record = world.record()
    names = {
        "workflow template": world.template.pk,
        "modeller": record["modeller"],
        "start time": "2022-11-25 05:57",
        "end time": "2022-11-26 05:57",
        "annotation: RCP": 45,
    }
    for side, slot in (("input", world.forcing), ("output", world.result)):
        header = f"{side}: {slot.name} [{slot.pk}]"
        names[header] = record[f"{side}s"][0]["dataset"]
        names[f"{header} / configuration_file"] = "config/model.toml"
    return [
        {name: str(value) for name, value in {**names, **more}.items()}
        | {"description": f"Run {n}"}
        for n in range(number)
    ]


def as_csv(rows: Rows) -> bytes:
    """Return a CSV file."""
    headers = [*dict.fromkeys(name for row in rows for name in row)]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, headers)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_xlsx(rows: Rows) -> bytes:
    """Return a workbook."""
    book = openpyxl.Workbook(write_only=True)
    sheet: Any = book.create_sheet()
    sheet.append([*rows[0]])
    for row in rows:
        sheet.append([*row.values()])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
