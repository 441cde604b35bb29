"""Send requests to a registry, which may be busy, or unavailable for an hour.

The token goes only to the registry's own host and port, even if an address or a
redirect leads elsewhere.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from registry.agent import VERSION
from registry.agent.cache import CHUNK
from registry.agent.connections import HANDLERS, Response

#: Timeouts of connections in seconds: for JSON, and for files.
SHORT_TIMEOUT, TIMEOUT = 10.0, 120.0
#: Responses after which the same request can succeed later.
_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504, 507})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 5
#: Seconds between two attempts, at first and at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0
#: Seconds that a registry can ask clients to wait.
_LONGEST_WAIT = 120.0
_USER_AGENT = {"User-Agent": "registry-agent/" + VERSION}
_TOKEN = re.compile(r"[\x21-\x7e]+")

T = TypeVar("T")


class Refused(Exception):
    """The registry refused a request for good; ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_of_token(self) -> bool:
        """Return whether the token is the reason."""
        return self.status in {401, 403}


class Unavailable(Exception):
    """The registry could not answer now.

    ``wait`` is how many seconds it asked to wait, None if it did not say.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class BadAddress(Exception):
    """The address or token of a registry cannot be right; the message says why."""


class Client:
    """Sends requests of one agent, with its token."""

    def __init__(
        self, registry: str, token: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Keep the address and the token; raises ``BadAddress``."""
        self.base = registry.rstrip("/") + "/"
        _require_web(self.base)
        if not _TOKEN.fullmatch(token):
            raise BadAddress("The token is empty, or has spaces or line breaks.")
        self._token, self._sleep = token, sleep
        self._opener = urllib.request.build_opener(*HANDLERS)

    def post(
        self, path: str, body: Mapping[str, Any], *, key: str | None = None
    ) -> dict[str, Any]:
        """Send JSON once and return JSON; raises ``Refused`` and ``Unavailable``.

        ``key`` names a request that must not be carried out twice.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(  # noqa: S310 - `_require_web` was here
            urljoin(self.base, path),
            data=json.dumps(body).encode(),
            method="POST",
            headers={**self._headers(), **headers},
        )
        with _errors(), self._open(request, SHORT_TIMEOUT) as response:
            return _json_of(response.read())

    def put_file(self, url: str, file: Path) -> None:
        """Send a file once to an address that the registry signed, without the token.

        Raises ``Refused``, ``Unavailable``, and ``OSError`` if the file cannot be read.
        """
        address = urljoin(self.base, url)
        _require_web(address)
        with file.open("rb") as source:
            size = str(file.stat().st_size)
            request = urllib.request.Request(  # noqa: S310 - `_require_web` was here
                address,
                data=source,
                method="PUT",
                headers={**_USER_AGENT, "Content-Length": size},
            )
            with _errors(), self._open(request, TIMEOUT) as response:
                response.read()

    def download(self, url: str) -> Iterator[bytes]:
        """Yield the bytes of a file, from the registry or from another web server.

        Raises ``Refused`` and ``Unavailable``, also if the file is incomplete.
        """
        with _errors():
            response = self._follow(urljoin(self.base, url))
        with response:
            expected = response.headers.get("Content-Length")
            received = 0
            while True:
                with _errors():
                    chunk = response.read(CHUNK)
                if not chunk:
                    break
                received += len(chunk)
                yield chunk
        if expected is not None and received != int(expected):
            raise Unavailable(f"{received} of {expected} bytes of {url} arrived.")

    def _follow(self, address: str) -> Response:
        """Open an address, and follow its redirects."""
        for _ in range(_MOST_REDIRECTS):
            _require_web(address)
            is_own = _origin(address) == _origin(self.base)
            headers = self._headers() if is_own else _USER_AGENT
            request = urllib.request.Request(address, headers=headers)  # noqa: S310
            try:
                return self._open(request, TIMEOUT)
            except urllib.error.HTTPError as error:
                target = error.headers.get("Location")
                if error.code not in _REDIRECTS or not target:
                    raise
                error.close()
                address = urljoin(address, target)
        raise Refused(HTTPStatus.LOOP_DETECTED, f"{address} redirects too often.")

    def _headers(self) -> dict[str, str]:
        return {**_USER_AGENT, "Authorization": "token " + self._token}

    def _open(self, request: urllib.request.Request, timeout: float) -> Response:
        response: Response = self._opener.open(request, timeout=timeout)
        return response

    def until_answered(
        self, send: Callable[[], T], gives_up: Callable[[], bool] = lambda: False
    ) -> T:
        """Repeat a request until the registry answers; raises ``Refused``.

        After each failure, raises ``Unavailable`` if ``gives_up`` returns true.
        """
        pauses = Pauses()
        while True:
            try:
                return send()
            except Unavailable as error:
                if gives_up():
                    raise
                self._sleep(pauses.next(error))


class Pauses:
    """How long to wait after each failure: longer each time, up to a limit."""

    def __init__(self, longest: float = _LONGEST_PAUSE) -> None:
        self._pause, self._longest = _FIRST_PAUSE, longest

    def next(self, error: Unavailable) -> float:
        """Return the seconds to wait after a failure."""
        pause = self._pause
        self._pause = min(2 * pause, self._longest)
        # so that agents do not all come back at the same moment
        return (error.wait or pause) * random.uniform(0.8, 1.3)  # noqa: S311

    def reset(self) -> None:
        """Begin with short pauses again."""
        self._pause = _FIRST_PAUSE


def _require_web(address: str) -> None:
    """Raise ``BadAddress`` unless an address is complete and without a password."""
    try:
        parts = urlsplit(address)
        # reading the port checks it
        is_web = (
            parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        )
    except ValueError:
        is_web = False
    if not is_web:
        raise BadAddress(f"{address!r} is no address that begins with https://.")
    if parts.username or parts.password:
        raise BadAddress(f"The address of {parts.hostname} contains a password.")


def _origin(address: str) -> tuple[str, str | None, int]:
    """Return the scheme, the host and the port of an address."""
    parts = urlsplit(address)
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname, parts.port or default


def _json_of(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Unavailable("The answer is not JSON. Is this the address of a registry?")
    return value


@contextmanager
def _errors() -> Iterator[None]:
    """Turn errors of connections and responses into ``Refused`` and ``Unavailable``."""
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            raise _error_of(error) from error
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(f"The registry cannot be reached: {error}.") from error


def _error_of(error: urllib.error.HTTPError) -> Exception:
    status = f"{error.code} {error.reason}"
    if error.code in _TEMPORARY:
        wait = error.headers.get("Retry-After", "")
        seconds = min(float(wait), _LONGEST_WAIT) if wait.isdigit() else None
        return Unavailable(f"The registry answered {status}.", seconds)
    if error.code in _REDIRECTS:
        target = error.headers.get("Location", "")
        return Refused(error.code, f"The registry is at {target}: give that address.")
    try:
        content = error.read(100_000).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        content = ""
    return Refused(error.code, f"{status}: {content[:1000]}")
