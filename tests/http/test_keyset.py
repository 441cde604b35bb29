"""Keyset pages are stable in any order, whatever changes between them."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise
from typing import Any

import orjson
import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.http.keyset import Cursor, InvalidCursor, SortKey, order_from_cursor
from registry.runs.models import CodeRun
from tests.factories import registrar

pytestmark = pytest.mark.django_db

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_RUN = st.tuples(
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(3, 6)),
    st.sampled_from(["a", "b", "aa", ""]),
)
Run = tuple[int, int | None, str]
#: Orders by columns without and with nulls, up and down, the id last.
ORDERS = st.lists(
    st.sampled_from(["run_date", "end_date", "description"]), unique=True, max_size=3
).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                SortKey, st.just(name), st.booleans(), st.just(name == "end_date")
            )
            for name in names
        ),
        st.booleans().map(lambda down: SortKey("id", down)),
    )
)


def _add(runs: Sequence[Run], user_id: int) -> list[int]:
    """Store runs in order, and return their ids."""
    made = CodeRun.objects.bulk_create(
        CodeRun(
            run_date=_EPOCH + timedelta(hours=start),
            end_date=None if end is None else _EPOCH + timedelta(hours=end),
            description=text,
            registered_by_id=user_id,
            updated_by_id=user_id,
        )
        for start, end, text in runs
    )
    return [run.pk for run in made]


def _sorted(rows: list[CodeRun], keys: Sequence[SortKey]) -> list[int]:
    """Sort rows, last key first; null values are last in both directions."""

    def by(rows: list[CodeRun], key: SortKey) -> list[CodeRun]:
        present = [row for row in rows if getattr(row, key.name) is not None]
        absent = [row for row in rows if getattr(row, key.name) is None]
        # a reversed sort keeps the order of equal rows only when told so
        present.sort(key=lambda row: getattr(row, key.name), reverse=key.descending)
        return present + absent

    return [row.pk for row in reduce(by, reversed(keys), rows)]


def _page(keys: Sequence[SortKey], cursor: str | None, size: int) -> list[CodeRun]:
    place = Cursor.decode(cursor, CodeRun, keys) if cursor else None
    rows: list[CodeRun] = list(
        order_from_cursor(CodeRun.objects.all(), keys, place)[:size]
    )
    return rows[::-1] if place is not None and place.backwards else rows


def _cursor(row: CodeRun, keys: Sequence[SortKey], *, backwards: bool) -> str:
    return Cursor(tuple(getattr(row, key.name) for key in keys), backwards).encode()


def _walk(keys: Sequence[SortKey], size: int) -> Iterator[list[CodeRun]]:
    page = _page(keys, None, size)
    while page:
        yield page
        page = _page(keys, _cursor(page[-1], keys, backwards=False), size)


@settings(max_examples=150)
@given(runs=st.lists(_RUN, max_size=12), keys=ORDERS, size=st.integers(1, 5))
@pytest.mark.slow
def test_pages_together_are_the_sorted_list(
    runs: list[Run], keys: tuple[SortKey, ...], size: int
) -> None:
    with transaction.atomic():
        _add(runs, registrar().pk)
        expected = _sorted(list(CodeRun.objects.all()), keys)
        pages = list(_walk(keys, size))
        assert [row.pk for page in pages for row in page] == expected
        for earlier, later in pairwise(pages):
            back = _page(keys, _cursor(later[0], keys, backwards=True), size)
            assert back == earlier
        transaction.set_rollback(True)


@settings(max_examples=150)
@given(
    runs=st.lists(_RUN, min_size=1, max_size=10),
    added=st.lists(st.lists(_RUN, max_size=2), max_size=10),
    removed=st.sets(st.integers(0, 9), max_size=3),
    keys=ORDERS,
    size=st.integers(1, 3),
)
@pytest.mark.slow
def test_added_and_removed_rows_do_not_shift_pages(
    runs: list[Run],
    added: list[list[Run]],
    removed: set[int],
    keys: tuple[SortKey, ...],
    size: int,
) -> None:
    with transaction.atomic():
        user_id = registrar().pk
        ids = _add(runs, user_id)
        expected = _sorted(list(CodeRun.objects.all()), keys)
        gone = {ids[number] for number in removed if number < len(ids)}
        seen: list[int] = []
        for number, page in enumerate(_walk(keys, size)):
            seen += [row.pk for row in page]
            if number < len(added):
                _add(added[number], user_id)
            CodeRun.objects.filter(pk__in=gone).delete()
        assert len(seen) == len(set(seen))
        stayed = [pk for pk in expected if pk not in gone]
        assert [pk for pk in seen if pk in stayed] == stayed
        transaction.set_rollback(True)


#: What somebody might put into a cursor of their own; integers as JSON can have them.
_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.lists(st.integers(0, 1), max_size=2),
    st.sampled_from(
        ["2026-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-01-01", "a\0b", "7"]
    ),
)


@settings(max_examples=300)
@given(values=st.lists(_VALUES, min_size=1, max_size=5), keys=ORDERS)
@pytest.mark.slow
def test_any_cursor_is_parsed_or_rejected(
    values: list[Any], keys: tuple[SortKey, ...]
) -> None:
    text = base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()
    try:
        place = Cursor.decode(text, CodeRun, keys)
    except InvalidCursor:
        return
    assert list(order_from_cursor(CodeRun.objects.all(), keys, place)) == []


@given(text=st.text(max_size=20))
def test_an_invalid_cursor_is_rejected(text: str) -> None:
    with pytest.raises(InvalidCursor):
        Cursor.decode(text, CodeRun, [SortKey("id", descending=True)] * 7)


def test_a_deeply_nested_cursor_is_rejected() -> None:
    deep = base64.urlsafe_b64encode(b"[0," + b"[" * 1000 + b"]" * 1001).decode()
    with pytest.raises(InvalidCursor):
        Cursor.decode(deep, CodeRun, [SortKey("id", descending=True)])
