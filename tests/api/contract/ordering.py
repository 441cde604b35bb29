"""Lists in another order than newest first."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from registry.core.versions import sort_field
from tests.api.client import Api, data_of
from tests.api.contract.base import Contract, id_of


class Ordering(Contract):
    """`ordering` by each field, pages included."""

    def _add_ties_and_gaps(self, name: str, records: list[Any]) -> None:
        """Let records share a value, and others have none."""
        field = self.field(name)
        rows = self.model()._default_manager
        if not field.unique:
            twin = rows.filter(pk=records[2].pk)
            twin.update(**self._same_value(name, records[0]))
        if field.null:
            rows.filter(pk__in=[records[1].pk, records[3].pk]).update(**{name: None})

    @pytest.mark.parametrize("sign", ["", "-"], ids=["up", "down"])
    @pytest.mark.slow
    def test_a_list_is_ordered_by_each_field_and_within_by_id_the_same_way(
        self, sign: str
    ) -> None:
        records = [self.make() for _ in range(4)]
        api = self.reader
        for name in self.orderings():
            with transaction.atomic():
                self._add_ties_and_gaps(name, records)
                query = {"ordering": f"{sign}{name}"}
                expected = self._ordered_ids(name, sign)
                assert _ids(data_of(api.get(self.list_path, query))) == expected
                assert self._walk(api, {**query, "page_size": "1"}) == expected
                transaction.set_rollback(True)

    def _same_value(self, name: str, record: Any) -> dict[str, Any]:
        """Return the value of a field, and the column that it is compared by."""
        columns = [name, sort_field(self.model(), name)]
        return {one: getattr(record, self.field(one).attname) for one in columns}

    def _ordered_ids(self, name: str, sign: str) -> list[int]:
        field = F(sort_field(self.model(), name))
        by = field.desc(nulls_last=True) if sign else field.asc(nulls_last=True)
        rows = self.model()._default_manager.order_by(by, f"{sign}pk")
        return list(rows.values_list("pk", flat=True))

    def _walk(self, api: Api, query: dict[str, str]) -> list[int]:
        """Return the ids of all pages; they must be the same on the way back."""
        page = data_of(api.get(self.list_path, query))
        ids = _ids(page)
        while page["next"]:
            page = data_of(api.get(page["next"]))
            ids += _ids(page)
        back = _ids(page)
        while page["previous"]:
            page = data_of(api.get(page["previous"]))
            back = _ids(page) + back
        assert back == ids
        return ids

    def test_several_fields_order_one_after_the_other(self) -> None:
        for _ in range(3):
            self.make()
        names = [name for name in self.orderings() if name != "last_updated"][:2]
        query = {"ordering": ",".join(names)}
        columns = [sort_field(self.model(), name) for name in names]
        by = [F(name).asc(nulls_last=True) for name in columns]
        rows = self.model()._default_manager.order_by(*by, "pk")
        page = data_of(self.reader.get(self.list_path, query))
        assert _ids(page) == list(rows.values_list("pk", flat=True))

    def test_oldest_first_is_ordering_by_id(self) -> None:
        for _ in range(3):
            self.make()
        api = self.reader
        newest = _ids(data_of(api.get(self.list_path)))
        assert (
            _ids(data_of(api.get(self.list_path, {"ordering": "id"}))) == newest[::-1]
        )

    def test_an_order_by_what_is_no_field_is_refused_with_what_is(self) -> None:
        answer = self.reader.get(self.list_path, {"ordering": "-nonsense"})
        [message] = data_of(answer, 400)["ordering"]
        allowed = message.partition("choose from ")[2].rstrip(".").split(", ")
        assert sorted(allowed) == sorted(["id", *self.orderings()])

    def test_a_cursor_of_another_order_is_not_found(self) -> None:
        for _ in range(2):
            self.make()
        api = self.reader
        query = {"ordering": "id", "page_size": 1}
        cursor = data_of(api.get(self.list_path, query))["next"].partition("cursor=")[2]
        # the cursor of a unique field looks like that of the id
        name = next(n for n in self.orderings() if not self._looks_like_id(n))
        answer = api.get(self.list_path, {"ordering": name, "cursor": cursor})
        assert data_of(answer, 404) == {"detail": "Invalid cursor"}

    def _looks_like_id(self, name: str) -> bool:
        """Tell whether a cursor of a field looks like that of the id."""
        return bool(self.is_link(name) and self.field(name).unique)


def _ids(page: dict[str, Any]) -> list[int]:
    return [id_of(record["url"]) for record in page["results"]]
