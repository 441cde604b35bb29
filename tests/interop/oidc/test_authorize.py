"""Authorization codes with PKCE, and the page on which people authorize clients."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import Grant as AuthorizationCode

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.oauth.keys import key_ring
from registry.identity.oauth.models import ClientSession
from tests.interop.oidc.issuer import (
    REDIRECT_URI,
    Program,
    api_status,
    authorization_code_for,
    authorize_url,
    browser_for,
    code_client,
    redirect_parameters,
)

pytestmark = pytest.mark.django_db

REFUSED = (400, "invalid_grant")


@pytest.fixture(autouse=True)
def notebook() -> Program:
    code_client()
    return Program("notebook")


def _visit(person: User, address: str, **options: Any) -> Any:
    return browser_for(person, **options).get(address)


# --- authorizing a client -------------------------------------------------------------


def test_an_authorized_client_gets_tokens(notebook: Program, person: User) -> None:
    back = redirect_parameters(
        browser_for(person).post(authorize_url(), {"decision": "allow"})
    )
    assert back["state"] == "kept"
    assert back["iss"] == "http://127.0.0.1:8000/o"
    tokens = notebook.redeem(back["code"])
    assert tokens.status == 200
    assert tokens["scope"] == "openid read"
    assert api_status(tokens["access_token"]) == 200
    assert notebook.refresh(tokens["refresh_token"]).status == 200


def test_an_id_token_names_the_person_who_signed_in(
    notebook: Program, person: User
) -> None:
    code = authorization_code_for(person, scope="openid email", nonce="n-1")
    token = notebook.redeem(code)["id_token"]
    claims = jwt.decode(
        token, key_ring().signing.public, algorithms=["RS256"], audience="notebook"
    )
    assert claims["sub"] == str(person.pk)
    assert claims["nonce"] == "n-1"
    assert claims["email"] == person.email
    assert claims["iss"] == "http://127.0.0.1:8000/o"
    # an ID token gives no access to the API
    assert api_status(token) == 401


def test_the_page_shows_the_client_and_its_scopes(person: User) -> None:
    page = _visit(person, authorize_url(scope="read write offline_access"))
    text = page.content.decode()
    assert "Authorise notebook?" in text
    assert "notebook.example.org" in text
    for words in (
        "read what you may read",
        "register and change",
        "while you are away",
    ):
        assert words in text
    assert "form-action 'self' https://notebook.example.org;" in (
        f"{page['Content-Security-Policy']};"
    )
    assert not AuthorizationCode.objects.exists()


def test_a_refusal_redirects_with_access_denied(person: User) -> None:
    for decision in ("deny", "", "perhaps"):
        back = redirect_parameters(
            browser_for(person).post(authorize_url(), {"decision": decision})
        )
        assert back["error"] == "access_denied"
        assert back["state"] == "kept"
        assert back["iss"] == "http://127.0.0.1:8000/o"
    assert not AuthorizationCode.objects.exists()


def test_both_decisions_are_in_the_audit_trail(person: User) -> None:
    for decision in ("deny", "allow"):
        browser_for(person).post(authorize_url(), {"decision": decision})
    told = Event.objects.filter(record_id=person.pk, subject="notebook").order_by("id")
    assert [one.action for one in told] == ["client_refused", "client_approved"]


def test_anonymous_people_sign_in_first_and_return_to_the_page() -> None:
    answer = Client().get(authorize_url(prompt="login"))
    assert answer.status_code == 302
    target = urlsplit(answer["Location"])
    assert target.path == "/sign-in"
    wanted = parse_qs(target.query)["next"][0]
    assert wanted.startswith("/o/authorize?client_id=notebook")
    assert "prompt" not in wanted


@pytest.mark.parametrize("scope", ["openid read", "read"])
def test_prompt_errors_redirect_to_the_client(person: User, scope: str) -> None:
    for browser, error in (
        (Client(), "login_required"),
        (browser_for(person), "consent_required"),
    ):
        back = redirect_parameters(
            browser.get(authorize_url(prompt="none", scope=scope))
        )
        assert (back["error"], back["state"]) == (error, "kept")
        assert back["iss"] == "http://127.0.0.1:8000/o"


def test_query_is_the_only_response_mode(person: User) -> None:
    declared = Client().get("/o/.well-known/openid-configuration").json()
    assert declared["response_modes_supported"] == ["query"]
    assert declared["request_uri_parameter_supported"] is False
    page = browser_for(person).get(authorize_url(response_mode="query"))
    assert "Authorise notebook?" in page.content.decode()


# --- stolen codes ---------------------------------------------------------------------


def test_reusing_a_code_is_refused_and_ends_its_session(
    notebook: Program, person: User
) -> None:
    code = authorization_code_for(person)
    tokens = notebook.redeem(code)
    assert api_status(tokens["access_token"]) == 200
    assert notebook.redeem(code).outcome == REFUSED
    assert api_status(tokens["access_token"]) == 401
    assert notebook.refresh(tokens["refresh_token"]).outcome == REFUSED
    assert ClientSession.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "w" * 50},
        {"code_verifier": ""},
        {"redirect_uri": "https://notebook.example.org/elsewhere"},
    ],
)
def test_a_code_needs_its_verifier_and_redirect_uri(
    notebook: Program, person: User, change: dict[str, str]
) -> None:
    code = authorization_code_for(person)
    assert notebook.redeem(code, **change).status == 400
    assert not ClientSession.objects.exists()


def test_a_code_can_be_used_only_by_its_own_client(
    notebook: Program, person: User
) -> None:
    code_client("thief")
    code = authorization_code_for(person)
    assert Program("thief").redeem(code).outcome == REFUSED
    assert notebook.redeem(code).status == 200


def test_an_expired_code_is_refused(notebook: Program, person: User) -> None:
    code = authorization_code_for(person)
    AuthorizationCode.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert notebook.redeem(code).outcome == REFUSED


def test_a_confidential_client_needs_its_secret(person: User) -> None:
    _, secret = code_client("server", public=False)
    code = authorization_code_for(person, client_id="server")
    for wrong in ("", "guess"):
        outcome = Program("server", wrong).redeem(code).outcome
        assert outcome == (401, "invalid_client")
    assert Program("server", secret).redeem(code).status == 200


def test_an_inactive_account_gets_no_token(notebook: Program, person: User) -> None:
    code = authorization_code_for(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert notebook.redeem(code).outcome == REFUSED


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/back",
        "https://notebook.example.org.evil.example/back",
        "https://notebook.example.org@evil.example/back",
        "https://notebook.example.org/back/../../evil",
        "https://notebook.example.org/back?next=https://evil.example",
        "https://notebook.example.org:8443/back",
        "http://notebook.example.org/back",
        "//evil.example",
        "/account/",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
def test_an_unregistered_redirect_uri_is_not_followed(
    person: User, elsewhere: str
) -> None:
    browser = browser_for(person)
    for decision in (None, "allow", "deny"):
        address = authorize_url(redirect_uri=elsewhere)
        answer = (
            browser.post(address, {"decision": decision})
            if decision
            else browser.get(address)
        )
        assert answer.status_code == 400
        assert "Location" not in answer.headers
    # parameters of the form do not change the redirect either
    form = {"decision": "deny", "redirect_uri": elsewhere}
    answer = browser.post(authorize_url(), form)
    assert answer.get("Location", REDIRECT_URI).startswith(REDIRECT_URI)


def test_an_unknown_client_is_reported_on_the_page_only(person: User) -> None:
    answer = _visit(person, authorize_url(client_id="nobody"))
    assert answer.status_code == 400
    assert "This program cannot be authorised" in answer.content.decode()


@pytest.mark.parametrize(
    "changes,error",
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unauthorized_client"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"prompt": "none"}, "consent_required"),
        ({"prompt": "none", "scope": "read"}, "consent_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none login", "scope": "read"}, "invalid_request"),
        ({"prompt": "select_account"}, "account_selection_required"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"response_mode": ""}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"request_uri": "https://notebook.example.org"}, "request_uri_not_supported"),
        ({"prompt": "login"}, "login_required"),
    ],
)
def test_unsupported_requests_redirect_with_an_error(
    person: User, changes: dict[str, str | None], error: str
) -> None:
    browser = browser_for(person)
    address = authorize_url(**changes)
    back = redirect_parameters(browser.post(address, {"decision": "allow"}))
    assert back["error"] == error
    assert back["state"] == "kept"
    assert not AuthorizationCode.objects.exists()


def test_a_decision_needs_the_csrf_token(person: User) -> None:
    guarded = browser_for(person, enforce_csrf_checks=True)
    assert guarded.post(authorize_url(), {"decision": "allow"}).status_code == 403
    assert not AuthorizationCode.objects.exists()


def test_a_get_or_an_anonymous_post_authorizes_nothing(person: User) -> None:
    _visit(person, f"{authorize_url()}&decision=allow&allow=true")
    answer = Client().post(authorize_url(), {"decision": "allow"})
    assert answer["Location"].startswith("/sign-in")
    assert not AuthorizationCode.objects.exists()


def test_sign_in_does_not_redirect_to_other_sites(person: User) -> None:
    person.set_password("a table of leavitt")
    person.save()
    form = {"username": person.username, "password": "a table of leavitt"}
    for evil in ("https://evil.example", "//evil.example", "javascript:alert(1)"):
        answer = Client().post("/sign-in", {**form, "next": evil})
        assert answer.status_code == 302
        assert answer["Location"] == "/"
    answer = Client().post("/sign-in", {**form, "next": "/device?user_code=B"})
    assert answer["Location"] == "/device?user_code=B"


def test_sign_in_shows_the_same_message_for_every_failure(person: User) -> None:
    def said(name: str) -> str:
        form = {"username": name, "password": "guess"}
        page = Client().post("/sign-in", form).content.decode()
        return page.split('role="alert"')[1].split("</div>")[0]

    closed = User.objects.create(username="closed", is_active=False)
    assert said(person.username) == said("nobody") == said(closed.username)
