"""Log lines are in logfmt."""

from __future__ import annotations

import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core import context
from registry.core.logs import LogfmtFormatter, quote_value


def _record(message: str, **extra: object) -> logging.LogRecord:
    return logging.getLogger("registry.test").makeRecord(
        "registry.test", logging.WARNING, __file__, 1, message, (), None, extra=extra
    )


@pytest.mark.parametrize(
    "value,word",
    [
        ("/api/object/", "/api/object/"),
        (200, "200"),
        ("", '""'),
        ("two words", '"two words"'),
        ('say "no"', r'"say \"no\""'),
        ("a=b", '"a=b"'),
        ("line\nlevel=ERROR", r'"line\nlevel=ERROR"'),
        ("\x1b[31m", r'"\u001b[31m"'),
    ],
)
def test_a_value_is_one_word(value: object, word: str) -> None:
    assert quote_value(value) == word


@given(st.text())
def test_no_value_can_start_a_line(value: str) -> None:
    assert len(quote_value(value).splitlines()) == 1


def test_a_line_has_the_request_and_the_values() -> None:
    earlier = context.request_id.set("abc")
    try:
        line = LogfmtFormatter().format(_record("put away", values={"path": "/x y"}))
    finally:
        context.request_id.reset(earlier)
    assert line.startswith("time=20")
    assert line.endswith(
        "Z level=WARNING request=abc logger=registry.test "
        'message="put away" path="/x y"'
    )


def test_a_traceback_stays_on_its_line() -> None:
    record = _record("failed")
    try:
        int("a\nb")
    except ValueError:
        record.exc_info = sys.exc_info()
    line = LogfmtFormatter().format(record)
    assert "\n" not in line
    assert r"ValueError: invalid literal" in line
