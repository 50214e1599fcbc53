"""The disk cache: what is kept, and what happens when the disk misbehaves."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cpu.cache import ObjectCache, default_folder
from lazydag.backends.cpu.objects import LIBRARIES, Compiler
from lazydag.backends.cpu.probe import probe_module
from lazydag.backends.cpu.target import host
from lazydag.backends.scalar import arg
from lazydag.errors import CacheWarning

MODULE = probe_module(arg(0, "f64") * 1.25, ["f64"])


def compile_into(folder: Path) -> bytes:
    return Compiler(host(), LIBRARIES, ObjectCache(folder)).object(MODULE)


@given(st.binary(max_size=200))
def test_what_is_put_is_got(tmp_path_factory: pytest.TempPathFactory, b: bytes) -> None:
    cache = ObjectCache(tmp_path_factory.getbasetemp() / "objects")
    cache.put("key", b)
    assert cache.get("key") == b
    assert cache.get("other") is None


def test_a_second_compiler_reads_the_first_one_s_file(tmp_path: Path) -> None:
    content = compile_into(tmp_path / "new" / "folder")
    (file,) = (tmp_path / "new" / "folder").iterdir()
    written = file.stat().st_mtime_ns
    assert compile_into(file.parent) == content
    assert file.stat().st_mtime_ns == written


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-1],
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
        lambda data: b"LZO0" + data[4:],
        lambda data: data + b"x",
    ],
)
def test_a_damaged_file_is_written_again(tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    content = compile_into(tmp_path)
    (file,) = tmp_path.iterdir()
    good = file.read_bytes()
    file.write_bytes(damage(good))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compile_into(tmp_path) == content
    assert file.read_bytes() == good


def test_an_unwritable_folder_warns_once_and_compiles(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    cache = ObjectCache(blocked / "objects")
    compiler = Compiler(host(), LIBRARIES, cache)
    with pytest.warns(CacheWarning, match="LAZYDAG_CACHE_DIR") as caught:
        compiler.load(MODULE)
    assert str(blocked) in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiler.load(probe_module(arg(0, "f64") * 3.25, ["f64"]))[0]


def test_a_full_disk_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.warns(CacheWarning, match="No space left"):
        ObjectCache(tmp_path).put("key", b"content")
    assert not list(tmp_path.iterdir())


def test_two_processes_fill_one_folder(tmp_path: Path) -> None:
    code = """
from lazydag.backends.cpu.objects import default_compiler
from lazydag.backends.cpu.probe import probe_module
from lazydag.backends.scalar import arg
for i in range(30):
    default_compiler().load(probe_module(arg(0, "f64") * (1.5 + i), ["f64"]))
"""
    environment = {**os.environ, "LAZYDAG_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", code]
    both = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [p.wait() for p in both] == [0, 0]
    files = list((tmp_path / "objects").iterdir())
    assert len(files) == 30
    cache = ObjectCache(tmp_path / "objects")
    assert all(cache.get(f.stem) for f in files)


def test_the_folder_is_the_user_s_unless_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAZYDAG_CACHE_DIR", "/some/where")
    assert default_folder() == Path("/some/where/objects")
    monkeypatch.delenv("LAZYDAG_CACHE_DIR")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert default_folder() == Path("/cache/lazydag/objects")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path.home() / ".cache" / "lazydag" / "objects"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert default_folder().parts[-4:] == ("Library", "Caches", "lazydag", "objects")
