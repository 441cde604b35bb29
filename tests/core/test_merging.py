"""Duplicates become one record: what linked to them links to the kept one."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.authors import author_uuid
from registry.catalogue.models import Author, FileType, Issue, Keyword, Object
from registry.core.errors import Conflict, InvalidInput, NotFound
from registry.core.links import LinkError, resolve_links
from registry.core.merging import merge_into
from registry.core.models import Event, MergedRecord, Record
from registry.core.moving import links_to
from registry.core.record_types import merge_rule_of
from registry.core.spellings import merge_spellings
from registry.core.traits import MergeRule
from registry.identity.models import User
from registry.identity.withdrawal import withdraw_record
from tests import factories

pytestmark = pytest.mark.django_db

ORCID = "https://orcid.org/0000-0002-1825-0097"


@pytest.fixture
def person() -> User:
    person: User = factories.UserFactory.create()
    return person


def _merge(kept: Record, *others: Record, by: User) -> Any:
    rule = merge_rule_of(type(kept)) or MergeRule()
    ids = [one.pk for one in others]
    merge = merge_into if rule.spelling is None else merge_spellings
    return merge(type(kept), kept.pk, ids, rule=rule, by=by)


def _authors(*names: str) -> list[Author]:
    return [factories.AuthorFactory.create(name=name) for name in names]


def _event(record: Record, action: str) -> Event:
    return Event.objects.get(kind=record.kind, record_id=record.pk, action=action)


# --- links ----------------------------------------------------------------------------


def test_links_of_every_kind_move(person: User) -> None:
    kept, second, third = _authors("Ada Lovelace", "A. Lovelace", "Lovelace, A.")
    things = [factories.ObjectFactory.create(authors=[one]) for one in (second, third)]
    user = factories.UserFactory.create()
    account = factories.UserAuthorFactory.create(author=third, user=user, by=user)
    _merge(kept, second, third, by=person)
    assert [[*one.authors.all()] for one in things] == [[kept], [kept]]
    account.refresh_from_db()
    assert (account.author, account.updated_by) == (kept, person)
    assert not Author.objects.filter(pk__in=[second.pk, third.pk]).exists()


def test_links_of_file_types_move(person: User) -> None:
    kept, other = (factories.FileTypeFactory.create() for _ in range(2))
    thing = factories.ObjectFactory.create(file_type=other)
    before = thing.revision
    _merge(kept, other, by=person)
    thing.refresh_from_db()
    assert (thing.file_type, thing.updated_by) == (kept, person)
    assert thing.revision != before
    assert _event(thing, "updated").changes == {"file_type": [other.pk, kept.pk]}


@pytest.mark.parametrize(
    "listed, left",
    [([0, 1], [0]), ([1, 2], [0]), ([0, 1, 2, 3], [0, 3]), ([1, 3], [0, 3])],
)
def test_an_object_has_each_author_once(
    person: User, listed: list[int], left: list[int]
) -> None:
    authors = _authors(*"abcd")
    thing = factories.ObjectFactory.create(authors=[authors[at] for at in listed])
    before = thing.revision
    _merge(*authors[:3], by=person)
    thing.refresh_from_db()
    expected = [authors[at].pk for at in left]
    assert sorted(thing.authors.values_list("pk", flat=True)) == expected
    assert (thing.revision != before, thing.updated_by) == (True, person)
    event = _event(thing, "updated")
    assert event.changes == {"authors": [[authors[at].pk for at in listed], expected]}
    assert event.by == person


def test_other_records_stay_as_they_are(person: User) -> None:
    kept, other, third = _authors(*"abc")
    own = factories.ObjectFactory.create(authors=[kept])
    foreign = factories.ObjectFactory.create(authors=[third])
    before = own.revision, foreign.revision
    _merge(kept, other, by=person)
    own.refresh_from_db()
    foreign.refresh_from_db()
    assert (own.revision, foreign.revision) == before
    assert not Event.objects.filter(kind="object", action="updated").exists()


def test_a_merge_takes_as_many_statements_for_many_objects(
    person: User, django_assert_max_num_queries: Any
) -> None:
    kept, other, third = _authors(*"abc")
    for _ in range(30):
        factories.ObjectFactory.create(authors=[other, third])
    with django_assert_max_num_queries(36):
        _merge(kept, other, third, by=person)
    assert kept.objects_made.count() == 30


def test_records_that_would_be_the_same_refuse_a_merge(person: User) -> None:
    kept, other = (factories.ObjectFactory.create() for _ in range(2))
    words = [
        factories.KeywordFactory.create(object=one, keyphrase="mumps")
        for one in (kept, other)
    ]
    for one in (kept, other):
        one.components.all().delete()
    named = f"keywords {words[0].pk} and {words[1].pk} would have the same object and"
    with pytest.raises(Conflict, match=f"{named} keyphrase"):
        _merge(kept, other, by=person)
    assert Object.objects.filter(pk=other.pk).exists()
    assert not Event.objects.filter(action="merged").exists()


def test_a_link_that_only_one_record_can_have_refuses_a_merge(person: User) -> None:
    kept, other = (factories.ObjectFactory.create() for _ in range(2))
    for one in (kept, other):
        factories.CodeRepoReleaseFactory.create(object=one)
        one.components.all().delete()
    with pytest.raises(Conflict, match="would have the same object"):
        _merge(kept, other, by=person)


def test_a_merge_beyond_a_limit_is_refused(person: User, settings: Any) -> None:
    kept, other = (
        factories.IssueFactory.create(
            component_issues=[factories.ObjectComponentFactory.create(issues=[])]
        )
        for _ in range(2)
    )
    settings.ANNOTATIONS = 1
    with pytest.raises(InvalidInput, match="at most 1 object components"):
        _merge(kept, other, by=person)
    assert Issue.objects.filter(pk=other.pk).exists()
    settings.ANNOTATIONS = 2
    _merge(kept, other, by=person)
    assert kept.component_issues.count() == 2


def test_every_link_to_a_type_that_is_merged_is_known() -> None:
    found = {(link.model, link.name) for link in links_to(Author)}
    assert {name for _, name in found} == {"authors", "author", "modeller"}
    assert {link.name for link in links_to(FileType)} == {"file_type"}
    assert not [*links_to(Keyword)]


# --- the kept record ------------------------------------------------------------------


def test_empty_fields_take_the_values_of_the_others(person: User) -> None:
    kept = factories.AuthorFactory.create(name="Ada", identifier=None)
    other = factories.AuthorFactory.create(name="A.", identifier=None)
    third = factories.AuthorFactory.create(name=None, identifier=ORCID)
    _merge(kept, other, third, by=person)
    kept.refresh_from_db()
    assert (kept.name, kept.identifier) == ("Ada", ORCID)
    assert kept.uuid == author_uuid(ORCID)
    assert kept.updated_by == person


def test_the_kept_record_has_another_entity_tag(person: User) -> None:
    kept, other = _authors(*"ab")
    before = kept.revision
    assert _merge(kept, other, by=person).revision != before


def test_events_keep_what_the_merged_records_were(person: User) -> None:
    kept, other = _authors("Ada Lovelace", "Ada Lovelace (London)")
    thing = factories.ObjectFactory.create(authors=[other])
    _merge(kept, other, by=person)
    event = _event(other, "merged")
    assert event.subject == f"into author {kept.pk}: Ada Lovelace"
    record = event.detail["record"]
    assert record["name"] == "Ada Lovelace (London)"
    assert (record["uuid"], record["registered_by"]) == (
        str(other.uuid),
        other.registered_by_id,
    )
    assert record["objects_made"] == [thing.pk]
    told = _event(kept, "merged")
    assert told.subject == f"author {other.pk}: Ada Lovelace (London)"
    [values] = told.detail["merged"]
    assert (values["id"], values["identifier"]) == (other.pk, other.identifier)
    assert {event.by, told.by} == {person}


def test_a_withdrawn_record_is_not_kept(person: User) -> None:
    kept, other = _authors(*"ab")
    withdraw_record(Author, kept.pk, reason="Nobody", by=kept.registered_by)
    with pytest.raises(Conflict, match=f"author {kept.pk} is withdrawn"):
        _merge(kept, other, by=person)
    _merge(other, kept, by=person)
    other.refresh_from_db()
    assert other.withdrawn is None


def test_a_record_is_not_merged_with_itself_or_with_nothing(person: User) -> None:
    [kept] = _authors("a")
    for others in ([], [kept]):
        with pytest.raises(InvalidInput):
            _merge(kept, *others, by=person)


# --- where records are now ------------------------------------------------------------


def test_one_step_leads_to_the_record_that_is_kept_at_last(person: User) -> None:
    first, second, third = _authors(*"abc")
    _merge(second, first, by=person)
    _merge(third, second, by=person)
    rows = MergedRecord.objects.values_list("kind", "old_id", "new_id")
    assert {*rows} == {
        ("author", first.pk, third.pk),
        ("author", second.pk, third.pk),
    }
    assert "is now" in str(MergedRecord.objects.first())


def test_what_has_been_merged_cannot_be_merged_again(person: User) -> None:
    first, second, third = _authors(*"abc")
    _merge(first, second, by=person)
    with pytest.raises(Conflict, match=f"merged into author {first.pk} by now"):
        _merge(second, third, by=person)
    first.pk = 10**6
    with pytest.raises(NotFound, match="author 1000000 does not exist"):
        _merge(first, third, by=person)


def test_links_to_a_merged_record_lead_to_the_kept_one(
    person: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    kept, other = _authors(*"ab")
    _merge(kept, other, by=person)
    for link in (other.pk, str(other.pk), f"https://x.org/api/author/{other.pk}/"):
        with django_assert_num_queries(2):
            links = resolve_links([(Author, link), (Author, kept.pk)])
        assert links.get(Author, link) == kept.pk
    with django_assert_num_queries(1):
        resolve_links([(Author, kept.pk)])
    with django_assert_num_queries(1):
        found = resolve_links([(Object, other.pk + 10**6)])
    assert isinstance(found.get(Object, other.pk + 10**6), LinkError)


def test_links_lead_to_no_record_that_is_gone_as_well(person: User) -> None:
    kept, other = _authors(*"ab")
    _merge(kept, other, by=person)
    kept.delete()
    link = resolve_links([(Author, other.pk)]).get(Author, other.pk)
    assert str(link) == f"Author {other.pk} does not exist."


# --- spellings ------------------------------------------------------------------------


def _keyword(phrase: str, thing: Object | None = None, **more: Any) -> Keyword:
    about = thing or factories.ObjectFactory.create()
    values = {"identifier": None, **more}
    keyword: Keyword = factories.KeywordFactory.create(
        object=about, keyphrase=phrase, **values
    )
    return keyword


def _phrases(*keywords: Keyword) -> list[str | None]:
    found = Keyword.objects.in_bulk([one.pk for one in keywords])
    return [found[one.pk].keyphrase if one.pk in found else None for one in keywords]


def test_keywords_of_other_objects_get_the_spelling(person: User) -> None:
    kept, other, third = (
        _keyword("Mortality"),
        _keyword("mortality"),
        _keyword("deaths"),
    )
    before = other.revision
    _merge(kept, other, third, by=person)
    assert _phrases(kept, other, third) == ["Mortality"] * 3
    other.refresh_from_db()
    assert (other.revision != before, other.updated_by) == (True, person)
    assert _event(other, "updated").changes == {"keyphrase": ["mortality", "Mortality"]}
    assert not MergedRecord.objects.exists()


def test_keywords_of_the_same_object_become_one(person: User) -> None:
    kept = _keyword("Mortality")
    same = _keyword("mortality", kept.object, identifier="https://x.org/mortality")
    _merge(kept, same, by=person)
    assert _phrases(kept, same) == ["Mortality", None]
    kept.refresh_from_db()
    assert kept.identifier == "https://x.org/mortality"
    assert MergedRecord.objects.get().new_id == kept.pk
    assert _event(same, "merged").detail["record"]["keyphrase"] == "mortality"


def test_a_keyword_with_the_spelling_stays_even_if_it_was_not_chosen(
    person: User,
) -> None:
    kept, other = _keyword("Mortality"), _keyword("mortality")
    present = _keyword("Mortality", other.object)
    bystander = _keyword("Mortality")
    _merge(kept, other, by=person)
    assert _phrases(kept, other, present, bystander) == [
        *("Mortality", None, "Mortality", "Mortality"),
    ]
    assert MergedRecord.objects.get().new_id == present.pk


def test_of_two_other_spellings_of_one_object_one_stays(person: User) -> None:
    kept, other = _keyword("Mortality"), _keyword("mortality")
    third = _keyword("MORTALITY", other.object)
    _merge(kept, third, other, by=person)
    assert _phrases(kept, other, third) == ["Mortality", "Mortality", None]


def test_the_spelling_of_a_withdrawn_keyword_is_not_kept(person: User) -> None:
    kept, other = _keyword("Mortality"), _keyword("mortality")
    withdraw_record(Keyword, kept.pk, reason="Wrong", by=kept.registered_by)
    with pytest.raises(Conflict, match="is withdrawn"):
        _merge(kept, other, by=person)
    assert _phrases(other) == ["mortality"]
