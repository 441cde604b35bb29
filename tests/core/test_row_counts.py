"""Counts are exact: of the records of a type and of a filtered list, at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.models import Count, QuerySet
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import FileType, Keyword, Object
from registry.core.models import RowChange
from registry.core.records import create_records
from registry.core.row_counts import RememberedCounts, present_rows, remembered
from registry.identity.models import User
from tests.factories import (
    AuthorFactory,
    FileTypeFactory,
    KeywordFactory,
    ObjectFactory,
    UserFactory,
    registrar,
)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    remembered.clear()
    yield
    remembered.clear()


def _counted(queryset: QuerySet[Any]) -> int:
    """Count by the database itself."""
    number: int = queryset.order_by().aggregate(number=Count("pk"))["number"]
    return number


def _all_ways() -> list[QuerySet[Any]]:
    present = FileType.objects.not_withdrawn()
    return [
        FileType.objects.all(),
        present,
        present.filter(extension__glob="*1"),
        present.filter(name="Format 3"),
        FileType.objects.filter(withdrawn__isnull=False),
        FileType.objects.none(),
    ]


@pytest.mark.django_db
def test_every_way_of_writing_changes_the_count() -> None:
    user = registrar()
    rows = [{"name": f"Format {n}", "extension": str(n)} for n in range(20)]

    def check() -> None:
        for queryset in _all_ways():
            assert queryset.count() == _counted(queryset), queryset.query

    check()
    create_records(FileType, rows, by=user)
    check()
    FileType.objects.filter(extension__in=["3", "11"]).update(withdrawn="wrong")
    check()
    FileType.objects.filter(extension="1").update(name="Format 3")
    check()
    FileType.objects.filter(extension="11").update(withdrawn=None)
    check()
    FileType.objects.filter(extension__in=["1", "3", "5"]).delete()
    check()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM registry_filetype WHERE extension = '7'")
    check()
    assert FileType.objects.count() == 16


@pytest.mark.django_db
def test_a_rollback_takes_the_count_back() -> None:
    FileTypeFactory.create_batch(3)
    present = FileType.objects.not_withdrawn()
    formats = present.filter(name__glob="*")
    assert (present.count(), formats.count()) == (3, 3)
    with transaction.atomic():
        FileTypeFactory.create_batch(2)
        assert (present.count(), formats.count()) == (5, 5)
        transaction.set_rollback(True)
    assert (present.count(), formats.count()) == (3, 3)
    FileTypeFactory.create_batch(2)
    assert (present.count(), formats.count()) == (5, 5)


@pytest.mark.django_db
def test_a_count_takes_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    KeywordFactory.create_batch(3)
    keywords = Keyword.objects.not_withdrawn().filter(keyphrase__glob="*")
    with django_assert_num_queries(1):
        assert keywords.count() == 3
    with django_assert_num_queries(1):
        assert keywords.count() == 3
    with django_assert_num_queries(1):
        assert Keyword.objects.not_withdrawn().count() == 3
    with django_assert_num_queries(1):
        found = present_rows([Keyword, Object])
    assert found == {Keyword: 3, Object: _counted(Object.objects.all())}


@pytest.mark.django_db
def test_a_count_over_several_tables_notices_each_of_them() -> None:
    thing = ObjectFactory.create()
    of_thing = Keyword.objects.filter(object__description=thing.description)
    KeywordFactory.create(object=thing)
    assert of_thing.count() == 1
    Object.objects.filter(pk=thing.pk).update(description="another")
    assert of_thing.count() == 0


@pytest.mark.django_db
def test_a_table_without_triggers_is_counted_each_time() -> None:
    users = User.objects.filter(username__startswith="member")
    number = users.count()
    UserFactory.create(username="member-1")
    assert users.count() == number + 1
    thing = ObjectFactory.create(authors=[])
    with_authors = Object.objects.filter(authors__isnull=False).distinct()
    assert with_authors.count() == 0
    thing.authors.add(AuthorFactory.create(), AuthorFactory.create())
    assert with_authors.count() == 1


@pytest.mark.django_db
def test_sliced_and_combined_querysets_are_counted_as_usual() -> None:
    FileTypeFactory.create_batch(4)
    types = FileType.objects.order_by("pk")
    assert types[1:3].count() == 2
    every = FileType.objects.order_by()
    assert every.union(every).count() == 4
    assert FileType.objects.values("withdrawn").annotate(n=Count("pk")).count() == 1


def test_the_least_used_counts_are_forgotten() -> None:
    counts = RememberedCounts(most=2)
    for name in (b"a", b"b"):
        counts.put(name, (1, 1))
    assert counts.get(b"a") == (1, 1)
    counts.put(b"c", (2, 2))
    assert [counts.get(name) for name in (b"a", b"b", b"c")] == [(1, 1), None, (2, 2)]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_counts_are_exact_while_eight_people_write() -> None:
    """A reader compares in transactions that see one moment of the database."""
    user = registrar()
    writers = [Thread(target=_write, args=(user, seed)) for seed in range(8)]
    for writer in writers:
        writer.start()
    compared = 0
    while any(writer.is_alive() for writer in writers) or not compared:
        compared += _compare_in_one_moment()
    for writer in writers:
        writer.join()
    assert compared >= 5
    _compare_in_one_moment()


def _write(user: User, seed: int) -> None:
    """Create, change, withdraw and delete file types; some transactions fail."""
    random = Random(seed)
    try:
        for turn in range(25):
            names = [f"{seed}/{turn}/{n}" for n in range(random.randrange(1, 9))]
            rows = [{"name": name, "extension": name[-1]} for name in names]
            create_records(FileType, rows, by=user)
            mine = FileType.objects.filter(name__startswith=f"{seed}/")
            some = random.sample(sorted(mine.values_list("pk", flat=True)), 1)
            with transaction.atomic():
                mine.filter(pk__in=some).update(withdrawn="wrong")
            with transaction.atomic():
                mine.filter(pk__in=some).delete()
            with transaction.atomic():
                mine.update(extension=models.F("name"))
                transaction.set_rollback(True)
    finally:
        connection.close()


def _compare_in_one_moment() -> int:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for queryset in _all_ways():
            assert queryset.count() == _counted(queryset), queryset.query
    return 1


@pytest.mark.django_db(transaction=True)
def test_a_table_that_was_emptied_is_counted_from_nothing() -> None:
    FileTypeFactory.create_batch(3)
    call_command("flush", verbosity=0, interactive=False)
    assert FileType.objects.not_withdrawn().count() == 0
    FileTypeFactory.create_batch(2)
    assert FileType.objects.not_withdrawn().count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_migration_counts_tables_whose_triggers_were_lost() -> None:
    FileTypeFactory.create_batch(3)
    with connection.cursor() as cursor:
        for event in ("insert", "update", "delete", "truncate"):
            on = " ON registry_filetype" if connection.vendor == "postgresql" else ""
            table = "" if on else "_registry_filetype"
            cursor.execute(f"DROP TRIGGER IF EXISTS registry_count_{event}{table}{on}")
    FileTypeFactory.create_batch(4)
    call_command("migrate", verbosity=0)
    FileTypeFactory.create()
    assert FileType.objects.not_withdrawn().count() == 8


@pytest.mark.django_db
def test_numbers_that_are_wrong_can_be_corrected(
    capsys: pytest.CaptureFixture[str],
) -> None:
    FileTypeFactory.create_batch(3)
    present = FileType.objects.not_withdrawn()
    RowChange.objects.filter(name="registry_filetype").update(present=0)
    assert present.count() == 0
    call_command("recount")
    assert capsys.readouterr().out == "registry_filetype: +3\n"
    assert present.count() == 3
    call_command("recount")
    assert capsys.readouterr().out == ""
    FileTypeFactory.create()
    assert present.count() == 4
