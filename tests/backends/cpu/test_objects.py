"""The object compiler: speed, names, libraries, threads, the target's override."""

import ctypes
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import thread_time

import numpy as np
import pytest

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.objects import LIBRARIES, Compiler, Module
from lazydag.backends.cpu.probe import evaluate, probe_module
from lazydag.backends.cpu.target import CodeTarget, host, runnable_levels
from lazydag.backends.cpu.vector import Call
from lazydag.backends.scalar import Expr, Function, arg, call, fma, sqrt
from lazydag.backends.scalar.math import apply
from lazydag.errors import TargetError

CONSTANT = "define i64 @kernel() {{\n  ret i64 {}\n}}\n"


def run(address: int) -> int:
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(address)())


def chain(count: int, seed: int) -> Expr:
    """Expression of `count` operations that has not been compiled before."""
    x, y = arg(0, "f64"), arg(1, "f64")
    value = x
    for i in range(count):
        value = [value + y, fma(value, x, float(seed)), sqrt(value), value / y][i % 4]
    return value


def test_texts_may_use_the_same_names(compiler: Compiler) -> None:
    first, second = (Module(CONSTANT.format(n)) for n in (1, 2))
    assert [run(*compiler.load(m)) for m in (first, second, first)] == [1, 2, 1]
    assert compiler.load(first) == compiler.load(first)


def test_a_module_has_many_entries(compiler: Compiler) -> None:
    one, two = (CONSTANT.format(n).replace("kernel", f"k{n}") for n in (1, 2))
    addresses = compiler.load(Module(one + two, ("k2", "k1")))
    assert [run(a) for a in addresses] == [2, 1]


@pytest.mark.parametrize(("count", "limit"), [(10, 0.005), (1000, 0.050)])
def test_compiling_is_fast(count: int, limit: float, compiler: Compiler) -> None:
    def once(seed: int) -> float:
        start = thread_time()
        compiler.load(probe_module(chain(count, seed), ["f64", "f64"]))
        return thread_time() - start

    once(-1)
    assert median(once(seed) for seed in range(5)) <= limit


def test_reloading_is_fast(tmp_path: Path) -> None:
    modules = [probe_module(chain(10, s), ["f64", "f64"]) for s in range(6)]
    for m in modules:
        Compiler(host(), LIBRARIES, ObjectCache(tmp_path)).object(m)
    fresh = Compiler(host(), LIBRARIES, ObjectCache(tmp_path))
    times = []
    for m in modules:
        start = thread_time()
        fresh.load(m)
        times.append(thread_time() - start)
    assert median(times) <= 0.001


def test_libraries_are_linked_and_may_call_each_other() -> None:
    inner = Function("mine", "twice", ("f64",), "f64")
    outer = Function("mine", "four", ("f64",), "f64")

    def make(wanted: Call) -> Module:
        kind = f"<{wanted.width} x double>"
        if wanted.function is inner:
            text = f"define {kind} @{wanted.symbol}({kind} %x) {{\n"
            text += f"  %y = fadd {kind} %x, %x\n  ret {kind} %y\n}}\n"
            return Module(text, (wanted.symbol,))
        need = Call(inner, wanted.width)
        text = f"declare {kind} @{need.symbol}({kind})\n"
        text += f"define {kind} @{wanted.symbol}({kind} %x) {{\n"
        text += f"  %y = call {kind} @{need.symbol}({kind} %x)\n"
        text += f"  %z = call {kind} @{need.symbol}({kind} %y)\n  ret {kind} %z\n}}\n"
        return Module(text, (wanted.symbol,), frozenset((need,)))

    compiler = Compiler(host(), {**LIBRARIES, "mine": make}, ObjectCache(None))
    x = np.arange(8.0)
    root = call(outer, arg(0, "f64")) + apply("exp", arg(0, "f64") * 0.0)
    np.testing.assert_array_equal(evaluate(root, x, compiler=compiler), 4 * x + 1)


def test_many_threads_compile_and_load(tmp_path: Path) -> None:
    compiler = Compiler(host(), LIBRARIES, ObjectCache(tmp_path))

    def work(n: int) -> int:
        return run(*compiler.load(Module(CONSTANT.format(n % 40))))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(400))) == [n % 40 for n in range(400)]


def test_a_lower_level_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    for target in runnable_levels():
        monkeypatch.setenv("LAZYDAG_CPU", target.cpu)
        assert host.__wrapped__() == target
    monkeypatch.setenv("LAZYDAG_CPU", "pentium")
    with pytest.raises(TargetError, match="'pentium', which this machine does not"):
        host.__wrapped__()


def test_passes_run_where_they_are_asked_for(tmp_path: Path) -> None:
    text = """
define internal i64 @six() {
  ret i64 6
}
define i64 @kernel() {
  %x = call i64 @six()
  %y = mul i64 %x, 7
  ret i64 %y
}
"""
    compiler = Compiler(host(), LIBRARIES, ObjectCache(tmp_path))
    modules = [
        Module(text, is_optimised=is_optimised) for is_optimised in (True, False)
    ]
    assert [run(*compiler.load(m)) for m in modules] == [42, 42]
    assert ["six" in compiler.assembly(m) for m in modules] == [False, True]
    assert len(list(tmp_path.glob("*.o"))) == 2


def test_importing_does_not_import_llvm() -> None:
    code = """
import sys
import lazydag.backends.cpu.objects
assert not {"llvmlite", "numba", "cupy", "mpmath"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_targets_do_not_share_objects(tmp_path: Path) -> None:
    module = probe_module(chain(4, 0), ["f64", "f64"])
    triple = host().triple
    for cpu in ("generic", "native-like"):
        target = CodeTarget(triple, "generic", "" if cpu == "generic" else "+64bit")
        Compiler(target, LIBRARIES, ObjectCache(tmp_path)).object(module)
    assert len(list(tmp_path.glob("*.o"))) == 2
