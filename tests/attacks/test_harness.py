"""Attacks stay on this machine, and detect damage."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import pytest

from attacks.__main__ import main
from attacks.attackers import ATTACKER_TYPES, find_attackers
from attacks.event_loops import run_coroutine
from attacks.honest_clients import ClientOptions, ClientReport, measure
from attacks.processes import process_tree, resident_bytes
from attacks.runner import Result, table_row
from attacks.scenarios.rejections import Case, check_rejected
from attacks.target import Target
from tests.plugins.server import free_port

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("attacks")]


@pytest.mark.parametrize(
    "url", ["https://registry.example.org", "http://10.0.0.1:8000", "http://[::1]:80"]
)
def test_only_this_machine_can_be_attacked(url: str) -> None:
    with pytest.raises(ValueError, match="not on this machine"):
        Target(url, "")


def test_attackers_have_unique_names() -> None:
    assert len({kind.name for kind in ATTACKER_TYPES}) == len(ATTACKER_TYPES)
    assert find_attackers("") == ATTACKER_TYPES
    assert all("body" in kind.name for kind in find_attackers("body"))


def options(port: int) -> ClientOptions:
    """Return options for a short run of few requests."""
    return ClientOptions(
        f"http://127.0.0.1:{port}",
        token="",
        record="/api/object/1/",
        page="/api/object/",
        seconds=0.3,
        answer_within=0.3,
        live_within=0.3,
        uploads=False,
    )


def test_honest_clients_fail_if_nothing_listens() -> None:
    report = run_coroutine(measure(options(free_port())))
    assert not report.is_served
    assert report.live_misses == report.live > 0
    assert any("ConnectionRefused" in name for name in report.failures)


async def _mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read until the client closes the connection, without responding."""
    await reader.read()
    writer.close()
    await writer.wait_closed()


def test_a_server_that_does_not_respond_is_detected() -> None:
    async def measure_mute_server() -> tuple[ClientReport, str]:
        server = await asyncio.start_server(_mute, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            target = Target(f"http://127.0.0.1:{port}", "")
            case = Case("a body", "POST", "/", (), 10, ("403",))
            finding = await check_rejected(target, case, patience=0.2)
            return await measure(options(port)), finding.seen

    report, seen = run_coroutine(measure_mute_server())
    assert not report.is_served
    assert report.live_misses == report.live > 0
    assert any("Timeout" in name for name in report.failures)
    assert seen == "open"


def test_the_memory_of_a_process_includes_its_descendants() -> None:
    assert os.getpid() in process_tree(os.getpid())
    assert resident_bytes(os.getpid()) > 2**20
    assert resident_bytes(None) == 0


def test_a_result_fails_if_an_honest_request_does() -> None:
    quiet = ClientReport([1.0, 2.0, 3.0], live=1)
    slow = ClientReport([5.0, 5.0], live=1)
    broken = ClientReport([2.0], failures={"page: 503": 1}, live=1)
    dead = ClientReport([2.0], live=2, live_misses=1)
    verdicts = {}
    for name, during in {"slow": slow, "broken": broken, "dead": dead}.items():
        result = Result(name, quiet, during, quiet, Counter({"open": 3}), 0, 0)
        verdicts[name] = (result.fails, table_row(result).split("|")[-2].strip())
    assert verdicts == {
        "slow": (False, "slow"),
        "broken": (True, "FAILS"),
        "dead": (True, "FAILS"),
    }


def test_an_unknown_attack_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--serve", "--only", "large file"])
    assert ended.value.code == 2
    assert "nothing has 'large file' in its name" in capsys.readouterr().err


def test_the_command_prints_a_table(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ("--clients", "2", "--seconds", "1", "--only", "idle connections")
    status = main(["--url", target.url, "--token", target.token, *small])
    printed = capsys.readouterr().out
    assert "| idle connections |" in printed
    assert "Did harm: none." in printed
    assert status == 0
