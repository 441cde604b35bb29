"""Describe sheets of model runs in OpenAPI, and read their parameters."""

# most methods of drf-spectacular have no type hints
# mypy: disallow-untyped-calls=False
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiRequest, OpenApiResponse, extend_schema
from rest_framework import serializers

from registry.api.base.fields import FlagField
from registry.api.base.schema import RecordSchema
from registry.api.base.schema.operations import IDEMPOTENCY_KEY
from registry.api.provenance.prov.schema import ReportSchema
from registry.api.runs.sheet_bodies import CSV, FIELD, XLSX


class Parameters(serializers.Serializer[Any]):
    """Query parameters; what is left empty is as if left out."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the values; raise ``ValidationError`` with messages by parameter."""
        given = {name: query[name] for name in query if query[name] != ""}
        serializer = cls(data=given)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values


class SheetParameters(Parameters):
    """What can be asked of a sheet to fill in."""

    runs = FlagField(
        default=False,
        help_text="Whether the sheet has the runs that follow the template, of which "
        "XLSX takes 10,000, in place of an example.",
    )


class UploadParameters(Parameters):
    """The options of registering the runs in a sheet."""

    template = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="Id of the workflow template, if the sheet does not name it.",
    )
    dry_run = FlagField(
        default=False,
        help_text="Only check the sheet: the answer is the same, and nothing is "
        "stored.",
    )


class SheetRowSerializer(serializers.Serializer[Any]):
    """What became of a row."""

    row = serializers.IntegerField(
        help_text="Number of the row, as spreadsheet programs show it."
    )
    model_run = serializers.URLField(
        allow_null=True,
        help_text="Address of the run; null if the row is wrong, or was not stored.",
    )
    is_new = serializers.BooleanField(
        help_text="Whether the run was not registered already."
    )
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="What is wrong, by column, such as `D: modeller`; `row` is for the "
        "whole row.",
    )
    values = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        help_text="What is in the wrong cells, by column: 200 characters at most.",
    )


class SheetOutcomeSerializer(serializers.Serializer[Any]):
    """What became of a sheet."""

    workflow_template = serializers.URLField(help_text="The template of the runs.")
    rows = SheetRowSerializer(many=True, help_text="All rows, in their order.")
    registered = serializers.IntegerField(
        help_text="Number of runs that are registered, or would be by a dry run."
    )
    found = serializers.IntegerField(
        help_text="Number of rows whose runs were registered already."
    )
    wrong = serializers.IntegerField(
        help_text="Number of wrong rows. If there are any, nothing is stored."
    )
    warnings = serializers.ListField(
        child=serializers.CharField(),
        help_text="What was not read, such as unknown columns.",
    )


class SheetSchema(ReportSchema):
    """Sheets to fill in."""


class UploadSchema(RecordSchema):
    """Sheets that were filled in, all or nothing."""

    def get_override_parameters(self) -> list[Any]:
        """Add the key that makes a request safe to repeat."""
        return [*super().get_override_parameters(), IDEMPOTENCY_KEY]

    def _headers(self, status: str) -> Iterator[str]:
        yield from super()._headers(status)
        yield "Idempotent-Replayed"

    def _errors(self) -> Iterator[tuple[str, str]]:
        yield from super()._errors()
        yield "422", "KeyReused"


download = extend_schema(
    operation_id="workflow_template_spreadsheet_retrieve",
    parameters=[SheetParameters],
    responses={(200, "application/json"): {"type": "object"}},
)
upload = extend_schema(
    operation_id="model_run_spreadsheet_create",
    parameters=[UploadParameters],
    request={
        CSV: OpenApiRequest(OpenApiTypes.BINARY),
        XLSX: OpenApiRequest(OpenApiTypes.BINARY),
        "multipart/form-data": {
            "type": "object",
            "required": [FIELD],
            "properties": {
                FIELD: {
                    "type": "string",
                    "format": "binary",
                    "description": "The sheet, as CSV or XLSX.",
                }
            },
        },
    },
    responses={
        200: OpenApiResponse(
            SheetOutcomeSerializer,
            "None of the runs is new, or it was a dry run.",
        ),
        201: OpenApiResponse(SheetOutcomeSerializer, "Some of the runs are new."),
    },
)
