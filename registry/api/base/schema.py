"""What drf-spectacular cannot know of our views by itself."""

from __future__ import annotations

from drf_spectacular.openapi import AutoSchema


class RecordSchema(AutoSchema):
    """The OpenAPI description of one operation."""
