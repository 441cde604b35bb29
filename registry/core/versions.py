"""Sort keys for versions, by the rules of Semantic Versioning 2.0.0."""

from __future__ import annotations

from typing import Any

import semver
from django.db import models


class VersionKeyField(models.BinaryField):  # type: ignore[type-arg]
    """The sort key of the ``version`` of a row; every save derives it anew.

    So whatever registers, corrects or restores a record keeps its key right, and lists
    in the order of their versions are read from an index.
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault(
            "help_text", "The version, encoded so that bytewise order is precedence."
        )
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """Return the field as the plain column that it is for migrations."""
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.BinaryField", arguments, options

    def pre_save(self, model_instance: Any, add: bool) -> bytes:
        """Return the key of the version that the row is saved with."""
        key = version_key(model_instance.version)
        setattr(model_instance, self.attname, key)
        return key


def sort_field(model: type[models.Model], name: str) -> str:
    """Return the field that orders rows by this one: of a version, that of its key."""
    keys = (one.name for one in model._meta.fields if isinstance(one, VersionKeyField))
    return next(keys, name) if name == "version" else name


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
