"""Names that people can see and tell from one another."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError

from registry.core.visible_names import (
    tidy_name,
    validate_exact_name,
    validate_visible,
    validate_visible_name,
)

BLANK = ("", " ", "\t\n", "\u00a0\u3000", "\u200b", "\u2060 \ufeff", "\u3164", "\u2800")
#: With joiners, which Persian, Indian scripts and emojis need.
FINE = (
    *("a", "human/mortality", "a b", "Größe", "名前", "a-1.0_x", "⠁⠀⠃"),
    *("می\u200cخواهم", "क्\u200dष", "\U0001f469\u200d\U0001f52c", "❤\ufe0f", "ﬁ"),
)


@pytest.mark.parametrize("text", BLANK)
def test_blanks_alone_are_no_name(text: str) -> None:
    for validate in (validate_visible, validate_visible_name, validate_exact_name):
        with pytest.raises(ValidationError, match="only blank characters"):
            validate(text)
    assert tidy_name(text) == ""


@pytest.mark.parametrize("text", FINE)
def test_a_name_in_any_script_is_fine(text: str) -> None:
    validate_exact_name(text)
    assert tidy_name(text) == text


@pytest.mark.parametrize(
    "text, code",
    [
        ("a\u200bb", "U+200B"),
        ("ab\ufeff", "U+FEFF"),
        ("\u202eab", "U+202E"),
        ("a\u00adb", "U+00AD"),
        ("a\nb", "U+000A"),
        ("a\u200db", "U+200D"),
        ("é\ufe0f", "U+FE0F"),
        ("می\u200c", "U+200C"),
        ("می\u200c\u200cخ", "U+200C"),
        ("a\U000e0061", "U+E0061"),
    ],
)
def test_invisible_characters_are_named(text: str, code: str) -> None:
    for validate in (validate_visible_name, validate_exact_name):
        with pytest.raises(ValidationError, match=f"take {re.escape(code)} out"):
            validate(text)
    validate_visible(text)
    validate_exact_name(tidy_name(text))


@pytest.mark.parametrize("text", [" a", "a ", "a\u00a0", "\u3000a", "a\u2800"])
def test_only_an_exact_name_has_no_blanks_around_it(text: str) -> None:
    validate_visible_name(text)
    with pytest.raises(ValidationError, match="neither begins nor ends"):
        validate_exact_name(text)
    assert tidy_name(text) == "a"
