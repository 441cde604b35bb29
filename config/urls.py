"""The URLs of a registry: the admin, the API, the OAuth issuer, and the pages."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("registry.api.urls")),
    path("o/", include("registry.interop.oidc.urls")),
    path("auth/realms/", include("registry.interop.oidc.realm_urls")),
    path("", include("registry.web.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "registry.web.views.errors.forbidden"
handler404 = "registry.web.views.errors.not_found"
handler500 = "config.errors.server_error"
