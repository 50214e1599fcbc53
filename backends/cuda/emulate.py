"""Grids of threads on a processor: for tests where there is no GPU."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.backends.cpu.cache import ObjectCache, default_folder
from lazydag.backends.cpu.deferred import DeferredCache
from lazydag.backends.cpu.objects import Compiler
from lazydag.backends.cpu.program import program_of, structure_of
from lazydag.backends.cpu.space import views_by_part
from lazydag.backends.cpu.target import host
from lazydag.backends.cuda.libraries import LIBRARIES
from lazydag.backends.cuda.maps import plan_map
from lazydag.backends.cuda.thread import ThreadForm, ThreadKernel, print_map
from lazydag.backends.evaluation import call_arguments, evaluation_task
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.ir.node import is_fusable
from lazydag.ir.ops import Kind
from lazydag.runtime import CallTask, View, address_of

Array: TypeAlias = NDArray[Any]
Grid: TypeAlias = Callable[[int, int], None]

THREADS: Final = 96
"""Of a grid: a few of them, so that each has several elements."""

_ENTRY: Final = "grid"

_LOOP: Final = f"""
define void @{_ENTRY}(ptr %words, i64 %threads) {{
entry:
  br label %head
head:
  %thread = phi i64 [0, %entry], [%next, %body]
  %more = icmp slt i64 %thread, %threads
  br i1 %more, label %body, label %done
body:
  call void @thread(i64 %thread, i64 %threads, ptr %words)
  %next = add i64 %thread, 1
  br label %head
done:
  ret void
}}
"""


@dataclass(frozen=True, slots=True)
class EmulatedBackend:
    """Runs the threads of each grid one after the other, on this machine."""

    name: str = "cuda-emulated"
    runs_programs: ClassVar[bool] = False

    def lower_kernel(
        self,
        name: str,
        body: Graph,
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],  # noqa: ARG002 -- a grid is what a GPU has instead
        *,
        source: SourceLine | None = None,
        seconds: float = 0.0,
    ) -> CallTask:
        """Return the task that computes a kernel; see `Backend.lower_kernel`."""
        if not _is_map(body):
            return evaluation_task(name, body, inputs, outputs, source, seconds)
        plan = plan_map(
            structure_of(body).number, views_by_part(inputs), views_by_part(outputs)
        )
        grid = _grid(plan.form, body)

        def launch(*arrays: Array) -> None:
            if not all(array.size for array in arrays[len(inputs) :]):
                return
            words = plan.words([at for array in arrays for at in _addresses(array)])
            grid(address_of(words), THREADS)

        return CallTask(name, launch, call_arguments(inputs, outputs), source, seconds)


def _is_map(body: Graph) -> bool:
    has_calls = any(node.op.name == "call" for node in body.nodes())
    is_elementwise = all(out.op.kind is Kind.ELEMENTWISE for out in body.outputs)
    return is_elementwise and not has_calls and all(map(is_fusable, body.outputs))


def _addresses(array: Array) -> list[int]:
    """Return where an array begins, the complex ones with both of their parts."""
    first = address_of(array)
    if array.dtype.kind != "c":
        return [first]
    return [first, first + array.dtype.itemsize // 2]


_grids: dict[ThreadForm, Grid] = {}


def _grid(form: ThreadForm, body: Graph) -> Grid:
    known = _grids.get(form)
    if known is None:
        kernel = print_map(form, program_of(body))
        prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
        known = _grids[form] = prototype(grid_address(kernel))
    return known


def grid_address(kernel: ThreadKernel) -> int:
    """Return the address of ``void grid(const int64 *words, int64 threads)``.

    It runs all threads of a grid.
    """
    text = kernel.module.text.replace(
        "define void @thread", "define internal void @thread"
    )
    module = replace(kernel.module, text=text + _LOOP, entries=(_ENTRY,), level=1)
    (address,) = _compiler().load(module)
    return address


@cache
def _compiler() -> Compiler:
    return Compiler(host(), LIBRARIES, DeferredCache(ObjectCache(default_folder())))
