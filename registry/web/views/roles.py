"""Request roles, and the queue in which administrators decide requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from registry.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from registry.identity.models import RoleRequest
from registry.identity.requests import decide_request, request_role, withdraw_request
from registry.identity.roles import (
    ROLES,
    is_administrator,
    meaning_of,
    role_choices,
    roles_of,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

#: Decided requests that the queue still shows.
MAX_SHOWN = 20


class RoleRequestForm(forms.Form):
    """The form of a role request: a role and a reason."""

    role = forms.ChoiceField(
        label="Role", help_text="The list of roles says what each one allows."
    )
    reason = forms.CharField(
        label="What you need it for",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="An administrator reads this and answers on your account page.",
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = roles_of(user)
        field = cast("forms.ChoiceField", self.fields["role"])
        field.choices = [("", "choose one")] + [
            (role, role) for role in ROLES if role not in held
        ]
        for name in self.errors:
            self.fields[name].widget.attrs["aria-invalid"] = "true"
        for name, described in self.fields.items():
            described.widget.attrs["aria-describedby"] = f"id_{name}_helptext"


def meanings_of(names: Any) -> list[tuple[str, str]]:
    """Return roles, each with what it allows."""
    return [(name, meaning_of(name)) for name in sorted(names)]


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_request(request: HttpRequest) -> HttpResponse:
    """Show the form and all roles; a POST requests one."""
    user = cast("User", request.user)
    form = RoleRequestForm(user, request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            status = _send_request(form, user)
        if status == 201:
            messages.success(
                request, "Request sent. The answer will appear on this page."
            )
            return redirect("web:account")
    context = {"form": form, "roles": role_choices(), "held": roles_of(user)}
    return render(request, "web/request_role.html", context, status=status)


def _send_request(form: RoleRequestForm, user: User) -> int:
    """Send the request or add an error to the form; return the status."""
    try:
        request_role(**form.cleaned_data, by=user)
    except InvalidInput as error:
        for name, texts in error.fields.items():
            form.add_error(name, list(texts))
        return 400
    except Conflict as error:
        form.add_error("role", error.detail)
        return 409
    return 201


@never_cache
@login_required
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a request of the signed-in person."""
    try:
        withdraw_request(pk, by=cast("User", request.user))
        messages.success(request, "Your request was withdrawn.")
    except NotFound as error:
        raise Http404("There is no such request of yours.") from error
    except Conflict as error:
        messages.error(request, error.detail)
    return redirect("web:account")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD"])
def queue(request: HttpRequest) -> HttpResponse:
    """Show open requests, the oldest first, and the latest decisions."""
    if not is_administrator(request.user):
        raise PermissionDenied
    return _queue(request)


@never_cache
@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Grant or refuse a request; a second decision shows the first one."""
    state, answer = request.POST.get("state", ""), request.POST.get("answer", "")
    try:
        decided = decide_request(
            pk, state=state, answer=answer, by=cast("User", request.user)
        )
    except Forbidden as error:
        raise PermissionDenied(error.detail) from error
    except NotFound as error:
        raise Http404("There is no such request.") from error
    except InvalidInput as error:
        return _queue(request, pk, error.detail.partition(": ")[2], 400)
    except Conflict as error:
        return _queue(request, None, error.detail, 409)
    messages.success(request, f"{decided}: {decided.get_state_display().lower()}.")
    return redirect("web:role-requests")


def _queue(
    request: HttpRequest, refused: int | None = None, why: str = "", status: int = 200
) -> HttpResponse:
    """Return the page of the queue; ``why`` is the error of a decision."""
    requests = RoleRequest.objects.select_related("user", "decided_by")
    waiting = requests.filter(state=RoleRequest.State.OPEN).order_by("id")
    context = {
        "waiting": [(one, meaning_of(one.role)) for one in waiting],
        "decided": requests.exclude(state=RoleRequest.State.OPEN)[:MAX_SHOWN],
        "refused": refused,
        "why": why,
        "answer": request.POST.get("answer", ""),
    }
    return render(request, "web/role_requests.html", context, status=status)
