"""The responses after too many failures to sign in."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from registry.identity.services import create_user
from tests.web.visits import text_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _anna() -> None:
    create_user(username="anna", password=PASSWORD)


def _try(client: Client, password: str) -> Any:
    return client.post("/sign-in", {"username": "anna", "password": password})


def _guess(client: Client) -> Any:
    for _ in range(settings.AXES_FAILURE_LIMIT - 1):
        assert _try(client, "guess").status_code == 200
    return _try(client, "guess")


def test_the_page_shows_the_reason_and_the_time(client: Client) -> None:
    answer = _guess(client)
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert "Signing in as anna failed 10 times" in text_of(answer)
    assert "cannot sign in from this address for 15 minutes" in text_of(answer)
    assert "base.html" in [template.name for template in answer.templates]


def test_the_right_password_is_refused_too(client: Client) -> None:
    _guess(client)
    assert _try(client, PASSWORD).status_code == 429
    assert client.get("/account/").status_code == 302


def test_the_user_name_is_escaped(client: Client) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        form = {"username": "<b>anna</b>", "password": "guess"}
        answer = client.post("/sign-in", form)
    assert answer.status_code == 429
    assert "<b>anna" not in answer.content.decode()


def test_programs_get_json(client: Client) -> None:
    basic = f"Basic {b64encode(b'anna:guess').decode()}"
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = client.get("/api/username/", headers={"authorization": basic})
    assert answer.status_code == 429
    assert "wait 15 minutes" in answer.json()["detail"]
    assert answer["Retry-After"] == "900"


def test_a_single_failure_shows_the_form_again(client: Client) -> None:
    answer = _try(client, "guess")
    assert "correct" in text_of(answer)
    assert 'value="anna"' in answer.content.decode()
    assert "guess" not in answer.content.decode()


def test_a_name_that_is_too_long_is_refused_like_others(client: Client) -> None:
    form = {"username": "x" * 1000, "password": "guess"}
    answer = client.post("/sign-in", form)
    assert answer.status_code == 200
    assert "correct" in text_of(answer)
