"""System checks of the settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

_LOCAL_MEMORY = "django.core.cache.backends.locmem.LocMemCache"


def check_processes_share_counters(**options: Any) -> list[CheckMessage]:
    """Return an error if several processes would each count requests separately."""
    backend = settings.CACHES["throttle"]["BACKEND"]
    if settings.WEB_CONCURRENCY == 1 or backend != _LOCAL_MEMORY:
        return []
    return [
        Error(
            f"WEB_CONCURRENCY is {settings.WEB_CONCURRENCY}, but without CACHE_URL "
            "every process counts requests for itself, so that limits are not kept.",
            hint="Set CACHE_URL=redis://127.0.0.1:6379/0, or WEB_CONCURRENCY=1.",
            id="registry.E001",
        )
    ]
