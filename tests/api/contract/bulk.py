"""Many records in one POST: all or none."""

from __future__ import annotations

from typing import Any

from registry.core.models import Event
from tests.api.client import Api, data_of, url_of
from tests.api.contract.base import Contract, as_json, id_of, shown_of
from tests.factories import values_of

#: An id that no record has.
NOWHERE = 10**15


class Bulk(Contract):
    """A list in the body."""

    def test_a_list_registers_all_in_order(self, api: Api) -> None:
        rows = [values_of(self.factory) for _ in range(3)]
        before = self.count()
        records = data_of(api.post(self.list_path, [_body(row) for row in rows]), 201)
        expected = [self.shown(row) for row in rows]
        names = list(rows[0])
        assert [shown_of(record, names) for record in records] == expected
        assert [data_of(api.get(record["url"])) for record in records] == records
        assert self.count() == before + 3
        ids = [id_of(record["url"]) for record in records]
        events = Event.objects.filter(kind=self.endpoint, record_id__in=ids)
        assert events.filter(action="created").count() == 3

    def test_an_empty_list_registers_nothing(self, api: Api) -> None:
        before = self.count()
        assert data_of(api.post(self.list_path, []), 201) == []
        assert self.count() == before

    def test_one_bad_record_refuses_all_by_index(self, api: Api) -> None:
        rows: list[Any] = [self.body() for _ in range(4)]
        name = next(iter(rows[2]))
        rows[2][name] = {"a": 1}
        before = self.count(), Event.objects.count()
        errors = data_of(api.post(self.list_path, rows), 400)
        assert [list(error) for error in errors] == [[], [], [name], []]
        assert (self.count(), Event.objects.count()) == before

    def test_what_is_no_record_refuses_all_by_index(self, api: Api) -> None:
        none: tuple[Any, ...] = ("text", 5, None, [])
        for wrong in none:
            errors = data_of(api.post(self.list_path, [self.body(), wrong]), 400)
            assert [list(error) for error in errors] == [[], ["detail"]], wrong

    def test_a_duplicate_refuses_all_by_index(
        self, api: Api, unique_set: tuple[str, ...]
    ) -> None:
        first, second = self.twins(unique_set)
        record = self.make(**first)
        rows = [self.body(), _body(second)]
        before = self.count(), Event.objects.count()
        errors = data_of(api.post(self.list_path, rows), 409)
        assert errors[0] == {}
        assert errors[1]["url"] == url_of(record)
        assert unique_set[0] in errors[1]["detail"]
        assert (self.count(), Event.objects.count()) == before

    def test_of_a_list_of_one_the_error_is_a_list(
        self, api: Api, unique_set: tuple[str, ...]
    ) -> None:
        first, second = self.twins(unique_set)
        record = self.make(**first)
        [error] = data_of(api.post(self.list_path, [_body(second)]), 409)
        assert error["url"] == url_of(record)

    def test_twins_in_one_list_refuse_it(
        self, api: Api, unique_set: tuple[str, ...]
    ) -> None:
        first, second = self.twins(unique_set)
        rows = [_body(first), self.body(), _body(second)]
        before = self.count()
        errors = data_of(api.post(self.list_path, rows), 409)
        assert errors[:2] == [{}, {}]
        assert "another row of this request" in errors[2]["detail"]
        assert self.count() == before

    def test_links_that_are_none_are_named_by_index(
        self, api: Api, links: list[str]
    ) -> None:
        rows = [self.body(), self.body()]
        for name in links:
            rows[1][name] = [NOWHERE] if isinstance(rows[1][name], list) else NOWHERE
        errors = data_of(api.post(self.list_path, rows), 400)
        assert [set(error) for error in errors] == [set(), {*links}]

    def test_more_than_10_000_are_too_many(self, api: Api) -> None:
        answer = data_of(api.post(self.list_path, [{}] * 10_001), 400)
        assert "10000" in answer["detail"]


def _body(values: dict[str, Any]) -> dict[str, Any]:
    return {name: as_json(value) for name, value in values.items()}
