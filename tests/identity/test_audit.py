"""The audit trail of people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.core import context
from registry.core.models import Event
from registry.identity import audit
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_an_event_has_actor_verb_client_and_address() -> None:
    person = UserFactory()
    client = context.client.set("curl/8.4")
    address = context.address.set("192.0.2.7")
    try:
        audit.record("signed_in", person=person, detail={"with": "password"})
    finally:
        context.client.reset(client)
        context.address.reset(address)
    event = Event.objects.latest("id")
    assert (event.kind, event.record_id) == ("users", person.pk)
    assert (event.action, event.by_id) == ("signed_in", person.pk)
    assert (event.client, event.address) == ("curl/8.4", "192.0.2.7")
    assert event.detail == {"with": "password"}


def test_given_client_and_address_override_those_of_the_request() -> None:
    person, admin = UserFactory(), UserFactory()
    audit.record(
        "role_granted",
        person=person,
        by=admin,
        subject="handle-read",
        client="a client of OAuth",
        address="2001:db8::1",
    )
    event = Event.objects.latest("id")
    assert (event.record_id, event.by_id) == (person.pk, admin.pk)
    assert (event.subject, event.client) == ("handle-read", "a client of OAuth")
    assert event.address == "2001:db8::1"


def test_a_failed_sign_in_has_no_actor() -> None:
    person = UserFactory()
    audit.record("sign_in_failed", person=person)
    audit.record("sign_in_failed", person=None)
    unknown, known = Event.objects.order_by("-id")[:2]
    assert (known.record_id, known.by_id) == (person.pk, None)
    assert (unknown.record_id, unknown.by_id) == (None, None)
    assert str(unknown) == "users sign_in_failed"


def test_an_undeclared_verb_is_refused() -> None:
    with pytest.raises(ValueError, match="danced"):
        audit.record("danced", person=None)


def test_long_names_are_cut_to_what_the_columns_hold() -> None:
    audit.record("grant_refused", person=None, subject="s" * 999, client="c" * 999)
    event = Event.objects.latest("id")
    assert (len(event.subject), len(event.client)) == (200, 200)


def test_only_visits_and_addresses_are_deleted() -> None:
    person = UserFactory()
    for action in ("signed_in", "sign_in_failed", "signed_out", "role_requested"):
        for address in ("192.0.2.7", ""):
            audit.record(action, person=person, address=address)
    long_ago = timezone.now() - timedelta(days=400)
    Event.objects.update(at=long_ago)
    audit.record("signed_in", person=person, address="192.0.2.8")
    count = Event.objects.count()
    call_command("forget_visits", "365")
    assert Event.objects.count() == count - 6
    [asked, *_] = Event.objects.filter(action="role_requested")
    assert (asked.address, asked.by) == ("", person)
    assert Event.objects.get(action="signed_in").address == "192.0.2.8"
    assert not Event.objects.filter(at__lt=timezone.now() - timedelta(days=1)).exclude(
        address=""
    )


@pytest.mark.parametrize("days", ["0", "-3", "99999999"])
def test_an_invalid_number_of_days_deletes_nothing(days: str) -> None:
    audit.record("signed_in", person=UserFactory())
    with pytest.raises(CommandError, match="from 1 to 36500"):
        call_command("forget_visits", "--", days)
    assert Event.objects.filter(action="signed_in").exists()


def test_the_database_requires_a_record_id_except_for_accounts() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.create(kind="object", record_id=None, action="created")
