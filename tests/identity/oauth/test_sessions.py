"""Old sessions are deleted, and concurrent requests get one token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from registry.core.errors import Forbidden
from registry.identity.oauth.clients import Grant, create_client
from registry.identity.oauth.models import ClientSession
from registry.identity.oauth.sessions import delete_old_sessions, end_session
from tests.factories import UserFactory
from tests.interop.oidc.issuer import (
    Answer,
    Program,
    authorization_code_for,
    code_client,
    decide,
    device_client,
)

TIMEOUT = 60
THREADS = 4


@pytest.mark.django_db
def test_sessions_that_ended_a_month_ago_are_deleted() -> None:
    client, now = device_client(), timezone.now()

    def session(**values: Any) -> ClientSession:
        return ClientSession.objects.create(client=client, user=UserFactory(), **values)

    month = timedelta(days=31)
    kept = [
        session(),
        session(ended=now - timedelta(days=29)),
        session(offline=True, last_used=now - timedelta(days=200)),
    ]
    session(ended=now - month)
    session(last_used=now - month)
    session(offline=True, last_used=now - timedelta(days=180) - month)
    assert delete_old_sessions() == 3
    assert {*ClientSession.objects.all()} == {*kept}


@pytest.mark.django_db
def test_nobody_can_end_sessions_of_accounts_with_as_much_power() -> None:
    session = ClientSession.objects.create(client=device_client(), user=UserFactory())
    with pytest.raises(Forbidden):
        end_session(session.pk, by=UserFactory())
    end_session(session.pk, by=UserFactory(is_superuser=True))


@pytest.mark.django_db
def test_only_administrators_can_change_clients() -> None:
    with pytest.raises(Forbidden):
        create_client(client_id="x", name="x", grant=Grant.DEVICE, by=UserFactory())


def _at_once(ask: Any) -> list[Answer]:
    """Call a function from several threads at the same time."""
    barrier = Barrier(THREADS)

    def one() -> Any:
        barrier.wait(TIMEOUT)
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(one) for _ in range(THREADS)]
        return [each.result(TIMEOUT) for each in asked]


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_with_one_device_code_get_one_token() -> None:
    device_client()
    codes = Program("telescope").codes()
    decide(UserFactory(), codes["user_code"])
    answers = _at_once(lambda: Program("telescope").poll(codes["device_code"]))
    assert sorted(one.status for one in answers) == [200, 400, 400, 400]
    assert ClientSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_with_one_authorization_code_get_one_token() -> None:
    code_client()
    code = authorization_code_for(UserFactory())
    answers = _at_once(lambda: Program("notebook").redeem(code))
    assert sorted(one.status for one in answers) == [200, 400, 400, 400]
    assert ClientSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_of_a_service_all_get_tokens() -> None:
    _, secret = create_client(client_id="robot", name="R", grant=Grant.SERVICE)
    robot = lambda: Program("robot", secret).post(  # noqa: E731
        "/token", grant_type="client_credentials"
    )
    assert [one.status for one in _at_once(robot)] == [200] * THREADS
    assert ClientSession.objects.count() == 1
