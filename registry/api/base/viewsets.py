"""The viewset that record types build on.

A resource names its model, serializer, filters and the services that write it; how
records are listed, read, registered and changed is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404, StreamingHttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from registry.api.base.bulk import refuse_many
from registry.api.base.fields import LinkResolver
from registry.api.base.idempotency import once
from registry.api.base.reader import RecordReader, Row
from registry.api.base.renderers import csv_texts, wants_raw
from registry.api.base.versions import NEWEST
from registry.api.base.views import RegistryView
from registry.core.errors import BulkError, RegistryError
from registry.core.models import Record, revision
from registry.core.records import Values, create_records
from registry.http.conditional import format_etag, if_match_revisions
from registry.http.filters.backend import RECORD_PARAMETERS, refuse_unknown
from registry.http.keyset import Cursor, SortKey, order_from_cursor
from registry.http.links import kind_of
from registry.http.pagination import PAGE_BYTES, PAGE_SIZE, ordering_of, page_size_of
from registry.http.read_slots import hold_read_slot
from registry.http.throttling import ExportThrottle

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.serializers import BaseSerializer

    from registry.identity.models import User

# Inside the viewsets the name `list` is the method, so these are named here.
Page = list[tuple[Row, tuple[Any, ...]]]
Records = list[dict[str, Any]]
Throttles = list[Any]

#: Rows that a streamed answer reads at a time.
CHUNK = 1000


class ReadOnlyRecordViewSet(RegistryView, GenericViewSet[Any]):
    """Lists and records of one model."""

    model: ClassVar[type[Model]]
    lookup_value_regex = "[0-9]{1,18}"
    _readers: ClassVar[dict[tuple[type, str], RecordReader]] = {}

    def get_queryset(self) -> QuerySet[Any]:
        """Return all records of the type, in no order."""
        return self.model._default_manager.order_by()

    def get_serializer_context(self) -> dict[str, Any]:
        """Give the serializer what finds the targets of links."""
        return {**super().get_serializer_context(), "links": LinkResolver()}

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return a page of records, newest first; as CSV, all of them."""
        queryset = self.filter_queryset(self.get_queryset())
        if request.accepted_renderer.format == "csv":
            return self._stream_csv(queryset)
        if request.accepted_renderer.format == "api":
            self._prepare_to_draw(request)
        rows = self.paginate_queryset(queryset)
        records = self.reader.show(rows or [], self.base)
        return self.get_paginated_response(records)

    @staticmethod
    def _prepare_to_draw(request: Request) -> None:
        """Have a slot for a page that costs many times what its JSON would."""
        if page_size_of(request) > PAGE_SIZE:
            hold_read_slot(request._request, request.user)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one record."""
        refuse_unknown(request.query_params, RECORD_PARAMETERS)
        return self.record_response(int(self.kwargs["pk"]))

    @property
    def full_reader(self) -> RecordReader:
        """What reads the records with all fields of the version that is asked for."""
        version = self.request.version or NEWEST
        reader = self._readers.get((type(self), version))
        if reader is None:
            reader = RecordReader.of(self.get_serializer(), self.model, version)
            self._readers[type(self), version] = reader
        return reader

    @property
    def reader(self) -> RecordReader:
        """What reads the records, with the fields that the request chose."""
        parameters = self.request.query_params
        return self.full_reader.choose(parameters.get("fields"), parameters.get("omit"))

    def check_choice(self) -> None:
        """Refuse a choice of fields that is none, before anything is stored."""
        refuse_unknown(self.request.query_params, RECORD_PARAMETERS)
        _ = self.reader

    def read_page(
        self, queryset: QuerySet[Any], keys: Sequence[SortKey], limit: int
    ) -> Page:
        """Select rows for the paginator, each with the values of its keys."""
        names = [_column_of(self.model, key) for key in keys]
        rows = self.reader.rows(queryset, names)[:limit]
        return [(row[: -len(names)], row[-len(names) :]) for row in rows]

    def fitting(self, rows: Sequence[Row]) -> int:
        """Return how many rows make a page that is not too large."""
        return self.reader.fitting(rows, PAGE_BYTES)

    def show(self, ids: Sequence[int], reader: RecordReader | None = None) -> Records:
        """Return the records with these ids, in this order."""
        reader = reader or self.reader
        records: dict[int, dict[str, Any]] = {}
        for some in _chunks(ids):
            queryset = self.model._default_manager.filter(pk__in=some).order_by()
            rows = list(reader.rows(queryset))
            shown = reader.show(rows, self.base)
            records |= {row[0]: one for row, one in zip(rows, shown, strict=True)}
        return [records[pk] for pk in ids if pk in records]

    def record_response(self, pk: int, status: int = 200) -> Response:
        """Answer with one record and its entity tag."""
        reader = self.reader
        row = reader.row(pk)
        if row is None:
            raise Http404(f"{self.model._meta.verbose_name} {pk} does not exist.")
        record = reader.show_one(row, self.base)
        headers = {}
        if issubclass(self.model, Record):
            headers["ETag"] = format_etag(revision(pk, row[1].timestamp()))
        if status == 201:
            headers["Location"] = f"{self.base}{kind_of(self.model)}/{pk}/"
        return Response(record, status=status, headers=headers)

    def get_throttles(self) -> Throttles:
        """Count exports as such, beside the limit on all requests."""
        throttles: Throttles = super().get_throttles()
        if self.is_costly(self.request):
            throttles.append(ExportThrottle())
        return throttles

    def is_costly(self, request: Request) -> bool:
        """Tell whether everything is asked for, as CSV."""
        asked = request.query_params.get("format")
        accepted = request.META.get("HTTP_ACCEPT", "")
        return asked == "csv" or (not asked and "text/csv" in accepted)

    def _stream_csv(self, queryset: QuerySet[Any]) -> StreamingHttpResponse:
        """Stream every record that the filters leave."""
        paginator: Any = self.paginator
        paginator.check(self.request, self.model)
        keys = ordering_of(self.request, self.model)
        response = StreamingHttpResponse(
            csv_texts(
                self.reader.names,
                self._pieces_of(queryset, keys),
                raw=wants_raw(self.request.query_params),
            ),
            content_type="text/csv; charset=utf-8",
        )
        name = kind_of(self.model)
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return response

    def _pieces_of(
        self, queryset: QuerySet[Any], keys: Sequence[SortKey]
    ) -> Iterator[Records]:
        """Read the records a thousand at a time, fewer where their texts are long.

        Each statement begins where the one before stopped. So it is short, and between
        two pieces the database is not kept busy, whoever asks for the next one and
        however late.
        """
        reader, base = self.reader, self.base
        reached: Cursor | None = None
        while True:
            page = self.read_page(
                order_from_cursor(queryset, keys, reached), keys, CHUNK
            )
            rows = [row for row, _ in page]
            while rows:
                number = reader.fitting(rows, PAGE_BYTES)
                yield reader.show(rows[:number], base)
                rows = rows[number:]
            if len(page) < CHUNK:
                return
            reached = Cursor(page[-1][1], backwards=False)


class RecordViewSet(ReadOnlyRecordViewSet):
    """Records that can be registered, by the service ``register``.

    Types whose records need more than their own row name another service.
    """

    model: ClassVar[type[Record]]

    @classmethod
    def register(
        cls, rows: Sequence[Values], *, by: User, checked: bool
    ) -> Sequence[Record]:
        """Store records, all or none."""
        return create_records(cls.model, rows, by=by, checked=checked)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register one record, or a list of them: all or none."""
        self.check_choice()
        return once(request, self.user, lambda: self._create(request))

    def _create(self, request: Request) -> Response:
        data: Any = request.data
        if isinstance(data, list):
            refuse_many(len(data))
            return self._create_many(data)
        values = self._checked(self.get_serializer(data=data))
        [record] = type(self).register([values], by=self.user, checked=True)
        return self.record_response(record.pk, status=201)

    def _create_many(self, data: list[Any]) -> Response:
        values = self._checked(self.get_serializer(data=data, many=True))
        try:
            records = type(self).register(values, by=self.user, checked=True)
        except BulkError:
            raise
        except RegistryError as error:
            # Of a list, also of one record, the errors are a list.
            raise BulkError({0: error}, len(data)) from error
        return Response(self.show([record.pk for record in records]), status=201)

    @staticmethod
    def _checked(serializer: BaseSerializer[Any]) -> Any:
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class ChangeableViewSet(RecordViewSet):
    """PUT and PATCH, by the service ``change``.

    Fields that are left out keep their values; a PUT must have the required ones.
    """

    change: ClassVar[Callable[..., Record]]

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the values of a record."""
        return self._update(request, partial=False)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change some values of a record."""
        return self._update(request, partial=True)

    def _update(self, request: Request, *, partial: bool) -> Response:
        pk = self.existing_pk()
        serializer = self.get_serializer(data=request.data, partial=partial)
        values = self._checked(serializer)
        type(self).change(
            pk,
            values,
            by=self.user,
            unless_changed=if_match_revisions(request),
            checked=True,
        )
        return self.record_response(pk)

    def existing_pk(self) -> int:
        """Return the id in the address; 404 comes before what is wrong in a body."""
        pk = int(self.kwargs["pk"])
        if not self.get_queryset().filter(pk=pk).exists():
            raise Http404
        self.check_choice()
        if not isinstance(self.request.data, Mapping):
            raise ValidationError({"detail": "Give one record, as a JSON object."})
        return pk


class RemovableViewSet(RecordViewSet):
    """DELETE, by the service ``remove``."""

    remove: ClassVar[Callable[..., None]]

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Remove a record."""
        type(self).remove(
            int(self.kwargs["pk"]),
            by=self.user,
            unless_changed=if_match_revisions(request),
        )
        return Response(status=204)


def _column_of(model: type[Model], key: SortKey) -> str:
    """Name the column of a key: of a link, its id."""
    field: Any = model._meta.get_field(key.name)
    return str(field.attname)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))
