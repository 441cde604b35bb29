"""What clients discover: the endpoints, the keys, and the realm as Keycloak has it."""

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
from registry.interop.oidc.server import GRANTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

#: Seconds that clients may keep what they discovered.
_KEEP = 300
_SECRETS = ["client_secret_basic", "client_secret_post", "none"]
_CLAIMS = [
    *("iss", "sub", "azp", "exp", "iat", "jti", "sid", "scope", "name", "email"),
    *("preferred_username", "groups", "realm_access", "resource_access"),
]


@require_safe
def discovery(request: HttpRequest, realm: str = "") -> HttpResponse:
    """Describe the issuer (OpenID Connect Discovery 1.0; RFC 8414).

    All addresses begin with that which is set for the registry, whatever host the
    request names. Within a realm, endpoints are where clients of Keycloak look.
    """

    def at(name: str) -> str:
        names = {"realm": realm} if realm else {}
        full = f"realm:{name}" if realm else f"oidc:{name}"
        return f"{settings.REGISTRY_URL}{reverse(full, kwargs=names)}"

    return _public(
        {
            "issuer": tokens.issuer(),
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "device_authorization_endpoint": at("device-authorization"),
            "userinfo_endpoint": at("userinfo"),
            "revocation_endpoint": at("revoke"),
            "introspection_endpoint": at("introspect"),
            "jwks_uri": at("jwks"),
            "grant_types_supported": list(GRANTS),
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
            "token_endpoint_auth_methods_supported": _SECRETS,
            "revocation_endpoint_auth_methods_supported": _SECRETS,
            "introspection_endpoint_auth_methods_supported": _SECRETS[:2],
            "authorization_response_iss_parameter_supported": True,
        }
    )


@require_safe
def keys(request: HttpRequest, realm: str = "") -> HttpResponse:
    """Publish the keys that verify tokens (RFC 7517)."""
    return _public(key_ring().jwks())


@require_safe
def about_realm(request: HttpRequest, realm: str) -> HttpResponse:
    """Describe the realm: the present key, and where its protocol is."""
    site = settings.REGISTRY_URL
    address = f"{site}{reverse('realm:about', kwargs={'realm': realm})}"
    return _public(
        {
            "realm": settings.REALM,
            "public_key": key_ring().signing.spki(),
            "token-service": f"{address}/protocol/openid-connect",
            "account-service": f"{site}{reverse('web:account')}",
            "tokens-not-before": 0,
        }
    )


def _public(body: Mapping[str, Any]) -> HttpResponse:
    """Return what any page may read, and keep for a while."""
    response = JsonResponse(dict(body))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = f"public, max-age={_KEEP}"
    return response
