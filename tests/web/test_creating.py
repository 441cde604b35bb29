"""Forms store the same as the API, and show errors next to their fields."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from registry.catalogue.models import Namespace, ObjectComponent
from registry.core.links import kind_of
from registry.core.models import Event, Record
from registry.core.record_types import record_type_named
from registry.core.snapshots import to_many_fields
from registry.identity.models import User
from registry.runs.models import CodeRun
from tests.api.client import Api, data_of
from tests.every_type import every_kind
from tests.factories import (
    FileTypeFactory,
    IssueFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
    values_of,
)
from tests.web.pages import (
    FACTORIES,
    created_since,
    filled_form,
    form_of,
    last_event,
    link,
    main_of,
    path,
    record_at,
    words_of,
)

pytestmark = pytest.mark.django_db

EVERY_KIND = pytest.mark.parametrize("kind", every_kind())


@pytest.fixture
def user() -> User:
    # an administrator, who can say which author another account is
    roles = ["curator", "entity-registry-admin"]
    user: User = UserFactory.create(username="rosalind", roles=roles)
    return user


@pytest.fixture
def signed_in(user: User) -> Client:
    client = Client(headers={"user-agent": "Firefox/140.0"})
    client.force_login(user)
    return client


def _values(kind: str) -> dict[str, Any]:
    """Return what a form of this record type can hold."""
    values = values_of(FACTORIES[kind], by=User.objects.get(username="rosalind"))
    values.pop("uuid", None)
    return values


def _as_json(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case list():
            return [_as_json(one) for one in value]
        case Record() | User():
            return f"/api/{kind_of(type(value))}/{value.pk}/"
    return value


@EVERY_KIND
def test_a_form_stores_what_the_api_stores(
    kind: str, signed_in: Client, user: User
) -> None:
    # with what comes with the first record of a type, such as a storage root
    FACTORIES[kind].create()
    values, others, api = _values(kind), _values(kind), Api(user)
    last = last_event()
    answer = signed_in.post(f"/{kind}/new/", form_of(values))
    assert answer.status_code == 302, words_of(main_of(answer, 400))
    by_form = record_at(kind, answer["Location"])
    events = created_since(last)
    for name, value in values.items():
        if name in to_many_fields(type(by_form)):
            assert set(getattr(by_form, name).all()) == set(value), name
        elif isinstance(value, datetime):
            assert getattr(by_form, name) == value.replace(microsecond=0), name
        else:
            assert getattr(by_form, name) == value, name
    assert by_form.registered_by == by_form.updated_by == user

    last = last_event()
    body = {name: _as_json(value) for name, value in others.items()}
    data_of(api.post(f"/api/{kind}/", body), 201)
    assert events == created_since(last) != []


@EVERY_KIND
def test_the_event_has_the_account_and_the_browser(
    kind: str, signed_in: Client, user: User
) -> None:
    form = form_of(_values(kind))
    last = last_event()
    signed_in.post(f"/{kind}/new/", form)
    events = Event.objects.filter(pk__gt=last)
    assert {(event.by, event.client) for event in events} == {(user, "Firefox/140.0")}


@EVERY_KIND
def test_a_new_record_is_shown_with_a_message(kind: str, signed_in: Client) -> None:
    answer = signed_in.post(f"/{kind}/new/", form_of(_values(kind)), follow=True)
    record = record_at(kind, answer.redirect_chain[-1][0])
    said = words_of(main_of(answer))
    assert (
        f"{record_type_named(kind).title.capitalize()} {record.pk} is registered."
        in said
    )


@EVERY_KIND
def test_an_empty_form_marks_missing_fields(kind: str, signed_in: Client) -> None:
    model = record_type_named(kind).model
    before = model._default_manager.count()
    main = main_of(signed_in.get(f"/{kind}/new/"))
    required = {
        str(field["name"])
        for field in main.select(".record-form [name][required]")
        if field.has_attr("required")
    }
    answer = signed_in.post(f"/{kind}/new/", {})
    if not required and answer.status_code == 302:
        # an object may be nothing but a UUID
        assert kind == "object"
        return
    main = main_of(answer, 400)
    for name in required:
        field = main.select_one(f".record-form [name={name}]")
        assert field is not None
        error = main.select_one(f"#{field['id']}_error")
        assert error is not None
        assert words_of(error) == "This field is required."
        assert error["id"] in str(field["aria-describedby"]).split()
        assert field["aria-invalid"] == "true"
    assert model._default_manager.count() == before


def test_the_service_validates_the_form(
    signed_in: Client,
) -> None:
    main = main_of(signed_in.post("/author/new/", {"name": ""}), 400)
    for name in ("name", "identifier"):
        error = main.select_one(f"#id_{name}_error")
        assert error is not None
        assert "Give a name or an identifier" in words_of(error)


@pytest.mark.parametrize(
    "kind, wrong, message",
    [
        ("namespace", {"name": "a*b"}, "Names may not contain"),
        ("namespace", {"name": "x" * 1025}, "at most 1024 characters"),
        ("data_product", {"version": "first"}, "Enter a semantic version"),
        ("data_product", {"namespace": "mine"}, "is not a valid namespace"),
        ("data_product", {"object": "987654"}, "Object 987654 does not exist."),
        ("issue", {"severity": "-1"}, "greater than or equal to 0"),
        ("issue", {"severity": "40000"}, "less than or equal to 32767"),
        ("issue", {"component_issues": "x"}, "is not a valid object component"),
        ("code_run", {"run_date": "yesterday"}, "Enter a valid date/time."),
        ("author", {"identifier": "javascript:alert(1)"}, "Enter a"),
        ("storage_root", {"root": "https://me:secret@example.org/"}, "password"),
    ],
)
def test_invalid_values_are_marked_at_their_fields(
    kind: str, wrong: dict[str, str], message: str, signed_in: Client
) -> None:
    values = form_of(_values(kind))
    before = record_type_named(kind).model._default_manager.count()
    main = main_of(signed_in.post(f"/{kind}/new/", {**values, **wrong}), 400)
    [name] = wrong
    error = main.select_one(f"#id_{name}_error")
    assert error is not None
    assert message in words_of(error)
    # all else that was typed is still there
    kept = filled_form(main)
    assert {key: kept.get(key) for key in values} == {**values, **wrong}
    assert record_type_named(kind).model._default_manager.count() == before


def test_an_end_before_the_start_is_refused(signed_in: Client) -> None:
    values = form_of(_values("code_run"))
    values["end_date"] = "2001-01-01T00:00"
    main = main_of(signed_in.post("/code_run/new/", values), 400)
    error = main.select_one("#id_end_date_error")
    assert error is not None
    assert "cannot end before" in words_of(error)


def test_times_are_in_utc(signed_in: Client) -> None:
    values = form_of(_values("code_run")) | {"end_date": ""}
    for text in ("2026-03-04T05:06", "2026-03-04 05:06:00"):
        answer = signed_in.post("/code_run/new/", {**values, "run_date": text})
        run = record_at("code_run", answer["Location"])
        assert isinstance(run, CodeRun)
        assert run.run_date == datetime(2026, 3, 4, 5, 6, tzinfo=UTC)


def test_links_are_accepted_as_in_the_api(signed_in: Client) -> None:
    components = [ObjectComponentFactory.create() for _ in range(2)]
    thing = ObjectFactory.create()
    first, second = components
    answer = signed_in.post(
        "/code_run/new/",
        {
            "run_date": "2026-03-04",
            "description": "links in all spellings",
            "submission_script": str(thing.uuid),
            "code_repo": f"https://elsewhere.example.org/api/object/{thing.pk}/",
            "inputs": f"{first.pk}, /api/object_component/{second.pk}/ {first.pk}",
        },
    )
    run = record_at("code_run", answer["Location"])
    assert isinstance(run, CodeRun)
    assert run.submission_script == run.code_repo == thing
    assert set(run.inputs.all()) == set(components)


@EVERY_KIND
def test_a_duplicate_links_to_the_existing_record(kind: str, signed_in: Client) -> None:
    unique = any(
        field.unique and not field.primary_key and field.name != "uuid"
        for field in record_type_named(kind).model._meta.fields
    ) or any(
        type(one).__name__ == "UniqueConstraint"
        for one in record_type_named(kind).model._meta.constraints
    )
    if not unique:
        assert kind in {"code_run", "issue", "model", "object", "study"}
        return
    if kind in {"model_run", "run_request"}:
        # the same content is one record: tests/api/runs/test_model_runs_contract.py;
        # what other interfaces call a request, nobody can give here
        return
    values = form_of(_values(kind))
    first = signed_in.post(f"/{kind}/new/", values)["Location"]
    before = record_type_named(kind).model._default_manager.count()
    main = main_of(signed_in.post(f"/{kind}/new/", values), 400)
    assert "must be unique" in words_of(main)
    assert link(main, "open the existing record") == first
    assert record_type_named(kind).model._default_manager.count() == before


def test_a_form_can_be_prefilled(signed_in: Client) -> None:
    namespace = NamespaceFactory.create()
    page = signed_in.get(f"/data_product/new/?namespace={namespace.pk}&version=1.0.0")
    filled = filled_form(main_of(page))
    assert filled["namespace"] == str(namespace.pk)
    assert filled["version"] == "1.0.0"


@EVERY_KIND
def test_a_page_shows_the_equivalent_api_request(
    kind: str, signed_in: Client, user: User
) -> None:
    values = form_of(_values(kind))
    values["nonsense-that-no-form-has"] = "ignored"
    broken = {**values, **_break(kind)}
    main = main_of(signed_in.post(f"/{kind}/new/", broken), 400)
    shown = main.select_one("#form-json")
    assert shown is not None
    body = json.loads(shown.get_text().replace("'\\''", "'"))
    # a list without anything in it is left out
    given = {name for name, text in broken.items() if text not in {"", "[]"}}
    assert set(body) - {n for n, v in body.items() if v is False} == given - {
        "nonsense-that-no-form-has"
    }
    # put right, it is what the API takes
    for name in _break(kind):
        del body[name]
        if values.get(name):
            body[name] = values[name]
    data_of(Api(user).post(f"/api/{kind}/", body), 201)


def _break(kind: str) -> dict[str, str]:
    """Return a value that the form of this type refuses."""
    model = record_type_named(kind).model
    if kind in {"file_type", "storage_root"}:
        return {"name" if kind == "file_type" else "root": "x" * 1025}
    for field in model._meta.fields:
        if field.is_relation and field.editable:
            return {field.name: "it's no link"}
    name = {
        "issue": "severity",
        "backend": "max_running",
        "author": "identifier",
        "namespace": "website",
        "organisation": "ror",
        "model": "source_url",
        "study": "title",
    }[kind]
    if kind == "study":
        return {name: "x" * 1025}
    return {name: "it's no such thing"}


def test_quotes_are_escaped_for_the_shell(signed_in: Client) -> None:
    text = "it's; rm -rf /"
    main = main_of(signed_in.get("/issue/new/", {"description": text}))
    shown = main.select_one("#form-json")
    assert shown is not None
    assert "it'\\''s; rm -rf /" in shown.get_text()


def test_a_misspelt_field_is_refused_with_the_right_name(signed_in: Client) -> None:
    sent = {"name": "mine", "fullname": "My group", "remark": "ignored"}
    answer = signed_in.post("/namespace/new/", sent)
    said = "fullname: There is no such field. Did you mean full_name?"
    assert said in words_of(main_of(answer, 400))
    assert not Namespace.objects.filter(name="mine").exists()


def test_forms_require_the_csrf_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    component = ObjectComponentFactory.create()
    for page in ("/namespace/new/", f"/object_component/{component.pk}/raise-issue/"):
        sent = {"name": "mine", "description": "bad"}
        sent["component_issues"] = str(component.pk)
        assert client.post(page, sent).status_code == 403
        form = main_of(client.get(page)).select_one("form.record-form")
        assert form is not None
        field = form.select_one("input[name=csrfmiddlewaretoken]")
        assert field is not None
        token = {"csrfmiddlewaretoken": str(field["value"])}
        assert client.post(page, {**sent, **token}).status_code == 302
    assert Namespace.objects.filter(name="mine").count() == 1


def test_anonymous_users_are_redirected_to_sign_in_and_back() -> None:
    client = Client()
    UserFactory.create(username="lise", password="a long password")
    answer = client.post("/namespace/new/?name=mine", {"name": "mine"})
    assert answer.status_code == 302
    assert not Namespace.objects.filter(name="mine").exists()
    sign_in = main_of(client.get(answer["Location"]))
    field = sign_in.select_one("input[name=next]")
    assert field is not None
    back = str(field["value"])
    assert back == "/namespace/new/?name=mine"
    form = {"username": "lise", "password": "a long password", "next": back}
    assert client.post("/sign-in", form)["Location"] == back
    assert filled_form(main_of(client.get(back)))["name"] == "mine"


def test_the_redirect_leads_to_no_other_site() -> None:
    client = Client()
    UserFactory.create(username="lise", password="a long password")
    form = {"username": "lise", "password": "a long password"}
    for there in ("https://evil.example.org/", "//evil.example.org/", "javascript:x"):
        assert client.post("/sign-in", {**form, "next": there})["Location"] == "/"
        client.logout()


def test_an_empty_checkbox_is_false(signed_in: Client) -> None:
    values = form_of(_values("storage_location"))
    del values["public"]
    answer = signed_in.post("/storage_location/new/", values)
    assert not record_at("storage_location", answer["Location"]).public  # type: ignore[attr-defined]


def test_defaults_are_filled_in(signed_in: Client) -> None:
    assert filled_form(main_of(signed_in.get("/issue/new/")))["severity"] == "1"
    location = main_of(signed_in.get("/storage_location/new/"))
    assert filled_form(location)["public"] == "on"


def test_spaces_in_texts_are_kept(signed_in: Client) -> None:
    answer = signed_in.post("/author/new/", {"name": " a  b "})
    record = record_at("author", answer["Location"])
    assert record.name == " a  b "  # type: ignore[attr-defined]


def test_read_only_fields_are_not_in_forms(signed_in: Client, user: User) -> None:
    mine = str(uuid.uuid4())
    other = UserFactory.create()
    answer = signed_in.post(
        "/object/new/",
        {
            "description": "mine",
            "uuid": mine,
            "registered_by": str(other.pk),
            "id": "7",
        },
    )
    record = record_at("object", answer["Location"])
    assert str(record.uuid) != mine  # type: ignore[attr-defined]
    assert record.registered_by == user
    assert ObjectComponent.objects.filter(object=record.pk, whole_object=True).exists()


def test_records_of_others_can_be_linked(signed_in: Client) -> None:
    issue = IssueFactory.create()
    FileTypeFactory.create()
    thing = ObjectFactory.create()
    answer = signed_in.post(
        "/object_component/new/",
        {"object": str(thing.pk), "name": "part", "issues": str(issue.pk)},
    )
    part = record_at("object_component", path(answer["Location"]))
    assert list(part.issues.all()) == [issue]  # type: ignore[attr-defined]
