"""The callbacks of oauthlib: check and store clients, codes, scopes and tokens."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from django.utils import timezone
from oauth2_provider.models import Application
from oauth2_provider.models import Grant as AuthorizationCode
from oauth2_provider.oauth2_validators import OAuth2Validator

from registry.http.sign_in_attempts import sign_in_attempt
from registry.identity.oauth import sessions, tokens
from registry.identity.oauth.errors import TokenRefused
from registry.identity.oauth.models import ClientSession
from registry.identity.oauth.scopes import DEFAULT_SCOPES, SCOPES, with_default_scopes
from registry.identity.oauth.secrets import check_secret, is_slow
from registry.interop.oidc.request_context import current_request

if TYPE_CHECKING:
    from oauthlib.common import Request

    from registry.identity.models import User

CLIENT_CREDENTIALS = "client_credentials"


def session_of(request: Request) -> ClientSession:
    """Return the session that a token is issued for.

    Stored in ``vars(request)``: as an attribute, oauthlib would also find a parameter
    of this name that the client sent.
    """
    held: ClientSession | None = vars(request).get("client_session")
    if held is None:
        held = _new_session(request)
        request.client_session = held
    return held


def _new_session(request: Request) -> ClientSession:
    scope = " ".join(request.scopes)
    if request.grant_type != CLIENT_CREDENTIALS:
        return sessions.new_session(
            client=request.client, user=request.user, scope=scope
        )
    # a service acts for its own account, whatever it sends
    request.user = request.client.user
    return sessions.get_service_session(
        client=request.client, user=request.user, scope=scope
    )


def _body_credentials(request: Request) -> tuple[str, str]:
    return request.client_id or "", request.client_secret or ""


def is_correct_secret(client: Application, secret: str) -> bool:
    """Return whether this is the client's secret, checked once in each request.

    Raises ``SignInRefused`` if the address had too many failures, or if too many hashes
    are being computed already.
    """
    asked = current_request()
    checked: dict[tuple[int, str], bool] = vars(asked).setdefault("secrets_checked", {})
    key = (client.pk, secret)
    if key not in checked:
        with sign_in_attempt(asked, slow=is_slow(client)) as current:
            checked[key] = check_secret(client, secret)
            if checked[key]:
                current.succeeded()
    return checked[key]


class Validator(OAuth2Validator):
    """The toolkit's validator, with our sessions instead of its tokens."""

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Check the secret of a confidential client, sent in one way only.

        The toolkit would try the secret in the body after that in the header, which
        allows two guesses in one request (RFC 6749, section 2.3, allows only one way).
        """
        sent = self._basic_credentials(request) or _body_credentials(request)
        client_id, secret = sent
        client = self._load_application(client_id, request)
        if client is None or client.client_type != Application.CLIENT_CONFIDENTIAL:
            return False
        return bool(secret) and is_correct_secret(client, secret)

    def _basic_credentials(self, request: Request) -> tuple[str, str] | None:
        """Return client id and secret from HTTP Basic; None if it is not used."""
        encoded = self._extract_basic_auth(request)
        if not encoded:
            return None
        try:
            text = base64.b64decode(encoded).decode()
        except ValueError:
            return "", ""
        client_id, _, secret = text.partition(":")
        return unquote_plus(client_id), unquote_plus(secret)

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Any, request: Request, **_: Any
    ) -> bool:
        """Allow a client its own grant; the account of a service must be active."""
        allowed = super().validate_grant_type(client_id, grant_type, client, request)
        if grant_type != CLIENT_CREDENTIALS:
            return bool(allowed)
        account: User | None = client.user
        return bool(allowed and account is not None and account.is_active)

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Any, request: Request, **_: Any
    ) -> bool:
        """Refuse unknown scopes; add the defaults to those of a service."""
        if request.grant_type == CLIENT_CREDENTIALS:
            request.scopes = with_default_scopes(scopes)
        return set(scopes) <= set(SCOPES)

    def get_default_scopes(
        self, client_id: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return the scopes of a client that requests none."""
        return list(DEFAULT_SCOPES)

    # Authorization codes: those of the toolkit, which can be used only once

    def validate_code(
        self, client_id: str, code: str, client: Any, request: Request, **_: Any
    ) -> bool:
        """Check a code; if it is reused, end the session that it started.

        The row is locked until the end of the request, so that the second of two
        simultaneous requests does not find it any more.
        """
        rows = AuthorizationCode.objects.select_for_update()
        locked = rows.filter(code=code, application=client).first()
        if locked and super().validate_code(client_id, code, client, request):
            return bool(request.user.is_active)
        sessions.end_session_by_code(code, client=client)
        return False

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *_: Any, **__: Any
    ) -> None:
        """Save a code; delete those that have expired."""
        AuthorizationCode.objects.filter(expires__lt=timezone.now()).delete()
        super().save_authorization_code(client_id, code, request)

    def invalidate_authorization_code(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the code was deleted before its token was stored."""

    def validate_silent_login(self, request: Request) -> bool:
        """Return whether somebody is signed in, so that no page has to ask."""
        return bool(current_request().user.is_authenticated)

    def validate_silent_authorization(self, request: Request) -> bool:
        """Return False: people are always asked for their consent."""
        return False

    # Tokens

    def rotate_refresh_token(self, request: Request) -> bool:
        """Return False, because two programs can share a saved refresh token."""
        return False

    def save_bearer_token(
        self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Save the session of a new token; a refreshed session is saved already."""
        if request.grant_type == "authorization_code":
            # before anything is saved for it
            super().invalidate_authorization_code(
                request.client_id, request.code, request
            )
        session = session_of(request)
        refresh_token = token.get("refresh_token")
        if session._state.adding and refresh_token:
            code = request.code if request.grant_type == "authorization_code" else ""
            sessions.start_session(session, refresh_token=refresh_token, code=code)

    def validate_refresh_token(
        self, refresh_token: str, client: Any, request: Request, *args: Any, **_: Any
    ) -> bool:
        """Attach the session of a refresh token to the request."""
        session = sessions.renew_session(refresh_token=refresh_token, client=client)
        if session is None:
            return False
        request.client_session = session
        request.user = session.user
        return True

    def get_original_scopes(
        self, refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return the scopes that were approved."""
        return session_of(request).scope.split()

    def revoke_token(
        self, token: str, token_type_hint: str, request: Request, *_: Any, **__: Any
    ) -> None:
        """End the session of an access or refresh token of this client (RFC 7009)."""
        if not tokens.looks_like_jwt(token):
            sessions.end_session_by_refresh_token(token, client=request.client)
            return
        try:
            access = tokens.verify_access_token(token)
        except TokenRefused:
            return
        sessions.end_session_by_sid(access.sid, client=request.client)

    def finalize_id_token(
        self, id_token: dict[str, Any], token: Any, token_handler: Any, request: Request
    ) -> str:
        """Return a signed ID token (OpenID Connect Core 1.0, section 2)."""
        session = session_of(request)
        last_login = session.user.last_login
        claims = {
            **id_token,
            **tokens.user_claims(session.user, request.scopes),
            "iss": tokens.issuer(),
            "sub": str(session.user.pk),
            "azp": session.client.client_id,
            "exp": id_token["iat"] + tokens.lifetime(),
            "auth_time": int(last_login.timestamp()) if last_login else id_token["iat"],
        }
        return tokens.sign_claims(claims)
