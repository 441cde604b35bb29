"""Repeating a POST by its Idempotency-Key."""

from __future__ import annotations

from tests.api.client import Api, data_of
from tests.api.contract.base import Contract
from tests.factories import UserFactory


class Repeating(Contract):
    """The same key: the same answer, once registered."""

    def test_the_same_key_and_body_replay_the_first_answer(self, api: Api) -> None:
        body, key = self.body(), {"idempotency_key": "run-1"}
        first = api.post(self.list_path, body, **key)
        shown = data_of(first, 201)
        before = self.count()
        again = api.post(self.list_path, body, **key)
        assert data_of(again, 201) == shown
        for name in ("Location", "ETag"):
            assert again[name] == first[name]
        assert self.count() == before

    def test_the_same_key_with_another_body_is_refused(self, api: Api) -> None:
        key = {"idempotency_key": "run-1"}
        data_of(api.post(self.list_path, self.body(), **key), 201)
        before = self.count()
        for body in (self.body(), [self.body()], {}):
            before = self.count()
            answer = api.post(self.list_path, body, **key)
            assert list(data_of(answer, 422)) == ["detail"]
            assert self.count() == before

    def test_a_key_is_the_persons_own(self, api: Api) -> None:
        key = {"idempotency_key": "run-1"}
        first = data_of(api.post(self.list_path, self.body(), **key), 201)
        other = UserFactory(roles=self.roles)
        answer = Api(other).post(self.list_path, self.body(by=other), **key)
        assert data_of(answer, 201)["url"] != first["url"]

    def test_what_was_refused_may_be_tried_again_with_the_key(self, api: Api) -> None:
        key = {"idempotency_key": "run-1"}
        body = self.body()
        data_of(api.post(self.list_path, self.wrong_body(), **key), 400)
        data_of(api.post(self.list_path, body, **key), 201)

    def test_a_list_is_replayed_too(self, api: Api) -> None:
        key = {"idempotency_key": "run-1"}
        bodies = [self.body(), self.body()]
        first = data_of(api.post(self.list_path, bodies, **key), 201)
        assert data_of(api.post(self.list_path, bodies, **key), 201) == first
