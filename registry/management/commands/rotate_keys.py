"""`rotate_keys`: sign access tokens with a new key."""

from __future__ import annotations

from typing import Any

from registry.identity.oauth.keys import key_ring, rotate_keys
from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    help = (
        "Make a new key that signs access tokens from now on, and print its id. The "
        "old one goes on verifying for a week; processes that run notice by themselves."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        new = rotate_keys()
        self.stdout.write(new.kid)
        self.stderr.write(f"Keys that verify: {', '.join(key_ring().by_kid)}")
