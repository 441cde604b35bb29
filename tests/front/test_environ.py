"""The WSGI environment is built from the ASGI scope of a request."""

from __future__ import annotations

import pytest

from registry.front.environ import build_environ
from tests.front.asgi import Client

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "target, path",
    [
        (b"/", "/"),
        (b"/data_product/a:b@1.0.0", "/data_product/a:b@1.0.0"),
        (b"/caf%C3%A9%2Fx", "/cafÃ©/x"),
        (b"http://registry.example.org/api/", "/api/"),
        (b"http://registry.example.org", "/"),
        (b"*", "*"),
    ],
)
def test_the_path_is_decoded_for_wsgi(target: bytes, path: str) -> None:
    assert build_environ(Client(path=target).scope)["PATH_INFO"] == path


def test_headers_have_cgi_names() -> None:
    headers = {"content-type": "text/csv", "content-length": "3", "x-request-id": "a"}
    environ = build_environ(Client(headers=headers).scope)
    assert environ["CONTENT_TYPE"] == "text/csv"
    assert environ["CONTENT_LENGTH"] == "3"
    assert environ["HTTP_X_REQUEST_ID"] == "a"
    assert environ["REMOTE_ADDR"] == "127.0.0.2"


def test_repeated_headers_are_joined() -> None:
    scope = Client().scope
    scope["headers"] = [(b"accept", b"text/csv"), (b"accept", b"*/*")]
    assert build_environ(scope)["HTTP_ACCEPT"] == "text/csv,*/*"


def test_a_client_on_a_unix_socket_has_no_address() -> None:
    scope = {**Client().scope, "client": None, "server": None}
    environ = build_environ(scope)
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"]) == ("", "localhost")
