"""The parts of pages that scripts ask for again and again."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from registry.execution.actions import SUSPEND, act
from registry.execution.models import RunRequest
from tests.web.execution.working import begin, client_of, find, new_request
from tests.web.pages import main_of

pytestmark = pytest.mark.django_db


def _addresses(request: RunRequest) -> dict[str, str]:
    """Return the addresses of pages, each with that of its live part."""
    pages = (
        *("/run_request/", "/run_request/?state=processing"),
        *(f"/run_request/{request.pk}/", f"/run_request/{request.pk}/?state=ready"),
        f"/task/{find(request, 'clean').pk}/",
        f"/backend/{request.backend_id}/",
    )
    found = {}
    for one in pages:
        [live] = main_of(Client().get(one)).select("[data-live]")
        found[one] = str(live["data-live"])
    return found


def test_a_live_part_is_the_same_as_in_the_page() -> None:
    request = new_request()
    client = client_of(request.registered_by)
    for page, live in _addresses(request).items():
        main = main_of(client.get(page))
        parts = BeautifulSoup(client.get(live).content, "html.parser")
        roots = parts.find_all(recursive=False)
        assert roots
        for part in roots:
            assert str(part) == str(main.select_one(f"#{part['id']}"))


def test_what_has_not_changed_is_not_sent_again() -> None:
    request = new_request()
    client = client_of(request.registered_by)
    for live in _addresses(request).values():
        answer = client.get(live)
        assert answer["Cache-Control"] == "private, no-cache"
        tag = answer["ETag"]
        again = client.get(live, headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert again["ETag"] == tag
        assert not again.content


def test_what_has_changed_is_sent() -> None:
    request = new_request()
    addresses = _addresses(request)
    tags = {live: Client().get(live)["ETag"] for live in addresses.values()}
    begin(request, "clean")
    for live, tag in tags.items():
        answer = Client().get(live, headers={"If-None-Match": tag})
        assert answer.status_code == 200, live
        assert answer["ETag"] != tag


def test_a_live_part_has_no_token() -> None:
    request = new_request()
    client = client_of(request.registered_by)
    for live in _addresses(request).values():
        text = client.get(live).content.decode()
        assert "csrf" not in text
        assert "<script" not in text
        assert "style=" not in text


def test_the_state_is_what_is_announced() -> None:
    request = new_request()
    live = f"/run_request/{request.pk}/live/"
    assert b'data-said="The request is processing."' in Client().get(live).content
    act(request.pk, SUSPEND, by=request.registered_by)
    content = Client().get(live).content
    assert b'data-said="The request is suspended."' in content
    # it can go on
    assert b"data-done" not in content


def test_there_is_a_link_to_reload_without_scripts() -> None:
    request = new_request()
    for page in _addresses(request):
        [without] = main_of(Client().get(page)).select("noscript a")
        assert without["href"] == page


def test_live_parts_of_nothing() -> None:
    for path in ("/run_request/987654/live/", "/run_request/9223372036854775808/live/"):
        assert Client().get(path).status_code == 404
    assert Client().get("/run_request/live/?jobs=x").status_code == 400
    assert Client().get("/run_request/live/?cursor=x").status_code in {400, 404}
