"""Curators merge duplicates: chosen on a list, confirmed on a page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.catalogue.models import Author, FileType, Keyword, Namespace, Object
from registry.core.models import Event, MergedRecord, Record
from registry.identity.accounts import grant_role
from registry.identity.merging import MAX_MERGED
from registry.identity.models import User
from registry.identity.withdrawal import withdraw_record
from tests import factories
from tests.admin.browsing import (
    Page,
    change_path,
    list_path,
    page_of,
    signed_in,
    staff,
    visit,
)
from tests.admin.checks import assert_usable, each

pytestmark = pytest.mark.django_db

VIEWS = ("view_author", "view_keyword", "view_filetype", "view_namespace")


@pytest.fixture
def clara(administrator: User) -> Client:
    """Return the browser of a curator who is no administrator."""
    user = staff("clara", *VIEWS)
    grant_role(user=user, role="curator", by=administrator)
    return signed_in(user)


def _authors(number: int) -> list[Author]:
    return [factories.AuthorFactory.create() for _ in range(number)]


def _merge_path(model: type[Record]) -> str:
    return f"{list_path(model)}merge/"


def _ids(records: list[Any]) -> str:
    return ",".join(str(one.pk) for one in records)


def _choose(browser: Client, records: list[Any], **more: Any) -> Any:
    """Tick records on the list, and choose the action."""
    ticked = [one.pk for one in records]
    form = {"action": "merge", "_selected_action": ticked, **more}
    return browser.post(list_path(type(records[0])), form)


def _send(browser: Client, records: list[Any], keep: Any) -> Any:
    form = {"ids": _ids(records), "keep": keep}
    return browser.post(_merge_path(type(records[0])), form)


def _row(page: Page, record: Record) -> str:
    [row] = page.soup.select(f"tr:has(a[href='{change_path(record)}'])")
    return row.get_text(" ", strip=True)


@pytest.mark.parametrize("keep", [0, 1])
def test_two_authors_become_one(clara: Client, keep: int) -> None:
    authors = _authors(2)
    kept, gone = authors[keep], authors[1 - keep]
    thing = factories.ObjectFactory.create(authors=[gone])
    answer = _choose(clara, authors)
    assert answer.status_code == 302
    page = visit(clara, answer["Location"])
    assert_usable(page)
    assert page.form["ids"] == [_ids(authors)]
    answer = clara.post(_merge_path(Author), {**page.form, "keep": kept.pk})
    assert (answer.status_code, answer["Location"]) == (302, change_path(kept))
    assert [*thing.authors.all()] == [kept]
    assert f"Merged 2 authors: {kept} was kept." in visit(clara, change_path(kept)).text
    events = Event.objects.filter(action="merged")
    assert {event.by.username for event in events if event.by} == {"clara"}


def test_the_page_says_what_would_happen(clara: Client) -> None:
    first = factories.AuthorFactory.create(identifier=None)
    second = factories.AuthorFactory.create()
    for _ in range(2):
        factories.ObjectFactory.create(authors=[second])
    page = visit(clara, _merge_path(Author), ids=_ids([first, second]))
    assert f"Its identifier becomes {second.identifier}." in _row(page, first)
    assert "nothing" in _row(page, first)
    assert "2 objects" in _row(page, second)
    assert "Nothing is filled in." in _row(page, second)
    assert page.form["keep"] == [str(second.pk)]


def test_nothing_is_merged_by_looking_at_the_page(clara: Client) -> None:
    authors = _authors(2)
    visit(clara, _merge_path(Author), ids=_ids(authors), keep=authors[0].pk)
    assert Author.objects.count() == 2


def test_keywords_get_one_spelling(clara: Client) -> None:
    kept, other = (
        factories.KeywordFactory.create(keyphrase=word, identifier=None)
        for word in ("Mortality", "mortality")
    )
    same = factories.KeywordFactory.create(
        keyphrase="MORTALITY", object=kept.object, identifier="https://x.org/m"
    )
    page = visit(clara, _merge_path(Keyword), ids=_ids([kept, other, same]))
    assert_usable(page)
    row = _row(page, kept)
    assert f"Keyword {kept.pk} replaces {same.pk} of the same record." in row
    assert f"Keyword {other.pk} gets this spelling." in row
    assert f"The identifier of keyword {kept.pk} becomes https://x.org/m." in row
    assert _send(clara, [kept, other, same], kept.pk).status_code == 302
    assert {*Keyword.objects.values_list("keyphrase", flat=True)} == {"Mortality"}
    assert Keyword.objects.count() == 2


def test_a_withdrawn_record_cannot_be_chosen(clara: Client) -> None:
    authors = _authors(2)
    gone, left = authors
    withdraw_record(Author, gone.pk, reason="Nobody", by=gone.registered_by)
    page = visit(clara, _merge_path(Author), ids=_ids(authors))
    assert not page.soup.select(f"#keep-{gone.pk}")
    assert "is withdrawn: keep another one" in _row(page, gone)
    assert page.form["keep"] == [str(left.pk)]
    refused = page_of(_send(clara, authors, gone.pk))
    assert "is withdrawn: keep another one" in refused.text
    assert Author.objects.count() == 2


def test_without_a_record_to_keep_there_is_no_button(clara: Client) -> None:
    authors = _authors(2)
    for one in authors:
        withdraw_record(Author, one.pk, reason="Nobody", by=one.registered_by)
    page = visit(clara, _merge_path(Author), ids=_ids(authors))
    assert not page.soup.select("#content input[type=submit]")


@pytest.mark.parametrize("keep", ["", "abc", "987654", "9" * 30])
def test_a_record_to_keep_has_to_be_chosen(clara: Client, keep: str) -> None:
    page = page_of(_send(clara, _authors(2), keep))
    assert "Choose the record to keep." in page.text
    assert_usable(page)
    assert Author.objects.count() == 2


@pytest.mark.parametrize("ids", ["", "1", "abc,1", "987654,987655", "\0", "1,1"])
def test_at_least_two_records_are_needed(clara: Client, ids: str) -> None:
    answer = clara.get(_merge_path(Author), {"ids": ids}, follow=True)
    assert "Select at least two authors." in page_of(answer).text


def test_at_most_a_hundred_records_are_merged(clara: Client) -> None:
    authors = _authors(MAX_MERGED + 1)
    answer = _choose(clara, authors)
    assert answer["Location"] == list_path(Author)
    told = visit(clara, list_path(Author)).text
    assert "Select at most 100 authors to merge at once." in told
    answer = _choose(clara, authors[:1], select_across="1")
    assert answer["Location"] == list_path(Author)
    refused = page_of(_send(clara, authors, authors[0].pk))
    assert "Merge at most 100 at once." in refused.text
    assert Author.objects.count() == MAX_MERGED + 1


def test_one_record_is_not_enough_to_merge(clara: Client) -> None:
    _choose(clara, _authors(1))
    assert "Select at least two authors." in visit(clara, list_path(Author)).text


def test_only_curators_are_offered_the_action(clara: Client, curator: Client) -> None:
    authors = _authors(2)
    others = signed_in(staff("stan", *VIEWS, "change_author", "delete_author"))
    for browser, offered in ((clara, True), (curator, True), (others, False)):
        options = visit(browser, list_path(Author)).soup.select("option")
        assert ("merge" in {one.get("value") for one in options}) == offered
    assert others.get(_merge_path(Author), {"ids": _ids(authors)}).status_code == 403
    assert _send(others, authors, authors[0].pk).status_code == 403
    _choose(others, authors)
    anonymous = _send(Client(), authors, authors[0].pk)
    assert anonymous["Location"].startswith("/admin/login/")
    assert Author.objects.count() == 2


@pytest.mark.parametrize("model", [Object, Namespace])
def test_records_that_are_cited_are_never_merged(
    curator: Client, model: type[Record]
) -> None:
    factory = getattr(factories, f"{model.__name__}Factory")
    records = [factory.create() for _ in range(2)]
    assert not visit(curator, list_path(model)).soup.select("option[value=merge]")
    _choose(curator, records)
    answer = _send(curator, records, records[0].pk)
    assert answer.status_code in {302, 404}
    assert model._default_manager.count() >= 2
    assert not MergedRecord.objects.exists()


def test_the_form_has_a_csrf_token() -> None:
    authors = _authors(2)
    user = staff("root")
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    strict = signed_in(user, enforce_csrf_checks=True)
    assert _send(strict, authors, authors[0].pk).status_code == 403
    assert Author.objects.count() == 2
    page = visit(strict, _merge_path(Author), ids=_ids(authors))
    answer: Any = strict.post(_merge_path(Author), page.form)
    assert answer.status_code == 302
    assert Author.objects.count() == 1


def test_the_old_page_leads_to_the_kept_record(clara: Client) -> None:
    authors = _authors(2)
    kept, gone = authors
    _send(clara, authors, kept.pk)
    answer: Any = clara.get(change_path(gone), follow=True)
    assert answer.redirect_chain[-1][0] == change_path(kept)
    told = f"Author {gone.pk} was merged into author {kept.pk}."
    assert told in page_of(answer).text
    answer = clara.get(change_path(Author(pk=987654)), follow=True)
    assert "Perhaps it was deleted?" in page_of(answer).text


def test_many_choices_take_no_more_statements(clara: Client) -> None:
    for factory in (
        factories.AuthorFactory,
        factories.FileTypeFactory,
        factories.KeywordFactory,
    ):
        records = [factory.create() for _ in range(2)]
        more = records + [factory.create() for _ in range(20)]
        path = _merge_path(type(records[0]))
        visits = [
            lambda some=some, path=path: visit(clara, path, ids=_ids(some))
            for some in (records, more)
        ]
        few, many = each(visits)
        assert few == many


def test_merged_records_are_listed(curator: Client) -> None:
    types = [factories.FileTypeFactory.create() for _ in range(2)]
    _send(curator, types, types[0].pk)
    row = MergedRecord.objects.get()
    assert (row.kind, row.old_id) == (FileType.kind, types[1].pk)
    assert_usable(visit(curator, list_path(MergedRecord)))
    assert_usable(visit(curator, change_path(row)))
