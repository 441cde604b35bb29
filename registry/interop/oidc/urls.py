"""The URLs of the issuer, below `/o/`, with or without a slash at the end."""

from __future__ import annotations

from django.urls import re_path

from registry.interop.oidc import metadata, views
from registry.interop.oidc.authorize import AuthorizeView

app_name = "oidc"

urlpatterns = [
    # clients append this to the token URL that they are configured with
    re_path(
        r"^(?:token/)?\.well-known/openid-configuration/?$",
        metadata.discovery,
        name="discovery",
    ),
    re_path(r"^\.well-known/jwks\.json$", metadata.jwks, name="jwks"),
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
