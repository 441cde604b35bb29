"""Access and refresh tokens: their claims, and what they give access to."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from registry.identity.models import User
from registry.identity.oauth.keys import key_ring
from registry.identity.oauth.models import ClientSession
from registry.identity.services import issue_token
from tests.factories import UserFactory
from tests.interop.oidc.issuer import (
    NAME,
    REFUSED,
    Answer,
    Program,
    api_status,
    authorize_device,
    claims_of_token,
    device_client,
    session_of,
)

pytestmark = pytest.mark.django_db


# --- claims ---------------------------------------------------------------------------


def test_an_access_token_has_the_claims_of_user_client_and_roles(
    telescope: Program, person: User
) -> None:
    for name in ("job-service-write", "/institutions/IceCube", "iceprod-system"):
        person.groups.add(Group.objects.get_or_create(name=name)[0])
    tokens = authorize_device(person, telescope, scope="offline_access")
    claims = claims_of_token(tokens["access_token"])
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


def test_a_granted_role_is_in_the_next_token(
    telescope: Program, person: User, tokens: Answer
) -> None:
    person.groups.add(Group.objects.get_or_create(name="handle-read")[0])
    again = telescope.refresh(tokens["refresh_token"])
    assert claims_of_token(again["access_token"])["realm_access"]["roles"] == [
        "handle-read"
    ]


def test_the_token_of_a_superuser_has_all_roles_of_people(telescope: Program) -> None:
    tokens = authorize_device(UserFactory(is_superuser=True), telescope)
    claims = claims_of_token(tokens["access_token"])
    assert "sys-admin-admin" in claims["realm_access"]["roles"]
    assert claims["groups"] == ["/tokens/IceProdAdmins"]
    assert claims["resource_access"]["iceprod"]["roles"] == []


def test_a_refresh_token_is_opaque(tokens: Answer) -> None:
    assert "." not in tokens["refresh_token"]
    assert len(tokens["refresh_token"]) >= 43


# --- access to the API ----------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "token"])
def test_the_api_accepts_an_access_token(
    tokens: Answer, person: User, scheme: str
) -> None:
    api = Client(headers={"authorization": f"{scheme} {tokens['access_token']}"})
    assert api.get(NAME).json() == {"username": person.username}
    made = api.post("/api/file_type/", {"name": "CSV", "extension": "csv"})
    assert made.status_code == 201
    assert made.json()["updated_by"].endswith(f"/{person.pk}/")


def test_an_access_token_needs_one_query(
    tokens: Answer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert api_status(tokens["access_token"]) == 200
    with django_assert_num_queries(1):
        assert api_status(tokens["access_token"]) == 200


def test_a_forged_token_needs_no_query(
    tokens: Answer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert api_status(tokens["access_token"][:-4] + "AAAA") == 401


def test_the_api_token_works_as_well(person: User, tokens: Answer) -> None:
    assert api_status(issue_token(user=person, by=person)) == 200
    assert api_status(tokens["access_token"]) == 200


def test_a_token_in_a_url_is_refused(person: User, tokens: Answer) -> None:
    for path in (NAME, "/api/file_type/", "/api/"):
        answer = Client().get(path, {"access_token": tokens["access_token"]})
        assert answer.status_code == 400
        assert "send it as Authorization: Bearer" in answer.json()["detail"]


def test_secrets_in_a_url_are_refused(telescope: Program, tokens: Answer) -> None:
    query = f"refresh_token={tokens['refresh_token']}"
    for path in ("/token", "/revoke"):
        answer = telescope.post(f"{path}?{query}", grant_type="refresh_token")
        assert answer.outcome == (400, "invalid_request")
    assert Client().get(f"/o/token?{query}&grant_type=refresh_token").status_code == 405
    assert telescope.refresh(tokens["refresh_token"]).status == 200


# --- refresh tokens -------------------------------------------------------------------


def test_a_shared_refresh_token_can_be_used_twice(
    telescope: Program, tokens: Answer
) -> None:
    renewed = [telescope.refresh(tokens["refresh_token"]) for _ in range(3)]
    assert {one["refresh_token"] for one in renewed} == {tokens["refresh_token"]}
    for one in (tokens, *renewed):
        assert api_status(one["access_token"]) == 200
    assert len({one["access_token"] for one in renewed}) == 3


def test_a_refresh_is_stored_as_the_last_use(
    telescope: Program, person: User, tokens: Answer
) -> None:
    ClientSession.objects.update(last_used=timezone.now() - timedelta(days=9))
    telescope.refresh(tokens["refresh_token"])
    session = session_of(person)
    assert timezone.now() - session.last_used < timedelta(minutes=1)
    assert session.address == "127.0.0.1"


def test_a_refresh_can_request_fewer_scopes_but_not_more(
    telescope: Program, person: User
) -> None:
    tokens = authorize_device(person, telescope, scope="read email")
    less = telescope.refresh(tokens["refresh_token"], scope="read")
    assert less["scope"] == "read"
    more = telescope.refresh(tokens["refresh_token"], scope="read write")
    assert more.outcome == (400, "invalid_scope")
    assert telescope.refresh(tokens["refresh_token"])["scope"] == "read email"


def test_another_client_cannot_use_a_refresh_token(
    tokens: Answer,
) -> None:
    thief = Program(device_client("thief").client_id)
    assert thief.refresh(tokens["refresh_token"]).outcome == REFUSED


def test_an_access_token_is_not_accepted_as_a_refresh_token(
    telescope: Program, tokens: Answer
) -> None:
    assert telescope.refresh(tokens["access_token"]).outcome == REFUSED


@pytest.mark.parametrize(
    "scope,outlives",
    [("offline_access", timedelta(days=180)), ("", timedelta(hours=12))],
)
def test_an_unused_session_expires(
    telescope: Program, person: User, scope: str, outlives: timedelta
) -> None:
    tokens = authorize_device(person, telescope, scope=scope)
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
def test_other_grants_are_not_supported(telescope: Program, grant: str) -> None:
    answer = telescope.post("/token", grant_type=grant)
    assert answer.outcome == (400, "unsupported_grant_type")
