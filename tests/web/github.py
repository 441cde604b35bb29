"""A small GitHub on loopback, for tests: OAuth, three resources, and its faults.

It answers as GitHub documents ("Authorizing OAuth apps", "Troubleshooting OAuth app
access token request errors"): the page with the buttons, codes for one use within ten
minutes, errors of the token request with status 200, lists in pages, scopes. The
person who is signed in to it is `visitor`. It says `localhost`, and the registry
127.0.0.1, so that for a browser they are two sites, as in real life.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

CLIENT_ID = "Ov23liTestOfRegistry"
CLIENT_SECRET = secrets.token_hex(20)
CALLBACK = "/social/complete/github/"
API = "/api/v3"


@dataclass
class Person:
    """Somebody with an account at GitHub."""

    id: int
    login: str
    name: str | None = None
    email: str = ""
    verified: bool = True
    orgs: list[str] = field(default_factory=list)

    @property
    def emails(self) -> list[dict[str, Any]]:
        """The addresses, of which the primary one is not the first."""
        other = {"email": f"{self.login}@old.example.org", "visibility": None}
        return [
            {**other, "primary": False, "verified": True},
            {
                "email": self.email or f"{self.login}@example.org",
                "primary": True,
                "verified": self.verified,
                "visibility": "private",
            },
        ]


@dataclass
class Grant:
    """What a person allowed, and how the registry asked for it."""

    person: Person
    scope: frozenset[str]
    redirect_uri: str
    challenge: str


@dataclass
class GitHub:
    """The state of the server; tests change it as they go along."""

    url: str
    visitor: Person
    #: Where the registry is: the host of its callback, as registered with the app.
    registry: str = ""
    allowed: set[int] = field(default_factory=set)
    codes: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=dict)
    #: What is wrong today: the statuses of paths, and "codes" that have expired.
    broken: dict[str, int] = field(default_factory=dict)
    #: The authorize requests that came.
    asked: list[dict[str, str]] = field(default_factory=list)

    def grant(self, query: dict[str, str]) -> str:
        """Make a code for the person who allowed it; return where to go with it."""
        self.allowed.add(self.visitor.id)
        code = secrets.token_hex(10)
        self.codes[code] = Grant(
            self.visitor,
            frozenset(query.get("scope", "").replace(",", " ").split()),
            query["redirect_uri"],
            query.get("code_challenge", ""),
        )
        return _back(query, code=code)

    def exchange(self, form: dict[str, str]) -> dict[str, str]:
        """Answer the token request."""
        if (form.get("client_id"), form.get("client_secret")) != (
            CLIENT_ID,
            CLIENT_SECRET,
        ):
            return {"error": "incorrect_client_credentials"}
        grant = self.codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "").encode()
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest())
        if (
            grant is None
            or "codes" in self.broken
            or (grant.challenge and grant.challenge != digest.decode().rstrip("="))
        ):
            return {"error": "bad_verification_code"}
        if form.get("redirect_uri") != grant.redirect_uri:
            return {"error": "redirect_uri_mismatch"}
        token = f"gho_{secrets.token_hex(18)}"
        self.tokens[token] = grant
        return {
            "access_token": token,
            "token_type": "bearer",
            "scope": ",".join(sorted(grant.scope)),
        }

    def resource(self, path: str, token: str) -> tuple[int, Any]:
        """Answer a request of the REST API: the status and the whole content."""
        grant = self.tokens.get(token)
        if grant is None:
            return 401, {"message": "Bad credentials"}
        person = grant.person
        if path == "/user":
            public = {"id": person.id, "login": person.login, "name": person.name}
            return 200, {**public, "email": None, "type": "User"}
        if path == "/user/emails" and "user:email" in grant.scope:
            return 200, person.emails
        if path == "/user/orgs" and "read:org" in grant.scope:
            return 200, [{"login": org, "id": i} for i, org in enumerate(person.orgs)]
        return 404, {"message": "Not Found"}


def _back(query: dict[str, str], **values: str) -> str:
    state = {"state": query["state"]} if "state" in query else {}
    return f"{query['redirect_uri']}?{urlencode({**values, **state})}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Write no log."""

    def do_GET(self) -> None:
        """Answer the authorize page and the API."""
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        if self._is_broken(address.path):
            return
        if address.path == "/login/oauth/authorize":
            self._authorize(query)
        elif address.path.startswith(f"{API}/"):
            self._api(address.path.removeprefix(API), query)
        else:
            self._answer(404, "text/html", "<title>Not found</title>")

    def do_POST(self) -> None:
        """Answer the buttons and the token request."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if self._is_broken(self.path):
            return
        if self.path == "/login/oauth/access_token":
            self._json(200, self.server.github.exchange(form))
        elif self.path == "/login/oauth/authorize":
            github = self.server.github
            denied = {"error": "access_denied", "error_description": "The user denied"}
            allows = form.pop("authorize") == "1"
            self._redirect(github.grant(form) if allows else _back(form, **denied))
        else:
            self._answer(404, "text/html", "<title>Not found</title>")

    def _authorize(self, query: dict[str, str]) -> None:
        github = self.server.github
        github.asked.append(query)
        callback = f"{github.registry}{CALLBACK}"
        if query.get("client_id") != CLIENT_ID:
            self._answer(404, "text/html", "<title>Not found</title>")
        elif query.get("redirect_uri") != callback:
            wrong = {**query, "redirect_uri": callback}
            self._redirect(_back(wrong, error="redirect_uri_mismatch"))
        elif github.visitor.id in github.allowed and "prompt" not in query:
            self._redirect(github.grant(query))
        else:
            self._answer(200, "text/html", _page(query, github.visitor))

    def _api(self, path: str, query: dict[str, str]) -> None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        known = token if scheme.lower() in {"token", "bearer"} else ""
        status, content = self.server.github.resource(path, known)
        if isinstance(content, list):
            size, page = int(query.get("per_page", 30)), int(query.get("page", 1))
            content = content[size * (page - 1) : size * page]
        self._json(status, content)

    def _is_broken(self, path: str) -> bool:
        status = self.server.github.broken.get(path)
        if status is not None:
            self._answer(status, "application/json", '"a unicorn"')
        return status is not None

    def _json(self, status: int, content: Any) -> None:
        self._answer(status, "application/json; charset=utf-8", json.dumps(content))

    def _redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _page(query: dict[str, str], visitor: Person) -> str:
    fields = "".join(
        f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">'
        for k, v in query.items()
    )
    return (
        "<!doctype html><html lang=en><title>Authorize</title>"
        "<link rel=icon href=data:>"
        f"<h1>Authorize the registry?</h1><p>You are {html.escape(visitor.login)}.</p>"
        f'<form method="post" action="/login/oauth/authorize">{fields}'
        '<button name="authorize" value="1">Allow</button>'
        '<button name="authorize" value="0">Deny</button></form>'
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    github: GitHub


@contextmanager
def github_server(visitor: Person) -> Iterator[GitHub]:
    """Run the server; it stops at the end."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.github = GitHub(f"http://localhost:{server.server_port}", visitor)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
