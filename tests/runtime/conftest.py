"""Native kernels for the tests of the runtime, and executors over both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.engine import load_engine
from lazydag.backends.cpu.objects import Compiler, Module
from lazydag.backends.cpu.target import host
from lazydag.runtime import Access, Executor, KernelTask, Mode, Role, Slot, TaskGraph
from lazydag.runtime.engines import PYTHON, Engine

# Each kernel is int32 kernel(const int64 *block, void *const *bases).
KERNELS = """
define i32 @nothing(ptr %block, ptr %bases) {
  ret i32 0
}

; block: code
define i32 @fail(ptr %block, ptr %bases) {
  %code = load i64, ptr %block
  %r = trunc i64 %code to i32
  ret i32 %r
}

; block: rounds
define i32 @spin(ptr %block, ptr %bases) {
entry:
  %n = load i64, ptr %block
  %cell = alloca i64
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  store volatile i64 %i, ptr %cell
  %i1 = add i64 %i, 1
  %on = icmp slt i64 %i1, %n
  br i1 %on, label %loop, label %done
done:
  ret i32 0
}

; block: to, from, byte offset, count.  to[i] = 3 * from[i] + to[i] + 1
define i32 @mix(ptr %block, ptr %bases) {
entry:
  %to = load i64, ptr %block
  %p1 = getelementptr i64, ptr %block, i64 1
  %from = load i64, ptr %p1
  %p2 = getelementptr i64, ptr %block, i64 2
  %offset = load i64, ptr %p2
  %p3 = getelementptr i64, ptr %block, i64 3
  %n = load i64, ptr %p3
  %pt = getelementptr ptr, ptr %bases, i64 %to
  %bt = load ptr, ptr %pt
  %t = getelementptr i8, ptr %bt, i64 %offset
  %pf = getelementptr ptr, ptr %bases, i64 %from
  %bf = load ptr, ptr %pf
  %f = getelementptr i8, ptr %bf, i64 %offset
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %i1, %loop ]
  %x = getelementptr i64, ptr %f, i64 %i
  %y = getelementptr i64, ptr %t, i64 %i
  %a = load i64, ptr %x
  %b = load i64, ptr %y
  %a3 = mul i64 %a, 3
  %s = add i64 %a3, %b
  %s1 = add i64 %s, 1
  store i64 %s1, ptr %y
  %i1 = add i64 %i, 1
  %on = icmp slt i64 %i1, %n
  br i1 %on, label %loop, label %done
done:
  ret i32 0
}
"""
NAMES = ("nothing", "fail", "spin", "mix")


@dataclass(frozen=True)
class Native:
    """Addresses of the test kernels, the engine, and what keeps them loaded."""

    compiler: Compiler
    kernels: dict[str, int]
    engine: Engine

    def task(self, name, blocks, accesses=(), **options) -> KernelTask:
        blocks = np.atleast_2d(np.ascontiguousarray(blocks, np.int64))
        return KernelTask(name, self.kernels[name], blocks, tuple(accesses), **options)

    def mix(self, to, source, count, ntiles=1, **options) -> KernelTask:
        """One task ``to = 3 * source + to + 1`` over `count` words in tiles."""
        bounds = np.linspace(0, count, ntiles + 1).astype(np.int64)
        blocks = np.empty((ntiles, 4), np.int64)
        blocks[:, 0], blocks[:, 1] = to, source
        blocks[:, 2], blocks[:, 3] = 8 * bounds[:-1], np.diff(bounds)
        accesses = (Access(source, Mode.IN), Access(to, Mode.INOUT))
        return self.task("mix", blocks, accesses, **options)

    def graph(self, *tasks, slots=1, nbytes=8, role=Role.PARAM) -> TaskGraph:
        return TaskGraph((Slot(nbytes, role),) * slots, tasks)


@pytest.fixture(scope="session")
def native(tmp_path_factory) -> Native:
    folder = tmp_path_factory.mktemp("objects")
    compiler = Compiler(host(), {}, ObjectCache(folder))
    addresses = compiler.load(Module(KERNELS, NAMES))
    kernels = dict(zip(NAMES, addresses, strict=True))
    return Native(compiler, kernels, load_engine(compiler.objects))


@pytest.fixture(params=["native", "reference"])
def executor(request, native) -> Iterator[Callable[..., Executor]]:
    """Make executors with `threads`, over the engine of the test's parameter."""
    made: list[Executor] = []

    def make(threads=2, **options) -> Executor:
        engine = native.engine if request.param == "native" else PYTHON
        made.append(Executor(threads, engine, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()
