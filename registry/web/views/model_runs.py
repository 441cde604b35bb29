"""Register a run of a model on a page, by the form that its template asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.catalogue.models import ResearchModel, UserAuthor
from registry.core.errors import Forbidden, InvalidInput, RegistryError, Unavailable
from registry.core.links import is_id
from registry.identity.ownership import may_change
from registry.runs.model_runs.agreements import fetch_agreements
from registry.runs.model_runs.correcting import (
    REASON,
    correct_model_run,
    try_correction,
)
from registry.runs.model_runs.registering import register_records, try_records
from registry.runs.models import ModelRun, WorkflowTemplate
from registry.web.describe import address_of, link_to
from registry.web.run_form import MAX_INPUTS, RunForm, typed_like

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User
    from registry.runs.model_runs.agreements import Agreement
    from registry.runs.model_runs.registering import Registered
    from registry.web.run_inputs import Typed
    from registry.web.values import Value

#: The name of the buttons of the form; of one that adds something, the value begins so.
BUTTON, ADD, REGISTER, SHOW = "do", "add ", "register", "show"
#: The parameter that names the run to correct.
CORRECT = "correct"
#: The largest number of versions that are suggested, and of templates that are looked
#: through for the newest.
_MAX_VERSIONS, _MAX_STEPS = 200, 100


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def run_of_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form of a run that follows a template; a POST checks or registers."""
    agreement = fetch_agreements([pk]).get(pk) if pk < 2**63 else None
    if agreement is None:
        raise Http404(f"There is no workflow template {pk}.")
    corrected = _corrected(request)
    if agreement.withdrawn is not None and corrected is None:
        return _page(request, agreement)
    if request.method == "POST":
        return _answer(request, agreement, corrected)
    typed = _typed_at_first(request, agreement)
    return _page(request, agreement, RunForm(agreement, typed), corrected=corrected)


def _corrected(request: HttpRequest) -> ModelRun | None:
    """Return the run that the form corrects, if it corrects one."""
    text = request.GET.get(CORRECT)
    if text is None:
        return None
    run = _find_run(text)
    if not may_change(request.user, run):
        raise PermissionDenied("Only those who look after a run can correct it.")
    return run


def _typed_at_first(request: HttpRequest, agreement: Agreement) -> dict[str, str]:
    """Return what a form begins with: a run like it, and parameters of the address."""
    given: dict[str, Any] = request.GET.dict()
    like = given.pop(CORRECT, None) or given.get("like")
    if like is not None:
        return typed_like(_find_run(like), agreement) | given
    own = UserAuthor.objects.filter(user=cast("User", request.user))
    author = own.order_by().values_list("author", flat=True).first()
    return {"modeller": "" if author is None else str(author)} | given


def _find_run(text: str) -> ModelRun:
    run = ModelRun.objects.filter(pk=int(text)).first() if is_id(text) else None
    if run is None:
        raise Http404(f"There is no model run {text[:100]}.")
    return run


def _answer(
    request: HttpRequest, agreement: Agreement, corrected: ModelRun | None
) -> HttpResponse:
    """Do what the button is for: add inputs, show the JSON, check or register."""
    do = request.POST.get(BUTTON, "")
    added = do.removeprefix(ADD) if do.startswith(ADD) else ""
    form = _form_with(agreement, request.POST.dict(), added)
    if added or do == SHOW:
        return _page(request, agreement, form, corrected=corrected)
    if corrected is not None:
        return _correct(request, agreement, form, corrected, stores=do == REGISTER)
    registers = do == REGISTER and not form.has_errors
    found, status = _send(form, cast("User", request.user), registers=registers)
    if found is None or not registers:
        return _page(request, agreement, form, checked=found, status=status)
    _tell(request, found)
    return redirect(address_of(found.run))


def _correct(
    request: HttpRequest,
    agreement: Agreement,
    form: RunForm,
    run: ModelRun,
    *,
    stores: bool,
) -> HttpResponse:
    """Correct a run, or check whether that can be; show the errors in the form."""
    user, status = cast("User", request.user), 200
    body = {**form.body, REASON: request.POST.get(REASON, "")}
    try:
        if stores and not form.has_errors:
            correct_model_run(run.pk, body, by=user, partial=False)
            messages.success(request, f"Model run {run.pk} is corrected.")
            return redirect(address_of(run))
        try_correction(run.pk, body, by=user)
    except InvalidInput as error:
        form.add_errors(error.fields)
        status = 400
    except RegistryError as error:
        form.problems.append(error.detail)
        status = _status_of(error)
    return _page(
        request, agreement, form, corrected=run, is_right=status == 200, status=status
    )


def _form_with(agreement: Agreement, typed: Typed, added: str) -> RunForm:
    """Return the form with one more of what is added, if there is room for it."""
    form = RunForm(agreement, typed, added=added)
    if added and len(form.inputs) > MAX_INPUTS:
        form = RunForm(agreement, typed)
        form.problems.append(f"Not added: a form has at most {MAX_INPUTS} inputs.")
    return form


def _tell(request: HttpRequest, found: Registered) -> None:
    if found.is_new:
        messages.success(request, f"Model run {found.run.pk} is registered.")
    else:
        messages.info(request, "Nothing is new: this run has the same content.")


def _send(
    form: RunForm, user: User, *, registers: bool
) -> tuple[Registered | None, int]:
    """Register the run in a form, or try to; errors are in the form afterwards."""
    work = register_records if registers else try_records
    status, found = 400, None
    try:
        [found] = work([form.body], by=user)
    except InvalidInput as error:
        form.add_errors(error.fields)
    except RegistryError as error:
        form.problems.append(error.detail)
        status = _status_of(error)
    return (None, status) if form.has_errors else (found, 200)


def _status_of(error: RegistryError) -> int:
    if isinstance(error, Forbidden):
        return 403
    return 503 if isinstance(error, Unavailable) else 400


def _page(
    request: HttpRequest,
    agreement: Agreement,
    form: RunForm | None = None,
    *,
    checked: Registered | None = None,
    corrected: ModelRun | None = None,
    is_right: bool = False,
    status: int = 200,
) -> HttpResponse:
    api_path = reverse(f"{ModelRun.kind}-list")
    context: dict[str, Any] = {
        "agreement": agreement,
        "newest": _newest_after(agreement.pk),
        "checked": checked,
        "corrected": corrected,
        "is_right": is_right,
        "reason": request.POST.get(REASON, ""),
        "run": None if checked is None or checked.is_new else link_to(checked.run),
        "api_url": request.build_absolute_uri(api_path),
        "max_inputs": MAX_INPUTS,
    }
    if form is not None and len(form.inputs) <= MAX_INPUTS:
        text = json.dumps(form.body, indent=2, ensure_ascii=False)
        context |= {
            "form": form,
            "versions": _versions_of(agreement.model),
            "json": text,
            "quoted": text.replace("'", "'\\''"),
        }
    return render(request, "web/run_of_template.html", context, status=status)


def _newest_after(pk: int) -> Value | None:
    """Return the newest version after a template that nobody has withdrawn, if any."""
    newest, after = None, pk
    for _ in range(_MAX_STEPS):
        found = WorkflowTemplate.objects.filter(replaces=after).order_by().first()
        if found is None:
            break
        after = found.pk
        newest = found if found.withdrawn is None else newest
    return None if newest is None else link_to(newest)


def _versions_of(model: int) -> list[str]:
    """Return the versions of the releases of a model, the newest first."""
    links = ResearchModel.releases.through._default_manager.filter(researchmodel=model)
    ordered = links.order_by("-codereporelease__version_key", "-codereporelease")
    versions = ordered.values_list("codereporelease__version", flat=True)
    return list(dict.fromkeys(versions[:_MAX_VERSIONS]))
