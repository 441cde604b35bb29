"""OPTIONS: what clients learn a record type from."""

from __future__ import annotations

from typing import Any

from django.db import models

from registry.core.validators import LONG_LENGTH, PATH_LENGTH, SHORT_LENGTH
from tests.api.client import Api, data_of, path_of
from tests.api.contract.base import Contract


class Options(Contract):
    """Name, filters and fields, on the list and on the record."""

    def _asked(self, api: Api, path: str) -> dict[str, Any]:
        metadata: dict[str, Any] = data_of(api.call("OPTIONS", path))
        return metadata

    def _fields(self, api: Api) -> dict[str, Any]:
        fields: dict[str, Any] = self._asked(api, self.list_path)["actions"]["POST"]
        return fields

    def test_everybody_learns_the_filters(self) -> None:
        record = self.make()
        for path in (self.list_path, path_of(record)):
            metadata = self._asked(Api(), path)
            assert set(metadata["filter_fields"]) == self.all_filters()
            # clients that read the first ones find the fields of the record there
            fields = metadata["filter_fields"][: len(self.filters())]
            assert set(fields) == {*self.filters()}
            assert "actions" not in metadata

    def test_everybody_learns_what_a_record_is(self) -> None:
        metadata = self._asked(Api(), self.list_path)
        assert metadata["name"]
        assert len(metadata["description"]) > 20
        assert metadata["renders"] == ["application/json", "text/html", "text/csv"]
        assert metadata["parses"][0] == "application/json"
        assert "multipart/form-data" in metadata["parses"]

    def test_the_fields_of_a_post_are_on_the_list_and_on_the_record(
        self, api: Api
    ) -> None:
        record = self.make()
        on_list = self._asked(api, self.list_path)["actions"]
        on_record = self._asked(api, path_of(record))["actions"]
        assert list(on_list) == ["POST"]
        assert set(on_list["POST"]) == self.shown_fields()
        assert on_record["POST"] == on_list["POST"]
        assert ("PUT" in on_record) == self.changeable

    def test_what_is_derived_is_read_only(self, api: Api) -> None:
        fields = self._fields(api)
        read_only = {name for name, field in fields.items() if field["read_only"]}
        assert read_only == self.shown_fields() - {*self.fields()}
        assert [n for n in read_only if fields[n]["required"]] == []

    def test_of_writable_fields_only_links_have_the_type_field(self, api: Api) -> None:
        fields = self._fields(api)
        links = {name for name in self.fields() if fields[name]["type"] == "field"}
        assert links == {name for name in self.fields() if self.is_link(name)}

    def test_what_is_required_is_said(self, api: Api) -> None:
        fields = self._fields(api)
        required = {name for name, field in fields.items() if field["required"]}
        assert required == {n for n, f in self.fields().items() if f.required}

    def test_every_field_is_explained_and_bounded(self, api: Api) -> None:
        for name, field in self._fields(api).items():
            assert field["label"], name
            assert len(field["help_text"]) > 10, name
            if self.is_text(name) and name in self.fields() and "choices" not in field:
                lengths = {SHORT_LENGTH, PATH_LENGTH, LONG_LENGTH}
                if name in self.lengths:
                    lengths = {self.lengths[name]}
                assert field["max_length"] in lengths, name

    def test_booleans_and_numbers_are_named_so(self, api: Api) -> None:
        fields = self._fields(api)
        kinds = (
            (models.BooleanField, "boolean"),
            (models.DateTimeField, "datetime"),
            (models.UUIDField, "string"),
            (models.PositiveSmallIntegerField, "integer"),
        )
        for kind, name in kinds:
            named = {fields[field]["type"] for field in self.of_kind(kind)}
            assert named <= {name}

    def test_links_do_not_list_what_they_could_lead_to(self, api: Api) -> None:
        self.make()
        listing = [n for n, f in self._fields(api).items() if "choices" in f]
        assert listing == [n for n in self.fields() if self._has_choices(n)]

    def _has_choices(self, name: str) -> bool:
        """Tell whether a field has one of a few values, which the model lists."""
        return bool(getattr(self.field(name), "choices", None))
