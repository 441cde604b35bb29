"""What oauthlib asks while it speaks the protocol: clients, codes, scopes, tokens."""

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
from registry.identity.oauth.scopes import DEFAULTS, SCOPES, completed
from registry.identity.oauth.secrets import check_secret, is_slow
from registry.interop.oidc.asking import current_request

if TYPE_CHECKING:
    from oauthlib.common import Request

    from registry.identity.models import User

SERVICE = "client_credentials"


def session_of(request: Request) -> ClientSession:
    """Return the session that a token is made for.

    Kept in the request's own attributes: oauthlib finds others among the parameters
    that came with it.
    """
    held: ClientSession | None = vars(request).get("client_session")
    if held is None:
        held = _new_session(request)
        request.client_session = held
    return held


def _new_session(request: Request) -> ClientSession:
    scope = " ".join(request.scopes)
    if request.grant_type != SERVICE:
        return sessions.draft_session(
            client=request.client, user=request.user, scope=scope
        )
    # a service acts for itself, whoever it says it is
    request.user = request.client.user
    return sessions.service_session(
        client=request.client, user=request.user, scope=scope
    )


def _credentials_in_body(request: Request) -> tuple[str, str]:
    return request.client_id or "", request.client_secret or ""


def is_right_secret(client: Application, secret: str) -> bool:
    """Tell whether this is the client's secret; each request is told once.

    Raises ``SignInRefused`` where the address has used up its failures, or where too
    many hashes are being made already.
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
    """The toolkit's validator, with sessions of ours in the place of its tokens."""

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Take a secret from those alone that have one, sent in one way.

        The toolkit would try the secret of the body after that of the header, which
        makes two guesses of one request (RFC 6749, section 2.3, allows one way only).
        """
        sent = self._basic_credentials(request) or _credentials_in_body(request)
        client_id, secret = sent
        client = self._load_application(client_id, request)
        if client is None or client.client_type != Application.CLIENT_CONFIDENTIAL:
            return False
        return bool(secret) and is_right_secret(client, secret)

    def _basic_credentials(self, request: Request) -> tuple[str, str] | None:
        """Return name and secret of HTTP Basic; None where it is not used."""
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
        """Let a client use its one way; a service must have an account that is open."""
        allowed = super().validate_grant_type(client_id, grant_type, client, request)
        if grant_type != SERVICE:
            return bool(allowed)
        account: User | None = client.user
        return bool(allowed and account is not None and account.is_active)

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: Any, request: Request, **_: Any
    ) -> bool:
        """Refuse scopes that there are not; complete those of a service."""
        if request.grant_type == SERVICE:
            request.scopes = completed(scopes)
        return set(scopes) <= set(SCOPES)

    def get_default_scopes(
        self, client_id: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return what a client gets that asks for nothing."""
        return list(DEFAULTS)

    # Authorization codes: the toolkit's, for one use

    def validate_code(
        self, client_id: str, code: str, client: Any, request: Request, **_: Any
    ) -> bool:
        """Check a code; one that comes again ends what it began.

        The row is locked until the end of the request, so that of two that come at the
        same moment the second finds it gone.
        """
        rows = AuthorizationCode.objects.select_for_update()
        locked = rows.filter(code=code, application=client).first()
        if locked and super().validate_code(client_id, code, client, request):
            return bool(request.user.is_active)
        sessions.end_by_code(code, client=client)
        return False

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *_: Any, **__: Any
    ) -> None:
        """Store a code; those that are over are forgotten."""
        AuthorizationCode.objects.filter(expires__lt=timezone.now()).delete()
        super().save_authorization_code(client_id, code, request)

    def invalidate_authorization_code(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the code was removed before its token was stored."""

    def validate_silent_login(self, request: Request) -> bool:
        """Tell whether somebody is signed in, so that no page need ask for that."""
        return bool(current_request().user.is_authenticated)

    def validate_silent_authorization(self, request: Request) -> bool:
        """Tell that nothing is allowed without asking."""
        return False

    # Tokens

    def rotate_refresh_token(self, request: Request) -> bool:
        """Keep the refresh token: two programs may share a saved one."""
        return False

    def save_bearer_token(
        self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Store the session of a new token; those renewed are stored already."""
        if request.grant_type == "authorization_code":
            # before anything is stored for it
            super().invalidate_authorization_code(
                request.client_id, request.code, request
            )
        session = session_of(request)
        refresh_token = token.get("refresh_token")
        if session._state.adding and refresh_token:
            code = request.code if request.grant_type == "authorization_code" else ""
            sessions.begin_session(session, refresh_token=refresh_token, code=code)

    def validate_refresh_token(
        self, refresh_token: str, client: Any, request: Request, *args: Any, **_: Any
    ) -> bool:
        """Find the session of a refresh token."""
        session = sessions.renew_session(refresh_token=refresh_token, client=client)
        if session is None:
            return False
        request.client_session = session
        request.user = session.user
        return True

    def get_original_scopes(
        self, refresh_token: str, request: Request, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return what was approved."""
        return session_of(request).scope.split()

    def revoke_token(
        self, token: str, token_type_hint: str, request: Request, *_: Any, **__: Any
    ) -> None:
        """End the session of a token of either kind, of this client (RFC 7009)."""
        if not tokens.looks_like_one(token):
            sessions.end_by_refresh_token(token, client=request.client)
            return
        try:
            access = tokens.verify(token)
        except TokenRefused:
            return
        sessions.end_by_sid(access.sid, client=request.client)

    def finalize_id_token(
        self, id_token: dict[str, Any], token: Any, token_handler: Any, request: Request
    ) -> str:
        """Sign an ID token (OpenID Connect Core 1.0, section 2)."""
        session = session_of(request)
        last_login = session.user.last_login
        claims = {
            **id_token,
            **tokens.claims_of(session.user, request.scopes),
            "iss": tokens.issuer(),
            "sub": str(session.user.pk),
            "azp": session.client.client_id,
            "exp": id_token["iat"] + tokens.lifetime(),
            "auth_time": int(last_login.timestamp()) if last_login else id_token["iat"],
        }
        return tokens.sign(claims)
