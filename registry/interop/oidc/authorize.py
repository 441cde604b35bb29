"""Asking a person whether a program may act for them (RFC 6749, section 4.1; PKCE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urlsplit

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
from registry.http.policies import content_security_policy
from registry.identity import audit
from registry.identity.oauth import tokens
from registry.identity.oauth.scopes import described
from registry.interop.oidc.server import ProtocolMixin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from registry.identity.models import User


@method_decorator(never_cache, name="dispatch")
class AuthorizeView(ProtocolMixin, View):
    """The page that asks. What is asked stands in the address, on POST as well."""

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Refuse what is wrong before anybody signs in for it."""
        if request.method not in {"GET", "HEAD", "POST"}:
            return super().dispatch(request, *args, **kwargs)
        try:
            scopes, self.asked = self.validate_authorization_request(request)
        except OAuthToolkitError as error:
            return self._refused(error)
        self.scopes = " ".join(scopes)
        self.client = Application.objects.get(client_id=self.asked["client_id"])
        prompts = set(request.GET.get("prompt", "").split())
        if not request.user.is_authenticated:
            return redirect_to_login(_without_prompt(request))
        if "login" in prompts:
            # nobody is signed out by an address, and so nobody signs in anew
            return self._return({"error": "login_required"})
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Ask."""
        target = urlsplit(self.asked["redirect_uri"])
        response = render(
            request,
            "oidc/authorize.html",
            {
                "client": self.client,
                "scopes": described(self.scopes),
                "target": target.netloc or f"{target.scheme}:",
            },
        )
        # Chromium holds the way back to the program against this, too
        own = content_security_policy(
            form_action=f"'self' {target.scheme}://{target.netloc}"
        )
        response["Content-Security-Policy"] = own
        return response

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
