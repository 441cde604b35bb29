"""ROR ids: how people write them, and whether their check digits are right.

The Research Organization Registry (https://ror.org) names an organisation by a zero,
six characters of Crockford's base 32 and two check digits of ISO 7064 (mod 97-10). The
registry keeps the URL, so that one organisation is one record.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

#: The address that all spellings are kept as.
_ADDRESS = "https://ror.org/{}"
#: Digits and letters without those that look like others (i, l, o, u).
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID = rf"0[{_ALPHABET}]{{6}}[0-9]{{2}}"
_ALONE = re.compile(rf"({_ID})", re.IGNORECASE)
_URL = re.compile(rf"(?:https?://)?(?:www\.)?ror\.org/({_ID})/?", re.IGNORECASE)
#: What is meant as a ROR id, right or wrong.
_MEANT = re.compile(r"https?://(?:www\.)?ror\.org(?:[:/?#].*)?", re.IGNORECASE)


def canonical_ror(ror: str) -> str:
    """Return the one spelling of the URL of a ROR id; other texts as they are."""
    found = _URL.fullmatch(ror) or _ALONE.fullmatch(ror)
    return _ADDRESS.format(found[1].lower()) if found else ror


def spellings_of_ror(ror: str) -> list[str]:
    """Return the spellings that mean the same organisation, the stored one first."""
    return list(dict.fromkeys([canonical_ror(ror), ror]))


def validate_ror(ror: str) -> None:
    """Reject each address at ROR that is not that of an id with the right digits."""
    if _MEANT.fullmatch(ror) is None:
        return
    found = _URL.fullmatch(ror)
    if found is None or not is_right(found[1]):
        raise ValidationError(
            "This is no ROR id: its check digits are wrong, characters are missing, or "
            "there is more than the id. A right one is https://ror.org/057xz1h85.",
            code="invalid_ror",
        )


def is_right(written: str) -> bool:
    """Return whether this is a ROR id with the right check digits."""
    if _ALONE.fullmatch(written) is None:
        return False
    number = 0
    for character in written[:7].lower():
        number = number * 32 + _ALPHABET.index(character)
    return int(written[7:]) == 98 - number * 100 % 97
