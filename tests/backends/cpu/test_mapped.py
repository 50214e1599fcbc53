"""Objects that are mapped run; those that need more than that are refused."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cpu.codegen import Generator
from lazydag.backends.cpu.mapped import map_object, read_code
from lazydag.backends.cpu.target import level

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="code is mapped on Linux only"
)

TWO = """
define i64 @second(i64 %x) nounwind {
  %y = call i64 @first(i64 %x)
  %z = mul i64 %y, 3
  ret i64 %z
}

define dso_local i64 @first(i64 %x) noinline nounwind {
  %y = add i64 %x, 7
  ret i64 %y
}
"""
MORE_THAN_CODE = {
    "a library": """
declare i64 @lazydag_other(i64)
define i64 @first(i64 %x) nounwind {
  %y = call i64 @lazydag_other(i64 %x)
  ret i64 %y
}
""",
    "constants": """
@table = internal constant [4 x i64] [i64 3, i64 1, i64 4, i64 1]
define i64 @first(i64 %x) nounwind {
  %p = getelementptr i64, ptr @table, i64 %x
  %y = load i64, ptr %p
  ret i64 %y
}
""",
    "variables": """
@count = internal global i64 0
define i64 @first(i64 %x) nounwind {
  %old = atomicrmw add ptr @count, i64 %x seq_cst
  ret i64 %old
}
""",
    "unused variables": """
@count = global i64 5
define i64 @first(i64 %x) nounwind {
  ret i64 %x
}
""",
    "unwinding": """
define i64 @first(i64 %x) uwtable {
  ret i64 %x
}
""",
    "a function that may be replaced": """
define i64 @first(i64 %x) nounwind {
  %y = call i64 @second(i64 %x)
  ret i64 %y
}
define i64 @second(i64 %x) noinline optnone nounwind {
  ret i64 %x
}
""",
    "a section of its own": """
define i64 @first(i64 %x) nounwind section ".text.mine" {
  ret i64 %x
}
""",
}


def compiled(text: str, name: str) -> bytes:
    return Generator(level(name), 2, is_optimised=True).object(text)


HERE = {"x86_64": "x86-64", "aarch64": "aarch64"}.get(os.uname().machine, "")
here = pytest.mark.skipif(not HERE, reason="code is not mapped on this processor")
OBJECT = {name: compiled(TWO, name) for name in ("x86-64", "aarch64")}
MACHINE = {"x86-64": "x86_64", "aarch64": "aarch64"}


@here
def test_functions_run_where_they_are_mapped() -> None:
    addresses = map_object(OBJECT[HERE], ("second", "first"))
    assert addresses is not None
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
    assert [kind(a)(5) for a in addresses] == [36, 12]


@here
def test_code_is_not_writable() -> None:
    addresses = map_object(OBJECT[HERE], ("first",))
    assert addresses is not None
    lines = Path("/proc/self/maps").read_text().splitlines()
    for row in map(str.split, lines):
        start, end = (int(part, 16) for part in row[0].split("-"))
        if start <= addresses[0] < end:
            assert row[1] == "r-xp"
            return
    pytest.fail("the code is in no map")


@pytest.mark.parametrize("name", OBJECT)
def test_functions_are_found_in_the_code(name: str) -> None:
    code = read_code(OBJECT[name], MACHINE[name])
    assert code is not None
    assert set(code.functions) == {"first", "second"}
    assert max(code.functions.values()) < len(code.text)


@pytest.mark.parametrize("name", OBJECT)
@pytest.mark.parametrize("more", MORE_THAN_CODE)
def test_more_than_code_is_refused(name: str, more: str) -> None:
    assert read_code(compiled(MORE_THAN_CODE[more], name), MACHINE[name]) is None


def test_code_for_other_processors_is_refused() -> None:
    assert read_code(OBJECT["x86-64"], "aarch64") is None
    assert read_code(OBJECT["aarch64"], "x86_64") is None
    assert read_code(OBJECT["x86-64"], "riscv64") is None


@here
def test_entries_that_are_not_there_are_refused() -> None:
    assert map_object(OBJECT[HERE], ("first", "third")) is None


def test_part_of_an_object_is_refused() -> None:
    content = OBJECT["x86-64"]
    for end in range(len(content)):
        assert read_code(content[:end], "x86_64") is None


@given(st.data())
def test_a_damaged_object_raises_nothing(data: st.DataObject) -> None:
    content = bytearray(OBJECT["x86-64"])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    code = read_code(bytes(content), "x86_64")
    assert code is None or all(v < len(code.text) for v in code.functions.values())


def test_other_systems_map_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert map_object(OBJECT["x86-64"], ("first",)) is None


@here
def test_a_system_that_forbids_it_maps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "memfd_create", forbidden)
    assert map_object(OBJECT[HERE], ("first",)) is None


@here
def test_threads_may_stay_in_the_code_until_the_process_ends() -> None:
    code = """
import ctypes, sys, threading, time
from lazydag.backends.cpu.mapped import map_object
(address,) = map_object(sys.stdin.buffer.read(), ("spin",))
kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
threading.Thread(target=kind(address), args=(1,), daemon=True).start()
time.sleep(0.05)
"""
    spin = """
define i64 @spin(i64 %x) nounwind {
  %word = alloca i64
  br label %again
again:
  %old = load volatile i64, ptr %word
  br label %again
}
"""
    command = [sys.executable, "-X", "faulthandler", "-c", code]
    subprocess.run(command, input=compiled(spin, HERE), check=True, timeout=60)
