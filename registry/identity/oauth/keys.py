"""The keys that sign access tokens.

They are files ``0001.pem``, ``0002.pem``, … in the data folder, of which the last one
signs, or come from the environment, where the first one signs. The others only verify
what they signed before. The first is made when it is first needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from registry.core.errors import Conflict
from registry.core.secret_files import read_or_create
from registry.core.signing_keys import SigningKey, new_key, read_key
from registry.core.transactions import atomic
from registry.identity import audit
from registry.identity.oauth import verbs

#: How long a key that was replaced goes on verifying.
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class KeyRing:
    """All keys that there are: the one that signs, and all by their ids."""

    signing: SigningKey
    by_kid: dict[str, SigningKey]

    def jwks(self) -> dict[str, Any]:
        """Return the public keys as a JSON Web Key Set."""
        return {"keys": [key.jwk() for key in self.by_kid.values()]}


class _Cache:
    """The key ring as it was read last, and the state of the source that it is of."""

    state: object = None
    ring: KeyRing | None = None


def key_ring() -> KeyRing:
    """Return the keys; another process's rotation is noticed by the folder's time."""
    given: tuple[str, ...] = settings.SIGNING_KEYS
    state = given or _state_of_folder()
    if _Cache.ring is None or _Cache.state != state:
        keys = [read_key(pem) for pem in given] if given else _kept_keys()
        _Cache.ring = KeyRing(keys[0], {key.kid: key for key in keys})
        _Cache.state = state
    return _Cache.ring


@atomic
def rotate_keys() -> SigningKey:
    """Make a new key, which signs from now on; return it.

    Keys that were replaced longer ago than any token lives are removed. Raises
    ``Conflict`` where the keys come from the environment.
    """
    if settings.SIGNING_KEYS:
        raise Conflict(
            "The keys come from REGISTRY_SIGNING_KEYS: put a new one before the others "
            "there, and start the registry anew."
        )
    old = key_ring().signing
    number = int(_files()[-1].stem) + 1
    _make_key(number)
    _remove_outlived()
    new = key_ring().signing
    detail = {"kid": new.kid, "replaces": old.kid}
    audit.record(verbs.KEY_ROTATED, person=None, detail=detail)
    return new


def _folder() -> Path:
    folder: Path = settings.SIGNING_KEYS_DIR
    return folder


def _files() -> list[Path]:
    return sorted(_folder().glob("[0-9]*.pem"), key=lambda file: int(file.stem))


def _state_of_folder() -> tuple[Path, int]:
    """Tell this state of the folder from others; there is a key in it afterwards."""
    if not _folder().is_dir():
        _make_key(1)
    return _folder(), _folder().stat().st_mtime_ns


def _make_key(number: int) -> None:
    read_or_create(_folder() / f"{number:04}.pem", lambda: new_key(timezone.now()))


def _kept_keys() -> list[SigningKey]:
    """Return the keys of the folder, the newest first."""
    if not _files():
        _make_key(1)
    keys: list[SigningKey] = []
    for file in reversed(_files()):
        retired = keys[-1].made if keys else None
        keys.append(read_key(file.read_text(encoding="ascii"), retired=retired))
    return keys


def _remove_outlived() -> None:
    """Remove the files of keys that were replaced too long ago to matter."""
    before = timezone.now() - KEPT_FOR
    for file, key in zip(reversed(_files()), _kept_keys(), strict=True):
        if key.retired is not None and key.retired < before:
            file.unlink()
