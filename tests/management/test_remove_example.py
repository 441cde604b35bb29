"""`remove_example` takes away exactly what `load_example` registered, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from registry.catalogue.models import (
    FileType,
    Namespace,
    Object,
    ObjectComponent,
)
from registry.core.models import Event
from registry.core.record_types import record_types
from registry.identity.models import User
from registry.identity.services import create_user
from registry.runs.models import CodeRun
from tests.api.client import Api, data_of
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    FileTypeFactory,
    IssueFactory,
    KeywordFactory,
    ObjectFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def admin() -> User:
    return create_user(username="admin", is_superuser=True)


def everything() -> dict[str, set[int]]:
    """Return the ids of all records by kind."""
    return {
        one.kind: set(one.model._default_manager.values_list("pk", flat=True))
        for one in record_types()
    }


def test_it_is_removed_with_events_and_nothing_else(
    admin: User, capsys: Output
) -> None:
    mine = ObjectFactory()
    # the example uses what is there already
    FileTypeFactory(name="Comma-separated values", extension="csv")
    before = everything()
    call_command("load_example")
    total = sum(len(ids - before[kind]) for kind, ids in everything().items())
    assert total > 80
    # anybody can call themselves so, and network addresses are forgotten in time
    for person in (admin, create_user(username="bob")):
        api = Api(person, **{"user-agent": "manage.py load_example"})
        body = {"name": person.username, "extension": "x"}
        pk = data_of(api.post("/api/file_type/", body), 201)["url"].split("/")[-2]
        before["file_type"].add(int(pk))
    Event.objects.exclude(by=admin).update(address="")
    capsys.readouterr()
    call_command("remove_example")
    said = capsys.readouterr().out
    assert said.startswith("Removed the example: 1 run_request, ")
    assert " 3 code_run, " in said
    assert everything() == before
    assert Object.objects.get() == mine
    removed = Event.objects.filter(action="deleted", client="manage.py remove_example")
    assert removed.count() == total
    assert {event.by for event in removed} == {admin}
    call_command("remove_example")
    assert capsys.readouterr().out == (
        "The example is not registered; nothing was removed.\n"
    )
    # it does not come back by itself, but on demand
    Object.objects.filter(pk=mine.pk).update(storage_location=None)
    mine.components.all().delete()
    mine.delete()
    call_command("prepare")
    assert not Object.objects.exists()
    call_command("load_example")
    assert CodeRun.objects.count() == 3


def _run() -> Any:
    return CodeRunFactory(inputs=[ObjectComponent.objects.order_by("pk")[0]])


def _product_in_its_namespace() -> Any:
    return DataProductFactory(namespace=Namespace.objects.get(name="boarding-school"))


def _product_of_its_object() -> Any:
    return DataProductFactory(object=Object.objects.order_by("pk")[0])


def _issue() -> Any:
    return IssueFactory(component_issues=[ObjectComponent.objects.order_by("pk")[0]])


def _keyword() -> Any:
    return KeywordFactory(object=Object.objects.order_by("pk")[0])


def test_what_builds_on_it_is_named_and_nothing_is_removed() -> None:
    call_command("load_example")
    csv = FileType.objects.get(extension="csv")
    author = Object.objects.order_by("pk")[0].authors.get()
    user_of_shared = ObjectFactory(file_type=csv, authors=[author])
    for build in (
        _run,
        _product_in_its_namespace,
        _product_of_its_object,
        _issue,
        _keyword,
    ):
        mine = build()
        before, events = everything(), Event.objects.count()
        with pytest.raises(CommandError) as refusal:
            call_command("remove_example")
        assert f"{mine._meta.verbose_name} {mine.pk} (" in str(refusal.value)
        assert "Nothing was removed" in str(refusal.value)
        assert (everything(), Event.objects.count()) == (before, events)
        mine.delete()
    # nobody owns file types and authors, so those that others use stay
    call_command("remove_example")
    user_of_shared.refresh_from_db()
    assert user_of_shared.file_type == csv
    assert list(user_of_shared.authors.all()) == [author]
    assert not CodeRun.objects.exists()
    assert not Namespace.objects.filter(name="boarding-school").exists()


def test_a_registry_can_start_without_it(settings: LazySettings) -> None:
    settings.LOAD_EXAMPLE = False
    call_command("prepare")
    assert not Object.objects.exists()


def test_without_an_administrator_nothing_is_removed(admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(username="root")
    with pytest.raises(CommandError, match="no account 'admin'"):
        call_command("remove_example")
