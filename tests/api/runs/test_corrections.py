"""Corrections and deletions of model runs: the reason is kept, the graph follows."""

from __future__ import annotations

import pytest

from registry.core.models import Event
from registry.core.record_types import record_type_of
from registry.core.restoring import restore_record
from registry.runs.models import CodeRun, ModelRun, RunAnnotation
from tests import factories
from tests.api.client import Api, data_of, path_of
from tests.runs.modelling import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> Api:
    """Return requests of the person who registers all records."""
    return Api(factories.registrar())


@pytest.fixture
def run() -> ModelRun:
    """Return a model run of that person."""
    made: ModelRun = factories.ModelRunFactory()
    return made


def test_a_correction_keeps_its_reason_and_changes_both_records(
    api: Api, run: ModelRun
) -> None:
    body = {
        "annotations": {"RCP": "85"},
        "end_time": "2019-01-01T00:00:00Z",
        "reason": "The wrong scenario was noted",
    }
    shown = data_of(api.call("PATCH", path_of(run), body))
    assert shown["annotations"] == {"RCP": "85"}
    assert shown["fingerprint"] != run.fingerprint
    code_run = data_of(api.get(shown["code_run"]))
    assert code_run["end_date"] == shown["end_time"] == "2019-01-01T00:00:00Z"
    for kind, pk in (("model_run", run.pk), ("code_run", run.code_run_id)):
        event = Event.objects.filter(kind=kind, record_id=pk).latest("pk")
        assert event.detail["reason"] == body["reason"]
    assert Event.objects.get(
        kind="model_run", action="updated", record_id=run.pk
    ).changes["annotations"] == [run.annotations, {"RCP": "85"}]
    assert [*RunAnnotation.objects.values_list("key", "text", "number")] == [
        ("RCP", "85", 85.0)
    ]


def test_a_correction_without_a_reason_is_refused(api: Api, run: ModelRun) -> None:
    for reason in ({}, {"reason": " "}, {"reason": 5}, {"reason": "x" * 1001}):
        body = {"description": "Another", **reason}
        errors = data_of(api.call("PATCH", path_of(run), body), 400)
        assert [*errors] == ["reason"]
    run.refresh_from_db()
    assert run.description != "Another"


def test_what_is_so_already_needs_no_reason(api: Api, run: ModelRun) -> None:
    shown = data_of(api.get(path_of(run)))
    assert data_of(api.call("PUT", path_of(run), shown)) == shown


def test_a_correction_is_checked_like_a_new_record(api: Api, run: ModelRun) -> None:
    body = {"annotations": {}, "inputs": [], "modeller_id": 987654, "reason": "x"}
    errors = data_of(api.call("PATCH", path_of(run), body), 400)
    assert {*errors} == {"annotations.RCP", "inputs", "modeller_id"}


def test_what_a_run_said_before_a_correction_finds_it_still(api: Api) -> None:
    world = World.make()
    record = world.record()
    first = data_of(api.post("/api/model_run/", record), 201)
    body = {"annotations": {"RCP": "60"}, "reason": "A slip"}
    corrected = data_of(api.call("PATCH", first["url"], body))
    assert data_of(api.post("/api/model_run/", record), 200) == corrected
    again = {**record, "annotations": {"RCP": "60"}}
    assert data_of(api.post("/api/model_run/", again), 200) == corrected
    back = {"annotations": record["annotations"], "reason": "It was right"}
    data_of(api.call("PATCH", first["url"], back))
    assert data_of(api.post("/api/model_run/", again), 200)["url"] == first["url"]
    assert ModelRun.objects.count() == 1


def test_a_derived_name_follows_the_description(api: Api) -> None:
    run = factories.ModelRunFactory(display_name=None, description="The first")
    assert run.display_name == "The first"
    body = {"description": "The second", "reason": "It is the second"}
    assert (
        data_of(api.call("PATCH", path_of(run), body))["display_name"] == "The second"
    )


def test_the_graph_follows_a_correction_of_data(api: Api, run: ModelRun) -> None:
    product = factories.DataProductFactory()
    inputs = [{**run.inputs[0], "dataset": product.pk}]
    body = {"inputs": inputs, "reason": "It read the other file"}
    data_of(api.call("PATCH", path_of(run), body))
    lineage = data_of(
        api.get(f"/api/lineage/data_product/{product.pk}/?direction=downstream")
    )
    assert path_of(run.code_run) in str(lineage)


def test_the_same_content_as_another_record_is_a_conflict(api: Api) -> None:
    world = World.make()
    record = world.record()
    data_of(api.post("/api/model_run/", record), 201)
    other = {**record, "annotations": {"RCP": "60"}}
    shown = data_of(api.post("/api/model_run/", other), 201)
    body = {"annotations": record["annotations"], "reason": "It was the same"}
    answer = data_of(api.call("PATCH", shown["url"], body), 409)
    first = ModelRun.objects.get(annotations=record["annotations"])
    assert answer["detail"] == f"Model run {first.pk} has the same content."
    assert answer["url"].endswith(path_of(first))


def test_others_cannot_correct_or_delete_it(run: ModelRun) -> None:
    stranger = Api(factories.UserFactory())
    body = {"description": "Mine", "reason": "x"}
    data_of(stranger.call("PATCH", path_of(run), body), 403)
    data_of(stranger.call("DELETE", path_of(run)), 403)


def test_the_code_run_changes_only_with_it(api: Api, run: ModelRun) -> None:
    path = path_of(run.code_run)
    data_of(api.call("PATCH", path, {"description": "Another"}), 409)
    data_of(api.call("DELETE", path), 409)
    data_of(api.call("PATCH", path, {"description": run.code_run.description}))


def test_a_deletion_takes_the_code_run_away(api: Api, run: ModelRun) -> None:
    assert api.call("DELETE", path_of(run)).status_code == 204
    assert not ModelRun.objects.exists()
    assert not CodeRun.objects.exists()
    assert not RunAnnotation.objects.exists()


def test_a_run_on_which_others_stand_stays(api: Api, run: ModelRun) -> None:
    product = run.outputs[0]["dataset"]
    template = run.workflow_template
    [needed] = template.required_inputs.all()
    other = factories.ModelRunFactory(
        workflow_template=template,
        inputs=[{**run.inputs[0], "dataset_template": needed.pk, "dataset": product}],
    )
    answer = data_of(api.call("DELETE", path_of(run)), 409)
    assert answer["dependents"] == [f"http://testserver{path_of(other.code_run)}"]
    body = {"outputs": factories.datasets_for(template.required_outputs.all())}
    answer = api.call("PATCH", path_of(run), {**body, "reason": "Another file"})
    assert data_of(answer)["outputs"] != run.outputs
    # nobody stands on it any more
    assert api.call("DELETE", path_of(run)).status_code == 204


def test_a_deleted_run_is_restored_with_its_annotations(
    api: Api, run: ModelRun
) -> None:
    shown = data_of(api.get(path_of(run)))
    api.call("DELETE", path_of(run))
    restore_record(record_type_of(CodeRun), run.code_run_id)
    restore_record(record_type_of(ModelRun), run.pk)
    again = data_of(api.get(path_of(run)))
    changed = {"last_updated", "updated_by"}
    assert {k: v for k, v in again.items() if k not in changed} == {
        k: v for k, v in shown.items() if k not in changed
    }
    assert RunAnnotation.objects.filter(model_run=run.pk, key="RCP").exists()


def test_run_and_code_run_are_withdrawn_and_put_back_together(
    api: Api, run: ModelRun
) -> None:
    for one in (run, run.code_run):
        data_of(api.post(f"{path_of(one)}withdraw/", {"reason": "It was wrong"}))
        for other in (run, run.code_run):
            assert data_of(api.get(path_of(other)))["withdrawn"] == "It was wrong"
        data_of(api.post(f"{path_of(one)}put_back/", None))
        for other in (run, run.code_run):
            assert data_of(api.get(path_of(other)))["withdrawn"] is None


@pytest.mark.parametrize(
    "query, number",
    [
        ("annotation.RCP=45", 1),
        ("annotation.RCP=45.0", 1),
        ("annotation.RCP=4.5e1", 1),
        ("annotation.RCP=%2045", 1),
        ("annotation.RCP__gte=45", 2),
        ("annotation.RCP__gt=45", 1),
        ("annotation.RCP__lt=45&annotation.RCP__gte=20", 1),
        ("annotation.species=speciesA", 1),
        ("annotation.species=SpeciesA", 0),
        ("annotation.a__b=c", 1),
        ("annotation.a__b__gte=0", 0),
        ("annotation.long=" + 300 * "x", 1),
        ("annotation.long=" + 299 * "x" + "y", 0),
        ("annotation.RCP=", 3),
        ("annotation.nothing=1", 0),
        ("annotation.RCP__gte=26&workflow_template=1&page_size=1", 2),
    ],
)
def test_runs_are_found_by_their_annotations(api: Api, query: str, number: int) -> None:
    template = factories.WorkflowTemplateFactory()
    query = query.replace("workflow_template=1", f"workflow_template={template.pk}")
    for given in (
        {"RCP": "26", "long": 300 * "x"},
        {"RCP": "45", "species": "speciesA"},
        {"RCP": "85", "a__b": "c"},
    ):
        factories.ModelRunFactory(workflow_template=template, annotations=given)
    found = data_of(api.get(f"/api/model_run/?{query}"))
    if "gte=26" not in query:
        assert found["count"] == number
    else:
        assert (found["count"], len(found["results"])) == (3, 1)
        assert "annotation.RCP__gte=26" in found["next"]
