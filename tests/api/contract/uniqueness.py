"""Duplicates: 409, and where the record is that is there already."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from registry.core.duplicates import unique_sets
from tests.api.client import Api, data_of, url_of
from tests.api.contract.base import Contract, as_json
from tests.factories import UserFactory, registrar

if TYPE_CHECKING:
    from django.http import HttpResponse


class Uniqueness(Contract):
    """Every set of fields that is unique together."""

    def _register(self, values: dict[str, Any]) -> HttpResponse:
        body = {name: as_json(value) for name, value in values.items()}
        return Api(registrar(self.roles)).post(self.list_path, body)

    def detail_of_duplicate(self, unique_set: tuple[str, ...], record: Any) -> str:
        """Return what a duplicate of a record is answered with."""
        return _detail(unique_set)

    def test_the_database_holds_what_the_contract_says(self) -> None:
        held = {frozenset(names) for names, _ in unique_sets(self.model())}
        assert held == {frozenset(names) for names in self.unique_sets()}

    def test_a_duplicate_is_refused_with_the_record_that_is_there(
        self, unique_set: tuple[str, ...]
    ) -> None:
        first, second = self.twins(unique_set)
        record = self.make(**first)
        answer = data_of(self._register(second), 409)
        detail = self.detail_of_duplicate(unique_set, record)
        assert answer == {"detail": detail, "url": url_of(record)}
        assert self.model()._default_manager.latest("pk") == record

    def test_what_differs_in_one_of_the_fields_is_no_duplicate(
        self, unique_together: tuple[str, ...]
    ) -> None:
        for name in unique_together:
            others = tuple(other for other in unique_together if other != name)
            first, second = self.twins(others)
            if isinstance(first.get(name), bool):
                second[name] = not first[name]
            self.make(**first)
            data_of(self._register(second), 201)

    def test_after_a_duplicate_the_record_is_found_by_all_that_was_posted(
        self, unique_set: tuple[str, ...]
    ) -> None:
        body = self.body()
        api = Api(registrar(self.roles))
        first = data_of(api.post(self.list_path, body), 201)
        assert data_of(api.post(self.list_path, body), 409)["url"] == first["url"]
        query = {name: body[name] for name in body if not self.is_document(name)}
        page = data_of(api.get(self.list_path, query))
        assert [record["url"] for record in page["results"]] == [first["url"]]

    @pytest.mark.django_db(transaction=True)
    def test_of_two_that_post_the_same_at_once_one_is_first(self) -> None:
        body = self.body()
        people = [Api(UserFactory(roles=self.powers)) for _ in range(2)]
        before = self.count()
        barrier = Barrier(len(people))

        def post(api: Api) -> tuple[int, Any]:
            try:
                barrier.wait()
                answer = api.post(self.list_path, body)
                return answer.status_code, data_of(answer, answer.status_code)
            finally:
                connection.close()

        with ThreadPoolExecutor(len(people)) as pool:
            answers = dict(pool.map(post, people))
        assert sorted(answers) == [201, 409]
        assert answers[409]["url"] == answers[201]["url"]
        assert self.count() == before + 1


def _detail(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"Field {names[0]} must be unique"
    return f"Fields {', '.join(names)} must be unique together"
