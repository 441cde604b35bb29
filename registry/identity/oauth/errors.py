"""Why a token or a code is refused; each surface has its own words for these."""

from __future__ import annotations

from registry.core.errors import RegistryError


class TokenRefused(RegistryError):
    """An access token that is forged, expired or revoked."""


class CodeRefused(RegistryError):
    """A device code that is unknown, used, or somebody else's (RFC 6749, 5.2)."""


class CodePending(CodeRefused):
    """Nobody has decided about this device yet."""


class TooEager(CodePending):
    """Asked again before the interval was over; the interval is longer from now on."""


class CodeDenied(CodeRefused):
    """The person said no."""


class CodeExpired(CodeRefused):
    """Nobody decided in time, or the device did not come back in time."""
