"""What may be asked for, before a service looks at whose record it is."""

from __future__ import annotations

from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly


class ReadOrSignedIn(IsAuthenticatedOrReadOnly):
    """Everybody may read; writing needs an account."""


class SignedIn(IsAuthenticated):
    """Nothing without an account."""
