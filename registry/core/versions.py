"""Sort keys for versions, by the rules of Semantic Versioning 2.0.0."""

from __future__ import annotations

import semver


def version_key(version: str) -> bytes:
    """Return the sort key of a semantic version: bytewise order is precedence.

    Section 11 of the specification: numbers are compared by value, a pre-release comes
    before its release, numeric identifiers before alphanumeric ones, fewer identifiers
    before more; build metadata is ignored.
    """
    parsed = semver.Version.parse(version)
    core = b"".join(
        _encode_number(n) for n in (parsed.major, parsed.minor, parsed.patch)
    )
    if parsed.prerelease is None:
        return core + b"\xff"
    return (
        core + b"".join(map(_encode_identifier, parsed.prerelease.split("."))) + b"\x00"
    )


def _encode_number(value: int) -> bytes:
    """Encode a number with its length first, so that 10 is sorted after 9."""
    digits = str(value).encode()
    return len(digits).to_bytes(2, "big") + digits


def _encode_identifier(text: str) -> bytes:
    """Encode one dot-separated identifier of a pre-release."""
    if text.isdigit():
        return b"\x01" + _encode_number(int(text))
    return b"\x02" + text.encode() + b"\x00"
