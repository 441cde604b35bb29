"""Describe comparisons in OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter, extend_schema

from registry.api.base.schema.fields import ADDRESS, link_schema
from registry.api.comparison.parameters import ComparisonParameters
from registry.core.models import Record
from registry.runs.comparing import FEWEST, MOST, PARAMETER

Schema = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean"}


def _object(**properties: Schema) -> Schema:
    """Describe an object that has all of these."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
    }


def _list_of(items: Schema, description: str = "") -> Schema:
    about = {"description": description} if description else {}
    return {"type": "array", "items": items, **about}


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


_RUN = _object(
    id=_NUMBER,
    url=ADDRESS,
    code_run=_said(ADDRESS, "The code run; the same, if code runs are compared."),
    description=_TEXT,
    withdrawn={
        **_TEXT,
        "nullable": True,
        "description": "Why the run was withdrawn; null if it was not.",
    },
)
_VALUE = _object(
    text=_TEXT,
    url={
        **ADDRESS,
        "nullable": True,
        "description": "The record that the value is of; null if it is of none.",
    },
    withdrawn=_said(_FLAG, "Whether that record is withdrawn."),
)
_ROW = _object(
    label=_said(_TEXT, "What the row is about, such as the name of an input."),
    aspect=_said(_TEXT, "Which fact about it, such as `version`; empty if it has one."),
    differs=_said(_FLAG, "Whether the runs do not all have the same values."),
    note=_said(_TEXT, "A remark, such as that different versions have the same bytes."),
    groups=_list_of(
        _NUMBER,
        "The group of each run, from 0: runs of one group have the same values.",
    ),
    values=_list_of(
        _list_of(_VALUE),
        "The values of each run, in the order of `runs`: none if it has nothing there, "
        "several if it has several versions of a data product.",
    ),
)
_COMPARISON = _object(
    runs=_list_of(_RUN, "The runs, in the order in which you gave them."),
    sections=_list_of(
        _object(
            title=_TEXT,
            differing=_said(_NUMBER, "How many rows differ."),
            equal=_said(_NUMBER, "How many rows are the same for all runs."),
            rows=_list_of(_ROW),
        )
    ),
)


def comparison_of(model: type[Record]) -> Callable[[F], F]:
    """Return the decorator that describes a comparison of runs of a type."""
    runs = OpenApiParameter(
        PARAMETER,
        {
            "type": "array",
            "items": link_schema(model),
            "minItems": FEWEST,
            "maxItems": MOST,
            "uniqueItems": True,
        },
        OpenApiParameter.QUERY,
        required=True,
        explode=True,
        description=f"The {model._meta.verbose_name_plural}, from {FEWEST} to {MOST}: "
        "repeat the parameter. Each is a URL, the path of that, an id or a UUID.",
    )
    return extend_schema(
        operation_id=f"{model.kind}_compare",
        parameters=[runs, ComparisonParameters],
        responses={200: _COMPARISON},
    )
