"""Measure what sheets of model runs cost a live registry: memory and seconds.

``python -m bench.sheets`` serves a registry, on SQLite or with ``--postgresql``,
registers a template, and sends sheets of 1,000 and of 10,000 new runs in both formats.
Each goes to a server that has just started. The memory is that of the worker before,
and the peak above it, from Linux's /proc.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
import os
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openpyxl

from bench import registry
from bench.postgres import fresh_database
from bench.servers import start_server

SIZES = (1_000, 10_000)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"csv": "text/csv", "xlsx": XLSX}
_PORT = 8392
_KILOBYTES_A_MEGABYTE = 1024


class Sender:
    """Sends requests to the registry that is measured."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"token {token}"}

    def post(self, path: str, content: bytes, kind: str) -> dict[str, Any]:
        """POST a body; return the answer."""
        headers = {**self._headers, "Content-Type": kind}
        request = urllib.request.Request(f"{self._url}/api/{path}", content, headers)
        with urllib.request.urlopen(request, timeout=600) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def register(self, kind: str, **values: Any) -> int:
        """Register a record; return its id."""
        content = json.dumps(values).encode()
        url = str(self.post(f"{kind}/", content, "application/json")["url"])
        return int(url.rstrip("/").rpartition("/")[2])


def main(arguments: Sequence[str]) -> None:
    """Measure all sheets and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.sheets", description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="not on SQLite")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        registry.set_environment(stack, fresh_database(stack))
        if not options.postgresql:
            del os.environ["DATABASE_URL"]
        registry.manage("prepare")
        token = registry.manage("create_token", "admin").strip()
        command = [sys.executable, "manage.py", "serve"]
        sender = Sender(f"http://127.0.0.1:{_PORT}", token)
        cells: dict[str, Any] = {}
        print(
            "| sheet | kB | seconds | MB before | MB more |\n|---|---:|---:|---:|---:|"
        )
        for form, size in itertools.product(TYPES, SIZES):
            with ExitStack() as started:
                server = start_server(started, f"{form}-{size}", _PORT, command)
                cells = cells or _fill(sender)
                worker = _worker_of(server.process.pid)
                _send(sender, worker, form, list(_rows(cells, 10, f"{form} {size} a")))
                rows = list(_rows(cells, size, f"{form} {size}"))
                print(_send(sender, worker, form, rows), flush=True)


def _fill(sender: Sender) -> dict[str, Any]:
    """Register a template and what its runs need; return the cells of every row."""
    resource = {
        "key": "settings",
        "description": "The settings",
        "usage_type": "CONFIG_FILE",
    }
    slots = [
        sender.register(
            "dataset_template",
            name=name,
            description="A dataset",
            deferred_resources=[resource],
            defined_resources=[],
        )
        for name in ("forcing", "result")
    ]
    model = sender.register("model", name="Bench")
    template = sender.register(
        "workflow_template",
        name="Bench",
        description="Measured",
        model=model,
        required_inputs=slots[:1],
        required_outputs=slots[1:],
        required_annotations=["RCP"],
    )
    namespace = sender.register("namespace", name="bench")
    thing = sender.register("object", description="measured")
    product = sender.register(
        "data_product", name="x", version="1.0.0", namespace=namespace, object=thing
    )
    cells: dict[str, Any] = {
        "workflow template": template,
        "modeller": sender.register("author", name="Ada Bench"),
        "start time": "2026-01-02 03:04",
        "end time": "2026-01-02 05:06",
        "annotation: RCP": "45",
    }
    for side, name, slot in zip(
        ("input", "output"), ("forcing", "result"), slots, strict=True
    ):
        cells[f"{side}: {name} [{slot}]"] = product
        cells[f"{side}: {name} [{slot}] / settings"] = "config/model.toml"
    return cells


def _rows(cells: dict[str, Any], number: int, name: str) -> Iterator[list[object]]:
    yield ["description", *cells]
    for one in range(number):
        yield [f"Run {one} of {name}", *cells.values()]


def _send(
    sender: Sender, worker: int, form: str, rows: Sequence[Sequence[object]]
) -> str:
    """Send a sheet; return its row of the table."""
    content = _as_csv(rows) if form == "csv" else _as_xlsx(rows)
    # "5" sets the peak back to what the process has now
    Path(f"/proc/{worker}/clear_refs").write_text("5")
    before = _peak(worker)
    start = time.monotonic()
    answer = sender.post("model_run/spreadsheet/", content, TYPES[form])
    seconds = time.monotonic() - start
    if answer["registered"] != len(rows) - 1:
        raise SystemExit(f"not registered: {answer['rows'][:3]}")
    grown = (_peak(worker) - before) / _KILOBYTES_A_MEGABYTE
    size, had = len(content) / 1000, before / _KILOBYTES_A_MEGABYTE
    sheet = f"{form}, {len(rows) - 1:,} rows"
    return f"| {sheet} | {size:.0f} | {seconds:.1f} | {had:.0f} | {grown:.1f} |"


def _as_csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _as_xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    book: Any = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _worker_of(server: int) -> int:
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return int(children[0])


def _peak(process: int) -> int:
    """Return the peak of the resident memory of a process, in kilobytes."""
    status = Path(f"/proc/{process}/status").read_text()
    [line] = [one for one in status.splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1])


if __name__ == "__main__":
    main(sys.argv[1:])
