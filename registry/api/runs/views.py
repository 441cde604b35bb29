"""The viewset of model runs, whose records are checked as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from registry.api.base.errors import errors_of_body
from registry.api.base.viewsets import RecordViewSet
from registry.api.runs.schema import ModelRunSchema
from registry.core.documents import DocumentField
from registry.http.conditional import if_match_revisions
from registry.runs.model_runs.correcting import correct_model_run
from registry.runs.model_runs.registering import (
    Registered,
    register_records,
    try_records,
)
from registry.runs.models import ModelRun
from registry.runs.record_types import MODEL_RUN

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request


class ModelRunViewSet(RecordViewSet):
    """Model runs. The same content is one record; a correction needs a reason."""

    row_type = MODEL_RUN
    schema = ModelRunSchema()

    def _create(self, request: Request) -> Response:
        data: Any = request.data
        found = self._for_each(data, register_records)
        is_new = any(one.is_new for one in found)
        status = 201 if is_new or not found else 200
        if isinstance(data, list):
            return Response(self.show([one.run.pk for one in found]), status=status)
        [one] = found
        return self.record_response(one.run.pk, status=status)

    def validate_only(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Check one record, or all records of a list, without registering any.

        The errors are those that registering would give. Otherwise `valid` is true, and
        `model_run` is the address of the record that has the same content already, and
        `warnings` name what is no field of a record and was left out.
        """
        data: Any = request.data
        found = self._for_each(data, try_records)
        shown = [
            {
                "valid": True,
                "model_run": None
                if one.is_new
                else f"{self.base}{ModelRun.kind}/{one.run.pk}/",
                "warnings": list(one.warnings),
            }
            for one in found
        ]
        return Response(shown if isinstance(data, list) else shown[0])

    def _for_each(
        self, data: Any, work: Callable[..., list[Registered]]
    ) -> list[Registered]:
        """Do something with the record or the records of a body; errors are alike."""
        rows = data if isinstance(data, list) else [as_body(data)]
        with errors_of_body(data):
            return work(rows, by=self.user)

    def _update(self, request: Request, *, partial: bool) -> Response:
        pk = self.existing_pk()
        correct_model_run(
            pk,
            as_body(request.data),
            by=self.user,
            unless_changed=if_match_revisions(request),
            partial=partial,
        )
        return self.record_response(pk)


def as_body(data: Any) -> Any:
    """Return the record of a body; a form has its documents as JSON."""
    if not isinstance(data, QueryDict):
        return data
    return {name: _form_value(name, data.get(name, "")) for name in data}


def _form_value(name: str, text: Any) -> Any:
    if name not in _document_names():
        return None if text == "" else text
    try:
        return json.loads(text) if text else None
    except ValueError as error:
        raise ValidationError({name: ["Give this as JSON."]}) from error


def _document_names() -> Sequence[str]:
    fields: Mapping[str, Any] = MODEL_RUN.writable_fields
    names = [name for name, one in fields.items() if isinstance(one, DocumentField)]
    return [*names, "associations"]
