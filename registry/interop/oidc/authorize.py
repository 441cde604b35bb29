"""Ask a person to authorize a client (RFC 6749, section 4.1, with PKCE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urlsplit

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.http import OAuth2ResponseRedirect
from oauth2_provider.models import Application

from registry.core.transactions import atomic
from registry.identity import audit
from registry.identity.oauth import tokens, verbs
from registry.identity.oauth.scopes import scope_descriptions
from registry.interop.oidc.request_context import set_current_request
from registry.interop.oidc.server import ProtocolMixin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from registry.core.verbs import Verb
    from registry.identity.models import User


#: The supported response modes: parameters in the query of the redirect URI.
RESPONSE_MODES = ("query",)
#: The supported values of ``prompt``. ``login`` is refused for people who are signed in
#: already.
PROMPTS = ("none", "login", "consent")
#: Parameters that are not supported (OpenID Connect Core 1.0, section 6, and Dynamic
#: Client Registration), and their errors. They change what is requested, so that
#: ignoring them would grant something else.
_UNSUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}


@method_decorator(never_cache, name="dispatch")
class AuthorizeView(ProtocolMixin, View):
    """The page that asks. The request is in the query, for POST as well."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse invalid requests before anybody has to sign in."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return super().dispatch(request, *args, **kwargs)
        with set_current_request(request):
            try:
                scopes, self.credentials = self.validate_authorization_request(request)
            except OAuthToolkitError as error:
                return self._report_error(error)
            self.scopes = " ".join(scopes)
            self.client = Application.objects.get(
                client_id=self.credentials["client_id"]
            )
            error_parameters = _parameter_error(request)
            if error_parameters is not None:
                return self._redirect_back(error_parameters)
            if not request.user.is_authenticated:
                return redirect_to_login(_without_prompt(request))
            return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show the page that asks."""
        target = urlsplit(self.credentials["redirect_uri"])
        context = {
            "client": self.client,
            "scopes": scope_descriptions(self.scopes),
            "target": target.netloc or f"{target.scheme}:",
        }

        # Chromium checks the redirect back to the program against this, too
        @csp_replace({"form-action": [SELF, f"{target.scheme}://{target.netloc}"]})
        def ask(request: HttpRequest) -> HttpResponse:
            return render(request, "oidc/authorize.html", context)

        return ask(request)

    @atomic
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Redirect to the client with a code, or with an error if it was refused."""
        allow = request.POST.get("decision") == "allow"
        try:
            address, *_ = self.create_authorization_response(
                request, self.scopes, dict(self.credentials), allow
            )
        except OAuthToolkitError as error:
            if not allow:
                self._record_event(verbs.CLIENT_REFUSED)
            return self._report_error(error)
        self._record_event(verbs.CLIENT_APPROVED)
        return _redirect_to_client(address, self.client.get_allowed_schemes())

    def _record_event(self, verb: Verb) -> None:
        audit.record(
            verb,
            person=cast("User", self.request.user),
            subject=self.client.name or self.client.client_id,
            client=self.client.client_id,
            detail={"scope": self.scopes},
        )

    def _report_error(self, error: OAuthToolkitError) -> HttpResponse:
        """Redirect to the client with an error; show a page if its URI is wrong."""
        can_redirect, context = self.error_response(error)
        if can_redirect:
            allowed = ["http", "https"]
            return _redirect_to_client(_with_issuer(context["url"]), allowed)
        problem = error.oauthlib_error
        return render(
            self.request,
            "oidc/refused.html",
            {"error": problem.error, "description": problem.description},
            status=problem.status_code,
        )

    def _redirect_back(self, parameters: dict[str, str]) -> HttpResponse:
        state = self.credentials.get("state")
        query = {**parameters, **({"state": state} if state else {})}
        back = self.credentials["redirect_uri"]
        joint = "&" if "?" in back else "?"
        address = _with_issuer(f"{back}{joint}{urlencode(query)}")
        return _redirect_to_client(address, self.client.get_allowed_schemes())


def _parameter_error(request: HttpRequest) -> dict[str, str] | None:
    """Return the error parameters for the client; None if the request is valid."""
    for name, error in _UNSUPPORTED.items():
        if name in request.GET:
            return {"error": error}
    modes = request.GET.getlist("response_mode")
    if not set(modes) <= set(RESPONSE_MODES):
        known = ", ".join(RESPONSE_MODES)
        description = f"This response_mode is not supported. There is {known}."
        return {"error": "invalid_request", "error_description": description}
    return _prompt_error(request)


def _prompt_error(request: HttpRequest) -> dict[str, str] | None:
    """Return the error for an impossible prompt (Core 1.0, section 3.1.2.6)."""
    prompts = set(request.GET.get("prompt", "").split())
    signed_in = request.user.is_authenticated
    if "none" in prompts:
        if len(prompts) > 1:
            description = "The prompt none goes with no other."
            return {"error": "invalid_request", "error_description": description}
        # people are asked every time, so that there is never consent beforehand
        return {"error": "consent_required" if signed_in else "login_required"}
    if "login" in prompts and signed_in:
        # following a link must not sign anybody out, so nobody can sign in again
        return {"error": "login_required"}
    if "select_account" in prompts:
        return {"error": "account_selection_required"}
    return None


def _redirect_to_client(address: str, schemes: list[str]) -> HttpResponse:
    """Redirect to a URL, if it has one of these schemes."""
    response: HttpResponse = OAuth2ResponseRedirect(address, schemes)
    return response


def _with_issuer(address: str) -> str:
    """Add the issuer to a redirect URL, as every response does (RFC 9207)."""
    return f"{address}&{urlencode({'iss': tokens.issuer()})}"


def _without_prompt(request: HttpRequest) -> str:
    """Return the URL to continue with after signing in."""
    query = request.GET.copy()
    query.pop("prompt", None)
    return f"{request.path}?{query.urlencode()}"
