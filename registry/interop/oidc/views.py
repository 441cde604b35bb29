"""The endpoints for programs: tokens, devices, introspection, revocation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from oauth2_provider.models import Application
from oauthlib.common import Request

from registry.core.transactions import run_atomically
from registry.http.authentication import bearer_token
from registry.http.bodies import SMALL_BODY_BYTES, content_length
from registry.http.sign_in_attempts import SignInRefused
from registry.identity.oauth import devices, tokens
from registry.identity.oauth.clients import Grant
from registry.identity.oauth.errors import TokenRefused
from registry.identity.oauth.scopes import SCOPES, with_default_scopes
from registry.interop.oidc.request_context import set_current_request
from registry.interop.oidc.responses import (
    limit_guesses,
    oauth_error,
    oauth_response,
    too_many_attempts,
)
from registry.interop.oidc.server import ProtocolMixin, oauthlib_core

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_FORM = "application/x-www-form-urlencoded"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@method_decorator([csrf_exempt, sensitive_post_parameters()], name="dispatch")
class ProtocolView(ProtocolMixin, View):
    """An endpoint for programs, which send no cookie that could be misused."""

    #: Bytes of a request; parameters are short.
    max_body_bytes = SMALL_BODY_BYTES

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse bodies that are no form, what no database takes, and more guesses."""
        if content_length(request) and request.content_type != _FORM:
            return oauth_error("invalid_request", f"Send a form, as {_FORM}.")
        sent = (value for values in request.POST.lists() for value in values[1])
        if any("\0" in str(value) for value in sent):
            return oauth_error(
                "invalid_request", "A zero byte is no part of any value."
            )
        try:
            with set_current_request(request):
                return super().dispatch(request, *args, **kwargs)
        except SignInRefused as refused:
            return too_many_attempts(refused)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the allowed methods."""
        return oauth_response(None, 204, {"Allow": ", ".join(self._allowed_methods())})

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Any:
        """Return 405 as JSON."""
        response = oauth_error("invalid_request", "Use POST, with a form.", 405)
        response["Allow"] = ", ".join(self._allowed_methods())
        return response


class TokenView(ProtocolView):
    """Tokens, for a code, a refresh token or a service's secret (RFC 6749, 3.2)."""

    @method_decorator(sensitive_variables())
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Return a token or an error; what was stored on the way is kept either way."""
        # check the secret before locking the database for the rest
        _authenticate_client(request)
        _, headers, body, status = run_atomically(
            lambda: self.create_token_response(request)
        )
        return limit_guesses(request, oauth_response(body, status, headers))


class RevokeView(ProtocolView):
    """Revocation of a token with its whole session (RFC 7009)."""

    @method_decorator(sensitive_variables())
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """End the session; for an unknown token there is nothing to do."""
        _, headers, body, status = self.create_revocation_response(request)
        return limit_guesses(request, oauth_response(body, status, headers))


class DeviceAuthorizationView(ProtocolView):
    """Codes for a device (RFC 8628, section 3.1)."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Return the codes."""
        client = _authenticate_client(request)
        if client is None or client.authorization_grant_type != Grant.DEVICE:
            problem = "This client is not known, or may not ask for devices."
            return limit_guesses(request, oauth_error("invalid_client", problem, 401))
        scopes = with_default_scopes(request.POST.get("scope", "").split())
        unknown = [scope for scope in scopes if scope not in SCOPES]
        if unknown:
            known = ", ".join(SCOPES)
            problem = f"No such scope: {', '.join(unknown)}. There are {known}."
            return oauth_error("invalid_scope", problem)
        challenge = request.POST.get("code_challenge", "")
        method = request.POST.get("code_challenge_method", "S256")
        if challenge and (method != "S256" or not _CHALLENGE.fullmatch(challenge)):
            return oauth_error("invalid_request", "The code challenge must be S256.")
        codes = run_atomically(
            lambda: devices.start_device_flow(
                client=client, scope=" ".join(scopes), challenge=challenge
            )
        )
        return oauth_response(_device_authorization(codes))


def _device_authorization(codes: devices.DeviceAuthorization) -> dict[str, str | int]:
    """Return the response for a device, with the configured URL of the page.

    The sender of the request chooses the host that it names, but somebody else is sent
    to the page.
    """
    page = f"{settings.REGISTRY_URL}{reverse('web:device')}"
    typed = urlencode({"user_code": codes.user_code})
    return {
        "device_code": codes.device_code,
        "user_code": codes.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?{typed}",
        "expires_in": codes.expires_in,
        "interval": codes.interval,
    }


class IntrospectView(ProtocolView):
    """Introspection of tokens, for services that cannot verify them (RFC 7662)."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Return the claims of a token to a confidential client."""
        client = _authenticate_client(request)
        if client is None or client.client_type != Application.CLIENT_CONFIDENTIAL:
            problem = "Only clients with a secret may ask."
            return limit_guesses(request, oauth_error("invalid_client", problem, 401))
        try:
            access = tokens.verify_access_token(request.POST.get("token", ""))
            user = tokens.user_of_token(access)
        except TokenRefused:
            return oauth_response({"active": False})
        about = {"client_id": access.client_id, "username": user.username}
        return oauth_response(
            {"active": True, "token_type": "Bearer", **about, **access.claims}
        )


class UserInfoView(ProtocolView):
    """The person that a token acts for (OpenID Connect Core 1.0, section 5.3)."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Return the claims about the person that the scopes allow."""
        try:
            access = tokens.verify_access_token(bearer_token(request))
            user = tokens.user_of_token(access)
        except TokenRefused as error:
            refused = _bearer_error("invalid_token", error.detail, 401)
            return limit_guesses(request, refused)
        if "openid" not in access.scopes:
            return _bearer_error(
                "insufficient_scope", "The scope openid is needed.", 403
            )
        claims = tokens.user_claims(user, [*access.scopes])
        return oauth_response({"sub": str(user.pk), **claims})

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Return the same as for GET."""
        return self.get(request, **kwargs)


def _bearer_error(error: str, description: str, status: int) -> HttpResponse:
    response = oauth_error(error, description, status)
    response["WWW-Authenticate"] = (
        f'Bearer realm="registry", error="{error}", error_description="{description}"'
    )
    return response


def _authenticate_client(request: HttpRequest) -> Application | None:
    """Return the authenticated client; a public one by its id alone."""
    uri, method, body, headers = oauthlib_core()._extract_params(request)
    asked = Request(uri, method, body, headers)
    validator = oauthlib_core().server.request_validator
    if validator.client_authentication_required(asked):
        known = validator.authenticate_client(asked)
    else:
        known = validator.authenticate_client_id(asked.client_id, asked)
    return asked.client if known else None
