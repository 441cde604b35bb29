"""Event verbs of OAuth 2.0: what people let programs do in their name."""

from __future__ import annotations

from registry.core.verbs import VERBS, Verb

DEVICE_APPROVED = VERBS.declare(Verb("device_approved", "Device approved"))
DEVICE_REFUSED = VERBS.declare(Verb("device_refused", "Device refused"))
CLIENT_APPROVED = VERBS.declare(Verb("client_approved", "Client approved"))
CLIENT_REFUSED = VERBS.declare(Verb("client_refused", "Client refused"))
SESSION_STARTED = VERBS.declare(Verb("session_started", "Session started"))
SESSION_REVOKED = VERBS.declare(Verb("session_revoked", "Session revoked"))
GRANT_REFUSED = VERBS.declare(Verb("grant_refused", "Grant refused", is_anonymous=True))
SERVICE_SIGNED_IN = VERBS.declare(
    Verb("service_signed_in", "Service account signed in")
)
KEY_ROTATED = VERBS.declare(Verb("key_rotated", "Signing key rotated"))
