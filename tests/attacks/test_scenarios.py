"""Single hostile requests do no damage to a running registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

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
)
from attacks.scenarios.kill import killed_while_writing
from attacks.server import AttackedServer
from attacks.target import Target
from tests.plugins.databases import fresh_database

# the guessing, which locks the administrator's password, is last
pytestmark = pytest.mark.xdist_group("attacks")


def broken(findings: list[Finding]) -> list[str]:
    """Return the findings that do not hold; there must be some findings."""
    assert findings
    return [f"{one.name}: {one.seen}" for one in findings if not one.holds]


def test_requests_are_rejected_before_their_bodies(target: Target) -> None:
    assert broken(rejections.rejected_before_their_bodies(target)) == []


@pytest.mark.once
def test_ambiguous_requests_are_rejected_with_all_that_follows(
    target: Target,
) -> None:
    assert broken(smuggling.ambiguous_requests(target)) == []


@pytest.mark.once
def test_headers_without_end_are_cut_off(target: Target) -> None:
    assert broken(smuggling.headers_without_end(target)) == []


def test_one_of_two_duplicate_registrations_succeeds(target: Target) -> None:
    assert broken(duplicates.duplicate_pairs(target)) == []


def test_one_idempotency_key_stores_one_record(target: Target) -> None:
    assert broken(duplicates.idempotent_pairs(target)) == []


def test_a_body_of_empty_objects_takes_little_memory(target: Target) -> None:
    assert broken(large.empty_objects(target)) == []


def test_a_file_sent_to_the_token_endpoint_takes_little_memory(target: Target) -> None:
    assert broken(large.multipart_to_the_token_endpoint(target)) == []


def test_hostile_crates_are_rejected(target: Target) -> None:
    assert broken(crates.hostile_crates(target)) == []


def test_pictures_leave_threads_for_others(target: Target) -> None:
    assert broken(pictures.many_pictures(target, times=(8,))) == []


def test_an_object_with_very_many_keywords_is_listed(target: Target) -> None:
    assert broken(keywords.very_many_keywords(target)) == []


@pytest.fixture
def killable() -> Iterator[AttackedServer]:
    with ExitStack() as stack:
        database = fresh_database(stack).get("DATABASE_URL")
        served = AttackedServer.prepare(stack, database)
        served.start()
        yield served


def test_acknowledged_writes_survive_a_kill(killable: AttackedServer) -> None:
    assert broken(killed_while_writing(killable)) == []


def test_password_guesses_are_limited(target: Target) -> None:
    assert broken(passwords.guessed_by_basic(target)) == []
