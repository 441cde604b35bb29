"""Users and groups are read-only, and require an account."""

from __future__ import annotations

from functools import cached_property

from registry.identity.models import User
from tests import factories
from tests.api.client import Api, data_of, path_of
from tests.api.contract import ReadOnlyContract


class PrivateContract(ReadOnlyContract):
    """The contract of rows that require an account."""

    public = False

    def test_reading_requires_credentials(self) -> None:
        record = self.make()
        for path in (self.list_path, path_of(record)):
            for method in ("GET", "OPTIONS", "HEAD", "POST"):
                answer = Api().call(method, path)
                assert answer.status_code == 403
        assert data_of(Api().get(self.list_path), 403) == {
            "detail": "Authentication credentials were not provided."
        }

    def test_nobody_can_write(self) -> None:
        api = self.reader
        record = self.make()
        for path in (self.list_path, path_of(record)):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                answer = api.call(method, path, {"username": "mallory"})
                assert list(data_of(answer, 405)) == ["detail"]

    def test_options_has_filters_and_no_actions(self) -> None:
        metadata = data_of(self.reader.call("OPTIONS", self.list_path))
        assert set(metadata["filter_fields"]) == {*self.filters()}
        assert "actions" not in metadata


class TestUser(PrivateContract):
    """Users."""

    factory = factories.UserFactory
    endpoint = "users"
    read_only = "username, full_name, email, orgs[]"
    unfiltered = ("orgs",)

    @cached_property
    def reader(self) -> Api:
        """An administrator, who sees e-mail addresses."""
        return Api(factories.UserFactory(roles=["entity-registry-admin"]))

    def surround(self, record: object) -> None:
        User.objects.filter(username=getattr(record, "username", "")).update(
            orgs=["SCRC"]
        )


class TestGroup(PrivateContract):
    """Groups."""

    factory = factories.GroupFactory
    endpoint = "groups"
    read_only = "name"
