"""What a newcomer's record types have by being declared, and by nothing else.

Run by ``test_newcomer.py`` in a process whose settings have the newcomer's application.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from registry.admin.records import RecordAdmin
from registry.identity.models import User
from tests import factories
from tests.api.client import HOST, Api, data_of, path_of, rows_of, url_of
from tests.api.contract import RecordContract
from tests.newcomer.factories import GuidelineFactory, ReviewFactory
from tests.newcomer.reviews.models import Guideline, Review
from tests.web.pages import link, main_of, words_of

pytestmark = pytest.mark.django_db


class TestGuideline(RecordContract):
    """Guidelines: the contract of every record type, from a factory alone."""

    factory = GuidelineFactory


class TestReview(RecordContract):
    """Reviews, which link to guidelines by their titles too."""

    factory = ReviewFactory


@pytest.fixture
def person() -> User:
    """Return somebody with an account."""
    user: User = factories.UserFactory.create()
    return user


def browser_of(person: User) -> Client:
    """Return a browser in which a person is signed in."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def signed_in(person: User) -> Client:
    """Return the browser of that person."""
    return browser_of(person)


def _body() -> dict[str, Any]:
    thing = factories.ObjectFactory.create()
    return {
        "reviewed": path_of(thing),
        "guideline": path_of(GuidelineFactory()),
        "verdict": "good",
        "began": "2026-03-04T05:06:07Z",
    }


def test_the_root_names_it() -> None:
    root = data_of(Api().get("/api/"))
    assert root["review"] == f"{HOST}/api/review/"


def test_links_name_records_by_their_natural_key(person: User) -> None:
    guideline = GuidelineFactory(title="the newest one")
    body = _body() | {"guideline": "the newest one"}
    made = data_of(Api(person).post("/api/review/", body), 201)
    assert made["guideline"] == url_of(guideline)
    [found] = data_of(Api().get("/api/review/", {"guideline": "the newest one"}))[
        "results"
    ]
    assert found == made
    wrong = data_of(Api().get("/api/review/", {"guideline": "no such one"}), 400)
    assert "Use its URL (…/api/guideline/1/), id, UUID or title" in str(wrong)


def test_many_are_registered_at_once_and_exported_as_csv(person: User) -> None:
    bodies = [_body() | {"verdict": f"number {n}"} for n in range(5)]
    made = data_of(Api(person).post("/api/review/", bodies), 201)
    rows = rows_of(Api().get("/api/review/", {"format": "csv"}))
    assert [row["url"] for row in rows] == [one["url"] for one in reversed(made)]


def test_options_describe_it(person: User) -> None:
    described = data_of(Api(person).call("OPTIONS", "/api/review/"))
    assert described["name"] == "Review List"
    told = described["description"]
    assert told.startswith("A review of an object, by a guideline.")
    assert "- Register: anybody with an account." in told
    assert "guideline" in described["filter_fields"]
    assert described["actions"]["POST"]["verdict"]["required"]


def test_it_is_in_the_openapi_description() -> None:
    described = data_of(Api().get("/api/schema/"))
    assert "/api/review/{id}/" in described["paths"]
    assert "verdict" in described["components"]["schemas"]["Review"]["properties"]


def test_it_has_pages_and_a_search() -> None:
    review = ReviewFactory(verdict="quite remarkable")
    client = Client()
    assert link(main_of(client.get("/")), "reviews") == "/review/"
    listed = main_of(client.get("/review/", {"verdict": "quite remarkable"}))
    assert link(listed, "quite remarkable") == f"/review/{review.pk}/"
    shown = words_of(main_of(client.get(f"/review/{review.pk}/")))
    assert "quite remarkable" in shown
    found = main_of(client.get("/search/", {"q": "remarkable"}))
    assert found.select_one(f"a[href='/review/{review.pk}/']")


def test_it_has_a_form_with_suggestions(signed_in: Client) -> None:
    guideline = GuidelineFactory(title="the newest one")
    suggested = signed_in.get("/suggest/guideline/", {"q": "newest"}).json()
    assert [one["id"] for one in suggested["records"]] == [guideline.pk]
    thing = factories.ObjectFactory.create()
    sent = {
        "reviewed": str(thing.pk),
        "guideline": "the newest one",
        "verdict": "good",
        "began": "2026-03-04T05:06",
    }
    answer = signed_in.post("/review/new/", sent)
    review: Any = Review._default_manager.get()
    assert answer["Location"] == f"/review/{review.pk}/"
    assert review.guideline == guideline


def test_it_is_in_the_administration() -> None:
    page = admin.site.get_model_admin(Review)
    assert type(page) is RecordAdmin
    administrator = factories.UserFactory.create(is_superuser=True)
    review = ReviewFactory(verdict="quite remarkable")
    client = browser_of(administrator)
    assert "Reviews" in client.get("/admin/").content.decode()
    listed = client.get("/admin/reviews/review/", {"q": "remarkable"})
    assert "quite remarkable" in listed.content.decode()
    form = client.get(f"/admin/reviews/review/{review.pk}/change/")
    assert form.status_code == 200
    added = client.post(
        "/admin/reviews/guideline/add/", {"title": "by hand", "uuid": str(uuid.uuid4())}
    )
    assert added.status_code == 302
    made: Any = Guideline._default_manager.exclude(pk=review.guideline_id).get()
    assert (made.title, made.registered_by) == ("by hand", administrator)
