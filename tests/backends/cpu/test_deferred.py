"""Writing later: at once to be read, soon on the disk, at the latest at the end."""

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from threading import Thread

import pytest

from lazydag.backends.cpu import deferred
from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.deferred import DeferredCache
from lazydag.errors import CacheWarning


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def objects(folder: Path) -> list[Path]:
    return list(folder.glob("*.o"))


def eventually(condition: object) -> bool:
    assert callable(condition)
    for _ in range(500):
        if condition():
            return True
        time.sleep(0.01)
    return False


def test_what_is_put_is_got_before_it_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deferred, "QUIET_SECONDS", 60.0)
    cache = DeferredCache(ObjectCache(folder))
    cache.put("key", b"content")
    assert cache.get("key") == b"content"
    assert cache.get("other") is None
    assert not folder.exists()
    cache.flush()
    assert ObjectCache(folder).get("key") == b"content"


def test_a_thread_writes_soon(folder: Path) -> None:
    cache = DeferredCache(ObjectCache(folder))
    for round_ in range(2):
        for i in range(10):
            cache.put(f"{round_}.{i}", bytes(i))
        assert eventually(lambda: len(objects(folder)) == 10 * (round_ + 1))  # noqa: B023


def test_much_is_written_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferred, "QUIET_SECONDS", 60.0)
    monkeypatch.setattr(deferred, "MAX_NBYTES", 1000)
    cache = DeferredCache(ObjectCache(folder))
    cache.put("small", bytes(900))
    assert not objects(folder)
    cache.put("large", bytes(200))
    assert len(objects(folder)) == 2


def test_many_threads_put(folder: Path) -> None:
    cache = DeferredCache(ObjectCache(folder))
    threads = [
        Thread(target=lambda k=k: [cache.put(f"{k}.{i}", b"x") for i in range(50)])
        for k in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cache.flush()
    assert len(objects(folder)) == 400


PROGRAM = """
from pathlib import Path
from lazydag.backends.cpu import deferred
from lazydag.backends.cpu.cache import ObjectCache
deferred.QUIET_SECONDS = 60.0
cache = deferred.DeferredCache(ObjectCache(Path({folder!r})))
cache.put("parent", b"parent")
{then}
"""
FORK = """
import os, time
child = os.fork()
if child == 0:
    assert cache.get("parent") is None
    cache.put("child", b"child")
    cache.flush()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert [p.name for p in Path({folder!r}).glob("*.o")] == ["child.o"]
"""


@pytest.mark.parametrize("then", ["", "raise SystemExit(0)", "import threading"])
def test_the_rest_is_written_at_exit(folder: Path, then: str) -> None:
    code = PROGRAM.format(folder=str(folder), then=then)
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert ObjectCache(folder).get("parent") == b"parent"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_child_leaves_the_parent_s_to_it(folder: Path) -> None:
    then = FORK.format(folder=str(folder))
    code = PROGRAM.format(folder=str(folder), then=then)
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert {p.stem for p in objects(folder)} == {"parent", "child"}


def test_a_failed_write_warns_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    cache = DeferredCache(ObjectCache(blocked / "objects"))
    monkeypatch.setattr(deferred, "QUIET_SECONDS", 60.0)
    cache.put("key", b"content")
    with pytest.warns(CacheWarning, match="LAZYDAG_CACHE_DIR"):
        cache.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.put("other", b"content")
        cache.flush()
