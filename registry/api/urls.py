"""The URLs of the native API."""

from __future__ import annotations

from django.urls import path, re_path

from registry.api.base.routers import RecordRouter, RootView
from registry.api.base.views import UnknownAddressView
from registry.api.catalogue.views import ObjectViewSet
from registry.api.comparison.views import ComparisonView, ModelRunComparisonView
from registry.api.data import views as data
from registry.api.documentation import views as documentation
from registry.api.execution import views as execution
from registry.api.execution.urls import execution_urls
from registry.api.identity import views as identity
from registry.api.ownership.urls import ownership_urls
from registry.api.provenance.crates import views as crates
from registry.api.provenance.lineage import views as lineage
from registry.api.provenance.prov import views as prov
from registry.api.runs import sheets
from registry.api.runs.plots import PlotView
from registry.api.runs.views import ModelRunViewSet
from registry.core.record_types import record_type_named
from registry.identity.roles import LEVELS

#: The record types. Clients expect a record type for every name at the root, so the
#: root lists nothing else.
router = RecordRouter()
router.register("users", identity.UserViewSet)
router.register("groups", identity.GroupViewSet)
router.register_record_types(
    ObjectViewSet,
    ModelRunViewSet,
    execution.RunRequestViewSet,
    execution.BackendViewSet,
)

#: Lists of what the registry makes of run requests.
work_router = RecordRouter()
work_router.register("job", execution.JobViewSet)
work_router.register("task", execution.TaskViewSet)
work_router.register("attempt", execution.AttemptViewSet)

#: Further lists, for users who are signed in.
account_router = RecordRouter()
account_router.register("event", identity.EventViewSet)
account_router.register("role_request", identity.RoleRequestViewSet)

#: Other addresses that the HTML page of the root lists.
OTHER_ADDRESSES = {
    **{
        f"{name}/": record_type_named(name).titles.capitalize()
        for name in router.names_outside_root
    },
    "job/": "Jobs of run requests",
    "task/": "Tasks of run requests",
    "attempt/": "Attempts to do tasks",
    "docs/": "The API in Swagger UI, to try requests",
    "redoc/": "The API in Redoc, to read",
    "schema/": "The OpenAPI description as JSON",
    "schema/?format=yaml": "The OpenAPI description as YAML",
    "username/": "The name of your account",
    "check-access/general/": "Your account and its roles",
    "role_request/": "Requests for roles",
    "event/": "The audit trail, for administrators",
}

root = RootView.as_view(names=tuple(router.root_names), other_addresses=OTHER_ADDRESSES)

urlpatterns = [
    path("", root, name="api-root"),
    *router.urls,
    *account_router.urls,
    *work_router.urls,
    *execution_urls(),
    *ownership_urls(),
    # no id of a run: those are digits
    path("code_run/compare/", ComparisonView.as_view(), name="code_run-compare"),
    path(
        "model_run/compare/",
        ModelRunComparisonView.as_view(),
        name="model_run-compare",
    ),
    path(
        "role_request/<int:pk>/decision/",
        identity.RoleRequestViewSet.as_view({"post": "decide"}, detail=True),
        name="role_request-decision",
    ),
    *(
        path(
            f"check-access/{level}/",
            identity.AccessView.as_view(),
            {"level": level},
            name=f"check-access-{level}",
        )
        for level in ("general", *LEVELS)
    ),
    path("username/", identity.UsernameView.as_view(), name="username"),
    path("ro-crate/", crates.CratesView.as_view(), name="ro-crate"),
    re_path(
        r"^ro-crate/data-product/(?P<id>[0-9]{1,18})/$",
        crates.DataProductCrateView.as_view(),
        name="ro-crate-data-product",
    ),
    re_path(
        r"^ro-crate/code-run/(?P<id>[0-9]{1,18})/$",
        crates.CodeRunCrateView.as_view(),
        name="ro-crate-code-run",
    ),
    re_path(
        r"^ro-crate/model-run/(?P<id>[0-9]{1,18})/$",
        crates.ModelRunCrateView.as_view(),
        name="ro-crate-model-run",
    ),
    re_path(
        r"^data_extraction/(?P<id>[0-9]{1,18})/$",
        crates.DataExtractionView.as_view(),
        name="data-extraction",
    ),
    path(
        "lineage/<str:endpoint>/<int:pk>/",
        lineage.LineageView.as_view(),
        name="lineage",
    ),
    path(
        "impact/<str:endpoint>/<int:pk>/",
        lineage.ImpactView.as_view(),
        name="impact",
    ),
    path(
        "model_run/validate/",
        ModelRunViewSet.as_view({"post": "validate_only"}, detail=False),
        name="model_run-validate",
    ),
    re_path(
        r"^workflow_template/(?P<pk>[0-9]{1,18})/plot/$",
        PlotView.as_view(),
        name="workflow_template-plot",
    ),
    path(
        "model_run/spreadsheet/",
        sheets.UploadView.as_view(),
        name="model_run-spreadsheet",
    ),
    re_path(
        r"^workflow_template/(?P<id>[0-9]{1,18})/spreadsheet/$",
        sheets.SheetView.as_view(),
        name="workflow_template-spreadsheet",
    ),
    path("schema/", documentation.SchemaView.as_view(), name="api-schema"),
    path("docs/", documentation.swagger, name="api-docs"),
    path("redoc/", documentation.redoc, name="api-redoc"),
    re_path(
        r"^prov-report/(?P<id>[0-9]{1,18})/$",
        prov.DataProductReportView.as_view(),
        name="prov-report",
    ),
    re_path(
        r"^prov-report/code_run/(?P<id>[0-9]{1,18})/$",
        prov.CodeRunReportView.as_view(),
        name="prov-report-code-run",
    ),
    re_path(
        r"^prov-report/model_run/(?P<id>[0-9]{1,18})/$",
        prov.ModelRunReportView.as_view(),
        name="prov-report-model-run",
    ),
    re_path(
        r"^prov-report/object/(?P<id>[0-9]{1,18})/$",
        prov.ObjectReportView.as_view(),
        name="prov-report-object",
    ),
    path("prov/", prov.ImportView.as_view(), name="prov"),
    # clients of uploads omit the last slash
    re_path(r"^data/?$", data.UploadsView.as_view(), name="data"),
    re_path(
        r"^data/(?P<checksum>[^/]+)/?$", data.UploadView.as_view(), name="data-upload"
    ),
    path("data/<str:checksum>/file", data.FileView.as_view(), name="data-file"),
    re_path(r"", UnknownAddressView.as_view(), name="api-unknown"),
]
