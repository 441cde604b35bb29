"""Scenarios of single hostile requests; each returns its findings.

A scenario runs against any registry on this machine with an administrator's token. The
order matters for the last one, which locks the administrator's password.
"""

from __future__ import annotations

from collections.abc import Callable

from attacks.findings import Finding
from attacks.scenarios import (
    crates,
    duplicates,
    keywords,
    large,
    passwords,
    pictures,
    rejections,
    smuggling,
    streaming,
)
from attacks.target import Target

Scenario = Callable[[Target], list[Finding]]

SCENARIOS: dict[str, Scenario] = {
    "rejected before the body": rejections.rejected_before_their_bodies,
    "smuggling": smuggling.ambiguous_requests,
    "headers without end": smuggling.headers_without_end,
    "duplicates: unique values": duplicates.duplicate_pairs,
    "duplicates: idempotency keys": duplicates.idempotent_pairs,
    "large: empty objects": large.empty_objects,
    "large: multipart": large.multipart_to_the_token_endpoint,
    "streaming": streaming.a_large_file,
    "crates": crates.hostile_crates,
    "pictures": pictures.many_pictures,
    "keywords": keywords.very_many_keywords,
    "passwords": passwords.guessed_by_basic,
}
