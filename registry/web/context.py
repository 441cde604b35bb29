"""The context processor of all pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from registry import __version__

if TYPE_CHECKING:
    from django.http import HttpRequest


def registry(request: HttpRequest) -> dict[str, Any]:
    """Return the registry's name and version, and whether GitHub signs people in.

    ``github_host`` names the server where it is not github.com.
    """
    host = urlsplit(settings.SOCIAL_AUTH_GITHUB_URL).netloc
    return {
        "github_login": bool(settings.SOCIAL_AUTH_GITHUB_KEY),
        "github_host": "" if host == "github.com" else host,
        "registry_host": urlsplit(settings.REGISTRY_URL).netloc,
        "registry_version": __version__,
    }
