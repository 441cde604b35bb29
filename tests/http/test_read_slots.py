"""Costly reads hold slots, which are limited and always released."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.http import HttpRequest, StreamingHttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from registry.core.errors import Busy, StatementTimeout
from registry.http import read_slots
from registry.http.read_slots import ReadLimitMiddleware, SlotLimits, hold_read_slot
from tests.api.client import Api
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PROBE = "/api/lineage/object/1/"
COSTLY = (
    PROBE,
    "/api/impact/object/1/",
    "/api/prov-report/1/",
    "/api/prov-report/object/1/",
    "/api/prov-report/code_run/1/",
    "/api/ro-crate/data-product/1/",
    "/api/ro-crate/code-run/1/",
    "/api/object/?format=csv",
    "/search/?q=anything",
    "/object/?page_size=101",
    "/api/object/?page_size=101&format=api",
)
CHEAP = (
    *("/", "/api/", "/api/object/", "/object/", "/api/object/1/", "/livez", "/vocab/"),
    *("/object/?page_size=100", "/api/object/?page_size=100&format=api"),
    "/api/object/?page_size=1000",
)


@pytest.mark.parametrize("threads", [2, 3, 4, 8, 64])
def test_anonymous_users_never_hold_more_than_half_of_the_slots(threads: int) -> None:
    limits = SlotLimits.for_threads(threads)
    assert 1 <= limits.anonymous <= threads // 2
    assert limits.anonymous <= limits.everybody < threads
    assert 1 <= limits.address <= limits.anonymous
    assert 1 <= limits.account <= limits.everybody
    if threads >= 8:
        assert limits.address < limits.anonymous
        assert limits.account < limits.everybody == threads - 2


def _take(number: int, address: str = "") -> Iterator[Any]:
    for at in range(number):
        who = address or f"198.51.100.{at}"
        yield read_slots.slots.take(who, is_anonymous=True)


def test_one_address_cannot_hold_all_slots() -> None:
    own = list(_take(3, "192.0.2.1"))
    with pytest.raises(Busy):
        read_slots.slots.take("192.0.2.1", is_anonymous=True)
    other = read_slots.slots.take("192.0.2.2", is_anonymous=True)
    with pytest.raises(Busy):
        read_slots.slots.take("192.0.2.3", is_anonymous=True)
    other.release()
    own[0].release()
    assert read_slots.slots.taken == 2


def test_authenticated_users_get_the_remaining_slots() -> None:
    held = list(_take(4))
    held += [read_slots.slots.take(f"account {n}", is_anonymous=False) for n in (1, 1)]
    with pytest.raises(Busy):
        read_slots.slots.take("account 2", is_anonymous=False)
    held[0].release()
    read_slots.slots.take("account 2", is_anonymous=False)


def test_a_slot_is_released_only_once() -> None:
    slot = read_slots.slots.take("192.0.2.1", is_anonymous=True)
    slot.release()
    slot.release()
    assert read_slots.slots.taken == 0


def test_a_lost_slot_is_released() -> None:
    slot = read_slots.slots.take("192.0.2.1", is_anonymous=True)
    assert read_slots.slots.taken == 1
    del slot
    gc.collect()
    assert read_slots.slots.taken == 0


@pytest.mark.parametrize("address", COSTLY)
def test_a_costly_read_without_a_free_slot_gets_503_immediately(address: str) -> None:
    held = list(_take(4))
    answer = Api().get(address)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) >= 1
    assert "try again" in answer.content.decode()
    held[0].release()
    assert Api().get(address).status_code in {200, 404}


# pages know nobody by a token
@pytest.mark.parametrize("address", [one for one in COSTLY if "/api/" in one])
def test_authenticated_users_still_get_a_slot(address: str) -> None:
    held = list(_take(4))
    assert Api(UserFactory()).get(address).status_code in {200, 404}
    assert held


@pytest.mark.parametrize("address", CHEAP)
def test_other_reads_need_no_slot(address: str) -> None:
    held = list(_take(4))
    assert Api().get(address).status_code in {200, 404}
    assert Api().call("OPTIONS", PROBE).status_code == 200
    assert held


@pytest.mark.parametrize("address", COSTLY)
def test_each_response_releases_its_slot(address: str) -> None:
    answer = Api().get(address)
    if answer.streaming:
        assert read_slots.slots.taken == 1
        b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert read_slots.slots.taken == 0
    assert read_slots.slots.most_anonymous == 1


def test_an_exempt_network_is_not_exempt_from_slots(settings: Settings) -> None:
    settings.THROTTLE_EXEMPT = (ip_network("127.0.0.0/8"),)
    held = list(_take(3, "127.0.0.1"))
    assert Api().get(PROBE).status_code == 503
    assert held


def test_addresses_of_one_ipv6_network_count_together(settings: Settings) -> None:
    settings.PROXIES = 1
    asked = [
        RequestFactory().get("/", headers={"x-forwarded-for": f"2001:db8::{at + 1}"})
        for at in range(3)
    ]
    for request in asked:
        hold_read_slot(request, _Nobody)
    assert Api(x_forwarded_for="2001:db8::f").get(PROBE).status_code == 503
    assert Api(x_forwarded_for="2001:db8:1::f").get(PROBE).status_code == 404


class _Nobody:
    is_authenticated = False


def _middleware(answer: Any) -> ReadLimitMiddleware:
    def view(request: HttpRequest) -> Any:
        hold_read_slot(request, _Nobody)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return ReadLimitMiddleware(view)


@pytest.mark.parametrize("error", [RuntimeError("broken"), SystemExit()])
def test_an_exception_releases_the_slot(error: BaseException) -> None:
    with pytest.raises(type(error)):
        _middleware(error)(RequestFactory().get("/"))
    assert read_slots.slots.taken == 0


def test_a_stream_holds_its_slot_until_it_is_closed() -> None:
    """Also if the client disconnects in the middle."""
    closed: list[bool] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield b"a"
            yield b"b"
        finally:
            closed.append(True)

    response = _middleware(StreamingHttpResponse(pieces()))(RequestFactory().get("/"))
    assert next(iter(response)) == b"a"
    assert read_slots.slots.taken == 1
    response.close()
    assert read_slots.slots.taken == 0
    assert closed == [True]


def test_a_stream_ends_at_its_time_limit(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(read_slots, "monotonic", lambda: now[0])
    settings.STREAM_SECONDS = 60
    stream = StreamingHttpResponse(iter([b"a", b"b"]))
    response = _middleware(stream)(RequestFactory().get("/"))
    rest = iter(response)
    assert next(rest) == b"a"
    now[0] = 61
    with pytest.raises(StatementTimeout):
        next(rest)
    response.close()
    assert read_slots.slots.taken == 0


def test_a_request_holds_only_one_slot() -> None:
    request = RequestFactory().get("/")
    hold_read_slot(request, _Nobody)
    hold_read_slot(request, _Nobody)
    assert read_slots.slots.taken == 1
