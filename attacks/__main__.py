"""Attack a registry with all attackers and scenarios, and print the results."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from types import FrameType

from attacks.attackers import find_attackers
from attacks.findings import Finding
from attacks.runner import MAX_SLOWDOWN, TABLE_HEADING, AttackRunner, Result, table_row
from attacks.sample_data import register_samples
from attacks.scenarios import SCENARIOS
from attacks.scenarios.kill import killed_while_writing
from attacks.server import AttackedServer
from attacks.target import Target

DATABASES = ("sqlite", "postgresql")
KILLED = "killed while writing"
FINDINGS = "\n| what must hold | holds | seen |\n|---|---|---|"


def main(arguments: Sequence[str]) -> int:
    """Run the attacks; return 1 if one of them did damage."""
    options = _parse_options(arguments)
    if not options.serve:
        target = Target(options.url, options.token or "", options.password or "")
        return int(_run_attacks(options, target))
    databases = DATABASES if options.database == "both" else (options.database,)
    harm = [_serve_and_attack(options, database) for database in databases]
    return int(any(harm))


def _serve_and_attack(options: argparse.Namespace, database: str) -> bool:
    """Start a registry on SQLite or PostgreSQL and attack it."""
    print(f"\n## {database}\n", flush=True)
    with ExitStack() as stack:
        address = None
        if database == "postgresql":
            from bench.postgres import fresh_database  # noqa: PLC0415

            address = fresh_database(stack)
        served = AttackedServer.prepare(stack, address)
        served.start()
        return _run_attacks(options, served.target, served)


def _run_attacks(
    options: argparse.Namespace, target: Target, served: AttackedServer | None = None
) -> bool:
    """Run the selected attacks; return whether any of them did damage."""
    results = _run_attackers(options, target)
    findings = _run_scenarios(options, target)
    if served is not None and options.only in KILLED:
        findings += _print_findings(killed_while_writing(served))
    return _report_failures(results, findings)


def _parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m attacks",
        description="Attack a registry on this machine while honest clients use it. "
        "The attacks fill it with content: use one that you can throw away.",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--serve", action="store_true", help="start a registry to attack"
    )
    where.add_argument("--url", help="attack this registry, with --token")
    parser.add_argument("--token", help="the API token of an administrator")
    parser.add_argument("--password", help="the password of the account admin")
    parser.add_argument(
        "--database",
        choices=(*DATABASES, "both"),
        default="both",
        help="the database of --serve, or one after the other (default: both)",
    )
    for name, default, meaning in (
        ("--clients", 200, "attackers of each type at the same time"),
        ("--seconds", 5, "seconds that each type attacks"),
    ):
        parser.add_argument(
            name, type=int, default=default, help=f"{meaning} (default: {default})"
        )
    parser.add_argument(
        "--from",
        dest="source",
        default="127.0.0.2",
        help="the address of the attackers (default: 127.0.0.2). Limits apply to each "
        "address; for 127.0.0.1, --serve has none",
    )
    parser.add_argument("--only", default="", help="only attacks with this in the name")
    options = parser.parse_args(arguments)
    names = [*(kind.name for kind in find_attackers("")), *SCENARIOS, KILLED]
    if not any(options.only in name for name in names):
        parser.error(f"--only: nothing has {options.only!r} in its name: {names}")
    return options


def _run_attackers(options: argparse.Namespace, target: Target) -> list[Result]:
    kinds = find_attackers(options.only)
    if not kinds:
        return []
    runner = AttackRunner(
        target, register_samples(target), options.clients, options.source
    )
    print(TABLE_HEADING, flush=True)
    results = []
    for kind in kinds:
        result = asyncio.run(runner.run(kind, seconds=options.seconds))
        print(table_row(result), flush=True)
        results.append(result)
    return results


def _run_scenarios(options: argparse.Namespace, target: Target) -> list[Finding]:
    wanted = [made for name, made in SCENARIOS.items() if options.only in name]
    if wanted:
        print(FINDINGS, flush=True)
    return [finding for made in wanted for finding in _print_findings(made(target))]


def _print_findings(findings: list[Finding]) -> list[Finding]:
    for finding in findings:
        print(finding.table_row(), flush=True)
    return findings


def _report_failures(results: list[Result], findings: list[Finding]) -> bool:
    broken = [result.kind for result in results if result.fails]
    broken += [finding.name for finding in findings if not finding.holds]
    slow = [result.kind for result in results if result.ratio > MAX_SLOWDOWN]
    print(f"\nDid harm: {', '.join(broken) or 'none'}.")
    slowed = ", ".join(slow) or "none"
    print(f"Slowed honest clients more than {MAX_SLOWDOWN:g} times: {slowed}.")
    return bool(broken)


def _raise_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # so that terminated attacks stop their servers, like interrupted ones
    signal.signal(signal.SIGTERM, _raise_interrupt)
    sys.exit(main(sys.argv[1:]))
