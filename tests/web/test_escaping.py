"""Registered texts are escaped on every page, and only safe addresses are links."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from registry.catalogue.models import Author, ExternalObject, Keyword, Namespace
from tests.every_type import every_kind
from tests.factories import (
    AuthorFactory,
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    IssueFactory,
    KeywordFactory,
    LicenceFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    StorageLocationFactory,
    StorageRootFactory,
    UserFactory,
)
from tests.web.pages import page_of, words_of

pytestmark = pytest.mark.django_db

EVIL = "<script>alert('x')</script>\"><img src=x onerror=alert(2)> & {{ 7|add:7 }}"
JAVASCRIPT = "javascript:alert(1)//https://example.org/"


@pytest.fixture
def client() -> Client:
    """Return the client of a signed-in user, who sees the most."""
    browser = Client()
    browser.force_login(UserFactory.create(username="eve", full_name=EVIL))
    return browser


def _pages_of_evil_records() -> list[str]:
    namespace = NamespaceFactory.create(name=EVIL, full_name=EVIL)
    author = AuthorFactory.create(name=EVIL)
    location = StorageLocationFactory.create(path=EVIL)
    thing = ObjectFactory.create(
        description=EVIL, authors=[author], storage_location=location
    )
    component = ObjectComponentFactory.create(object=thing, name=EVIL, description=EVIL)
    product = DataProductFactory.create(namespace=namespace, name=EVIL, object=thing)
    run = CodeRunFactory.create(
        description=EVIL, inputs=[component], outputs=[component]
    )
    records = [
        namespace,
        author,
        location,
        thing,
        component,
        product,
        run,
        IssueFactory.create(description=EVIL, component_issues=[component]),
        KeywordFactory.create(object=thing, keyphrase=EVIL),
        LicenceFactory.create(object=thing, licence_info=EVIL, identifier=None),
        ExternalObjectFactory.create(
            data_product=product, title=EVIL, description=EVIL
        ),
    ]
    return [
        *(f"/{one.kind}/{one.pk}/" for one in records),
        *(f"/{one.kind}/" for one in records),
        f"/object_component/{component.pk}/raise-issue/",
        "/",
        "/account/",
        "/search/?q=alert",
        "/search/?q=%3Cscript%3Ealert(3)%3C/script%3E",
        "/namespace/?name=%22%3E%3Cscript%3Ealert(3)%3C/script%3E",
        "/namespace/new/?name=%22%3E%3Cscript%3Ealert(3)%3C/script%3E",
    ]


def test_markup_in_records_is_text_on_every_page(client: Client) -> None:
    for page in _pages_of_evil_records():
        _is_harmless(page_of(client.get(page)), page)


def _is_harmless(page: BeautifulSoup, address: str) -> None:
    assert all(script.get("src") for script in page.select("script")), address
    assert all(not script.get_text() for script in page.select("script")), address
    sources = {str(image["src"]).rpartition("/")[2][:4] for image in page.select("img")}
    assert sources == {"icon"}, address
    for element in page.find_all(True):
        handlers = [name for name in element.attrs if name.startswith("on")]
        assert not handlers, address
    # templates do not evaluate what they show
    assert "& 14" not in words_of(page), address


def test_markup_is_shown_as_it_was_written(client: Client) -> None:
    product = DataProductFactory.create(
        name=EVIL, object=ObjectFactory.create(description=EVIL)
    )
    said = words_of(page_of(client.get(f"/data_product/{product.pk}/")))
    assert said.count("<script>alert('x')</script>") >= 3


def test_only_web_addresses_are_links(client: Client) -> None:
    # services refuse such addresses; older rows may have them
    namespace, author = NamespaceFactory.create(), AuthorFactory.create()
    external, keyword = ExternalObjectFactory.create(), KeywordFactory.create()
    Namespace.objects.filter(pk=namespace.pk).update(website=JAVASCRIPT)
    Author.objects.filter(pk=author.pk).update(identifier=JAVASCRIPT)
    ExternalObject.objects.filter(pk=external.pk).update(identifier=JAVASCRIPT)
    Keyword.objects.filter(pk=keyword.pk).update(identifier=JAVASCRIPT)
    for record in (namespace, author, external, keyword):
        for address in (f"/{record.kind}/{record.pk}/", f"/{record.kind}/"):
            page = page_of(client.get(address))
            assert "javascript:alert(1)" in words_of(page)
            for link in page.select("a[href], form[action]"):
                target = str(link.get("href") or link.get("action"))
                assert target.startswith(("/", "http://testserver", "#", "?", "http"))


def test_only_files_on_the_web_are_links(client: Client) -> None:
    for root in ("file:///etc/", "ssh://host.example.org/", "github://org:repo@sha/"):
        location = StorageLocationFactory.create(
            storage_root=StorageRootFactory.create(root=root), path="passwd"
        )
        thing = ObjectFactory.create(storage_location=location)
        page = page_of(client.get(f"/object/{thing.pk}/"))
        assert f"{root}passwd" in words_of(page)
        assert not page.select(f"a[href^='{root[:4]}']")


def test_links_to_other_sites_send_no_referrer(client: Client) -> None:
    namespace = NamespaceFactory.create(website="https://example.org/group/")
    page = page_of(client.get(f"/namespace/{namespace.pk}/"))
    link = page.select_one("main a[href='https://example.org/group/']")
    assert link is not None
    assert link["rel"] == ["noopener", "nofollow"]


@pytest.mark.parametrize("kind", every_kind())
def test_a_form_escapes_its_values(kind: str, client: Client) -> None:
    form = page_of(client.get(f"/{kind}/new/")).select_one("form.record-form")
    assert form is not None
    # longer than any short text may be, so that every form refuses it
    text = EVIL + "x" * 2000
    sent = {str(field["name"]): text for field in form.select("[name]")}
    page = page_of(client.post(f"/{kind}/new/", sent), 400)
    _is_harmless(page, kind)
    typed = [
        field.get_text().removeprefix("\n")
        if field.name == "textarea"
        else field.get("value")
        for field in page.select("form.record-form [name]")
        # those have words of the registry's own
        if field.get("type") not in {"checkbox", "hidden"} and field.name != "select"
    ]
    assert typed
    # lists of words are shown with one on each line
    assert {" ".join(str(one).split()) for one in typed} == {" ".join(text.split())}
