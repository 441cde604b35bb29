"""The context processor of all pages."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings

from registry import __version__
from registry.identity.roles import may_enter_administration

if TYPE_CHECKING:
    from django.http import HttpRequest


def registry(request: HttpRequest) -> dict[str, Any]:
    """Return the registry's name and version, and how people sign in.

    ``github_host`` names the server where it is not github.com.
    """
    host = urlsplit(settings.SOCIAL_AUTH_GITHUB_URL).netloc
    return {
        # a function, so that only pages that show it look up the roles
        "may_enter_administration": partial(_may_enter, request),
        "github_login": bool(settings.SOCIAL_AUTH_GITHUB_KEY),
        "github_host": "" if host == "github.com" else host,
        "registry_host": urlsplit(settings.REGISTRY_URL).netloc,
        "registry_version": __version__,
    }


def _may_enter(request: HttpRequest) -> bool:
    """Return whether the administration is linked; some error pages know no user."""
    return hasattr(request, "user") and may_enter_administration(request.user)
