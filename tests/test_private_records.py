"""Nobody finds a private record who may not see it, on whatever surface they look.

One contact is registered, and strangers of every kind read everything that there is:
they follow every link of the site, the API and the administration, and ask for every
list by every filter. What they read is the same as before the contact was registered.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.test import Client

from registry.catalogue.contacts import change_contact
from registry.catalogue.models import Author, AuthorContact, UserAuthor
from registry.catalogue.record_types import AUTHOR_CONTACT
from registry.core.errors import Conflict, Forbidden
from registry.core.models import Event
from registry.core.record_types import record_types
from registry.core.restoring import restore_record
from registry.http.filters import filters_of
from registry.http.pagination import orderable_fields
from registry.identity.merging import merge_records
from registry.identity.ownership import delete_as_withdrawer
from registry.identity.withdrawal import withdraw_record
from tests import factories
from tests.api.client import HOST, content_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

#: The people who look, by what they are.
People = dict[str, Any]

EMAIL = "xanthippe.of.athens@hidden.example"
#: What nobody else may read; the latter was true once and is in the audit trail.
SECRETS = (
    EMAIL,
    "hidden.example",
    "Xanthippe",
    "Sokratous",
    "old.address@gone.example",
)
KIND = AuthorContact.kind
#: What differs from one response to the next for the same person.
_VARIES = re.compile(
    r"name=\"csrfmiddlewaretoken\" value=\"\w+\"|nonce=\"[^\"]+\"|[\d.]+\xa0[KMGT]?B"
)
_LINK = re.compile(r'(?:href|src)="([^"]*)"|"(http://testserver/[^"]*)"')
#: Links that are not followed: they sign out, sort and export lists in every way, or
#: combine filters, of which there is no end.
_LEFT_OUT = re.compile(
    r"/sign-out|/static/|/redoc/|/docs/|/social/"
    r"|[?&](ordering|o|cursor|_popup|q|next|_changelist_filters)=|&"
)


@pytest.fixture
def people() -> People:
    """Return those who look: strangers of every kind, and who may see the contact."""
    staff = UserFactory.create(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.all())
    return {
        "nobody": AnonymousUser(),
        "stranger": UserFactory.create(username="stranger"),
        "curator": UserFactory.create(username="curator", roles=["curator"]),
        "staff": staff,
        "person": UserFactory.create(username="person"),
        "owner": UserFactory.create(username="owner"),
        "administrator": UserFactory.create(
            username="administrator", roles=["sys-admin-admin"]
        ),
    }


STRANGERS = ("nobody", "stranger", "curator", "staff")
WELCOME = ("person", "owner", "administrator")


@pytest.fixture
def author(people: People) -> Any:
    """Return an author with an object, a data product and a run, and an account."""
    owner = people["owner"]
    author = factories.AuthorFactory.create(by=owner)
    thing = factories.ObjectFactory.create(authors=[author], by=owner)
    factories.DataProductFactory.create(object=thing, by=owner)
    run = factories.CodeRunFactory.create(
        outputs=[thing.components.get()], by=people["person"]
    )
    assert run.outputs.exists()
    factories.UserAuthorFactory.create(
        user=people["person"], author=author, by=people["curator"]
    )
    return author


def _register(author: Any, by: Any) -> AuthorContact:
    """Register a contact, and correct it once, so that events have both addresses."""
    contact: AuthorContact = factories.AuthorContactFactory.create(
        author=author,
        by=by,
        email="old.address@gone.example",
        given_name="Xanthippe",
        family_name="Sokratous",
    )
    return change_contact(contact.pk, {"email": EMAIL}, by=by)


def _client(user: Any) -> Client:
    client = Client()
    if user.is_authenticated:
        client.force_login(user)
    return client


def _text(answer: Any) -> str:
    return content_of(answer).decode("utf-8", "replace")


def _links(path: str, text: str) -> Iterator[str]:
    """Yield the addresses of this registry in a response, without fragments."""
    for written, absolute in _LINK.findall(text):
        there = urlsplit(urljoin(f"{HOST}{path}", unescape(written or absolute)))
        if there.netloc == urlsplit(HOST).netloc and there.scheme == "http":
            query = f"?{there.query}" if there.query else ""
            yield f"{there.path}{query}"


def _crawl(client: Client, *starts: str) -> dict[str, tuple[str, str]]:
    """Read all that links lead to; return headers and texts by address."""
    found: dict[str, tuple[str, str]] = {}
    waiting = deque(starts)
    while waiting:
        path = waiting.popleft()
        if path in found or (path not in starts and _LEFT_OUT.search(path)):
            continue
        answer: Any = client.get(path)
        text = _text(answer)
        found[path] = (str(answer.headers), text)
        waiting.extend(_links(path, text))
        if answer.headers.get("Location"):
            waiting.extend(_links(path, f'href="{answer["Location"]}"'))
    return found


STARTS = (
    *("/", "/api/", "/api/?format=json", "/admin/", "/vocab/", "/event/"),
    *("/account/", "/api/users/", "/api/event/", "/api/schema/", "/docs/"),
    *("/search/?q=contact", "/search/?q=Ada", "/search/?q=author"),
)
_ORDERS = orderable_fields(AuthorContact)
MODEL = f"/admin/registry/{AuthorContact._meta.model_name}"


def _about(pk: int) -> Iterator[str]:
    """Yield the addresses of a contact, and of its history."""
    for form in ("", "?format=json", "?format=api", "?format=csv", "?expand=author"):
        yield f"/api/{KIND}/{pk}/{form}"
    yield from (f"/{KIND}/{pk}/", f"/{KIND}/{pk}/withdraw/")
    yield f"/api/{KIND}/{pk}/co_owners/"
    yield from (f"{MODEL}/{pk}/{page}/" for page in ("change", "history", "delete"))
    yield f"/suggest/{KIND}/?q={pk}"
    yield f"/search/?q=http://testserver/{KIND}/{pk}/"
    yield f"/search/?q=http://testserver/api/{KIND}/{pk}/"


def _lists(author: Any) -> Iterator[str]:
    """Yield the lists by every filter and in every order, and their exports."""
    yield from (f"/api/{KIND}/?format={form}" for form in ("json", "api", "csv"))
    for start in (f"/api/{KIND}/", f"/{KIND}/"):
        yield from (f"{start}?{name}={value}" for name, value in _filtered(author))
        yield from (f"{start}?ordering=-{name}" for name in _ORDERS)
    yield from (f"/api/{one.kind}/?page_size=1000" for one in record_types())
    yield from (f"/api/author/?{name}=true" for name in filters_of(Author).filters)
    yield f"/api/author/{author.pk}/?expand=updated_by"
    yield from (f"/author/{author.pk}/", f"/admin/registry/author/{author.pk}/change/")
    yield from (f"/suggest/{KIND}/", f"{MODEL}/", f"{MODEL}/add/", "/", "/admin/")


def _filtered(author: Any) -> Iterator[tuple[str, str]]:
    """Yield each filter of contacts with values that would find the contact."""
    values = {
        "email": ("*", "x*", EMAIL, "*hidden*", "[x]*"),
        "given_name": ("*", "Xanthippe", "X?nthippe"),
        "author": (str(author.pk), str(author.uuid), str(author.identifier)),
        "withdrawn": ("true", "only", "false"),
    }
    for name in filters_of(AuthorContact).filters:
        given = ("true", "false") if "__isnull" in name else values.get(name, ("true",))
        yield from ((name, value) for value in given)


def _searches() -> Iterator[str]:
    """Yield searches for what a contact has."""
    for text in ("Xanthippe", EMAIL, "hidden.example"):
        yield from (f"/search/?q={text}", f"/suggest/{KIND}/?q={text}")
        yield from (f"{MODEL}/?q={text}", f"/admin/registry/author/?q={text}")


def _hidden_ends() -> Iterator[str]:
    """Yield lists of the administration by ways back from what a contact links to."""
    for page in ("author", "user"):
        for way in ("%2B", "authorcontact", "author_contact", "contact"):
            yield f"/admin/registry/{page}/?{way}__isnull=False"
            yield f"/admin/registry/{page}/?{way}__email__startswith=x"
            yield f"/admin/registry/{page}/?{way}__email={EMAIL}"


def _read(client: Client, paths: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Return the status and the text of each response."""
    return {path: _seen(client.get(path)) for path in paths}


def _seen(answer: Any) -> tuple[int, str]:
    """Return the status and the text of a response, without what always differs."""
    return answer.status_code, _VARIES.sub("", _text(answer))


@pytest.mark.slow
@pytest.mark.parametrize("who", STRANGERS)
def test_no_link_leads_strangers_to_it(people: People, author: Any, who: str) -> None:
    contact = _register(author, people["owner"])
    found = _crawl(_client(people[who]), *STARTS)
    assert len(found) > 200
    for part in ("/api/ro-crate/", "/api/prov-report/", f"/author/{author.pk}/"):
        assert any(part in path for path in found), part
    for path, texts in found.items():
        told = [one for one in SECRETS if one in "".join(texts)]
        assert not told, f"{path} tells {told}"
        assert f"/{KIND}/{contact.pk}/" not in "".join(texts), path


@pytest.mark.parametrize("who", STRANGERS)
def test_strangers_read_the_same_as_before(
    people: People, author: Any, who: str
) -> None:
    client = _client(people[who])
    paths = [*_lists(author), *_searches(), *_hidden_ends()]
    before = _read(client, paths)
    contact = _register(author, people["owner"])
    after = _read(client, paths)
    changed = {path: after[path] for path in paths if after[path] != before[path]}
    assert changed == {}
    there, nowhere = contact.pk, contact.pk + 4711
    hidden = _read(client, _about(there)).values()
    missing = _read(client, _about(nowhere)).values()
    as_missing = [
        (code, text.replace(str(nowhere), str(there))) for code, text in missing
    ]
    assert list(hidden) == as_missing


@pytest.mark.parametrize("who", WELCOME)
def test_those_who_may_know_it_do(people: People, author: Any, who: str) -> None:
    client = _client(people[who])
    contact = _register(author, people["owner"])
    for path in (
        f"/api/{KIND}/",
        f"/api/{KIND}/?email=*hidden*",
        f"/api/{KIND}/?format=csv",
        f"/api/{KIND}/{contact.pk}/",
        f"/{KIND}/",
        f"/{KIND}/{contact.pk}/",
    ):
        status, text = _read(client, [path])[path]
        assert status == 200, path
        assert EMAIL in text, path
    page = _read(client, [MODEL + "/"])[MODEL + "/"]
    assert (EMAIL in page[1]) == (who == "administrator")


@pytest.mark.parametrize("who", STRANGERS)
def test_strangers_change_nothing(people: People, author: Any, who: str) -> None:
    contact = _register(author, people["owner"])
    events = Event.objects.count()
    there, nowhere = contact.pk, contact.pk + 4711
    hidden = [*map(_seen, _attempts(_client(people[who]), there))]
    missing = [*map(_seen, _attempts(_client(people[who]), nowhere))]
    assert hidden == [
        (status, text.replace(str(nowhere), str(there))) for status, text in missing
    ]
    assert Event.objects.count() == events


def _attempts(client: Client, pk: int) -> Iterator[Any]:
    """Yield the responses to all attempts to change a contact."""
    api, page, admin = f"/api/{KIND}/{pk}/", f"/{KIND}/{pk}/", f"{MODEL}/{pk}/"
    json: Any = {"content_type": "application/json"}
    stale: Any = {"headers": {"if-match": '"stale"'}}
    yield client.patch(api, {"email": "a@b.org"}, **json)
    yield client.patch(api, {"email": "no address"}, **json)
    yield client.put(api, {}, **json, **stale)
    yield client.delete(api, **stale)
    for reason in ("No.", ""):
        yield client.post(f"{api}withdraw/", {"reason": reason}, **json, **stale)
    yield client.post(f"{api}put_back/")
    yield client.post(f"{api}co_owners/", {"user": "stranger"}, **json)
    yield client.delete(f"{api}co_owners/1/")
    yield client.options(api)
    yield client.post(f"{page}withdraw/", {"reason": "No."})
    yield client.post(f"{page}put-back/")
    yield client.post(f"{page}people/", {"user": "stranger"})
    yield client.post(f"{admin}change/", {"email": "a@b.org"})
    yield client.post(f"{admin}delete/", {"post": "yes"})


# --- who may see it ------------------------------------------------------------------


def _sees(user: Any, contact: AuthorContact) -> bool:
    return AUTHOR_CONTACT.shows(contact.pk, user)


def test_an_own_link_opens_no_contact(people: People) -> None:
    owner, stranger = people["owner"], people["stranger"]
    author = factories.AuthorFactory.create(by=owner)
    older = _register(author, owner)
    factories.UserAuthorFactory.create(user=stranger, author=author)
    assert not _sees(stranger, older)
    delete_as_withdrawer(AuthorContact, older.pk, by=owner)
    assert not _sees(stranger, _register(author, owner))


def test_an_own_link_registers_no_contact_of_others(people: People) -> None:
    author = factories.AuthorFactory.create(by=people["owner"])
    factories.UserAuthorFactory.create(user=people["stranger"], author=author)
    with pytest.raises(Forbidden):
        _register(author, people["stranger"])


def test_a_withdrawn_link_opens_nothing(people: People) -> None:
    author = factories.AuthorFactory.create(by=people["owner"])
    contact, person = _register(author, people["owner"]), people["stranger"]
    link = factories.UserAuthorFactory.create(
        user=person, author=author, by=people["curator"]
    )
    assert _sees(person, contact)
    withdraw_record(UserAuthor, link.pk, reason="No.", by=people["curator"])
    assert not _sees(person, contact)


def test_the_link_of_a_curator_opens_every_contact(people: People) -> None:
    author = factories.AuthorFactory.create(by=people["owner"])
    contact, person = _register(author, people["owner"]), people["stranger"]
    factories.UserAuthorFactory.create(user=person, author=author, by=people["curator"])
    assert _sees(person, contact)


def test_the_person_changes_and_deletes_it(people: People, author: Any) -> None:
    contact = _register(author, people["owner"])
    client, path = _client(people["person"]), f"/api/{KIND}/{contact.pk}/"
    json: Any = {"content_type": "application/json"}
    assert client.patch(path, {"given_name": "Xan"}, **json).status_code == 200
    other = factories.AuthorFactory.create()
    assert client.patch(path, {"author": other.pk}, **json).status_code == 409
    assert client.delete(path).status_code == 204


# --- registering ---------------------------------------------------------------------


def _post(user: Any, author: Any) -> tuple[int, str]:
    body = {"author": author.pk, "email": "second@example.org"}
    json: Any = {"content_type": "application/json"}
    return _seen(_client(user).post(f"/api/{KIND}/", body, **json))


def test_a_second_contact_shows_nothing_of_the_first(
    people: People, author: Any
) -> None:
    refused = _post(people["stranger"], author)
    contact = _register(author, people["owner"])
    # a stranger cannot tell that there is one now
    assert _post(people["stranger"], author) == refused
    assert refused[0] == 403
    answer = _post(people["curator"], author)
    assert answer == (409, '{"detail":"Field author must be unique"}')
    for who in WELCOME:
        status, text = _post(people[who], author)
        assert status == 409
        assert f"/api/{KIND}/{contact.pk}/" in text


def test_a_form_shows_nothing_of_the_first(people: People, author: Any) -> None:
    contact = _register(author, people["owner"])
    form = {"author": author.pk, "email": "second@example.org"}
    for who, is_told in (("curator", False), ("person", True)):
        status, text = _seen(_client(people[who]).post(f"/{KIND}/new/", form))
        assert status == 400
        assert "must be unique" in text
        assert (f"/{KIND}/{contact.pk}/" in text) == is_told
        assert EMAIL not in text


# --- merging, restoring and caching --------------------------------------------------


def test_authors_with_a_contact_each_are_not_merged(
    people: People, author: Any
) -> None:
    owner, curator = people["owner"], people["curator"]
    other = factories.AuthorFactory.create(by=owner)
    first, second = _register(author, owner), _register(other, owner)
    page = f"/admin/registry/author/merge/?ids={author.pk},{other.pk}"
    text = _seen(_client(curator).get(page))[1]
    assert EMAIL not in text
    assert "1 author contacts" not in text
    with pytest.raises(Conflict) as refused:
        merge_records(Author, author.pk, [other.pk], by=curator)
    assert refused.value.detail == (
        "author contacts would have the same author. Change or delete one of them "
        "first."
    )
    delete_as_withdrawer(AuthorContact, second.pk, by=owner)
    merge_records(Author, other.pk, [author.pk], by=curator)
    assert AuthorContact.objects.get().author_id == other.pk
    assert AuthorContact.objects.get() == first


def test_a_deleted_contact_is_restored_for_the_same_people(
    people: People, author: Any
) -> None:
    contact = _register(author, people["owner"])
    delete_as_withdrawer(AuthorContact, contact.pk, by=people["owner"])
    restore_record(AUTHOR_CONTACT, contact.pk)
    again = AuthorContact.objects.get(pk=contact.pk)
    assert again.email == EMAIL
    assert [who for who, user in people.items() if _sees(user, again)] == [*WELCOME]


def test_caches_share_nothing(people: People, author: Any) -> None:
    contact = _register(author, people["owner"])
    path = f"/api/{KIND}/{contact.pk}/"
    answer: Any = _client(people["owner"]).get(path)
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= {*answer["Vary"].split(", ")}
    known: Any = {"headers": {"if-none-match": answer["ETag"]}}
    assert _client(people["owner"]).get(path, **known).status_code == 304
    for who in STRANGERS:
        assert _client(people[who]).get(path, **known).status_code == 404
