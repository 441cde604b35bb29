"""The registry that is attacked, always on this machine."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, urlsplit

#: Hosts that can be attacked.
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
#: Seconds after which an honest request fails.
TIMEOUT = 60


@dataclass(frozen=True)
class Target:
    """A registry, and what an attacker knows about it.

    `pid` is the server's main process, if its memory is measured. `source` is the local
    address of connections, if it is not 127.0.0.1.
    """

    url: str
    token: str = field(repr=False)
    password: str = field(default="", repr=False)
    pid: int | None = None
    certificate: Path | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        if self.parts.hostname not in LOOPBACK:
            raise ValueError(f"{self.url} is not on this machine: attacks stay here")

    @property
    def parts(self) -> SplitResult:
        """The parts of the address."""
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        """The value of the `Host` header."""
        return self.parts.netloc

    @property
    def port(self) -> int:
        """The port to connect to."""
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)

    def from_address(self, source: str) -> Self:
        """Return the same target with another local address for connections."""
        return replace(self, source=source)

    def tls(self) -> ssl.SSLContext | None:
        """Return the TLS context, or None for plain HTTP."""
        if self.parts.scheme != "https":
            return None
        context = ssl.create_default_context(cafile=self.certificate)
        if self.certificate is None:
            # a self-signed certificate of the operator
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def connect(self, timeout: float = TIMEOUT) -> http.client.HTTPConnection:
        """Return an HTTP connection for an honest client."""
        source = (self.source, 0) if self.source else None
        context = self.tls()
        if context is None:
            return http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=timeout, source_address=source
            )
        return http.client.HTTPSConnection(
            "127.0.0.1",
            self.port,
            timeout=timeout,
            source_address=source,
            context=context,
        )

    async def open(
        self, limit: int = 2**16
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a raw connection that buffers at most `limit` unread bytes."""
        source = (self.source, 0) if self.source else None
        return await asyncio.open_connection(
            "127.0.0.1", self.port, limit=limit, local_addr=source, ssl=self.tls()
        )
