"""Records of model runs: what is accepted, and what is refused in which place."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.core.models import Event
from registry.identity.models import User
from registry.runs.models import CodeRun, ModelRun, RunAnnotation
from tests import factories
from tests.api.client import Api, data_of
from tests.runs.modelling import PRINTED, World, register_what_is_printed

pytestmark = pytest.mark.django_db

ADDRESS = "/api/model_run/"


@pytest.fixture
def person() -> User:
    """Return somebody with an account."""
    return factories.registrar()


@pytest.fixture
def api(person: User) -> Api:
    """Return requests of that person."""
    return Api(person)


@pytest.fixture
def world() -> World:
    """Return a template with its datasets."""
    return World.make()


def path_of_url(url: str) -> str:
    """Return the path of an address."""
    return url.removeprefix("http://testserver")


def counts() -> tuple[int, ...]:
    """Return how many rows there are of all that a record writes."""
    return tuple(
        model._default_manager.count()
        for model in (ModelRun, CodeRun, RunAnnotation, Event)
    )


def test_the_printed_record_is_accepted_and_is_a_code_run(api: Api) -> None:
    register_what_is_printed()
    shown = data_of(api.post(ADDRESS, PRINTED), 201)
    assert shown["workflow_template"].endswith("/api/workflow_template/1234/")
    assert shown["modeller"].endswith("/api/author/1234/")
    assert shown["requesting_organisation"].endswith("/api/organisation/1234/")
    assert (shown["start_time"], shown["end_time"]) == (
        "2022-11-25T05:57:00Z",
        "2022-11-26T05:56:59Z",
    )
    assert shown["annotations"] == PRINTED["annotations"]
    assert shown["inputs"][0]["resources"] == PRINTED["inputs"][0]["resources"]
    assert shown["display_name"] == PRINTED["description"]
    run = data_of(api.get(shown["code_run"]))
    assert run["run_date"] == shown["start_time"]
    assert run["end_date"] == shown["end_time"]
    assert run["uuid"] == shown["uuid"]
    assert run["inputs"] == run["outputs"] != []
    for path in ("lineage/code_run", "prov-report/code_run", "ro-crate/code-run"):
        data_of(api.get(f"/api/{path}/{run['url'].split('/')[-2]}/"))


def test_what_was_answered_can_be_sent_again(api: Api, world: World) -> None:
    shown = data_of(api.post(ADDRESS, world.record()), 201)
    before = counts()
    again = api.post(ADDRESS, shown)
    assert data_of(again, 200) == shown
    assert again["ETag"]
    assert counts() == before


@pytest.mark.parametrize(
    "changed",
    [
        {"start_time": 1669355820},
        {"start_time": "2022-11-25T15:57:00+10:00"},
        {"start_time": "1669355820"},
        {"annotations": {"RCP": 45}},
        {"study": None},
        {"display_name": "A run of the reef model"},
        {"model_version": ""},
    ],
)
def test_the_same_content_is_one_record_however_it_is_written(
    api: Api, world: World, changed: dict[str, Any]
) -> None:
    record = world.record()
    first = data_of(api.post(ADDRESS, record), 201)
    assert data_of(api.post(ADDRESS, {**record, **changed}), 200) == first


@pytest.mark.parametrize(
    "changed",
    [
        {"start_time": 1669355819},
        {"annotations": {"RCP": "45.0"}},
        {"annotations": {"RCP": "45", "species": "A"}},
        {"display_name": "Another"},
        {"model_version": "2.0.0"},
    ],
)
def test_other_content_is_another_record(
    api: Api, world: World, changed: dict[str, Any]
) -> None:
    record = world.record()
    first = data_of(api.post(ADDRESS, record), 201)
    assert data_of(api.post(ADDRESS, {**record, **changed}), 201) != first


#: Each check: how a right record is made wrong, the place, and the message there.
WRONG: dict[str, tuple[Any, str, str]] = {
    "1 a field is missing": ({"description": ...}, "description", "required"),
    "1 a field is null": ({"start_time": None}, "start_time", "null"),
    "1 no list": ({"inputs": {"a": 1}}, "inputs", "list"),
    "1 no object": ({"inputs": ["x"]}, "inputs[0]", "object"),
    "1 no time": ({"start_time": "yesterday"}, "start_time", "2022-11-25T05:57:00Z"),
    "1 a list of annotations": ({"annotations": ["RCP"]}, "annotations", "object"),
    "1 no text": ({"annotations": {"RCP": [1]}}, "annotations.RCP", "text"),
    "1 misspelt": ({"studdy": 5}, "studdy", "study"),
    "2 it ends first": ({"end_time": 0}, "end_time", "start_time"),
    "2 a blank name": ({"display_name": "  "}, "display_name", "seen"),
    "2 a blank description": ({"description": ""}, "description", "seen"),
    "2 it is to come": ({"end_time": "2999-01-01"}, "end_time", "not come"),
    "3 no study": ({"study": 987654}, "study", "does not exist"),
    "4 no template": ({"workflow_template": 98765}, "workflow_template", "not exist"),
    "10 no modeller": ({"modeller": 987654}, "modeller", "does not exist"),
    "10 in associations": (
        {"modeller": ..., "associations": {"modeller_id": 987654}},
        "associations.modeller_id",
        "does not exist",
    ),
    "10 no organisation": (
        {"requesting_organisation_id": "x"},
        "requesting_organisation_id",
        "not a valid organisation",
    ),
    "11 no annotation": ({"annotations": {}}, "annotations.RCP", "Required by"),
}


@pytest.mark.parametrize("check", WRONG)
def test_a_check_refuses_with_its_place(api: Api, world: World, check: str) -> None:
    changed, place, message = WRONG[check]
    record = world.record(**changed)
    before = counts()
    for address in (ADDRESS, f"{ADDRESS}validate/"):
        errors = data_of(api.post(address, record), 400)
        assert list(errors) == [place]
        assert message in errors[place][0]
    assert counts() == before


def test_the_datasets_are_checked_against_the_template(api: Api, world: World) -> None:
    unknown = factories.DatasetTemplateFactory()
    record = world.record(
        inputs=[
            # 6: none for `forcing`; 7: an output as an input, and one of neither
            world.entry(world.result),
            world.entry(unknown),
            # 8: no such dataset
            world.entry(world.extra, dataset=987654),
            # 9: a resource is missing, another one is unknown
            world.entry(world.extra, resources={"other": "a.csv"}),
        ],
        outputs=[],
    )
    errors = data_of(api.post(ADDRESS, record), 400)
    template, forcing, result = world.template.pk, world.forcing, world.result
    assert errors == {
        "inputs": [
            f"Give a dataset for dataset template {forcing.pk} ({forcing.name}): "
            f"required by workflow template {template}."
        ],
        "inputs[0].dataset_template": [
            f"Dataset template {result.pk} is not among the inputs of workflow "
            f"template {template}, which are: {forcing.pk} ({forcing.name}), "
            f"{world.extra.pk} ({world.extra.name})."
        ],
        "inputs[1].dataset_template": [
            f"Dataset template {unknown.pk} is not among the inputs of workflow "
            f"template {template}, which are: {forcing.pk} ({forcing.name}), "
            f"{world.extra.pk} ({world.extra.name})."
        ],
        "inputs[2].dataset": ["Data product 987654 does not exist."],
        "inputs[3].resources.configuration_file": [
            f"Required by dataset template {world.extra.pk}."
        ],
        "inputs[3].resources.other": [
            f"Dataset template {world.extra.pk} has no such deferred resource; it "
            "has: configuration_file."
        ],
        "outputs": [
            f"Give a dataset for dataset template {result.pk} ({result.name}): "
            f"required by workflow template {template}."
        ],
    }


def test_all_errors_of_a_record_are_named_at_once(api: Api, world: World) -> None:
    record = world.record(
        description=...,
        modeller=987654,
        study=987654,
        end_time=5,
        inputs=[],
        annotations={"species": "a"},
    )
    errors = data_of(api.post(ADDRESS, record), 400)
    assert {*errors} == {
        *("description", "modeller", "study", "end_time", "inputs"),
        "annotations.RCP",
    }


def test_several_datasets_may_be_for_one_template(api: Api, world: World) -> None:
    same = world.entry(world.forcing)
    record = world.record(
        inputs=[
            same,
            world.entry(world.forcing),
            {**same, "resources": {"configuration_file": "other.toml"}},
        ],
        outputs=[world.entry(world.result, dataset=same["dataset"])],
    )
    shown = data_of(api.post(ADDRESS, record), 201)
    run = CodeRun.objects.get(uuid=shown["uuid"])
    assert len(shown["inputs"]) == 3
    assert (run.inputs.count(), run.outputs.count()) == (2, 1)


def test_components_of_a_dataset_can_be_named(api: Api, world: World) -> None:
    product = factories.DataProductFactory()
    part = factories.ObjectComponentFactory(object=product.object, name="table/a")
    entry = world.entry(world.forcing, dataset=product.pk, components=[part.name])
    shown = data_of(api.post(ADDRESS, world.record(inputs=[entry])), 201)
    assert shown["inputs"][0]["components"] == [part.name]
    assert [*CodeRun.objects.get(uuid=shown["uuid"]).inputs.all()] == [part]
    entry = {**entry, "components": ["table/b", part.name, 7, [1]]}
    errors = data_of(api.post(ADDRESS, world.record(inputs=[entry])), 400)
    assert {*errors} == {
        "inputs[0].components[0]",
        "inputs[0].components[2]",
        "inputs[0].components[3]",
    } or {*errors} == {"inputs[0].components[0]", "inputs[0].components[3]"}


def test_a_withdrawn_template_takes_no_new_runs(api: Api, world: World) -> None:
    record = world.record()
    first = data_of(api.post(ADDRESS, record), 201)
    address = f"/api/workflow_template/{world.template.pk}/withdraw/"
    data_of(api.post(address, {"reason": "It was wrong"}))
    errors = data_of(api.post(ADDRESS, world.record()), 400)
    assert errors == {
        "workflow_template": [
            f"Workflow template {world.template.pk} was withdrawn: It was wrong"
        ]
    }
    assert data_of(api.post(ADDRESS, record), 200) == first
    body = {"description": "Another", "reason": "A slip"}
    data_of(api.call("PATCH", path_of_url(first["url"]), body))
    errors = data_of(api.post(ADDRESS, world.record(modeller=987654)), 400)
    assert {*errors} == {"workflow_template", "modeller"}


def test_a_release_of_the_model_is_the_code_of_the_run(api: Api, world: World) -> None:
    release = world.template.model.releases.get()
    for version in (release.version, f"v{release.version}"):
        record = world.record(model_version=version)
        shown = data_of(api.post(ADDRESS, record), 201)
        run = CodeRun.objects.get(uuid=shown["uuid"])
        assert run.code_repo_id == release.object_id
    other = data_of(api.post(ADDRESS, world.record(model_version="9.9.9")), 201)
    assert CodeRun.objects.get(uuid=other["uuid"]).code_repo_id is None


def test_a_dry_run_stores_nothing_and_says_what_is_there(
    api: Api, world: World
) -> None:
    record = world.record()
    before = counts()
    answer = data_of(api.post(f"{ADDRESS}validate/", record))
    assert answer == {"valid": True, "model_run": None, "warnings": []}
    assert counts() == before
    shown = data_of(api.post(ADDRESS, record), 201)
    answer = data_of(api.post(f"{ADDRESS}validate/", [record]))
    assert answer == [{"valid": True, "model_run": shown["url"], "warnings": []}]


def test_a_dry_run_names_what_is_left_out(api: Api, world: World) -> None:
    record = world.record(notes="x", associations={"requesting_organization": 1})
    record["inputs"][0]["colour"] = "red"
    errors = data_of(api.post(f"{ADDRESS}validate/", record), 400)
    assert [*errors] == ["associations.requesting_organization"]
    record["associations"] = {"funder": 1}
    answer = data_of(api.post(f"{ADDRESS}validate/", record))
    places = [one.partition(":")[0] for one in answer["warnings"]]
    assert sorted(places) == ["associations.funder", "inputs[0].colour", "notes"]


def test_a_list_is_registered_whole_or_not_at_all(api: Api, world: World) -> None:
    good = [world.record(annotations={"RCP": str(at)}) for at in range(3)]
    bad = [*good, world.record(inputs=[])]
    before = counts()
    errors = data_of(api.post(ADDRESS, bad), 400)
    assert errors[:3] == [{}, {}, {}]
    assert [*errors[3]] == ["inputs"]
    assert counts() == before
    first = data_of(api.post(ADDRESS, good[:1]), 201)
    shown = data_of(api.post(ADDRESS, [*good, good[2]]), 201)
    assert shown[0] == first[0]
    assert shown[2] == shown[3]
    assert ModelRun.objects.count() == 3
    assert data_of(api.post(ADDRESS, good), 200) == shown[:3]


def test_a_list_of_one_has_a_list_of_errors(api: Api, world: World) -> None:
    [errors] = data_of(api.post(ADDRESS, [world.record(inputs=[])]), 400)
    assert [*errors] == ["inputs"]
    assert data_of(api.post(ADDRESS, ["x"]), 400)[0]
    assert data_of(api.post(ADDRESS, []), 201) == []


def test_many_records_take_as_many_statements_as_two(
    api: Api, world: World, django_assert_num_queries: Any
) -> None:
    def records(number: int, beginning: int) -> list[dict[str, Any]]:
        record = world.record(model_version="1.0.0")
        return [
            {**record, "annotations": {"RCP": str(beginning + at)}}
            for at in range(number)
        ]

    data_of(api.post(ADDRESS, records(1, 0)), 201)
    few, many = records(2, 100), records(200, 1000)
    with CaptureQueriesContext(connection) as of_few:
        data_of(api.post(ADDRESS, few), 201)
    with django_assert_num_queries(len(of_few)):
        data_of(api.post(ADDRESS, many), 201)
