"""The addresses of the pages."""

from django.urls import path

from registry.web.views import health

app_name = "web"

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]
