"""Services, which act for their own account; revocation, introspection, userinfo."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.oauth.clients import Grant
from registry.identity.oauth.models import ClientSession
from tests.factories import UserFactory
from tests.interop.oidc.issuer import (
    REFUSED,
    Answer,
    Program,
    api_status,
    authorize_device,
    claims_of_token,
    create_service,
    device_client,
    service_token,
)

pytestmark = pytest.mark.django_db


def test_a_service_acts_for_its_account_with_its_roles() -> None:
    tokens = service_token(create_service(roles=["job-service-admin"]))
    assert tokens.status == 200
    assert "refresh_token" not in tokens.body
    claims = claims_of_token(tokens["access_token"])
    assert claims["preferred_username"] == "robot"
    assert claims["realm_access"]["roles"] == ["job-service-admin"]
    assert api_status(tokens["access_token"]) == 200


def test_a_service_cannot_act_for_somebody_else(person: User) -> None:
    names = {"user": str(person.pk), "username": person.username, "sub": "1"}
    tokens = service_token(create_service(), **names, client_session="x", session="x")
    assert claims_of_token(tokens["access_token"])["preferred_username"] == "robot"


def test_a_service_has_one_session_for_all_its_tokens() -> None:
    robot = create_service()
    for _ in range(3):
        assert service_token(robot).status == 200
    session = ClientSession.objects.get()
    assert session.refresh_digest is None
    assert Event.objects.filter(action="service_signed_in").count() == 1


def test_a_wrong_secret_is_refused_and_limited(settings: Settings) -> None:
    robot = create_service()
    for secret in ("", "guess", robot.secret.swapcase()):
        outcome = service_token(Program("robot", secret)).outcome
        assert outcome == (401, "invalid_client")
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (1, 60)}
    assert service_token(Program("robot", "guess")).outcome == (429, "slow_down")
    # no secret is checked any more, so that a correct guess reveals nothing either
    assert service_token(robot).outcome == (429, "slow_down")
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (9, 60)}
    assert service_token(robot).status == 200


def test_a_public_client_cannot_act_as_a_service() -> None:
    client = device_client("open")
    client.authorization_grant_type = Grant.SERVICE
    client.client_secret = ""
    client.user = UserFactory()
    client.save()
    for secret in ("", "x"):
        outcome = service_token(Program("open", secret)).outcome
        assert outcome == (401, "invalid_client")


def test_a_service_without_an_active_account_gets_no_token() -> None:
    robot = create_service()
    tokens = service_token(robot)
    User.objects.filter(username="robot").update(is_active=False)
    assert service_token(robot).outcome == (400, "unauthorized_client")
    assert api_status(tokens["access_token"]) == 401


# --- revocation, introspection, userinfo ----------------------------------------------


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_revokes_both(
    telescope: Program, tokens: Answer, kind: str
) -> None:
    assert telescope.post("/revoke", token=tokens[kind]).status == 200
    assert api_status(tokens["access_token"]) == 401
    assert telescope.refresh(tokens["refresh_token"]).outcome == REFUSED


def test_a_client_cannot_revoke_tokens_of_another(
    telescope: Program, tokens: Answer
) -> None:
    other = Program(device_client("other").client_id)
    for token in (tokens["access_token"], tokens["refresh_token"], "x", "a.b.c"):
        assert other.post("/revoke", token=token).status == 200
    assert api_status(tokens["access_token"]) == 200


def test_only_confidential_clients_can_introspect(
    telescope: Program, person: User, tokens: Answer
) -> None:
    robot, token = create_service(), tokens["access_token"]
    told = robot.post("/introspect", token=token)
    assert told["active"] is True
    assert (told["client_id"], told["username"]) == ("telescope", person.username)
    outcome = telescope.post("/introspect", token=token).outcome
    assert outcome == (401, "invalid_client")
    telescope.post("/revoke", token=token)
    for dead in (token, "a.b.c", "", tokens["refresh_token"]):
        assert robot.post("/introspect", token=dead).body == {"active": False}


def test_userinfo_has_the_claims_that_the_scopes_allow(
    telescope: Program, person: User, tokens: Answer
) -> None:
    def told(token: str) -> Any:
        return Client(headers={"authorization": f"Bearer {token}"}).get("/o/userinfo")

    everything = told(tokens["access_token"]).json()
    assert everything["sub"] == str(person.pk)
    assert everything["email"] == person.email
    fewer = authorize_device(person, telescope, scope="openid read")["access_token"]
    assert "email" not in told(fewer).json()
    none = told(authorize_device(person, telescope, scope="read")["access_token"])
    assert none.status_code == 403
    assert "insufficient_scope" in none["WWW-Authenticate"]
    assert told("").status_code == 401
