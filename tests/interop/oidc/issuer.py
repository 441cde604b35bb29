"""Requests to the issuer as programs send them, with Django's test client."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from django.test import Client
from oauth2_provider.models import Application

from registry.identity.models import User
from registry.identity.oauth.clients import Grant, create_client
from registry.identity.oauth.keys import key_ring
from registry.identity.oauth.models import ClientSession, DeviceCode

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REDIRECT_URI = "https://notebook.example.org/back"
VERIFIER = "v" * 50
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode()
)
#: Status and error for a code or token that the client is not entitled to.
REFUSED = (400, "invalid_grant")
#: A URL that needs authentication.
NAME = "/api/username/"


def device_client(client_id: str = "telescope") -> Application:
    """Register a public client of the device flow."""
    return create_client(
        client_id=client_id, name=client_id, grant=Grant.DEVICE, public=True
    )[0]


def code_client(client_id: str = "notebook", *, public: bool = True) -> Any:
    """Register a client of the authorization code flow; return it and its secret."""
    return create_client(
        client_id=client_id,
        name=client_id,
        grant=Grant.CODE,
        public=public,
        redirect_uris=[REDIRECT_URI],
    )


@dataclass
class Answer:
    """A JSON response."""

    status: int
    body: dict[str, Any]
    headers: Any

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    @property
    def outcome(self) -> tuple[int, str]:
        """The status, and the OAuth error."""
        return self.status, self.body.get("error", "")


@dataclass
class Program:
    """A client; public unless it has a secret."""

    client_id: str
    secret: str = ""
    base: str = "/o"
    browser: Client = field(default_factory=Client)

    def post(self, path: str, **form: str) -> Answer:
        """Post a form."""
        if self.secret:
            form = {"client_secret": self.secret, **form}
        form = {"client_id": self.client_id, **form}
        answer = self.browser.post(
            f"{self.base}{path}",
            urlencode(form),
            content_type="application/x-www-form-urlencoded",
        )
        body = answer.json() if answer.content else {}
        return Answer(answer.status_code, body, answer.headers)

    def codes(self, **form: str) -> Answer:
        """Request the codes for a device."""
        return self.post("/device-authorization", **form)

    def poll(self, device_code: str, **form: str) -> Answer:
        """Poll for the token of a device."""
        return self.post(
            "/token", grant_type=DEVICE_GRANT, device_code=device_code, **form
        )

    def refresh(self, refresh_token: str, **form: str) -> Answer:
        """Request another access token."""
        return self.post(
            "/token", grant_type="refresh_token", refresh_token=refresh_token, **form
        )

    def redeem(self, code: str, **form: str) -> Answer:
        """Request a token for an authorization code."""
        sent = {
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
            **form,
        }
        return self.post("/token", grant_type="authorization_code", **sent)


def browser_for(user: User, **options: Any) -> Client:
    """Return a browser in which this person is signed in."""
    browser = Client(**options)
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return browser


def decide(user: User, user_code: str, decision: str = "allow") -> Any:
    """Approve or deny a device on its page."""
    return browser_for(user).post(
        "/device", {"user_code": user_code, "decision": decision}
    )


def authorize_device(user: User, program: Program, **form: str) -> Answer:
    """Go through the device flow; return the response with the tokens."""
    codes = program.codes(**form)
    decide(user, codes["user_code"])
    tokens = program.poll(codes["device_code"])
    assert tokens.status == 200, tokens
    return tokens


def authorize_url(**changes: str | None) -> str:
    """Return the URL of an authorization request; None leaves a parameter out."""
    values: dict[str, str | None] = {
        "client_id": "notebook",
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid read",
        "state": "kept",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    kept = {name: value for name, value in values.items() if value is not None}
    return f"/o/authorize?{urlencode(kept)}"


def redirect_parameters(answer: Any) -> dict[str, str]:
    """Return the parameters of the redirect to the client."""
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"].startswith(f"{REDIRECT_URI}?"), answer["Location"]
    query = parse_qs(urlsplit(answer["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def authorization_code_for(user: User, **changes: str | None) -> str:
    """Authorize a client as a person; return the code."""
    answer = browser_for(user).post(authorize_url(**changes), {"decision": "allow"})
    return redirect_parameters(answer)["code"]


def api_status(
    access_token: str, method: str = "GET", path: str = "/api/username/"
) -> Any:
    """Send a request to the API with an access token; return the status."""
    api = Client(headers={"authorization": f"Bearer {access_token}"})
    return api.generic(method, path).status_code


def session_of(user: User) -> ClientSession:
    """Return the only client session of this person."""
    return ClientSession.objects.get(user=user)


def claims_of_token(token: str) -> dict[str, Any]:
    """Return the claims of a token, without verifying it."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def create_service(client_id: str = "robot", **values: Any) -> Program:
    """Register a service, with its secret."""
    _, secret = create_client(
        client_id=client_id, name="Robot", grant=Grant.SERVICE, **values
    )
    return Program(client_id, secret)


def service_token(robot: Program, **form: str) -> Answer:
    """Request a token for a service."""
    return robot.post("/token", grant_type="client_credentials", **form)


def signed_token(claims: dict[str, Any], key: Any = None, **header: Any) -> str:
    """Return a token, signed with the key of the registry or another."""
    ring = key_ring().signing
    headers = {"kid": ring.kid, "typ": "at+jwt", **header}
    return jwt.encode(claims, key or ring.private, "RS256", headers=headers)


def let_time_pass(seconds: float) -> None:
    """Let time pass for the latest device code."""
    code = DeviceCode.objects.latest("id")
    if code.polled:
        code.polled -= timedelta(seconds=seconds)
    code.expires -= timedelta(seconds=seconds)
    code.save()
