"""The URLs of the same issuer for clients of Keycloak, below `/auth/realms/`."""

from __future__ import annotations

import re

from django.conf import settings
from django.urls import re_path

from registry.interop.oidc import metadata, views
from registry.interop.oidc.authorize import AuthorizeView

app_name = "realm"

_REALM = rf"^(?P<realm>{re.escape(settings.REALM)})"
_PROTOCOL = rf"{_REALM}/protocol/openid-connect"

urlpatterns = [
    re_path(rf"{_REALM}/?$", metadata.realm_info, name="about"),
    re_path(
        rf"{_REALM}/\.well-known/openid-configuration/?$",
        metadata.discovery,
        name="discovery",
    ),
    re_path(rf"{_PROTOCOL}/certs$", metadata.jwks, name="jwks"),
    re_path(rf"{_PROTOCOL}/auth$", AuthorizeView.as_view(), name="authorize"),
    re_path(rf"{_PROTOCOL}/token$", views.TokenView.as_view(), name="token"),
    re_path(
        rf"{_PROTOCOL}/auth/device$",
        views.DeviceAuthorizationView.as_view(),
        name="device-authorization",
    ),
    re_path(rf"{_PROTOCOL}/userinfo$", views.UserInfoView.as_view(), name="userinfo"),
    re_path(rf"{_PROTOCOL}/revoke$", views.RevokeView.as_view(), name="revoke"),
    re_path(
        rf"{_PROTOCOL}/token/introspect$",
        views.IntrospectView.as_view(),
        name="introspect",
    ),
]
