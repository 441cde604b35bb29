"""The flags of backends, their executors, and who can change them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from registry.core.models import Event
from registry.execution.models import Backend, BackendGrant
from tests.api.client import Api, data_of, path_of, url_of
from tests.api.contract.base import as_json
from tests.execution.work import Place
from tests.factories import (
    BackendFactory,
    BackendGrantFactory,
    ExecutorFactory,
    UserFactory,
    values_of,
)
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db


def _flag(api: Api, backend: Backend, name: str, value: Any, status: int = 200) -> Any:
    body = {"name": name, "value": value}
    return data_of(api.post(f"{path_of(backend)}flag/", body), status)


@pytest.mark.parametrize("name", ["paused", "maintenance"])
def test_a_flag_is_set_and_taken_away(place: Place, name: str) -> None:
    owner = place.backend.registered_by
    api = Api(owner)
    shown = _flag(api, place.backend, name, True)
    flag = shown["flags"][name]
    assert flag["value"] is True
    # the same again keeps the time since when
    assert _flag(api, place.backend, name, True)["flags"] == {name: flag}
    after = _flag(api, place.backend, name, False)["flags"][name]
    assert after["value"] is False
    assert after["since"] > flag["since"]
    events = Event.objects.filter(action="flag_set").order_by("pk")
    assert [(one.by, one.subject) for one in events] == [(owner, name)] * 2
    assert [one.changes for one in events] == [
        {name: [False, True]},
        {name: [True, False]},
    ]


def test_only_those_who_look_after_a_backend_set_flags(place: Place) -> None:
    strangers = (Api(place.person), Api(place.executor), Api(UserFactory()), Api())
    for api in strangers:
        assert list(_flag(api, place.backend, "paused", True, 403)) == ["detail"]
    place.backend.refresh_from_db()
    assert place.backend.flags == {}
    _flag(Api(UserFactory(roles=["curator"])), place.backend, "paused", True)


@pytest.mark.parametrize(
    "name, value, field", [("asleep", True, "name"), ("paused", "perhaps", "value")]
)
def test_an_unknown_flag_is_refused(
    place: Place, name: str, value: Any, field: str
) -> None:
    api = Api(place.backend.registered_by)
    assert list(_flag(api, place.backend, name, value, 400)) == [field]


def test_a_backend_that_is_not_there_has_no_flags(place: Place) -> None:
    api = Api(place.backend.registered_by)
    answer = api.post("/api/backend/77/flag/", {"name": "paused", "value": True})
    assert list(data_of(answer, 404)) == ["detail"]
    assert Api().get("/api/backend/77/executors/").status_code == 404


def test_executors_are_listed_the_last_one_first(place: Place) -> None:
    now = timezone.now()
    old = ExecutorFactory(backend=place.backend, seen=now - timedelta(hours=1))
    new = ExecutorFactory(backend=place.backend, further={"site": "north"}, seen=now)
    ExecutorFactory()
    first, second = data_of(Api().get(f"{path_of(place.backend)}executors/"))
    assert first == {
        "host": new.host,
        "account": url_of(new.account),
        "slots": 4,
        "resources": {"cpu": 8.0, "memory": 32.0},
        "further": {"site": "north"},
        "database": False,
        "seen": now.isoformat().replace("+00:00", "Z"),
    }
    assert second["host"] == old.host


# --- who registers backends and grants -----------------------------------------------


def _body(of: Any, **given: Any) -> dict[str, Any]:
    return {name: as_json(one) for name, one in values_of(of, **given).items()}


@pytest.mark.parametrize("roles", [(), ("curator",)])
def test_only_administrators_register_backends(roles: tuple[str, ...]) -> None:
    api = Api(UserFactory(roles=roles))
    answer = data_of(api.post("/api/backend/", _body(BackendFactory)), 403)
    assert answer == {
        "detail": "Only administrators register backends: ask one of them."
    }
    assert not Backend.objects.exists()


def test_only_those_who_look_after_a_backend_grant_its_use(place: Place) -> None:
    grants = BackendGrant.objects.count()
    body = _body(BackendGrantFactory, backend=place.backend)
    for api in (Api(place.person), Api(UserFactory())):
        answer = data_of(api.post("/api/backend_grant/", body), 403)
        assert place.backend.slug in answer["detail"]
    assert BackendGrant.objects.count() == grants
    curator = UserFactory(roles=["curator"])
    data_of(Api(curator).post("/api/backend_grant/", body), 201)


def test_an_owner_takes_a_grant_away_that_another_gave(place: Place) -> None:
    curator = UserFactory(roles=["curator"])
    grant = BackendGrantFactory(backend=place.backend, by=curator)
    assert Api(place.person).call("DELETE", path_of(grant)).status_code == 403
    owner = Api(place.backend.registered_by)
    assert owner.call("DELETE", path_of(grant)).status_code == 204


@pytest.mark.parametrize(
    "field, wrong",
    [
        ("slug", "Capital"),
        ("slug", "a/b"),
        ("slug", "1st"),
        ("max_running", 1_000_001),
        ("log_readers", "nobody"),
        ("leaving", ["highly_sensitive"]),
        ("leaving", ["public"]),
        ("maintenance_windows", [{"begins": "today", "ends": "tomorrow"}]),
        (
            "maintenance_windows",
            [{"begins": "2026-12-02T00:00:00Z", "ends": "2026-12-01T00:00:00Z"}],
        ),
    ],
)
def test_a_backend_that_makes_no_sense_is_refused(field: str, wrong: Any) -> None:
    api = Api(UserFactory(is_superuser=True))
    body = {**_body(BackendFactory), field: wrong}
    assert list(data_of(api.post("/api/backend/", body), 400)) == [field]


def test_a_grant_of_a_withdrawn_backend_is_refused(place: Place) -> None:
    withdraw(place.backend)
    body = {"backend": place.backend.slug, "user": place.person.pk, "use": "execute"}
    owner = place.backend.registered_by
    detail = data_of(Api(owner).post("/api/backend_grant/", body), 409)["detail"]
    assert "is withdrawn" in detail
