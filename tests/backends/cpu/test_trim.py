"""Trimming the disk cache: what goes, what stays, and when."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lazydag.backends.cpu import cache as cache_module
from lazydag.backends.cpu.cache import FRESH_SECONDS, ObjectCache
from lazydag.backends.cpu.trim import BLOCK_NBYTES, STALE_SECONDS, trim

DAY = 86400.0


def fill(folder: Path, count: int) -> list[str]:
    """Objects of one block each, the first used longest ago."""
    for i in range(count):
        path = folder / f"{i:03}.o"
        path.write_bytes(b"x")
        aged(path, DAY * (count - i))
    return left(folder)


def aged(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.glob("*.o"))


def test_the_oldest_go_until_there_is_room(tmp_path: Path) -> None:
    names = fill(tmp_path, 40)
    trim(tmp_path, 40 * BLOCK_NBYTES)
    assert left(tmp_path) == names
    trim(tmp_path, 39 * BLOCK_NBYTES)
    assert left(tmp_path) == names[-29:]


def test_use_keeps_an_object(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    for key in "abcd":
        cache.put(key, bytes(100))
    for age, key in enumerate("dcba", 2):
        aged(tmp_path / f"{key}.o", age * FRESH_SECONDS)
    assert cache.get("a") == bytes(100)
    trim(tmp_path, 3 * BLOCK_NBYTES)
    assert left(tmp_path) == ["a.o", "d.o"]


def test_use_is_not_noted_all_the_time(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path)
    cache.put("key", b"content")
    aged(tmp_path / "key.o", FRESH_SECONDS / 2)
    before = (tmp_path / "key.o").stat().st_mtime_ns
    cache.get("key")
    assert (tmp_path / "key.o").stat().st_mtime_ns == before


def test_what_broken_writers_left_goes(tmp_path: Path) -> None:
    for name, seconds in ((".new-old", 2 * STALE_SECONDS), (".new-now", 0.0)):
        (tmp_path / name).touch()
        aged(tmp_path / name, seconds)
    fill(tmp_path, 3)
    trim(tmp_path)
    assert not (tmp_path / ".new-old").exists()
    assert (tmp_path / ".new-now").exists()
    assert len(left(tmp_path)) == 3


def test_writing_trims_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trimmed: list[Path] = []
    monkeypatch.setattr(cache_module, "trim", trimmed.append)
    cache = ObjectCache(tmp_path)
    for i in range(1024):
        cache.put(f"{i:032x}", b"content")
    assert trimmed == [tmp_path] * 4


def test_many_trim_and_write_at_once(tmp_path: Path) -> None:
    fill(tmp_path, 200)

    def work(number: int) -> None:
        cache = ObjectCache(tmp_path)
        for i in range(20):
            key = f"{number}.{i}"
            cache.put(key, bytes(100))
            trim(tmp_path, 300 * BLOCK_NBYTES)
            assert cache.get(key) == bytes(100)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert not list(tmp_path.glob(".new-*"))
