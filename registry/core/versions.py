"""Ordering versions in the database, by the rules of Semantic Versioning 2.0.0."""

from __future__ import annotations

import semver


def version_key(version: str) -> bytes:
    """Encode a semantic version so that bytewise order is its precedence.

    Section 11 of the specification: numbers by value, a pre-release before its
    release, numeric identifiers before alphanumeric ones, fewer before more; build
    metadata does not count.
    """
    parsed = semver.Version.parse(version)
    core = b"".join(_number(n) for n in (parsed.major, parsed.minor, parsed.patch))
    if parsed.prerelease is None:
        return core + b"\xff"
    return core + b"".join(map(_identifier, parsed.prerelease.split("."))) + b"\x00"


def _number(value: int) -> bytes:
    """Encode a number with its length first, so that 10 follows 9."""
    digits = str(value).encode()
    return len(digits).to_bytes(2, "big") + digits


def _identifier(text: str) -> bytes:
    """Encode one dot-separated identifier of a pre-release."""
    if text.isdigit():
        return b"\x01" + _number(int(text))
    return b"\x02" + text.encode() + b"\x00"
