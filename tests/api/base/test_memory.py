"""Parsing a body needs little more memory than its text."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.exceptions import APIException

from registry.api.base.parsers import RecordJSONParser
from registry.core.errors import InvalidInput
from registry.core.json_size import MAX_VALUES
from registry.provenance.crates.reading.graph import Crate

pytestmark = [pytest.mark.once, pytest.mark.slow]

MEGABYTE = 1024 * 1024
#: 45 megabytes of text, of which a gigabyte of objects would be made.
HOSTILE: dict[str, Callable[[], bytes]] = {
    "rows": lambda: b"[" + b"{}," * (15 * MEGABYTE) + b"{}]",
    "lists": lambda: b'{"a":[' + b"[]," * (15 * MEGABYTE) + b"[]]}",
    "texts": lambda: b'{"a":[' + b'"",' * (15 * MEGABYTE) + b'""]}',
    "names": lambda: b'{"a":{' + b'"b":1,' * (8 * MEGABYTE) + b'"c":1}}',
    "broken off": lambda: b"[" + b"{}," * (15 * MEGABYTE),
}


def _peak(body: bytes, read: Any) -> int:
    """Return the peak memory of parsing in bytes, besides the text."""
    tracemalloc.start()
    try:
        read(body)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def _refused_by_api(body: bytes) -> None:
    with pytest.raises(APIException):
        RecordJSONParser().parse(io.BytesIO(body))


def _refused_by_crates(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="JSON"):
        Crate(body)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("read", [_refused_by_api, _refused_by_crates])
def test_a_body_of_too_many_values_is_refused_before_it_is_parsed(
    body: Callable[[], bytes], read: Any
) -> None:
    assert _peak(body(), read) < 16 * MEGABYTE


def test_accepted_bodies_have_limited_memory() -> None:
    most = b'{"a":[' + b"[]," * (MAX_VALUES // 2 - 4) + b"[]]}"
    peak = _peak(most, lambda body: RecordJSONParser().parse(io.BytesIO(body)))
    assert peak < 100 * MEGABYTE


def test_ten_thousand_of_the_largest_records_are_accepted() -> None:
    row = {f"field-{n}": "x" * 100 for n in range(12)} | {"links": ["/api/a/1/"] * 50}
    body = json.dumps([row] * 10_000).encode()
    assert len(RecordJSONParser().parse(io.BytesIO(body))) == 10_000
