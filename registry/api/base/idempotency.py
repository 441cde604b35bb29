"""Repeat a POST safely: the same key and body get the first response again.

A key is claimed in a transaction of its own, so that a simultaneous repetition sees it.
The response is stored in the transaction of the work, so it exists exactly if the work
was done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import orjson
from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.versions import OLDEST
from registry.core.errors import Conflict
from registry.core.transactions import run_atomically
from registry.http.models import IdempotencyKey

if TYPE_CHECKING:
    from rest_framework.request import Request

    from registry.identity.models import User

#: How long a response is stored.
RESPONSE_LIFETIME = timedelta(hours=24)
#: A claim without a response is valid for this long; then its process must be dead.
CLAIM_LIFETIME = timedelta(minutes=15)


class KeyReused(APIException):
    """The key was used before with another body or for another address."""

    status_code = 422
    default_detail = "This Idempotency-Key was used for another request."


def run_idempotently(
    request: Request, work: Callable[[], Response], content: Any = None
) -> Response:
    """Return the response of ``work``, or the stored one of the ``Idempotency-Key``.

    ``content`` is compared when a key is repeated; without it, the data of the body is.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if not key:
        return work()
    if len(key) > 255:
        raise ValidationError({"detail": "Idempotency-Key has at most 255 characters."})
    user = cast("User", request.user)
    claim, answer = _claim(user, key, _fingerprint(request, content))
    if answer is not None:
        return answer
    try:
        return run_atomically(lambda: _run_and_store(work, claim))
    except BaseException:
        IdempotencyKey.objects.filter(pk=claim.pk, status=None).delete()
        raise


def replay_of(request: Request) -> Response | None:
    """Return the stored response if the key of a request was used before.

    For work that has to prepare something first, outside of a transaction.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if not key:
        return None
    user = cast("User", request.user)
    known = _find_claim(user, key, timezone.now())
    return None if known is None else _replay(known, _fingerprint(request, None))


def _run_and_store(work: Callable[[], Response], claim: IdempotencyKey) -> Response:
    """Do the work and store its response."""
    response = work()
    _store_response(claim, response)
    return response


def _fingerprint(request: Request, content: Any) -> str:
    """Return a digest of the address, the body and the version of the API."""
    data: Any = request.data if content is None else content
    if hasattr(data, "lists"):
        data = dict(data.lists())
    body = orjson.dumps(data, default=str, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(request.path.encode() + b"\0")
    digest.update(body)
    if getattr(request, "version", None) == OLDEST:
        # its responses have other fields than those of the default version
        digest.update(b"\0" + OLDEST.encode())
    return digest.hexdigest()


def _claim(
    user: User, key: str, fingerprint: str
) -> tuple[IdempotencyKey, Response | None]:
    """Claim the key, or return its stored response.

    The key is looked up before anything is written: while the first request runs,
    SQLite allows a repetition to read, but not to write.
    """
    now = timezone.now()
    known = _find_claim(user, key, now)
    if known is not None:
        return known, _replay(known, fingerprint)
    claim = IdempotencyKey(user=user, key=key, fingerprint=fingerprint, claimed_at=now)
    try:
        run_atomically(lambda: _store_claim(claim))
    except IntegrityError:
        return claim, _replay(_find_claim(user, key, now), fingerprint)
    return claim, None


def _store_claim(claim: IdempotencyKey) -> None:
    """Store a claim and delete expired ones."""
    now = claim.claimed_at
    IdempotencyKey.objects.filter(claimed_at__lt=now - RESPONSE_LIFETIME).delete()
    IdempotencyKey.objects.filter(
        user=claim.user, key=claim.key, status=None, claimed_at__lt=now - CLAIM_LIFETIME
    ).delete()
    claim.pk = None
    claim.save(force_insert=True)


def _find_claim(user: User, key: str, now: datetime) -> IdempotencyKey | None:
    """Return the valid claim on a key, if there is one."""
    holds = Q(claimed_at__gte=now - CLAIM_LIFETIME) | Q(
        status__isnull=False, claimed_at__gte=now - RESPONSE_LIFETIME
    )
    return IdempotencyKey.objects.filter(holds, user=user, key=key).first()


def _replay(known: IdempotencyKey | None, fingerprint: str) -> Response:
    """Return the stored response of a claim.

    Raises an error if the request differs or is still running.
    """
    if known is not None and known.fingerprint != fingerprint:
        raise KeyReused
    if known is None or known.status is None:
        raise Conflict("A request with this Idempotency-Key is at work; try again.")
    headers = {"Location": known.location, "ETag": known.etag}
    return Response(
        orjson.loads(bytes(known.body)),
        status=known.status,
        headers={
            **{name: value for name, value in headers.items() if value},
            "Idempotent-Replayed": "true",
        },
    )


def _store_response(claim: IdempotencyKey, response: Response) -> None:
    """Store a response in the transaction of its work."""
    claim.status = response.status_code
    claim.location = response.get("Location", "")
    claim.etag = response.get("ETag", "")
    claim.body = RecordJSONRenderer().render(response.data)
    claim.save(update_fields=["status", "location", "etag", "body"])
