"""Build the WSGI environment (PEP 3333) of a request from its ASGI scope."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

#: Key in the scope: a function that returns whether the client has disconnected.
CLIENT_DISCONNECTED = "registry.client_disconnected"

Scope = dict[str, Any]
Environ = dict[str, Any]


def build_environ(scope: Scope) -> Environ:
    """Return the WSGI environment for an ASGI scope, without a body."""
    host, port = scope["server"] or ("localhost", 80)
    client = scope["client"] or ("", 0)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": _path_of(scope["raw_path"]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(host),
        "SERVER_PORT": str(port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        _add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def remote_address(environ: Environ) -> str:
    """Return the address at the other end of the connection."""
    return str(environ["REMOTE_ADDR"])


def with_whole_body(environ: Environ, body: Any, size: int) -> Environ:
    """Return the environment with a complete body, however it was sent.

    The environment is changed in place: what the application stored in it stays.
    """
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(size)
    return _with_input(environ, body)


def with_pending_body(environ: Environ, body: Any) -> Environ:
    """Return the environment with a body that raises when it is read.

    It needs a length: frameworks take a body without one for empty and do not read it.
    """
    environ.setdefault("CONTENT_LENGTH", "1")
    return _with_input(environ, body)


def with_streamed_body(environ: Environ, body: Any) -> Environ:
    """Return the environment with a body that is read while it is received."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        environ.pop("CONTENT_LENGTH", None)
    return _with_input(environ, body)


def _with_input(environ: Environ, body: Any) -> Environ:
    environ["wsgi.input"] = body
    environ["wsgi.input_terminated"] = True
    return environ


def _path_of(raw_path: bytes) -> str:
    """Return the path decoded for WSGI; the request target can be a full URL."""
    if not raw_path.startswith(b"/") and b"://" in raw_path:
        raw_path = urlsplit(raw_path).path or b"/"
    return unquote_to_bytes(raw_path).decode("latin-1")


def _add_header(environ: Environ, name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        key = f"HTTP_{key}"
    # RFC 9110, section 5.3: repeated headers are combined into one list
    environ[key] = f"{environ[key]},{value}" if key in environ else value
