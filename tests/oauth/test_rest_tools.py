"""wipac-rest-tools, unmodified, with a live registry and a person with a browser."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oauth.conftest import NAME, Person
from tests.oauth.scripts import Script, running
from tests.plugins.server import PATIENCE, LiveRegistry

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("oauth")]

PROGRAM = "script_of_rest_tools.py"
PUBLIC = "client_id=iceprod-public"


@pytest.mark.parametrize("path", ["/o", "/o/", "/o/token", "/auth/realms/registry"])
def test_a_person_approves_a_device_in_a_browser(
    registry: LiveRegistry, person: Person, path: str
) -> None:
    token_url = f"token_url={registry.url}{path}"
    with running(PROGRAM, registry.url, "device", PUBLIC, token_url) as script:
        person.decide(script.user_code(), "Allow")
        assert script.told() == {"ready": True}
        assert script.ask("sync")["username"] == NAME
        assert script.ask("async")["username"] == NAME


def test_a_denied_device_gets_access_denied(
    registry: LiveRegistry, person: Person
) -> None:
    with running(PROGRAM, registry.url, "device", PUBLIC) as script:
        person.decide(script.user_code(), "Deny")
        assert "access_denied" in script.told()["failed"]


def test_a_confidential_client_signs_in_with_its_secret(
    registry: LiveRegistry, person: Person
) -> None:
    made = registry.manage("create_client", "observatory", "--grant", "device")
    client = ("client_id=observatory", f"client_secret={made.strip()}")
    with running(PROGRAM, registry.url, "device", *client) as script:
        person.decide(script.user_code(), "Allow")
        assert script.told() == {"ready": True}
        assert script.ask()["username"] == NAME
    wrong = ("client_id=observatory", "client_secret=guess")
    with running(PROGRAM, registry.url, "device", *wrong) as script:
        assert "invalid_client" in script.told()["failed"]


def test_a_service_signs_in_with_its_secret(registry: LiveRegistry) -> None:
    secret = registry.manage("create_client", "night-watch").strip()
    client = ("client_id=night-watch", f"client_secret={secret}")
    with running(PROGRAM, registry.url, "service", *client) as script:
        assert script.told() == {"ready": True}
        assert script.ask("sync")["username"] == "night-watch"
        assert script.ask("async")["username"] == "night-watch"
        tokens = _asks_until(script, lambda seen: len(seen) == 3)
        assert len(tokens) == 3


def test_an_approved_script_works_until_it_is_revoked(
    registry: LiveRegistry, person: Person, tmp_path: Path
) -> None:
    person.revoke_all()
    file = tmp_path / "token"
    saved = ("saved", PUBLIC, f"filename={file}")
    with running(PROGRAM, registry.url, *saved) as first:
        person.decide(first.user_code(), "Allow")
        assert first.told() == {"ready": True}
        with running(PROGRAM, registry.url, *saved) as second:
            # the file is enough: no approval is needed again
            assert second.told() == {"ready": True}
            kept = file.read_text()
            for script in (first, second):
                tokens = _asks_until(script, lambda seen: len(seen) == 3)
                assert len(tokens) == 3
            assert file.read_text() == kept
            assert person.revoke_all() == 1
            # their tokens are valid for some more seconds
            for script in (first, second):
                assert "username" not in script.ask()
    with running(PROGRAM, registry.url, *saved) as third:
        # the saved tokens are revoked: the script starts again and waits for approval
        assert third.user_code()


def test_a_script_reuses_its_saved_tokens(
    registry: LiveRegistry, person: Person, tmp_path: Path
) -> None:
    saved = ("saved", PUBLIC, f"filename={tmp_path / 'token'}")
    with running(PROGRAM, registry.url, *saved) as script:
        person.decide(script.user_code(), "Allow")
        assert script.told() == {"ready": True}
    for _ in range(2):
        with running(PROGRAM, registry.url, *saved) as script:
            assert script.told() == {"ready": True}
            assert script.ask("async")["username"] == NAME


def _asks_until(script: Script, is_enough: Callable[[set[str]], bool]) -> set[str]:
    """Let the script send requests beyond the life of its tokens; return their ids."""
    seen: set[str] = set()
    deadline = time.monotonic() + PATIENCE
    while not is_enough(seen) and time.monotonic() < deadline:
        seen.add(script.ask()["jti"])
    return seen
