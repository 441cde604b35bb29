"""How many queries an answer takes: as many for thirty records as for one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from tests.api.client import Api, data_of, path_of, rows_of
from tests.api.contract.base import Contract

#: Finding out whose token it is.
WHO = 1


class Budget(Contract):
    """Exact numbers of queries.

    `lists` are those for what a row has in other tables: 0 or 1. One record brings it
    along.
    """

    @pytest.mark.slow
    def test_a_list_of_one_takes_what_a_list_of_thirty_does(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        reader = self.reader
        for size in (1, 30):
            while self.count() < size:
                self.surround(self.make())
            # a page that holds all records counts them by reading them
            with django_assert_num_queries(1 + self.lists + self.deciding):
                page = data_of(reader.get(self.list_path))
            assert len(page["results"]) >= size
        with django_assert_num_queries(2 + self.lists + self.deciding):
            page = data_of(reader.get(self.list_path, {"page_size": size - 1}))
        assert page["count"] >= size

    def test_a_record(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        record = self.make()
        self.surround(record)
        reader = self.reader
        # whether the person can see it takes one more
        with django_assert_num_queries(1 + self.deciding + bool(self.deciding)):
            data_of(reader.get(path_of(record)))

    def test_csv(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for _ in range(3):
            self.make()
        reader = self.reader
        with django_assert_num_queries(1 + self.lists + self.deciding):
            rows_of(reader.get(self.list_path, {"format": "csv"}))

    def test_a_post(
        self, api: Api, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        body = self.body()
        # a record that is all in one row is not read again
        is_known = not self.lists
        with django_assert_num_queries(WHO + self._posting() - is_known):
            data_of(api.post(self.list_path, body), 201)

    def _posting(self) -> int:
        is_postgresql = connection.vendor == "postgresql"
        return self.posting - is_postgresql * self.fewer_on_postgresql

    @pytest.mark.slow
    def test_many_at_once_take_what_two_do(
        self, api: Api, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for size in (2, 30):
            bodies = [self.body() for _ in range(size)]
            with django_assert_num_queries(WHO + self._posting() + self.lists):
                data_of(api.post(self.list_path, bodies), 201)

    def test_options_take_none(
        self, api: Api, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        record = self.make()
        for path in (self.list_path, path_of(record)):
            with django_assert_num_queries(0):
                data_of(Api().call("OPTIONS", path))
            with django_assert_num_queries(WHO):
                data_of(api.call("OPTIONS", path))

    @pytest.mark.slow
    def test_a_browsers_page_takes_as_many_for_thirty_as_for_two(
        self, api: Api, django_assert_max_num_queries: Any
    ) -> None:
        for size in (2, 30):
            while self.count() < size:
                self.surround(self.make())
            with django_assert_max_num_queries(WHO + 4 + self.lists + self.deciding):
                answer = api.get(self.list_path, accept="text/html")
            assert answer.status_code == 200
