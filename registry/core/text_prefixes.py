"""Select only the prefixes of long texts at first.

A description can have a million characters. A page of a thousand such records would be
in memory several times before its bytes could be counted.
"""

from __future__ import annotations

from typing import Any

from django.db import models

#: Characters of the longest text that is selected with its row.
PREFIX_LENGTH = 8192
#: Characters of a long text that an index has.
INDEXED_LENGTH = 100


class TextPrefix(models.Func):
    """A text, or its prefix if it is long; ``is_truncated`` tells which."""

    output_field = models.TextField(null=True)
    template = f"left(%(expressions)s, {PREFIX_LENGTH + 1})"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Use SQLite's name of the function."""
        template = f"substr(%(expressions)s, 1, {PREFIX_LENGTH + 1})"
        return self.as_sql(compiler, connection, template=template, **context)


class IndexedStart(models.Func):
    """The first hundred characters of a text in capitals, for an index.

    The number is a part of the statement: SQLite finds an index only by its own text.
    """

    output_field = models.TextField()
    template = f"upper(left(%(expressions)s, {INDEXED_LENGTH}))"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Use SQLite's name of the function."""
        template = f"upper(substr(%(expressions)s, 1, {INDEXED_LENGTH}))"
        return self.as_sql(compiler, connection, template=template, **context)


class ByteLength(models.Func):
    """The number of bytes of a text in UTF-8; null for a null text."""

    output_field = models.IntegerField(null=True)
    template = "octet_length(%(expressions)s)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Count bytes by a cast, since older versions have no ``octet_length``."""
        template = "length(CAST(%(expressions)s AS BLOB))"
        return self.as_sql(compiler, connection, template=template, **context)


def is_truncated(text: str | None) -> bool:
    """Return whether a selected prefix is not the whole text."""
    return text is not None and len(text) > PREFIX_LENGTH


def is_long_text_column(model: type[models.Model], name: str) -> bool:
    """Return whether a column of a model can hold long texts."""
    return any(
        field.name == name and isinstance(field, models.TextField)
        for field in model._meta.concrete_fields
    )
