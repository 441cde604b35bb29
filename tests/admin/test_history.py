"""The history page of a record."""

from __future__ import annotations

from django.test import Client

from registry.core.models import Event
from registry.runs.services import delete_code_run, update_code_run
from tests import factories
from tests.admin.browsing import (
    change_path,
    history_path,
    visit,
)


def test_the_history_shows_who_when_client_and_changes(curator: Client) -> None:
    run = factories.CodeRunFactory.create(
        by=factories.UserFactory.create(username="ada")
    )
    [old] = run.outputs.all()
    new = factories.ObjectComponentFactory.create()
    values = {"description": "Fit once more", "outputs": [new.pk], "end_date": None}
    update_code_run(run.pk, values, by=run.registered_by)
    page = visit(curator, history_path(run))
    changed, made = page.soup.select("#change-history > table > tbody > tr")
    assert "ada" in changed.get_text()
    assert "Created" in made.get_text()
    text = " ".join(changed.get_text(" ").split())
    assert f"description {run.description} Fit once more" in text
    assert f"removed: object component {old.pk}" in text
    assert f"added: object component {new.pk}" in text
    for link in changed.select("a"):
        visit(curator, str(link["href"]))


def test_a_long_history_has_pages(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    for number in range(60):
        update_code_run(
            run.pk, {"description": f"Attempt {number}"}, by=run.registered_by
        )
    first = visit(curator, history_path(run))
    assert "61 events" in first.text
    assert len(first.soup.select("#change-history > table > tbody > tr")) == 50
    [later] = first.soup.select(".paginator a")
    second = visit(curator, history_path(run) + str(later["href"]))
    assert len(second.soup.select("#change-history > table > tbody > tr")) == 11


def test_the_history_of_an_unknown_record_redirects_to_the_start(
    curator: Client,
) -> None:
    run = factories.CodeRunFactory._meta.model(pk=4711)
    assert curator.get(history_path(run)).status_code == 302


def test_the_history_has_the_whole_record_before_a_change(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    [old] = run.outputs.all()
    update_code_run(run.pk, {"description": "Other"}, by=run.registered_by)
    page = visit(curator, history_path(run))
    changed, made = page.soup.select("#change-history > table > tbody > tr")
    shown = changed.select_one("details")
    assert shown is not None
    text = " ".join(shown.get_text(" ").split())
    assert text.startswith("The record before this")
    for part in (f"description {run.description}", str(run.uuid)):
        assert part in text
    assert f"object component {old.pk}" in text
    assert not made.select("details")


def test_the_event_of_a_deletion_shows_the_record(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    delete_code_run(run.pk, by=run.registered_by)
    event = Event.objects.latest("pk")
    page = visit(curator, change_path(event))
    [shown] = page.soup.select("details:has(table.changes)")
    text = " ".join(shown.get_text(" ").split())
    assert f"description {run.description}" in text
    assert event.subject == str(run)
    link = shown.select_one("p a")
    assert link is not None
    assert link["href"] == f"/api/event/{event.pk}/"
