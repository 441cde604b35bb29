"""What every page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from registry import __version__

if TYPE_CHECKING:
    from django.http import HttpRequest


def registry(request: HttpRequest) -> dict[str, str]:
    """Return the registry's name and version."""
    return {
        "registry_host": urlsplit(settings.REGISTRY_URL).netloc,
        "registry_version": __version__,
    }
