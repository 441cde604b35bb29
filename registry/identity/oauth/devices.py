"""Letting devices in: a code on the one screen, an approval on another (RFC 8628)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.core import context
from registry.core.errors import NotFound
from registry.core.transactions import atomic
from registry.identity import audit
from registry.identity.oauth import verbs
from registry.identity.oauth.errors import (
    CodeDenied,
    CodeExpired,
    CodePending,
    CodeRefused,
    TooEager,
)
from registry.identity.oauth.models import DeviceCode
from registry.identity.services import digest

if TYPE_CHECKING:
    from oauth2_provider.models import Application

    from registry.identity.models import User

#: Seconds that people have to approve.
LIFETIME = 900
#: Seconds that a device waits between two questions, and that one too early adds.
INTERVAL = 5
#: Seconds by which the way of two questions may differ.
_TOLERANCE = 1
_LONGEST_INTERVAL = 60
#: How long codes are kept after they expired, so that a device learns of it.
_KEPT = timedelta(hours=1)
#: No vowels, so that no words come out, and nothing that looks like something else.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 8
_NO_LETTERS = re.compile(f"[^{_LETTERS}]")
_UNKNOWN = "This code is not known, or is of no use any more."


@dataclass(frozen=True)
class NewCodes:
    """What a device is told; ``user_code`` is as people read it."""

    device_code: str
    user_code: str
    interval: int = INTERVAL
    expires_in: int = LIFETIME


def begin_device(*, client: Application, scope: str, challenge: str = "") -> NewCodes:
    """Give a device its codes; ``challenge`` is that of PKCE, S256 (RFC 7636)."""
    DeviceCode.objects.filter(expires__lt=timezone.now() - _KEPT).delete()
    device_code = secrets.token_urlsafe(32)
    values = {
        "digest": digest(device_code),
        "client": client,
        "scope": scope,
        "challenge": challenge,
        "interval": INTERVAL,
        "expires": timezone.now() + timedelta(seconds=LIFETIME),
        "address": context.address.get(),
        "agent": context.client.get(),
    }
    while True:
        user_code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        try:
            with transaction.atomic():
                DeviceCode.objects.create(user_code=user_code, **values)
        except IntegrityError:
            continue  # one in 25,600,000,000 is taken
        return NewCodes(device_code, shown(user_code))


def shown(user_code: str) -> str:
    """Write a code as people read it: BCDF-GHJK."""
    half = _LENGTH // 2
    return f"{user_code[:half]}-{user_code[half:]}"


def waiting_device(typed: str) -> DeviceCode | None:
    """Find the device that a code belongs to, however people type it."""
    user_code = _NO_LETTERS.sub("", typed[:64].upper())
    return (
        DeviceCode.objects.select_related("client")
        .filter(
            user_code=user_code,
            state=DeviceCode.State.PENDING,
            expires__gt=timezone.now(),
        )
        .first()
    )


@atomic
def decide_device(typed: str, *, approve: bool, by: User) -> DeviceCode:
    """Let a device in, or refuse it; ``NotFound`` where none waits with this code."""
    found = waiting_device(typed)
    if found is None:
        raise NotFound(_UNKNOWN)
    locked = (
        DeviceCode.objects.select_for_update(of=("self",))
        .select_related("client")
        .filter(pk=found.pk, state=DeviceCode.State.PENDING)
        .first()
    )
    if locked is None:
        raise NotFound(_UNKNOWN)
    locked.state = DeviceCode.State.APPROVED if approve else DeviceCode.State.DENIED
    locked.user = by
    locked.save(update_fields=["state", "user"])
    audit.record(
        verbs.DEVICE_APPROVED if approve else verbs.DEVICE_REFUSED,
        person=by,
        subject=locked.client.name or locked.client.client_id,
        client=locked.client.client_id,
        detail={"scope": locked.scope, "device": locked.address},
    )
    return locked


def redeem_device(
    *, client: Application, device_code: str, verifier: str = ""
) -> DeviceCode:
    """Take an approved code, which ends with that; its ``user`` and ``scope`` hold.

    Raises a ``CodeRefused`` that says why not. What a refusal notes, that the device
    asked and must wait longer, is stored all the same.
    """
    found, refusal = _ask_once(client, device_code, verifier)
    if refusal is not None:
        raise refusal
    return found


@atomic
def _ask_once(
    client: Application, device_code: str, verifier: str
) -> tuple[DeviceCode, CodeRefused | None]:
    found = (
        DeviceCode.objects.select_for_update(of=("self",))
        .select_related("client", "user")
        .filter(digest=digest(device_code))
        .first()
    )
    if found is None or not _is_its_own(found, client, device_code, verifier):
        raise CodeRefused("The device code is not known.")
    if found.state == DeviceCode.State.PENDING and not found.is_expired:
        return found, _still_waiting(found)
    refusal = _over(found)
    if refusal is None:
        found.state = DeviceCode.State.USED
        found.save(update_fields=["state"])
    return found, refusal


def _is_its_own(
    found: DeviceCode, client: Application, device_code: str, verifier: str
) -> bool:
    """Tell whether this client on this device was given the code.

    Compared in constant time, though a digest tells nothing of its code.
    """
    known = hmac.compare_digest(found.digest, digest(device_code))
    mine = hmac.compare_digest(str(found.client_id), str(client.pk))
    return known and mine and _proves(verifier, found.challenge)


def _proves(verifier: str, challenge: str) -> bool:
    """Tell whether the verifier is that of the challenge (RFC 7636, section 4.6)."""
    if not challenge:
        return True
    hashed = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    return hmac.compare_digest(expected.encode(), challenge.encode())


def _over(found: DeviceCode) -> CodeRefused | None:
    """Return why a device that waits no more cannot come in."""
    if found.state == DeviceCode.State.USED:
        return CodeRefused("The device code was used already.")
    if found.is_expired:
        return CodeExpired("The device code has expired.")
    closed = found.user is None or not found.user.is_active
    if found.state == DeviceCode.State.DENIED or closed:
        return CodeDenied("It was not let in.")
    return None


def _still_waiting(found: DeviceCode) -> CodePending:
    """Note that a device asked, and tell it to go on waiting."""
    early = _is_early(found)
    found.polled = timezone.now()
    if early:
        found.interval = min(found.interval + INTERVAL, _LONGEST_INTERVAL)
    found.save(update_fields=["polled", "interval"])
    if early:
        return TooEager(f"Wait {found.interval} seconds between two questions.")
    return CodePending("Nobody has approved this yet.")


def _is_early(found: DeviceCode) -> bool:
    if found.polled is None:
        return False
    waited = (timezone.now() - found.polled).total_seconds()
    return waited < found.interval - _TOLERANCE
