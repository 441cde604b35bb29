"""Events of changed and deleted records have the whole record as it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import DataProduct, Issue, Object
from registry.catalogue.services import update_data_product
from registry.core import snapshots
from registry.core.models import Event
from registry.core.records import change_record, delete_record, lock_record
from registry.core.snapshots import (
    changed_value,
    from_json,
    read_lists,
    record_before,
    whole_record,
)
from registry.identity.models import User
from registry.runs.models import CodeRun
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    IssueFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return UserFactory()


def _last_event() -> Event:
    return Event.objects.latest("pk")


def _expected(run: CodeRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "registered_by": run.registered_by_id,
        "updated_by": run.updated_by_id,
        "last_updated": run.last_updated.isoformat(),
        "run_date": run.run_date.isoformat(),
        "end_date": run.end_date.isoformat() if run.end_date else None,
        "description": run.description,
        "code_repo": run.code_repo_id,
        "model_config": run.model_config_id,
        "submission_script": run.submission_script_id,
        "failed": run.failed,
        "uuid": str(run.uuid),
        "withdrawn": None,
        "inputs": sorted(run.inputs.values_list("pk", flat=True)),
        "outputs": sorted(run.outputs.values_list("pk", flat=True)),
    }


def test_a_deletion_keeps_the_whole_record(person: User) -> None:
    parts = [ObjectComponentFactory() for _ in range(3)]
    run = CodeRun.objects.get(pk=CodeRunFactory(inputs=parts).pk)
    expected, name = _expected(run), str(run)
    assert run.run_date.microsecond
    delete_record(lock_record(CodeRun, run.pk), by=person)
    event = _last_event()
    assert event.detail == {"record": expected}
    assert (event.subject, event.changes) == (name, {})
    assert record_before(event) == expected


def test_a_deletion_keeps_the_lists_that_others_have_the_record_in(
    person: User,
) -> None:
    issue = IssueFactory()
    [part] = issue.component_issues.all()
    assert whole_record(issue)["component_issues"] == [part.pk]
    run = CodeRunFactory(inputs=[part])
    whole = whole_record(part)
    assert (whole["issues"], whole["inputs_of"]) == ([issue.pk], [run.pk])


def test_a_change_keeps_what_changes_do_not_have(person: User) -> None:
    run = CodeRun.objects.get(pk=CodeRunFactory().pk)
    expected, name = _expected(run), str(run)
    part = ObjectComponentFactory()
    values = {"description": "Fit again", "outputs": [part], "end_date": None}
    change_record(lock_record(CodeRun, run.pk), values, by=person)
    event = _last_event()
    known = event.detail["record"]
    assert event.subject == name
    assert known == {k: v for k, v in expected.items() if k not in values}
    assert event.changes["outputs"] == [expected["outputs"], [part.pk]]
    before = record_before(event)
    assert before is not None
    assert before == {**expected, "end_date": str(run.end_date)}
    end = CodeRun._meta.get_field("end_date")
    assert from_json(end, before["end_date"]) == run.end_date


def test_a_derived_field_is_kept(person: User) -> None:
    product = DataProductFactory(version="1.2.3", by=person)
    key = DataProduct.objects.get(pk=product.pk).version_key
    update_data_product(product.pk, {"version": "2.0.0"}, by=person)
    assert DataProduct.objects.get(pk=product.pk).version_key != key
    before = record_before(_last_event())
    assert before is not None
    stored = DataProduct._meta.get_field("version_key")
    assert before["version"] == "1.2.3"
    assert bytes(from_json(stored, before["version_key"])) == bytes(key)


def test_the_name_is_cut_to_its_column(person: User) -> None:
    product = DataProductFactory(name="x" * 250, by=person)
    update_data_product(product.pk, {"version": "2.0.0"}, by=person)
    assert _last_event().subject == "x" * 200


def test_a_changed_long_text_is_stored_only_twice(person: User) -> None:
    old, new = "o" * 2**20, "n" * 2**20
    item = ObjectFactory(description=old)
    change_record(lock_record(Object, item.pk), {"description": new}, by=person)
    event = _last_event()
    assert event.changes["description"] == [old, new]
    assert "description" not in event.detail["record"]
    before = record_before(event)
    assert before is not None
    assert before["description"] == old


def test_an_event_that_changed_nothing_has_no_record() -> None:
    IssueFactory()
    assert record_before(_last_event()) is None


def test_all_lists_take_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    run = lock_record(CodeRun, CodeRunFactory().pk)
    with django_assert_num_queries(1):
        lists = read_lists(run)
        assert read_lists(run) is lists
    assert [*lists] == ["inputs", "outputs"]


def test_a_change_takes_one_statement_for_all_lists(
    person: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The savepoints (four), the lists, the record, the event."""
    for values in ({"severity": 7}, {"severity": 8, "component_issues": []}):
        issue = lock_record(Issue, IssueFactory(severity=1).pk)
        removed = "component_issues" in values
        with django_assert_num_queries(7 + 2 * removed):
            change_record(issue, values, by=person)


class Sample(models.Model):
    """Fields of kinds that no record type has yet."""

    data = models.BinaryField()
    extra = models.JSONField()
    price = models.DecimalField(max_digits=30, decimal_places=20)
    lasted = models.DurationField()
    ratio = models.FloatField()
    day = models.DateField()

    class Meta:
        app_label = "samples"
        managed = False

    def __str__(self) -> str:
        return "sample"


@pytest.mark.parametrize(
    "name, value",
    [
        ("data", b"\0\xff picture"),
        ("data", memoryview(b"\0\xff")),
        ("extra", {"a": [1, None, "x"]}),
        ("price", "0.12345678901234567890"),
        ("lasted", "3 days, 1:02:03.000004"),
        ("ratio", 0.1),
        ("ratio", float("inf")),
        ("day", "0001-02-03"),
    ],
)
def test_values_of_every_kind_come_back(name: str, value: Any) -> None:
    field: Any = Sample._meta.get_field(name)
    if isinstance(value, str):
        value = field.to_python(value)
        assert not isinstance(value, str)
    sample: Any = Sample(**{name: value})
    stored = snapshots._to_json(field, sample)
    text = connection.ops.adapt_json_value(stored, None)
    assert text is not None
    assert from_json(field, stored) == value
    assert from_json(field, changed_value(value)) == value
