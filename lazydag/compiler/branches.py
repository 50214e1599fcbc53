"""Branches as they run: one of several frozen graphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lazydag.compiler.bodies import BodyPlan
from lazydag.compiler.operands import Array, Bases, Operands
from lazydag.compiler.session import session
from lazydag.runtime import address_of


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A branch, to be called with the arrays of its inputs and wanted results."""

    plans: Sequence[BodyPlan]
    operands: Operands

    @property
    def nbytes(self) -> int:
        """What a run allocates at most."""
        return max(plan.nbytes for plan in self.plans)

    @property
    def uses_blas(self) -> bool:
        """Whether tasks of a branch call BLAS."""
        return any(plan.uses_blas for plan in self.plans)

    def __call__(self, *arrays: Array) -> None:
        """Run one of the bodies, which all give the wanted results alone."""
        (index, *sources), results = self.operands.apart(arrays)
        plan = self.plans[min(max(int(index), 0), len(self.plans) - 1)]
        bases = Bases(plan, [0] * len(plan.task_graph.slots))
        for slot, array in enumerate(sources):
            bases.bind(slot, array)
        first: dict[int, Array] = {}
        for slot, result in zip(plan.outputs, results.values(), strict=True):
            if slot not in first:
                first[slot] = result
                bases.addresses[slot] = address_of(result)
        for slot, nbytes in plan.own.items():
            if slot not in first:
                bases.lease(slot, nbytes)
        session().executor.run(plan.task_graph, list(bases.addresses))
        for slot, result in zip(plan.outputs, results.values(), strict=True):
            if result is not first[slot]:
                result[...] = first[slot]
