"""The oauthlib server: the supported grants, response types and errors."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from oauth2_provider.models import AbstractApplication
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.oauth2 import (
    AccessDeniedError,
    AuthorizationEndpoint,
    BearerToken,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Error,
    RefreshTokenGrant,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.grant_types.base import GrantTypeBase
from oauthlib.oauth2.rfc8628.errors import (
    AuthorizationPendingError,
    ExpiredTokenError,
    SlowDownError,
)
from oauthlib.openid import Server as OpenIDServer

from registry.identity.oauth import devices, sessions, tokens
from registry.identity.oauth.errors import (
    CodeDenied,
    CodeExpired,
    CodePending,
    CodeRefused,
    SlowDown,
)
from registry.interop.oidc.validator import CLIENT_CREDENTIALS, Validator, session_of

if TYPE_CHECKING:
    from oauthlib.common import Request

DEVICE_CODE: str = AbstractApplication.GRANT_DEVICE_CODE
#: The supported grant types.
GRANT_TYPES = ("authorization_code", DEVICE_CODE, CLIENT_CREDENTIALS, "refresh_token")

#: The OAuth error for each refusal (RFC 8628, section 3.5); subclasses come first.
_OAUTH_ERRORS: tuple[tuple[type[CodeRefused], type[OAuth2Error]], ...] = (
    (SlowDown, SlowDownError),
    (CodePending, AuthorizationPendingError),
    (CodeDenied, AccessDeniedError),
    (CodeExpired, ExpiredTokenError),
    (CodeRefused, InvalidGrantError),
)


class DeviceGrant(GrantTypeBase):
    """The device authorization grant (RFC 8628, section 3.4)."""

    def create_token_response(
        self, request: Request, token_handler: Any
    ) -> tuple[dict[str, str], str, int]:
        """Return a token for a device, or the error that says why there is none."""
        headers = self._get_default_headers()
        try:
            self.validate_token_request(request)
        except OAuth2Error as error:
            headers.update(error.headers)
            return headers, error.json, error.status_code
        token = token_handler.create_token(request, refresh_token=True)
        self.request_validator.save_token(token, request)
        return headers, json.dumps(token), 200

    def validate_token_request(self, request: Request) -> None:
        """Authenticate the client and redeem its device code."""
        for name in ("grant_type", "device_code", "client_id"):
            if name in request.duplicate_params:
                raise InvalidRequestError(f"Duplicate {name} parameter.")
        self._identify_client(request)
        self.validate_grant_type(request)
        given = dict(request.decoded_body or [])
        if not given.get("device_code"):
            raise InvalidRequestError("Missing device_code parameter.")
        try:
            device = devices.redeem_device_code(
                client=request.client,
                device_code=given["device_code"],
                verifier=given.get("code_verifier", ""),
            )
        except CodeRefused as refusal:
            raise _to_oauth_error(refusal) from refusal
        request.user = device.user
        request.scopes = device.scope.split()

    def _identify_client(self, request: Request) -> None:
        validator = self.request_validator
        if validator.client_authentication_required(request):
            known = validator.authenticate_client(request)
        else:
            known = validator.authenticate_client_id(request.client_id, request)
        if not known:
            raise InvalidClientError(request=request)
        request.client_id = request.client.client_id


def _to_oauth_error(refusal: CodeRefused) -> OAuth2Error:
    error = next(error for kind, error in _OAUTH_ERRORS if isinstance(refusal, kind))
    return error(description=refusal.detail)


class Server(OpenIDServer):
    """The supported grants: no password grant, no implicit one, no hybrid flow."""

    def __init__(self, validator: Validator) -> None:
        super().__init__(validator)
        bearer = BearerToken(
            validator,
            token_generator=_access_token,
            expires_in=_lifetime,
            refresh_token_generator=_refresh_token,
        )
        AuthorizationEndpoint.__init__(
            self,
            default_response_type="code",
            response_types={"code": self.auth_grant_choice},
            default_token_type=bearer,
        )
        TokenEndpoint.__init__(
            self,
            default_grant_type="authorization_code",
            grant_types={
                "authorization_code": self.token_grant_choice,
                DEVICE_CODE: DeviceGrant(validator),
                CLIENT_CREDENTIALS: self.credentials_grant,
                "refresh_token": RefreshTokenGrant(validator),
            },
            default_token_type=bearer,
        )
        RevocationEndpoint.__init__(self, validator)


def _lifetime(request: Request) -> int:
    return tokens.lifetime()


def _refresh_token(request: Request) -> str:
    return sessions.new_refresh_token()


def _access_token(request: Request) -> str:
    return tokens.issue_access_token(session_of(request), request.scopes)


@cache
def oauthlib_core() -> OAuthLibCore:
    """Return the shared adapter between Django's requests and oauthlib."""
    return OAuthLibCore(Server(Validator()))


class ProtocolMixin(OAuthLibMixin):
    """A base of views that use our server."""

    @classmethod
    def get_oauthlib_core(cls) -> OAuthLibCore:
        """Return our adapter."""
        return oauthlib_core()
