"""Who may read and write: anybody, somebody, and nobody with a bad token."""

from __future__ import annotations

from registry.identity.models import User
from registry.identity.services import revoke_token
from tests.api.client import Api, data_of, path_of
from tests.api.contract.base import Contract

#: Credentials of nobody.
BAD = (
    "token 0123456789abcdef0123456789abcdef01234567",
    "Bearer 0123456789abcdef0123456789abcdef01234567",
    "token",
    "token short",
    "token two words",
    "Basic bm9ib2R5OndvcmQ=",
    "Basic !",
    "Digest username=x",
)


class Permissions(Contract):
    """Credentials and their lack."""

    def test_anybody_may_read(self) -> None:
        record = self.make()
        for path in (self.list_path, path_of(record)):
            data_of(Api().get(path))
            assert Api().call("HEAD", path).status_code == 200

    def test_nobody_writes_without_credentials(self) -> None:
        body = self.body()
        before = self.count()
        for given in (body, [body], {}):
            answer = data_of(Api().post(self.list_path, given), 403)
            assert answer == {"detail": "Authentication credentials were not provided."}
        assert self.count() == before

    def test_bad_credentials_are_refused_on_reading_too(self) -> None:
        record = self.make()
        for authorization in BAD:
            api = Api(authorization=authorization)
            for path in (self.list_path, path_of(record)):
                answer = api.get(path)
                assert list(data_of(answer, 401)) == ["detail"], authorization
                assert answer["WWW-Authenticate"]

    def test_bad_credentials_are_refused_by_every_method(self) -> None:
        api = Api(authorization=BAD[0])
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = api.call(method, self.list_path, {})
            assert list(data_of(answer, 401)) == ["detail"], method

    def test_a_token_that_was_revoked_is_refused(self, api: Api, person: User) -> None:
        data_of(api.get(self.list_path))
        revoke_token(user=person, by=person)
        assert list(data_of(api.get(self.list_path), 401)) == ["detail"]

    def test_a_closed_account_is_refused(self, api: Api, person: User) -> None:
        person.is_active = False
        person.save()
        for method in ("GET", "POST"):
            answer = api.call(method, self.list_path, {})
            assert list(data_of(answer, 401)) == ["detail"]
