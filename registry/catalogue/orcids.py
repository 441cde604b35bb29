"""ORCID iDs: how people write them, and whether their check digit is right.

An ORCID iD is sixteen digits, the last of which is a check digit of ISO 7064 (mod 11-2)
that can be X. The registry keeps it as the URL that ORCID recommends, so that one
person is one author.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

#: The address that all spellings are kept as.
_ADDRESS = "https://orcid.org/{}"
_DIGITS = r"\d{4}-?\d{4}-?\d{4}-?\d{3}[\dX]"
_ALONE = re.compile(rf"({_DIGITS})", re.IGNORECASE)
_BARE = re.compile(rf"(?:orcid:)?\s*({_DIGITS})", re.IGNORECASE)
_URL = re.compile(rf"https?://(?:www\.)?orcid\.org/({_DIGITS})/?", re.IGNORECASE)
#: The same in the sandbox of ORCID, where people try their programs.
_TRIED = re.compile(rf"https?://sandbox\.orcid\.org/({_DIGITS})/?", re.IGNORECASE)
#: What is meant as an ORCID iD, right or wrong: any address at a host of ORCID.
_MEANT = re.compile(
    r"https?://(?:[^/?#\\]*[@.])?orcid\.org\.?(?:[:/?#\\].*)?",
    re.IGNORECASE | re.DOTALL,
)


def orcid_in(text: str) -> str | None:
    """Return the ORCID iD that a text is, in groups of four digits."""
    found = _URL.fullmatch(text.strip()) or _BARE.fullmatch(text.strip())
    return _grouped(found[1]) if found else None


def canonical_identifier(identifier: str) -> str:
    """Return the one spelling of the URL of an ORCID iD; other URLs as they are."""
    found = _URL.fullmatch(identifier)
    return _ADDRESS.format(_grouped(found[1])) if found else identifier


def spellings_of(identifier: str) -> list[str]:
    """Return the spellings in which a registry may have an identifier.

    Records that are older than the one spelling keep theirs. The digits alone stand
    for their URL.
    """
    found = _URL.fullmatch(identifier) or _ALONE.fullmatch(identifier)
    if found is None:
        return [identifier]
    digits = _grouped(found[1])
    spellings = [
        f"{scheme}://{host}orcid.org/{written}{end}"
        for scheme in ("https", "http")
        for host in ("", "www.")
        for written in dict.fromkeys((digits, digits.lower()))
        for end in ("", "/")
    ]
    return list(dict.fromkeys([*spellings, identifier]))


def validate_orcid(identifier: str) -> None:
    """Reject each address at ORCID that is not that of an iD with the right digits."""
    if _MEANT.fullmatch(identifier) is None:
        return
    found = _URL.fullmatch(identifier) or _TRIED.fullmatch(identifier)
    if found and is_right(found[1]):
        return
    raise ValidationError(
        "This is no ORCID iD: its check digit is wrong, digits are missing, or there "
        "is more than the iD. A right one is https://orcid.org/0000-0002-1825-0097.",
        code="invalid_orcid",
    )


def is_right(written: str) -> bool:
    """Return whether this is an ORCID iD with the right check digit."""
    if re.fullmatch(_DIGITS, written, re.IGNORECASE) is None:
        return False
    digits = written.replace("-", "").upper()
    return digits[-1] == _check_digit(digits[:-1])


def _check_digit(digits: str) -> str:
    """Return the check digit of ISO 7064, mod 11-2."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    result = (12 - total % 11) % 11
    return "X" if result == 10 else str(result)


def _grouped(written: str) -> str:
    digits = written.replace("-", "").upper()
    return "-".join(digits[at : at + 4] for at in range(0, 16, 4))
