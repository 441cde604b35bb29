"""The ways to say who asks, as OpenAPI has them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from registry.http.authentication import (
    LocalBasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)


class TokenScheme(OpenApiAuthenticationExtension):
    """The API token under either of its two words."""

    target_class = TokenAuthentication
    name = ["token", "bearer"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Either will do."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Describe both."""
        return [
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "The word `token`, a space, and the API token: "
                "40 hexadecimal digits.",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "description": "The API token after the word `Bearer`, or an access "
                "token of OAuth 2.0, whose issuer is described at "
                "`/o/.well-known/openid-configuration`.",
            },
        ]


class BasicScheme(OpenApiAuthenticationExtension):
    """User name and password."""

    target_class = LocalBasicAuthentication
    name = "basic"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe the scheme."""
        return {
            "type": "http",
            "scheme": "basic",
            "description": "User name and password of a local account.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """The cookie of a browser that signed in."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Describe the scheme, for whatever port the registry is on."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "registry_session",
            "description": "The session of a browser that signed in; the cookie's "
            "name ends with `_` and the registry's port. Changes need the CSRF token "
            "in the header `X-CSRFToken` as well.",
        }
