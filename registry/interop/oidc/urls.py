"""The addresses of the issuer, below `/o/`. A slash at the end makes no difference."""

from __future__ import annotations

from django.urls import re_path

from registry.interop.oidc import metadata, views
from registry.interop.oidc.authorize import AuthorizeView

app_name = "oidc"

urlpatterns = [
    # programs ask below whatever address they were given for tokens
    re_path(
        r"^(?:token/)?\.well-known/openid-configuration/?$",
        metadata.discovery,
        name="discovery",
    ),
    re_path(r"^\.well-known/jwks\.json$", metadata.keys, name="jwks"),
    re_path(r"^authorize/?$", AuthorizeView.as_view(), name="authorize"),
    re_path(r"^token/?$", views.TokenView.as_view(), name="token"),
    re_path(
        r"^device-authorization/?$",
        views.DeviceAuthorizationView.as_view(),
        name="device-authorization",
    ),
    re_path(r"^userinfo/?$", views.UserInfoView.as_view(), name="userinfo"),
    re_path(r"^revoke/?$", views.RevokeView.as_view(), name="revoke"),
    re_path(r"^introspect/?$", views.IntrospectView.as_view(), name="introspect"),
]
