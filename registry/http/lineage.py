"""The query parameters of a lineage, which the API and the pages share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from registry.core.graph import Direction

#: Depths beyond this are none: no registry has so many runs.
MAX_DEPTH = 1_000_000
ALL = "all"


class DepthField(serializers.Field[Any, Any, Any, Any]):
    """How many code runs to follow: a whole number, or ``all``, which is None."""

    default_error_messages = {
        "invalid": f"Give a whole number of code runs from 1 to {MAX_DEPTH:,}, or all."
    }

    def to_internal_value(self, data: Any) -> int | None:
        """Read the text."""
        text = str(data).strip().lower()
        if text == ALL:
            return None
        is_number = (
            text.isascii() and text.isdigit() and len(text) <= len(str(MAX_DEPTH))
        )
        if not is_number or not 1 <= int(text) <= MAX_DEPTH:
            self.fail("invalid")
        return int(text)

    def to_representation(self, value: Any) -> Any:
        """Spell a depth as it is asked for."""
        return ALL if value is None else value


class LineageParameters(serializers.Serializer[Any]):
    """Which way to follow the lineage, and how far."""

    direction = serializers.ChoiceField(
        choices=[direction.value for direction in Direction],
        default=Direction.UPSTREAM.value,
        help_text="`upstream` to what it was made from, `downstream` to what was made "
        "with it, or `both`.",
    )
    depth = DepthField(
        default=1,
        help_text="How many code runs to follow, or `all`; a run that is asked about "
        "is the first.",
    )
