"""Rate limits count requests by account or address, and responses show them."""

from __future__ import annotations

from base64 import b64encode
from ipaddress import ip_network
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from registry.http import throttling
from tests.api.client import Api, data_of, rows_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = "/api/file_type/"
NO_TOKEN = {"authorization": f"token {'0' * 40}"}


class Clock:
    """Stands for the module `time`; begins with a window of a minute."""

    now = 1_800_000_000.0

    def time(self) -> float:
        """Return the seconds since 1970."""
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(throttling, "time", clock)
    return clock


@pytest.fixture(autouse=True)
def _rates(settings: Settings) -> None:
    settings.THROTTLE_RATES = {
        "anonymous": (3, 60),
        "user": (5, 60),
        "login": (2, 60),
        "export": (2, 3600),
    }
    settings.THROTTLE_EXEMPT = ()


def _limits(answer: HttpResponse) -> tuple[int, int, int]:
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    limit, remaining, reset = (int(answer[name]) for name in names)
    return limit, remaining, reset


def test_a_limit_holds_until_its_window_ends(clock: Clock) -> None:
    api = Api()
    clock.now += 20
    for remaining in (2, 1, 0):
        answer = api.get(LIST)
        assert answer.status_code == 200
        assert _limits(answer) == (3, remaining, 40)
    for _ in range(2):
        answer = api.get(LIST)
        assert list(data_of(answer, 429)) == ["detail"]
        assert _limits(answer) == (3, 0, 40)
        assert answer["Retry-After"] == "40"
    clock.now += 39
    assert api.get(LIST).status_code == 429
    clock.now += 1
    assert _limits(api.get(LIST)) == (3, 2, 60)


def test_accounts_are_counted_separately() -> None:
    first, second = Api(UserFactory()), Api(UserFactory())
    for _ in range(5):
        assert first.get(LIST).status_code == 200
    assert first.get(LIST).status_code == 429
    assert _limits(second.get(LIST)) == (5, 4, 60)
    assert _limits(Api().get(LIST)) == (3, 2, 60)


def test_addresses_are_counted_separately(settings: Settings) -> None:
    settings.PROXIES = 1
    for address in ("198.51.100.7", "203.0.113.9"):
        api = Api(x_forwarded_for=address)
        assert [api.get(LIST).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_an_ipv6_network_is_counted_as_one_address(settings: Settings) -> None:
    settings.PROXIES = 1
    statuses = [
        Api(x_forwarded_for=f"2001:db8:1:2::{number}").get(LIST).status_code
        for number in range(4)
    ]
    assert statuses == [200, 200, 200, 429]
    assert Api(x_forwarded_for="2001:db8:1:3::1").get(LIST).status_code == 200


def test_an_ipv4_address_is_the_same_in_every_notation(settings: Settings) -> None:
    settings.PROXIES = 1
    for address in ("198.51.100.7", "::ffff:198.51.100.7", "::ffff:c633:6407"):
        assert Api(x_forwarded_for=address).get(LIST).status_code == 200
    assert Api(x_forwarded_for="198.51.100.7").get(LIST).status_code == 429


def test_every_response_has_the_remaining_requests() -> None:
    api = Api()
    answers = [
        (404, api.get("/api/object/7/")),
        (404, api.get("/api/nothing/")),
        (400, api.get(LIST, {"nonsense": "1"})),
    ]
    for number, (status, answer) in enumerate(answers):
        assert (answer.status_code, _limits(answer)) == (status, (3, 2 - number, 60))
    person = Api(UserFactory())
    writes = [
        (400, person.post(LIST, {})),
        (405, person.call("DELETE", LIST)),
        (415, person.send("POST", LIST, b"a", "text/plain")),
    ]
    reads = [
        (406, person.get(LIST, accept="image/png")),
        (200, person.call("OPTIONS", LIST)),
    ]
    for answers in (writes, reads):
        for number, (status, answer) in enumerate(answers):
            limits = (5, 4 - number, 60)
            assert (answer.status_code, _limits(answer)) == (status, limits)


@pytest.mark.parametrize("who", ["an account", "an address"])
def test_reads_and_writes_are_counted_separately(who: str) -> None:
    api = Api(UserFactory()) if who == "an account" else Api()
    limit = 5 if who == "an account" else 3
    for _ in range(limit):
        assert api.get(LIST).status_code == 200
    assert api.get(LIST).status_code == 429
    refused = [api.post(LIST, {}).status_code for _ in range(limit)]
    assert 429 not in refused
    assert api.post(LIST, {}).status_code == 429


@pytest.mark.parametrize(
    "path", ["/", "/nothing/", "/nothing", "/sign-in", "/admin/", "/account/", "/api"]
)
def test_responses_outside_the_api_have_the_remaining_requests(path: str) -> None:
    assert _limits(Api().get(path)) == (3, 2, 60)


def test_unknown_addresses_and_forged_forms_are_limited() -> None:
    api, forger = Api(), Client(enforce_csrf_checks=True)
    assert [api.get("/nothing/").status_code for _ in range(4)] == [404] * 3 + [429]
    statuses = [forger.post("/sign-out").status_code for _ in range(4)]
    assert statuses == [403] * 3 + [429]


def test_browsers_get_a_page_and_programs_json() -> None:
    for accept, kind in (("text/html", "text/html"), ("*/*", "application/json")):
        api = Api(accept=accept)
        answer = [api.get("/nothing/") for _ in range(4)][-1]
        assert answer.status_code == 429
        assert answer["Content-Type"].startswith(kind)
        assert answer["Retry-After"] == "60"


def test_a_401_has_the_remaining_requests() -> None:
    answer = Api().post(LIST, {})
    assert (answer.status_code, _limits(answer)) == (403, (3, 2, 60))


def test_exports_are_counted_once() -> None:
    api = Api(UserFactory())
    answers = [api.get(LIST, {"format": "csv"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert rows_of(answers[0]) == []
    assert _limits(answers[0]) == (2, 1, 3600)
    assert _limits(answers[2]) == (2, 0, 3600)
    # reading otherwise goes on
    assert api.get(LIST).status_code == 200


def test_an_export_by_accept_counts_as_an_export() -> None:
    api = Api(UserFactory(), accept="text/csv")
    statuses = [api.get(LIST).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_guessing_tokens_is_limited(clock: Clock) -> None:
    api = Api(None, **NO_TOKEN)
    answers = [api.get(LIST) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert _limits(answers[0]) == (2, 1, 60)
    assert answers[0]["WWW-Authenticate"]
    assert answers[2]["Retry-After"] == "60"
    clock.now += 60
    assert api.get(LIST).status_code == 401


def test_guessing_in_the_sign_in_form_is_limited(clock: Clock) -> None:
    client, form = Client(), {"username": "ada", "password": "guess"}
    answers: list[Any] = [client.post("/sign-in", form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "60"
    assert _limits(answers[2]) == (2, 0, 60)
    assert client.get("/sign-in").status_code == 200
    clock.now += 60
    assert client.post("/sign-in", form).status_code == 200


def test_guessing_passwords_is_limited() -> None:
    credentials = b64encode(b"ada:guess").decode()
    api = Api(authorization=f"Basic {credentials}")
    assert [api.get(LIST).status_code for _ in range(3)] == [401, 401, 429]


def test_right_credentials_are_not_counted_as_failures() -> None:
    for _ in range(3):
        Api(None, **NO_TOKEN).get(LIST)
    assert _limits(Api(UserFactory()).get(LIST)) == (5, 4, 60)


@pytest.mark.parametrize("network", ["127.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0"])
def test_exempt_networks_have_no_limit(settings: Settings, network: str) -> None:
    settings.THROTTLE_EXEMPT = (ip_network("192.0.2.0/24"), ip_network(network))
    for api in (Api(), Api(None, **NO_TOKEN), Api(UserFactory())):
        answers = [api.get(LIST, {"format": "csv"}) for _ in range(7)]
        assert 429 not in {answer.status_code for answer in answers}
        limit, remaining, _ = _limits(answers[-1])
        assert limit == remaining


def test_an_ipv4_mapped_address_is_the_same(settings: Settings) -> None:
    settings.THROTTLE_EXEMPT = (ip_network("198.51.100.0/24"),)
    settings.PROXIES = 1
    api = Api(x_forwarded_for="::ffff:198.51.100.7")
    assert [api.get(LIST).status_code for _ in range(4)] == [200] * 4


def test_other_networks_are_not_exempt(settings: Settings) -> None:
    settings.THROTTLE_EXEMPT = (ip_network("192.0.2.0/24"), ip_network("::1"))
    assert [Api().get(LIST).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_static_files_and_health_are_not_counted() -> None:
    api = Api()
    assert [api.get("/livez").status_code for _ in range(9)] == [200] * 9
