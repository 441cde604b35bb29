"""What can be asked of a crate, and what becomes of one that came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from registry.api.provenance.prov.parameters import OutcomeSerializer
from registry.http.lineage import DepthField


class CrateParameters(serializers.Serializer[Any]):
    """The query parameters of a crate; what is left empty is as if left out."""

    depth = DepthField(
        default=1,
        help_text="How many code runs to go back, or `all`; a run that is asked about "
        "is the first.",
    )

    @classmethod
    def read(cls, query: Mapping[str, str]) -> int | None:
        """Return the depth that is asked for, None for all.

        Raises ``ValidationError`` with messages by parameter.
        """
        given = {name: query[name] for name in query if query[name] != ""}
        serializer = cls(data=given)
        serializer.is_valid(raise_exception=True)
        depth: int | None = serializer.validated_data["depth"]
        return depth


class CrateOutcomeSerializer(OutcomeSerializer):
    """What became of a crate."""

    files = serializers.IntegerField(
        min_value=0, help_text="How many of its files are new in the store."
    )
