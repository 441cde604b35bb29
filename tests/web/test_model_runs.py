"""The pages of model runs, of the code runs that they are, and of templates."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import Tag
from django.test import Client
from django.urls import NoReverseMatch, reverse
from pytest_django import DjangoAssertNumQueries

from registry.runs.model_runs.correcting import correct_model_run
from registry.runs.models import DatasetTemplate, ModelRun, WorkflowTemplate
from tests.factories import (
    CodeRunFactory,
    DatasetTemplateFactory,
    ModelRunFactory,
    UserFactory,
    WorkflowTemplateFactory,
)
from tests.web.pages import filled_form, link, main_of, words_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

EVIL = "<script>alert('x')</script>\"><b>&"


def _page(record: Any, kind: str = "", client: Client | None = None) -> Tag:
    address = f"/{kind or record.kind}/{record.pk}/"
    return main_of((client or Client()).get(address))


def _table(main: Tag, name: str) -> list[list[str]]:
    """Return the texts of the cells of a table, row by row."""
    [frame] = main.select(f'[role=region][aria-label="Table of the {name}"]')
    return [
        [words_of(cell) for cell in row.select("th, td")]
        for row in frame.select("tbody tr")
    ]


def _run() -> ModelRun:
    forcing = DatasetTemplateFactory.create(
        name="Forcing",
        replaces=None,
        defined_resources=[_resource("path", "sst.nc", "FORCING_DATA")],
        deferred_resources=[_resource("key", "settings", "CONFIG_FILE")],
    )
    template = WorkflowTemplateFactory.create(
        name="Projection",
        replaces=None,
        required_inputs=[forcing],
        required_annotations=("RCP",),
    )
    run: ModelRun = ModelRunFactory.create(
        workflow_template=template,
        display_name="Reef in 2050",
        description="What becomes of it.\nIn two lines.",
        annotations={"RCP": "45", EVIL: EVIL},
    )
    return run


def _resource(name: str, value: str, usage: str) -> dict[str, Any]:
    described = {"description": f"The {value}", "usage_type": usage}
    return {name: value, **described, "optional": False, "is_folder": False}


def test_a_model_run_at_a_glance() -> None:
    run = _run()
    main = _page(run)
    assert words_of(main.select_one("h1") or main) == "Reef in 2050"
    glance = main.select_one("#glance ~ dl")
    assert glance is not None
    labels = [words_of(one) for one in glance.select("dt")]
    assert labels == [
        *("Workflow template", "Model", "Model version", "Modeller", "Requested by"),
        *("Study", "Began", "Ended", "Duration", "Code run"),
    ]
    assert "1000 days" in words_of(glance)
    assert (
        link(glance, "Projection") == f"/workflow_template/{run.workflow_template_id}/"
    )
    assert glance.select_one(f'a[href="/code_run/{run.code_run_id}/"]')


def test_the_annotations_and_data_of_a_model_run() -> None:
    run = _run()
    main = _page(run)
    assert _table(main, "annotations") == [["RCP", "45"], [EVIL, EVIL]]
    [[template, product, resources]] = _table(main, "inputs")
    assert template == "Forcing"
    assert product.endswith("0.1.0") or product.split()[-1][0].isdigit()
    assert resources == (
        "sst.nc FORCING_DATA config/model.toml for settings CONFIG_FILE"
    )
    assert len(_table(main, "outputs")) == 1
    dataset = run.inputs[0]["dataset"]
    assert main.select_one(f'a[href="/data_product/{dataset}/"]')
    assert not main.select("script, b")


def test_the_lineage_of_a_model_run_is_that_of_its_code_run() -> None:
    run = _run()
    of_run, of_code = _page(run), _page(run.code_run)
    for main in (of_run, of_code):
        table = main.select_one(".lineage-table tbody")
        assert table is not None
    assert words_of(of_run.select_one(".lineage-table") or of_run) == words_of(
        of_code.select_one(".lineage-table") or of_code
    )
    assert of_run.select_one(f'a[href^="/api/lineage/code_run/{run.code_run_id}/"]')


def test_the_history_has_the_reasons_of_corrections() -> None:
    run = _run()
    values = {"display_name": "Reef in 2051", "reason": f"Mistyped {EVIL}"}
    correct_model_run(run.pk, values, by=run.registered_by)
    # the code run changes with it
    for record in (run, run.code_run):
        history = _page(record).select_one("#history ~ ol")
        assert history is not None
        assert f"Mistyped {EVIL}" in words_of(history)


def test_a_code_run_shows_the_model_run_that_it_is() -> None:
    run = _run()
    main = _page(run.code_run)
    part = main.select_one("section[aria-labelledby=model-run]")
    assert part is not None
    assert link(part, "Reef in 2050") == f"/model_run/{run.pk}/"
    assert _table(part, "annotations") == [["RCP", "45"], [EVIL, EVIL]]
    [[path, usage, _, description]] = _table(part, "parameters")
    assert (path, usage, description) == (
        *("config/model.toml", "CONFIG_FILE"),
        "The settings",
    )


def test_other_code_runs_show_none() -> None:
    assert not _page(CodeRunFactory.create()).select("#model-run")


def test_a_withdrawn_run_still_says_what_it_was() -> None:
    run = _run()
    withdraw(run)
    main = _page(run.code_run)
    assert main.select("#model-run")
    assert f"{run} (withdrawn)" in words_of(main)


def test_a_dataset_template_shows_its_resources() -> None:
    template = DatasetTemplateFactory.create(
        defined_resources=[
            {
                **_resource("path", "a/b.csv", "GENERAL_DATA"),
                "is_folder": True,
                "additional_metadata": {EVIL: "metres"},
            }
        ],
        deferred_resources=[],
    )
    main = _page(template)
    assert _table(main, "defined resources") == [
        [
            *("a/b.csv folder", "The a/b.csv", "GENERAL_DATA", "required"),
            f"{EVIL} : metres",
        ]
    ]
    assert "make the next version" not in words_of(main)


def test_a_template_names_the_versions_before_and_after_it() -> None:
    old = DatasetTemplateFactory.create(name="Forcing", replaces=None)
    new = DatasetTemplateFactory.create(name="Forcing", replaces=old)
    main = _page(old)
    note = main.select_one("[role=note]")
    assert note is not None
    assert words_of(note) == "There is a newer version: Forcing (v2)"
    assert link(note, "Forcing (v2)") == f"/dataset_template/{new.pk}/"
    versions = _page(new).select_one("section[aria-labelledby=versions]")
    assert versions is not None
    assert words_of(versions) == "Versions This version 2 newest Replaces Forcing"
    withdraw(new)
    assert not _page(old).select("[role=note]")


def test_a_dataset_template_says_which_workflow_templates_have_it() -> None:
    template = DatasetTemplateFactory.create()
    user = WorkflowTemplateFactory.create(required_inputs=[template])
    linked = _page(template).select_one("#links ~ dl")
    assert linked is not None
    assert words_of(linked) == f"Required input of {user}"


def test_a_workflow_template_shows_its_data_and_annotations() -> None:
    template = _run().workflow_template
    main = _page(template)
    slots = _table(main, "inputs")
    assert [row[1] for row in slots] == ["required", "optional"]
    assert slots[0] == [
        *("Forcing", "required"),
        "sst.nc FORCING_DATA settings CONFIG_FILE",
    ]
    assert [row[1] for row in _table(main, "outputs")] == ["required", "optional"]
    annotations = main.select_one("section[aria-labelledby=annotations]")
    assert annotations is not None
    assert "Required RCP Optional species" in words_of(annotations)


def test_a_workflow_template_shows_its_newest_runs() -> None:
    template = _run().workflow_template
    ModelRunFactory.create_batch(11, workflow_template=template)
    main = _page(template)
    assert len(_table(main, "runs")) == 10
    address = f"/workflow_template/{template.pk}/runs/"
    assert link(main, "All 12 runs: filter, sort, plot") == address
    assert link(main, "RCP") == f"{address}?ordering=annotation.RCP"
    assert "Used by 12 runs, so it stays as it is." in words_of(main)


def test_the_next_version_begins_with_the_values_of_this_one() -> None:
    template = _run().workflow_template
    client = Client()
    client.force_login(template.registered_by)
    page = main_of(client.get(f"/workflow_template/{template.pk}/"))
    assert "make the next version" not in words_of(_page(template))
    address = link(page, "make the next version")
    main = main_of(client.get(address))
    sent = filled_form(main)
    assert sent["name"] == "Projection"
    assert sent["required_annotations"].split() == ["RCP"]
    answer = client.post("/workflow_template/new/", sent)
    new = WorkflowTemplate.objects.latest("pk")
    assert answer["Location"] == f"/workflow_template/{new.pk}/"
    assert (new.replaces_id, new.version) == (template.pk, 2)
    for name in ("required_inputs", "optional_inputs", "required_outputs"):
        old_ones = set(getattr(template, name).all())
        assert set(getattr(new, name).all()) == old_ones


def test_the_next_version_of_a_dataset_template_has_its_resources() -> None:
    template = DatasetTemplateFactory.create()
    client = Client()
    client.force_login(template.registered_by)
    sent = filled_form(
        main_of(client.get("/dataset_template/new/", {"replaces": template.pk}))
    )
    client.post("/dataset_template/new/", sent)
    new = DatasetTemplate.objects.latest("pk")
    assert new.defined_resources == template.defined_resources
    assert new.deferred_resources == template.deferred_resources


@pytest.mark.parametrize("given", ["0", "987654", "x", "9" * 30, "", "²"])
def test_a_form_without_a_version_to_replace_begins_empty(given: str) -> None:
    client = Client()
    client.force_login(UserFactory.create())
    main = main_of(client.get("/dataset_template/new/", {"replaces": given}))
    assert filled_form(main)["name"] == ""


def test_ways_to_register_runs_are_shown_where_there_are_any() -> None:
    template = _run().workflow_template
    shown = {str(one["href"]) for one in _page(template).select("a[href]")}
    for name in (
        *("web:run-of-template", "web:upload-runs"),
        "workflow_template-spreadsheet",
    ):
        try:
            address = reverse(name, args=[template.pk])
        except NoReverseMatch:
            continue
        assert any(one.startswith(address) for one in shown), name


@pytest.mark.parametrize("number", [1, 12])
def test_the_statements_of_pages(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = _run()
    ModelRunFactory.create_batch(number - 1, workflow_template=run.workflow_template)
    client = Client()
    pages = {
        f"/model_run/{run.pk}/": 13,
        f"/code_run/{run.code_run_id}/": 23,
        f"/workflow_template/{run.workflow_template_id}/": 10 + (number > 10),
        f"/dataset_template/{run.inputs[0]['dataset_template']}/": 6,
    }
    for address, statements in pages.items():
        client.get(address)
        with django_assert_num_queries(statements):
            client.get(address)
