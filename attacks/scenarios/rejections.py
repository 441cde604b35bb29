"""Requests that must be rejected by their headers: their bodies are never sent."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from attacks.client import Client
from attacks.connection import RawConnection
from attacks.event_loops import run_coroutine
from attacks.findings import Finding
from attacks.sample_data import upload_path
from attacks.target import Target

#: Seconds that a rejection can take on a machine with other work.
TIMEOUT = 10

_JSON = "Content-Type: application/json"
_FORM = "Content-Type: application/x-www-form-urlencoded"
_ZIP = "Content-Type: application/zip"
_SMALL, _LARGE, _HUGE = 5_000, 200 * 2**20, 10**13


class Case(NamedTuple):
    """A request whose body is announced but not sent, and the expected statuses."""

    name: str
    method: str
    path: str
    headers: tuple[str, ...]
    length: int
    statuses: tuple[str, ...]


def cases(target: Target) -> list[Case]:
    """Return all requests that must be rejected by their headers."""
    with Client(target) as client:
        signed = upload_path(client)
    bad = f"Authorization: token {'0' * 40}"
    good = f"Authorization: token {target.token}"
    basic = "Authorization: Basic bm9ib2R5Om5vdGhpbmc="
    unsigned = f"/api/data/{'0' * 40}/file"
    return [
        Case(
            "JSON without a token", "POST", "/api/object/", (_JSON,), _SMALL, ("403",)
        ),
        Case("JSON, bad token", "POST", "/api/object/", (_JSON, bad), _SMALL, ("401",)),
        Case(
            "JSON, bad password",
            "POST",
            "/api/object/",
            (_JSON, basic),
            _SMALL,
            ("401",),
        ),
        Case(
            "JSON without a token, too long",
            "POST",
            "/api/object/",
            (_JSON,),
            _HUGE,
            ("403", "413"),
        ),
        Case(
            "JSON with a token, too long",
            "POST",
            "/api/object/",
            (_JSON, good),
            _LARGE,
            ("413",),
        ),
        Case(
            "JSON to no address",
            "POST",
            "/api/nowhere/",
            (_JSON,),
            _LARGE,
            ("403", "404", "413"),
        ),
        Case("PROV without a token", "POST", "/api/prov/", (_JSON,), _SMALL, ("403",)),
        Case(
            "crate without a token", "POST", "/api/ro-crate/", (_ZIP,), _LARGE, ("403",)
        ),
        Case(
            "crate, bad token", "POST", "/api/ro-crate/", (_ZIP, bad), _LARGE, ("401",)
        ),
        Case(
            "crate, too long", "POST", "/api/ro-crate/", (_ZIP, good), _HUGE, ("413",)
        ),
        Case("PUT without a signature", "PUT", unsigned, (), _LARGE, ("403",)),
        Case("PUT badly signed", "PUT", f"{signed}x", (), _LARGE, ("403",)),
        Case(
            "sign-in form, too long",
            "POST",
            "/sign-in",
            (_FORM,),
            _LARGE,
            _REJECTED_STATUSES,
        ),
        Case(
            "form to /o/token, too long",
            "POST",
            "/o/token",
            (_FORM,),
            _LARGE,
            _REJECTED_STATUSES,
        ),
        Case(
            "form to a page, too long",
            "POST",
            "/",
            (_FORM,),
            _LARGE,
            _REJECTED_STATUSES,
        ),
        Case(
            "form to no address",
            "POST",
            "/nowhere/",
            (_FORM,),
            _LARGE,
            _REJECTED_STATUSES,
        ),
    ]


_REJECTED_STATUSES = ("400", "401", "403", "404", "405", "413")


def rejected_before_their_bodies(target: Target) -> list[Finding]:
    """Send heads that announce a body; they must be rejected before it is sent."""
    return run_coroutine(_check_all(target, cases(target)))


async def _check_all(target: Target, made: list[Case]) -> list[Finding]:
    return list(
        await asyncio.gather(
            *(
                check_rejected(target, case, *extra)
                for case in made
                for extra in _EXPECT_HEADERS
            )
        )
    )


#: Each case is sent twice: without and with ``Expect: 100-continue``.
_EXPECT_HEADERS: tuple[tuple[str, ...], ...] = ((), ("Expect: 100-continue",))


async def check_rejected(
    target: Target, case: Case, *extra: str, patience: float = TIMEOUT
) -> Finding:
    """Send the head of a request without its body, and wait for the response."""
    length = f"Content-Length: {case.length}"
    lines = (
        f"{case.method} {case.path} HTTP/1.1",
        f"Host: {target.host}",
        *(*case.headers, length, *extra, "", ""),
    )
    async with RawConnection.open(target) as connection:
        connection.send("\r\n".join(lines).encode())
        outcome = await connection.outcome(timeout=patience)
    name = f"rejected immediately: {case.name}{f', {extra[0]}' if extra else ''}"
    return Finding(name, outcome in case.statuses, outcome)
