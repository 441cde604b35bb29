"""`rotate_keys`: sign access tokens with a new key."""

from __future__ import annotations

from typing import Any

from registry.identity.oauth.keys import key_ring, rotate_keys
from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    help = (
        "Create a new key that signs access tokens from now on, and print its id. The "
        "old key still verifies tokens for a week. You do not need to restart anything."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        new = rotate_keys()
        self.stdout.write(new.kid)
        self.stderr.write(f"Keys that verify tokens: {', '.join(key_ring().by_kid)}")
