"""Entity tags are formatted, and parsed from If-Match."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from registry.http.conditional import format_etag, if_match_revisions


@pytest.mark.parametrize(
    "header,known",
    [
        ("", None),
        ("*", None),
        ("  * ", None),
        ('"7-1a"', {"7-1a"}),
        ('"7-1a.0f3c"', {"7-1a"}),
        ('"7-1a", "8-2b"', {"7-1a", "8-2b"}),
        ('"7-1a","8-2b"', {"7-1a", "8-2b"}),
        ('W/"7-1a"', set()),
        ('W/"7-1a", "8-2b"', {"8-2b"}),
        ('""', {""}),
        ("7-1a", set()),
        ('"unclosed', set()),
    ],
)
def test_only_strong_tags_match(
    rf: RequestFactory, header: str, known: set[str] | None
) -> None:
    request = rf.get("/", headers={"if-match": header} if header else {})
    assert if_match_revisions(request) == known


def test_a_tag_is_parsed_as_it_was_formatted(rf: RequestFactory) -> None:
    request = rf.get("/", headers={"if-match": format_etag("7-1a")})
    assert if_match_revisions(request) == frozenset({"7-1a"})
