"""What single hostile requests do to a registry that is served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from attacks.findings import Finding
from attacks.scenarios import (
    crates,
    keywords,
    large,
    passwords,
    pictures,
    refusals,
    smuggling,
    twins,
)
from attacks.scenarios.kill import killed_while_writing
from attacks.served import Served
from attacks.target import Target
from tests.plugins.databases import fresh_database

# the guessing, which locks the administrator's password, is last
pytestmark = pytest.mark.xdist_group("attacks")


def broken(findings: list[Finding]) -> list[str]:
    """Return what did not hold; there must have been something to find."""
    assert findings
    return [f"{one.name}: {one.seen}" for one in findings if not one.holds]


def test_what_is_refused_is_refused_before_its_body(target: Target) -> None:
    assert broken(refusals.refused_before_their_bodies(target)) == []


@pytest.mark.once
def test_ambiguous_requests_are_refused_with_what_is_behind_them(
    target: Target,
) -> None:
    assert broken(smuggling.ambiguous_requests(target)) == []


@pytest.mark.once
def test_headers_without_end_are_cut_off(target: Target) -> None:
    assert broken(smuggling.headers_without_end(target)) == []


def test_of_two_who_register_the_same_one_is_first(target: Target) -> None:
    assert broken(twins.duplicate_pairs(target)) == []


def test_one_idempotency_key_stores_one_record(target: Target) -> None:
    assert broken(twins.idempotent_pairs(target)) == []


def test_a_body_of_empty_objects_takes_little_memory(target: Target) -> None:
    assert broken(large.empty_objects(target)) == []


def test_a_file_where_fields_are_read_takes_little_memory(target: Target) -> None:
    assert broken(large.multipart_to_the_token_endpoint(target)) == []


def test_hostile_crates_are_refused(target: Target) -> None:
    assert broken(crates.hostile_crates(target)) == []


def test_pictures_leave_threads_to_others(target: Target) -> None:
    assert broken(pictures.many_pictures(target, times=(8,))) == []


def test_an_object_of_very_many_keywords_is_listed(target: Target) -> None:
    assert broken(keywords.very_many_keywords(target)) == []


@pytest.fixture
def killable() -> Iterator[Served]:
    with ExitStack() as stack:
        database = fresh_database(stack).get("DATABASE_URL")
        served = Served.prepared(stack, database)
        served.start()
        yield served


def test_what_was_acknowledged_outlives_a_kill(killable: Served) -> None:
    assert broken(killed_while_writing(killable)) == []


def test_guesses_at_a_password_are_limited(target: Target) -> None:
    assert broken(passwords.guessed_by_basic(target)) == []
