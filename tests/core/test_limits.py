"""Links to one record are limited on every surface."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from pytest_django import Settings

from registry.catalogue import services
from registry.catalogue.models import (
    DataProduct,
    Issue,
    KeyValue,
    Keyword,
    Licence,
    Object,
    ObjectComponent,
)
from registry.core.errors import BulkError, InvalidInput
from registry.core.models import Event
from registry.core.records import create_records
from registry.provenance.importing import Graph, Thing, register_graph
from registry.runs.models import CodeRun
from registry.runs.services import update_code_run
from tests import factories
from tests.api.client import Api, data_of, path_of
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    IssueFactory,
    KeywordFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
    registrar,
    values_of,
)
from tests.services import register

pytestmark = pytest.mark.django_db

MOST = 3


@pytest.fixture(autouse=True)
def _few(settings: Settings) -> None:
    settings.ANNOTATIONS = settings.COMPONENTS = settings.RUN_LINKS = MOST


def _values(model: type[models.Model], **given: Any) -> dict[str, Any]:
    return values_of(getattr(factories, f"{model.__name__}Factory"), **given)


# --- of a link to one record ----------------------------------------------------------


@pytest.mark.parametrize("model", [Keyword, Licence, KeyValue, DataProduct])
def test_links_to_an_object_are_limited(model: Any) -> None:
    item, other = ObjectFactory(), ObjectFactory()
    register(model, [_values(model, object=item) for _ in range(MOST)], by=registrar())
    with pytest.raises(InvalidInput) as raised:
        register(model, [_values(model, object=item)], by=registrar())
    assert list(raised.value.fields) == ["object"]
    assert raised.value.fields["object"] == [
        f"Object {item.pk} can have at most {MOST} {model._meta.verbose_name_plural} "
        "(REGISTRY_ANNOTATIONS)."
    ]
    assert model.objects.filter(object=item).count() == MOST
    # of each object by itself
    register(model, [_values(model, object=other)], by=registrar())


def test_an_object_has_components_up_to_their_own_limit(
    settings: Settings,
) -> None:
    settings.COMPONENTS = MOST + 1
    item = ObjectFactory()
    rows = [_values(ObjectComponent, object=item, issues=[]) for _ in range(MOST)]
    # the whole object is one of them
    create_records(ObjectComponent, rows, by=registrar())
    with pytest.raises(InvalidInput, match="REGISTRY_COMPONENTS"):
        ObjectComponentFactory(object=item, issues=[])


def test_rows_whose_target_has_too_many_links_are_reported() -> None:
    full, free = ObjectFactory(), ObjectFactory()
    for _ in range(MOST):
        KeywordFactory(object=full)
    rows = [_values(Keyword, object=item) for item in (free, full, free)]
    events = Event.objects.count()
    with pytest.raises(BulkError) as raised:
        create_records(Keyword, rows, by=registrar())
    assert list(raised.value.errors) == [1]
    assert Keyword.objects.count() == MOST
    assert Event.objects.count() == events


def test_a_product_cannot_move_to_an_object_at_its_limit() -> None:
    full = ObjectFactory(storage_location=None)
    for _ in range(MOST):
        DataProductFactory(object=full)
    product = DataProductFactory()
    with pytest.raises(InvalidInput, match="at most 3 data products"):
        services.update_data_product(product.pk, {"object": full}, by=registrar())
    services.update_data_product(product.pk, {"object": product.object}, by=registrar())


# --- of lists of links ----------------------------------------------------------------


@pytest.mark.parametrize(
    "model, name",
    [
        (Object, "authors"),
        (ObjectComponent, "issues"),
        (Issue, "component_issues"),
        (CodeRun, "inputs"),
        (CodeRun, "outputs"),
    ],
)
def test_lists_of_links_have_a_maximum_length(model: Any, name: str) -> None:
    target: Any = model._meta.get_field(name).related_model
    of = getattr(factories, f"{target.__name__}Factory")
    lists: dict[Any, Any] = {
        ObjectComponent: {"issues": []},
        Issue: {"component_issues": []},
    }
    links = [of(**lists.get(target, {})) for _ in range(MOST + 1)]
    [record] = register(model, [_values(model, **{name: links[1:]})], by=registrar())
    assert getattr(record, name).count() == MOST
    with pytest.raises(InvalidInput) as raised:
        register(model, [_values(model, **{name: links})], by=registrar())
    assert list(raised.value.fields) == [name]


def test_a_change_can_shorten_a_long_list_but_not_extend_it(
    settings: Settings,
) -> None:
    parts = [ObjectComponentFactory(issues=[]) for _ in range(MOST + 2)]
    run = CodeRunFactory(inputs=parts[:MOST])
    with pytest.raises(InvalidInput):
        update_code_run(run.pk, {"inputs": parts}, by=registrar())
    settings.RUN_LINKS = 1
    update_code_run(run.pk, {"inputs": parts[: MOST - 1]}, by=registrar())
    assert run.inputs.count() == MOST - 1


def test_the_issues_of_a_component_are_limited() -> None:
    part = ObjectComponentFactory(issues=[])
    for _ in range(MOST):
        IssueFactory(component_issues=[part])
    with pytest.raises(InvalidInput, match=f"Object component {part.pk} can have"):
        IssueFactory(component_issues=[part])
    spare = IssueFactory(component_issues=[])
    with pytest.raises(InvalidInput, match=f"Object component {part.pk} can have"):
        services.update_issue(spare.pk, {"component_issues": [part]}, by=registrar())
    assert part.issues.count() == MOST


def test_the_components_of_an_issue_are_limited() -> None:
    issue = IssueFactory(component_issues=[])
    for _ in range(MOST):
        ObjectComponentFactory(issues=[issue])
    with pytest.raises(InvalidInput, match=f"Issue {issue.pk} can have"):
        ObjectComponentFactory(issues=[issue])
    assert issue.component_issues.count() == MOST


# --- by every way in ------------------------------------------------------------------


@pytest.fixture
def full() -> Object:
    item: Object = ObjectFactory()
    for _ in range(MOST):
        KeywordFactory(object=item)
    return item


def test_the_api_reports_the_limit(full: Object) -> None:
    api = Api(UserFactory())
    body = {"object": path_of(full), "keyphrase": "maps"}
    [message] = data_of(api.post("/api/keyword/", body), 400)["object"]
    assert "at most 3 keywords (REGISTRY_ANNOTATIONS)" in message
    [errors] = data_of(api.post("/api/keyword/", [body]), 400)
    assert errors == {"object": [message]}


def test_the_form_shows_the_limit_next_to_its_field(full: Object) -> None:
    client = Client()
    client.force_login(UserFactory())
    answer = client.post("/keyword/new/", {"object": full.pk, "keyphrase": "maps"})
    assert "at most 3 keywords" in answer.content.decode()
    assert Keyword.objects.filter(object=full).count() == MOST


def test_the_admin_shows_the_limit(full: Object) -> None:
    client = Client()
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    answer = client.post(
        "/admin/registry/keyword/add/", {"object": full.pk, "keyphrase": "maps"}
    )
    assert "at most 3 keywords" in answer.content.decode()
    assert Keyword.objects.filter(object=full).count() == MOST


def test_an_import_is_refused_as_a_whole() -> None:
    words = tuple((f"word {number}", None) for number in range(MOST + 1))
    thing = Thing(("file",), "file 1", uuid.uuid4(), keywords=words)
    graph = Graph(things=(thing,))
    with pytest.raises(InvalidInput, match="at most 3 keywords"):
        register_graph(graph, by=registrar())
    assert not Keyword.objects.exists()


# --- at the same time -----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [1, 2])
def test_simultaneous_writers_stay_within_the_limit(size: int) -> None:
    item, person = ObjectFactory(), registrar()
    writers = 2 * MOST
    barrier = Barrier(writers)
    batches = [
        [_values(Keyword, object=item) for _ in range(size)] for _ in range(writers)
    ]

    def write(rows: list[dict[str, Any]]) -> bool:
        try:
            barrier.wait()
            create_records(Keyword, rows, by=person)
        except (InvalidInput, BulkError):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(writers) as pool:
        stored = [*pool.map(write, batches)]
    assert stored.count(True) == MOST // size
    assert Keyword.objects.filter(object=item).count() == MOST // size * size
