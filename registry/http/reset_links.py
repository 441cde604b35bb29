"""The address of the page where a person chooses a new password by a link."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse


def reset_address(key: str) -> str:
    """Return the address of a one-time link, at the configured URL of the registry.

    The key is in the query, which the access log leaves out.
    """
    query = urlencode({"key": key})
    return f"{settings.REGISTRY_URL}{reverse('web:reset-password')}?{query}"
