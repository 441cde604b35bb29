"""Sessions that are over are forgotten, and rows that meet end in one token."""

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
from registry.identity.oauth.sessions import end_session, forget_sessions
from tests.factories import UserFactory
from tests.interop.oidc.issuer import (
    Answer,
    Program,
    code_client,
    code_for,
    decide,
    device_client,
)

PATIENCE = 60
TOGETHER = 4


@pytest.mark.django_db
def test_sessions_that_were_over_a_month_ago_are_forgotten() -> None:
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
    assert forget_sessions() == 3
    assert {*ClientSession.objects.all()} == {*kept}


@pytest.mark.django_db
def test_nobody_ends_what_acts_for_those_who_may_do_as_much() -> None:
    session = ClientSession.objects.create(client=device_client(), user=UserFactory())
    with pytest.raises(Forbidden):
        end_session(session.pk, by=UserFactory())
    end_session(session.pk, by=UserFactory(is_superuser=True))


@pytest.mark.django_db
def test_clients_are_the_matter_of_administrators() -> None:
    with pytest.raises(Forbidden):
        create_client(client_id="x", name="x", grant=Grant.DEVICE, by=UserFactory())


def _at_once(ask: Any) -> list[Answer]:
    """Ask the same from several threads at the same moment."""
    barrier = Barrier(TOGETHER)

    def one() -> Any:
        barrier.wait(PATIENCE)
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(TOGETHER) as pool:
        asked = [pool.submit(one) for _ in range(TOGETHER)]
        return [each.result(PATIENCE) for each in asked]


@pytest.mark.django_db(transaction=True)
def test_a_device_code_sent_many_times_at_once_gives_one_token() -> None:
    device_client()
    codes = Program("telescope").codes()
    decide(UserFactory(), codes["user_code"])
    answers = _at_once(lambda: Program("telescope").poll(codes["device_code"]))
    assert sorted(one.status for one in answers) == [200, 400, 400, 400]
    assert ClientSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_authorization_code_sent_many_times_at_once_gives_one_token() -> None:
    code_client()
    code = code_for(UserFactory())
    answers = _at_once(lambda: Program("notebook").redeem(code))
    assert sorted(one.status for one in answers) == [200, 400, 400, 400]
    assert ClientSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_service_that_comes_many_times_at_once_gets_its_tokens() -> None:
    _, secret = create_client(client_id="robot", name="R", grant=Grant.SERVICE)
    robot = lambda: Program("robot", secret).post(  # noqa: E731
        "/token", grant_type="client_credentials"
    )
    assert [one.status for one in _at_once(robot)] == [200] * TOGETHER
    assert ClientSession.objects.count() == 1
