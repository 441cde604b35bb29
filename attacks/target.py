"""The registry that is attacked, always one of this machine."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, urlsplit

#: Hosts that may be attacked.
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
#: Seconds that a single answer to an honest request may take before it is a failure.
TIMEOUT = 60


@dataclass(frozen=True)
class Target:
    """A registry, and what an attacker may know of it.

    `pid` is the server's first process, where its memory is to be watched. `source` is
    the address of this machine that connections come from, where it is not 127.0.0.1.
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
        """What the header `Host` says."""
        return self.parts.netloc

    @property
    def port(self) -> int:
        """The port to connect to."""
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)

    def from_address(self, source: str) -> Self:
        """Return the same target, reached from another address of this machine."""
        return replace(self, source=source)

    def tls(self) -> ssl.SSLContext | None:
        """Return what TLS needs, or None for plain HTTP."""
        if self.parts.scheme != "https":
            return None
        context = ssl.create_default_context(cafile=self.certificate)
        if self.certificate is None:
            # a certificate of this machine, made by the operator
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def connect(self, timeout: float = TIMEOUT) -> http.client.HTTPConnection:
        """Return a connection of an honest client."""
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
        """Open a raw connection that holds back at most `limit` bytes unread."""
        source = (self.source, 0) if self.source else None
        return await asyncio.open_connection(
            "127.0.0.1", self.port, limit=limit, local_addr=source, ssl=self.tls()
        )
