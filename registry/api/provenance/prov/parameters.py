"""What can be asked of a PROV report, and what becomes of a document that came in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from registry.api.base.fields import FlagField
from registry.http.lineage import DepthField
from registry.provenance.prov.drawing import DPI, Look


class FiniteField(serializers.FloatField):
    """A number that is one: NaN is neither below a limit nor above it."""

    def to_internal_value(self, data: Any) -> float:
        """Refuse NaN and the infinities."""
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class ReportParameters(serializers.Serializer[Any]):
    """The query parameters of a report; what is left empty is as if left out."""

    depth = DepthField(
        default=1,
        help_text="How many code runs to go back, or `all`; a run that is asked about "
        "is the first.",
    )
    attributes = FlagField(
        default=True,
        help_text="Of a picture: whether it shows what is said of each element.",
    )
    aspect_ratio = FiniteField(
        required=False,
        min_value=0.1,
        max_value=10,
        help_text="Of a picture: its height divided by its width. As the graph is "
        "unless given.",
    )
    dpi = FiniteField(
        default=DPI,
        min_value=10,
        max_value=600,
        help_text="Of a picture: pixels per inch. Very large pictures have fewer.",
    )

    @classmethod
    def read(cls, query: Mapping[str, str]) -> tuple[int | None, Look]:
        """Return the depth and the look that are asked for.

        Raises ``ValidationError`` with messages by parameter.
        """
        given = {name: query[name] for name in query if query[name] != ""}
        serializer = cls(data=given)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        look = Look(values["attributes"], values.get("aspect_ratio"), values["dpi"])
        return values["depth"], look


class LeftOutSerializer(serializers.Serializer[Any]):
    """A part of a document that became no record."""

    where = serializers.CharField(help_text="Where it stands, as a JSON path.")
    why = serializers.CharField(help_text="Why no record can hold it.")


class OutcomeSerializer(serializers.Serializer[Any]):
    """What became of a document."""

    records = serializers.DictField(
        child=serializers.URLField(),
        help_text="The address of the record that each element of the document is on "
        "record as, by its identifier in the document.",
    )
    registered = serializers.ListField(
        child=serializers.URLField(),
        help_text="The addresses of the records that are new.",
    )
    left_out = serializers.ListField(
        child=LeftOutSerializer(),
        help_text="The parts of the document that became no record.",
    )
