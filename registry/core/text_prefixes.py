"""Long texts of many rows, of which a statement selects the beginnings at first.

A description may have a million characters. A page of a thousand such records would be
in memory several times over before anybody could count its bytes.
"""

from __future__ import annotations

from typing import Any

from django.db import models

#: Characters of the longest text that comes with its row.
PREFIX_LENGTH = 8192


class TextPrefix(models.Func):
    """A text, or the beginning of one for which ``is_truncated`` holds."""

    output_field = models.TextField(null=True)
    template = f"left(%(expressions)s, {PREFIX_LENGTH + 1})"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Call it by the name that it has there."""
        template = f"substr(%(expressions)s, 1, {PREFIX_LENGTH + 1})"
        return self.as_sql(compiler, connection, template=template, **context)


class ByteLength(models.Func):
    """The number of bytes of a text in UTF-8; null for no text."""

    output_field = models.IntegerField(null=True)
    template = "octet_length(%(expressions)s)"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Count bytes, which older versions do by a cast alone."""
        template = "length(CAST(%(expressions)s AS BLOB))"
        return self.as_sql(compiler, connection, template=template, **context)


def is_truncated(text: str | None) -> bool:
    """Tell whether a beginning is not the whole text."""
    return text is not None and len(text) > PREFIX_LENGTH


def is_long_text_column(model: type[models.Model], name: str) -> bool:
    """Tell whether a column of a model may hold long texts."""
    return any(
        field.name == name and isinstance(field, models.TextField)
        for field in model._meta.concrete_fields
    )
