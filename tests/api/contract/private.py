"""What the contract promises of private record types: for strangers there are none."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from registry.identity.models import User
from tests.api.client import Api, data_of, path_of, revision_of, rows_of
from tests.api.contract import RecordContract
from tests.factories import UserFactory


class PrivateRecordContract(RecordContract):
    """Private record types, as administrators read them."""

    powers: ClassVar[tuple[str, ...]] = ("sys-admin-admin",)

    @cached_property
    def reader(self) -> Api:
        """Return the requests of an administrator."""
        return Api(UserFactory(roles=self.powers))

    # --- for others there are none ---------------------------------------------------

    def test_anybody_may_read(self) -> None:
        record = self.make()
        for api in (Api(), Api(UserFactory()), Api(UserFactory(roles=["curator"]))):
            page = data_of(api.get(self.list_path))
            assert page == {"count": 0, "next": None, "previous": None, "results": []}
            missing = data_of(api.get(f"{self.list_path}{10**15}/"), 404)
            hidden = data_of(api.get(path_of(record)), 404)
            assert str(hidden).replace(str(record.pk), str(10**15)) == str(missing)
            assert api.call("HEAD", path_of(record)).status_code == 404
            assert rows_of(api.get(self.list_path, {"format": "csv"})) == []

    def test_others_may_not_change_it(self, person: User, change: str) -> None:
        record = self._make_own(person)
        before = revision_of(record)
        for given in ({}, self._new_body(record)):
            for stranger in (UserFactory(), UserFactory(roles=["curator"])):
                for headers in ({}, {"if_match": '"stale"'}):
                    path = path_of(record)
                    answer = Api(stranger).call(change, path, given, **headers)
                    assert list(data_of(answer, 404)) == ["detail"]
            assert data_of(Api().call(change, path_of(record), given), 403)
        assert revision_of(record) == before

    def test_others_may_not_remove_it(self, person: User, removal: str) -> None:
        record = self._make_own(person)
        for stranger in (UserFactory(), UserFactory(roles=["curator"])):
            for headers in ({}, {"if_match": '"stale"'}):
                answer = Api(stranger).call(removal, path_of(record), **headers)
                assert list(data_of(answer, 404)) == ["detail"]
        assert data_of(Api().call(removal, path_of(record)), 403)
        assert self.model()._default_manager.filter(pk=record.pk).exists()
