"""Secrets in the data folder are created once and are private."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from registry.core.secret_files import read_or_create_secret


def test_a_secret_is_created_once_and_private_to_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "new" / "secret-key"
    secret = read_or_create_secret(file)
    assert len(secret) >= 50
    assert read_or_create_secret(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in file.parent.iterdir()] == ["secret-key"]


def test_concurrent_processes_read_the_same_secret(tmp_path: Path) -> None:
    starters = 16
    barrier = Barrier(starters)

    def start(_: int) -> str:
        barrier.wait()
        return read_or_create_secret(tmp_path / "secret-key")

    with ThreadPoolExecutor(starters) as pool:
        assert len(set(pool.map(start, range(starters)))) == 1


def test_an_operators_own_secret_is_used(tmp_path: Path) -> None:
    file = tmp_path / "secret-key"
    file.write_text("mine\n", encoding="ascii")
    assert read_or_create_secret(file) == "mine"
