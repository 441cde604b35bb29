"""POST of one record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from registry.core.models import Event
from registry.identity.models import User
from tests.api.client import HOST, Api, data_of, path_of, revision_of, state_of
from tests.api.contract.base import Contract, as_json, as_shown, id_of, shown_of
from tests.factories import values_of

NOWHERE = 10**15

#: The ways to write a link to `target`, which has this path.
WAYS: tuple[Callable[[str, Any], Any], ...] = (
    lambda path, _: path,
    lambda path, _: path.strip("/"),
    lambda path, _: f"{HOST}{path}",
    lambda path, _: f"https://elsewhere.example.org:8443/below{path}",
    lambda _, target: target.pk,
    lambda _, target: str(target.pk),
    lambda _, target: str(getattr(target, "uuid", target.pk)),
)


class Writing(Contract):
    """What a POST may have, and what comes of it."""

    def _stored(self, shown: dict[str, Any]) -> Any:
        """Return the record that an answer shows, as it is stored."""
        return self.model()._default_manager.get(pk=id_of(shown["url"]))

    def _post(self, api: Api, body: Any) -> dict[str, Any]:
        shown: dict[str, Any] = data_of(api.post(self.list_path, body), 201)
        return shown

    def test_a_post_registers_a_record_with_its_values(self, api: Api) -> None:
        values = values_of(self.factory)
        body = {name: as_json(value) for name, value in values.items()}
        answer = api.post(self.list_path, body)
        shown = data_of(answer, 201)
        record = self._stored(shown)
        assert shown_of(shown, list(values)) == self.shown(values)
        assert answer["Location"] == shown["url"] == f"{HOST}{path_of(record)}"
        assert state_of(answer) == revision_of(record)
        assert data_of(api.get(path_of(record))) == shown

    def test_a_form_registers_the_same(self, api: Api) -> None:
        values = values_of(self.factory)
        body = {name: as_json(value) for name, value in values.items()}
        shown = data_of(api.send_form("POST", self.list_path, self.form(body)), 201)
        assert shown_of(shown, list(values)) == self.shown(values)

    def test_a_multipart_form_registers_the_same(self, person: User) -> None:
        values = values_of(self.factory)
        body = {name: as_json(value) for name, value in values.items()}
        shown = data_of(
            Api(person).send_multipart(self.list_path, self.form(body)), 201
        )
        assert shown_of(shown, list(values)) == self.shown(values)

    @pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
    def test_what_is_left_out_has_the_default_of_the_contract(
        self, api: Api, form: bool
    ) -> None:
        kept = {*self.at_least, *(n for n, f in self.fields().items() if f.required)}
        body = {name: value for name, value in self.body().items() if name in kept}
        if form:
            shown = data_of(api.send_form("POST", self.list_path, self.form(body)), 201)
        else:
            shown = self._post(api, body)
        rest = {n: f for n, f in self.fields().items() if n not in {*kept, "uuid"}}
        expected = {name: field.default_value for name, field in rest.items()}
        assert {name: shown[name] for name in rest} == expected

    def test_what_is_required_is_asked_for(self, api: Api, required: list[str]) -> None:
        body = self.body()
        before = self.count()
        for name in required:
            for wrong in ({}, {name: None}):
                given = {n: v for n, v in body.items() if n != name} | wrong
                assert list(data_of(api.post(self.list_path, given), 400)) == [name]
        assert set(data_of(api.post(self.list_path, {}), 400)) == {*required}
        assert self.count() == before

    def test_null_is_stored_as_none(self, api: Api, nullable: list[str]) -> None:
        empties = self.empties()
        assert {name for given in empties for name in given} == {*nullable}
        for given in empties:
            shown = self._post(api, {**self.body(), **given})
            assert {name: shown[name] for name in given} == given

    def test_an_empty_text_is_stored_as_none(
        self, api: Api, nullable_texts: list[str]
    ) -> None:
        texts = [[n for n in one if n in nullable_texts] for one in self.empties()]
        for names in 2 * [one for one in texts if one]:
            shown = self._post(api, {**self.body(), **dict.fromkeys(names, "")})
            assert {shown[name] for name in names} == {None}
            stored = self._stored(shown)
            assert {getattr(stored, name) for name in names} == {None}

    def test_an_empty_link_of_a_form_is_none(self, api: Api) -> None:
        links = [name for name in self.fields() if self.is_link(name)]
        empty = {name: "" for name in links if self.fields()[name].nullable}
        body = {**self.body(), **empty}
        shown = data_of(api.send_form("POST", self.list_path, self.form(body)), 201)
        assert {name: shown[name] for name in empty} == dict.fromkeys(empty)

    def test_a_link_may_be_written_in_every_way(
        self, api: Api, links: list[str]
    ) -> None:
        for way in range(len(WAYS)):
            body = self.body()
            given = {name: self._written(name, body[name], way) for name in links}
            shown = self._post(api, {**body, **given})
            assert {name: shown[name] for name in links} == {
                name: _on_host(body[name]) for name in links
            }

    def _written(self, name: str, path: Any, way: int) -> Any:
        """Write a link, or a list of one, in another way."""
        if isinstance(path, list):
            return [self._written(name, item, way) for item in path]
        target = self.field(name).related_model._default_manager.get(pk=id_of(path))
        return WAYS[way](path, target)

    def test_a_link_that_is_none_is_refused_by_name(
        self, api: Api, links: list[str]
    ) -> None:
        body = self.body()
        before = self.count()
        for name in links:
            for wrong in (NOWHERE, "nonsense", "/api/nothing/1/", 1.5, True, {"id": 1}):
                given = {**body, name: _alike(body[name], wrong)}
                messages = data_of(api.post(self.list_path, given), 400)
                assert list(messages) == [name], wrong
        assert self.count() == before

    def test_a_value_of_another_kind_is_refused_by_name(self, api: Api) -> None:
        body = self.body()
        before = self.count()
        for name in self.fields():
            for wrong in ({"a": 1}, [[1]], [{"a": None}], "a\0b"):
                messages = data_of(api.post(self.list_path, {**body, name: wrong}), 400)
                assert list(messages) == [name], wrong
        everything = {name: {"a": 1} for name in self.fields()}
        messages = data_of(api.post(self.list_path, everything), 400)
        assert set(messages) == {*self.fields()}
        assert self.count() == before

    def test_numbers_beyond_all_bounds_are_no_failure(self, api: Api) -> None:
        body = self.body()
        for name in self.fields():
            # a number may stand for a text, and for a UUID
            if not (self.is_text(name) or name == "uuid"):
                for number in (2**31, 2**63, 10**30, -1, 1e300):
                    answer = api.post(self.list_path, {**body, name: number})
                    assert list(data_of(answer, 400)) == [name], number

    def test_booleans_may_be_texts(self, api: Api, booleans: list[str]) -> None:
        for truth in (True, False):
            text = str(truth)
            for written in (text.lower(), text, text.upper(), str(int(truth)), truth):
                given = dict.fromkeys(booleans, written)
                shown = self._post(api, {**self.body(), **given})
                assert {n: shown[n] for n in booleans} == dict.fromkeys(booleans, truth)

    def test_a_boolean_that_is_none_is_refused(
        self, api: Api, booleans: list[str]
    ) -> None:
        given = dict.fromkeys(booleans, "perhaps")
        messages = data_of(api.post(self.list_path, {**self.body(), **given}), 400)
        assert list(messages) == booleans

    def test_names_refuse_what_filters_use_as_wildcards(
        self, api: Api, globs: list[str]
    ) -> None:
        body = self.body()
        for character in "[]?*":
            given = dict.fromkeys(globs, f"a{character}b")
            messages = data_of(api.post(self.list_path, {**body, **given}), 400)
            assert set(messages) == {*globs}
            assert all("[ ] ? *" in found[0] for found in messages.values())

    def test_unknown_and_read_only_fields_are_ignored(
        self, api: Api, person: User
    ) -> None:
        strange = {
            "url": "http://elsewhere.example.org/api/object/1/",
            "id": 10**6,
            "pk": 10**6,
            "last_updated": "1978-03-04T00:00:00Z",
            "updated_by": 10**6,
            "registered_by": 10**6,
            "input_urls": [{"of": ["a", "client"]}],
        }
        read_only = dict.fromkeys(self.shown_fields() - {*self.fields()}, "ignored")
        shown = self._post(api, {**self.body(), **read_only, **strange})
        record = self._stored(shown)
        assert record.pk < 10**6
        assert (record.registered_by, record.updated_by) == (person, person)
        assert record.last_updated.year > 1978

    @pytest.mark.parametrize("form", [False, True], ids=["json", "form"])
    def test_a_misspelt_field_is_refused_with_the_right_name(
        self, api: Api, form: bool
    ) -> None:
        whole = self.body()
        before = self.count()
        for name in self.fields():
            wrong = misspelt(name)
            body = {one: value for one, value in whole.items() if one != name}
            body[wrong] = whole.get(name) or "a value"
            if form:
                answer = api.send_form("POST", self.list_path, self.form(body))
            else:
                answer = api.post(self.list_path, body)
            messages = data_of(answer, 400)
            assert messages[wrong] == [said_of(name)]
            assert {*messages} <= {wrong, name}
        assert self.count() == before

    def test_a_misspelt_field_of_many_records_is_refused_by_row(self, api: Api) -> None:
        name = next(iter(self.fields()))
        right, wrong = self.body(), self.body()
        wrong[misspelt(name)] = wrong.pop(name)
        before = self.count()
        first, second = data_of(api.post(self.list_path, [right, wrong]), 400)
        assert first == {}
        assert second[misspelt(name)] == [said_of(name)]
        assert self.count() == before

    def test_who_posts_has_registered_it_and_an_event_says_so(
        self, api: Api, person: User
    ) -> None:
        body = self.body()
        before = Event.objects.latest("pk").pk if Event.objects.exists() else 0
        shown = data_of(
            api.post(self.list_path, body, user_agent="fair-cli/0.11 (Linux)"), 201
        )
        assert shown["updated_by"] == as_shown(person)
        new = Event.objects.filter(pk__gt=before)
        [event] = new.filter(kind=self.endpoint, by=person)
        assert event.record_id == id_of(shown["url"])
        assert (event.action, event.client) == ("created", "fair-cli/0.11")

    def test_what_is_refused_leaves_no_event(self, api: Api) -> None:
        body = self.wrong_body()
        before = Event.objects.count()
        data_of(api.post(self.list_path, body), 400)
        assert Event.objects.count() == before

    def test_nothing_is_stored_where_the_answer_cannot_be_chosen(
        self, api: Api
    ) -> None:
        body = self.body()
        before = self.count()
        answer = api.post(f"{self.list_path}?fields=nonsense", body)
        assert list(data_of(answer, 400)) == ["fields"]
        assert self.count() == before

    def test_a_body_that_is_no_record_is_refused(self, api: Api) -> None:
        for body in (b'"text"', b"5", b"true", b"null"):
            answer = api.send("POST", self.list_path, body, "application/json")
            assert list(data_of(answer, 400)) == ["detail"], body


def misspelt(name: str) -> str:
    """Return a misspelt name of a field."""
    return f"{name}s" if not name.endswith("s") else name[:-1]


def said_of(name: str) -> str:
    """Return what is said of a misspelt name."""
    return f"There is no such field. Did you mean {name}?"


def _alike(value: Any, other: Any) -> Any:
    """Return another value; in a list where the first is in one."""
    return [other] if isinstance(value, list) else other


def _on_host(path: Any) -> Any:
    return [_on_host(item) for item in path] if isinstance(path, list) else HOST + path
