"""Requests for pages count like requests of the API."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories import UserFactory
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Settings) -> None:
    settings.THROTTLE_EXEMPT = []
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "anonymous": (3, 3600)}


def test_requests_above_the_limit_get_429(client: Client) -> None:
    for remaining in (2, 1, 0):
        answer = client.get("/search/")
        assert answer.status_code == 200
        assert answer["RateLimit-Limit"] == "3"
        assert answer["RateLimit-Remaining"] == str(remaining)
    answer = client.get("/search/")
    main = main_of(answer, 429)
    assert "Too many requests" in words_of(main)
    assert 1 <= int(answer["Retry-After"]) <= 3600
    assert answer["RateLimit-Remaining"] == "0"
    assert answer["Retry-After"] == answer["RateLimit-Reset"]
    assert f"in {answer['Retry-After']} seconds" in words_of(main)


def test_pages_and_api_share_a_limit(client: Client) -> None:
    client.get("/")
    client.get("/api/")
    client.get("/namespace/")
    assert client.get("/").status_code == 429
    assert client.get("/api/").status_code == 429


def test_other_addresses_have_limits_of_their_own(client: Client) -> None:
    for _ in range(4):
        client.get("/")
    assert client.get("/", REMOTE_ADDR="192.0.2.7").status_code == 200


def test_an_account_has_a_limit_of_its_own(client: Client) -> None:
    for _ in range(4):
        client.get("/")
    client.force_login(UserFactory.create())
    assert client.get("/").status_code == 200


def test_health_is_not_counted(client: Client) -> None:
    for _ in range(5):
        for address in ("/livez", "/readyz"):
            answer = client.get(address)
            assert answer.status_code == 200
            assert "RateLimit-Limit" not in answer
    assert client.get("/")["RateLimit-Remaining"] == "2"


def test_exempt_addresses_are_not_counted(client: Client, settings: Settings) -> None:
    settings.THROTTLE_EXEMPT = [ip_network("127.0.0.0/8")]
    for _ in range(5):
        assert client.get("/").status_code == 200
