"""The device flow: a code on one screen, the approval on another (RFC 8628)."""

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
    SlowDown,
)
from registry.identity.oauth.models import DeviceCode
from registry.identity.services import secret_digest

if TYPE_CHECKING:
    from oauth2_provider.models import Application

    from registry.identity.models import User

#: Seconds until a code expires.
LIFETIME = 900
#: Seconds that a device waits between polls; each early poll adds as many.
INTERVAL = 5
#: Seconds by which the network may shorten the interval.
_INTERVAL_TOLERANCE = 1
_MAX_INTERVAL = 60
#: How long expired codes are kept, so that the device is told why it is refused.
_RETENTION = timedelta(hours=1)
#: No vowels, which could spell words, and no letters that look alike.
_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_CODE_LENGTH = 8
_NOT_CODE_LETTERS = re.compile(f"[^{_CODE_LETTERS}]")
_UNKNOWN_CODE = "This code is not known, or is of no use any more."


@dataclass(frozen=True)
class DeviceAuthorization:
    """The codes for a device; ``user_code`` is written as people read it."""

    device_code: str
    user_code: str
    interval: int = INTERVAL
    expires_in: int = LIFETIME


def start_device_flow(
    *, client: Application, scope: str, challenge: str = ""
) -> DeviceAuthorization:
    """Return the codes for a device; ``challenge`` is that of PKCE, S256 (RFC 7636)."""
    DeviceCode.objects.filter(expires__lt=timezone.now() - _RETENTION).delete()
    device_code = secrets.token_urlsafe(32)
    values = {
        "digest": secret_digest(device_code),
        "client": client,
        "scope": scope,
        "challenge": challenge,
        "interval": INTERVAL,
        "expires": timezone.now() + timedelta(seconds=LIFETIME),
        "address": context.address.get(),
        "agent": context.client.get(),
    }
    while True:
        user_code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
        try:
            with transaction.atomic():
                DeviceCode.objects.create(user_code=user_code, **values)
        except IntegrityError:
            continue  # one in 25,600,000,000 is taken
        return DeviceAuthorization(device_code, format_user_code(user_code))


def format_user_code(user_code: str) -> str:
    """Return a user code as people read it: BCDF-GHJK."""
    half = _CODE_LENGTH // 2
    return f"{user_code[:half]}-{user_code[half:]}"


def find_pending_device(typed: str) -> DeviceCode | None:
    """Return the pending device of a user code, however people type it."""
    user_code = _NOT_CODE_LETTERS.sub("", typed[:64].upper())
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
    """Approve or refuse a device; ``NotFound`` if none is pending with this code."""
    found = find_pending_device(typed)
    if found is None:
        raise NotFound(_UNKNOWN_CODE)
    locked = (
        DeviceCode.objects.select_for_update(of=("self",))
        .select_related("client")
        .filter(pk=found.pk, state=DeviceCode.State.PENDING)
        .first()
    )
    if locked is None:
        raise NotFound(_UNKNOWN_CODE)
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


def redeem_device_code(
    *, client: Application, device_code: str, verifier: str = ""
) -> DeviceCode:
    """Return an approved device code, which can be used only once.

    Raises ``CodeRefused`` or one of its subclasses. The time of the poll and the longer
    interval are stored even then.
    """
    found, refusal = _poll_once(client, device_code, verifier)
    if refusal is not None:
        raise refusal
    return found


@atomic
def _poll_once(
    client: Application, device_code: str, verifier: str
) -> tuple[DeviceCode, CodeRefused | None]:
    found = (
        DeviceCode.objects.select_for_update(of=("self",))
        .select_related("client", "user")
        .filter(digest=secret_digest(device_code))
        .first()
    )
    if found is None or not _belongs_to(found, client, device_code, verifier):
        raise CodeRefused("The device code is not known.")
    if found.state == DeviceCode.State.PENDING and not found.is_expired:
        return found, _record_poll(found)
    refusal = _final_refusal(found)
    if refusal is None:
        found.state = DeviceCode.State.USED
        found.save(update_fields=["state"])
    return found, refusal


def _belongs_to(
    found: DeviceCode, client: Application, device_code: str, verifier: str
) -> bool:
    """Return whether the code was given to this client on this device.

    The comparison takes constant time, though a digest reveals nothing of its code.
    """
    known = hmac.compare_digest(found.digest, secret_digest(device_code))
    mine = hmac.compare_digest(str(found.client_id), str(client.pk))
    return known and mine and _verifier_matches(verifier, found.challenge)


def _verifier_matches(verifier: str, challenge: str) -> bool:
    """Return whether the verifier matches the challenge (RFC 7636, section 4.6)."""
    if not challenge:
        return True
    hashed = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    return hmac.compare_digest(expected.encode(), challenge.encode())


def _final_refusal(found: DeviceCode) -> CodeRefused | None:
    """Return why a device that is not pending is refused; None if it is approved."""
    if found.state == DeviceCode.State.USED:
        return CodeRefused("The device code was used already.")
    if found.is_expired:
        return CodeExpired("The device code has expired.")
    closed = found.user is None or not found.user.is_active
    if found.state == DeviceCode.State.DENIED or closed:
        return CodeDenied("It was not let in.")
    return None


def _record_poll(found: DeviceCode) -> CodePending:
    """Store the time of a poll; return the error that makes the device wait."""
    early = _is_too_early(found)
    found.polled = timezone.now()
    if early:
        found.interval = min(found.interval + INTERVAL, _MAX_INTERVAL)
    found.save(update_fields=["polled", "interval"])
    if early:
        return SlowDown(f"Wait {found.interval} seconds between two questions.")
    return CodePending("Nobody has approved this yet.")


def _is_too_early(found: DeviceCode) -> bool:
    if found.polled is None:
        return False
    waited = (timezone.now() - found.polled).total_seconds()
    return waited < found.interval - _INTERVAL_TOLERANCE
