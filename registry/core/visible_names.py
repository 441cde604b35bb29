"""Which texts are names that people can see, and tell from one another.

Two names that differ only in characters which nobody sees look the same, and a record
under one of them is not found by the other.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

#: Control characters, and those that Unicode says are not shown (UAX 44,
#: Default_Ignorable_Code_Point), with the ends of lines and paragraphs.
_INVISIBLE = (
    "\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ANY_INVISIBLE = re.compile(f"[{_INVISIBLE}]")
#: Joiners and variation selectors after a character of a script that needs them, and
#: after symbols: in Persian, in Indian scripts and in emojis.
_NEEDED = re.compile(
    "(?<=[^\x00-\u036f\u2028-\u202e\u2060-\u206f\\s])[\u200c\u200d\ufe00-\ufe0f]"
    "(?![\u200c\u200d]|$)|(?<=[^\x00-\u036f\\s])\ufe0f$"
)
#: The message about a text that nobody can see.
BLANK = "Give a text that can be seen: this one has only blank characters."
#: The space of Braille is a character without a dot.
_BLANKS = "\u2800"


def validate_visible(value: str) -> None:
    """Reject a text of blanks and invisible characters only."""
    if not tidy_name(value):
        raise ValidationError(BLANK, code="blank")


def validate_visible_name(value: str) -> None:
    """Reject a name with invisible characters, or with nothing but blanks."""
    validate_visible(value)
    found = _first_invisible(value)
    if found is not None:
        raise ValidationError(
            f"A name has no invisible characters: take U+{ord(found):04X} out of it.",
            code="invisible",
        )


def validate_exact_name(value: str) -> None:
    """Reject a name that looks like another one, as ``validate_visible_name`` does.

    Such a name also has no blanks around it.
    """
    validate_visible_name(value)
    if value != tidy_name(value):
        raise ValidationError(
            "A name neither begins nor ends with a blank: take it away.",
            code="outer_blank",
        )


def tidy_name(value: str) -> str:
    """Return a name without invisible characters and the blanks around it."""
    needed = {found.start() for found in _NEEDED.finditer(value)}
    visible = "".join(
        character
        for at, character in enumerate(value)
        if at in needed or not _ANY_INVISIBLE.match(character)
    )
    return visible.strip().strip(_BLANKS).strip()


def _first_invisible(value: str) -> str | None:
    needed = {found.start() for found in _NEEDED.finditer(value)}
    return next(
        (
            found[0]
            for found in _ANY_INVISIBLE.finditer(value)
            if found.start() not in needed
        ),
        None,
    )
