"""The addresses below run requests, backends and attempts."""

from __future__ import annotations

from typing import Any

from django.urls import path, re_path

from registry.api.execution import executors, views
from registry.execution.actions import ACTIONS

_PK = "(?P<pk>[0-9]{1,18})"


def execution_urls() -> list[Any]:
    """Return the URL patterns."""
    requests, backends = views.RunRequestViewSet, views.BackendViewSet
    names = "|".join(ACTIONS)
    return [
        _url(
            rf"run_request/{_PK}/(?P<name>{names})", requests, "direct", post="direct"
        ),
        _url(f"run_request/{_PK}/priority", requests, "priority", post="prioritise"),
        _url(f"run_request/{_PK}/progress", requests, "progress", get="progress"),
        _url(f"run_request/{_PK}/graph", requests, "graph", get="graph"),
        _url(f"backend/{_PK}/flag", backends, "flag", post="set_flag"),
        _url(f"backend/{_PK}/executors", backends, "executors", get="executors"),
        _url(f"attempt/{_PK}/log", views.AttemptViewSet, "log", get="log"),
        _url(f"code_run/{_PK}/rerun", views.RerunViewSet, "rerun", post="rerun"),
        path("backend/claim/", executors.ClaimView.as_view(), name="backend-claim"),
        path(
            "attempt/heartbeat/",
            executors.HeartbeatView.as_view(),
            name="attempt-heartbeat",
        ),
        path(
            "attempt/complete/",
            executors.CompleteView.as_view(),
            name="attempt-complete",
        ),
        re_path(
            r"^attempt/input/(?P<lease>[0-9a-f-]{36})/(?P<sha1>[0-9a-f]{40})$",
            executors.InputView.as_view(),
            name="attempt-input",
        ),
    ]


def _url(address: str, viewset: Any, name: str, **mapping: str) -> Any:
    kind = address.partition("/")[0]
    view = viewset.as_view(mapping, detail=True)
    return re_path(rf"^{address}/$", view, name=f"{kind}-{name}")
