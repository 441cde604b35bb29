"""Each request gets an id, a log line, and security headers."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator

import pytest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from pytest_django import Settings

from registry.core import context
from registry.core.logs import LogfmtFormatter
from registry.http.middleware import (
    RequestContextMiddleware,
    access_log,
    client_name,
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return a stream that receives the formatted lines of the access log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogfmtFormatter())
    access_log.addHandler(handler)
    yield stream
    access_log.removeHandler(handler)


def test_each_response_has_its_own_request_id(client: Client) -> None:
    first, second = client.get("/livez"), client.get("/livez")
    assert re.fullmatch(r"[0-9a-f]{32}", first["X-Request-Id"])
    assert first["X-Request-Id"] != second["X-Request-Id"]


def test_responses_of_middleware_have_a_request_id_too(client: Client) -> None:
    answer = client.get("/livez", headers={"host": "elsewhere.example.org"})
    assert answer.status_code == 400
    assert answer["X-Request-Id"]


def test_a_valid_request_id_of_the_client_is_used(client: Client) -> None:
    answer = client.get("/livez", headers={"x-request-id": "fair-pull_1.2"})
    assert answer["X-Request-Id"] == "fair-pull_1.2"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"', "a\tb", "ü"])
def test_an_invalid_request_id_is_replaced(client: Client, given: str) -> None:
    answer = client.get("/livez", headers={"x-request-id": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-Id"])


def test_the_log_has_one_line_per_request(client: Client, log: io.StringIO) -> None:
    client.get("/livez?signature=secret", headers={"x-request-id": "r1"})
    (line,) = log.getvalue().splitlines()
    assert re.search(
        r" request=r1 logger=registry.access message=answered method=GET path=/livez "
        r"status=200 ms=\d+\.\d user=- address=127.0.0.1$",
        line,
    )
    assert "secret" not in line


def test_a_request_cannot_forge_a_log_line(client: Client, log: io.StringIO) -> None:
    client.get("/livez%0Atime=now level=ERROR")
    assert len(log.getvalue().splitlines()) == 1


@pytest.mark.django_db
def test_an_unknown_host_is_not_logged_as_an_error(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Scanners send such requests all the time; the access log has them."""
    assert client.get("/", headers={"host": "elsewhere.example"}).status_code == 400
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert client.post("/sign-in", "a=&" * 2000, **form).status_code == 400  # type: ignore[arg-type]
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


def test_the_line_names_the_user_without_a_query(
    log: io.StringIO, rf: RequestFactory, django_user_model: type
) -> None:
    def answer(request: HttpRequest) -> HttpResponse:
        request.user = django_user_model(pk=7)
        return HttpResponse()

    RequestContextMiddleware(answer)(rf.get("/"))
    assert " user=7 " in log.getvalue()


def test_the_log_does_not_load_the_session(
    client: Client, log: io.StringIO, settings: Settings
) -> None:
    # without access to the database a query would fail the test
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    client.get("/livez")
    assert " user=- " in log.getvalue()


def test_services_know_the_client_and_the_request_id(rf: RequestFactory) -> None:
    seen = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append((context.request_id.get(), context.client.get()))
        return HttpResponse()

    request = rf.get("/", headers={"x-request-id": "r2", "user-agent": "fair-cli/0.11"})
    RequestContextMiddleware(answer)(request)
    assert seen == [("r2", "fair-cli/0.11")]
    assert (context.request_id.get(), context.client.get()) == ("-", "")


@pytest.mark.parametrize(
    "user_agent,client",
    [
        ("", ""),
        ("python-requests/2.34.2", "python-requests/2.34.2"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Mozilla/5.0 Gecko/20100101 Firefox/140.0",
        ),
        ("a" * 5000, "a" * 200),
        ("(" * 5000, "(" * 200),
    ],
)
def test_a_client_is_identified_by_its_products(user_agent: str, client: str) -> None:
    assert client_name(user_agent) == client


#: What a page may do, by directive.
_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def _policy(answer: HttpResponseBase) -> dict[str, str]:
    directives = answer["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_every_page_has_a_content_security_policy(client: Client) -> None:
    answer = client.get("/livez")
    assert _policy(answer) == _POLICY
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


def test_a_page_can_have_its_own_policy(client: Client) -> None:
    assert _policy(client.get("/api/redoc/")) == {
        **_POLICY,
        "style-src": "'self' 'unsafe-inline'",
        "worker-src": "blob:",
    }


@pytest.mark.parametrize("path", ["/api/", "/static/nothing", "/nothing", "/sign-in"])
def test_all_other_responses_have_the_policy_of_pages(
    client: Client, path: str
) -> None:
    assert _policy(client.get(path)) == _POLICY


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_page_without_its_last_slash_is_redirected_only_for_reads(
    client: Client, method: str
) -> None:
    assert client.get("/crates?a=b")["Location"] == "/crates/?a=b"
    refused = getattr(client, method)("/crates?a=b")
    assert refused.status_code == 404
    wanted = f"Send the {method.upper()} to http://testserver/crates/?a=b"
    assert wanted in refused.content.decode()
    unknown = getattr(client, method)("/nothing")
    assert unknown["Content-Type"].startswith("text/html")
