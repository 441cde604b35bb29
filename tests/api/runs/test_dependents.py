"""Runs that others stand on: not deleted, and their lineage not rewritten."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import ObjectComponent
from registry.core.models import Event
from registry.identity.models import User
from registry.runs.dependents import require_no_dependents
from registry.runs.models import CodeRun
from tests.api.client import Api, data_of, path_of, url_of
from tests.factories import (
    CodeRunFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return UserFactory()


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


@pytest.fixture
def run(person: User) -> CodeRun:
    return CodeRunFactory(by=person)


def _output(run: CodeRun) -> ObjectComponent:
    return run.outputs.get()


def _whole(part: ObjectComponent) -> ObjectComponent:
    return part.object.components.get(whole_object=True)


@pytest.mark.parametrize("administrator", [False, True])
def test_a_run_whose_output_was_read_is_not_deleted(
    run: CodeRun, person: User, administrator: bool
) -> None:
    reader = CodeRunFactory(inputs=[_output(run)], description="Plot the fit")
    api = Api(UserFactory(is_superuser=True) if administrator else person)
    events = Event.objects.count()
    body = data_of(api.call("DELETE", path_of(run)), 409)
    assert body == {
        "detail": f"code_run/{run.pk} cannot be deleted: another code run uses "
        f"the outputs of this run: code_run/{reader.pk} (Plot the fit).",
        "dependents": [url_of(reader)],
        "total": 1,
    }
    assert CodeRun.objects.filter(pk=run.pk).exists()
    assert Event.objects.count() == events


def test_at_most_ten_readers_are_named(run: CodeRun, api: Api) -> None:
    part = _output(run)
    readers = [CodeRunFactory(inputs=[part]) for _ in range(12)]
    body = data_of(api.call("DELETE", path_of(run)), 409)
    assert body["dependents"] == [url_of(one) for one in readers[:10]]
    assert body["total"] == 12
    assert "12 other code runs use the outputs of this run" in body["detail"]
    assert body["detail"].endswith(" and 2 more.")


def test_a_part_and_its_whole_object_are_read_together(
    run: CodeRun, api: Api, person: User
) -> None:
    CodeRunFactory(inputs=[_whole(_output(run))])
    assert api.call("DELETE", path_of(run)).status_code == 409
    part = ObjectComponentFactory()
    other = CodeRunFactory(outputs=[_whole(part)], by=person)
    CodeRunFactory(inputs=[part])
    assert api.call("DELETE", path_of(other)).status_code == 409


def test_what_the_lineage_connects_keeps_a_run(run: CodeRun, api: Api) -> None:
    """A run of one table stands on the run of another table of the same object."""
    sibling = ObjectComponentFactory(object=_output(run).object)
    reader = CodeRunFactory(inputs=[sibling])
    lineage = data_of(api.get(f"/api/lineage/code_run/{reader.pk}/", {"depth": 2}))
    assert f"code_run/{run.pk}" in {node["id"] for node in lineage["nodes"]}
    assert api.call("DELETE", path_of(run)).status_code == 409


@pytest.mark.parametrize("link", ["code_repo", "model_config", "submission_script"])
def test_a_run_of_what_another_wrote_stands_on_it(
    run: CodeRun, api: Api, link: str
) -> None:
    reader = CodeRunFactory(**{link: _output(run).object})
    body = data_of(api.call("DELETE", path_of(run)), 409)
    assert body["dependents"] == [url_of(reader)]


def test_the_page_offers_deletion_until_another_run_has_read_the_output(
    api: Api, person: User, run: CodeRun
) -> None:
    in_browser = Api(person, accept="text/html")
    run.outputs.add(part := ObjectComponentFactory())
    assert b'data-method="DELETE"' in in_browser.get(path_of(run)).content
    CodeRunFactory(inputs=[part])
    page = in_browser.get(path_of(run)).content
    assert b'data-method="DELETE"' not in page
    assert b'data-method="PUT"' in page


def test_runs_that_nothing_stands_on_are_deleted(api: Api, person: User) -> None:
    part = ObjectComponentFactory()
    # it reads what it wrote itself, and what others have read and written
    run = CodeRunFactory(inputs=[part], outputs=[part], by=person)
    CodeRunFactory(outputs=[part])
    assert api.call("DELETE", path_of(run)).status_code == 204
    shared = CodeRunFactory(inputs=[part], outputs=[], by=person)
    CodeRunFactory(inputs=[part])
    assert api.call("DELETE", path_of(shared)).status_code == 204


def test_a_run_can_be_deleted_after_its_readers(
    run: CodeRun, api: Api, person: User
) -> None:
    reader = CodeRunFactory(inputs=[_output(run)], by=person)
    for one in (reader, run):
        assert api.call("DELETE", path_of(one)).status_code == 204


@pytest.mark.parametrize("number, statements", [(0, 1), (1, 3), (5, 3)])
def test_looking_for_readers_takes_few_statements(
    number: int,
    statements: int,
    person: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """With outputs: the locks of two tables, and the runs that use these."""
    outputs = [ObjectComponentFactory() for _ in range(number)]
    run = CodeRunFactory(outputs=outputs, by=person)
    with django_assert_num_queries(statements):
        require_no_dependents(run)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_an_output_that_was_read_stays(run: CodeRun, api: Api, method: str) -> None:
    part, free = _output(run), ObjectComponentFactory()
    _patch(api, run, outputs=[part, free])
    reader = CodeRunFactory(inputs=[_whole(part)])
    shown = data_of(api.get(path_of(run)))
    body = data_of(api.call(method, path_of(run), {**shown, "outputs": []}), 409)
    assert body["detail"] == (
        f"outputs: object_component/{part.pk} cannot be removed: another code run uses "
        f"the outputs of this run: code_run/{reader.pk} ({reader.description})."
    )
    assert body["dependents"] == [url_of(reader)]
    assert data_of(api.get(path_of(run))) == shown
    _patch(api, run, outputs=[part])
    _patch(api, run, outputs=[part, free, ObjectComponentFactory()])


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_inputs_stay_while_anything_written_was_read(
    run: CodeRun, api: Api, method: str
) -> None:
    [part] = run.inputs.all()
    reader = CodeRunFactory(inputs=[_output(run)])
    shown = data_of(api.get(path_of(run)))
    body = data_of(api.call(method, path_of(run), {**shown, "inputs": []}), 409)
    assert body["detail"].startswith(
        f"inputs: object_component/{part.pk} cannot be removed: another code run uses"
    )
    assert (body["dependents"], body["total"]) == ([url_of(reader)], 1)
    assert data_of(api.get(path_of(run))) == shown
    _patch(api, run, inputs=[part, ObjectComponentFactory()])


def test_links_that_nothing_stands_on_can_be_removed(run: CodeRun, api: Api) -> None:
    _patch(api, run, inputs=[], outputs=[])
    _patch(api, run, inputs=[ObjectComponentFactory()], description="Fit again")
    assert run.outputs.count() == 0


def _patch(api: Api, run: CodeRun, **values: Any) -> None:
    body = {
        name: [path_of(one) for one in value] if isinstance(value, list) else value
        for name, value in values.items()
    }
    data_of(api.call("PATCH", path_of(run), body))


@pytest.mark.parametrize("name", ["code_repo", "model_config", "submission_script"])
def test_what_was_run_is_not_replaced_while_others_stand_on_it(
    run: CodeRun, api: Api, name: str
) -> None:
    CodeRunFactory(inputs=[_output(run)])
    other = ObjectFactory()
    body = data_of(api.call("PATCH", path_of(run), {name: other.pk}), 409)
    assert body["detail"].startswith(f"{name} cannot be replaced")
    data_of(api.call("PATCH", path_of(run), {"description": "Better words"}))
