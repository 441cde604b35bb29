"""The cache of inputs: verified, shared and bounded."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry.agent.cache import FileCache, WrongChecksum, sha1_of

pytestmark = pytest.mark.once

CONTENTS = [bytes([65 + i]) * 1000 for i in range(8)]


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()  # noqa: S324 - as the registry has it


class Source:
    """Yields a content, and counts how often."""

    def __init__(self, content: bytes) -> None:
        self.content, self.count = content, 0

    def __call__(self) -> Iterator[bytes]:
        self.count += 1
        yield self.content[:10]
        yield self.content[10:]


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_file_is_fetched_once_and_copied(tmp_path: Path) -> None:
    cache, source = FileCache(tmp_path / "cache", 10_000), Source(CONTENTS[0])
    for name in ("a", "b/c"):
        cache.place(sha1(CONTENTS[0]), 1000, tmp_path / name, source)
    (tmp_path / "a").write_bytes(b"changed by a task")
    cache.place(sha1(CONTENTS[0]), 1000, tmp_path / "d", source)
    assert source.count == 1
    assert (tmp_path / "d").read_bytes() == CONTENTS[0]
    assert sha1_of(tmp_path / "b" / "c") == sha1(CONTENTS[0])


def test_bytes_with_another_checksum_are_not_kept(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache", 10_000)
    with pytest.raises(WrongChecksum, match="arrived instead of"):
        cache.place(sha1(b"x"), 1000, tmp_path / "a", Source(CONTENTS[0]))
    with pytest.raises(WrongChecksum, match="is not a SHA-1"):
        cache.place("../../etc/passwd", 1000, tmp_path / "a", Source(b""))
    assert size_of(tmp_path) == 0
    assert not (tmp_path / "a").exists()


def test_a_damaged_file_is_fetched_again(tmp_path: Path) -> None:
    cache, source = FileCache(tmp_path / "cache", 10_000), Source(CONTENTS[0])
    cache.place(sha1(CONTENTS[0]), 1000, tmp_path / "a", source)
    (kept,) = (tmp_path / "cache").glob("??/*")
    kept.write_bytes(b"damaged")
    cache.place(sha1(CONTENTS[0]), 1000, tmp_path / "b", source)
    assert (tmp_path / "b").read_bytes() == CONTENTS[0]
    assert source.count == 2


def test_the_size_is_bounded_and_what_was_used_last_stays(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache", 3500)
    sources = [Source(content) for content in CONTENTS]
    sizes = []
    for i, number in enumerate([0, 1, 2, 0, 3, 0, 4, 5, 0]):
        content = CONTENTS[number]
        cache.place(sha1(content), 1000, tmp_path / "target", sources[number])
        kept = tmp_path / "cache" / sha1(content)[:2] / sha1(content)
        # what was used later is newer, however coarse the clock of the disk is
        os.utime(kept, (i, i))
        sizes.append(size_of(tmp_path / "cache"))
    assert max(sizes) == 3000
    assert [source.count for source in sources[:6]] == [1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("size", [None, 1000])
def test_what_does_not_fit_goes_to_its_place_alone(
    tmp_path: Path, size: int | None
) -> None:
    cache = FileCache(tmp_path / "cache", 999)
    cache.place(sha1(CONTENTS[0]), size, tmp_path / "a", Source(CONTENTS[0]))
    assert (tmp_path / "a").read_bytes() == CONTENTS[0]
    assert size_of(tmp_path / "cache") == 0


def test_a_file_of_unknown_size_is_kept_if_it_fits(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache", 1500)
    sources = [Source(content) for content in CONTENTS[:2]]
    for i in (0, 1, 1):
        cache.place(sha1(CONTENTS[i]), None, tmp_path / "a", sources[i])
        assert size_of(tmp_path / "cache") == 1000
    assert [source.count for source in sources] == [1, 1]


def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> Iterator[bytes]:
        yield b"first"
        raise ConnectionError

    cache = FileCache(tmp_path / "cache", 10_000)
    with pytest.raises(ConnectionError):
        cache.place(sha1(CONTENTS[0]), 1000, tmp_path / "a", fail)
    assert size_of(tmp_path / "cache") == 0
    cache.place(sha1(CONTENTS[0]), 1000, tmp_path / "a", Source(CONTENTS[0]))


def test_threads_that_need_one_file_fetch_it_once(tmp_path: Path) -> None:
    cache, source = FileCache(tmp_path / "cache", 10_000), Source(CONTENTS[0])
    begin = threading.Barrier(8)

    def place(number: int) -> None:
        begin.wait()
        cache.place(sha1(CONTENTS[0]), 1000, tmp_path / str(number), source)

    run_together([lambda number=i: place(number) for i in range(8)])  # type: ignore[misc]

    assert source.count == 1
    assert {(tmp_path / str(i)).read_bytes() for i in range(8)} == {CONTENTS[0]}


def run_together(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


CHURN = """
import hashlib, random, sys
from pathlib import Path
from registry.agent.cache import FileCache
folder, seed = Path(sys.argv[1]), int(sys.argv[2])
cache, chance = FileCache(folder / "cache", 2500), random.Random(seed)
for _ in range(150):
    content = bytes([65 + chance.randrange(6)]) * 1000
    name = hashlib.sha1(content).hexdigest()
    target = folder / f"target-{seed}"
    cache.place(name, 1000, target, lambda: iter([content]))
    assert target.read_bytes() == content
"""


def test_processes_share_a_cache_that_is_too_small_for_them(tmp_path: Path) -> None:
    root = Path(sys.modules[FileCache.__module__].__file__ or "").parents[2]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CHURN, str(tmp_path), str(seed)],
            env={"PYTHONPATH": str(root)},
            stderr=subprocess.PIPE,
        )
        for seed in range(3)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert errors == [b"", b"", b""]
    assert size_of(tmp_path / "cache") <= 2500
    assert list((tmp_path / "cache" / "locks").iterdir()) == []
