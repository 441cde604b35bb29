"""The URLs of the pages."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from django.urls import path, re_path
from django.views.generic import RedirectView

from registry.core.record_types import record_kinds
from registry.execution.agent_archive import AGENT_FILE
from registry.runs.record_types import MODEL_RUN
from registry.web.views import (
    account,
    agent,
    backends,
    browsers,
    comparison,
    crates,
    create,
    devices,
    events,
    files,
    github,
    guides,
    health,
    home,
    lists,
    model_runs,
    ownership,
    passwords,
    records,
    reruns,
    roles,
    run_requests,
    search,
    sheets,
    sign_in,
    suggest,
    tasks,
    template_runs,
    tokens,
    vocabulary,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponseBase

app_name = "web"


def redirect_legacy(name: str) -> Callable[..., HttpResponseBase]:
    """Return a view that redirects an address of the earlier site to its page now."""
    return RedirectView.as_view(pattern_name=name, permanent=True, query_string=True)


#: What the people who look after a record do on its page.
ownership_urls = [
    path(
        "namespace/<int:pk>/close/",
        ownership.close,
        {"closed": True},
        "close-namespace",
    ),
    path(
        "namespace/<int:pk>/open/", ownership.close, {"closed": False}, "open-namespace"
    ),
    path("<slug:kind>/<int:pk>/withdraw/", ownership.withdraw, name="withdraw-record"),
    path("<slug:kind>/<int:pk>/put-back/", ownership.put_back, name="put-back-record"),
    path("<slug:kind>/<int:pk>/people/", ownership.name_person, name="name-co-owner"),
    path(
        "<slug:kind>/<int:pk>/people/<int:account>/remove/",
        ownership.remove_person,
        name="remove-co-owner",
    ),
]

#: Run requests and what is done for them; none of the words is an id.
execution_urls = [
    path("run_request/live/", run_requests.live_list, name="run_request-live-list"),
    path("run_request/<int:pk>/live/", run_requests.live, name="run_request-live"),
    path("run_request/<int:pk>/direct/", run_requests.direct, name="direct-request"),
    path(
        "run_request/<int:pk>/priority/", run_requests.prioritise, name="set-priority"
    ),
    path(
        "run_request/<int:pk>/timeline/",
        run_requests.timeline,
        name="run_request-timeline",
    ),
    path("task/<int:pk>/", tasks.task, name="task"),
    path("task/<int:pk>/live/", tasks.live, name="task-live"),
    path("task/<int:pk>/direct/", tasks.direct, name="direct-task"),
    path("backend/<int:pk>/live/", backends.live, name="backend-live"),
    path("backend/<int:pk>/flag/", backends.set_flag, name="set-flag"),
    path("code_run/<int:pk>/rerun/", reruns.rerun, name="rerun"),
    path(f"agent/{AGENT_FILE}", agent.program, name="agent"),
    path(f"agent/{AGENT_FILE}.sha256", agent.checksum, name="agent-checksum"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("docs/", guides.index, name="guides"),
    path("docs/<slug:name>/", guides.guide, name="guide"),
    path("vocab/", vocabulary.terms, name="vocabulary"),
    path("search/", search.results, name="search"),
    path("suggest/<slug:kind>/", suggest.suggestions, name="suggest"),
    path("crates/", crates.import_crate, name="crates"),
    path("account/", account.account, name="account"),
    path("account/password/", passwords.change, name="change-password"),
    path("account/forgotten/", passwords.forgotten, name="forgotten-password"),
    path("account/reset/", passwords.reset, name="reset-password"),
    path(
        "account/browsers/<int:pk>/sign-out",
        browsers.sign_out_there,
        name="sign-out-there",
    ),
    path(
        "account/browsers/sign-out",
        browsers.sign_out_elsewhere,
        name="sign-out-elsewhere",
    ),
    path("account/request-role/", roles.new_request, name="request-role"),
    path(
        "account/role-requests/<int:pk>/withdraw",
        roles.withdraw,
        name="withdraw-role-request",
    ),
    path("role-requests/", roles.queue, name="role-requests"),
    path("role-requests/<int:pk>/", roles.decide, name="decide-role-request"),
    path("event/", events.events, name="events"),
    path("issues/", lists.record_list, {"kind": "issue"}, name="issues"),
    path("sign-in", sign_in.SignInView.as_view(), name="sign-in"),
    path("sign-out", sign_in.SignOutView.as_view(), name="sign-out"),
    path("social/login/github/", github.begin, name="github-begin"),
    path("social/complete/github/", github.complete, name="github-complete"),
    path("account/github/link", github.link, name="github-link"),
    path("account/github/unlink", github.unlink, name="github-unlink"),
    path("device", devices.device, name="device"),
    path("device/done", devices.device_done, name="device-done"),
    path(
        "account/programs/<int:pk>/revoke",
        devices.revoke_session,
        name="revoke-session",
    ),
    path("get-token", tokens.get_token, name="get-token"),
    path("revoke-token", tokens.revoke, name="revoke-token"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    re_path(r"^data/(?P<checksum>[^/]+)/?$", files.DataView.as_view(), name="data"),
    # these names contain a colon or an at sign, unlike the addresses of pages
    re_path(
        r"^data_product/(?P<cited>[^\0]*[:@][^\0]*)$",
        files.DataProductView.as_view(),
        name="data-product-file",
    ),
    re_path(
        r"^external_object/(?P<cited>[^\0]*[:@][^\0]*)$",
        files.ExternalObjectView.as_view(),
        name="external-object-file",
    ),
    path(
        "object_component/<int:pk>/raise-issue/", create.raise_issue, name="raise-issue"
    ),
    path(
        "workflow_template/<int:pk>/run/",
        model_runs.run_of_template,
        name="run-of-template",
    ),
    # no id of a run: those are digits
    path("code_run/compare/", comparison.compare, name="compare-runs"),
    path(
        "model_run/compare/",
        comparison.compare,
        {"record_type": MODEL_RUN},
        name="compare-model-runs",
    ),
    path(
        "workflow_template/<int:pk>/runs/",
        template_runs.runs_of_template,
        name="workflow_template-runs",
    ),
    *chain.from_iterable(
        (
            path(f"{kind}/", lists.record_list, {"kind": kind}, name=f"{kind}-list"),
            path(f"{kind}/new/", create.new_record, {"kind": kind}, name=f"{kind}-new"),
            path(f"{kind}/<int:pk>/", records.record, {"kind": kind}, name=kind),
        )
        for kind in record_kinds()
    ),
    *execution_urls,
    # after the words that mean something else there
    path("backend/<slug:slug>/", backends.named, name="backend-named"),
    path("workflow_template/<int:pk>/upload/", sheets.upload_runs, name="upload-runs"),
    *ownership_urls,
    # addresses of the earlier site
    *chain.from_iterable(
        (
            path(f"{kind}s/", redirect_legacy(f"web:{kind}-list")),
            path(f"{kind}s/<int:pk>/", redirect_legacy(f"web:{kind}")),
        )
        for kind in record_kinds()
    ),
]
