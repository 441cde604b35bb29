"""The stored key sorts versions as Semantic Versioning 2.0.0 does."""

from __future__ import annotations

import semver
from hypothesis import given
from hypothesis import strategies as st

from registry.core.versions import version_key

_NUMBER = st.one_of(st.integers(0, 12), st.integers(0, 10**40))
_IDENTIFIER = st.one_of(
    _NUMBER.map(str),
    st.from_regex(r"[0-9]{0,2}[a-zA-Z-][0-9a-zA-Z-]{0,3}", fullmatch=True),
)
_BUILD = st.lists(st.text("019azAZ-", min_size=1, max_size=4), max_size=2)


@st.composite
def versions(draw: st.DrawFn) -> str:
    """Draw a version, often one that shares parts with others."""
    core = ".".join(str(draw(_NUMBER)) for _ in range(3))
    prerelease = ".".join(draw(st.lists(_IDENTIFIER, max_size=4)))
    build = ".".join(draw(_BUILD))
    version = core + (f"-{prerelease}" if prerelease else "")
    return version + (f"+{build}" if build else "")


def _sign(left: bytes, right: bytes) -> int:
    return (left > right) - (left < right)


@given(left=versions(), right=versions())
def test_keys_compare_as_versions_do(left: str, right: str) -> None:
    expected = semver.Version.parse(left).compare(right)
    assert _sign(version_key(left), version_key(right)) == expected


@given(
    core=st.just("1.0.0"),
    left=st.lists(_IDENTIFIER, min_size=1, max_size=4),
    right=st.lists(_IDENTIFIER, min_size=1, max_size=4),
)
def test_pre_releases_of_one_version_compare_as_versions_do(
    core: str, left: list[str], right: list[str]
) -> None:
    first, second = (f"{core}-{'.'.join(parts)}" for parts in (left, right))
    expected = semver.Version.parse(first).compare(second)
    assert _sign(version_key(first), version_key(second)) == expected


@given(version=versions())
def test_build_metadata_is_ignored(version: str) -> None:
    assert version_key(version) == version_key(version.partition("+")[0])


def test_the_example_of_the_specification_is_sorted() -> None:
    # section 11
    order = [
        *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta"),
        *("1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"),
        *("2.0.0", "2.1.0", "2.1.1", "10.0.0"),
    ]
    backwards = order[::-1]
    assert sorted(backwards, key=version_key) == order
