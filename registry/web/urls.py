"""The addresses of the pages."""

from itertools import chain

from django.urls import path

from registry.web.kinds import KINDS
from registry.web.views import health, home, lists, records, sign_in, tokens

app_name = "web"

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", sign_in.SignInView.as_view(), name="sign-in"),
    path("sign-out", sign_in.SignOutView.as_view(), name="sign-out"),
    path("get-token", tokens.get_token, name="get-token"),
    path("revoke-token", tokens.revoke, name="revoke-token"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    *chain.from_iterable(
        (
            path(f"{kind}/", lists.record_list, {"kind": kind}, name=f"{kind}-list"),
            path(f"{kind}/<int:pk>/", records.record, {"kind": kind}, name=kind),
        )
        for kind in KINDS
    ),
]
