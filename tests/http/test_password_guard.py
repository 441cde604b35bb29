"""The sign-in form locks out clients that guess passwords."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django import Settings

from registry.core.models import Event
from registry.identity.services import create_user

pytestmark = pytest.mark.django_db

FORM = "/sign-in"


@pytest.fixture(autouse=True)
def _accounts(settings: Settings) -> None:
    # attempts are limited besides, which other tests look at
    settings.THROTTLE_EXEMPT = (ip_network("0.0.0.0/0"),)
    for name in ("anna", "ben"):
        create_user(username=name, password=f"password of {name}", is_staff=True)


def _sign_in(client: Client, name: str, password: str, **headers: str) -> int:
    form = {"username": name, "password": password}
    return client.post(FORM, form, headers=headers).status_code


def _guess(client: Client, name: str, **headers: str) -> None:
    for attempt in range(configured.AXES_FAILURE_LIMIT):
        _sign_in(client, name, f"guess {attempt}", **headers)


def test_too_many_guesses_lock_out_even_the_right_password(
    client: Client,
) -> None:
    _guess(client, "anna")
    assert _sign_in(client, "anna", "password of anna") == 429


def test_other_accounts_are_not_locked_for_the_address(client: Client) -> None:
    _guess(client, "anna")
    assert _sign_in(client, "ben", "password of ben") == 302


def test_the_owner_can_still_sign_in_from_elsewhere(
    client: Client, settings: Settings
) -> None:
    settings.PROXIES = 1
    _guess(client, "anna", x_forwarded_for="198.51.100.7")
    elsewhere = {"x_forwarded_for": "203.0.113.9"}
    assert _sign_in(client, "anna", "password of anna", **elsewhere) == 302


def test_an_ipv6_network_is_locked_out_as_a_whole(
    client: Client, settings: Settings
) -> None:
    settings.PROXIES = 1
    for number in range(configured.AXES_FAILURE_LIMIT):
        own = {"x_forwarded_for": f"2001:db8:1:2::{number + 1:x}"}
        _sign_in(client, "anna", f"guess {number}", **own)
    same = {"x_forwarded_for": "2001:db8:1:2:3:4:5:6"}
    assert _sign_in(client, "anna", "password of anna", **same) == 429
    elsewhere = {"x_forwarded_for": "2001:db8:1:3::1"}
    assert _sign_in(client, "anna", "password of anna", **elsewhere) == 302


def test_the_audit_trail_keeps_the_whole_address(
    client: Client, settings: Settings
) -> None:
    settings.PROXIES = 1
    _sign_in(client, "anna", "guess", x_forwarded_for="2001:db8:1:2:3:4:5:6")
    assert Event.objects.latest("id").address == "2001:db8:1:2:3:4:5:6"


def test_a_right_password_resets_the_failures(client: Client) -> None:
    for attempt in range(2 * configured.AXES_FAILURE_LIMIT):
        _sign_in(client, "anna", f"guess {attempt}")
        if attempt % 3 == 2:
            assert _sign_in(client, "anna", "password of anna") == 302
            client.logout()
