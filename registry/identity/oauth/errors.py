"""Errors for refused tokens and codes; each surface has its own words for these."""

from __future__ import annotations

from registry.core.errors import RegistryError


class TokenRefused(RegistryError):
    """The access token is forged, expired or revoked."""


class CodeRefused(RegistryError):
    """The device code is unknown, used, or another client's (RFC 6749, section 5.2)."""


class CodePending(CodeRefused):
    """Nobody has approved or refused this device yet."""


class SlowDown(CodePending):
    """The device polled before the interval was over, which is now longer."""


class CodeDenied(CodeRefused):
    """The person refused the device."""


class CodeExpired(CodeRefused):
    """Nobody decided in time, or the device did not poll in time."""
