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
        "https://orcid.org/members/list",
    ],
)
def test_other_addresses_are_left_alone(url: str) -> None:
    validate_orcid(url)
    assert canonical_identifier(url) == url
    assert spellings_of(url) == [url]
    assert orcid_in(url) is None
