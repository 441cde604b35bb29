"""Describe the authentication schemes in OpenAPI."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from registry.http.authentication import (
    LocalBasicAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)


class TokenScheme(OpenApiAuthenticationExtension):
    """The description of API tokens, with either of the two keywords."""

    target_class = TokenAuthentication
    name = ["token", "bearer"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """Return the two schemes, one of which is enough."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        """Return the descriptions of both schemes."""
        return [
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "The keyword `token`, a space, and the API token of "
                "40 hexadecimal digits.",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "description": "The API token, or an OAuth 2.0 access token, after the "
                "keyword `Bearer`. `/o/.well-known/openid-configuration` describes the "
                "issuer of access tokens.",
            },
        ]


class BasicScheme(OpenApiAuthenticationExtension):
    """The description of HTTP Basic authentication."""

    target_class = LocalBasicAuthentication
    name = "basic"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the description of the scheme."""
        return {
            "type": "http",
            "scheme": "basic",
            "description": "User name and password of a local account.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    """The description of browser sessions."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the description of the scheme, for any port of the registry."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "registry_session",
            "description": "The session of a browser that is signed in. The name of "
            "the cookie ends with `_` and the port of the registry. Changes also need "
            "the CSRF token in the header `X-CSRFToken`.",
        }
