"""The CPU backend: kernels as native code, everything else as calls of NumPy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar, Final

from lazydag.backends.cpu import reducers, transposer, user_calls, walker
from lazydag.backends.cpu.blocked_kernel import print_blocked
from lazydag.backends.cpu.cache import ObjectCache, default_folder
from lazydag.backends.cpu.column_kernel import print_column
from lazydag.backends.cpu.deferred import DeferredCache
from lazydag.backends.cpu.functions import function_task
from lazydag.backends.cpu.indexed import is_indexed, plan_indexed
from lazydag.backends.cpu.indexed_form import IndexedForm
from lazydag.backends.cpu.indexed_kernel import print_indexed
from lazydag.backends.cpu.map_kernel import print_map
from lazydag.backends.cpu.map_tasks import Plan, plan_map
from lazydag.backends.cpu.module import Library, Module
from lazydag.backends.cpu.objects import LIBRARIES, Compiler
from lazydag.backends.cpu.philox import philox_library
from lazydag.backends.cpu.products import product_task
from lazydag.backends.cpu.program import (
    Form,
    Program,
    by_part,
    program_of,
    structure_of,
)
from lazydag.backends.cpu.reduction_tasks import plan_reduction
from lazydag.backends.cpu.row_kernel import print_row
from lazydag.backends.cpu.space import views_by_part
from lazydag.backends.cpu.target import host
from lazydag.backends.evaluation import evaluation_task
from lazydag.backends.scalar.philox import LIBRARY as PHILOX
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.runtime import Access, CallTask, KernelTask, Mode, View

KERNEL_LIBRARIES: Final[dict[str, Library]] = {
    **LIBRARIES,
    reducers.LIBRARY: reducers.reducer_library,
    transposer.LIBRARY: transposer.transposer_library,
    walker.LIBRARY: walker.walker_library,
    PHILOX: philox_library,
    user_calls.LIBRARY: user_calls.user_library,
}
"""What kernels may call: elementary functions, reductions, people's functions."""
LAST_LEVEL_CACHE_NBYTES: Final = 32 << 20
PRINTERS: Final = {
    "map": print_map,
    "blocked": print_blocked,
    "row": print_row,
    "column": print_column,
}


@dataclass(slots=True)
class CpuBackend:
    """Native kernels, kept in memory by form.

    Parameters
    ----------
    last_level_cache_nbytes
        Outputs larger than this bypass the caches.
    compiler
        Compiles and loads; the process's own if not given.
    threads
        How many share a call of NumPy.
    """

    last_level_cache_nbytes: int = LAST_LEVEL_CACHE_NBYTES
    compiler: Compiler | None = None
    threads: int = 1
    name: str = "cpu"
    runs_programs: ClassVar[bool] = True
    _kernels: dict[Form, tuple[int, Mapping[int, str]]] = field(default_factory=dict)
    _indexed: dict[IndexedForm, int] = field(default_factory=dict)

    def lower_kernel(
        self,
        name: str,
        body: Graph,
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],
        *,
        source: SourceLine | None = None,
        seconds: float = 0.0,
    ) -> KernelTask | CallTask:
        """Return the task that computes a kernel; see `Backend.lower_kernel`."""
        structure = structure_of(body)
        is_empty = any(0 in v.shape for v in (*inputs, *outputs))
        if is_indexed(body) and not is_empty:
            return self._lower_indexed(
                name, body, inputs, outputs, tile, source, seconds
            )
        if structure.needs_call or is_empty:
            call = (name, body, inputs, outputs, source, seconds)
            product = None if is_empty else product_task(*call)
            shared = product or function_task(*call, self.threads)
            return shared or evaluation_task(*call)
        plan = self._plan(
            structure.number,
            by_part(body.outputs),
            views_by_part(inputs),
            views_by_part(outputs),
            tile,
        )
        address, meanings = self._compiled(plan.form, body)
        accesses = [Access(v.slot, Mode.IN, *v.span()) for v in inputs]
        accesses += [Access(v.slot, Mode.OUT, *v.span()) for v in outputs]
        return KernelTask(
            name,
            address,
            plan.blocks,
            tuple(accesses),
            source,
            seconds,
            meanings=meanings,
            owner=self,
        )

    def _lower_indexed(
        self,
        name: str,
        body: Graph,
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],
        source: SourceLine | None,
        seconds: float,
    ) -> KernelTask:
        """Return the task of a gather or a scatter."""
        plan = plan_indexed(body, inputs, outputs, tile)
        address = self._indexed.get(plan.form)
        if address is None:
            compiler = self.compiler or kernel_compiler()
            (address,) = compiler.load(print_indexed(plan.form))
            self._indexed[plan.form] = address
        written = plan.written
        accesses = [Access(v.slot, Mode.IN, *v.span()) for v in plan.read]
        mode = Mode.OUT if plan.form.how == "gather" else Mode.INOUT
        accesses.append(Access(written.slot, mode, *written.span()))
        return KernelTask(
            name,
            address,
            plan.blocks,
            tuple(accesses),
            source,
            seconds,
            error=plan.error,
            owner=self,
        )

    def _plan(
        self,
        structure: int,
        results: Sequence[Node],
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],
    ) -> Plan:
        maps = [
            view
            for view, node in zip(outputs, results, strict=True)
            if node.op.kind is not Kind.REDUCTION
        ]
        # What is written where it was read is in the caches.
        read = {(view.slot, *view.span()) for view in inputs}
        spans = [(view.slot, *view.span()) for view in maps]
        nbytes = [each[2] - each[1] for each in spans if each not in read]
        streams = max(nbytes, default=0) > self.last_level_cache_nbytes
        if len(maps) < len(outputs):
            return plan_reduction(
                structure, results, inputs, outputs, tile, streams=streams
            )
        return plan_map(structure, inputs, outputs, tile, streams=streams)

    def _compiled(self, form: Form, body: Graph) -> tuple[int, Mapping[int, str]]:
        """Return a kernel's address, and what its failure codes mean."""
        known = self._kernels.get(form)
        if known is None:
            compiler = self.compiler or kernel_compiler()
            module = print_kernel(form, program_of(body))
            known = compiler.load(module)[0], user_calls.meanings(module.calls)
            self._kernels[form] = known
        return known


@cache
def kernel_compiler() -> Compiler:
    """Return the process's compiler of kernels: this machine, the user's cache."""
    return Compiler(
        host(), KERNEL_LIBRARIES, DeferredCache(ObjectCache(default_folder()))
    )


def print_kernel(form: Form, program: Program) -> Module:
    """Return the text of a kernel of any form."""
    return PRINTERS[form.kind](form, program)
