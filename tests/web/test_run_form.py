"""The form of a model run: what it shows, sends, checks and registers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import DataProduct
from registry.core.links import kind_of
from registry.identity.models import User
from registry.runs.models import ModelRun, WorkflowTemplate
from tests.factories import (
    AuthorFactory,
    CodeRepoReleaseFactory,
    DataProductFactory,
    DatasetTemplateFactory,
    ModelRunFactory,
    ObjectComponentFactory,
    OrganisationFactory,
    ResearchModelFactory,
    StudyFactory,
    UserAuthorFactory,
    UserFactory,
    WorkflowTemplateFactory,
)
from tests.runs.modelling import World, resource
from tests.web.pages import link, main_of, words_of

pytestmark = pytest.mark.django_db

#: What an input must not break out of, and no selector can name.
ODD = "a'b\"[0].c <é & {{ 7 }}> 数"


@pytest.fixture
def user() -> User:
    user: User = UserFactory.create(username="rosalind")
    return user


@pytest.fixture
def client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def world() -> World:
    return World.make()


def _address(template: WorkflowTemplate) -> str:
    return f"/workflow_template/{template.pk}/run/"


def _inputs(main: Tag) -> dict[str, Tag]:
    """Return the inputs of the form by their names, without those for scripts."""
    for one in main.select("template"):
        one.decompose()
    found = main.select(".run-form input[name], .run-form textarea")
    return {str(one["name"]): one for one in found}


def _typed(main: Tag) -> dict[str, str]:
    """Return what a browser sends for an unchanged form, without a button."""
    return {
        name: one.get_text().removeprefix("\n")
        if one.name == "textarea"
        else str(one.get("value", ""))
        for name, one in _inputs(main).items()
    }


def _json(main: Tag) -> Any:
    return json.loads(main.select_one("#run-json").get_text())  # type: ignore[union-attr]


def _filled(world: World, **more: str) -> dict[str, str]:
    """Return what is typed for a run that is right."""
    return {
        "description": "A run of the reef model",
        "modeller": str(AuthorFactory.create().pk),
        "start_time": "2022-11-25T05:57",
        "end_time": "2022-11-26T05:56:59",
        f"inputs-{world.forcing.pk}-0-dataset": str(DataProductFactory.create().pk),
        f"inputs-{world.forcing.pk}-0-r0": "config/model.toml",
        f"outputs-{world.result.pk}-0-dataset": str(DataProductFactory.create().pk),
        f"outputs-{world.result.pk}-0-r0": "config/model.toml",
        "annotation-0": "45",
        **more,
    }


def _errors(main: Tag) -> dict[str, str]:
    """Return the errors by the names of their inputs, which all point at each other."""
    found = {}
    for name, one in _inputs(main).items():
        errors = main.select(f'[id="id_{name}_error"]')
        assert bool(errors) == (one.get("aria-invalid") == "true")
        if errors:
            assert f"id_{name}_error" in str(one["aria-describedby"]).split()
            assert main.select(f'.error-summary a[href="#id_{name}"]')
            found[name] = words_of(errors[0])
    return found


def _post(client: Client, world: World, do: str, typed: dict[str, str]) -> Any:
    return client.post(_address(world.template), {**typed, "do": do})


# What is shown


def test_every_slot_resource_and_annotation_has_an_input(
    client: Client, world: World
) -> None:
    main = main_of(client.get(_address(world.template)))
    legends = [words_of(one) for one in main.select(".slot > legend")]
    assert legends == [
        f"{world.forcing.name} (required)",
        f"{world.extra.name} (optional)",
        f"{world.result.name} (required)",
        f"{world.log.name} (optional)",
    ]
    slot = words_of(main.select(".slot")[1])
    assert str(world.extra.description) in slot
    assert "Path of configuration_file (required if there is a dataset)" in slot
    assert "The configuration_file (CONFIG_FILE)" in slot
    labels = [words_of(one) for one in main.select("form label")]
    assert labels[-4:-2] == ["RCP (required)", "species"]


def test_every_input_has_a_label_and_a_description_that_exists(
    client: Client, world: World
) -> None:
    main = main_of(client.get(_address(world.template)))
    ids = [str(one["id"]) for one in main.select("[id]")]
    assert len(ids) == len(set(ids))
    for one in main.select(".run-form [name][id]"):
        assert len(main.select(f'label[for="{one["id"]}"]')) == 1
        for described_by in str(one.get("aria-describedby", "")).split():
            assert described_by in ids


def test_links_suggest_records_of_their_type(client: Client, world: World) -> None:
    inputs = _inputs(main_of(client.get(_address(world.template))))
    kinds = {name: one.get("data-kind") for name, one in inputs.items()}
    assert kinds["modeller"] == "author"
    assert kinds["requesting_organisation"] == "organisation"
    assert kinds["study"] == "study"
    assert kinds["model_config"] == kinds["submission_script"] == "object"
    assert kinds[f"inputs-{world.forcing.pk}-0-dataset"] == kind_of(DataProduct)


def test_versions_of_the_releases_are_suggested(client: Client) -> None:
    releases = [CodeRepoReleaseFactory.create(version=v) for v in ("1.9.0", "1.10.0")]
    model = ResearchModelFactory.create(releases=releases)
    template = WorkflowTemplateFactory.create(model=model)
    main = main_of(client.get(_address(template)))
    assert _inputs(main)["model_version"]["list"] == "versions"
    assert [one["value"] for one in main.select("#versions option")] == [
        "1.10.0",
        "1.9.0",
    ]


def test_the_author_of_the_account_is_the_modeller(
    client: Client, world: World, user: User
) -> None:
    assert _typed(main_of(client.get(_address(world.template))))["modeller"] == ""
    own = UserAuthorFactory.create(user=user)
    typed = _typed(main_of(client.get(_address(world.template))))
    assert typed["modeller"] == str(own.author_id)


def test_the_address_fills_in_fields(client: Client, world: World) -> None:
    main = main_of(client.get(_address(world.template), {"study": "7"}))
    assert _json(main)["study"] == 7


@pytest.mark.parametrize("slots, resources", [(1, 1), (12, 30)])
def test_the_form_needs_the_same_statements_for_every_template(
    slots: int,
    resources: int,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    deferred = [resource(f"key-{n}") for n in range(resources)]
    some = DatasetTemplateFactory.create_batch(slots, deferred_resources=deferred)
    template = WorkflowTemplateFactory.create(required_inputs=some)
    with django_assert_num_queries(9):
        main = main_of(client.get(_address(template)))
    assert len(main.select(".slot")) == slots + 3


def test_a_form_that_no_browser_can_send_is_not_shown(client: Client) -> None:
    deferred = [resource(f"key-{n}") for n in range(500)]
    some = DatasetTemplateFactory.create_batch(2, deferred_resources=deferred)
    template = WorkflowTemplateFactory.create(required_inputs=some)
    main = main_of(client.get(_address(template)))
    assert "at most 990 inputs" in words_of(main)
    assert not main.select("form")


def test_nothing_is_added_to_a_full_form(client: Client) -> None:
    deferred = [resource(f"key-{n}") for n in range(470)]
    dataset = DatasetTemplateFactory.create(deferred_resources=deferred)
    template = WorkflowTemplateFactory.create(required_inputs=[dataset])
    slot = f"inputs-{dataset.pk}"
    sent = {"description": "typed", "do": f"add {slot}"}
    typed = _typed(main_of(client.post(_address(template), sent)))
    assert f"{slot}-1-dataset" in typed
    main = main_of(client.post(_address(template), {**typed, **sent}))
    assert _typed(main).keys() == typed.keys()
    assert _typed(main)["description"] == "typed"
    assert "Not added: a form has at most 990 inputs." in words_of(main)


# Who, and which templates


def test_who_is_not_signed_in_is_led_there_and_back(world: World) -> None:
    address = _address(world.template)
    answer = Client().get(f"{address}?like=3")
    assert answer["Location"] == f"/sign-in?next={address}%3Flike%3D3"
    assert _post(Client(), world, "register", _filled(world)).status_code == 302
    assert not ModelRun.objects.exists()


def test_a_form_of_another_site_is_refused(world: World, user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    address = _address(world.template)
    typed = {**_filled(world), "do": "register"}
    assert browser.post(address, typed).status_code == 403
    assert not ModelRun.objects.exists()
    token = _typed(main_of(browser.get(address)))["csrfmiddlewaretoken"]
    browser.post(address, {**typed, "csrfmiddlewaretoken": token})
    assert ModelRun.objects.count() == 1


@pytest.mark.parametrize("pk", ["987654", "9" * 25])
def test_there_is_no_form_without_a_template(pk: str, client: Client) -> None:
    assert client.get(f"/workflow_template/{pk}/run/").status_code == 404


def test_a_superseded_template_leads_to_the_newest(
    client: Client, world: World
) -> None:
    versions = [world.template]
    for _ in range(3):
        versions.append(
            WorkflowTemplateFactory.create(
                replaces=versions[-1], by=world.template.registered_by
            )
        )
    _, _, third, fourth = versions
    WorkflowTemplate.objects.filter(pk=fourth.pk).update(withdrawn="A mistake")
    main = main_of(client.get(_address(world.template)))
    assert "There is a newer version" in words_of(main)
    assert link(main, str(third)) == f"/workflow_template/{third.pk}/"
    assert main.select("form.run-form")


def test_a_withdrawn_template_has_no_form(client: Client, world: World) -> None:
    typed = _filled(world)
    WorkflowTemplate.objects.filter(pk=world.template.pk).update(withdrawn="No forcing")
    for answer in (
        client.get(_address(world.template)),
        _post(client, world, "register", typed),
    ):
        main = main_of(answer)
        assert "it is withdrawn. No forcing" in words_of(main)
        assert not main.select("form")
    assert not ModelRun.objects.exists()


# The JSON


def test_the_json_is_what_was_typed_without_blanks(
    client: Client, world: World
) -> None:
    typed = _filled(
        world,
        display_name=" ",
        description="One\r\ntwo",
        **{
            f"inputs-{world.extra.pk}-0-r0": " ",
            f"inputs-{world.forcing.pk}-0-components": " table \r\n\r\nother",
            "further-0-name": ODD,
            "further-0-text": "it's",
        },
    )
    main = main_of(_post(client, world, "show", typed))
    assert _json(main) == {
        "workflow_template": world.template.pk,
        "description": "One\ntwo",
        "modeller": int(typed["modeller"]),
        "start_time": "2022-11-25T05:57Z",
        "end_time": "2022-11-26T05:56:59Z",
        "inputs": [
            {
                "dataset_template": world.forcing.pk,
                "dataset": int(typed[f"inputs-{world.forcing.pk}-0-dataset"]),
                "resources": {"configuration_file": "config/model.toml"},
                "components": ["table", "other"],
            }
        ],
        "outputs": [
            {
                "dataset_template": world.result.pk,
                "dataset": int(typed[f"outputs-{world.result.pk}-0-dataset"]),
                "resources": {"configuration_file": "config/model.toml"},
            }
        ],
        "annotations": {"RCP": "45", ODD: "it's"},
    }
    assert "\"it'\\''s\"" in main.select_one("#run-quoted").get_text()  # type: ignore[union-attr]
    assert not ModelRun.objects.exists()


def test_another_dataset_and_annotation_need_no_script(
    client: Client, world: World
) -> None:
    typed = _filled(world)
    slot = f"inputs-{world.forcing.pk}"
    main = main_of(_post(client, world, f"add {slot}", typed))
    more = _typed(main)
    assert {**more, **typed} == more
    assert _inputs(main)[f"{slot}-1-dataset"].has_attr("autofocus")
    main = main_of(_post(client, world, "add further", more))
    inputs = _inputs(main)
    assert f"{slot}-1-dataset" in inputs
    assert f"{slot}-2-dataset" not in inputs
    assert inputs["further-1-name"].has_attr("autofocus")


def test_two_datasets_can_be_for_one_template(client: Client, world: World) -> None:
    slot = f"inputs-{world.forcing.pk}"
    product = DataProductFactory.create()
    part = ObjectComponentFactory.create(object=product.object, name="table, one")
    typed = _filled(
        world,
        **{
            # as scripts and people leave gaps
            f"{slot}-3-dataset": f"/api/data_product/{product.pk}/",
            f"{slot}-3-r0": "b.toml",
            f"{slot}-3-components": part.name,
        },
    )
    answer = _post(client, world, "register", typed)
    run = ModelRun.objects.get()
    assert answer["Location"] == f"/model_run/{run.pk}/"
    assert [one["resources"] for one in run.inputs] == [
        {"configuration_file": "config/model.toml"},
        {"configuration_file": "b.toml"},
    ]
    assert run.inputs[1]["components"] == ["table, one"]
    assert part in run.code_run.inputs.all()


# Checking and registering


def test_checking_registers_nothing(client: Client, world: World) -> None:
    typed = _filled(world)
    main = main_of(_post(client, world, "check", typed))
    assert "No errors: this run can be registered." in words_of(main)
    assert {**_typed(main), **typed} == _typed(main)
    assert not ModelRun.objects.exists()


def test_registering_leads_to_the_page_of_the_run(
    client: Client, world: World, user: User
) -> None:
    answer = client.post(
        _address(world.template), {**_filled(world), "do": "register"}, follow=True
    )
    run = ModelRun.objects.get()
    assert answer.redirect_chain == [(f"/model_run/{run.pk}/", 302)]
    assert f"Model run {run.pk} is registered." in words_of(main_of(answer))
    assert run.registered_by == user
    assert run.start_time.isoformat() == "2022-11-25T05:57:00+00:00"


def test_the_same_content_leads_to_the_run_that_has_it(
    client: Client, world: World
) -> None:
    typed = _filled(world)
    _post(client, world, "register", typed)
    run = ModelRun.objects.get()
    main = main_of(_post(client, world, "check", typed))
    assert link(main, str(run)) == f"/model_run/{run.pk}/"
    answer = client.post(
        _address(world.template), {**typed, "do": "register"}, follow=True
    )
    assert answer.redirect_chain == [(f"/model_run/{run.pk}/", 302)]
    assert "this run has the same content" in words_of(main_of(answer))
    assert ModelRun.objects.count() == 1


def test_an_empty_form_names_all_that_is_missing(client: Client, world: World) -> None:
    empty = _typed(main_of(client.get(_address(world.template))))
    main = main_of(_post(client, world, "register", empty), 400)
    summary = main.select_one(".error-summary[role=alert][tabindex='-1'][autofocus]")
    assert summary is not None
    required = "This field is required."
    path = f"Required by dataset template {world.forcing.pk}."
    assert _errors(main) == {
        "description": required,
        "modeller": required,
        "start_time": required,
        "end_time": required,
        f"inputs-{world.forcing.pk}-0-dataset": required,
        f"inputs-{world.forcing.pk}-0-r0": path,
        f"outputs-{world.result.pk}-0-dataset": required,
        f"outputs-{world.result.pk}-0-r0": path.replace(
            str(world.forcing.pk), str(world.result.pk)
        ),
        "annotation-0": f"Required by workflow template {world.template.pk}.",
    }
    assert len(summary.select("li")) == 9


#: What is typed wrongly: the input, the text, and a part of its error.
WRONG = [
    ("display_name", "x" * 5000, "at most"),
    ("description", "x" * 2**21, "at most"),
    ("model_version", "x" * 5000, "at most"),
    ("modeller", "987654", "Author 987654 does not exist."),
    ("requesting_organisation", "?", "is not a valid organisation"),
    ("study", "987654", "Study 987654 does not exist."),
    ("model_config", "nothing", "is not a valid object"),
    ("submission_script", "987654", "Object 987654 does not exist."),
    ("start_time", "yesterday", "Give a time such as"),
    ("start_time", "2999-01-01T00:00", "has not come yet"),
    ("end_time", "2001-01-01T00:00", "A run cannot end before"),
    ("{forcing}-0-dataset", "987654", "Data product 987654 does not exist."),
    ("{forcing}-0-components", "no\ntable", "has no component no"),
    ("{forcing}-0-r0", "x" * 70000, "at most"),
    ("{extra}-0-dataset", "0", "Data product 0 does not exist."),
    ("annotation-0", "x" * 70000, "at most"),
    ("annotation-1", "a\0b", "cannot be stored"),
    (
        "further-0-name",
        "no value",
        "Give a text that can be seen: this one has only blank characters.",
    ),
    ("further-0-text", "no name", "This cannot be a name."),
    ("further-0-name", " a", "This cannot be a name."),
    ("further-0-name", "RCP", "RCP is there already."),
]


@pytest.mark.parametrize(
    "name, text, message", WRONG, ids=[f"{one[0]}-{one[2]}" for one in WRONG]
)
def test_an_error_is_at_its_input(
    name: str, text: str, message: str, client: Client, world: World
) -> None:
    name = name.format(
        forcing=f"inputs-{world.forcing.pk}", extra=f"inputs-{world.extra.pk}"
    )
    typed = _filled(world) | {name: text}
    main = main_of(_post(client, world, "register", typed), 400)
    errors = _errors(main)
    # an optional dataset needs its resources as soon as it is there
    errors.pop(f"inputs-{world.extra.pk}-0-r0", None)
    other = {"further-0-name": "further-0-text", "further-0-text": "further-0-name"}
    at = other[name] if name in other and text in {"no value", "no name"} else name
    assert [*errors] == [at]
    assert message in errors[at]
    kept = _typed(main)
    assert kept[name] == text.replace("\r\n", "\n")
    assert {**kept, **typed} == kept
    assert not ModelRun.objects.exists()


def test_errors_of_the_second_dataset_are_at_the_second(
    client: Client, world: World
) -> None:
    slot = f"inputs-{world.forcing.pk}"
    typed = _filled(world, **{f"{slot}-1-dataset": "987654"})
    assert _errors(main_of(_post(client, world, "check", typed), 400)) == {
        f"{slot}-1-dataset": "Data product 987654 does not exist.",
        f"{slot}-1-r0": f"Required by dataset template {world.forcing.pk}.",
    }


def test_odd_names_and_keys_are_escaped_and_have_their_errors(client: Client) -> None:
    long = [f"{'x' * 120}{n}" for n in range(2)]
    deferred = [resource(key) for key in (ODD, *long)]
    dataset = DatasetTemplateFactory.create(name=ODD, deferred_resources=deferred)
    template = WorkflowTemplateFactory.create(
        name=ODD,
        required_inputs=[dataset],
        required_outputs=[],
        required_annotations=(ODD,),
        optional_annotations=("__proto__",),
    )
    main = main_of(client.get(_address(template)))
    assert ODD in words_of(main.select("h1")[0])
    assert f"Path of {ODD} (required)" in words_of(main)
    typed = _typed(main)
    main = main_of(client.post(_address(template), {**typed, "do": "check"}), 400)
    errors = _errors(main)
    for number in range(3):
        assert "Required by" in errors[f"inputs-{dataset.pk}-0-r{number}"]
    assert "Required by" in errors["annotation-0"]
    typed |= {f"inputs-{dataset.pk}-0-r0": "p", "annotation-0": ODD}
    main = main_of(client.post(_address(template), {**typed, "do": "show"}))
    assert _json(main)["inputs"][0]["resources"] == {ODD: "p"}
    assert _json(main)["annotations"] == {ODD: ODD}
    page = str(main)
    assert "<é" not in page
    assert _typed(main)["annotation-0"] == ODD


# Like another run


def test_a_run_can_be_the_starting_point(client: Client, world: World) -> None:
    product = DataProductFactory.create()
    ObjectComponentFactory.create(object=product.object, name="table")
    record = world.record(
        display_name="First",
        model_version="1.2.0",
        study=StudyFactory.create().pk,
        requesting_organisation=OrganisationFactory.create().pk,
        start_time="2022-11-25T05:57:13Z",
        end_time="2022-11-25T05:58:13.5Z",
        inputs=[
            world.entry(world.forcing, dataset=product.pk, components=["table"]),
            world.entry(world.forcing),
            world.entry(world.extra),
        ],
        annotations={"RCP": "45", "note": "two\nlines", ODD: "x"},
    )
    [run] = ModelRunFactory.service([record], by=UserFactory.create())
    address = f"{_address(world.template)}?like={run.pk}"
    main = main_of(client.get(address))
    typed = _typed(main)
    assert typed["start_time"] == "2022-11-25T05:57:13"
    assert typed[f"inputs-{world.forcing.pk}-0-components"] == "table"
    assert typed["further-0-name"] == "note"
    answer = client.post(address, {**typed, "do": "register"})
    assert answer["Location"] == f"/model_run/{run.pk}/"
    answer = client.post(address, {**typed, "annotation-0": "60", "do": "register"})
    other = ModelRun.objects.exclude(pk=run.pk).get()
    assert other.inputs == run.inputs
    assert other.annotations == {**run.annotations, "RCP": "60"}


def test_the_page_of_a_run_leads_to_a_form_like_it(client: Client) -> None:
    run = ModelRunFactory.create()
    main = main_of(client.get(f"/model_run/{run.pk}/"))
    address = link(main, "Register a run like this")
    assert address == f"{_address(run.workflow_template)}?like={run.pk}"
    typed = _typed(main_of(client.get(address)))
    assert typed["display_name"] == run.display_name
    other = main_of(client.get(f"/study/{run.study_id}/"))
    assert "Register a run like this" not in words_of(other)


def test_a_derived_name_is_not_kept(client: Client, world: World) -> None:
    [run] = ModelRunFactory.service([world.record()], by=UserFactory.create())
    main = main_of(client.get(_address(world.template), {"like": run.pk}))
    assert _typed(main)["display_name"] == ""
    assert _typed(main)["description"] == run.description


def test_what_another_template_has_no_place_for_is_left_out(client: Client) -> None:
    run = ModelRunFactory.create(annotations={"RCP": "4", "own": "x"})
    template = WorkflowTemplateFactory.create(required_annotations=("own",))
    body = _json(main_of(client.get(_address(template), {"like": run.pk})))
    assert body["annotations"] == {"own": "x", "RCP": "4"}
    assert "dataset" not in body["inputs"][0]
    assert body["modeller"] == run.modeller_id


@pytest.mark.parametrize("like", ["987654", "x", "", "9" * 30])
def test_there_is_no_form_like_no_run(like: str, client: Client, world: World) -> None:
    answer = client.get(_address(world.template), {"like": like})
    assert answer.status_code == 404


def test_a_run_is_corrected_by_the_form(client: Client) -> None:
    run = ModelRunFactory.create()
    client.force_login(run.registered_by)
    assert "Correct this run" in client.get(f"/model_run/{run.pk}/").content.decode()
    address = f"/workflow_template/{run.workflow_template_id}/run/?correct={run.pk}"
    page = BeautifulSoup(client.get(address).content, "html.parser")
    assert page.h1 is not None
    assert page.h1.text == f"Correct model run {run.pk}"
    typed = {
        str(one["name"]): str(one.get("value") or one.text)
        for one in page.select("form.run-form input[name], form.run-form textarea")
    }
    typed |= {"description": "Another description", "do": "register"}
    refused = client.post(address, {**typed, "reason": ""})
    assert refused.status_code == 400
    assert "Say why the record is corrected." in refused.content.decode()
    checked = client.post(address, {**typed, "reason": "A slip", "do": "check"})
    assert "can be corrected like this" in checked.content.decode()
    run.refresh_from_db()
    assert run.description != "Another description"
    done = client.post(address, {**typed, "reason": "A slip"})
    assert (done.status_code, done["Location"]) == (302, f"/model_run/{run.pk}/")
    run.refresh_from_db()
    assert run.description == "Another description"
    assert "A slip" in client.get(f"/model_run/{run.pk}/").content.decode()


def test_only_those_who_look_after_a_run_correct_it(client: Client) -> None:
    run = ModelRunFactory.create()
    client.force_login(UserFactory.create())
    page = client.get(f"/model_run/{run.pk}/").content.decode()
    assert "Correct this run" not in page
    address = f"/workflow_template/{run.workflow_template_id}/run/?correct={run.pk}"
    assert client.get(address).status_code == 403
