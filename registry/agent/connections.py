"""Connections of the standard library, with what an agent needs otherwise.

Redirects are not followed by themselves. A server that refuses an upload answers before
it has read all of it; such an answer is read, instead of failing because the rest could
not be sent.
"""

from __future__ import annotations

import http.client
import urllib.request
from typing import Any

Response = http.client.HTTPResponse


class _Connection(http.client.HTTPConnection):
    def endheaders(
        self, message_body: Any = None, *, encode_chunked: bool = False
    ) -> None:
        try:
            super().endheaders(message_body, encode_chunked=encode_chunked)
        except (BrokenPipeError, ConnectionResetError):
            _require_connected(self)


class _SecureConnection(http.client.HTTPSConnection):
    def endheaders(
        self, message_body: Any = None, *, encode_chunked: bool = False
    ) -> None:
        try:
            super().endheaders(message_body, encode_chunked=encode_chunked)
        except (BrokenPipeError, ConnectionResetError):
            _require_connected(self)


def _require_connected(connection: http.client.HTTPConnection) -> None:
    """Raise the present error again unless an answer may have arrived."""
    if connection.sock is None:
        raise  # noqa: PLE0704 - called while an error is handled


class _Plain(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> Response:
        return self.do_open(_Connection, req)


class _Secure(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> Response:
        return self.do_open(_SecureConnection, req)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        return None


#: What to build an opener with.
Handlers = (_Plain, _Secure, _NoRedirects)
