"""The shared cache counts atomically, and the registry works without it."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from pytest_django import Settings

from registry.http import caches, throttling
from registry.http.caches import SharedCache
from tests.api.client import Api
from tests.plugins.redis import RedisServer
from tests.plugins.server import free_port

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def _no_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start with a closed circuit breaker."""
    monkeypatch.setattr(caches, "circuit_breaker", caches.CircuitBreaker())


def _cache(url: str) -> SharedCache:
    return SharedCache(url, {"KEY_PREFIX": "throttle"})


def test_a_counter_starts_at_one_and_expires(redis_server: RedisServer) -> None:
    cache = _cache(redis_server.url)
    assert [cache.count("a", 60) for _ in range(3)] == [1, 2, 3]
    assert cache.count("b", 60) == 1
    client = redis.Redis(port=redis_server.port)
    [*keys] = client.scan_iter("*")
    assert len(keys) == 2
    assert all(0 < client.ttl(key) <= 60 for key in keys)


def test_concurrent_increments_are_not_lost(redis_server: RedisServer) -> None:
    cache = _cache(redis_server.url)
    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(lambda _: cache.count("a", 60), range(400)))
    assert sorted(counted) == list(range(1, 401))


def test_a_successful_attempt_is_not_counted(
    redis_server: RedisServer, settings: Settings
) -> None:
    backend = "registry.http.caches.SharedCache"
    shared = {"BACKEND": backend, "LOCATION": redis_server.url}
    settings.CACHES = {"default": shared, "throttle": {**shared, "KEY_PREFIX": "t"}}
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (2, 86_400)}
    window = throttling.Window.now("login", "192.0.2.7")
    window.uncount()
    assert window.used() == 0
    assert [window.increment() for _ in range(2)] == [1, 2]
    window.uncount()
    assert window.used() == 1
    assert window.increment() == 2
    [key] = redis.Redis(port=redis_server.port).scan_iter("t:*")
    assert redis.Redis(port=redis_server.port).ttl(key) > 0


def test_values_are_stored(redis_server: RedisServer) -> None:
    cache = _cache(redis_server.url)
    assert cache.get("a", "nothing") == "nothing"
    assert cache.add("a", [1, None]) is True
    assert cache.add("a", 2) is False
    assert cache.get("a") == [1, None]
    cache.set("a", None)
    assert cache.get("a", "nothing") is None
    assert cache.delete("a") is True
    assert cache.get_or_set("b", lambda: 7) == 7


def test_without_its_server_the_cache_behaves_as_empty(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = _cache(f"redis://:hush-hush@127.0.0.1:{free_port()}/0")
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert cache.count("a", 60) == 1
            assert cache.get("a", "nothing") == "nothing"
            assert cache.add("a", 1) is True
            assert cache.delete("a") is False
            assert cache.get_or_set("a", lambda: 7) == 7
            cache.set("a", 1)
            monkeypatch.setattr(caches.circuit_breaker, "open_until", 0.0)
    [told] = [one for one in caplog.records if one.name == "registry.http.caches"]
    assert "limits are not kept" in told.getMessage()
    assert "hush-hush" not in caplog.text


def test_a_server_that_returns_is_used_again(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = _cache(redis_server.url)
    assert [cache.count("a", 60) for _ in range(2)] == [1, 2]
    redis_server.stop()
    assert [cache.count("a", 60) for _ in range(2)] == [1, 1]
    redis_server.start()
    # left alone for a while, it is not asked
    assert [cache.count("a", 60) for _ in range(2)] == [1, 1]
    monkeypatch.setattr(caches.circuit_breaker, "open_until", 0.0)
    assert [cache.count("a", 60) for _ in range(2)] == [1, 2]


@pytest.mark.django_db
def test_limits_are_counted_in_the_cache_and_not_in_the_database(
    redis_server: RedisServer,
    settings: Settings,
    django_assert_num_queries: object,
) -> None:
    backend = "registry.http.caches.SharedCache"
    shared = {"BACKEND": backend, "LOCATION": redis_server.url}
    settings.CACHES = {"default": shared, "throttle": {**shared, "KEY_PREFIX": "t"}}
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "anonymous": (2, 86_400)}
    settings.THROTTLE_EXEMPT = ()
    statuses = [Api().get("/api/nothing/").status_code for _ in range(3)]
    assert statuses == [404, 404, 429]
    with django_assert_num_queries(0):  # type: ignore[operator]
        throttling.count_use("anonymous", "192.0.2.7")
    keys = list(redis.Redis(port=redis_server.port).scan_iter("t:*"))
    assert len(keys) == 2
