"""System checks reject settings that do not fit together."""

from __future__ import annotations

from django.core import checks
from pytest_django import Settings

REDIS = {"throttle": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}


def _ids() -> list[str | None]:
    return [message.id for message in checks.run_checks() if message.is_serious()]


def test_several_processes_without_a_shared_cache_are_an_error(
    settings: Settings,
) -> None:
    settings.WEB_CONCURRENCY = 2
    assert _ids() == ["registry.E001"]


def test_one_process_can_count_in_its_own_memory(settings: Settings) -> None:
    settings.WEB_CONCURRENCY = 1
    assert _ids() == []


def test_several_processes_can_count_in_a_shared_cache(settings: Settings) -> None:
    settings.WEB_CONCURRENCY = 2
    settings.CACHES = {**settings.CACHES, **REDIS}
    assert _ids() == []
