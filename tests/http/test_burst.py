"""Rate limits hold in a real burst, and clients can obey Retry-After."""

from __future__ import annotations

import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]
import pytest
import requests

from tests.clients.guide import blocks
from tests.plugins.redis import RedisServer
from tests.plugins.server import LiveRegistry, StartRegistry

# the limits are the same on either database
pytestmark = pytest.mark.once

#: Requests of a burst, a half of which is within the limit.
BURST, LIMIT = 80, 40
#: Clients whose connections are counted.
CLIENTS = 100


def _burst(urls: list[str], **headers: str) -> Counter[int]:
    """Send many requests at once, to each URL in turn; count the statuses."""

    def get(number: int) -> int:
        url = urls[number % len(urls)]
        answer = requests.get(url, headers=headers, timeout=60)
        assert int(answer.headers["RateLimit-Remaining"]) >= 0
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) >= 1
        return answer.status_code

    with ThreadPoolExecutor(16) as pool:
        return Counter(pool.map(get, range(BURST)))


def test_a_burst_gets_exactly_what_is_allowed(
    start_registry: StartRegistry,
) -> None:
    registry = start_registry(
        REGISTRY_THROTTLE_ANONYMOUS=f"{LIMIT}/day",
        REGISTRY_THROTTLE_USER=f"{LIMIT + 7}/day",
        REGISTRY_THROTTLE_EXEMPT="",
    )
    token = f"token {registry.token()}"
    url = f"{registry.url}/api/namespace/"
    assert _burst([url]) == {200: LIMIT, 429: BURST - LIMIT}
    # the account has a limit of its own, whatever its address has used up
    allowed = LIMIT + 7
    assert _burst([url], Authorization=token) == {200: allowed, 429: BURST - allowed}


def test_two_processes_share_their_counters(
    start_registry: StartRegistry, redis_server: RedisServer
) -> None:
    # two registries, so that both certainly answer; one of them in two processes
    pair = [
        start_registry(
            CACHE_URL=redis_server.url,
            WEB_CONCURRENCY=number,
            REGISTRY_THROTTLE_ANONYMOUS=f"{LIMIT}/day",
            REGISTRY_THROTTLE_EXEMPT="",
        )
        for number in ("1", "2")
    ]
    urls = [f"{registry.url}/api/namespace/" for registry in pair]
    assert _burst(urls) == {200: LIMIT, 429: BURST - LIMIT}
    # the connections of many clients are spread over the processes
    one, other = sorted(_connections_by_process(pair[1]).values())
    assert one + other == CLIENTS
    assert one >= CLIENTS // 5
    # without the server nobody is refused for that
    redis_server.stop()
    assert _burst(urls) == {200: BURST}
    assert all("the cache does not answer" in registry.log for registry in pair)


def _connections_by_process(registry: LiveRegistry) -> Counter[int]:
    """Connect many clients; return how many of them each process has."""
    port = urlsplit(registry.url).port
    assert port is not None
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            client = socket.create_connection(("127.0.0.1", port))
            stack.enter_context(closing(client))
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        processes = psutil.Process(registry.pid).children()
        return Counter(
            {
                process.pid: sum(
                    one.status == psutil.CONN_ESTABLISHED and one.laddr[1] == port
                    for one in process.net_connections("tcp")
                )
                for process in processes
            }
        )


class _Counting(requests.Session):
    """A session that counts the statuses of responses."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: Counter[int] = Counter()
        self._lock = Lock()

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        answer = super().request(*args, **kwargs)
        with self._lock:
            self.answers[answer.status_code] += 1
        return answer


def _patiently(session: requests.Session) -> Any:
    """Return the guide's function for sending, using this session."""
    [code] = [b.text for b in blocks("api.md") if "def patiently" in b.text]
    definition = code.partition("\n\n\npatiently(")[0]
    names: dict[str, Any] = {"session": session}
    exec(definition, names)  # noqa: S102 (it is our own guide)
    return names["patiently"]


def test_clients_that_obey_retry_after_all_finish(
    start_registry: StartRegistry,
) -> None:
    registry = start_registry(
        REGISTRY_THROTTLE_ANONYMOUS="10/s", REGISTRY_THROTTLE_EXEMPT=""
    )
    session = _Counting()
    patiently = _patiently(session)

    def work(_: int) -> list[int]:
        url = f"{registry.url}/api/namespace/"
        return [patiently("GET", url).status_code for _ in range(6)]

    with ThreadPoolExecutor(8) as pool:
        finished = list(pool.map(work, range(8)))
    assert finished == [[200] * 6] * 8
    assert session.answers[200] == 48
    # otherwise nobody had to wait, and this shows nothing
    assert session.answers[429] > 0
