"""Templates: those that runs use stay as they are, and versions follow each other."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.api.client import Api, data_of, path_of
from tests.runs.modelling import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    """Return requests of the person who registers all records."""
    return Api(factories.registrar())


@pytest.fixture
def world() -> World:
    """Return a template with its datasets."""
    return World.make()


def test_a_template_that_a_run_uses_stays_as_it_is(api: Api, world: World) -> None:
    for one in (world.template, world.forcing):
        data_of(api.call("PATCH", path_of(one), {"description": "Before"}))
    data_of(api.post("/api/model_run/", world.record()), 201)
    for one in (world.template, world.forcing, world.log):
        answer = data_of(api.call("PATCH", path_of(one), {"description": "After"}), 409)
        assert f"replaces={one.pk}" in answer["detail"]
        data_of(api.call("PATCH", path_of(one), {"name": one.name}))


def test_a_next_version_has_the_next_number(api: Api, world: World) -> None:
    first = world.template
    values = {"name": first.name, "model": path_of(first.model)}
    second = data_of(
        api.post("/api/workflow_template/", {**values, "replaces": first.pk}), 201
    )
    assert (second["version"], second["replaced_by"]) == (2, None)
    shown = data_of(api.get(path_of(first)))
    assert (shown["version"], shown["replaced_by"]) == (1, second["url"])
    query = "/api/workflow_template/?replaced_by__isnull=true"
    assert [one["url"] for one in data_of(api.get(query))["results"]] == [second["url"]]
    newest = data_of(api.get("/api/workflow_template/"))["results"]
    assert [one["version"] for one in newest] == [2, 1]
    again = data_of(
        api.post("/api/workflow_template/", {**values, "replaces": first.pk}), 409
    )
    assert again["url"] == second["url"]


def test_others_cannot_make_the_next_version(world: World) -> None:
    stranger = Api(factories.UserFactory())
    body = {"name": "Mine", "replaces": world.forcing.pk}
    answer = data_of(stranger.post("/api/dataset_template/", body), 403)
    assert "registrar" in answer["detail"]
    data_of(stranger.post("/api/dataset_template/", {"name": "Mine"}), 201)


def test_what_is_required_is_not_optional_as_well(api: Api, world: World) -> None:
    body = {
        "name": "A",
        "model": world.template.model_id,
        "required_inputs": [world.forcing.pk],
        "optional_inputs": [world.forcing.pk],
        "required_annotations": ["RCP"],
        "optional_annotations": ["species", "RCP"],
    }
    errors = data_of(api.post("/api/workflow_template/", body), 400)
    assert {*errors} == {"optional_inputs", "optional_annotations"}
    change = {"optional_inputs": [world.forcing.pk]}
    errors = data_of(api.call("PATCH", path_of(world.template), change), 400)
    assert [*errors] == ["optional_inputs"]


def _resource(**changed: Any) -> dict[str, Any]:
    resource = {"key": "a", "description": "b", "usage_type": "CONFIG_FILE", **changed}
    return {name: value for name, value in resource.items() if value is not ...}


@pytest.mark.parametrize(
    "resources, message",
    [
        ({"a": 1}, "Give a list of resources."),
        (["a"], "[0]: Give an object."),
        ([_resource(key="")], "[0].key: "),
        ([_resource(key=...)], "[0].key: "),
        ([_resource(description=5)], "[0].description: "),
        ([_resource(usage_type="FILE")], "[0].usage_type: Choose from PARAMETER_FILE"),
        ([_resource(optional="yes")], "[0].optional: Give true or false."),
        ([_resource(path="x")], "[0]: There is no path here"),
        ([_resource(), _resource()], "[1].key: a is there already."),
        ([_resource(additional_metadata=[1])], "[0].additional_metadata: "),
        ([_resource(additional_metadata={"a": 1})], "[0].additional_metadata.a: "),
        ([_resource(key=f"{at}") for at in range(501)], "at most 500"),
        ([_resource(description=300 * "x", key=300 * "y")], "at most 255"),
    ],
)
def test_wrong_resources_are_refused_with_their_place(
    api: Api, resources: Any, message: str
) -> None:
    body = {"name": "A", "deferred_resources": resources}
    errors = data_of(api.post("/api/dataset_template/", body), 400)
    assert [*errors] == ["deferred_resources"]
    assert message in errors["deferred_resources"][0]


def test_what_a_resource_leaves_out_is_shown(api: Api) -> None:
    body = {"name": "A", "deferred_resources": [_resource()]}
    shown = data_of(api.post("/api/dataset_template/", body), 201)
    expected = {**_resource(), "optional": False, "is_folder": False}
    assert shown["deferred_resources"] == [expected]
    assert shown["defined_resources"] == []


@pytest.mark.parametrize(
    "names, message",
    [
        ("RCP", "list"),
        ([1], "[0]: Give a text."),
        ([""], "[0]: "),
        (["a", "a"], "[1]: a is there already."),
        ([" a"], "[0]: A name neither begins"),
    ],
)
def test_wrong_names_of_annotations_are_refused(
    api: Api, world: World, names: Any, message: str
) -> None:
    body = {
        "name": "A",
        "model": world.template.model_id,
        "required_annotations": names,
    }
    errors = data_of(api.post("/api/workflow_template/", body), 400)
    assert [*errors] == ["required_annotations"]
    assert message in errors["required_annotations"][0]


@pytest.mark.parametrize(
    "ror, stored",
    [
        ("https://ror.org/057xz1h85", "https://ror.org/057xz1h85"),
        ("http://www.ror.org/057XZ1H85/", "https://ror.org/057xz1h85"),
        ("https://example.org/institute", "https://example.org/institute"),
    ],
)
def test_a_ror_id_is_stored_in_one_way(api: Api, ror: str, stored: str) -> None:
    body = {"name": "Institute", "ror": ror}
    shown = data_of(api.post("/api/organisation/", body), 201)
    assert shown["ror"] == stored
    again = data_of(api.post("/api/organisation/", {"name": "B", "ror": stored}), 409)
    assert again["url"] == shown["url"]
    found = data_of(api.get("/api/organisation/", {"ror": ror}))
    assert found["count"] == 1


@pytest.mark.parametrize("ror", ["https://ror.org/057xz1h86", "https://ror.org/"])
def test_a_wrong_ror_id_is_refused(api: Api, ror: str) -> None:
    errors = data_of(api.post("/api/organisation/", {"name": "B", "ror": ror}), 400)
    assert [*errors] == ["ror"]
