"""Plans: a graph made ready for arguments of certain layouts, to be run many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blas import single_threaded_blas
from lazydag.compiler.binding import Need, far_argument, far_result, needs
from lazydag.compiler.bodies import inner_nbytes, uses_blas
from lazydag.compiler.devices import device_of
from lazydag.compiler.far import Far
from lazydag.compiler.layout import aligned
from lazydag.compiler.lower import Lowered
from lazydag.compiler.pinning import pin
from lazydag.compiler.session import session
from lazydag.cost.target import Target
from lazydag.errors import UsageError
from lazydag.ir.graph import Graph
from lazydag.ir.node import array_type
from lazydag.passes.memory_plan import MemoryPlan
from lazydag.runtime import (
    Lease,
    MemoryPool,
    Role,
    RunReport,
    TaskGraph,
    address_of,
)
from lazydag.runtime.executor import Addresses, Lines

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.runtime.device_array import DeviceArray, Memory

Array: TypeAlias = NDArray[Any]
#: An array of the host, or of a device.
AnyArray: TypeAlias = "Array | DeviceArray"

_NOTHING = nullcontext()

# Below this peak a run is not checked against the budget beforehand.
_SMALL_NBYTES = 1 << 20


@dataclass(slots=True, eq=False)
class Plan:
    """A graph at every stage, its tasks, and its memory.

    Parameters
    ----------
    graphs : tuple of Graph
        TRACED first, PLACED last.
    lowered : Lowered
        The tasks.
    memory : MemoryPlan
        The slots.
    target : Target
        What it was planned for.
    lowered_into : callable, optional
        Makes the tasks for results that lie in the user's arrays, if they are others.
    """

    graphs: tuple[Graph, ...]
    lowered: Lowered
    memory: MemoryPlan
    target: Target
    pool: MemoryPool
    lowered_into: Callable[[], Lowered] | None = None
    last_report: RunReport | None = None
    _into: Plan | None = None
    _wanted: tuple[tuple[tuple[int, ...], Any], ...] = field(init=False)
    _own: tuple[tuple[int, int], ...] = field(init=False)
    _far: Far | None = field(init=False)
    _spaces: dict[int, str] = field(init=False)
    _outside: frozenset[int] = field(init=False)
    _needs: tuple[Need, ...] = field(init=False)
    _repeated: frozenset[int] = field(init=False)
    # Looked at before each run.
    _peak_nbytes: int = field(init=False)
    _uses_blas: bool = field(init=False)

    def __post_init__(self) -> None:
        slots = self.lowered.task_graph.slots
        params = [array_type(p) for p in self.graphs[0].params]
        self._wanted = tuple((p.sizes, p.dtype) for p in params)
        far, self._spaces = self._far_slots(), self._far_params()
        self._own = tuple(
            (number, slot.nbytes)
            for number, slot in enumerate(slots)
            if slot.role not in {Role.PARAM, Role.HANDLE} and number not in far
        )
        handles = self.lowered.handles
        results = frozenset(view.slot for view in self.lowered.outputs) & far.keys()
        self._outside = results | self._spaces.keys()
        self._needs = needs(far, self.target)
        self._far = Far(far, handles, results) if far or handles.streams else None
        seen: set[int] = set()
        repeated = []
        for position, view in enumerate(self.lowered.outputs):
            if view.slot in seen:
                repeated.append(position)
            seen.add(view.slot)
        self._repeated = frozenset(repeated)
        inside = inner_nbytes(self.lowered.task_graph)
        self._peak_nbytes = sum(nbytes for _, nbytes in self._own) + inside
        self._uses_blas = uses_blas(self.lowered.task_graph)

    def _far_slots(self) -> dict[int, tuple[GpuDevice, int]]:
        """Return the device and the bytes of each slot that is on one."""
        slots, home = self.lowered.task_graph.slots, self.target.default.space
        found = {}
        for number, space in self.lowered.spaces.items():
            is_near = space in {home, ""} or slots[number].role is Role.PARAM
            device = None if is_near else device_of(space)
            if device is not None:
                found[number] = device, slots[number].nbytes
        return found

    def _far_params(self) -> dict[int, str]:
        """Return the spaces of the parameters that are on devices."""
        home, spaces = self.target.default.space, self.lowered.spaces
        each = {slot: spaces.get(slot, "") for slot in range(len(self._wanted))}
        return {slot: space for slot, space in each.items() if space not in {home, ""}}

    @property
    def task_graph(self) -> TaskGraph:
        """The tasks, over slots."""
        return self.lowered.task_graph

    @property
    def peak_nbytes(self) -> int:
        """Bytes that a run allocates at its peak: temporaries and outputs."""
        return self._peak_nbytes

    def run(
        self,
        arrays: Sequence[AnyArray],
        out: Sequence[Array | None] | None = None,
        lines: Lines | None = None,
    ) -> list[AnyArray]:
        """Run on `arrays` and return the outputs.

        Parameters
        ----------
        arrays : sequence of ndarray or DeviceArray
            One for each parameter, of its shape, dtype, planned layout and space.
        out : sequence of ndarray or None, optional
            Where outputs go; must be C-contiguous, aligned, of the output's shape and
            dtype, and must not overlap an argument. None stands for fresh memory;
            outputs that stay on devices are always in that.
        lines : callable, optional
            Which line of the user a task's failure is reported at; by default the one
            that the task was planned for.

        Raises
        ------
        OutOfMemoryError
            If the plan does not fit the memory budget; before anything runs.
        KernelError
            If a kernel failed.
        """
        return self._run(arrays, out, lines)

    def measure(self, arrays: Sequence[AnyArray]) -> list[AnyArray]:
        """Run as `run` does, and keep the times of all tasks in `last_report`."""
        return self._run(arrays, None, None, measured=True)

    def _run(
        self,
        arrays: Sequence[AnyArray],
        out: Sequence[Array | None] | None,
        lines: Lines | None,
        *,
        measured: bool = False,
    ) -> list[AnyArray]:
        if out is not None and self.lowered_into is not None and self._is_far(out):
            if self._into is None:
                parts = self.graphs, self.lowered_into(), self.memory, self.target
                self._into = Plan(*parts, self.pool)
            return self._into._run(arrays, out, None, measured=measured)
        if self._peak_nbytes > _SMALL_NBYTES:
            self.pool.require(self._peak_nbytes, f"plan {self.graphs[0].name}")
        for need in self._needs:
            need.check(self.graphs[0].name)
        bases, far, keep = self._bind_params(arrays)
        given = self._given(out) if out is not None else {}
        leases: dict[int, Lease] = {}
        for number, nbytes in self._own:
            if number in given:
                bases.append(address_of(given[number]))
            else:
                lease = leases[number] = self.pool.lease(nbytes)
                if number in self.lowered.pinned:
                    pin(lease.pages, self.lowered.pinned[number])
                bases.append(lease.address)
        # The process's executor of today: threads may have been set since planning.
        executor = session().executor
        with (
            single_threaded_blas() if self._uses_blas else _NOTHING,
            _NOTHING if self._far is None else self._far.bound(bases) as held,
        ):
            if measured:
                self.last_report = executor.measure(self.task_graph, bases)
            else:
                executor.run(self.task_graph, bases, lines)
        del keep
        memories: dict[int, Memory] = {**held} if held else {}
        for slot, array in far.items():
            memories[slot] = array.memory
        return self._results(leases, given, bases, memories)

    def _is_far(self, out: Sequence[Array | None]) -> bool:
        """Tell whether a device copies a result into one of the user's arrays."""
        each = zip(self.lowered.outputs, out, strict=True)
        return any(a is not None and v.slot in self.lowered.pinned for v, a in each)

    def _bind_params(
        self, arrays: Sequence[AnyArray]
    ) -> tuple[Addresses, dict[int, DeviceArray], list[Array]]:
        """Return the address of each parameter's slot, and what is to be kept alive.

        By slot the arrays on devices, and copies on the host.
        """
        bases: Addresses = []
        keep: list[Array] = []
        far: dict[int, DeviceArray] = {}
        compact, starts = self.lowered.compact, self.lowered.starts
        each = zip(arrays, starts, self._wanted, strict=True)
        for slot, (array, start, (shape, dtype)) in enumerate(each):
            if slot in self._spaces:
                is_compact = slot in compact
                wanted, space = (shape, dtype), self._spaces[slot]
                found = far_argument(slot, array, wanted, space, is_compact=is_compact)
                bases.append(found.address + start)
                far[slot] = found
                continue
            # An address is all that kernels get: nothing after this can notice.
            if not (
                isinstance(array, np.ndarray)
                and array.shape == shape
                and array.dtype == dtype
            ):
                raise _misfit(slot, array, shape, dtype)
            ready = array
            if slot in compact:
                ready = np.ascontiguousarray(array).reshape(array.shape)
                keep.append(ready)
            elif not array.flags.aligned:
                ready = aligned(array)
                keep.append(ready)
            bases.append(address_of(ready) + start)
        return bases, far, keep

    def _given(self, out: Sequence[Array | None]) -> dict[int, Array]:
        """Return the user's arrays by the slot that they stand for."""
        given: dict[int, Array] = {}
        for view, array in zip(self.lowered.outputs, out, strict=True):
            if array is None or view.slot in given or view.slot in self._outside:
                continue
            flags = array.flags
            if not (flags.c_contiguous and flags.aligned and flags.writeable):
                raise UsageError(
                    "an array to write into is not C-contiguous, aligned and writeable",
                    remedy="Write into a fresh array, and copy from there.",
                )
            if array.shape != view.shape or array.dtype != view.dtype:
                raise UsageError(
                    f"an output is {view.dtype}{list(view.shape)}, but the array to "
                    f"write into is {array.dtype}{list(array.shape)}"
                )
            given[view.slot] = array
        return given

    def _results(
        self,
        leases: dict[int, Lease],
        given: dict[int, Array],
        bases: Addresses,
        memories: Mapping[int, Memory],
    ) -> list[AnyArray]:
        results: list[AnyArray] = []
        for position, view in enumerate(self.lowered.outputs):
            if view.slot in memories:
                base = cast("int", bases[view.slot])
                results.append(far_result(view, base, memories[view.slot]))
                continue
            array = given.get(view.slot)
            if array is None:
                lease = leases[view.slot]
                array = lease.array(view.shape, view.dtype, view.strides, view.offset)
            if position in self._repeated:
                array = array.reshape(view.shape).copy()
            results.append(array)
        return results


def _misfit(
    slot: int, array: AnyArray, shape: tuple[int, ...], dtype: Any
) -> UsageError:
    return UsageError(
        f"parameter {slot} is {dtype}{list(shape)}, "
        f"but its argument is {array.dtype}{list(array.shape)}"
    )
