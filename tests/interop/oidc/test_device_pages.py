"""The pages on which people approve devices and revoke sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.oauth import devices
from registry.identity.oauth.clients import Grant, create_client
from registry.identity.oauth.models import ClientSession, DeviceCode
from tests.interop.oidc.issuer import (
    REFUSED,
    Program,
    api_status,
    authorize_device,
    browser_for,
    decide,
    let_time_pass,
    session_of,
)

pytestmark = pytest.mark.django_db


def test_a_decision_needs_the_csrf_token(telescope: Program, person: User) -> None:
    codes = telescope.codes()
    browser = browser_for(person, enforce_csrf_checks=True)
    form = {"user_code": codes["user_code"], "decision": "allow"}
    assert browser.post("/device", form).status_code == 403
    assert DeviceCode.objects.get().state == DeviceCode.State.PENDING


def test_a_get_decides_nothing(telescope: Program, person: User) -> None:
    codes = telescope.codes()
    page = browser_for(person).get(
        "/device", {"user_code": codes["user_code"], "decision": "allow"}
    )
    assert page.status_code == 200
    assert "telescope" in page.content.decode()
    assert DeviceCode.objects.get().state == DeviceCode.State.PENDING


def test_anonymous_people_sign_in_first_and_return_to_the_page(
    telescope: Program,
) -> None:
    codes = telescope.codes()
    answer = Client().get(codes["verification_uri_complete"])
    assert answer.status_code == 302
    wanted = f"/sign-in?next=/device%3Fuser_code%3D{codes['user_code']}"
    assert answer["Location"] == wanted


@pytest.mark.parametrize("state", ["never was", "used", "denied", "expired"])
def test_the_page_shows_the_same_message_for_every_invalid_code(
    telescope: Program, person: User, state: str
) -> None:
    codes = telescope.codes()
    code = codes["user_code"]
    if state == "used":
        decide(person, code)
        telescope.poll(codes["device_code"])
    elif state == "denied":
        decide(person, code, "deny")
    elif state == "expired":
        let_time_pass(devices.LIFETIME)
    else:
        DeviceCode.objects.all().delete()
    page = browser_for(person).get("/device", {"user_code": code})
    assert page.status_code == 404
    assert "This code is wrong, or no longer valid" in page.content.decode()


def test_the_name_of_a_client_is_escaped(person: User) -> None:
    name = "<script>alert(1)</script>"
    create_client(client_id="odd", name=name, grant=Grant.DEVICE, public=True)
    codes = Program("odd").codes()
    page = browser_for(person).get("/device", {"user_code": codes["user_code"]})
    assert name not in page.content.decode()


# --- revoking -------------------------------------------------------------------------


def test_a_revoked_session_is_refused_at_once(telescope: Program, person: User) -> None:
    tokens = authorize_device(person, telescope)
    browser = browser_for(person)
    assert "telescope" in browser.get("/account/").content.decode()
    answer = browser.post(f"/account/programs/{session_of(person).pk}/revoke")
    assert answer.status_code == 302
    assert api_status(tokens["access_token"]) == 401
    assert telescope.refresh(tokens["refresh_token"]).outcome == REFUSED
    assert "telescope for" not in browser.get("/account/").content.decode()


def test_nobody_can_revoke_sessions_of_others_or_by_get(
    telescope: Program, person: User
) -> None:
    from tests.factories import UserFactory

    tokens = authorize_device(person, telescope)
    path = f"/account/programs/{session_of(person).pk}/revoke"
    for other in (UserFactory(), UserFactory(is_superuser=True)):
        browser_for(other).post(path)
    assert browser_for(person).get(path).status_code == 405
    guarded = browser_for(person, enforce_csrf_checks=True)
    assert guarded.post(path).status_code == 403
    assert Client().post(path).status_code == 302
    assert api_status(tokens["access_token"]) == 200


def test_the_audit_trail_has_the_events_without_any_token(
    telescope: Program, person: User
) -> None:
    codes = telescope.codes()
    decide(person, codes["user_code"])
    tokens = telescope.poll(codes["device_code"])
    browser_for(person).post(f"/account/programs/{session_of(person).pk}/revoke")
    told = Event.objects.filter(record_id=person.pk, kind="users").order_by("id")
    actions = [event.action for event in told]
    assert actions[-3:] == ["device_approved", "session_started", "session_revoked"]
    kept = str([*Event.objects.values_list()])
    for secret in (codes["device_code"], codes["user_code"]):
        assert secret not in kept
    for secret in (tokens["access_token"], tokens["refresh_token"]):
        assert secret not in kept
    assert told.filter(action="device_approved").get().client == "telescope"


def test_only_digests_of_codes_and_tokens_are_stored(
    telescope: Program, person: User
) -> None:
    codes = telescope.codes()
    decide(person, codes["user_code"])
    tokens = telescope.poll(codes["device_code"])
    rows = str(
        [*DeviceCode.objects.values_list(), *ClientSession.objects.values_list()]
    )
    assert codes["device_code"] not in rows
    assert tokens["refresh_token"] not in rows


def test_codes_are_deleted_some_time_after_they_expired(telescope: Program) -> None:
    telescope.codes()
    DeviceCode.objects.update(expires=timezone.now() - timedelta(hours=2))
    telescope.codes()
    assert DeviceCode.objects.count() == 1
