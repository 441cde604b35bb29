"""Globs mean on both databases what they mean in Python's own `fnmatch`.

That module knows no `^`, which in a shell may stand for `!`; beside it nothing is
different.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import TextField, Value
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from registry.core.globs import (
    AnyCharacter,
    AnyText,
    CharacterSet,
    Literal,
    has_wildcards,
    parse_glob,
)

pytestmark = pytest.mark.django_db

#: Characters that mean something in globs, LIKE, or regular expressions, and others.
ALPHABET = "abAB-_%/\\[]!*?.^$(){}+|#&~ \n\r\t'\"é数🐧\u2028"
TEXTS = st.text(ALPHABET, max_size=12)
PATTERNS = st.one_of(
    st.text("ab-[]!*?\\", max_size=12),
    st.text(ALPHABET, max_size=12),
    st.lists(
        st.sampled_from(
            ["a", "b", "*", "?", "[ab]", "[!a]", "[a-c]", "[]a]", "\n", "]"]
        )
    ).map("".join),
)


def _matches(text: str, pattern: str) -> bool:
    """Return whether a text matches in the database, in any table with a row."""
    value: Any = Value(text, output_field=TextField())
    rows = ContentType.objects.annotate(text=value)
    return rows.filter(text__glob=pattern).exists()


@settings(max_examples=600)
@given(text=TEXTS, pattern=PATTERNS)
@example(text="a\n", pattern="a")
@example(text="a\n", pattern="a*")
@example(text="a\nb", pattern="a?b")
@example(text="\n", pattern="[!a]")
@example(text="\n", pattern="?")
@example(text="", pattern="*")
@example(text="", pattern="")
@example(text="a]", pattern="[a]]")
@example(text="]", pattern="[]]")
@example(text="-", pattern="[a-]")
@example(text="b", pattern="[c-a]")
@example(text="b", pattern="[!c-a]")
@example(text="[a", pattern="[a")
@example(text="[!", pattern="[!")
@example(text="a%b_c\\d", pattern="a%b_c\\?")
@example(text="A", pattern="a")
@example(text="é", pattern="[à-ï]")
@example(text="🐧", pattern="?")
@pytest.mark.slow
def test_a_database_matches_as_fnmatch_does(text: str, pattern: str) -> None:
    assume("[^" not in pattern)
    assert _matches(text, pattern) == fnmatchcase(text, pattern)


@given(text=TEXTS, members=st.text("ab-]^!", min_size=1, max_size=3))
def test_a_caret_negates_as_an_exclamation_mark_does(text: str, members: str) -> None:
    assert _matches(text, f"[^{members}]*") == _matches(text, f"[!{members}]*")


@settings(max_examples=200)
@given(text=TEXTS)
def test_a_text_matches_itself_when_its_wildcards_are_in_brackets(text: str) -> None:
    pattern = "".join(f"[{c}]" if c in "*?[" else c for c in text)
    assert _matches(text, pattern)


@settings(max_examples=200)
@given(text=TEXTS, start=st.integers(0, 12), size=st.integers(0, 12))
def test_a_star_matches_any_part_of_a_text(text: str, start: int, size: int) -> None:
    kept = [c if c not in "*?[" else "?" for c in text]
    assert _matches(text, "".join([*kept[:start], "*", *kept[start + size :]]))


@pytest.mark.parametrize(
    "pattern", ["[!Z]*" * 12 + "!", "[a]*" * 12 + "!", "*a" * 12 + "!"]
)
def test_no_pattern_takes_exponential_time(pattern: str) -> None:
    # there are more ways to share a text among twelve stars than can be tried
    assert not _matches("a" * 1000, pattern)


@given(pattern=PATTERNS)
def test_each_text_is_a_valid_pattern(pattern: str) -> None:
    parts = parse_glob(pattern)
    assert all(
        isinstance(part, Literal | AnyText | AnyCharacter | CharacterSet)
        for part in parts
    )
    neighbours = [type(part) for part in parts]
    for kind in (Literal, AnyText):
        assert (kind, kind) not in pairwise(neighbours)


@given(pattern=PATTERNS)
def test_a_pattern_without_wildcards_is_a_literal_text(pattern: str) -> None:
    if not has_wildcards(pattern):
        assert [
            part.text for part in parse_glob(pattern) if isinstance(part, Literal)
        ] in (
            [],
            [pattern],
        )
