"""The audit trail as a page."""

from __future__ import annotations

import pytest
from bs4 import Tag
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.core.models import Event
from registry.http.filters.identity import EVENT_FILTERS
from registry.identity import audit
from registry.identity.models import User
from registry.runs.services import delete_code_run, update_code_run
from tests.factories import CodeRunFactory, NamespaceFactory, UserFactory
from tests.web.pages import link, main_of, rows, words_of

pytestmark = pytest.mark.django_db

PAGE = "/event/"


def _lines(main: Tag) -> list[str]:
    return [words_of(row) for row in main.select("tbody tr")]


@pytest.fixture
def administrator() -> User:
    return UserFactory(username="curie", roles=["sys-admin-admin"])


@pytest.fixture
def client(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


def test_the_page_shows_events_with_their_origin(client: Client) -> None:
    person = UserFactory(username="ada")
    namespace = NamespaceFactory(by=person)
    audit.record(
        "role_requested",
        person=person,
        subject="handle-read",
        client="<i>Firefox</i>",
        address="192.0.2.7",
    )
    main = main_of(client.get(PAGE))
    [asked, made, *_] = _lines(main)
    for text in ("Role requested: handle-read", "ada", "<i>Firefox</i>", "192.0.2.7"):
        assert text in asked
    assert "Created" in made
    name = f"namespace {namespace.pk}"
    assert link(main, name) == f"/namespace/{namespace.pk}/"


def test_the_page_has_the_filters_of_the_api(client: Client) -> None:
    person = UserFactory(username="ada")
    audit.record("signed_in", person=person, address="192.0.2.7")
    audit.record("sign_in_failed", person=None, address="198.51.100.1")
    main = main_of(client.get(PAGE))
    names = {one["name"] for one in main.select(".filters [name]")}
    assert names == {*EVENT_FILTERS.filters}
    main = main_of(client.get(PAGE, {"who": "ada", "action": "signed_in"}))
    assert len(rows(main)) == 1
    selected = main.select_one("select[name=action] option[selected]")
    assert selected is not None
    assert selected["value"] == "signed_in"
    several = {"action": ["signed_in", "sign_in_failed"]}
    chosen = main_of(client.get(PAGE, several)).select("option[selected]")
    assert [one["value"] for one in chosen] == several["action"]
    json = link(main, "JSON")
    assert json == "/api/event/?who=ada&action=signed_in&format=json"
    assert client.get(json).json()["count"] == 1
    assert "no account" in _lines(main_of(client.get(PAGE, {"address": "198.*"})))[0]
    assert "No event matches" in words_of(main_of(client.get(PAGE, {"who": "nobody"})))


def test_invalid_values_are_marked_at_their_filters(client: Client) -> None:
    main = main_of(client.get(PAGE, {"since": "yesterday", "action": "danced"}), 400)
    assert len(main.select(".field-error")) == 2
    assert link(main_of(client.get(PAGE, {"cursor": "x"}), 404), "First page")
    assert client.get(PAGE, {"ordering": "nonsense"}).status_code == 400


def test_pages_link_to_the_next_page(client: Client) -> None:
    person = UserFactory()
    for _ in range(60):
        audit.record("signed_in", person=person)
    main = main_of(client.get(PAGE, {"action": "signed_in"}))
    assert "60 events match the filter" in words_of(main)
    later = main_of(client.get(link(main, "Earlier events →")))
    assert len(rows(later)) == 10


def test_others_cannot_view_the_page() -> None:
    staff = Client()
    staff.force_login(UserFactory(is_staff=True, roles=["entity-registry-write"]))
    assert staff.get(PAGE).status_code == 403
    answer = Client().get(PAGE)
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/event/")


def test_the_page_is_not_cached_and_read_only(client: Client) -> None:
    assert "no-store" in client.get(PAGE)["Cache-Control"]
    assert client.post(PAGE).status_code == 405


def test_the_page_has_a_constant_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for size in (1, 39):
        for _ in range(size):
            person = UserFactory()
            audit.record("signed_in", person=person)
        # the session, its user, their roles, the events, the accounts they tell of
        with django_assert_num_queries(5):
            client.get(PAGE, {"action": "signed_in"})


def test_the_whole_record_before_a_deletion_can_be_opened(client: Client) -> None:
    run = CodeRunFactory(description="<b>Fit</b>", inputs=[])
    [part] = run.outputs.all()
    update_code_run(run.pk, {"description": "Other"}, by=run.registered_by)
    delete_code_run(run.pk, by=run.registered_by)
    main = main_of(client.get(PAGE, {"kind": "code_run", "record_id": run.pk}))
    deleted, updated, made = main.select("tbody tr")
    assert f"Deleted: code run {run.pk}: Other" in words_of(deleted)
    for row, text in ((deleted, "Other"), (updated, "<b>Fit</b>")):
        shown = row.select_one("details")
        assert shown is not None
        values = {
            words_of(name): words_of(value)
            for name, value in zip(shown.select("dt"), shown.select("dd"), strict=True)
        }
        assert (values["description"], values["inputs"]) == (text, "—")
        assert (values["outputs"], values["UUID"]) == (str(part.pk), str(run.uuid))
    assert not made.select("details")
    event = Event.objects.get(kind="code_run", record_id=run.pk, action="deleted")
    whole = client.get(
        link(deleted, f"The event {event.pk} with whole texts and lists")
    ).json()
    assert whole["subject"] == f"code run {run.pk}: Other"
    assert whole["detail"]["record"]["outputs"] == [part.pk]


def test_others_do_not_see_the_record_of_an_event() -> None:
    run = CodeRunFactory(description="A secret")
    person = run.registered_by
    update_code_run(run.pk, {"description": "Other"}, by=person)
    browser = Client()
    browser.force_login(person)
    assert browser.get(PAGE).status_code == 403
    page = words_of(main_of(browser.get(f"/code_run/{run.pk}/")))
    assert "description" in page
    assert "A secret" not in page
