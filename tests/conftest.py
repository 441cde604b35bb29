"""What holds for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import caches
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from registry.http import read_slots
from registry.identity.verified import verified_passwords
from tests.chromium import launch_options
from tests.plugins.databases import own_database

Report = TypeVar("Report")
Reporting = Generator[None, Report, Report]

# how long an example takes is the machine's matter
hypothesis.settings.register_profile("registry", deadline=None)
hypothesis.settings.load_profile("registry")

#: What tests use that need a registry, Redis or a browser of their own; and where tests
#: are that start such programs by themselves.
LIVE_FIXTURES = frozenset({"launch_browser", "redis_server", "start_registry"})
LIVE_PATHS = (
    *("attacks/", "bench/", "browser/", "clients/", "examples/", "oauth/"),
    *("http/test_lost_database.py", "management/test_data_folder.py"),
    *("management/test_serving.py", "management/test_command_errors.py"),
)
#: Live modules that take seconds to load, and the folders of live tests.
NEVER_LOADED = (
    *(path for path in LIVE_PATHS if path.endswith("/")),
    "api/test_every_operation.py",
)

UNDER_CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}


def pytest_configure() -> None:
    """Make accounts cheap: good hashing of passwords is slow on purpose."""
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]
    _scan_static_files_once()


def _scan_static_files_once() -> None:
    """Keep what WhiteNoise finds; it looks anew for every test client otherwise."""
    scan = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def add_found_files(server: WhiteNoiseMiddleware) -> None:
        if not found:
            scan(server)
            found.update(server.files)
        server.files.update(found)

    WhiteNoiseMiddleware.add_files_from_finders = add_found_files


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip loading modules of live tests if ``-m`` leaves these out."""
    if "not live" not in config.option.markexpr:
        return None
    path = collection_path.relative_to(Path(__file__).parent).as_posix()
    return True if f"{path}/".startswith(NEVER_LOADED) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start programs as `live`, before any are chosen by marks."""
    here = Path(__file__).parent
    for item in items:
        fixtures = LIVE_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        path = item.path.relative_to(here).as_posix()
        if fixtures or path.startswith(LIVE_PATHS):
            item.add_marker("live")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Reporting[pytest.TestReport]:
    """Fail a test that skips itself under CI, where everything must have run."""
    report = yield
    if UNDER_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped under CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Reporting[pytest.CollectReport]:
    """Fail a module that skips itself under CI."""
    report = yield
    if UNDER_CI and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped under CI: {report.longrepr}"
    return report


def pytest_collection_finish() -> None:
    """Exempt what is loaded by now from garbage collection.

    It stays until the end, and looking through it took a sixth of the run's time.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Give Django a copy of a migrated database, instead of migrating one."""
    with django_db_blocker.unblock(), own_database(), django_db_blocker.block():
        yield


@pytest.fixture(autouse=True)
def _forget_what_is_cached() -> None:
    """Begin with empty caches: no test is throttled for what another asked."""
    for cache in caches.all(initialized_only=True):
        cache.clear()
    verified_passwords.clear()


@pytest.fixture(autouse=True)
def _free_all_slots() -> None:
    """Begin with free slots: tests leave streamed answers unread, and so unclosed."""
    read_slots.slots = read_slots.Slots()


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    """Drive the Chromium of the system."""
    return launch_options(browser_type_launch_args)
