"""Transfer deadlines, slots, streamed bodies and spooled responses."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
from collections.abc import Iterator

import pytest
from gunicorn.workers.gasgi import ASGIWorker

from attacks.event_loops import run_coroutine
from registry.front.bodies import ReaderGone, StreamedBody
from registry.front.responses import ResponseStream
from registry.front.slots import NoFreeSlot, Slots
from registry.front.spool import Spool, SpoolSpace
from registry.front.transfer_timeouts import TransferTimeout
from registry.front.worker import SWITCH_INTERVAL, FrontWorker

pytestmark = pytest.mark.once


def test_transferred_bytes_extend_the_deadline_up_to_one_pause() -> None:
    async def run() -> tuple[float, float, float]:
        deadline = TransferTimeout(seconds=10, rate=100).start()
        first = deadline.ends_at
        deadline.extend_for(50)
        little = deadline.ends_at - first
        deadline.extend_for(10**9)
        clock = asyncio.get_running_loop().time
        return little, deadline.ends_at - clock(), first - clock()

    little, ahead, _ = run_coroutine(run())
    # half a second for 50 bytes, unless that is beyond a pause from now
    assert 0 <= little <= 0.5
    assert ahead == pytest.approx(10, abs=0.5)


def test_a_chunk_has_the_time_of_the_minimum_rate() -> None:
    assert TransferTimeout(seconds=10, rate=100).seconds_for(500) == 15


def test_a_free_slot_goes_to_the_address_with_the_fewest() -> None:
    order: list[str] = []

    async def hold(slots: Slots, address: str, end: asyncio.Event) -> None:
        async with slots.hold(address):
            order.append(address)
            await end.wait()

    async def run() -> None:
        slots = Slots(2, seconds=60)
        ends = [asyncio.Event() for _ in range(5)]
        tasks = []
        for end, address in zip(ends, "aaaab", strict=True):
            tasks.append(asyncio.create_task(hold(slots, address, end)))
            await asyncio.sleep(0)
        ends[0].set()
        await tasks[0]
        await asyncio.sleep(0)
        for end in ends:
            end.set()
        await asyncio.gather(*tasks)

    run_coroutine(run())
    assert order[:3] == ["a", "a", "b"]
    assert order[3:] == ["a", "a"]


def test_addresses_with_as_many_slots_take_turns() -> None:
    order: list[str] = []

    async def hold(slots: Slots, address: str) -> None:
        async with slots.hold(address):
            order.append(address)

    async def run() -> None:
        slots = Slots(1)
        async with slots.hold("a"):
            tasks = []
            for address in "aaabbc":
                tasks.append(asyncio.create_task(hold(slots, address)))
                await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    run_coroutine(run())
    assert order == ["b", "c", "a", "b", "a", "a"]


def test_acquiring_a_slot_times_out() -> None:
    async def run() -> None:
        slots = Slots(1, seconds=0.01)
        async with slots.hold("a"):
            with pytest.raises(NoFreeSlot):
                async with slots.hold("b"):
                    pytest.fail("there is one place only")
        async with slots.hold("b"):
            pass

    run_coroutine(run())


def test_a_cancelled_waiter_releases_its_slot() -> None:
    async def wait(slots: Slots) -> None:
        async with slots.hold("b"):
            pytest.fail("it was cancelled before")

    async def run() -> None:
        slots = Slots(1, seconds=60)
        async with slots.hold("a"):
            waiting = asyncio.create_task(wait(slots))
            await asyncio.sleep(0)
        # the place was given to it just now, and it is cancelled before it knows
        waiting.cancel()
        await asyncio.wait({waiting})
        async with asyncio.timeout(10), slots.hold("c"):
            pass

    run_coroutine(run())


def test_a_streamed_body_is_read_in_the_requested_sizes() -> None:
    async def run() -> list[bytes]:
        body = StreamedBody()

        async def send() -> None:
            for piece in (b"abc", b"defgh", b"i\n", b"jk\nl"):
                await body.feed(piece)
            body.end()

        sending = asyncio.create_task(send())
        read = asyncio.to_thread(
            lambda: [
                *(body.read(2), body.read(4), body.readline(), body.readline()),
                *(body.read(), body.read(5)),
            ]
        )
        found = await read
        await sending
        return found

    assert run_coroutine(run()) == [b"ab", b"cdef", b"ghi\n", b"jk\n", b"l", b""]


def test_feeding_a_finished_reader_raises_reader_gone() -> None:
    async def run() -> None:
        body = StreamedBody()
        piece = b"x" * 1024 * 1024
        await body.feed(piece)
        # now it waits, for there is enough; and a cancellation may get lost
        feeding = asyncio.create_task(body.feed(piece))
        await asyncio.sleep(0)
        body.abandon()
        for _ in range(3):
            with pytest.raises(ReaderGone):
                await feeding
            feeding = asyncio.create_task(body.feed(piece))
        feeding.cancel()

    run_coroutine(run())


def test_feeding_waits_for_a_slow_reader() -> None:
    async def run() -> int:
        body = StreamedBody()
        piece = b"x" * 1024 * 1024

        async def send() -> None:
            for _ in range(8):
                await body.feed(piece)
            body.end()

        sending = asyncio.create_task(send())
        for _ in range(100):
            await asyncio.sleep(0)
        assert not sending.done()
        read = await asyncio.to_thread(body.read)
        await sending
        return len(read)

    assert run_coroutine(run()) == 8 * 1024 * 1024


def test_the_reader_gets_the_error_that_ended_the_body() -> None:
    async def run() -> None:
        body = StreamedBody()
        await body.feed(b"ab")
        body.end(TimeoutError("slow"))
        await asyncio.to_thread(body.read, 10)

    with pytest.raises(TimeoutError, match="slow"):
        run_coroutine(run())


def test_a_response_is_produced_before_it_is_read() -> None:
    made = threading.Event()

    def pieces() -> Iterator[bytes]:
        for _ in range(64):
            yield b"x" * 1024 * 1024
        made.set()

    async def run() -> int:
        spool = Spool(SpoolSpace())
        making = asyncio.create_task(
            asyncio.to_thread(spool.fill, ResponseStream(pieces()))
        )
        assert await asyncio.to_thread(made.wait, 60)
        size = 0
        while piece := await spool.next_chunk():
            size += len(piece)
        await making
        spool.close()
        return size

    assert run_coroutine(run()) == 64 * 1024 * 1024


def test_chunks_of_any_size_arrive_unchanged() -> None:
    chance = random.Random(1)
    pieces = [chance.randbytes(chance.randrange(1, 400_000)) for _ in range(150)]

    async def run() -> list[bytes]:
        spool = Spool(SpoolSpace())
        stream = ResponseStream(iter(pieces))
        making = asyncio.create_task(asyncio.to_thread(spool.fill, stream))
        read = []
        try:
            while piece := await spool.next_chunk():
                read.append(piece)
        finally:
            spool.abandon()
            await making
            spool.close()
        return read

    assert b"".join(run_coroutine(run())) == b"".join(pieces)


def test_a_spool_keeps_only_the_unread_part_of_a_response() -> None:
    async def run() -> tuple[int, int]:
        room = SpoolSpace()
        spool = Spool(room)
        piece = b"x" * 1024 * 1024

        def pieces() -> Iterator[bytes]:
            for _ in range(200):
                yield piece

        making = asyncio.create_task(
            asyncio.to_thread(spool.fill, ResponseStream(pieces()))
        )
        size, most = 0, 0
        while found := await spool.next_chunk():
            size += len(found)
            most = max(most, spool._unread_bytes)
        await making
        spool.close()
        return size, most

    size, most = run_coroutine(run())
    assert size == 200 * 1024 * 1024
    assert most < 70 * 1024 * 1024


def test_responses_wait_for_their_readers_when_spool_space_is_used_up() -> None:
    async def run() -> int:
        room = SpoolSpace(1024 * 1024)
        spool = Spool(room)
        piece = b"x" * 1024 * 1024
        made = 0

        def pieces() -> Iterator[bytes]:
            nonlocal made
            for _ in range(40):
                made += 1
                yield piece

        making = asyncio.create_task(
            asyncio.to_thread(spool.fill, ResponseStream(pieces()))
        )
        while made < 9:
            await asyncio.sleep(0.01)
        before = made
        while await spool.next_chunk():
            pass
        await making
        spool.close()
        return before

    # it goes on only as it is read
    assert run_coroutine(run()) < 12


def test_an_abandoned_response_is_not_produced_to_its_end() -> None:
    async def run() -> None:
        spool = Spool(SpoolSpace())

        def pieces() -> Iterator[bytes]:
            while True:
                yield b"x" * 1024 * 1024

        making = asyncio.create_task(
            asyncio.to_thread(spool.fill, ResponseStream(pieces()))
        )
        assert await spool.next_chunk()
        spool.abandon()
        async with asyncio.timeout(60):
            await making
        spool.close()

    run_coroutine(run())


def test_a_worker_shortens_the_switch_interval_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At each step a request waits for all threads that compute."""
    before = sys.getswitchinterval()
    monkeypatch.setattr(
        ASGIWorker, "init_process", lambda _: turns.append(sys.getswitchinterval())
    )
    turns: list[float] = []
    try:
        FrontWorker.init_process(object.__new__(FrontWorker))
    finally:
        sys.setswitchinterval(before)
    assert turns == [pytest.approx(SWITCH_INTERVAL)]
    assert before > SWITCH_INTERVAL
