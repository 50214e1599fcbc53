"""What `lazydag.cost.calibrate` times on GPUs, by way of CuPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from lazydag.backends.cuda.cupy_device import cupy_library

# Chains of dependent steps, enough to hide the latency of an instruction. Compilers
# must not see that nothing comes of them: cells are zero, which makes no 77.
_STEPS: Final = """
extern "C" __global__ void steps({type}* cell, long long rounds) {{
  {type} x = cell[0], a[8];
  for (int c = 0; c < 8; ++c) a[c] = x + ({type})c;
  for (long long i = 0; i < rounds; ++i)
    #pragma unroll
    for (int c = 0; c < 8; ++c) a[c] = ({type})((({type})(a[c] {first} x)) {second} x);
  for (int c = 1; c < 8; ++c) a[0] = ({type})(a[0] {second} a[c]);
  if (a[0] == ({type})77) cell[threadIdx.x] = a[0];
}}
"""
_NOTHING: Final = 'extern "C" __global__ void nothing() {}'
# By dtype: the type in CUDA C, and the two instructions of a step.
_TYPES: Final = {
    "f64": ("double", "*", "+"),
    "f32": ("float", "*", "+"),
    "i64": ("long long", "+", "^"),
    "i32": ("int", "+", "^"),
    "i16": ("short", "+", "^"),
    "i8": ("signed char", "+", "^"),
    "bool": ("signed char", "+", "^"),
}
# Multiplications and additions stay apart, as in kernels of plans.
_OPTIONS: Final = ("--fmad=false",)
_CHAINS: Final = 8
_THREADS: Final = 256
_BLOCKS_EACH: Final = 8
_ROUNDS: Final = 4000
_LAUNCHES: Final = 1000
_ORDER: Final = 4096
_TIMES: Final = 5

Enqueue = Callable[[Any], None]
"""Puts work on a stream."""


@dataclass(slots=True)
class CupyProbes:
    """Times the GPUs of this machine; see `lazydag.cost.probes.GpuProbes`.

    Raises
    ------
    MissingLibraryError
        If CuPy is not there.
    """

    dtypes: tuple[str, ...] = tuple(_TYPES)
    _cupy: Any = field(default_factory=cupy_library)

    def launch_seconds(self, gpu: int) -> float:
        """Return the time from one launch to the next."""
        nothing = self._cupy.RawKernel(_NOTHING, "nothing")

        def launches(_stream: Any) -> None:
            for _ in range(_LAUNCHES):
                nothing((1,), (1,), ())

        return self._seconds(gpu, launches) / _LAUNCHES

    def copy_seconds(self, gpu: int, nbytes: int) -> float:
        """Return how long bytes take from one place to another in a GPU's memory."""
        with self._cupy.cuda.Device(gpu):
            source, target = (self._cupy.cuda.alloc(nbytes) for _ in range(2))
        return self._copy(gpu, target.ptr, source.ptr, nbytes)

    def transfer_seconds(self, src: int | None, dst: int | None, nbytes: int) -> float:
        """Return how long bytes take between memories; None is the host's, pinned."""
        on = dst if src is None else src
        assert on is not None
        if src is not None and dst is not None:
            self._reach(src, dst)
        source, target = self._memory(src, nbytes), self._memory(dst, nbytes)
        return self._copy(on, target.ptr, source.ptr, nbytes)

    def operations_per_s(self, gpu: int, dtype: str) -> float:
        """Return how many operations on numbers all threads do."""
        kind, first, second = _TYPES[dtype]
        code = _STEPS.format(type=kind, first=first, second=second)
        kernel = self._cupy.RawKernel(code, "steps", options=_OPTIONS)
        with self._cupy.cuda.Device(gpu) as device:
            blocks = _BLOCKS_EACH * int(device.attributes["MultiProcessorCount"])
            cell = self._cupy.zeros(_THREADS, "i8")

        def steps(_stream: Any) -> None:
            kernel((blocks,), (_THREADS,), (cell, _ROUNDS))

        done = 2.0 * _CHAINS * _ROUNDS * _THREADS * blocks
        return done / self._seconds(gpu, steps)

    def products_per_s(self, gpu: int, dtype: str) -> float:
        """Return how many of them cuBLAS does in products of large matrices."""
        with self._cupy.cuda.Device(gpu):
            matrix = self._cupy.ones((_ORDER, _ORDER), f"f{int(dtype[1:]) // 8}")
            out = self._cupy.empty_like(matrix)

        def product(_stream: Any) -> None:
            self._cupy.matmul(matrix, matrix, out=out)

        return 2.0 * _ORDER**3 / self._seconds(gpu, product)

    def _memory(self, gpu: int | None, nbytes: int) -> Any:
        if gpu is None:
            return self._cupy.cuda.alloc_pinned_memory(nbytes)
        with self._cupy.cuda.Device(gpu):
            return self._cupy.cuda.alloc(nbytes)

    def _copy(self, gpu: int, target: int, source: int, nbytes: int) -> float:
        runtime = self._cupy.cuda.runtime

        def copy(stream: Any) -> None:
            kind = runtime.memcpyDefault
            runtime.memcpyAsync(target, source, nbytes, kind, stream.ptr)

        return self._seconds(gpu, copy)

    def _reach(self, gpu: int, other: int) -> None:
        runtime = self._cupy.cuda.runtime
        with self._cupy.cuda.Device(gpu), suppress(runtime.CUDARuntimeError):
            runtime.deviceEnablePeerAccess(other)  # fails if it was enabled before

    def _seconds(self, gpu: int, enqueue: Enqueue) -> float:
        """Return the shortest of some times that work takes on a stream."""
        with self._on(gpu) as stream:
            enqueue(stream)  # compiles, touches memory
            return min(self._once(stream, enqueue) for _ in range(_TIMES))

    def _once(self, stream: Any, enqueue: Enqueue) -> float:
        cuda = self._cupy.cuda
        start, end = cuda.Event(), cuda.Event()
        start.record(stream)
        enqueue(stream)
        end.record(stream)
        end.synchronize()
        return float(cuda.get_elapsed_time(start, end)) / 1e3

    @contextmanager
    def _on(self, gpu: int) -> Iterator[Any]:
        with (
            self._cupy.cuda.Device(gpu),
            self._cupy.cuda.Stream(non_blocking=True) as stream,
        ):
            yield stream
