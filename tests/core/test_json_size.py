"""Values of JSON texts are counted without parsing them."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.json_size import MAX_DEPTH, TooDeep, TooManyValues, measure_json

pytestmark = pytest.mark.once

MEGABYTE = 1024 * 1024

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('"\\[]{},: é\n', max_size=9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('"\\,'), inner),
)


def _count(value: Any) -> int:
    """Count the values in a value, names of members included."""
    if isinstance(value, dict):
        return 1 + sum(1 + _count(item) for item in value.values())
    if isinstance(value, list):
        return 1 + sum(_count(item) for item in value)
    return 1


@given(anything, st.sampled_from([None, 1]), st.booleans())
@pytest.mark.slow
def test_all_values_and_items_are_counted(
    value: Any, indent: int | None, is_ascii: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii).encode()
    found = measure_json(text)
    assert _count(value) <= found.values <= 2 * _count(value)
    assert found.items == (len(value) if isinstance(value, list) else 0)


@pytest.mark.parametrize("shift", range(4))
def test_strings_can_span_chunks(shift: int) -> None:
    text = '\\"' * 100_000 + '\\\\",[{'
    body = json.dumps(["x" * shift, text, [1, 2], text]).encode()
    assert measure_json(body).items == 4
    assert measure_json(body).values < 12


@pytest.mark.parametrize(
    "body",
    [
        lambda: b"[" + b"{}," * (20 * MEGABYTE) + b"{}]",
        lambda: b"[" + b'"",' * (20 * MEGABYTE),
        lambda: b'"' * (60 * MEGABYTE),
        lambda: b"[" + b"1," * (30 * MEGABYTE),
        lambda: b'{"a":[' + b"[]," * (20 * MEGABYTE),
        lambda: b'[\\"' + b'"",' * (20 * MEGABYTE),
    ],
    ids=["objects", "texts", "quotes", "numbers", "lists", "no JSON"],
)
def test_too_many_values_are_detected_with_little_memory(
    body: Callable[[], bytes],
) -> None:
    text = body()
    tracemalloc.start()
    try:
        with pytest.raises(TooManyValues):
            measure_json(text)
        assert tracemalloc.get_traced_memory()[1] < 16 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_depth_is_limited_and_brackets_in_strings_are_ignored() -> None:
    measure_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    measure_json(json.dumps(["[" * 1000]).encode())
    with pytest.raises(TooDeep):
        measure_json(b'{"a":' * (MAX_DEPTH + 1))


def test_a_list_can_start_with_white_space_and_be_empty() -> None:
    assert measure_json(b"  [ ]  ").items == 0
    assert measure_json(b"\n[{}\n]").items == 1
    assert measure_json(b"").items == 0
