"""Access and refresh tokens: what they say, what they open, and forged ones."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.oauth.clients import Grant, create_client
from registry.identity.oauth.keys import key_ring
from registry.identity.oauth.models import ClientSession
from registry.identity.services import issue_token
from tests.factories import UserFactory
from tests.interop.oidc.issuer import (
    Answer,
    Program,
    device_client,
    let_in,
    session_of,
    status_of,
)

pytestmark = pytest.mark.django_db

REFUSED = (400, "invalid_grant")
NAME = "/api/username/"


@pytest.fixture
def tokens(telescope: Program, person: User) -> Answer:
    """Return what a program got that a person let in."""
    return let_in(person, telescope, scope="offline_access")


@pytest.fixture
def claims(tokens: Answer) -> dict[str, Any]:
    """Return what the access token says."""
    return _claims(tokens["access_token"])


def _claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def _robot(client_id: str = "robot", **values: Any) -> Program:
    _, secret = create_client(
        client_id=client_id, name="Robot", grant=Grant.SERVICE, **values
    )
    return Program(client_id, secret)


def _as_service(robot: Program, **form: str) -> Answer:
    return robot.post("/token", grant_type="client_credentials", **form)


def _sign(claims: dict[str, Any], key: Any = None, **header: Any) -> str:
    ring = key_ring().signing
    headers = {"kid": ring.kid, "typ": "at+jwt", **header}
    return jwt.encode(claims, key or ring.private, "RS256", headers=headers)


# --- what they say --------------------------------------------------------------------


def test_an_access_token_says_who_may_what_through_which_client(
    telescope: Program, person: User
) -> None:
    for name in ("job-service-write", "/institutions/IceCube", "iceprod-system"):
        person.groups.add(Group.objects.get_or_create(name=name)[0])
    tokens = let_in(person, telescope, scope="offline_access")
    claims = _claims(tokens["access_token"])
    header = jwt.get_unverified_header(tokens["access_token"])
    assert header == {
        "alg": "RS256",
        "typ": "at+jwt",
        "kid": key_ring().signing.kid,
    }
    times = {name: claims.pop(name) for name in ("iat", "exp")}
    assert times["exp"] - times["iat"] == 3600
    assert len(claims.pop("jti")) == 32
    assert claims == {
        "iss": "http://127.0.0.1:8000/o",
        "sub": str(person.pk),
        "azp": "telescope",
        "sid": session_of(person).sid,
        "scope": "openid profile email read write offline_access",
        "preferred_username": person.username,
        "name": person.full_name,
        "email": person.email,
        "groups": ["/institutions/IceCube"],
        "realm_access": {"roles": ["iceprod-system", "job-service-write"]},
        "resource_access": {"iceprod": {"roles": ["iceprod-system"]}},
    }


def test_a_role_comes_with_the_next_token(
    telescope: Program, person: User, tokens: Answer
) -> None:
    person.groups.add(Group.objects.get_or_create(name="handle-read")[0])
    again = telescope.refresh(tokens["refresh_token"])
    assert _claims(again["access_token"])["realm_access"]["roles"] == ["handle-read"]


def test_a_superuser_has_the_roles_of_people(telescope: Program) -> None:
    tokens = let_in(UserFactory(is_superuser=True), telescope)
    claims = _claims(tokens["access_token"])
    assert "sys-admin-admin" in claims["realm_access"]["roles"]
    assert claims["groups"] == ["/tokens/IceProdAdmins"]
    assert claims["resource_access"]["iceprod"]["roles"] == []


def test_a_refresh_token_means_nothing_but_itself(tokens: Answer) -> None:
    assert "." not in tokens["refresh_token"]
    assert len(tokens["refresh_token"]) >= 43


# --- what they open -------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "token"])
def test_an_access_token_opens_the_api(
    tokens: Answer, person: User, scheme: str
) -> None:
    api = Client(headers={"authorization": f"{scheme} {tokens['access_token']}"})
    assert api.get(NAME).json() == {"username": person.username}
    made = api.post("/api/file_type/", {"name": "CSV", "extension": "csv"})
    assert made.status_code == 201
    assert made.json()["updated_by"].endswith(f"/{person.pk}/")


def test_an_access_token_costs_one_query(
    tokens: Answer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert status_of(tokens["access_token"]) == 200
    with django_assert_num_queries(1):
        assert status_of(tokens["access_token"]) == 200


def test_a_forged_token_costs_none(
    tokens: Answer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert status_of(tokens["access_token"][:-4] + "AAAA") == 401


def test_the_api_token_works_beside_it(person: User, tokens: Answer) -> None:
    assert status_of(issue_token(user=person, by=person)) == 200
    assert status_of(tokens["access_token"]) == 200


def test_a_token_in_an_address_is_refused(person: User, tokens: Answer) -> None:
    for path in (NAME, "/api/file_type/", "/api/"):
        answer = Client().get(path, {"access_token": tokens["access_token"]})
        assert answer.status_code == 400
        assert "send it as Authorization: Bearer" in answer.json()["detail"]


def test_secrets_in_an_address_are_refused(telescope: Program, tokens: Answer) -> None:
    query = f"refresh_token={tokens['refresh_token']}"
    for path in ("/token", "/revoke"):
        answer = telescope.post(f"{path}?{query}", grant_type="refresh_token")
        assert answer.outcome == (400, "invalid_request")
    assert Client().get(f"/o/token?{query}&grant_type=refresh_token").status_code == 405
    assert telescope.refresh(tokens["refresh_token"]).status == 200


# --- forged ones ----------------------------------------------------------------------


def _encoded(part: dict[str, Any]) -> str:
    text = json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _unsigned(algorithm: str) -> Callable[[dict[str, Any]], str]:
    def forge(claims: dict[str, Any]) -> str:
        header = {"alg": algorithm, "typ": "at+jwt", "kid": key_ring().signing.kid}
        return f"{_encoded(header)}.{_encoded(claims)}."

    return forge


def _by_another_key(claims: dict[str, Any]) -> str:
    return _sign(claims, rsa.generate_private_key(65537, 2048))


def _by_the_public_key_as_a_secret(claims: dict[str, Any]) -> str:
    signing = key_ring().signing
    header = {"kid": signing.kid, "typ": "at+jwt"}
    return jwt.encode(claims, signing.spki(), "HS256", headers=header)


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "alg RS256, no signature": _unsigned("RS256"),
    "another key": _by_another_key,
    "the public key as a secret": _by_the_public_key_as_a_secret,
    "a kid that there is not": lambda claims: _sign(claims, kid="elsewhere"),
    "no kid": lambda claims: _sign(claims, kid=""),
    "the kind of an ID token": lambda claims: _sign(claims, typ="JWT"),
    "a wrong issuer": lambda claims: _sign({**claims, "iss": "https://evil.example"}),
    "our own address as issuer": lambda claims: _sign(
        {**claims, "iss": "http://127.0.0.1:8000"}
    ),
    "expired": lambda claims: _sign({**claims, "exp": int(time.time()) - 60}),
    "of the future": lambda claims: _sign({**claims, "iat": int(time.time()) + 600}),
    "somebody else": lambda claims: _sign({**claims, "sub": "0"}),
    "a session that there is not": lambda claims: _sign({**claims, "sid": "0" * 32}),
    "a number for a session": lambda claims: _sign({**claims, "sid": 1}),
    **{
        f"no {name}": lambda claims, name=name: _sign(  # type: ignore[misc]
            {key: value for key, value in claims.items() if key != name}
        )
        for name in ("exp", "iat", "iss", "sub", "sid", "jti", "azp", "scope")
    },
    "words": lambda _: "a.b.c",
    "no parts": lambda _: "..",
    "much too long": lambda claims: _sign({**claims, "x": "y" * 10_000}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_opens_nothing(claims: dict[str, Any], forgery: str) -> None:
    forged = FORGERIES[forgery](claims)
    for path in (NAME, "/api/file_type/", "/o/userinfo"):
        api = Client(headers={"authorization": f"Bearer {forged}"})
        answer = api.get(path)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers


def test_the_forgeries_are_forged_from_a_token_that_opens(
    claims: dict[str, Any],
) -> None:
    assert status_of(_sign(claims)) == 200


def test_a_refused_token_is_answered_by_a_challenge(tokens: Answer) -> None:
    api = Client(headers={"authorization": f"Bearer {tokens['access_token'][:-9]}"})
    challenge = api.get(NAME)["WWW-Authenticate"]
    assert challenge == 'Bearer realm="registry", error="invalid_token"'


def test_who_lost_their_account_is_out(
    telescope: Program, person: User, tokens: Answer
) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert status_of(tokens["access_token"]) == 401
    assert telescope.refresh(tokens["refresh_token"]).outcome == REFUSED


# --- refresh tokens -------------------------------------------------------------------


def test_a_refresh_takes_nothing_from_whoever_shares_it(
    telescope: Program, tokens: Answer
) -> None:
    renewed = [telescope.refresh(tokens["refresh_token"]) for _ in range(3)]
    assert {one["refresh_token"] for one in renewed} == {tokens["refresh_token"]}
    for one in (tokens, *renewed):
        assert status_of(one["access_token"]) == 200
    assert len({one["access_token"] for one in renewed}) == 3


def test_a_refresh_is_noted_as_the_latest_use(
    telescope: Program, person: User, tokens: Answer
) -> None:
    ClientSession.objects.update(last_used=timezone.now() - timedelta(days=9))
    telescope.refresh(tokens["refresh_token"])
    session = session_of(person)
    assert timezone.now() - session.last_used < timedelta(minutes=1)
    assert session.address == "127.0.0.1"


def test_a_refresh_may_ask_for_less_but_not_for_more(
    telescope: Program, person: User
) -> None:
    tokens = let_in(person, telescope, scope="read email")
    less = telescope.refresh(tokens["refresh_token"], scope="read")
    assert less["scope"] == "read"
    more = telescope.refresh(tokens["refresh_token"], scope="read write")
    assert more.outcome == (400, "invalid_scope")
    assert telescope.refresh(tokens["refresh_token"])["scope"] == "read email"


def test_a_stolen_refresh_token_is_of_no_use_to_another_client(
    tokens: Answer,
) -> None:
    thief = Program(device_client("thief").client_id)
    assert thief.refresh(tokens["refresh_token"]).outcome == REFUSED


def test_an_access_token_is_no_refresh_token(
    telescope: Program, tokens: Answer
) -> None:
    assert telescope.refresh(tokens["access_token"]).outcome == REFUSED


@pytest.mark.parametrize(
    "scope,outlives",
    [("offline_access", timedelta(days=180)), ("", timedelta(hours=12))],
)
def test_a_session_that_is_not_used_ends_by_itself(
    telescope: Program, person: User, scope: str, outlives: timedelta
) -> None:
    tokens = let_in(person, telescope, scope=scope)
    minute = timedelta(minutes=1)
    ClientSession.objects.update(last_used=timezone.now() - outlives + minute)
    assert telescope.refresh(tokens["refresh_token"]).status == 200
    ClientSession.objects.update(last_used=timezone.now() - outlives - minute)
    assert telescope.refresh(tokens["refresh_token"]).outcome == REFUSED


def test_there_is_no_password_grant(telescope: Program) -> None:
    person = UserFactory(password="four and twenty")
    form = {"username": person.username, "password": "four and twenty"}
    answer = telescope.post("/token", grant_type="password", **form)
    assert answer.outcome == (400, "unsupported_grant_type")


@pytest.mark.parametrize("grant", ["", "implicit", "urn:ietf:params:oauth:nothing"])
def test_no_other_grant_is_known(telescope: Program, grant: str) -> None:
    answer = telescope.post("/token", grant_type=grant)
    assert answer.outcome == (400, "unsupported_grant_type")


# --- services -------------------------------------------------------------------------


def test_a_service_acts_for_itself_with_its_roles() -> None:
    tokens = _as_service(_robot(roles=["job-service-admin"]))
    assert tokens.status == 200
    assert "refresh_token" not in tokens.body
    claims = _claims(tokens["access_token"])
    assert claims["preferred_username"] == "robot"
    assert claims["realm_access"]["roles"] == ["job-service-admin"]
    assert status_of(tokens["access_token"]) == 200


def test_a_service_cannot_say_that_it_is_somebody(person: User) -> None:
    names = {"user": str(person.pk), "username": person.username, "sub": "1"}
    tokens = _as_service(_robot(), **names, client_session="x", session="x")
    assert _claims(tokens["access_token"])["preferred_username"] == "robot"


def test_a_service_has_one_session_however_often_it_comes() -> None:
    robot = _robot()
    for _ in range(3):
        assert _as_service(robot).status == 200
    session = ClientSession.objects.get()
    assert session.refresh_digest is None
    assert Event.objects.filter(action="service_signed_in").count() == 1


def test_a_wrong_secret_is_refused_and_slowed(settings: Settings) -> None:
    robot = _robot()
    for secret in ("", "guess", robot.secret.swapcase()):
        outcome = _as_service(Program("robot", secret)).outcome
        assert outcome == (401, "invalid_client")
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (1, 60)}
    assert _as_service(Program("robot", "guess")).outcome == (429, "slow_down")
    # who knows the secret is not slowed by those who guess
    assert _as_service(robot).status == 200


def test_a_public_client_is_no_service_whatever_secret_it_sends() -> None:
    client = device_client("open")
    client.authorization_grant_type = Grant.SERVICE
    client.client_secret = ""
    client.user = UserFactory()
    client.save()
    for secret in ("", "x"):
        outcome = _as_service(Program("open", secret)).outcome
        assert outcome == (401, "invalid_client")


def test_a_service_without_an_account_that_is_open_gets_nothing() -> None:
    robot = _robot()
    tokens = _as_service(robot)
    User.objects.filter(username="robot").update(is_active=False)
    assert _as_service(robot).outcome == (400, "unauthorized_client")
    assert status_of(tokens["access_token"]) == 401


# --- revocation, introspection, userinfo ----------------------------------------------


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(
    telescope: Program, tokens: Answer, kind: str
) -> None:
    assert telescope.post("/revoke", token=tokens[kind]).status == 200
    assert status_of(tokens["access_token"]) == 401
    assert telescope.refresh(tokens["refresh_token"]).outcome == REFUSED


def test_a_client_cannot_revoke_what_is_not_its_own(
    telescope: Program, tokens: Answer
) -> None:
    other = Program(device_client("other").client_id)
    for token in (tokens["access_token"], tokens["refresh_token"], "x", "a.b.c"):
        assert other.post("/revoke", token=token).status == 200
    assert status_of(tokens["access_token"]) == 200


def test_introspection_tells_services_alone(
    telescope: Program, person: User, tokens: Answer
) -> None:
    robot, token = _robot(), tokens["access_token"]
    told = robot.post("/introspect", token=token)
    assert told["active"] is True
    assert (told["client_id"], told["username"]) == ("telescope", person.username)
    outcome = telescope.post("/introspect", token=token).outcome
    assert outcome == (401, "invalid_client")
    telescope.post("/revoke", token=token)
    for dead in (token, "a.b.c", "", tokens["refresh_token"]):
        assert robot.post("/introspect", token=dead).body == {"active": False}


def test_userinfo_tells_what_the_scopes_allow(
    telescope: Program, person: User, tokens: Answer
) -> None:
    def told(token: str) -> Any:
        return Client(headers={"authorization": f"Bearer {token}"}).get("/o/userinfo")

    everything = told(tokens["access_token"]).json()
    assert everything["sub"] == str(person.pk)
    assert everything["email"] == person.email
    fewer = let_in(person, telescope, scope="openid read")["access_token"]
    assert "email" not in told(fewer).json()
    none = told(let_in(person, telescope, scope="read")["access_token"])
    assert none.status_code == 403
    assert "insufficient_scope" in none["WWW-Authenticate"]
    assert told("").status_code == 401
