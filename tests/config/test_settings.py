"""Each variable is explained, and invalid values are rejected with helpful errors."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from registry.core.postgresql import Cursor
from registry.core.signing_keys import new_key
from tests.config.conftest import Load
from tests.plugins.databases import ROOT

#: For each variable, values that it must refuse.
WRONG = {
    "ALLOWED_HOSTS": ["https://registry.example.org", "registry.example.org:8000"],
    "CACHE_URL": ["127.0.0.1:6379", "locmem://"],
    "DATABASE_URL": [
        *("registry.sqlite3", "mysql://host/name", "postgresql://host"),
        *("postgresql://host/name?pool=2", "postgresql://host/name?prepare=never"),
    ],
    "GITHUB_ALLOWED_ORGS": ["our lab", "https://github.com/our-lab"],
    "GITHUB_ALLOWED_USERS": ["@octocat", "octocat,me@example.org"],
    "GITHUB_URL": ["github.com", "https://github.com/login", "http://github.com"],
    "PORT": ["http", "0", "70000"],
    "REGISTRY_ACCESS_TOKEN_SECONDS": ["0", "an hour", "100000"],
    "REGISTRY_CONNECTIONS": ["2", "many"],
    "REGISTRY_ANNOTATIONS": ["0", "many"],
    "REGISTRY_COMPONENTS": ["0", "1e6"],
    "REGISTRY_LEASE_SECONDS": ["4", "a minute"],
    "REGISTRY_REPOSITORY_MB": ["0", "much"],
    "REGISTRY_REPOSITORY_ORGANISATIONS": ["our lab", "https://github.com/our-lab"],
    "REGISTRY_REPOSITORY_PREFIXES": [
        *("git@github.com:", "github.com", "https://me@github.com/", "srv/git/"),
        *("/srv/../git", "file:///srv/git/"),
    ],
    "REGISTRY_REPOSITORY_SECONDS": ["0", "a minute"],
    "REGISTRY_SCHEDULER": ["maybe"],
    "REGISTRY_CRATE_FILES": ["0", "many"],
    "REGISTRY_CRATE_METADATA_MB": ["0", "2000"],
    "REGISTRY_CRATE_UNPACKED_MB": ["0", "10GB"],
    "REGISTRY_CRATE_UPLOAD_MB": ["0", "2GB"],
    "REGISTRY_DATA_DIR": [__file__],
    "REGISTRY_DEBUG": ["perhaps"],
    "REGISTRY_ENV_FILE": ["/nowhere/registry.env"],
    "REGISTRY_EXAMPLE": ["maybe", "2"],
    "REGISTRY_FREE_MB": ["-1", "64MB"],
    "REGISTRY_HTTPS": ["https"],
    "REGISTRY_IDLE_SECONDS": ["0", "long"],
    "REGISTRY_LOG_LEVEL": ["LOUD"],
    "REGISTRY_NAMESPACES": ["ajar"],
    "REGISTRY_OFFLINE_DAYS": ["0", "ever"],
    "REGISTRY_PROXIES": ["nginx", "-1"],
    "REGISTRY_READ_SECONDS": ["-1", "ten"],
    "REGISTRY_REALM": ["our realm", "realms/ours", "-"],
    "REGISTRY_QUOTA_MB": ["0", "10GB", "-1"],
    "REGISTRY_RUN_LINKS": ["0", "200000"],
    "REGISTRY_SERVED_ROOTS": ["data", "/nowhere/at/all", __file__],
    "REGISTRY_SHEET_UPLOAD_MB": ["0", "20MB"],
    "REGISTRY_SLOWEST_KB": ["0", "4kB"],
    "REGISTRY_STREAM_SECONDS": ["-1", "an hour"],
    "REGISTRY_THREADS": ["1", "eight"],
    "REGISTRY_THROTTLE_ANONYMOUS": ["1200", "0/min", "10/fortnight"],
    "REGISTRY_THROTTLE_EXEMPT": ["localhost", "10.0.0.1/8"],
    "REGISTRY_THROTTLE_EXPORT": ["many/min"],
    "REGISTRY_THROTTLE_LOGIN": ["-1/min"],
    "REGISTRY_THROTTLE_USER": ["6000 min"],
    "REGISTRY_URL": ["registry.example.org", "https://a.org/path", "http://[::1"],
    "WEB_CONCURRENCY": ["0", "two"],
}
#: Any text is a key. GitHub's two are refused one without the other, and what a signing
#: key is given as is not repeated.
FREE = {
    *("SECRET_KEY", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"),
    "REGISTRY_SIGNING_KEYS",
}
#: Explained in `.env.example`, but read elsewhere: by a command, and the tests.
READ_ELSEWHERE = {
    *("REGISTRY_PASSWORD", "TEST_DATABASE_URL"),
    # by compose.yaml
    *("POSTGRES_PASSWORD", "REDIS_PASSWORD"),
}


@pytest.mark.parametrize(
    "name,value", [(name, value) for name, values in WRONG.items() for value in values]
)
def test_an_invalid_value_is_rejected_with_name_value_and_example(
    load: Load, name: str, value: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(**{name: value})
    message = str(refusal.value)
    assert message.startswith(f"{name} is {value!r}, but must be ")
    assert f"Example: {name}=" in message


def test_the_example_in_an_error_is_valid(load: Load, tmp_path: Path) -> None:
    files = {"REGISTRY_DATA_DIR", "REGISTRY_ENV_FILE", "REGISTRY_SERVED_ROOTS"}
    for name in WRONG.keys() - files:
        with pytest.raises(ImproperlyConfigured) as refusal:
            load(**{name: WRONG[name][0]})
        example = str(refusal.value).rpartition(f"Example: {name}=")[2]
        load(**{name: example})


def test_each_variable_is_tested_with_an_invalid_value(load: Load) -> None:
    assert load()["ENV"].names == WRONG.keys() | FREE


def test_each_variable_is_explained_in_the_example_file(load: Load) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    explained = set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", example, re.MULTILINE))
    assert explained == load()["ENV"].names | READ_ELSEWHERE


def test_the_example_file_shows_the_defaults(load: Load) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^#(\w+)=(\d+(?:/min)?|INFO)$", example, re.MULTILINE))
    default, set_to_shown = load(), load(**shown)
    for name in ("PORT", "PROXIES", "WEB_CONCURRENCY", "THROTTLE_RATES", "LOG_LEVEL"):
        assert set_to_shown[name] == default[name]
    assert len(shown) >= 9


def test_an_error_does_not_show_a_password(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        load(DATABASE_URL="mysql://registry:opensesame@host/name")
    assert "opensesame" not in str(refusal.value)


def test_an_error_does_not_show_a_signing_key(load: Load) -> None:
    key = new_key(datetime.now(UTC))
    broken = key.replace("MII", "not")
    for wrong in ("opensesame", broken):
        with pytest.raises(ImproperlyConfigured) as refusal:
            load(REGISTRY_SIGNING_KEYS=wrong)
        assert str(refusal.value).startswith("REGISTRY_SIGNING_KEYS is '…', but must")
        assert wrong not in str(refusal.value)
    for right in (key, key.replace("\n", "\\n")):
        assert len(load(REGISTRY_SIGNING_KEYS=right)["SIGNING_KEYS"]) == 1
    assert load()["SIGNING_KEYS"] == ()


def test_redirect_uris_need_https_if_the_registry_has_it(load: Load) -> None:
    name = "ALLOWED_REDIRECT_URI_SCHEMES"
    assert load()["OAUTH2_PROVIDER"][name] == ["http", "https"]
    assert load(REGISTRY_HTTPS="1")["OAUTH2_PROVIDER"][name] == ["https"]


def test_settings_come_from_a_file_and_the_process_overrides_it(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "registry.env"
    file.write_text("PORT=8123\nREGISTRY_LOG_LEVEL=DEBUG\n", encoding="ascii")
    # what the file sets stays in the environment: put it back afterwards
    monkeypatch.setenv("REGISTRY_LOG_LEVEL", "")
    monkeypatch.delenv("REGISTRY_LOG_LEVEL")
    settings = load(REGISTRY_ENV_FILE=str(file), PORT="8124")
    assert settings["PORT"] == 8124
    assert settings["LOG_LEVEL"] == "DEBUG"


def test_an_empty_variable_counts_as_not_set(load: Load) -> None:
    assert load(PORT="", DATABASE_URL="")["PORT"] == 8000


def test_the_public_url_has_the_port_and_an_allowed_host(load: Load) -> None:
    assert load(PORT="8123")["REGISTRY_URL"] == "http://127.0.0.1:8123"
    settings = load(REGISTRY_URL="https://registry.example.org/")
    assert settings["REGISTRY_URL"] == "https://registry.example.org"
    assert "registry.example.org" in settings["ALLOWED_HOSTS"]
    assert (
        "[2001:db8::1]" in load(REGISTRY_URL="http://[2001:db8::1]:80")["ALLOWED_HOSTS"]
    )


def test_https_makes_cookies_secure_and_redirects(load: Load) -> None:
    settings = load(REGISTRY_HTTPS="1")
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] == timedelta(days=365).total_seconds()
    assert settings["REGISTRY_URL"].startswith("https://")
    assert settings["PROXIES"] == 1


def test_a_site_answers_only_to_its_own_name(load: Load) -> None:
    own = load(REGISTRY_HTTPS="1", REGISTRY_URL="https://registry.example.org")
    assert own["ALLOWED_HOSTS"] == ["registry.example.org"]
    named = load(REGISTRY_URL="http://registry.lan:8000")["ALLOWED_HOSTS"]
    assert named == ["registry.lan"]
    for here in ({}, {"REGISTRY_URL": "http://localhost:8123"}):
        machine = load(**here)["ALLOWED_HOSTS"]
        assert machine == ["127.0.0.1", "[::1]", "localhost"]
    both = load(REGISTRY_HTTPS="1", ALLOWED_HOSTS="a.org,127.0.0.1")["ALLOWED_HOSTS"]
    assert both == ["a.org", "127.0.0.1"]


def test_the_scheme_header_of_a_configured_proxy_is_trusted(load: Load) -> None:
    assert load(REGISTRY_HTTPS="1")["SECURE_PROXY_SSL_HEADER"]
    for without in ({}, {"REGISTRY_HTTPS": "1", "REGISTRY_PROXIES": "0"}):
        assert "SECURE_PROXY_SSL_HEADER" not in load(**without)


def test_https_rejects_a_public_url_without_it(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"REGISTRY_URL is .*a\.org"):
        load(REGISTRY_HTTPS="1", REGISTRY_URL="http://a.org")


def test_debug_is_off_by_default_and_rejected_with_https(load: Load) -> None:
    assert load()["DEBUG"] is False
    with pytest.raises(ImproperlyConfigured, match="REGISTRY_DEBUG"):
        load(REGISTRY_DEBUG="1", REGISTRY_HTTPS="1")


def test_rates_and_networks_are_parsed(load: Load) -> None:
    settings = load(
        REGISTRY_THROTTLE_ANONYMOUS="3/s",
        REGISTRY_THROTTLE_EXEMPT="127.0.0.0/8, ::1",
    )
    assert settings["THROTTLE_RATES"] == {
        "anonymous": (3, 1),
        "user": (6000, 60),
        "login": (20, 60),
        "export": (120, 60),
    }
    assert settings["THROTTLE_EXEMPT"] == (
        ip_network("127.0.0.0/8"),
        ip_network("::1/128"),
    )


def test_served_roots_have_their_links_resolved(load: Load, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    settings = load(REGISTRY_SERVED_ROOTS=f"{tmp_path / 'link'}:{tmp_path}")
    assert settings["SERVED_ROOTS"] == (
        (tmp_path / "data").resolve(),
        tmp_path.resolve(),
    )


def test_a_relative_data_folder_is_below_the_project(load: Load) -> None:
    settings = load(REGISTRY_DATA_DIR="var/other", SECRET_KEY="given")
    assert settings["REGISTRY_DATA_DIR"] == ROOT / "var" / "other"
    assert not (ROOT / "var" / "other").exists()


def test_postgresql_connections_are_persistent_or_pooled(load: Load) -> None:
    kept = load(DATABASE_URL="postgresql://u:p@h:5433/r")["DATABASES"]["default"]
    assert (kept["NAME"], kept["HOST"], kept["PORT"]) == ("r", "h", 5433)
    assert kept["CONN_MAX_AGE"] == 600
    assert "pool" not in kept["OPTIONS"]
    pooled = load(DATABASE_URL="postgresql://u:p@h/r?pool=true")["DATABASES"]["default"]
    assert pooled["OPTIONS"]["pool"] is True
    # Django refuses a pool together with connections that are kept
    assert "CONN_MAX_AGE" not in pooled


def test_postgresql_prepares_statements_unless_it_is_told_not_to(load: Load) -> None:
    def options(query: str) -> dict[str, Any]:
        database = load(DATABASE_URL=f"postgresql://u:p@h/r{query}")["DATABASES"]
        chosen: dict[str, Any] = database["default"]["OPTIONS"]
        return chosen

    usual = options("")
    assert usual.pop("cursor_factory") is Cursor
    assert usual == {"server_side_binding": True, "prepare_threshold": sys.maxsize}
    assert options("?prepare=true")["prepare_threshold"] == sys.maxsize
    assert options("?prepare=false")["prepare_threshold"] is None


def test_postgresql_is_asked_whether_a_connection_is_there(load: Load) -> None:
    kept = load(DATABASE_URL="postgresql://u:p@h/r")["DATABASES"]["default"]
    assert kept["ENGINE"] == "django.db.backends.postgresql"
    assert kept["CONN_HEALTH_CHECKS"] is True


def test_a_shared_cache_serves_both_aliases(load: Load) -> None:
    caches = load(CACHE_URL="redis://127.0.0.1:6379/2")["CACHES"]
    for alias in ("default", "throttle"):
        assert caches[alias]["LOCATION"] == "redis://127.0.0.1:6379/2"
        assert caches[alias]["KEY_PREFIX"] == alias


def test_github_needs_both_keys_or_none(load: Load) -> None:
    keys = {"GITHUB_CLIENT_ID": "Ov23li", "GITHUB_CLIENT_SECRET": "opensesame"}
    for given, missing in (keys, list(reversed(keys))):
        with pytest.raises(ImproperlyConfigured) as refusal:
            load(**{given: keys[given]})
        assert str(refusal.value).startswith(f"{missing} is '', but must be ")
        assert "opensesame" not in str(refusal.value)
    settings = load(**keys)
    assert settings["SOCIAL_AUTH_GITHUB_KEY"] == "Ov23li"
    assert settings["FORM_ORIGINS"] == ["https://github.com"]
    assert load()["FORM_ORIGINS"] == []


def test_the_api_url_belongs_to_the_configured_github(load: Load) -> None:
    assert load()["SOCIAL_AUTH_GITHUB_API_URL"] == "https://api.github.com"
    for server in ("https://git.example.org:8443", "http://127.0.0.1:8310"):
        settings = load(GITHUB_URL=f"{server}/")
        assert settings["SOCIAL_AUTH_GITHUB_URL"] == server
        assert settings["SOCIAL_AUTH_GITHUB_API_URL"] == f"{server}/api/v3"


def test_github_names_are_case_insensitive(load: Load) -> None:
    settings = load(GITHUB_ALLOWED_USERS="Octocat, hubot_corp,", GITHUB_ALLOWED_ORGS="")
    assert settings["SOCIAL_AUTH_GITHUB_ALLOWED_USERS"] == {"octocat", "hubot_corp"}
    assert settings["SOCIAL_AUTH_GITHUB_ALLOWED_ORGS"] == frozenset()


def test_two_registries_on_one_host_do_not_share_cookies(load: Load) -> None:
    one, two = load(PORT="8000"), load(PORT="8123")
    assert one["SESSION_COOKIE_NAME"] != two["SESSION_COOKIE_NAME"]
    assert one["CSRF_COOKIE_NAME"] != two["CSRF_COOKIE_NAME"]


@pytest.mark.once
@pytest.mark.django_db
def test_sqlite_waits_for_locks_and_enforces_constraints() -> None:
    with connection.cursor() as cursor:
        found = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        }
    assert found == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "synchronous": 1,
    }
