"""Gathers the domains' models for Django, and nothing else."""

from registry.catalogue.models import *  # noqa: F403
from registry.core.models import Event, MergedRecord, RowChange
from registry.execution.models import *  # noqa: F403
from registry.http.models import IdempotencyKey
from registry.identity.models import (
    ApiToken,
    BrowserSession,
    CoOwner,
    RoleRequest,
    User,
)
from registry.identity.oauth.models import ClientSession, DeviceCode
from registry.runs.models import *  # noqa: F403
from registry.storage.models import StoredFile

__all__ = [
    "ApiToken",
    "BrowserSession",
    "ClientSession",
    "CoOwner",
    "DeviceCode",
    "Event",
    "IdempotencyKey",
    "MergedRecord",
    "RoleRequest",
    "RowChange",
    "StoredFile",
    "User",
]
