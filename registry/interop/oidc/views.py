"""The endpoints that programs ask: tokens, devices, what a token says, its end."""

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
from registry.identity.oauth.scopes import SCOPES, completed
from registry.interop.oidc.answers import answer, not_looked_at, refusal, slowed
from registry.interop.oidc.asking import answering
from registry.interop.oidc.server import ProtocolMixin, core

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_FORM = "application/x-www-form-urlencoded"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@method_decorator([csrf_exempt, sensitive_post_parameters()], name="dispatch")
class ProtocolView(ProtocolMixin, View):
    """An endpoint for programs, which bring no cookie that could be misused."""

    #: Bytes of a request; parameters are short.
    max_body_bytes = SMALL_BODY_BYTES

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse bodies that are no form, what no database takes, and more guesses."""
        if content_length(request) and request.content_type != _FORM:
            return refusal("invalid_request", f"Send a form, as {_FORM}.")
        sent = (value for values in request.POST.lists() for value in values[1])
        if any("\0" in str(value) for value in sent):
            return refusal("invalid_request", "A zero byte is no part of any value.")
        try:
            with answering(request):
                return super().dispatch(request, *args, **kwargs)
        except SignInRefused as refused:
            return not_looked_at(refused)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say which methods there are."""
        return answer(None, 204, {"Allow": ", ".join(self._allowed_methods())})

    def http_method_not_allowed(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Any:
        """Refuse in JSON."""
        response = refusal("invalid_request", "Use POST, with a form.", 405)
        response["Allow"] = ", ".join(self._allowed_methods())
        return response


class TokenView(ProtocolView):
    """Tokens, for a code, a refresh token or a service's secret (RFC 6749, 3.2)."""

    @method_decorator(sensitive_variables())
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Give a token, or say why not; what was noted on the way is stored."""
        # a secret is checked before the database is locked for the rest
        _identified_client(request)
        _, headers, body, status = run_atomically(
            lambda: self.create_token_response(request)
        )
        return slowed(request, answer(body, status, headers))


class RevokeView(ProtocolView):
    """The end of a token and all that its session had (RFC 7009)."""

    @method_decorator(sensitive_variables())
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """End the session; a token that is not known is as good as ended."""
        _, headers, body, status = self.create_revocation_response(request)
        return slowed(request, answer(body, status, headers))


class DeviceAuthorizationView(ProtocolView):
    """Codes for a device (RFC 8628, section 3.1)."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Give the codes."""
        client = _identified_client(request)
        if client is None or client.authorization_grant_type != Grant.DEVICE:
            problem = "This client is not known, or may not ask for devices."
            return slowed(request, refusal("invalid_client", problem, 401))
        scopes = completed(request.POST.get("scope", "").split())
        unknown = [scope for scope in scopes if scope not in SCOPES]
        if unknown:
            known = ", ".join(SCOPES)
            problem = f"No such scope: {', '.join(unknown)}. There are {known}."
            return refusal("invalid_scope", problem)
        challenge = request.POST.get("code_challenge", "")
        method = request.POST.get("code_challenge_method", "S256")
        if challenge and (method != "S256" or not _CHALLENGE.fullmatch(challenge)):
            return refusal("invalid_request", "The code challenge must be S256.")
        codes = run_atomically(
            lambda: devices.begin_device(
                client=client, scope=" ".join(scopes), challenge=challenge
            )
        )
        return answer(_codes_for_device(codes))


def _codes_for_device(codes: devices.NewCodes) -> dict[str, str | int]:
    """Return what a device is told; the page has the address that is set for us.

    The host that a request names is for its sender to choose, and the person who is
    sent to the page is somebody else.
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
    """What an access token says, for services that cannot verify it (RFC 7662)."""

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Tell a client with a secret."""
        client = _identified_client(request)
        if client is None or client.client_type != Application.CLIENT_CONFIDENTIAL:
            problem = "Only clients with a secret may ask."
            return slowed(request, refusal("invalid_client", problem, 401))
        try:
            access = tokens.verify(request.POST.get("token", ""))
            user = tokens.user_of(access)
        except TokenRefused:
            return answer({"active": False})
        about = {"client_id": access.client_id, "username": user.username}
        return answer(
            {"active": True, "token_type": "Bearer", **about, **access.claims}
        )


class UserInfoView(ProtocolView):
    """Who a token acts for (OpenID Connect Core 1.0, section 5.3)."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Tell the holder of the token."""
        try:
            access = tokens.verify(bearer_token(request))
            user = tokens.user_of(access)
        except TokenRefused as error:
            refused = _challenge("invalid_token", error.detail, 401)
            return slowed(request, refused)
        if "openid" not in access.scopes:
            return _challenge("insufficient_scope", "The scope openid is needed.", 403)
        claims = tokens.claims_of(user, [*access.scopes])
        return answer({"sub": str(user.pk), **claims})

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Tell the holder of the token, as to a GET."""
        return self.get(request, **kwargs)


def _challenge(error: str, description: str, status: int) -> HttpResponse:
    response = refusal(error, description, status)
    response["WWW-Authenticate"] = (
        f'Bearer realm="registry", error="{error}", error_description="{description}"'
    )
    return response


def _identified_client(request: HttpRequest) -> Application | None:
    """Return the client that asks: by its secret, or by its name if it has none."""
    uri, method, body, headers = core()._extract_params(request)
    asked = Request(uri, method, body, headers)
    validator = core().server.request_validator
    if validator.client_authentication_required(asked):
        known = validator.authenticate_client(asked)
    else:
        known = validator.authenticate_client_id(asked.client_id, asked)
    return asked.client if known else None
