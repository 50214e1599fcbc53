"""The physical limits: memory bandwidth, and the rate of matrix products.

Bandwidth is what STREAM's copy and triad reach here. Both are measured with ordinary
stores and with non-temporal ones, which spare the read of the lines to be written.
Bytes are counted as STREAM counts them: what the program reads plus what it writes.
Operations of a product are counted as 2 n^3.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import timed

Array = NDArray[np.float64]

LOOP = """
define void @{name}(ptr %to, ptr %x, ptr %y, i64 %n) {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %px = getelementptr double, ptr %x, i64 %i
  %vx = load <8 x double>, ptr %px, align 64
  {body}
  %pt = getelementptr double, ptr %to, i64 %i
  store <8 x double> %v, ptr %pt, align 64{mark}
  %next = add i64 %i, 8
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret void
}}
"""
THREE = ", ".join(["double 3.0"] * 8)
TRIAD = f"""%py = getelementptr double, ptr %y, i64 %i
  %vy = load <8 x double>, ptr %py, align 64
  %m = fmul <8 x double> %vy, <{THREE}>
  %v = fadd <8 x double> %vx, %m"""
COPY = "%v = bitcast <8 x double> %vx to <8 x double>"
# name -> (body, arrays moved)
PATTERNS = {"copy": (COPY, 2), "triad": (TRIAD, 3)}
STORES = {"": "", "_nt": ", !nontemporal !0"}


def aligned(n: int) -> Array:
    """Return n zeros, their pages touched, aligned to a cache line."""
    raw = np.zeros(n * 8 + 64, np.uint8)
    raw[::4096] = 0
    start = -raw.ctypes.data % 64
    return raw[start : start + n * 8].view(np.float64)


def compile_loops() -> tuple[object, dict[str, int]]:
    """Return the engine that holds the loops, and their addresses by name."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    text = "!0 = !{i32 1}\n"
    names = [(p, s) for p in PATTERNS for s in STORES]
    for pattern, store in names:
        body, mark = PATTERNS[pattern][0], STORES[store]
        text += LOOP.format(name=pattern + store, body=body, mark=mark)
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=2,
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), machine)
    engine.finalize_object()
    return engine, {p + s: engine.get_function_address(p + s) for p, s in names}


class Stream:
    """STREAM's loops over arrays of `n` doubles, on a number of threads."""

    def __init__(self, n: int, threads: int) -> None:
        self.arrays = [aligned(n) for _ in range(3)]
        self.pool = ThreadPoolExecutor(threads)
        step = -(-n // threads // 8) * 8
        self.spans = [(i, min(step, n - i)) for i in range(0, n, step)]
        self.engine, addresses = compile_loops()
        kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 4)
        self.loops = {name: kernel(at) for name, at in addresses.items()}
        self.name = min(self.loops, key=self.seconds_per_byte)

    def run(self, name: str) -> None:
        """Run one loop over the whole arrays."""
        loop, bases = self.loops[name], [a.ctypes.data for a in self.arrays]
        jobs = [
            self.pool.submit(loop, *(base + 8 * start for base in bases), count)
            for start, count in self.spans
        ]
        for job in jobs:
            job.result()

    def nbytes(self, name: str) -> int:
        """Return what one run of a loop moves."""
        return PATTERNS[name.removesuffix("_nt")][1] * self.arrays[0].nbytes

    def seconds_per_byte(self, name: str) -> float:
        """Return the best of a few runs."""
        best = min(timed(lambda: self.run(name), 1) for _ in range(5))
        return best / self.nbytes(name)

    @property
    def bytes_per_s(self) -> float:
        """The bandwidth of the fastest loop."""
        return 1 / self.seconds_per_byte(self.name)

    def contender(self) -> Callable[[], None]:
        """Return the fastest loop as a contender for a race."""
        return lambda: self.run(self.name)


def show_limit(nbytes: int, bytes_per_s: float) -> str:
    """Return the least time that moving `nbytes` can take."""
    ms, gb = 1e3 * nbytes / bytes_per_s, bytes_per_s / 1e9
    return f"{ms:.1f} ms ({nbytes / 1e6:.0f} MB at {gb:.0f} GB/s)"


class Product:
    """One product of square matrices by SciPy's BLAS, on all of its threads."""

    def __init__(self, n: int = 2048) -> None:
        from lazydag.tiles import gemm

        self.flops = 2.0 * n**3
        random = np.random.default_rng(0)
        a, b = (np.asfortranarray(random.random((n, n))) for _ in range(2))
        c = np.zeros_like(a)
        self.run: Callable[[], None] = lambda: gemm(a, b, c, beta=0.0)

    @property
    def flops_per_s(self) -> float:
        """The rate of the fastest of a few products."""
        self.run()
        return self.flops / min(timed(self.run, 1) for _ in range(5))
