"""A registry behind a reverse proxy that does TLS."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.plugins.server import LiveRegistry, StartRegistry

pytestmark = pytest.mark.once

BY_HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}


@pytest.fixture(scope="module")
def secure_registry(start_registry: StartRegistry) -> LiveRegistry:
    """Return a registry that trusts one proxy."""
    return start_registry(REGISTRY_HTTPS="1")


@pytest.fixture(scope="module")
def named_registry(start_registry: StartRegistry) -> LiveRegistry:
    """Return a registry with a host name and without a proxy."""
    return start_registry(
        REGISTRY_HTTPS="1",
        REGISTRY_URL="https://registry.example.org",
        REGISTRY_PROXIES="0",
    )


def _get(
    registry: LiveRegistry, path: str, headers: dict[str, str] | None = None
) -> HTTPResponse:
    connection = HTTPConnection(urlsplit(registry.url).netloc)
    try:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    return answer


def test_http_is_redirected_to_https(secure_registry: LiveRegistry) -> None:
    answer = _get(secure_registry, "/api/")
    assert answer.status == 301
    assert answer.headers["Location"].startswith("https://127.0.0.1")


def test_health_checks_need_no_https(secure_registry: LiveRegistry) -> None:
    assert _get(secure_registry, "/livez").status == 200
    assert _get(secure_registry, "/readyz").status == 200


def test_responses_have_strict_transport_security(
    secure_registry: LiveRegistry,
) -> None:
    answer = _get(secure_registry, "/api/", BY_HTTPS)
    assert answer.status == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_cookies_are_secure(secure_registry: LiveRegistry) -> None:
    answer = _get(secure_registry, "/sign-in", BY_HTTPS)
    assert "; Secure" in answer.headers["Set-Cookie"]


def test_the_log_has_the_clients_address(secure_registry: LiveRegistry) -> None:
    _get(secure_registry, "/livez", BY_HTTPS | {"X-Request-Id": "through-a-proxy"})
    (line,) = [x for x in secure_registry.log.splitlines() if "through-a-proxy" in x]
    assert line.endswith(" address=198.51.100.7")


def test_without_a_proxy_forwarded_headers_are_ignored(
    named_registry: LiveRegistry, live_registry: LiveRegistry
) -> None:
    named = BY_HTTPS | {"Host": "registry.example.org"}
    answer = _get(named_registry, "/api/", named)
    assert answer.status == 301
    assert answer.headers["Location"] == "https://registry.example.org/api/"
    with urlopen(Request(f"{live_registry.url}/api/", headers=BY_HTTPS)) as plain:
        addresses = json.load(plain).values()
    assert all(one.startswith(f"{live_registry.url}/api/") for one in addresses)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "evil.example", ""]
)
def test_only_health_checks_accept_other_hosts(
    named_registry: LiveRegistry, host: str
) -> None:
    for path in ("/", "/api/", "/o/.well-known/openid-configuration", "/sign-in"):
        assert _get(named_registry, path, {"Host": host}).status == 400
    expected = 400 if "." in host and not host[0].isdigit() else 200
    for path in ("/livez", "/readyz"):
        assert _get(named_registry, path, {"Host": host}).status == expected
