"""Records are created and changed completely or not at all, with events."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import (
    Author,
    FileType,
    Issue,
    Keyword,
    Namespace,
    Object,
    ObjectComponent,
    StorageLocation,
)
from registry.core import context
from registry.core.errors import BulkError, Duplicate, InvalidInput, NotFound, Stale
from registry.core.models import Event
from registry.core.records import (
    change_record,
    create_records,
    delete_record,
    lock_record,
)
from registry.identity.models import User
from registry.runs.models import CodeRun
from tests.factories import (
    AuthorFactory,
    CodeRunFactory,
    FileTypeFactory,
    IssueFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    person: User = UserFactory()
    return person


# --- storing --------------------------------------------------------------------------


def test_rows_are_stored_in_order_with_their_owner(person: User) -> None:
    rows = [{"name": f"Format {n}", "extension": str(n)} for n in range(3)]
    made = create_records(FileType, rows, by=person)
    assert [one.extension for one in made] == ["0", "1", "2"]
    assert [one.pk for one in made] == sorted(one.pk for one in made)
    stored = FileType.objects.get(pk=made[1].pk)
    assert (stored.registered_by, stored.updated_by) == (person, person)
    assert stored.last_updated == made[1].last_updated


def test_links_can_be_targets_or_ids(person: User) -> None:
    author, item = AuthorFactory(), ObjectFactory()
    by_id = create_records(Object, [{"authors": [author.pk]}], by=person)[0]
    by_target = create_records(Object, [{"authors": [author, author]}], by=person)[0]
    assert list(by_id.authors.all()) == list(by_target.authors.all()) == [author]
    words = [{"object": item, "keyphrase": "a"}, {"object": item.pk, "keyphrase": "b"}]
    assert [w.object_id for w in create_records(Keyword, words, by=person)] == [
        item.pk
    ] * 2


def test_lists_can_be_stored_from_the_other_side(person: User) -> None:
    parts = [ObjectComponentFactory(issues=[]) for _ in range(2)]
    row = {"description": "Row 7 is missing", "component_issues": parts}
    [issue] = create_records(Issue, [row], by=person)
    assert set(issue.component_issues.all()) == set(parts)
    assert list(parts[0].issues.all()) == [issue]


def test_no_rows_create_no_records(person: User) -> None:
    for model in (FileType, Object, Issue, CodeRun):
        assert create_records(model, [], by=person) == []


def test_each_record_gets_one_event_with_the_client(person: User) -> None:
    earlier = context.client.set("fair-cli/0.11.0")
    try:
        made = create_records(Object, [{}, {}], by=person)
    finally:
        context.client.reset(earlier)
    events = Event.objects.filter(kind="object", by=person).order_by("pk")
    assert [event.record_id for event in events] == [one.pk for one in made]
    assert {(event.action, event.client) for event in events} == {
        ("created", "fair-cli/0.11.0")
    }


@pytest.mark.parametrize("count", [1, 2, 50])
def test_the_number_of_statements_is_constant(
    person: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    authors = [AuthorFactory()]
    rows = [{"authors": authors} for _ in range(count)]
    # a savepoint, rows, links, events, the end of the savepoint; PostgreSQL takes links
    # and events in one
    with django_assert_num_queries(4 if connection.vendor == "postgresql" else 5):
        create_records(Object, rows, by=person)


def test_values_are_validated_unless_they_were(person: User) -> None:
    wrong: list[tuple[Any, dict[str, Any], str]] = [
        (FileType, {"name": "", "extension": "csv"}, "name"),
        (FileType, {"name": "a" * 1025, "extension": "csv"}, "name"),
        (Namespace, {"name": "a*"}, "name"),
        (Namespace, {"name": "a", "website": "nowhere"}, "website"),
        (Author, {"identifier": "0000-0002"}, "identifier"),
        (Author, {"uuid": uuid.uuid4()}, "name"),
        (Issue, {"description": "a", "severity": -1}, "severity"),
        (Object, {"uuid": "no UUID"}, "uuid"),
    ]
    for model, row, name in wrong:
        with pytest.raises(InvalidInput) as caught:
            create_records(model, [row], by=person)
        assert name in caught.value.fields, model


def test_errors_of_several_rows_have_numbers(person: User) -> None:
    rows = [{"name": name} for name in ("a", "b*", "c", "d?")]
    with pytest.raises(BulkError) as caught:
        create_records(Namespace, rows, by=person)
    assert sorted(caught.value.errors) == [1, 3]
    assert caught.value.total == 4
    assert not Namespace.objects.exists()
    assert not Event.objects.filter(kind="namespace").exists()


def test_every_duplicate_among_several_rows_is_reported(person: User) -> None:
    known = NamespaceFactory(name="a", full_name="A")
    rows: list[dict[str, Any]] = [
        {"name": "b"},
        {"name": "a"},
        {"name": "c", "full_name": "A"},
        {"name": "b"},
        {"name": "d", "full_name": None},
        {"name": "e", "full_name": ""},
    ]
    with pytest.raises(BulkError) as caught:
        create_records(Namespace, rows, by=person)
    errors = caught.value.errors
    found = {
        n: (e.fields, e.existing) for n, e in errors.items() if isinstance(e, Duplicate)
    }
    assert found == {
        1: (("name",), known),
        2: (("full_name",), known),
        3: (("name",), None),
    }
    assert sorted(errors) == [1, 2, 3]
    assert Namespace.objects.get() == known


def test_a_row_with_two_duplicates_reports_one(person: User) -> None:
    first, second = NamespaceFactory(), NamespaceFactory()
    row = {"name": second.name, "full_name": first.full_name}
    with pytest.raises(Duplicate) as caught:
        create_records(Namespace, [row], by=person)
    assert (caught.value.fields, caught.value.existing) == (("name",), second)


def test_a_link_to_a_deleted_record_is_not_a_duplicate(person: User) -> None:
    row = {"path": "a", "hash": "b", "storage_root": 10**9}

    def create() -> None:
        create_records(StorageLocation, [row], by=person, validated=True)
        # PostgreSQL checks links at the end, or when asked to
        transaction.get_connection().check_constraints()

    with pytest.raises(IntegrityError), transaction.atomic():
        create()


# --- changing -------------------------------------------------------------------------


def test_a_change_records_old_and_new_values(person: User) -> None:
    run = CodeRunFactory()
    part = ObjectComponentFactory()
    old_inputs = [run.inputs.get().pk]
    values = {"description": "b", "code_repo": None, "inputs": [part], "end_date": None}
    record = lock_record(CodeRun, run.pk)
    change_record(record, values, by=person)
    event = Event.objects.latest("pk")
    assert (event.kind, event.record_id, event.action) == (
        "code_run",
        run.pk,
        "updated",
    )
    assert event.changes == {
        "description": [run.description, "b"],
        "code_repo": [run.code_repo_id, None],
        "inputs": [old_inputs, [part.pk]],
        "end_date": [str(run.end_date), None],
    }
    stored = CodeRun.objects.get(pk=run.pk)
    assert (stored.registered_by, stored.updated_by) == (run.registered_by, person)
    assert stored.last_updated > run.last_updated
    assert stored.revision != run.revision


def test_equal_values_are_not_a_change(person: User) -> None:
    issue = IssueFactory()
    parts = list(issue.component_issues.all())
    same = {"severity": issue.severity, "component_issues": [*parts, *parts]}
    record = lock_record(Issue, issue.pk)
    before = Event.objects.count()
    change_record(record, same, by=person)
    assert Event.objects.count() == before
    stored = Issue.objects.get(pk=issue.pk)
    assert (stored.revision, stored.updated_by) == (issue.revision, issue.updated_by)


def test_the_order_of_a_list_does_not_count(person: User) -> None:
    parts = [ObjectComponentFactory(issues=[]) for _ in range(3)]
    issue = IssueFactory(component_issues=parts)
    record = lock_record(Issue, issue.pk)
    change_record(record, {"component_issues": parts[::-1]}, by=person)
    assert Issue.objects.get(pk=issue.pk).revision == issue.revision


def test_an_empty_text_becomes_null_in_nullable_fields(person: User) -> None:
    space = NamespaceFactory()
    record = lock_record(Namespace, space.pk)
    change_record(record, {"full_name": "", "website": ""}, by=person)
    stored = Namespace.objects.get(pk=space.pk)
    assert (stored.full_name, stored.website) == (None, None)


def test_a_duplicate_change_changes_nothing(person: User) -> None:
    known, other = FileTypeFactory(), FileTypeFactory()
    record = lock_record(FileType, other.pk)
    values = {"name": known.name, "extension": known.extension}
    with pytest.raises(Duplicate) as caught:
        change_record(record, values, by=person)
    assert caught.value.existing == known
    assert FileType.objects.get(pk=other.pk).name == other.name


def test_an_invalid_change_is_refused(person: User) -> None:
    record = lock_record(Namespace, NamespaceFactory().pk)
    with pytest.raises(InvalidInput) as caught:
        change_record(record, {"name": "a*"}, by=person)
    assert list(caught.value.fields) == ["name"]
    run = lock_record(CodeRun, CodeRunFactory().pk)
    with pytest.raises(InvalidInput) as caught:
        change_record(run, {"end_date": datetime(1978, 1, 1, tzinfo=UTC)}, by=person)
    assert list(caught.value.fields) == ["end_date"]


def test_the_events_of_a_record_outlive_it(person: User) -> None:
    run = CodeRunFactory()
    delete_record(lock_record(CodeRun, run.pk), by=person)
    actions = Event.objects.filter(kind="code_run", record_id=run.pk)
    assert [*actions.order_by("pk").values_list("action", flat=True)] == [
        "created",
        "deleted",
    ]


def test_a_record_is_locked_only_in_a_known_revision() -> None:
    space = NamespaceFactory()
    assert lock_record(Namespace, space.pk, unless_changed=[space.revision]) == space
    assert lock_record(Namespace, space.pk, unless_changed=None) == space
    with pytest.raises(Stale):
        lock_record(Namespace, space.pk, unless_changed=[])
    with pytest.raises(NotFound):
        lock_record(Namespace, 10**9)


def test_a_record_with_links_to_it_cannot_be_deleted(person: User) -> None:
    part = ObjectComponentFactory()
    with pytest.raises(Exception, match="protected"):
        delete_record(lock_record(Object, part.object_id), by=person)
    assert ObjectComponent.objects.filter(pk=part.pk).exists()
