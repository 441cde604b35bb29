"""The viewsets of the API, which list, read and write rows and records.

All record types have the same viewset, which reads their declarations. A package
derives its own for a type that differs, for example in how it is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404, StreamingHttpResponse
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.response import Response
from rest_framework.utils.formatting import camelcase_to_spaces
from rest_framework.viewsets import GenericViewSet

from registry.api.base.errors import errors_of_body
from registry.api.base.expanding import ExpandedReader, as_viewer_sees
from registry.api.base.idempotency import run_idempotently
from registry.api.base.reader import RecordReader, Row
from registry.api.base.renderers import asks_for_raw, iter_csv
from registry.api.base.serializers import RecordSerializer, validated_values
from registry.api.base.tagged import TaggedView
from registry.api.base.versions import NEWEST
from registry.core.links import kind_of
from registry.core.models import Record, revision
from registry.core.record_types import RecordType, row_type_of
from registry.core.row_types import RowType
from registry.http.conditional import format_etag, if_match_revisions
from registry.http.filters import FilterSet, filters_of_type
from registry.http.filters.backend import (
    READ_PARAMETERS,
    RECORD_PARAMETERS,
    refuse_unknown,
)
from registry.http.keyset import Cursor, SortKey, order_from_cursor
from registry.http.pagination import PAGE_BYTES, PAGE_SIZE, ordering_of, page_size_of
from registry.http.read_slots import hold_read_slot

if TYPE_CHECKING:
    from rest_framework.request import Request

# inside the viewsets, `list` is a method, so these types are defined here
Page = list[tuple[Row, tuple[Any, ...]]]
Records = list[dict[str, Any]]

#: The number of rows that a streamed response reads at a time.
CHUNK = 1000


class RowViewSet(TaggedView, GenericViewSet[Any]):
    """Lists and shows the rows of one type."""

    #: The declaration of the rows; the router sets that of a record type.
    row_type: RowType[Any] = None  # type: ignore[assignment]
    lookup_value_regex = "[0-9]{1,18}"
    costly_formats = {"csv": "text/csv"}
    _readers: ClassVar[dict[tuple[RowType[Any], str], RecordReader]] = {}

    @property
    def model(self) -> type[Model]:
        """The model of the rows."""
        model: type[Model] = self.row_type.model
        return model

    @property
    def filters(self) -> FilterSet:
        """The filters of the list."""
        return filters_of_type(self.row_type)

    def get_view_name(self) -> str:
        """Return the name of the type with the suffix of the view."""
        name = camelcase_to_spaces(self.model.__name__)
        return f"{name} {self.suffix}" if self.suffix else name

    def get_description_text(self) -> str:
        """Return the description of the declaration in Markdown."""
        return self.row_type.description

    def get_queryset(self) -> QuerySet[Any]:
        """Return all rows of the type that the user can see, without an order."""
        rows = self.model._default_manager.order_by()
        return self.row_type.visible(rows, self.request.user)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return a page of records, newest first; CSV has all records."""
        queryset = self.filter_queryset(self.get_queryset())
        if request.accepted_renderer.format == "csv":
            return self._stream_csv(queryset)
        if (
            request.accepted_renderer.format == "api"
            or "expand" in request.query_params
        ):
            self._hold_slot_for_page(request)
        rows = self.paginate_queryset(queryset)
        records = self.reader.show(rows or [], self.base)
        return self.get_paginated_response(records)

    @staticmethod
    def _hold_slot_for_page(request: Request) -> None:
        """Take a slot for a large page that costs many times as much as plain JSON."""
        if page_size_of(request) > PAGE_SIZE:
            hold_read_slot(request._request, request.user)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one record."""
        refuse_unknown(request.query_params, READ_PARAMETERS)
        return self.record_response(int(self.kwargs["pk"]))

    @property
    def full_reader(self) -> RecordReader:
        """The reader of all fields in the version that the request asks for."""
        return self._reader_of(self.row_type)

    def _reader_of(self, row_type: RowType[Any]) -> RecordReader:
        key = (row_type, self.request.version or NEWEST)
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = RecordReader.for_type(*key)
        return reader

    @property
    def expands(self) -> bool:
        """Whether the request asks for linked records in place of addresses."""
        return bool(self.request.query_params.get("expand"))

    @property
    def reader(self) -> RecordReader:
        """The reader of the fields that the request selects."""
        reader, parameters = self.full_reader, self.request.query_params
        fields, omit = parameters.get("fields"), parameters.get("omit")
        # most requests select no fields
        is_all = fields is None and omit is None
        reader = reader if is_all else reader.with_fields(fields, omit)
        return self._expanded(reader) if self.expands else reader

    def _expanded(self, reader: RecordReader) -> RecordReader:
        """Return a reader with the linked records in place of their addresses."""
        if self.request.accepted_renderer.format == "csv":
            message = "A table has no records in its cells: ask for JSON."
            raise ValidationError({"expand": [message]})
        names = self.request.query_params["expand"].split(",")
        return ExpandedReader(
            reader,
            names,
            self.full_reader,
            lambda model: as_viewer_sees(
                self._reader_of(row_type_of(model)), self.request
            ),
        )

    def check_field_choice(self) -> None:
        """Refuse an invalid selection of fields, before anything is stored."""
        if self.request.query_params:
            refuse_unknown(self.request.query_params, RECORD_PARAMETERS)
            _ = self.reader

    def read_page(
        self, queryset: QuerySet[Any], keys: Sequence[SortKey], limit: int
    ) -> Page:
        """Return rows for the paginator, each with the values of its sort keys."""
        names = [_column_of(self.model, key) for key in keys]
        rows = self.reader.rows(queryset, names)[:limit]
        return [(row[: -len(names)], row[-len(names) :]) for row in rows]

    def rows_within_bytes(self, rows: Sequence[Row]) -> int:
        """Return how many rows fit into a page of limited size."""
        return self.reader.rows_within_bytes(rows, PAGE_BYTES)

    def show(self, ids: Sequence[int], reader: RecordReader | None = None) -> Records:
        """Return the records with these ids, in the same order."""
        reader = reader or self.reader
        records: dict[int, dict[str, Any]] = {}
        for some in _batches(ids):
            queryset = self.model._default_manager.filter(pk__in=some).order_by()
            rows = list(reader.rows(queryset))
            shown = reader.show(rows, self.base)
            records |= {row[0]: one for row, one in zip(rows, shown, strict=True)}
        return [records[pk] for pk in ids if pk in records]

    def record_response(
        self, pk: int, stored: Record | None = None, status: int = 200
    ) -> Response:
        """Return a response with one record and its entity tag.

        The record is read, unless it was just ``stored`` and is all in one row.
        """
        reader, base, model = self.reader, self.base, self.row_type.model
        is_shown = stored is not None or self.row_type.shows(pk, self.request.user)
        row = reader.row(pk, stored) if is_shown else None
        if row is None:
            raise Http404(f"{model._meta.verbose_name} {pk} does not exist.")
        record = reader.build_record(row, base)
        headers = {}
        # linked records change without this one
        if issubclass(model, Record) and not isinstance(reader, ExpandedReader):
            headers["ETag"] = format_etag(revision(pk, row[1].timestamp()))
        if status == 201:
            headers["Location"] = f"{base}{reader.kind}/{pk}/"
        return Response(record, status=status, headers=headers)

    def _stream_csv(self, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        """Return a streamed response with every record of a queryset."""
        paginator: Any = self.paginator
        paginator.check_parameters(self.request, self.model)
        keys = ordering_of(self.request, self.model)
        response = StreamingHttpResponse(
            iter_csv(
                self.reader.names,
                self._iter_chunks(queryset, keys),
                raw=asks_for_raw(self.request.query_params),
            ),
            content_type="text/csv; charset=utf-8",
        )
        name = kind_of(self.model)
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response

    def _iter_chunks(
        self, queryset: QuerySet[Any], keys: Sequence[SortKey]
    ) -> Iterator[Records]:
        """Yield chunks of a thousand records, or fewer if their texts are long.

        Each statement continues after the last row of the one before. So statements are
        short, and the database is idle while a slow client reads a chunk.
        """
        reader, base = self.reader, self.base
        reached: Cursor | None = None
        while True:
            page = self.read_page(
                order_from_cursor(queryset, keys, reached), keys, CHUNK
            )
            rows = [row for row, _ in page]
            while rows:
                number = reader.rows_within_bytes(rows, PAGE_BYTES)
                yield reader.show(rows[:number], base)
                rows = rows[number:]
            if len(page) < CHUNK:
                return
            reached = Cursor(page[-1][1], backwards=False)


class RecordViewSet(RowViewSet):
    """Lists, shows and writes the records of one type with its declared services.

    The router omits the methods without a service. Fields that a request omits keep
    their values; a PUT must contain the required fields.
    """

    row_type: RecordType[Any]

    def get_description_text(self) -> str:
        """Return the description of the declaration, with who can do what."""
        return self.row_type.full_description

    def get_serializer(self, *args: Any, **kwargs: Any) -> RecordSerializer:
        """Return a serializer of the type's fields."""
        kwargs.setdefault("context", self.get_serializer_context())
        return RecordSerializer(*args, record_type=self.row_type, **kwargs)

    def validate(self, data: Any, **options: Any) -> Any:
        """Return the valid values of a body; raise ``ValidationError`` for others."""
        context = self.get_serializer_context()
        return validated_values(self.row_type, data, context, **options)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register one record, or all records of a list or none."""
        self.check_field_choice()
        return run_idempotently(request, lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        data: Any = request.data
        if isinstance(data, list):
            return self._create_many(data)
        values = self.validate(data)
        [record] = self.row_type.register_rows(
            [values], by=request.user, validated=True
        )
        return self.record_response(record.pk, record, status=201)

    def _create_many(self, data: list[Any]) -> Response:
        values = self.validate(data, many=True)
        with errors_of_body(data):
            records = self.row_type.register_rows(
                values, by=self.request.user, validated=True
            )
        return Response(self.show([record.pk for record in records]), status=201)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the values of a record."""
        return self._update(request, partial=False)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change some values of a record."""
        return self._update(request, partial=True)

    def _update(self, request: Request, *, partial: bool) -> Response:
        pk = self.existing_pk()
        values = self.validate(request.data, partial=partial)
        change = self.row_type.change
        if change is None:
            raise MethodNotAllowed(str(request.method))
        change(
            pk,
            values,
            by=self.user,
            unless_changed=if_match_revisions(request),
            validated=True,
        )
        return self.record_response(pk)

    def existing_pk(self) -> int:
        """Return the id in the address; raise 404 before errors of the body."""
        pk = int(self.kwargs["pk"])
        if not self.get_queryset().filter(pk=pk).exists():
            raise Http404
        self.check_field_choice()
        if not isinstance(self.request.data, Mapping):
            raise ValidationError({"detail": "Give one record, as a JSON object."})
        return pk

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a record."""
        delete = self.row_type.delete
        if delete is None:
            raise MethodNotAllowed(str(request.method))
        delete(
            int(self.kwargs["pk"]),
            by=self.user,
            unless_changed=if_match_revisions(request),
        )
        return Response(status=204)


def _column_of(model: type[Model], key: SortKey) -> str:
    """Return the column of a sort key; a link has the column of its id."""
    field: Any = model._meta.get_field(key.name)
    return str(field.attname)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))
