"""The address of a file: one slash between root and path, encoded where it must be."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.file_addresses import file_address, join_path, path_below

SITE = "https://data.example.org/"


@pytest.mark.parametrize(
    "path, expected",
    [
        ("a.csv", "a.csv"),
        ("/a.csv", "a.csv"),
        ("//a.csv", "a.csv"),
        ("a#b.csv", "a%23b.csv"),
        ("what?.csv", "what%3F.csv"),
        ("a b.csv", "a%20b.csv"),
        ("50%.csv", "50%25.csv"),
        ("50%zz.csv", "50%25zz.csv"),
        ("é/ü.csv", "%C3%A9/%C3%BC.csv"),
        ("a[1]{2}|\\^.csv", "a%5B1%5D%7B2%7D%7C%5C%5E.csv"),
        ("a\nb", "a%0Ab"),
        # what a path can have stays
        ("x;v=1,2:3@4/$&'()*+!~-._", "x;v=1,2:3@4/$&'()*+!~-._"),
        # an address that a client encoded stays
        ("a%20b%23c.csv", "a%20b%23c.csv"),
        ("é%20.csv", "%C3%A9%20.csv"),
        # a query of a website
        ("export?format=csv&x=a b#c", "export?format=csv&x=a%20b%23c"),
    ],
)
def test_a_path_is_encoded_where_it_must_be(path: str, expected: str) -> None:
    assert file_address(SITE, path) == SITE + expected
    assert file_address(SITE.rstrip("/"), path) == SITE + expected


@pytest.mark.parametrize(
    "root, path, expected",
    [
        ("file:///", "srv/a", "file:///srv/a"),
        ("file:///", "/srv/a", "file:///srv/a"),
        ("file:///home/a b/", "c#d", "file:///home/a%20b/c%23d"),
        ("file:///srv", "export?format=csv", "file:///srv/export%3Fformat=csv"),
        ("https://x.org//", "a", "https://x.org/a"),
        ("github://org:repo@sha/", "a/b", "github://org:repo@sha/a/b"),
        ("github://org:repo@sha", "/a/b", "github://org:repo@sha/a/b"),
        ("s3://bucket/", "a?b", "s3://bucket/a%3Fb"),
        ("irods://host/zone", "a", "irods://host/zone/a"),
        ("https://x.org/?file=", "a b/c#d&e", "https://x.org/?file=a%20b/c%23d&e"),
        ("https://x.org/q?x=1", "/a", "https://x.org/q?x=1/a"),
        ("https://x.org/#/", "a#b", "https://x.org/#/a%23b"),
        ("https://ü.org/é/", "a", "https://%C3%BC.org/%C3%A9/a"),
        ("https://[::1]:80/", "a", "https://[::1]:80/a"),
        ("urn:isbn:", "a/b", "urn:isbn:a/b"),
    ],
)
def test_a_root_of_any_scheme_is_joined(root: str, path: str, expected: str) -> None:
    assert file_address(root, path) == expected


ROOTS = st.sampled_from(
    [SITE, SITE.rstrip("/"), "file:///", "s3://b/c d", "https://x.org/?file="]
)
PATHS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
)


@given(ROOTS, PATHS)
def test_an_address_has_one_slash_and_means_the_path(root: str, path: str) -> None:
    address = file_address(root, path)
    assert address.isascii()
    assert " " not in address
    assert unquote(address) == unquote(join_path(root, path))
    # importing it elsewhere leads to the same place
    below = path_below(root, address)
    assert below is None or file_address(root, below) == address


@given(st.text("ab/é #?%[]", min_size=1).filter(lambda path: path.strip("/")))
def test_a_path_without_a_query_never_becomes_one(path: str) -> None:
    parts = urlsplit(file_address(SITE, path))
    assert (parts.netloc, parts.query, parts.fragment) == ("data.example.org", "", "")
    assert parts.path.startswith("/")
    assert not parts.path.startswith("//")


@pytest.mark.parametrize(
    "root, address, path",
    [
        (SITE, f"{SITE}a%23b.csv", "a#b.csv"),
        # documents of other registries have paths as they are stored
        (SITE, f"{SITE}a b#c.csv", "a b#c.csv"),
        # decoded, this would be another path
        (SITE, f"{SITE}a%2Fb.csv", "a%2Fb.csv"),
        ("https://x.org", "https://x.org/a%20b", "/a b"),
        ("https://x.org/?f=", "https://x.org/?f=a%20b", "a b"),
        (SITE, SITE, None),
        (SITE, "https://elsewhere.example.org/a", None),
    ],
)
def test_the_path_of_an_address_is_found(
    root: str, address: str, path: str | None
) -> None:
    assert path_below(root, address) == path
