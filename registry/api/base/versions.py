"""The versions of the native API, as in `Accept: application/json; version=…`."""

from __future__ import annotations

#: The version of the earlier registry, whose clients refuse unknown fields.
OLDEST = "1.0.0"
#: The default version.
NEWEST = "1.1.0"
VERSIONS = (OLDEST, NEWEST)
