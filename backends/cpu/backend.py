"""The CPU backend: kernels as native code, everything else as calls of NumPy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.map_kernel import print_map
from lazydag.backends.cpu.map_tasks import Plan, plan_map
from lazydag.backends.cpu.objects import Compiler, Module, default_compiler
from lazydag.backends.cpu.program import Form, Program, program_of, structure_of
from lazydag.backends.evaluation import evaluation_task
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.runtime import Access, CallTask, KernelTask, Mode, View

LAST_LEVEL_CACHE_NBYTES: Final = 32 << 20
PRINTERS: Final = {"map": print_map}


@dataclass(slots=True)
class CpuBackend:
    """Native kernels, kept in memory by form.

    Parameters
    ----------
    last_level_cache_nbytes
        Outputs larger than this bypass the caches.
    compiler
        Compiles and loads; the process's own if not given.
    """

    last_level_cache_nbytes: int = LAST_LEVEL_CACHE_NBYTES
    compiler: Compiler | None = None
    name: str = "cpu"
    _kernels: dict[Form, int] = field(default_factory=dict)

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
        if structure.needs_call or any(0 in v.shape for v in (*inputs, *outputs)):
            return evaluation_task(name, body, inputs, outputs, source, seconds)
        plan = self._plan(structure.number, inputs, outputs, tile)
        accesses = [Access(v.slot, Mode.IN, *v.span()) for v in inputs]
        accesses += [Access(v.slot, Mode.OUT, *v.span()) for v in outputs]
        return KernelTask(
            name,
            self._address(plan.form, body),
            plan.blocks,
            tuple(accesses),
            source,
            seconds,
            owner=self,
        )

    def _plan(
        self,
        structure: int,
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],
    ) -> Plan:
        spans = [v.span() for v in outputs]
        streams = any(b - a > self.last_level_cache_nbytes for a, b in spans)
        return plan_map(structure, inputs, outputs, tile, streams=streams)

    def _address(self, form: Form, body: Graph) -> int:
        known = self._kernels.get(form)
        if known is None:
            compiler = self.compiler or default_compiler()
            module = print_kernel(form, program_of(body))
            known = self._kernels[form] = compiler.load(module)[0]
        return known


def print_kernel(form: Form, program: Program) -> Module:
    """Return the text of a kernel of any form."""
    return PRINTERS[form.kind](form, program)
