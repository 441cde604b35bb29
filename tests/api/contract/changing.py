"""PUT, PATCH and DELETE: who may, what stays, and what happens to late-comers."""

from __future__ import annotations

from typing import Any

from registry.core.models import Event
from registry.identity.models import User
from tests.api.client import Api, content_of, data_of, path_of, revision_of, state_of
from tests.api.contract.base import Contract, as_json, as_shown, shown_of
from tests.api.contract.writing import misspelt, said_of
from tests.factories import UserFactory, values_of

#: Who may change what others registered, beside superusers.
ADMINISTRATORS = ("sys-admin-admin", "entity-registry-admin")


class Changing(Contract):
    """Updates where they are, and 405 elsewhere."""

    def _new_values(self, record: Any) -> dict[str, Any]:
        """Return other values for every field that may change."""
        kept = {name: getattr(record, name) for name in self.keeps}
        return {**values_of(self.factory), **kept}

    def _make_own(self, person: User) -> Any:
        return self.make(by=person, **self.loose)

    def _new_body(self, record: Any) -> dict[str, Any]:
        return self._sent(self._new_values(record))

    def _sent(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a change to these values."""
        body = {name: as_json(value) for name, value in values.items()}
        return {**body, **self.said_of_change}

    def test_who_registered_a_record_changes_it(
        self, api: Api, person: User, change: str
    ) -> None:
        record = self._make_own(person)
        before = revision_of(record)
        values = self._new_values(record)
        body = self._sent(values)
        answer = api.call(change, path_of(record), body)
        shown = data_of(answer)
        expected = self.shown(values)
        assert shown_of(shown, list(values)) == expected
        assert state_of(answer) == revision_of(record) != before
        assert data_of(api.get(path_of(record))) == shown
        event = Event.objects.filter(kind=self.endpoint).latest("pk")
        assert (event.record_id, event.action) == (record.pk, "updated")
        assert event.by == person
        assert set(event.changes) == {*values} - {*self.keeps}

    def test_a_form_changes_it_as_well(
        self, api: Api, person: User, change: str
    ) -> None:
        record = self._make_own(person)
        values = self._new_values(record)
        body = self._sent(values)
        shown = data_of(api.send_form(change, path_of(record), self.form(body)))
        expected = self.shown(values)
        assert shown_of(shown, list(values)) == expected

    def test_what_is_left_out_stays(self, api: Api, person: User, change: str) -> None:
        for send in (api.call, api.send_form):
            record = self._make_own(person)
            before = data_of(api.get(path_of(record)))
            required = {n for n, f in self.fields().items() if f.required}
            body = self._new_body(record)
            given = {name: body[name] for name in required if change == "PUT"}
            if send == api.send_form:
                given = self.form(given)
            shown = data_of(send(change, path_of(record), given))
            kept = set(before) - required - {"last_updated", "updated_by"}
            assert {n: shown[n] for n in kept} == {n: before[n] for n in kept}

    def test_a_misspelt_field_changes_nothing(
        self, api: Api, person: User, change: str
    ) -> None:
        record = self._make_own(person)
        body = self._new_body(record)
        before = revision_of(record)
        for name in self.fields():
            given = {one: value for one, value in body.items() if one != name}
            given[misspelt(name)] = body[name]
            messages = data_of(api.call(change, path_of(record), given), 400)
            assert messages[misspelt(name)] == [said_of(name)]
        record.refresh_from_db()
        assert revision_of(record) == before

    def test_only_a_put_must_have_what_is_required(
        self, api: Api, person: User, required: list[str], change: str
    ) -> None:
        record = self._make_own(person)
        answer = api.call(change, path_of(record), {})
        if change == "PUT":
            assert set(data_of(answer, 400)) == {*required}
        else:
            assert answer.status_code == 200

    def test_the_same_values_change_nothing(
        self, api: Api, person: User, change: str
    ) -> None:
        record = self._make_own(person)
        self.surround(record)
        shown = data_of(api.get(path_of(record)))
        tag, events = revision_of(record), Event.objects.count()
        answer = api.call(change, path_of(record), shown)
        assert data_of(answer) == shown
        assert state_of(answer) == tag
        assert Event.objects.count() == events

    def test_others_may_not_change_it(self, person: User, change: str) -> None:
        record = self._make_own(person)
        body = self._new_body(record)
        before = revision_of(record)
        other = UserFactory(roles=["entity-registry-write", "private-data-read"])
        for api in (Api(UserFactory()), Api(other), Api()):
            answer = api.call(change, path_of(record), body)
            assert list(data_of(answer, 403)) == ["detail"]
        assert revision_of(record) == before

    def test_administrators_may_change_it(self, person: User, change: str) -> None:
        for administrator in (
            UserFactory(is_superuser=True),
            *(UserFactory(roles=[role]) for role in ADMINISTRATORS),
        ):
            record = self._make_own(person)
            body = self._new_body(record)
            answer = Api(administrator).call(change, path_of(record), body)
            assert data_of(answer)["updated_by"] == as_shown(administrator)
            record.refresh_from_db()
            assert record.registered_by == person

    def test_a_change_is_made_to_the_state_that_the_client_saw(
        self, api: Api, person: User, change: str
    ) -> None:
        record = self._make_own(person)
        path, body = path_of(record), self._new_body(record)
        seen = api.get(path)["ETag"]
        data_of(api.call(change, path, body, if_match=seen))
        for stale in (seen, f"W/{revision_of(record)}", "nonsense", '"x", "y"'):
            before = revision_of(record)
            answer = api.call(change, path, self._new_body(record), if_match=stale)
            assert list(data_of(answer, 412)) == ["detail"]
            assert revision_of(record) == before

    def test_a_change_is_made_where_the_state_is_known(
        self, api: Api, person: User, change: str
    ) -> None:
        for spelled in ("*", "{}", '"x", {}', " {} "):
            record = self._make_own(person)
            fresh = spelled.format(revision_of(record))
            body = self._new_body(record)
            answer = api.call(change, path_of(record), body, if_match=fresh)
            assert answer.status_code == 200, spelled

    def test_a_record_that_is_not_there_is_not_found_by_a_change(
        self, api: Api, change: str
    ) -> None:
        for body in ({}, self.body()):
            answer = api.call(change, f"{self.list_path}{10**15}/", body)
            assert list(data_of(answer, 404)) == ["detail"]

    def test_a_change_to_nonsense_is_refused(
        self, api: Api, person: User, change: str
    ) -> None:
        record = self._make_own(person)
        for body in (b"[{}]", b"[]", b"5", b"null", b'"text"', b"{"):
            answer = api.send(change, path_of(record), body, "application/json")
            assert list(data_of(answer, 400)) == ["detail"], body

    def test_nothing_is_changed_where_the_answer_cannot_be_chosen(
        self, api: Api, person: User, change: str
    ) -> None:
        record = self._make_own(person)
        before = revision_of(record)
        path = f"{path_of(record)}?omit=nonsense"
        answer = api.call(change, path, self._new_body(record))
        assert list(data_of(answer, 400)) == ["omit"]
        assert revision_of(record) == before

    # --- DELETE ----------------------------------------------------------------------

    def test_who_registered_a_record_removes_it(
        self, api: Api, person: User, removal: str
    ) -> None:
        record = self._make_own(person)
        path = path_of(record)
        answer = api.call(removal, path)
        assert (answer.status_code, content_of(answer)) == (204, b"")
        assert api.get(path).status_code == 404
        assert api.call(removal, path).status_code == 404
        event = Event.objects.filter(kind=self.endpoint).latest("pk")
        assert (event.record_id, event.action) == (record.pk, "deleted")
        assert event.by == person

    def test_others_may_not_remove_it(self, person: User, removal: str) -> None:
        record = self._make_own(person)
        for api in (Api(UserFactory()), Api()):
            assert list(data_of(api.call(removal, path_of(record)), 403)) == ["detail"]
        assert self.model()._default_manager.filter(pk=record.pk).exists()

    def test_administrators_may_remove_it(self, person: User, removal: str) -> None:
        for administrator in (
            UserFactory(is_superuser=True),
            *(UserFactory(roles=[role]) for role in ADMINISTRATORS),
        ):
            record = self._make_own(person)
            answer = Api(administrator).call(removal, path_of(record))
            assert answer.status_code == 204

    def test_what_has_moved_on_is_not_removed(
        self, api: Api, person: User, removal: str
    ) -> None:
        record = self._make_own(person)
        path = path_of(record)
        answer = api.call(removal, path, if_match='"stale"')
        assert list(data_of(answer, 412)) == ["detail"]
        fresh = revision_of(record)
        assert api.call(removal, path, if_match=fresh).status_code == 204

    # --- elsewhere -------------------------------------------------------------------

    def test_other_methods_are_not_allowed(
        self, api: Api, person: User, refused_method: str
    ) -> None:
        record = self._make_own(person)
        answer = api.call(refused_method, path_of(record), self.body())
        assert list(data_of(answer, 405)) == ["detail"]
        assert refused_method not in answer["Allow"]

    def test_a_list_is_not_changed(self, api: Api) -> None:
        for method in ("PUT", "PATCH", "DELETE"):
            answer = api.call(method, self.list_path, {})
            assert list(data_of(answer, 405)) == ["detail"]
