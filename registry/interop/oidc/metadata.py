"""Metadata for clients: the endpoints, the keys, and the realm as in Keycloak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.identity.oauth import tokens
from registry.identity.oauth.keys import key_ring
from registry.identity.oauth.scopes import SCOPES
from registry.interop.oidc.authorize import PROMPTS, RESPONSE_MODES
from registry.interop.oidc.server import GRANT_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

#: Seconds that clients can cache the metadata.
_MAX_AGE = 300
_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
_CLAIMS = [
    *("iss", "sub", "azp", "exp", "iat", "jti", "sid", "scope", "name", "email"),
    *("preferred_username", "groups", "realm_access", "resource_access"),
]


@require_safe
def discovery(request: HttpRequest, realm: str = "") -> HttpResponse:
    """Describe the issuer (OpenID Connect Discovery 1.0; RFC 8414).

    All URLs begin with the configured URL of the registry, whatever host the request
    names. Within a realm, they are those that clients of Keycloak expect.
    """

    def at(name: str) -> str:
        names = {"realm": realm} if realm else {}
        full = f"realm:{name}" if realm else f"oidc:{name}"
        return f"{settings.REGISTRY_URL}{reverse(full, kwargs=names)}"

    return _public_response(
        {
            "issuer": tokens.issuer(),
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "device_authorization_endpoint": at("device-authorization"),
            "userinfo_endpoint": at("userinfo"),
            "revocation_endpoint": at("revoke"),
            "introspection_endpoint": at("introspect"),
            "jwks_uri": at("jwks"),
            "grant_types_supported": list(GRANT_TYPES),
            "response_types_supported": ["code"],
            "response_modes_supported": list(RESPONSE_MODES),
            "prompt_values_supported": list(PROMPTS),
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
            "scopes_supported": list(SCOPES),
            "claims_supported": _CLAIMS,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": _AUTH_METHODS,
            "revocation_endpoint_auth_methods_supported": _AUTH_METHODS,
            "introspection_endpoint_auth_methods_supported": _AUTH_METHODS[:2],
            "authorization_response_iss_parameter_supported": True,
        }
    )


@require_safe
def jwks(request: HttpRequest, realm: str = "") -> HttpResponse:
    """Return the public keys that verify tokens (RFC 7517)."""
    return _public_response(key_ring().jwks())


@require_safe
def realm_info(request: HttpRequest, realm: str) -> HttpResponse:
    """Describe the realm: the current key, and the URL of its protocol."""
    site = settings.REGISTRY_URL
    address = f"{site}{reverse('realm:about', kwargs={'realm': realm})}"
    return _public_response(
        {
            "realm": settings.REALM,
            "public_key": key_ring().signing.spki(),
            "token-service": f"{address}/protocol/openid-connect",
            "account-service": f"{site}{reverse('web:account')}",
            "tokens-not-before": 0,
        }
    )


def _public_response(body: Mapping[str, Any]) -> HttpResponse:
    """Return a JSON response that any origin can read and cache."""
    response = JsonResponse(dict(body))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = f"public, max-age={_MAX_AGE}"
    return response
