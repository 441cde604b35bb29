"""Comparisons of model runs: templates, people, annotations and resources."""

from __future__ import annotations

from typing import Any

import pytest

from registry.runs.comparing import chosen_runs, compare_runs
from registry.runs.models import ModelRun
from tests import factories
from tests.api.client import Api, data_of
from tests.runs.modelling import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    """Return a template with its datasets."""
    return World.make()


def run_of(world: World, **changed: Any) -> ModelRun:
    """Return a registered model run."""
    shown = data_of(
        Api(factories.registrar()).post("/api/model_run/", world.record(**changed)), 201
    )
    return ModelRun.objects.get(uuid=shown["uuid"])


def rows_of(section: dict[str, Any]) -> dict[tuple[str, str], list[list[str]]]:
    """Return the texts of the rows of a section, by label and aspect."""
    return {
        (row["label"], row["aspect"]): [
            [value["text"] for value in cell] for cell in row["values"]
        ]
        for row in section["rows"]
    }


def test_what_differs_between_model_runs_is_shown(world: World) -> None:
    first = run_of(
        world,
        annotations={"RCP": "45", "species": "A"},
        requesting_organisation=factories.OrganisationFactory(name="Institute").pk,
    )
    entry = world.entry(world.forcing, resources={"configuration_file": "b.toml"})
    second = run_of(world, annotations={"RCP": "85"}, inputs=[entry])
    address = f"/api/model_run/compare/?id={first.pk}&id={second.uuid}"
    found = data_of(Api().get(address))
    assert [run["url"].split("/")[-3] for run in found["runs"]] == 2 * ["model_run"]
    assert [run["code_run"].split("/")[-2] for run in found["runs"]] == [
        str(first.code_run_id),
        str(second.code_run_id),
    ]
    sections = {one["title"]: rows_of(one) for one in found["sections"]}
    assert sections["Annotations"] == {
        ("RCP", ""): [["45"], ["85"]],
        ("species", ""): [["A"], []],
    }
    forcing = world.forcing.name, "configuration_file"
    assert sections["Resources"][forcing] == [["config/model.toml"], ["b.toml"]]
    agreed = sections["Model run"]
    assert agreed["Requesting organisation", ""] == [["Institute"], []]
    template = f"{world.template.name} (v1)"
    assert agreed["Workflow template", ""] == [[template], [template]]
    assert agreed["Model", ""] == 2 * [[world.template.model.name]]
    lines = Api().get(f"{address}&format=csv&differences=true").content.decode()
    header = lines.splitlines()[0]
    assert header.endswith(f"model_run/{first.pk},model_run/{second.pk}")
    assert "Annotations,RCP,,true,45,85" in lines


def test_a_code_run_without_a_record_has_nothing_there(world: World) -> None:
    run, plain = run_of(world).code_run, factories.CodeRunFactory()
    found = data_of(Api().get(f"/api/code_run/compare/?id={run.pk}&id={plain.pk}"))
    sections = {one["title"]: rows_of(one) for one in found["sections"]}
    assert sections["Annotations"] == {("RCP", ""): [["45"], []]}


def test_the_number_of_statements_is_constant(
    world: World, django_assert_num_queries: Any
) -> None:
    runs = [run_of(world, annotations={"RCP": str(at)}) for at in range(6)]
    for number in (2, 6):
        with django_assert_num_queries(2 + 1 + 1 + 3 + 1 + 4):
            chosen = chosen_runs([str(run.pk) for run in runs[:number]], ModelRun)
            found = compare_runs(chosen)
        assert len(found.runs) == number


@pytest.mark.parametrize(
    "query, message",
    [
        ("id=1", "Give from 2 to 20 model runs"),
        ("id=1&id=999999", "Model run 999999 does not exist."),
        ("id=1&id=1", "Model run 1 is given more than once."),
        ("id=x&id=1", "'x' is not a valid model run"),
    ],
)
def test_a_wrong_choice_is_explained(world: World, query: str, message: str) -> None:
    run = run_of(world)
    query = query.replace("=1", f"={run.pk}")
    errors = data_of(Api().get(f"/api/model_run/compare/?{query}"), 400)
    assert message.replace(" 1 ", f" {run.pk} ") in " ".join(errors["id"])


def test_the_page_compares_model_runs(world: World, client: Any) -> None:
    runs = [run_of(world, annotations={"RCP": text}) for text in ("45", "85")]
    page = client.get(f"/model_run/compare/?id={runs[0].pk}&id={runs[1].pk}")
    text = page.content.decode()
    assert "Compare model runs" in text
    assert f'href="/model_run/{runs[1].pk}/"' in text
    form = client.get("/model_run/compare/").content.decode()
    assert 'data-kind="model_run"' in form
