"""Addresses of the native API."""

from __future__ import annotations

from django.urls import path, re_path

from registry.api.base.routers import RecordRouter, RootView
from registry.api.base.views import UnknownAddressView
from registry.api.catalogue import views as catalogue
from registry.api.identity import views as identity
from registry.api.runs import views as runs

#: The record types. Clients take every name here for one, so nothing else is in it.
router = RecordRouter()
router.register("users", identity.UserViewSet)
router.register("groups", identity.GroupViewSet)
router.register("file_type", catalogue.FileTypeViewSet)
router.register("issue", catalogue.IssueViewSet)
router.register("author", catalogue.AuthorViewSet)
router.register("object", catalogue.ObjectViewSet)
router.register("user_author", catalogue.UserAuthorViewSet)
router.register("object_component", catalogue.ObjectComponentViewSet)
router.register("code_run", runs.CodeRunViewSet)
router.register("storage_root", catalogue.StorageRootViewSet)
router.register("storage_location", catalogue.StorageLocationViewSet)
router.register("namespace", catalogue.NamespaceViewSet)
router.register("data_product", catalogue.DataProductViewSet)
router.register("external_object", catalogue.ExternalObjectViewSet)
router.register("quality_controlled", catalogue.QualityControlledViewSet)
router.register("keyword", catalogue.KeywordViewSet)
router.register("licence", catalogue.LicenceViewSet)
router.register("code_repo_release", catalogue.CodeRepoReleaseViewSet)
router.register("key_value", catalogue.KeyValueViewSet)

urlpatterns = [
    path("", RootView.as_view(names=tuple(router.names)), name="api-root"),
    *router.urls,
    path("username/", identity.UsernameView.as_view(), name="username"),
    re_path(r"", UnknownAddressView.as_view(), name="api-unknown"),
]
