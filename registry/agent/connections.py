"""HTTP connections of the standard library, with two differences.

Redirects are not followed automatically. A server that refuses an upload can answer
before it has read all of it: the answer is read, although the rest cannot be sent.
"""

from __future__ import annotations

import http.client
import urllib.request
from typing import Any

Response = http.client.HTTPResponse


class _Connection(http.client.HTTPConnection):
    """Reads an answer that comes before the whole body was sent."""

    def endheaders(
        self, message_body: Any = None, *, encode_chunked: bool = False
    ) -> None:
        """Send the headers and the body, unless the server stops reading."""
        try:
            super().endheaders(message_body, encode_chunked=encode_chunked)
        except (BrokenPipeError, ConnectionResetError):
            if self.sock is None:
                raise


class _SecureConnection(_Connection, http.client.HTTPSConnection):
    """The same over TLS."""


class _Plain(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> Response:
        return self.do_open(_Connection, req)


class _Secure(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> Response:
        return self.do_open(_SecureConnection, req)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        return None


#: Arguments for ``urllib.request.build_opener``.
HANDLERS = (_Plain, _Secure, _NoRedirects)
