"""The addresses of a registry: the admin, the API, and the pages for people."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("registry.api.urls")),
    path("", include("registry.web.urls")),
]
