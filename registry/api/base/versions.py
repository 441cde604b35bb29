"""Versions of the native API, as `Accept: application/json; version=…` names them."""

from __future__ import annotations

#: The one of the registry whose clients refuse fields that they do not know.
OLDEST = "1.0.0"
#: The one that is answered where none is asked for.
NEWEST = "1.1.0"
VERSIONS = (OLDEST, NEWEST)
