"""compose.yaml, held against its schema and the settings that it gives.

No container engine runs it here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from registry import __version__
from tests.config.conftest import Load
from tests.plugins.databases import ROOT

pytestmark = pytest.mark.once

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_bytes())
SERVICES: dict[str, Any] = COMPOSE["services"]
#: `${NAME}`, `${NAME:-default}` and `${NAME:?message}`; `$$` is a dollar.
REFERENCE = re.compile(r"(?<!\$)\$\{([A-Z_]+)(?::(-|\?)([^}]*))?\}")
PASSWORDS = {"POSTGRES_PASSWORD", "REDIS_PASSWORD"}
PINNED = re.compile(r"[a-z0-9./-]+:[0-9][a-z0-9.-]*")
DATA = "/var/lib/registry"


def explained() -> set[str]:
    """Return the variables that `.env.example` explains."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]*)=", text, re.MULTILINE))


def interpolated(text: str, variables: dict[str, str]) -> str:
    """Return a text of compose.yaml as Compose makes it, with these variables."""
    # a default may have a variable in it
    while REFERENCE.search(text):
        text = REFERENCE.sub(lambda m: variables.get(m[1], m[3] or ""), text)
    return text


def test_compose_knows_every_word_of_it() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, "compose.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_postgresql_and_redis_beside_it() -> None:
    assert {*SERVICES} == {"registry", "database", "cache"}
    assert SERVICES["database"]["image"].startswith("postgres:")
    assert SERVICES["cache"]["image"].startswith("redis:")


def test_images_are_pinned() -> None:
    for name, service in SERVICES.items():
        assert PINNED.fullmatch(service["image"]), name
    assert SERVICES["registry"]["image"] == f"research-registry:{__version__}"
    assert SERVICES["registry"]["build"] == "."


def test_every_variable_in_it_is_explained() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    named = {match[1] for match in REFERENCE.finditer(text)}
    assert PASSWORDS < named <= explained()


def test_every_variable_of_the_registry_is_a_setting(load: Load) -> None:
    given = SERVICES["registry"]["environment"]
    assert given.keys() <= load()["ENV"].names


def test_it_does_not_start_without_passwords_and_has_none_in_it() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    for match in REFERENCE.finditer(text):
        if match[1] in PASSWORDS:
            assert match[2] == "?", f"{match[1]} has a default"
            assert match[1] in match[3], "the message names what is missing"
    secrets = re.findall(r"://[^:/\s]*:(.+?)@", text)
    secrets += re.findall(r"(?:PASSWORD|AUTH|SECRET\w*): (.+)", text)
    assert len(secrets) == 4
    for secret in secrets:
        assert REFERENCE.fullmatch(secret), secret


def test_the_settings_take_what_it_gives(load: Load) -> None:
    own = {"POSTGRES_PASSWORD": "c0ffee", "REDIS_PASSWORD": "cafe", "PORT": "8123"}
    given = SERVICES["registry"]["environment"]
    values = {name: interpolated(value, own) for name, value in given.items()}
    assert values.pop("REGISTRY_DATA_DIR") == DATA
    settings = load(**values)
    database = settings["DATABASES"]["default"]
    assert (database["HOST"], database["PASSWORD"]) == ("database", "c0ffee")
    assert settings["CACHES"]["throttle"]["LOCATION"] == "redis://:cafe@cache:6379/0"
    assert settings["PORT"] == 8123
    made = SERVICES["database"]["environment"]
    assert database["NAME"] == made["POSTGRES_DB"]
    assert database["USER"] == made["POSTGRES_USER"]


def test_it_is_open_on_this_machine_only_at_the_port_of_the_settings(
    load: Load,
) -> None:
    [port] = SERVICES["registry"]["ports"]
    default = load()["PORT"]
    assert interpolated(port, {}) == f"127.0.0.1:{default}:{default}"
    assert interpolated(port, {"PORT": "8123"}) == "127.0.0.1:8123:8123"
    assert not any("ports" in SERVICES[name] for name in ("database", "cache"))


def test_the_registry_waits_until_the_others_are_healthy() -> None:
    waits = SERVICES["registry"]["depends_on"]
    assert {*waits} == {"database", "cache"}
    for name, wait in waits.items():
        assert wait == {"condition": "service_healthy"}
        assert SERVICES[name]["healthcheck"]["test"]
    # its own is that of its image
    assert "healthcheck" not in SERVICES["registry"]


def test_data_are_in_volumes_that_are_declared() -> None:
    mounts = [
        mount.split(":")
        for service in SERVICES.values()
        for mount in service.get("volumes", ())
    ]
    assert {name for name, _ in mounts} == {*COMPOSE["volumes"]}
    assert {path for _, path in mounts} == {DATA, "/var/lib/postgresql/data"}


def test_the_service_that_writes_nothing_keeps_nothing() -> None:
    cache = SERVICES["cache"]
    assert '--save "" --appendonly no' in cache["command"][-1]
    assert cache["tmpfs"] == "/data"
