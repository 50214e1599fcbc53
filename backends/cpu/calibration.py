"""Native kernels for `lazydag.cost.calibrate` to time.

They do what fused kernels do: vector code, plain or non-temporal stores, and no fused
multiply-adds. NumPy's loops would measure NumPy.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator

import numpy as np

from lazydag.backends.cpu.engine import default_engine
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.objects import Compiler, default_compiler
from lazydag.cost.probes import Array, Combine, Piece, Probes
from lazydag.runtime import Executor, KernelTask, TaskGraph

_COMBINE = """
define void @{name}(ptr %a, ptr %b, ptr %out, i64 %n) {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %pa = getelementptr double, ptr %a, i64 %i
  %pb = getelementptr double, ptr %b, i64 %i
  %po = getelementptr double, ptr %out, i64 %i
  %x = load <8 x double>, ptr %pa, align 8
  %y = load <8 x double>, ptr %pb, align 8
  %z = fadd <8 x double> %x, %y
  store <8 x double> %z, ptr %po, align {align}
  %next = add i64 %i, 8
  %on = icmp slt i64 %next, %n
  br i1 %on, label %loop, label %done
done:
  ret void
}}
"""
_NOTHING = """
define i32 @nothing(ptr %block, ptr %bases) {
  ret i32 0
}
"""
# By dtype: LLVM's type, the two instructions of a step.
_STEPS = {
    "f64": ("double", "fmul", "fadd"),
    "f32": ("float", "fmul", "fadd"),
    "i64": ("i64", "add", "xor"),
    "i32": ("i32", "add", "xor"),
    "i16": ("i16", "add", "xor"),
    "i8": ("i8", "add", "xor"),
    "bool": ("i8", "and", "xor"),
}
_VECTOR_NBYTES = 64
# Enough independent chains to hide the latency of an instruction.
_CHAINS = 8
_ROUNDS = 20_000
_TILES = 20_000


def native_probes(compiler: Compiler | None = None) -> Probes:
    """Return what to time on this machine, compiled.

    Examples
    --------
    >>> from lazydag.cost.calibrate import calibrate
    >>> calibrate(native_probes(), seconds=0.1).default.kind
    'cpu'
    """
    used = default_compiler() if compiler is None else compiler
    return Probes(
        combine=_combining(used, "combine", 8),
        stream=_combining(used, "stream", 64),
        arithmetic={dtype: _stepping(used, dtype) for dtype in _STEPS},
        task_overhead_seconds=lambda: _tile_seconds(used),
    )


def _combining(compiler: Compiler, name: str, align: int) -> Combine:
    text = _COMBINE.format(
        name=name, align="64, !nontemporal !0" if align == 64 else align
    )
    if align == 64:
        text += "!0 = !{i32 1}\n"
    (address,) = compiler.load(Module(text, (name,)))
    pointers = [ctypes.c_void_p] * 3
    kernel = ctypes.CFUNCTYPE(None, *pointers, ctypes.c_int64)(address)

    def combine(first: Array, second: Array, out: Array) -> None:
        skip = (-out.ctypes.data % _VECTOR_NBYTES) // 8
        count = (out.size - skip) // 8 * 8
        kernel(*(each.ctypes.data + 8 * skip for each in (first, second, out)), count)

    return combine


def _stepping(compiler: Compiler, dtype: str) -> Piece:
    scalar, *instructions = _STEPS[dtype]
    lanes = _VECTOR_NBYTES // max(1, int(dtype[1:]) // 8 if dtype != "bool" else 1)
    text = "\n".join(_steps(f"<{lanes} x {scalar}>", scalar, instructions))
    (address,) = compiler.load(Module(text, ("step",)))
    kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(address)
    # Zeros stay zeros: no denormals, no infinities on the way.
    cell = np.zeros(2 * _VECTOR_NBYTES, np.uint8)
    start = cell.ctypes.data + -cell.ctypes.data % _VECTOR_NBYTES

    def piece() -> float:
        kernel(start, _ROUNDS)
        return float(_ROUNDS * _CHAINS * len(instructions) * lanes)

    return piece


def _steps(vector: str, scalar: str, instructions: list[str]) -> Iterator[str]:
    """Yield a loop over chains of two instructions each, kept in registers."""
    yield "define void @step(ptr %cell, i64 %n) {"
    yield f"entry:\n  %x = load {vector}, ptr %cell, align 64\n  br label %loop"
    yield "loop:\n  %i = phi i64 [ 0, %entry ], [ %next, %loop ]"
    chains = range(_CHAINS)
    for c in chains:
        yield f"  %a{c} = phi {vector} [ %x, %entry ], [ %c{c}, %loop ]"
    for c in chains:
        yield f"  %b{c} = {instructions[0]} {vector} %a{c}, %x"
    for c in chains:
        yield f"  %c{c} = {instructions[1]} {vector} %b{c}, %x"
    yield "  %next = add i64 %i, 1\n  %on = icmp slt i64 %next, %n"
    yield "  br i1 %on, label %loop, label %done\ndone:"
    join = "fadd" if scalar in {"double", "float"} else "xor"
    yield f"  %s0 = {join} {vector} %c0, %x"
    for c in chains[1:]:
        yield f"  %s{c} = {join} {vector} %s{c - 1}, %c{c}"
    yield f"  store {vector} %s{_CHAINS - 1}, ptr %cell, align 64\n  ret void\n}}"


def _tile_seconds(compiler: Compiler) -> float:
    """Return the time from one tile to the next, on one worker."""
    (address,) = compiler.load(Module(_NOTHING, ("nothing",)))
    task = KernelTask("nothing", address, np.zeros((_TILES, 1), np.int64), ())
    graph = TaskGraph((), (task,))
    executor = Executor(1, default_engine())
    return min(_timed(lambda: executor.run(graph, [])) for _ in range(20)) / _TILES


def _timed(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
