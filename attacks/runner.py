"""Run one type of attacker while honest clients are measured."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from attacks.attackers.base import AttackContext, Attacker
from attacks.client import Client, require_status
from attacks.findings import megabytes
from attacks.honest_clients import ClientOptions, ClientReport, measure
from attacks.processes import resident_bytes
from attacks.sample_data import SamplePaths, upload_path
from attacks.swarm import Swarm
from attacks.target import Target

#: Maximum ratio of the honest clients' median to its baseline.
MAX_SLOWDOWN = 2.0
#: Seconds that attackers have to connect before the measurement.
HEAD_START_SECONDS = 1.0


@dataclass
class Result:
    """The effect of one type of attacker; memory is the maximum in bytes."""

    kind: str
    before: ClientReport
    during: ClientReport
    after: ClientReport
    outcomes: Counter[str]
    memory_before: int
    memory: int

    @property
    def baseline(self) -> float:
        """The median without attackers: the slower of before and after.

        The machine has other work too; what is slow on one side of the attack but not
        on the other is noise.
        """
        return max(self.before.median, self.after.median)

    @property
    def ratio(self) -> float:
        """The median divided by its baseline."""
        return self.during.median / self.baseline

    @property
    def fails(self) -> bool:
        """Whether an honest request or a probe failed."""
        return not self.during.is_served


class AttackRunner:
    """Measures types of attackers one after another, each against a baseline."""

    def __init__(
        self,
        target: Target,
        samples: SamplePaths,
        clients: int,
        source: str | None = None,
    ) -> None:
        """Attack with `clients` connections at a time, from the address `source`."""
        self._target, self._ground, self._clients = target, samples, clients
        self._source = source
        self._quiet: ClientReport | None = None

    async def measure_during(
        self,
        kind: Attacker,
        *,
        seconds: float,
        head_start: float = HEAD_START_SECONDS,
        **options: float,
    ) -> tuple[ClientReport, Counter[str]]:
        """Return the report of honest clients, and the outcomes of the attackers."""
        swarm = Swarm(kind, self._build_context(kind))
        async with swarm.of(self._clients):
            await asyncio.sleep(head_start)
            report = await self._measure_clients(seconds, options)
        return report, swarm.outcomes

    async def run(
        self, kind: Attacker, *, seconds: float, baseline: float = 2, **options: float
    ) -> Result:
        """Measure honest clients before, during and after an attack of this type."""
        # the measurement after one attack is also the one before the next
        before = self._quiet or await self._measure_clients(baseline, options)
        idle_memory = resident_bytes(self._target.pid)
        watch = asyncio.create_task(self._most_memory())
        during, outcomes = await self.measure_during(kind, seconds=seconds, **options)
        watch.cancel()
        memory = (await asyncio.gather(watch, return_exceptions=True))[0]
        after = self._quiet = await self._measure_clients(baseline, options)
        return Result(
            kind.name,
            before,
            during,
            after,
            outcomes,
            idle_memory,
            memory if isinstance(memory, int) else idle_memory,
        )

    def _build_context(self, kind: Attacker) -> AttackContext:
        number = self._clients if kind.uploads else 0
        with Client(self._target) as client:
            form = require_status(client.get("/sign-in"), 200)
            uploads = tuple(upload_path(client) for _ in range(number))
        cookie = form.headers["set-cookie"].partition(";")[0]
        attacked = self._target
        if self._source is not None:
            attacked = attacked.from_address(self._source)
        return AttackContext(attacked, self._ground, cookie, uploads)

    async def _measure_clients(
        self, seconds: float, options: dict[str, float]
    ) -> ClientReport:
        return await measure(
            ClientOptions.of(self._target, self._ground, seconds=seconds, **options)
        )

    async def _most_memory(self) -> int:
        """Watch the server's memory until cancelled; return the maximum."""
        most = 0
        try:
            while self._target.pid is not None:
                most = max(most, resident_bytes(self._target.pid))
                await asyncio.sleep(0.25)
        except asyncio.CancelledError:
            return most
        return most


TABLE_HEADING = (
    "| kind | times baseline | median ms | p99 ms | requests | failed | livez missed "
    "| worst s | uploads | memory | attackers got | result |\n" + "|---" * 12 + "|"
)


def table_row(result: Result) -> str:
    """Return a result as a row of the table."""
    during = result.during
    failed = {
        **during.failures,
        **{f"upload {k}": v for k, v in _escape_failures(during).items()},
    }
    cells = (
        result.kind,
        f"{result.ratio:.1f}",
        f"{result.baseline:.1f} → {during.median:.1f}",
        f"{max(result.before.p99, result.after.p99):.0f} → {during.p99:.0f}",
        str(len(during.milliseconds)),
        _format_counts(failed) or "0",
        f"{during.live_misses} of {during.live}",
        f"{during.live_worst:.2f}",
        f"{during.uploads}, {during.upload_retries} retried",
        f"{megabytes(result.memory_before)} → {megabytes(result.memory)}",
        _format_counts(result.outcomes),
        _format_verdict(result),
    )
    return f"| {' | '.join(cells)} |"


def _format_verdict(result: Result) -> str:
    if result.fails:
        return "FAILS"
    return "slow" if result.ratio > MAX_SLOWDOWN else "holds"


def _escape_failures(report: ClientReport) -> dict[str, int]:
    return {
        name[:60].replace("|", "/"): n for name, n in report.upload_failures.items()
    }


def _format_counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
