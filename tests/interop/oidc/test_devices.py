"""The device flow (RFC 8628), with honest devices and stolen codes."""

from __future__ import annotations

import pytest
from django.utils.html import escape

from registry.identity.models import User
from registry.identity.oauth import devices
from registry.identity.oauth.clients import Grant, create_client
from registry.identity.oauth.models import ClientSession, DeviceCode
from registry.identity.oauth.scopes import DEFAULT_SCOPES, SCOPES
from tests.interop.oidc.issuer import (
    CHALLENGE,
    REFUSED,
    VERIFIER,
    Program,
    api_status,
    authorize_device,
    browser_for,
    claims_of_token,
    decide,
    device_client,
    let_time_pass,
)

pytestmark = pytest.mark.django_db


# --- approving a device ---------------------------------------------------------------


def test_a_device_gets_the_url_to_show_to_the_person(telescope: Program) -> None:
    codes = telescope.codes(scope="offline_access")
    assert codes.status == 200
    assert codes["verification_uri"] == "http://127.0.0.1:8000/device"
    complete = codes["verification_uri_complete"]
    assert complete == f"http://127.0.0.1:8000/device?user_code={codes['user_code']}"
    assert (codes["interval"], codes["expires_in"]) == (5, 900)
    assert codes.headers["Cache-Control"] == "no-store"


def test_an_approved_device_gets_tokens(telescope: Program, person: User) -> None:
    codes = telescope.codes(scope="offline_access")
    assert telescope.poll(codes["device_code"]).outcome == (
        400,
        "authorization_pending",
    )
    assert decide(person, codes["user_code"]).status_code == 302
    tokens = telescope.poll(codes["device_code"])
    assert tokens.status == 200
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 3600
    assert tokens["scope"].split() == [
        *("openid", "profile", "email", "read", "write", "offline_access")
    ]
    assert api_status(tokens["access_token"]) == 200
    assert tokens.headers["Cache-Control"] == "no-store"


def test_a_denied_device_gets_access_denied(telescope: Program, person: User) -> None:
    codes = telescope.codes()
    decide(person, codes["user_code"], "deny")
    for _ in range(2):
        assert telescope.poll(codes["device_code"]).outcome == (400, "access_denied")
    assert not ClientSession.objects.exists()


def test_any_decision_but_allow_is_a_denial(telescope: Program, person: User) -> None:
    codes = telescope.codes()
    decide(person, codes["user_code"], "")
    assert telescope.poll(codes["device_code"]).outcome == (400, "access_denied")


def test_a_user_code_can_be_typed_in_several_forms(
    telescope: Program, person: User
) -> None:
    for change in (str.lower, lambda code: code.replace("-", " "), lambda c: f" {c} "):
        codes = telescope.codes()
        assert decide(person, change(codes["user_code"])).status_code == 302


def test_a_client_gets_only_the_scopes_that_it_requests(
    telescope: Program, person: User
) -> None:
    tokens = authorize_device(person, telescope, scope="read")
    assert tokens["scope"] == "read"
    assert api_status(tokens["access_token"]) == 200
    assert api_status(tokens["access_token"], "POST", "/api/file_type/") == 403


@pytest.mark.parametrize(
    "scope", ["openid", "openid offline_access", "profile", "offline_access read"]
)
def test_no_device_gets_more_than_it_asked_for(
    telescope: Program, person: User, scope: str
) -> None:
    tokens = authorize_device(person, telescope, scope=scope)
    assert tokens["scope"].split() == scope.split()
    assert claims_of_token(tokens["access_token"])["scope"].split() == scope.split()
    assert api_status(tokens["access_token"], "POST", "/api/file_type/") == 403


@pytest.mark.parametrize("scope", [None, "", "offline_access"])
def test_a_device_that_requests_no_scope_gets_the_defaults_and_the_page_lists_them(
    telescope: Program, person: User, scope: str | None
) -> None:
    codes = telescope.codes(**({} if scope is None else {"scope": scope}))
    address = codes["verification_uri_complete"].removeprefix("http://127.0.0.1:8000")
    page = browser_for(person).get(address).content.decode()
    decide(person, codes["user_code"])
    granted = telescope.poll(codes["device_code"])["scope"].split()
    assert granted == [*DEFAULT_SCOPES, *(scope or "").split()]
    assert all(escape(SCOPES[name]) in page for name in granted)
    unasked = set(SCOPES) - set(granted)
    assert not any(escape(SCOPES[name]) in page for name in unasked)


# --- the interval ---------------------------------------------------------------------


def test_each_early_poll_makes_the_interval_longer(telescope: Program) -> None:
    code = telescope.codes()["device_code"]
    assert telescope.poll(code)["error"] == "authorization_pending"
    for waits in (10, 15, 20):
        assert telescope.poll(code).outcome == (400, "slow_down")
        assert DeviceCode.objects.get().interval == waits
    let_time_pass(15)
    assert telescope.poll(code)["error"] == "slow_down"
    let_time_pass(26)
    assert telescope.poll(code)["error"] == "authorization_pending"


def test_a_device_that_waits_for_its_interval_is_not_slowed_down(
    telescope: Program,
) -> None:
    code = telescope.codes()["device_code"]
    for _ in range(5):
        assert telescope.poll(code)["error"] == "authorization_pending"
        let_time_pass(devices.INTERVAL)


def test_the_interval_has_a_maximum(telescope: Program) -> None:
    code = telescope.codes()["device_code"]
    for _ in range(20):
        telescope.poll(code)
    assert DeviceCode.objects.get().interval == 60


# --- stolen codes ---------------------------------------------------------------------


def test_a_code_can_be_used_once(telescope: Program, person: User) -> None:
    codes = telescope.codes()
    decide(person, codes["user_code"])
    assert telescope.poll(codes["device_code"]).status == 200
    for _ in range(3):
        assert telescope.poll(codes["device_code"]).outcome == REFUSED
    assert ClientSession.objects.count() == 1


def test_a_code_can_be_used_only_by_its_own_client(
    telescope: Program, person: User
) -> None:
    codes = telescope.codes()
    decide(person, codes["user_code"])
    thief = Program(device_client("thief").client_id)
    assert thief.poll(codes["device_code"]).outcome == REFUSED
    # and the theft took nothing from the device
    assert telescope.poll(codes["device_code"]).status == 200


def test_a_code_can_be_used_only_on_its_own_device(
    telescope: Program, person: User
) -> None:
    codes = telescope.codes(code_challenge=CHALLENGE, code_challenge_method="S256")
    decide(person, codes["user_code"])
    for stolen in ({}, {"code_verifier": "w" * 50}):
        assert telescope.poll(codes["device_code"], **stolen).outcome == REFUSED
    own = telescope.poll(codes["device_code"], code_verifier=VERIFIER)
    assert own.status == 200


def test_a_plain_challenge_is_refused(telescope: Program) -> None:
    for wrong in (("plain", VERIFIER), ("S256", "short"), ("S256", "ü" * 43)):
        method, challenge = wrong
        codes = telescope.codes(code_challenge=challenge, code_challenge_method=method)
        assert codes.outcome == (400, "invalid_request")


def test_an_unknown_code_is_refused(telescope: Program) -> None:
    for code in ("x", "x" * 10_000, "ü", "a b"):
        assert telescope.poll(code).outcome == REFUSED
    assert telescope.poll("").outcome == (400, "invalid_request")


@pytest.mark.parametrize("decision", ["allow", "deny", None])
def test_an_expired_code_is_refused(
    telescope: Program, person: User, decision: str | None
) -> None:
    codes = telescope.codes()
    if decision:
        decide(person, codes["user_code"], decision)
    let_time_pass(devices.LIFETIME)
    assert telescope.poll(codes["device_code"]).outcome == (400, "expired_token")
    assert not ClientSession.objects.exists()


def test_an_expired_code_cannot_be_approved(telescope: Program, person: User) -> None:
    codes = telescope.codes()
    let_time_pass(devices.LIFETIME)
    assert decide(person, codes["user_code"]).status_code == 404
    assert DeviceCode.objects.get().state == DeviceCode.State.PENDING


def test_a_code_is_decided_once(telescope: Program, person: User) -> None:
    codes = telescope.codes()
    decide(person, codes["user_code"], "deny")
    assert decide(person, codes["user_code"]).status_code == 404
    assert telescope.poll(codes["device_code"])["error"] == "access_denied"


def test_an_inactive_account_approves_nothing(telescope: Program, person: User) -> None:
    codes = telescope.codes()
    decide(person, codes["user_code"])
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert telescope.poll(codes["device_code"]).outcome == (400, "access_denied")


def test_a_confidential_client_needs_its_secret(person: User) -> None:
    _, secret = create_client(client_id="dome", name="Dome", grant=Grant.DEVICE)
    right, wrong, none = Program("dome", secret), Program("dome", "x"), Program("dome")
    codes = right.codes()
    assert wrong.codes().outcome == none.codes().outcome == (401, "invalid_client")
    decide(person, codes["user_code"])
    for other in (wrong, none):
        assert other.poll(codes["device_code"]).outcome == (401, "invalid_client")
    assert right.poll(codes["device_code"]).status == 200


def test_an_unknown_client_is_refused_like_a_wrong_secret(
    person: User,
) -> None:
    create_client(client_id="dome", name="Dome", grant=Grant.DEVICE)
    for path in ("/device-authorization", "/token", "/revoke", "/introspect"):
        form = {"grant_type": "client_credentials", "token": "x"}
        answers = [
            Program(name, "guess").post(path, **form) for name in ("dome", "nobody")
        ]
        assert answers[0].body == answers[1].body
        assert [one.status for one in answers] == [401, 401]
        assert all("WWW-Authenticate" in one.headers for one in answers)


def test_a_client_with_another_grant_cannot_start_the_device_flow() -> None:
    _, secret = create_client(client_id="robot", name="Robot", grant=Grant.SERVICE)
    assert Program("robot", secret).codes().outcome == (401, "invalid_client")
    assert Program("robot", secret).poll("x").outcome == (400, "unauthorized_client")


def test_unknown_scopes_are_refused_by_name(telescope: Program) -> None:
    codes = telescope.codes(scope="read admin")
    assert codes.outcome == (400, "invalid_scope")
    assert "No such scope: admin." in codes["error_description"]


def test_guessing_device_codes_is_limited(telescope: Program) -> None:
    outcomes = [telescope.poll(f"guess-{n}").outcome for n in range(22)]
    assert outcomes[0] == REFUSED
    assert outcomes[-1] == (429, "slow_down")


def test_guessing_user_codes_is_limited(person: User) -> None:
    browser = browser_for(person)
    statuses = [
        browser.get("/device", {"user_code": f"BBBB-BBB{letter}"}).status_code
        for letter in "BCDFGHJKLMNPQRSTVWXZBC"
    ]
    assert statuses[0] == 404
    assert statuses[-1] == 429
