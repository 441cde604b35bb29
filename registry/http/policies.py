"""What a browser may do with our pages (W3C Content Security Policy, level 3).

A view with other needs sets the header itself: `response["Content-Security-Policy"] =
content_security_policy(style_src="'self' 'unsafe-inline'")`.
"""

from __future__ import annotations

from django.conf import settings

_DIRECTIVES = {
    "default-src": "'self'",
    # small pictures in style sheets are data addresses, in Swagger UI and the admin
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    # Chromium holds the redirect after a form against this too, so that signing in
    # elsewhere needs that origin
    "form-action": " ".join(["'self'", *settings.FORM_ORIGINS]),
    "frame-ancestors": "'none'",
}


def content_security_policy(**changes: str) -> str:
    """Return the policy of every page, changed in the directives that are given."""
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    directives = {**_DIRECTIVES, **named}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


CONTENT_SECURITY_POLICY = content_security_policy()

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "geolocation", "microphone", "payment", "usb")
)
