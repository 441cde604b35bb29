"""The pages of backends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import Tag
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from registry.execution.flags import set_flag
from registry.execution.models import Backend
from tests.factories import BackendFactory, BackendGrantFactory, UserFactory
from tests.web.execution.working import EVIL, begin, client_of, new_request, task
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db


def _page(backend: Backend, client: Client | None = None) -> Tag:
    return main_of((client or Client()).get(f"/backend/{backend.pk}/"))


def test_a_page_shows_queue_work_and_executors() -> None:
    backend = BackendFactory()
    low = new_request(task("low"), backend=backend, priority=0.1)
    high = new_request(task("high"), backend=backend, priority=0.9)
    begin(new_request(task("running"), backend=backend), "running")
    main = _page(backend)
    assert words_of(main.select("#queue-title")[0]) == "Queue: 2 tasks"
    queue = [words_of(one) for one in main.select("[id^=queued-]")]
    assert queue == [
        f"high run request {high.pk} 0.9 1 processor, 1 GB of memory, 1 GB of disk "
        "space, 8 hours",
        f"low run request {low.pk} 0.1 1 processor, 1 GB of memory, 1 GB of disk "
        "space, 8 hours",
    ]
    [at_work] = main.select("[id^=running-]:is(tr)")
    assert words_of(at_work).startswith("running running node-1 account")
    [executor] = main.select("#executors-title + div tbody tr")
    assert words_of(executor).startswith("node-1 account")
    assert words_of(executor).endswith("now")


def test_grants_have_names_for_those_who_are_signed_in() -> None:
    grant = BackendGrantFactory()
    name = grant.user.username
    assert f"account {grant.user_id} can" in words_of(_page(grant.backend))
    assert name not in words_of(_page(grant.backend))
    assert f"{name} can" in words_of(_page(grant.backend, client_of(UserFactory())))


@pytest.mark.parametrize("number", [2, 3])
def test_a_page_says_that_there_are_more_executors_and_grants(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MAX_EXECUTORS", "MAX_GRANTS"):
        monkeypatch.setattr(f"registry.web.execution.backends.{name}", 2)
    backend = BackendFactory()
    BackendGrantFactory.create_batch(number, backend=backend)
    for n in range(number):
        begin(new_request(task(f"t{n}"), backend=backend), f"t{n}")
    main = _page(backend)
    assert len(main.select("#executors-title + div tbody tr")) == 2
    assert len(main.select("section[aria-labelledby=grants] li")) == 2
    assert words_of(main).count("There are more.") == 2 * (number > 2)


def test_windows_are_shown_until_they_end() -> None:
    now = timezone.now()
    windows = [
        {
            "begins": (now + timedelta(hours=at)).isoformat(),
            "ends": (now + timedelta(hours=at + 2)).isoformat(),
            "reason": f"{EVIL}{at}",
        }
        for at in (-5, 5, -1)
    ]
    answer = Client().get(
        f"/backend/{BackendFactory(maintenance_windows=windows).pk}/live/"
    )
    text = answer.content.decode()
    assert "<script>" not in text
    assert text.count("maintenance window") == 2
    assert text.index("window, open") < text.index(
        "alert(&#x27;x&#x27;)&lt;/script&gt;&amp;5"
    )
    assert "Its database is out of use while the window below is open." in text


def _press(client: Client, backend: Backend, name: str, value: str) -> Any:
    path = f"/backend/{backend.pk}/flag/"
    return client.post(path, {"name": name, "value": value})


@pytest.mark.parametrize("name", ["paused", "maintenance"])
def test_those_who_look_after_a_backend_set_its_flags(name: str) -> None:
    backend = BackendFactory()
    client = client_of(backend.registered_by)
    for value in ("1", ""):
        [button] = _page(backend, client).select(f"button[form=flag-{name}]")
        assert button["value"] == value
        assert _press(client, backend, name, value).status_code == 302
        found = Backend.objects.get(pk=backend.pk).flags[name]["value"]
        assert found is bool(value)


@pytest.mark.parametrize("name", ["paused", "maintenance"])
def test_others_cannot_set_flags(name: str) -> None:
    backend = BackendFactory()
    set_flag(backend.pk, name, value=True, by=None)
    stranger = client_of(UserFactory())
    assert not _page(backend, stranger).select("#work button")
    assert _press(stranger, backend, name, "").status_code == 403
    assert _press(Client(), backend, name, "")["Location"].startswith("/sign-in?")
    owner = Client(enforce_csrf_checks=True)
    owner.force_login(backend.registered_by)
    assert _press(owner, backend, name, "").status_code == 403
    assert Backend.objects.get(pk=backend.pk).flags[name]["value"] is True


def test_flags_that_there_are_not_are_refused() -> None:
    backend = BackendFactory()
    client = client_of(backend.registered_by)
    _press(client, backend, "broken", "1")
    page = main_of(client.get(f"/backend/{backend.pk}/"))
    assert "Choose from paused, maintenance." in words_of(page)
    assert _press(client, Backend(pk=987654), "paused", "1").status_code == 404


def test_a_backend_is_found_by_its_name() -> None:
    backend = BackendFactory()
    answer = Client().get(f"/backend/{backend.slug}/")
    assert answer["Location"] == f"/backend/{backend.pk}/"
    assert Client().get("/backend/nowhere/").status_code == 404
    assert Client().get("/backend/987654/live/").status_code == 404


@pytest.mark.parametrize("number", [1, 12])
def test_the_statements_of_a_page_do_not_grow(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    backend = BackendFactory()
    BackendGrantFactory.create_batch(number, backend=backend)
    request = new_request(*(task(f"t{n}") for n in range(2 * number)), backend=backend)
    for n in range(number):
        begin(request, f"t{n}")
    Client().get(f"/backend/{backend.pk}/")
    with django_assert_num_queries(6):
        Client().get(f"/backend/{backend.pk}/live/")
    with django_assert_num_queries(10):
        Client().get(f"/backend/{backend.pk}/")
