"""The command `restore_record`: deleted records come back, and changes are undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from registry.catalogue.models import DataProduct, Issue, Object, ObjectComponent
from registry.catalogue.services import update_data_product, update_issue
from registry.core.models import Event, Record
from registry.core.records import delete_record, lock_record
from registry.identity.models import User
from registry.runs.model_runs.content import fingerprint_of
from registry.runs.model_runs.correcting import delete_model_run
from registry.runs.models import CodeRun, ModelRun
from registry.runs.services import delete_code_run, update_code_run
from tests.api.client import Api, data_of, path_of, revision_of
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    IssueFactory,
    ModelRunFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

Output = pytest.CaptureFixture[str]


@pytest.fixture
def person() -> User:
    return UserFactory()


@pytest.fixture
def run(person: User) -> CodeRun:
    return CodeRun.objects.get(pk=CodeRunFactory(by=person).pk)


def _restore(*arguments: Any) -> None:
    call_command("restore_record", *map(str, arguments))


def _refusal(*arguments: Any) -> str:
    events = Event.objects.count()
    with pytest.raises(CommandError) as caught:
        _restore(*arguments)
    assert Event.objects.count() == events
    return str(caught.value)


def _last_event() -> Event:
    """Return the last event that is not of an account."""
    return Event.objects.exclude(kind="users").latest("pk")


def _delete(record: Record) -> None:
    delete_record(
        lock_record(type(record), record.pk), by=UserFactory(username="eraser")
    )


def _shown(record: Record) -> dict[str, Any]:
    shown = data_of(Api(UserFactory()).get(path_of(record)))
    return {name: one for name, one in shown.items() if name != "last_updated"}


def test_a_deleted_run_comes_back_as_it_was(run: CodeRun, capsys: Output) -> None:
    shown, tag = _shown(run), revision_of(run)
    delete_code_run(run.pk, by=run.registered_by)
    deleted = _last_event()
    _restore("code_run", run.pk)
    assert capsys.readouterr().out == (
        f"Restored code run {run.pk} ({run}) as it was before event {deleted.pk}.\n"
    )
    assert _shown(run) == shown
    assert revision_of(run) != tag
    restored = CodeRun.objects.get(pk=run.pk)
    assert restored.last_updated > run.last_updated
    assert restored.run_date == run.run_date
    event = _last_event()
    assert (event.kind, event.record_id) == ("code_run", run.pk)
    assert (event.action, event.by, event.subject) == ("restored", None, str(run))
    assert (event.detail, event.changes) == ({"event": deleted.pk}, {})
    assert event.client == "manage.py restore_record"


def test_a_restored_run_is_found_and_part_of_the_lineage(run: CodeRun) -> None:
    [part] = run.outputs.all()
    delete_code_run(run.pk, by=run.registered_by)
    assert data_of(Api().get(path_of(part)))["outputs_of"] == []
    _restore("code_run", run.pk)
    page = data_of(Api().get("/api/code_run/", {"description": run.description}))
    assert page["count"] == 1
    found = Client().get("/search/", {"q": run.description}).content.decode()
    assert f"/code_run/{run.pk}/" in found
    lineage = data_of(Api().get(f"/api/lineage/object/{part.object_id}/"))
    assert f"code_run/{run.pk}" in {node["id"] for node in lineage["nodes"]}


def test_a_deleted_model_run_comes_back_after_its_code_run(person: User) -> None:
    run = ModelRunFactory(by=person, annotations={"RCP": "4.5"})
    shown = _shown(run)
    delete_model_run(run.pk, by=person)
    message = _refusal("model_run", run.pk)
    assert f"code run {run.code_run_id} does not exist any more" in message
    _restore("code_run", run.code_run_id)
    _restore("model_run", run.pk)
    assert _shown(run) == shown
    found = data_of(Api().get("/api/model_run/", {"annotation.RCP": "4.50"}))
    assert [one["url"] for one in found["results"]] == [shown["url"]]


def test_a_model_run_without_its_organisation_has_another_fingerprint(
    person: User,
) -> None:
    run = ModelRunFactory(by=person)
    delete_model_run(run.pk, by=person)
    _delete(run.requesting_organisation)
    _restore("code_run", run.code_run_id)
    _restore("model_run", run.pk)
    restored = ModelRun.objects.get(pk=run.pk)
    assert restored.requesting_organisation is None
    assert restored.fingerprint == fingerprint_of(restored) != run.fingerprint


def test_new_records_do_not_take_the_restored_id(run: CodeRun) -> None:
    delete_code_run(run.pk, by=run.registered_by)
    between = CodeRunFactory()
    _restore("code_run", run.pk)
    after = CodeRunFactory()
    assert len({run.pk, between.pk, after.pk}) == CodeRun.objects.count() == 3


def test_the_account_that_restores_can_be_named(run: CodeRun, person: User) -> None:
    other = UserFactory(username="curie")
    delete_code_run(run.pk, by=person)
    _restore("code_run", run.pk, "--by", "curie")
    restored = CodeRun.objects.get(pk=run.pk)
    assert (restored.registered_by, restored.updated_by) == (person, other)
    assert _last_event().by == other


def test_any_deletion_of_a_record_can_be_chosen(run: CodeRun) -> None:
    delete_code_run(run.pk, by=run.registered_by)
    first = _last_event()
    _restore("code_run", run.pk)
    update_code_run(run.pk, {"description": "Later"}, by=run.registered_by)
    delete_code_run(run.pk, by=run.registered_by)
    _restore("code_run", run.pk, "--event", first.pk)
    assert CodeRun.objects.get(pk=run.pk).description == run.description


def test_links_of_lists_that_lead_nowhere_are_named(
    run: CodeRun, capsys: Output
) -> None:
    kept, gone = run.inputs.get(), ObjectComponentFactory(issues=[])
    update_code_run(run.pk, {"inputs": [kept, gone]}, by=run.registered_by)
    delete_code_run(run.pk, by=run.registered_by)
    _delete(gone)
    _restore("code_run", run.pk)
    line = f"Left out of inputs, not on record any more: {gone.pk}\n"
    assert line in capsys.readouterr().out
    assert [*CodeRun.objects.get(pk=run.pk).inputs.all()] == [kept]
    assert _last_event().detail["missing"] == {"inputs": [gone.pk]}


def test_an_optional_link_that_leads_nowhere_is_left_out(
    run: CodeRun, capsys: Output
) -> None:
    repo = run.code_repo
    assert repo is not None
    delete_code_run(run.pk, by=run.registered_by)
    _erase(repo)
    _restore("code_run", run.pk)
    line = f"Left out of code_repo, not on record any more: {repo.pk}\n"
    assert line in capsys.readouterr().out
    assert CodeRun.objects.get(pk=run.pk).code_repo is None


def _erase(item: Object) -> None:
    Object.objects.get(pk=item.pk).authors.clear()
    item.components.all().delete()
    Object.objects.filter(pk=item.pk).delete()


def test_any_record_type_can_be_restored(capsys: Output) -> None:
    """What the product does not delete, a later version might."""
    issue = Issue.objects.get(pk=IssueFactory().pk)
    shown = _shown(issue)
    _delete(issue)
    assert ObjectComponent.objects.filter(issues=issue.pk).count() == 0
    _restore("issue", issue.pk)
    assert _shown(issue) == shown


def test_a_change_is_undone(run: CodeRun, person: User) -> None:
    shown = _shown(run)
    values: dict[str, Any] = {
        "description": "Wrong",
        "inputs": [],
        "end_date": None,
        "code_repo": None,
    }
    update_code_run(run.pk, values, by=person)
    event = _last_event()
    update_code_run(run.pk, {"description": "Wrong again"}, by=person)
    _restore("code_run", run.pk, "--event", event.pk)
    assert _shown(run) == shown
    restored = _last_event()
    assert (restored.action, restored.by) == ("restored", None)
    assert restored.detail["event"] == event.pk
    assert restored.changes["description"] == ["Wrong again", run.description]
    # what the restoration replaced can be restored as well
    _restore("code_run", run.pk, "--event", restored.pk)
    assert CodeRun.objects.get(pk=run.pk).description == "Wrong again"


def test_a_derived_field_is_restored(person: User) -> None:
    product = DataProductFactory(version="1.2.3", by=person)
    before = DataProduct.objects.get(pk=product.pk)
    update_data_product(product.pk, {"version": "2.0.0"}, by=person)
    _restore("data_product", product.pk, "--event", _last_event().pk)
    after = DataProduct.objects.get(pk=product.pk)
    assert (after.version, after.version_key) == (before.version, before.version_key)


def test_undoing_a_change_takes_nothing_from_other_runs(
    run: CodeRun, person: User
) -> None:
    part = ObjectComponentFactory()
    outputs = [*run.outputs.all(), part]
    update_code_run(run.pk, {"outputs": outputs}, by=person)
    event = _last_event()
    reader = CodeRunFactory(inputs=[part])
    refusal = _refusal("code_run", run.pk, "--event", event.pk)
    assert f"object_component/{part.pk} cannot be removed" in refusal
    assert f"code_run/{reader.pk}" in refusal
    assert run.outputs.count() == 2


def test_what_cannot_be_restored_is_refused(run: CodeRun, person: User) -> None:
    made = Event.objects.get(kind="code_run", record_id=run.pk)
    title = f"code run {run.pk}"
    assert "no record type nonsense. Choose from author" in _refusal("nonsense", 1)
    assert _refusal("code_run", run.pk) == f"The {title} is there already."
    gone = "There is no event of the deletion of code run 4711."
    assert _refusal("code_run", 4711) == gone
    assert _refusal("code_run", run.pk, "--event", 10**9) == (
        f"There is no event {10**9} of {title}."
    )
    other = Event.objects.filter(kind="object").latest("pk").pk
    assert "There is no event" in _refusal("code_run", run.pk, "--event", other)
    without = _refusal("code_run", run.pk, "--event", made.pk)
    assert without.startswith(f"Event {made.pk} (created) does not have the code run")
    assert "no account 'nobody'" in _refusal("code_run", run.pk, "--by", "nobody")
    update_code_run(run.pk, {"description": "b"}, by=person)
    event = _last_event()
    _restore("code_run", run.pk, "--event", event.pk)
    assert "is as it was before" in _refusal("code_run", run.pk, "--event", event.pk)
    delete_code_run(run.pk, by=person)
    assert "does not exist" in _refusal("code_run", run.pk, "--event", event.pk)
    deleted = _last_event()
    _restore("code_run", run.pk)
    again = _refusal("code_run", run.pk, "--event", deleted.pk)
    assert again == f"The {title} is there already."


def test_a_deletion_of_an_earlier_version_cannot_be_restored(run: CodeRun) -> None:
    delete_code_run(run.pk, by=run.registered_by)
    Event.objects.filter(action="deleted").update(detail={})
    assert "does not have the code run" in _refusal("code_run", run.pk)


def test_a_clash_with_a_record_of_today_is_named(run: CodeRun, person: User) -> None:
    delete_code_run(run.pk, by=person)
    other = CodeRunFactory(uuid=run.uuid)
    assert _refusal("code_run", run.pk) == (
        f"Field uuid must be unique: code run {other.pk} ({other}) has the same."
    )
    space = NamespaceFactory(name="ours")
    product = DataProductFactory(namespace=space, name="a", version="1.0.0", by=person)
    update_data_product(product.pk, {"version": "2.0.0"}, by=person)
    event = _last_event()
    taken = DataProductFactory(namespace=space, name="a", version="1.0.0")
    refusal = _refusal("data_product", product.pk, "--event", event.pk)
    assert f"data product {taken.pk} (a 1.0.0) has the same" in refusal


def test_a_link_that_is_needed_is_named() -> None:
    part = ObjectComponentFactory(issues=[])
    item = part.object
    _delete(part)
    _erase(item)
    refusal = _refusal("object_component", part.pk)
    assert refusal.startswith(f"object: object {item.pk} does not exist any more")


def test_a_change_of_an_issue_is_undone_on_both_sides(person: User) -> None:
    issue = IssueFactory(by=person)
    [part] = issue.component_issues.all()
    other = ObjectComponentFactory(issues=[])
    update_issue(issue.pk, {"component_issues": [other]}, by=person)
    _restore("issue", issue.pk, "--event", _last_event().pk)
    assert [*part.issues.all()] == [issue]
