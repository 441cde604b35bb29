"""What can be asked of a comparison besides its runs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from registry.api.base.fields import FlagField


class ComparisonParameters(serializers.Serializer[Any]):
    """Which rows of a comparison to return."""

    differences = FlagField(
        default=False, help_text="Only the rows in which the runs differ."
    )

    @classmethod
    def read(cls, differences: str) -> bool:
        """Return whether equal rows are left out; an empty text is the default.

        Raises ``ValidationError`` with the message of the parameter.
        """
        asked = cls(data={"differences": differences} if differences else {})
        asked.is_valid(raise_exception=True)
        return bool(asked.validated_data["differences"])
