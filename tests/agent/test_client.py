"""The client repeats what can succeed later, and gives its token to no other server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.agent.client import BadAddress, Client, Pauses, Refused, Unavailable
from tests.agent import wire
from tests.agent.wire import TOKEN, Received, Registry

pytestmark = pytest.mark.once


@pytest.fixture
def other() -> Iterator[Registry]:
    """Return a server of another origin: the same host with another port."""
    state = Registry()
    server = wire.serve(state)
    yield state
    wire.stop(server)


@pytest.fixture
def client(registry: Registry) -> Client:
    return Client(registry.url, TOKEN, sleep=lambda _seconds: None)


def authorised(registry: Registry) -> list[bool]:
    return ["Authorization" in one.headers for one in registry.received]


def replying(status: int, content: Any = b"{}", **headers: str) -> Any:
    return lambda _request: (status, (content, headers))


def content_of(client: Client, url: str) -> bytes:
    return b"".join(client.download(url))


def test_a_file_of_the_registry_is_read_with_the_token(
    client: Client, registry: Registry
) -> None:
    file = registry.add_file(b"content" * 1000)
    assert content_of(client, file["url"]) == b"content" * 1000
    assert content_of(client, f"/data/{file['sha1']}") == b"content" * 1000
    assert authorised(registry) == [True, True]


def test_a_file_of_another_server_is_read_without_the_token(
    client: Client, other: Registry
) -> None:
    other.instead = replying(200, b"content")
    assert content_of(client, f"{other.url}/a") == b"content"
    assert authorised(other) == [False]


def test_a_redirect_to_another_server_loses_the_token(
    client: Client, registry: Registry, other: Registry
) -> None:
    other.instead = replying(200, b"content")
    registry.instead = replying(302, Location=f"{other.url}/a")
    assert content_of(client, "/data/x") == b"content"
    assert authorised(registry) == [True]
    assert authorised(other) == [False]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_requests_of_the_api_are_not_redirected(
    client: Client, registry: Registry, other: Registry, status: int
) -> None:
    registry.instead = replying(status, Location=f"{other.url}/api/")
    with pytest.raises(Refused, match=f"The registry is at {other.url}/api/"):
        client.post("api/backend/claim/", {})
    assert other.received == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://h/a", "data:,x"])
def test_only_addresses_of_the_web_are_opened(
    client: Client, registry: Registry, tmp_path: Path, address: str
) -> None:
    with pytest.raises(BadAddress):
        content_of(client, address)
    with pytest.raises(BadAddress):
        client.put_file(address, tmp_path / "a")
    registry.instead = replying(302, Location=address)
    with pytest.raises(BadAddress):
        content_of(client, "/data/x")


def test_a_circle_of_redirects_ends(client: Client, registry: Registry) -> None:
    registry.instead = replying(302, Location="/again")
    with pytest.raises(Refused, match="redirects too often"):
        content_of(client, "/data/x")


@pytest.mark.parametrize("token", ["", "a b", "a\nX-Other: 1", "é"])
def test_a_token_that_no_header_can_have_is_not_repeated(token: str) -> None:
    with pytest.raises(BadAddress) as error:
        Client("https://example.org", token)
    assert not token or token not in str(error.value)


@pytest.mark.parametrize("address", ["http://host:x", "http://host:99999", "http://[1"])
def test_an_address_that_cannot_be_parsed_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        Client(address, "token")


def test_an_address_with_a_password_is_refused() -> None:
    with pytest.raises(BadAddress) as error:
        Client("https://name:hunter2@example.org", "token")
    assert "hunter2" not in str(error.value)


def test_bytes_that_end_early_can_be_asked_for_again(
    client: Client, registry: Registry
) -> None:
    registry.instead = replying(200, b"short", **{"Content-Length": "10"})
    with pytest.raises(Unavailable, match="5 of 10 bytes"):
        content_of(client, "/data/x")


def test_requests_are_repeated_until_they_are_answered(
    client: Client, registry: Registry
) -> None:
    answers: list[Any] = [(503, {}), (429, {}), (500, {}), (200, b"<html>"), None]
    registry.instead = lambda _request: answers.pop(0)
    claim = {"slots": 1}

    answer = client.until_answered(
        lambda: client.post("api/backend/claim/", claim, key="one")
    )

    assert answer["attempts"] == []
    assert [one.headers["Idempotency-Key"] for one in registry.received] == ["one"] * 5


def test_a_registry_without_disk_space_can_be_asked_later(
    client: Client, registry: Registry
) -> None:
    registry.instead = replying(507)
    with pytest.raises(Unavailable, match="answered 507"):
        client.post("x", {})


def test_a_client_gives_up_when_it_is_asked_to(
    client: Client, registry: Registry
) -> None:
    registry.instead = replying(503)
    with pytest.raises(Unavailable, match="answered 503"):
        client.until_answered(lambda: client.post("x", {}), lambda: True)


def test_a_refusal_is_not_repeated(client: Client, registry: Registry) -> None:
    registry.instead = replying(400, b'{"detail": "Slots are missing."}')
    with pytest.raises(Refused, match="Slots are missing") as error:
        client.until_answered(lambda: client.post("api/backend/claim/", {}))
    assert (error.value.status, error.value.is_of_token) == (400, False)
    assert len(registry.received) == 1


@pytest.mark.parametrize(
    "value, wait", [("7", 7), ("100000", 120), ("soon", None), ("-1", None)]
)
def test_a_registry_says_when_to_come_back(
    client: Client, registry: Registry, value: str, wait: float | None
) -> None:
    registry.instead = replying(503, **{"Retry-After": value})
    with pytest.raises(Unavailable) as error:
        client.post("x", {})
    assert error.value.wait == wait


def test_pauses_get_longer_up_to_a_limit() -> None:
    pauses = Pauses(longest=4)
    waits = [pauses.next(Unavailable("")) for _ in range(20)]
    assert waits[0] <= 0.33
    assert all(0.2 <= wait <= 5.2 for wait in waits)
    assert min(waits[5:]) >= 3.2
    assert 8 <= pauses.next(Unavailable("", 10)) <= 13
    pauses.reset()
    assert pauses.next(Unavailable("")) <= 0.33


def test_nobody_at_the_address_is_unavailable(registry: Registry) -> None:
    state = Registry()
    server = wire.serve(state)
    wire.stop(server)
    with pytest.raises(Unavailable, match="cannot be reached"):
        Client(state.url, TOKEN).post("x", {})


def test_a_file_is_sent_without_the_token(
    client: Client, registry: Registry, tmp_path: Path
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"content")
    address = client.post(f"api/data/{'b' * 40}", {})["url"]
    registry.instead = lambda request: (201, {}) if request.method == "PUT" else None

    client.put_file(address, file)

    last = registry.received[-1]
    assert last.body == b"content"
    assert "Authorization" not in last.headers
    with pytest.raises(FileNotFoundError):
        client.put_file(address, tmp_path / "none")


def test_an_upload_that_is_refused_before_it_was_read_says_why(
    client: Client, registry: Registry, tmp_path: Path
) -> None:
    file = tmp_path / "large"
    with file.open("wb") as sparse:
        sparse.truncate(50_000_000)

    def refuse(request: Received) -> Any:
        return 413, {"detail": "Your quota is used up."}

    registry.instead = refuse
    registry.reads_bodies = False
    with pytest.raises(Refused, match="Your quota is used up"):
        client.put_file(f"{registry.url}/upload/x", file)
