"""Native functions: made once, found again, made anew when anything changes."""

import ctypes
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from lazydag.backends.cpu import native as module
from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.native import baseline, native
from lazydag.backends.cpu.target import CodeTarget
from lazydag.backends.cpu.translate import LanguageError
from tests.backends.cpu.translate.programs import functions, program

pytestmark = pytest.mark.skipif(baseline() is None, reason="nothing is mapped here")

TEXT = """
def square(x: int) -> int:
    return x * x

def f(x: int) -> int:
    return square(x) + SHIFT

def g(x: int) -> int:
    return square(x) - SHIFT
"""


def addresses(folder: Path, text: str = TEXT, shift: int = 3) -> tuple[int, ...]:
    names = program(text, SHIFT=shift)
    return native(functions(names), ("g", "f"), ObjectCache(folder))


def results(found: tuple[int, ...], x: int) -> list[int]:
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
    return [kind(address)(x) for address in found]


def objects(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.o"))


def test_entries_come_in_their_order(tmp_path: Path) -> None:
    assert results(addresses(tmp_path), 5) == [22, 28]


def test_a_second_time_is_read_from_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(tmp_path)
    monkeypatch.setattr(module, "_compiled", None)
    assert results(addresses(tmp_path), 7) == [46, 52]
    assert len(objects(tmp_path)) == 1


def test_what_decides_the_code_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(tmp_path)
    assert results(addresses(tmp_path, shift=4), 5) == [21, 29]
    assert results(addresses(tmp_path, TEXT.replace("x * x", "x + x")), 5) == [7, 13]
    names = program(TEXT, SHIFT=3)
    native(functions(names), ("f",), ObjectCache(tmp_path))
    monkeypatch.setattr("llvmlite.__version__", "999")
    addresses(tmp_path)
    target = baseline()
    assert target is not None
    other = CodeTarget(target.triple, target.cpu, "+64bit")
    monkeypatch.setattr(module, "baseline", lambda: other)
    addresses(tmp_path)
    assert len(objects(tmp_path)) == 6


def test_a_damaged_object_is_made_anew(tmp_path: Path) -> None:
    addresses(tmp_path)
    (file,) = objects(tmp_path)
    good = file.read_bytes()
    file.write_bytes(good[:-1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert results(addresses(tmp_path), 5) == [22, 28]
    assert file.read_bytes() == good


@pytest.mark.parametrize("reason", ["map_object", "baseline"])
def test_without_mapping_llvm_loads_it(
    reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAZYDAG_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(module, reason, lambda *_: None)
    assert results(addresses(tmp_path), 5) == [22, 28]


def test_newer_arm_processors_get_their_atomics() -> None:
    assert module._arm(0).features == ""
    assert module._arm(0b1_1111_1111).features == "+lse"


def test_errors_reach_the_caller(tmp_path: Path) -> None:
    with pytest.raises(LanguageError, match="Div"):
        addresses(tmp_path, TEXT.replace("x * x", "x / x"))
    assert not objects(tmp_path)


def test_a_fresh_process_needs_no_llvm(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(f"SHIFT = 3\n{TEXT}")
    code = """
import json, sys, time
import lazydag.backends.cpu.native as native
import program
start = time.process_time()
found = native.native((program.square, program.f), ("f",))
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "llvm": "llvmlite.binding" in sys.modules}))
"""
    environment = {
        **os.environ,
        "LAZYDAG_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
    }

    def run() -> dict[str, Any]:
        command = [sys.executable, "-W", "error", "-c", code]
        text = subprocess.check_output(command, env=environment, timeout=60)
        return dict(json.loads(text))

    assert run()["llvm"]
    again = [run() for _ in range(3)]
    assert not any(r["llvm"] for r in again)
    assert min(r["seconds"] for r in again) <= 0.02
