"""Permissions to upload."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from registry.core.errors import Forbidden
from registry.storage.signing import LIFETIME, permit_upload, permitted_user
from tests.files import COUNTS, sha1_of

SHA1 = sha1_of(COUNTS)

pytestmark = pytest.mark.once


def test_a_permission_names_who_has_it() -> None:
    assert permitted_user(SHA1, permit_upload(SHA1, 7)) == 7


def test_a_permission_is_good_for_an_hour() -> None:
    assert LIFETIME == 3600
    # a minute before its end, and after it
    assert permitted_user(SHA1, permit_upload(SHA1, 7, lifetime=60)) == 7
    with pytest.raises(Forbidden, match="has expired"):
        permitted_user(SHA1, permit_upload(SHA1, 7, lifetime=-1))


def test_a_permission_is_for_one_file() -> None:
    with pytest.raises(Forbidden, match="no address that the registry gave out"):
        permitted_user(sha1_of(b"other"), permit_upload(SHA1, 7))


@pytest.mark.parametrize("name", ["user", "expires", "signature"])
def test_a_permission_cannot_be_changed(name: str) -> None:
    permission = permit_upload(SHA1, 7)
    for value in ("8", "99999999999", "", permission[name] + "0", "é", ":"):
        with pytest.raises(Forbidden, match="no address that the registry gave out"):
            permitted_user(SHA1, {**permission, name: value})


@pytest.mark.parametrize("name", ["user", "expires", "signature"])
def test_a_permission_is_whole(name: str) -> None:
    permission = permit_upload(SHA1, 7)
    del permission[name]
    with pytest.raises(Forbidden, match="no address that the registry gave out"):
        permitted_user(SHA1, permission)


def test_a_permission_of_another_registry_is_none(settings: Settings) -> None:
    permission = permit_upload(SHA1, 7)
    settings.SECRET_KEY = "another registry's"
    with pytest.raises(Forbidden):
        permitted_user(SHA1, permission)


def test_a_permission_outlives_a_change_of_the_key(settings: Settings) -> None:
    permission = permit_upload(SHA1, 7)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new one"
    assert permitted_user(SHA1, permission) == 7
