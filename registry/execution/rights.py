"""Who can ask for runs, do their work, and change what is going on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    RegistryError,
)
from registry.execution.models import Backend, BackendGrant, GrantedUse, RunRequest
from registry.execution.models.backends import LogReaders
from registry.identity.ownership import co_owned_among, may_change
from registry.identity.roles import is_administrator, is_curator

if TYPE_CHECKING:
    from registry.identity.models import User


def backend_named(slug: str) -> Backend:
    """Return the backend with this name; raise ``InvalidInput`` if there is none."""
    found = Backend.objects.filter(slug=slug).first()
    if found is None:
        raise InvalidInput({"backend": [f"There is no backend {slug[:100]}."]})
    require_present(found)
    return found


def require_present(backend: Backend) -> None:
    """Raise ``Conflict`` if a backend is withdrawn."""
    if backend.withdrawn is not None:
        raise Conflict(f"Backend {backend.slug} is withdrawn: {backend.withdrawn}")


def may_request(user: Any, backend: Backend) -> bool:
    """Return whether a person can ask for runs on a backend."""
    if not user.is_authenticated:
        return False
    if is_administrator(user) or _has_grant(user, backend, GrantedUse.REQUEST):
        return True
    return may_change(user, backend)


def require_request(user: User, backend: Backend) -> None:
    """Raise ``Conflict`` or ``Forbidden`` unless a person can ask for runs there."""
    require_present(backend)
    if not may_request(user, backend):
        raise Forbidden(
            f"You cannot ask for runs on {backend.slug}: its owners can grant you the "
            "use `request`."
        )


def _has_grant(user: Any, backend: Backend, use: GrantedUse) -> bool:
    granted = BackendGrant.objects.not_withdrawn()
    return granted.filter(backend=backend, user=user, use=use).exists()


def requestable(user: Any) -> Any:
    """Return the backends on which a person can ask for runs."""
    rows = Backend.objects.not_withdrawn().order_by("slug")
    if not user.is_authenticated:
        return rows.none()
    if is_curator(user):
        return rows
    granted = BackendGrant.objects.not_withdrawn().filter(
        user=user, use=GrantedUse.REQUEST
    )
    co_owned = co_owned_among(Backend, rows.values_list("pk", flat=True), user)
    own = Q(pk__in=granted.values("backend")) | Q(registered_by=user)
    return rows.filter(own | Q(pk__in=co_owned))


def require_executor(user: Any, slug: str) -> Backend:
    """Return a backend whose work an account may do; else ``Forbidden``.

    Administrators need a grant too: a token that can do work can do nothing by chance.
    """
    backend = backend_named(slug)
    if not _has_grant(user, backend, GrantedUse.EXECUTE):
        raise Forbidden(
            f"This account may not do the work of {slug}: the owners of the backend "
            "can grant it the use `execute`."
        )
    return backend


def may_direct(user: Any, request: RunRequest) -> bool:
    """Return whether a person can suspend, reset or cancel a request."""
    if not user.is_authenticated:
        return False
    if may_change(user, request):
        return True
    return request.backend is not None and may_change(user, request.backend)


def require_direction(user: Any, request: RunRequest) -> None:
    """Raise ``Forbidden`` unless a person can direct the work of a request."""
    if not may_direct(user, request):
        raise Forbidden(
            f"Run request {request.pk} is {request.registered_by.username}'s: only its "
            "owner, co-owners, the owners of its backend, curators and administrators "
            "can do this."
        )


def request_of(pk: int) -> RunRequest:
    """Return a request, or raise ``NotFound``."""
    found = RunRequest.objects.select_related("backend").filter(pk=pk).first()
    if found is None:
        raise NotFound(f"run request {pk} does not exist.")
    return found


def may_read_logs(user: Any, request: RunRequest, backend: Backend) -> bool:
    """Return whether a person can read the logs of a request's tasks on a backend."""
    if backend.log_readers == LogReaders.EVERYBODY:
        return True
    return may_direct(user, request) or may_change(user, backend)


def refuse_grants(
    grants: Sequence[BackendGrant], by: User
) -> Mapping[int, RegistryError]:
    """Refuse grants of backends that others look after."""
    backends = Backend.objects.in_bulk({one.backend_id for one in grants})
    for backend in backends.values():
        require_present(backend)
    return {
        number: Forbidden(
            f"Backend {backends[one.backend_id].slug} belongs to somebody else: only "
            "its owner, co-owners, curators and administrators can grant its use."
        )
        for number, one in enumerate(grants)
        if not may_change(by, backends[one.backend_id])
    }


def refuse_backends(
    backends: Sequence[Backend], by: User
) -> Mapping[int, RegistryError]:
    """Refuse backends that no administrator registers."""
    if is_administrator(by):
        return {}
    message = "Only administrators register backends: ask one of them."
    return {number: Forbidden(message) for number in range(len(backends))}
