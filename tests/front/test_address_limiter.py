"""One client is one network, and has a limited share of the processor."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from attacks.event_loops import run_coroutine
from registry.front.address_limiter import AddressLimiter
from registry.front.addresses import network_of_peer

pytestmark = pytest.mark.once


async def _hold(limiter: AddressLimiter, address: str, end: asyncio.Event) -> None:
    async with limiter.hold(address):
        await end.wait()


async def _settle() -> None:
    """Let all tasks run until they wait."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_an_address_is_limited_while_others_are_active(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("registry.front.address_limiter._SHORT_REQUEST_SECONDS", 60)

    async def run() -> list[int]:
        limiter = AddressLimiter(2)
        seen = []

        async def look() -> None:
            await _settle()
            seen.append(limiter._running["greedy"])

        ends = [asyncio.Event() for _ in range(14)]
        work = [asyncio.create_task(_hold(limiter, "greedy", end)) for end in ends[:8]]
        await look()
        nothing = asyncio.Event()
        nothing.set()
        other = asyncio.create_task(_hold(limiter, "modest", nothing))
        await _settle()
        assert other.done()
        # it keeps what it has, and begins no more until it is below its share
        work += [asyncio.create_task(_hold(limiter, "greedy", end)) for end in ends[8:]]
        for end in ends[:8]:
            end.set()
            await look()
        # and nothing holds it back when nobody else has asked for a while
        monkeypatch.setattr("registry.front.address_limiter._RECENT_SECONDS", 0.01)
        await asyncio.sleep(0.05)
        ends[8].set()
        await look()
        for end in ends:
            end.set()
        await asyncio.gather(*work)
        assert not limiter._running
        assert not limiter._waiting
        return seen

    assert run_coroutine(run()) == [8, 7, 6, 5, 4, 3, 2, 2, 2, 5]


def test_long_requests_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise three pictures for one address would block its other requests."""
    monkeypatch.setattr("registry.front.address_limiter._SHORT_REQUEST_SECONDS", 0.05)

    async def run() -> None:
        limiter = AddressLimiter(1)
        end = asyncio.Event()
        async with limiter.hold("modest"):
            work = [asyncio.create_task(_hold(limiter, "busy", end)) for _ in range(3)]
            await _settle()
            assert limiter._running["busy"] == 1
            async with asyncio.timeout(60), limiter.hold("busy"):
                assert not any(one.done() for one in work)
        end.set()
        await asyncio.gather(*work)
        assert not limiter._running

    run_coroutine(run())


def test_a_cancelled_request_lets_others_begin() -> None:
    async def run() -> None:
        limiter = AddressLimiter(1)
        end = asyncio.Event()
        async with limiter.hold("modest"), limiter.hold("busy"):
            gone = asyncio.create_task(_hold(limiter, "busy", end))
            work = asyncio.create_task(_hold(limiter, "busy", end))
            await _settle()
            gone.cancel()
            await _settle()
        end.set()
        async with asyncio.timeout(60):
            await work
        assert not limiter._running

    run_coroutine(run())


@pytest.mark.parametrize(
    "peer, network",
    [
        (("127.0.0.1", 50000), "127.0.0.1"),
        (("2001:db8:0:1:2:3:4:5", 50000, 0, 0), "2001:db8:0:1::"),
        (("::ffff:192.0.2.1", 50000, 0, 0), "192.0.2.1"),
        (("fe80::1%eth0", 50000, 0, 2), "fe80::"),
        ("", ""),
        (None, ""),
    ],
)
def test_clients_are_identified_by_their_network(peer: Any, network: str) -> None:
    assert network_of_peer(peer) == network
