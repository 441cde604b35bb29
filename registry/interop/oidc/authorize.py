"""Asking a person whether a program may act for them (RFC 6749, section 4.1; PKCE)."""

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

from registry.core.models import Event
from registry.core.transactions import atomic
from registry.identity import audit
from registry.identity.oauth import tokens
from registry.identity.oauth.scopes import described
from registry.interop.oidc.asking import answering
from registry.interop.oidc.server import ProtocolMixin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from registry.identity.models import User


#: How a program may have its answer: in the query of its own address.
RESPONSE_MODES = ("query",)
#: What a program may ask of us about the pages that people see. With ``login`` only
#: those go on who were not signed in before.
PROMPTS = ("none", "login", "consent")
#: Parameters that change what is asked for, which are not supported (OpenID Connect
#: Core 1.0, section 6, and Dynamic Client Registration): ignoring them would answer
#: another question than was asked.
_UNSUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}


@method_decorator(never_cache, name="dispatch")
class AuthorizeView(ProtocolMixin, View):
    """The page that asks. What is asked stands in the address, on POST as well."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse what is wrong before anybody signs in for it."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return super().dispatch(request, *args, **kwargs)
        with answering(request):
            try:
                scopes, self.asked = self.validate_authorization_request(request)
            except OAuthToolkitError as error:
                return self._refused(error)
            self.scopes = " ".join(scopes)
            self.client = Application.objects.get(client_id=self.asked["client_id"])
            problem = _problem_of(request)
            if problem is not None:
                return self._return(problem)
            if not request.user.is_authenticated:
                return redirect_to_login(_without_prompt(request))
            return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Ask."""
        target = urlsplit(self.asked["redirect_uri"])
        context = {
            "client": self.client,
            "scopes": described(self.scopes),
            "target": target.netloc or f"{target.scheme}:",
        }

        # Chromium checks the redirect back to the program against this, too
        @csp_replace({"form-action": [SELF, f"{target.scheme}://{target.netloc}"]})
        def ask(request: HttpRequest) -> HttpResponse:
            return render(request, "oidc/authorize.html", context)

        return ask(request)

    @atomic
    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Go back to the program, with a code or a refusal."""
        allow = request.POST.get("decision") == "allow"
        try:
            address, *_ = self.create_authorization_response(
                request, self.scopes, dict(self.asked), allow
            )
        except OAuthToolkitError as error:
            if not allow:
                self._note(Event.Action.CLIENT_REFUSED)
            return self._refused(error)
        self._note(Event.Action.CLIENT_APPROVED)
        return _redirected(address, self.client.get_allowed_schemes())

    def _note(self, action: str) -> None:
        audit.record(
            action,
            person=cast("User", self.request.user),
            subject=self.client.name or self.client.client_id,
            client=self.client.client_id,
            detail={"scope": self.scopes},
        )

    def _refused(self, error: OAuthToolkitError) -> HttpResponse:
        """Go back with an error, unless the address to go back to is the error."""
        leads_back, context = self.error_response(error)
        if leads_back:
            allowed = ["http", "https"]
            return _redirected(_signed(context["url"]), allowed)
        problem = error.oauthlib_error
        return render(
            self.request,
            "oidc/refused.html",
            {"error": problem.error, "description": problem.description},
            status=problem.status_code,
        )

    def _return(self, parameters: dict[str, str]) -> HttpResponse:
        state = self.asked.get("state")
        told = {**parameters, **({"state": state} if state else {})}
        back = self.asked["redirect_uri"]
        joint = "&" if "?" in back else "?"
        address = _signed(f"{back}{joint}{urlencode(told)}")
        return _redirected(address, self.client.get_allowed_schemes())


def _problem_of(request: HttpRequest) -> dict[str, str] | None:
    """Return the error that a program goes back with; None where people are asked."""
    for name, error in _UNSUPPORTED.items():
        if name in request.GET:
            return {"error": error}
    modes = request.GET.getlist("response_mode")
    if not set(modes) <= set(RESPONSE_MODES):
        known = ", ".join(RESPONSE_MODES)
        description = f"This response_mode is not supported. There is {known}."
        return {"error": "invalid_request", "error_description": description}
    return _unanswerable_prompt(request)


def _unanswerable_prompt(request: HttpRequest) -> dict[str, str] | None:
    """Return the error for a prompt that cannot be followed (Core 1.0, 3.1.2.6)."""
    prompts = set(request.GET.get("prompt", "").split())
    signed_in = request.user.is_authenticated
    if "none" in prompts:
        if len(prompts) > 1:
            description = "The prompt none goes with no other."
            return {"error": "invalid_request", "error_description": description}
        # each time people are asked, so that nothing is allowed beforehand
        return {"error": "consent_required" if signed_in else "login_required"}
    if "login" in prompts and signed_in:
        # nobody is signed out by an address, and so nobody signs in anew
        return {"error": "login_required"}
    if "select_account" in prompts:
        return {"error": "account_selection_required"}
    return None


def _redirected(address: str, schemes: list[str]) -> HttpResponse:
    """Lead there, if it is an address of one of these schemes."""
    response: HttpResponse = OAuth2ResponseRedirect(address, schemes)
    return response


def _signed(address: str) -> str:
    """Say who answers, which every way back does (RFC 9207)."""
    return f"{address}&{urlencode({'iss': tokens.issuer()})}"


def _without_prompt(request: HttpRequest) -> str:
    """Return where to go on after signing in, which is what was asked for."""
    query = request.GET.copy()
    query.pop("prompt", None)
    return f"{request.path}?{query.urlencode()}"
