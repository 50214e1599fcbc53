"""Grids of threads on a processor: for tests where there is no GPU."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.cache import ObjectCache, default_folder
from lazydag.backends.cpu.deferred import DeferredCache
from lazydag.backends.cpu.objects import Compiler
from lazydag.backends.cpu.target import host
from lazydag.backends.cuda.grid import THREADS, GridKernel
from lazydag.backends.cuda.grids import Form, is_grid, plan_grids, print_form
from lazydag.backends.cuda.libraries import LIBRARIES
from lazydag.backends.evaluation import call_arguments, evaluation_task
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.runtime import CallTask, View, address_of

Array: TypeAlias = NDArray[Any]
Grid: TypeAlias = Callable[[int], None]

_ENTRY: Final = "grid"

_HEAD: Final = f"define void @{_ENTRY}(ptr %words) {{{{"

_ITEMS: Final = """
entry:
  %shared = alloca [{shared} x i8], align 64
  %at = getelementptr i64, ptr %words, i64 {word}
  %items = load i64, ptr %at, align 8
  br label %head
head:
  %item = phi i64 [0, %entry], [%next, %done{last}]
  %more = icmp slt i64 %item, %items
  br i1 %more, label %done0, label %end
end:
  ret void
done{last}:
  %next = add i64 %item, 1
  br label %head
"""

_PHASE: Final = """
done{number}:
  br label %head{number}
head{number}:
  %t{number} = phi i64 [0, %done{number}], [%n{number}, %body{number}]
  %m{number} = icmp slt i64 %t{number}, {threads}
  br i1 %m{number}, label %body{number}, label %done{following}
body{number}:
  %turn{number} = add i64 %item, {number}
  %odd{number} = and i64 %turn{number}, 1
  %last{number} = mul i64 %odd{number}, {last}
  %thread{number} = xor i64 %t{number}, %last{number}
  call void @phase{number}(i64 %thread{number}, i64 %item, ptr %words, ptr %shared)
  %n{number} = add i64 %t{number}, 1
  br label %head{number}
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
        if not is_grid(body):
            return evaluation_task(name, body, inputs, outputs, source, seconds)
        arguments = call_arguments(inputs, outputs)
        # Slots are numbers of arguments, whose first elements are at their addresses.
        views = [replace(v, slot=k, offset=0) for k, v in enumerate(arguments)]
        plans = plan_grids(body, views[: len(inputs)], views[len(inputs) :])
        grids = [_grid(plan.form, body) for plan in plans]

        def launch(*arrays: Array) -> None:
            for plan, grid in zip(plans, grids, strict=True):
                words = plan.words(
                    [address_of(arrays[view.slot]) + view.offset for view in plan.views]
                )
                failed = np.zeros(1, np.int32)
                if plan.error is not None:
                    words[plan.failed] = address_of(failed)
                grid(address_of(words))
                if plan.error is not None and failed[0]:
                    raise plan.error(int(failed[0]))

        return CallTask(name, launch, arguments, source, seconds)


_grids: dict[Form, Grid] = {}


def _grid(form: Form, body: Graph) -> Grid:
    known = _grids.get(form)
    if known is None:
        kernel = print_form(form, body)
        prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
        known = _grids[form] = prototype(grid_address(kernel))
    return known


def grid_address(kernel: GridKernel) -> int:
    """Return the address of ``void grid(const int64 *words)``.

    It runs all threads, phase by phase, in turn from the first and from the last: none
    may need what another does in the same phase.
    """
    items = _ITEMS.format(
        shared=max(1, kernel.shared_nbytes), word=kernel.items_word, last=kernel.phases
    )
    phases = [
        _PHASE.format(number=k, following=k + 1, threads=THREADS, last=THREADS - 1)
        for k in range(kernel.phases)
    ]
    entry = "".join((_HEAD.format(), items, *phases, "}"))
    text = kernel.module.text.replace("define void", "define internal void")
    module = replace(kernel.module, text=text + entry, entries=(_ENTRY,), level=1)
    (address,) = _compiler().load(module)
    return address


@cache
def _compiler() -> Compiler:
    return Compiler(host(), LIBRARIES, DeferredCache(ObjectCache(default_folder())))
