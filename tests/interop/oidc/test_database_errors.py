"""Tokens and codes when PostgreSQL aborts a transaction or the disk is full."""

from __future__ import annotations

import pytest

from registry.core import database_errors
from registry.identity.models import User
from registry.identity.oauth.models import ClientSession
from tests.interop.oidc.issuer import Program, decide
from tests.postgres_errors import DEADLOCK, DISK_FULL, refused_inserts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

SESSIONS = ClientSession._meta.db_table


@pytest.fixture(autouse=True)
def _forget_full_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the tests that follow know nothing of the disks that are full here."""
    monkeypatch.setattr(database_errors._LastFull, "at", database_errors._LastFull.at)


def test_a_token_is_issued_at_the_third_attempt(
    telescope: Program, person: User
) -> None:
    with refused_inserts("registry_devicecode", DEADLOCK, times=2):
        codes = telescope.codes(scope="offline_access")
    assert codes.status == 200
    assert decide(person, codes["user_code"]).status_code == 302
    with refused_inserts(SESSIONS, DEADLOCK, times=2):
        assert telescope.poll(codes["device_code"]).status == 200
    assert ClientSession.objects.count() == 1


@pytest.mark.parametrize("state", [DEADLOCK, DISK_FULL])
def test_a_token_that_cannot_be_stored_is_temporarily_unavailable(
    telescope: Program, person: User, state: str
) -> None:
    codes = telescope.codes(scope="offline_access")
    decide(person, codes["user_code"])
    with refused_inserts(SESSIONS, state, times=9):
        answer = telescope.poll(codes["device_code"])
    assert answer.outcome == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"
    # the code can still be used
    assert telescope.poll(codes["device_code"]).status == 200
