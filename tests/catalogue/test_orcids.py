"""The spellings of ORCID iDs, and their check digits."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from registry.catalogue.orcids import (
    canonical_identifier,
    is_right,
    orcid_in,
    spellings_of,
    validate_orcid,
)

#: Examples of ORCID itself; the second has the check digit X.
CARBERRY, X = "0000-0002-1825-0097", "0000-0002-1694-233X"
SPELT = (
    f"https://orcid.org/{CARBERRY}",
    f"http://orcid.org/{CARBERRY}",
    f"https://orcid.org/{CARBERRY}/",
    f"http://www.orcid.org/{CARBERRY}",
    f"HTTPS://ORCID.org/{CARBERRY}",
    "https://orcid.org/0000000218250097",
)


@pytest.mark.parametrize("text", [CARBERRY, X, X.lower(), CARBERRY.replace("-", "")])
def test_a_right_check_digit(text: str) -> None:
    assert is_right(text)


@pytest.mark.parametrize(
    "text",
    ["0000-0002-1825-0098", "0000-0002-1825-009X", "0000-0002-1825-009", "", "X"],
)
def test_a_wrong_check_digit(text: str) -> None:
    assert not is_right(text)


@pytest.mark.parametrize("url", SPELT)
def test_every_spelling_is_the_same(url: str) -> None:
    validate_orcid(url)
    assert canonical_identifier(url) == SPELT[0]
    assert orcid_in(url) == orcid_in(f"orcid:{CARBERRY}") == CARBERRY
    assert {*SPELT[:4], url} <= set(spellings_of(url))


@pytest.mark.parametrize("url", SPELT)
def test_every_spelling_with_a_wrong_digit_is_refused(url: str) -> None:
    for wrong in (url.replace("97", "98"), url.replace("97", "9")):
        with pytest.raises(ValidationError, match="check digit is wrong"):
            validate_orcid(wrong)


@pytest.mark.parametrize(
    "url",
    [
        "https://ror.org/000000000",
        "https://example.org/0000-0002-1825-0098",
        "https://notorcid.org/0000-0002-1825-0098",
        "https://orcid.org.example.org/1",
    ],
)
def test_other_addresses_are_left_alone(url: str) -> None:
    validate_orcid(url)
    assert canonical_identifier(url) == url
    assert spellings_of(url) == [url]
    assert orcid_in(url) is None


@pytest.mark.parametrize(
    "url",
    [
        *(f"{SPELT[0]}{more}" for more in ("?x=1", "#a", "//", "/x")),
        *("https://orcid.org/", "https://orcid.org", "http://orcid.org./"),
        f"https://orcid.org:443/{CARBERRY}",
        f"https://me@orcid.org/{CARBERRY}",
        f"https://orcid.org//{CARBERRY}",
        "https://orcid.org/members/list",
        f"https://pub.orcid.org/v3.0/{CARBERRY}",
        "https://sandbox.orcid.org/0000-0002-1825-0098",
    ],
)
def test_other_addresses_at_orcid_are_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="no ORCID iD"):
        validate_orcid(url)


def test_an_orcid_of_the_sandbox_is_another_author() -> None:
    url = f"https://sandbox.orcid.org/{CARBERRY}"
    validate_orcid(url)
    assert canonical_identifier(url) == url
    assert spellings_of(url) == [url]


def test_the_digits_alone_stand_for_their_url() -> None:
    assert spellings_of(CARBERRY) == [*spellings_of(SPELT[0]), CARBERRY]
