"""The filters of a list: every field by name."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models

from registry.core.links import has_uuid, kind_of
from tests.api.client import Api, data_of, path_of
from tests.api.contract.base import Contract, id_of
from tests.factories import UserFactory

#: What every list understands beside its filters.
COMMON = {
    "page_size",
    "cursor",
    "ordering",
    "format",
    "raw",
    "fields",
    "omit",
    "expand",
}
#: An id that no record has.
NOWHERE = 10**15
NONSENSE = "no such thing"


class Filtering(Contract):
    """Every filter, by every way to write its value."""

    def _make_target(self) -> Any:
        """Register a record, and others that share no value with it."""
        is_record = "updated_by" in self.shown_fields()
        by = {"by": UserFactory(roles=self.roles)} if is_record else {}
        target = self.make(**by)
        self.surround(target)
        for _ in range(2):
            shown = self.shown_fields()
            flags = [n for n in shown if isinstance(self.field(n), models.BooleanField)]
            self.make(**{name: not getattr(target, name) for name in flags})
        return target

    def _found(self, query: Any) -> list[int]:
        page = data_of(self.reader.get(self.list_path, query))
        assert page["count"] == len(page["results"])
        return [id_of(record["url"]) for record in page["results"]]

    def _value(self, target: Any, name: str) -> Any:
        """Return what the record shows; of a list, its first item."""
        shown = data_of(self.reader.get(path_of(target)))[name]
        assert shown not in (None, [], ""), f"the record has no {name} to look for"
        return shown[0] if isinstance(shown, list) else shown

    def _linked(self, name: str) -> type[models.Model]:
        """Return the model that a link leads to."""
        model: type[models.Model] = self.field(name).related_model
        return model

    def ids_found_by(self, target: Any, name: str) -> list[int]:
        """Return what has the same value of a filter: the record alone."""
        return [target.pk]

    def _all_found(self, values: dict[str, Any]) -> dict[str, list[int]]:
        """Return what each of these filters finds by itself."""
        return {name: self._found({name: value}) for name, value in values.items()}

    def test_each_filter_finds_the_record_with_the_value_alone(self) -> None:
        target = self._make_target()
        values = {name: self._value(target, name) for name in self.filters()}
        expected = {name: self.ids_found_by(target, name) for name in values}
        assert self._all_found(values) == expected

    def test_an_empty_value_is_no_filter(self) -> None:
        self._make_target()
        found = self._all_found(dict.fromkeys(self.filters(), ""))
        everything = self._found({})
        assert found == dict.fromkeys(self.filters(), everything)
        assert len(everything) == self.count()

    def test_a_value_that_no_record_has_finds_nothing(
        self, plain_filters: list[str]
    ) -> None:
        self._make_target()
        absent = {
            models.UUIDField: uuid.uuid4(),
            models.DateTimeField: "1978-03-04T00:00:00Z",
            models.PositiveSmallIntegerField: 31_000,
            models.PositiveIntegerField: 31_000,
            models.IntegerField: 31_000,
            models.FloatField: 31_000.5,
        }
        values = {n: absent.get(type(self.field(n)), NONSENSE) for n in plain_filters}
        assert self._all_found(values) == {name: [] for name in values}

    def test_nonsense_is_refused_by_the_name_of_the_filter(
        self, parsed_filters: list[str]
    ) -> None:
        # a name can be that of an account, which only people with one look up
        api = Api(UserFactory.create()) if self.public else self.reader
        for name in parsed_filters:
            messages = data_of(api.get(self.list_path, {name: NONSENSE}), 400)
            assert list(messages) == [name]
            assert [type(message) for message in messages[name]] == [str]
        query = dict.fromkeys(parsed_filters, NONSENSE)
        assert set(data_of(api.get(self.list_path, query), 400)) == {*parsed_filters}

    def test_a_nul_is_refused_by_the_name_of_the_filter(self) -> None:
        api = self.reader
        for name in self.filters():
            for value in ("\0", "a\0b"):
                answer = api.get(self.list_path, {name: value})
                assert list(data_of(answer, 400)) == [name]

    def test_a_link_is_written_as_id_path_or_url_on_any_host(
        self, link_filters: list[str]
    ) -> None:
        target = self._make_target()
        for name in link_filters:
            pk = id_of(self._value(target, name))
            path = f"/api/{kind_of(self._linked(name))}/{pk}/"
            url = f"https://elsewhere.example.org/below{path}"
            for value in (pk, f" {pk} ", path, path.strip("/"), url, url.rstrip("/")):
                expected = self.ids_found_by(target, name)
                assert self._found({name: value}) == expected, (name, value)

    def test_a_link_is_written_as_uuid(self, uuid_filters: list[str]) -> None:
        target = self._make_target()
        for name in uuid_filters:
            pk = id_of(self._value(target, name))
            other: Any = self._linked(name)._default_manager.get(pk=pk)
            expected = self.ids_found_by(target, name)
            assert self._found({name: other.uuid}) == expected, name

    def test_a_link_to_another_kind_of_record_is_refused(
        self, link_filters: list[str]
    ) -> None:
        self._make_target()
        api = self.reader
        for name in link_filters:
            answer = api.get(self.list_path, {name: "/api/nothing/1/"})
            [message] = data_of(answer, 400)[name]
            assert f"/api/{kind_of(self._linked(name))}/1/" in message

    def test_a_link_to_what_does_not_exist_finds_nothing(
        self, link_filters: list[str]
    ) -> None:
        self._make_target()
        for name in link_filters:
            model = self._linked(name)
            url = f"http://testserver/api/{kind_of(model)}/{NOWHERE}/"
            for value in (NOWHERE, url, *([uuid.uuid4()] if has_uuid(model) else [])):
                assert self._found({name: value}) == [], (name, value)

    def test_several_links_mean_any_of_them(self, link_filters: list[str]) -> None:
        target, other = self._make_target(), self._make_target()
        for name in link_filters:
            values = [self._value(record, name) for record in (target, other)]
            query = {name: [*values, NOWHERE, ""]}
            both = [*self.ids_found_by(other, name), *self.ids_found_by(target, name)]
            assert self._found(query) == both, name

    def test_booleans_are_written_in_any_case(self, boolean_filters: list[str]) -> None:
        target = self._make_target()
        for name in boolean_filters:
            value = str(self._value(target, name))
            for written in (value.lower(), value.upper(), value.title(), f" {value} "):
                expected = self.ids_found_by(target, name)
                assert self._found({name: written}) == expected, (name, written)

    def test_names_are_found_by_glob(self, globs: list[str]) -> None:
        target = self._make_target()
        for name in globs:
            value = getattr(target, name)
            first, rest = value[0], value[1:]
            sets = (f"[{first}]{rest}", f"[!\\]{rest}", f"[ -~]{rest}")
            for pattern in (value, f"{value}*", f"*{rest}", f"{first}*{rest}", *sets):
                assert self._found({name: pattern}) == [target.pk], pattern
            for pattern in (
                rest,
                value[:-1],
                value.swapcase(),
                f"{value}?",
                "[]",
                "[!",
            ):
                assert self._found({name: pattern}) == [], pattern
            assert len(self._found({name: "*"})) == self.count()

    def test_other_texts_match_exactly(self, exact_filters: list[str]) -> None:
        target = self._make_target()
        for name in exact_filters:
            value = self._value(target, name)
            for other in (f"{value} ", f" {value}", value[:-1]):
                assert self._found({name: other}) == [], other

    def test_addresses_have_no_globs_and_other_texts_do(
        self, exact_filters: list[str]
    ) -> None:
        target = self._make_target()
        for name in exact_filters:
            value = self._value(target, name)
            same = self.ids_found_by(target, name)
            expected = [] if self.is_address(name) else same
            for pattern in (f"{value}*", f"?{value[1:]}", f"[!\\]{value[1:]}"):
                assert self._found({name: pattern}) == expected, (name, pattern)

    def test_filters_hold_together(self) -> None:
        target = self._make_target()
        query = {name: self._value(target, name) for name in self.filters()}
        assert self._found(query) == [target.pk]
        wrong = next(name for name in query if self.is_text(name) or self.is_link(name))
        query[wrong] = NOWHERE
        assert self._found(query) == []

    def test_an_unknown_parameter_is_refused_with_the_nearest_one(self) -> None:
        name = next(iter(self.fields()), self.filters()[0])
        answer = self.reader.get(self.list_path, {f"{name}z": "1"})
        message = data_of(answer, 400)["detail"]
        start = "Invalid query arguments, only query arguments ["
        assert message.startswith(start)
        allowed, _, rest = message.removeprefix(start).partition("]")
        assert set(allowed.split(", ")) == COMMON | self.all_filters()
        assert rest == f" are allowed. Did you mean {name} instead of {name}z?"

    def test_a_parameter_that_is_like_none_is_repeated(self) -> None:
        answer = self.reader.get(self.list_path, {"0123456789": "1"})
        assert data_of(answer, 400)["detail"].endswith("Not known: 0123456789")

    def test_a_record_has_no_filters(self) -> None:
        path = path_of(self.make())
        answer = self.reader.get(path, {self.filters()[0]: "1"})
        assert "[format, raw, fields, omit, expand]" in data_of(answer, 400)["detail"]

    def test_a_list_stays_filtered_from_page_to_page(self) -> None:
        target = self._make_target()
        name = next(
            one
            for one in self.filters()
            if self.ids_found_by(target, one) == [target.pk]
        )
        query = {name: self._value(target, name), "page_size": 1}
        page = data_of(self.reader.get(self.list_path, query))
        assert (page["count"], page["next"]) == (1, None)
