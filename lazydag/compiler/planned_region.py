"""What a tile program spawns: recorded with the very bytes that each task accesses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import CodeType
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.python import does_release_gil
from lazydag.backends.cpu.products import OWNER
from lazydag.compiler.spawned import Spawned, routine
from lazydag.compiler.spawned_calls import SpawnedCall, arrays_of
from lazydag.cost.estimate import kernel_seconds
from lazydag.cost.target import Target
from lazydag.errors import LazydagError, SourceLine
from lazydag.runtime import Access, CallTask, KernelTask, Mode, Role, Slot, View
from lazydag.runtime.alias import Part
from lazydag.runtime.dynamic import Scope, leave_scope, scope
from lazydag.runtime.dynamic.options import Options
from lazydag.runtime.native import Bind, NativeCall, rebound
from lazydag.runtime.placeholders import place_of, placeholder, region_of, view_of
from lazydag.runtime.regions.access import unwrapped
from lazydag.runtime.regions.operands import operands_of, part_of

Array: TypeAlias = NDArray[Any]
Tasks: TypeAlias = list[KernelTask | CallTask]
#: How a task accesses an array, and what of it.
Use: TypeAlias = tuple[Mode, Part]


@dataclass(slots=True)
class _Bound:
    """Tasks of one native call: their numbers, and their operands.

    Parameters
    ----------
    uses : tuple of (Mode, Part)
        How they access the operands.
    bind : callable
        Returns the call for the same operands elsewhere.
    """

    uses: tuple[Use, ...]
    bind: Bind
    numbers: list[int] = field(default_factory=list)
    tiles: list[list[_Tile]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Tile:
    """A tile, and the accesses to it."""

    array: Array
    slot: int
    offset: int
    accesses: dict[Use, Access] = field(default_factory=dict)

    def access(self, use: Use) -> Access:
        """Return how a task accesses it, always the same object."""
        found = self.accesses.get(use)
        if found is None:
            mode, part = use
            region = region_of(self.array, part)
            start, stop = (0, 0) if region.is_empty else region.span()
            found = Access(self.slot, mode, start, stop, region)
            self.accesses[use] = found
        return found


class PlannedRegion:
    """Records what a program spawns as tasks of a plan.

    Parameters
    ----------
    slots
        Those of the plan; work memory is appended.
    source
        The user's line of the operation.
    target
        What the tasks cost time on.
    """

    def __init__(
        self, slots: list[Slot], source: SourceLine | None, target: Target
    ) -> None:
        self._target = target
        self._slots = slots
        self._source = source
        self._natives: dict[NativeCall, _Bound] = {}
        self._accesses: list[tuple[Access, ...]] = []
        self._calls: dict[int, CallTask] = {}
        # By identity: many programs name each tile once, and use it often.
        self._tiles: dict[int, _Tile] = {}
        self._keep: list[Array] = []
        self._known: dict[tuple[object, ...], _Tile] = {}

    def record(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: Options | None,
        at: tuple[CodeType, int],  # noqa: ARG002 -- the operation's line counts
    ) -> Any:
        """Take note of a task; it has no result."""
        if getattr(function, "is_native", False) is True:
            self._record_native(function, args, kwargs)
        else:
            self._record_call(function, args, kwargs, options)

    def empty(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], order: Literal["C", "F"]
    ) -> Array:
        """Return work memory: a placeholder for a new slot."""
        laid_out = np.empty(tuple(min(n, 1) for n in shape), dtype)
        steps = np.cumprod([dtype.itemsize, *(shape if order == "F" else shape[::-1])])
        strides = tuple(map(int, steps[:-1]))
        view = View(
            len(self._slots),
            laid_out.dtype,
            shape,
            strides if order == "F" else strides[::-1],
            0,
            Mode.INOUT,
        )
        self._slots.append(Slot(int(steps[-1]), Role.TEMPORARY, "work"))
        return placeholder(view)

    def flush(self) -> None:
        """Nothing runs while a plan is made."""

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record what is spawned meanwhile."""
        scope.set(Scope(scope.get(), region=self))
        try:
            yield
        finally:
            leave_scope()

    def tasks(self) -> Tasks:
        """Return the tasks, in the order in which they were spawned."""
        found: dict[int, KernelTask | CallTask] = dict(self._calls)
        for call, bound in self._natives.items():
            slots = [[tile.slot for tile in tiles] for tiles in bound.tiles]
            offsets = [[tile.offset for tile in tiles] for tiles in bound.tiles]
            rows = call.blocks(slots, offsets)
            seconds = kernel_seconds(self._target, call.work, call.key, call.bucket)
            for place, number in enumerate(bound.numbers):
                found[number] = KernelTask(
                    call.name,
                    call.kernel,
                    rows[place : place + 1],
                    self._accesses[number],
                    self._source,
                    seconds,
                    key=call.key,
                    bucket=call.bucket,
                    error=partial(_failed, call),
                    owner=OWNER,
                )
        return [found[number] for number in range(len(self._accesses))]

    def spawned(self) -> list[Spawned]:
        """Return the tasks with what devices need to know of them."""
        found = [Spawned(task) for task in self.tasks()]
        for call, bound in self._natives.items():
            uses = [_whole(*use) for use in bound.uses]
            for number, tiles in zip(bound.numbers, bound.tiles, strict=True):
                views = [
                    view_of(tile.array, mode)
                    for tile, (mode, _) in zip(tiles, uses, strict=True)
                ]
                accesses = tuple(map(_Tile.access, tiles, uses))
                task = found[number].task
                form = routine(call, bound.bind)
                found[number] = Spawned(task, form, tuple(views), accesses)
        return found

    # ------------------------------------------------------------ recording

    def _record_native(
        self, operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        given = [unwrapped(argument) for argument in args]
        named = {name: unwrapped(argument) for name, argument in kwargs.items()}
        call, arrays = operation.bind(*given, **named)
        bound = self._natives.get(call)
        if bound is None:
            uses = tuple((each.mode, part_of(each.part)) for each in call.operands)
            bind = rebound(operation, call, named)
            bound = self._natives[call] = _Bound(uses, bind)
        tiles = [self._tile(array) for array in arrays]
        bound.numbers.append(len(self._accesses))
        bound.tiles.append(tiles)
        self._accesses.append(tuple(map(_Tile.access, tiles, bound.uses)))

    def _tile(self, array: Array) -> _Tile:
        found = self._tiles.get(id(array))
        if found is None:
            slot, offset = place_of(array)
            key = (slot, offset, array.shape, array.strides, array.dtype)
            found = self._known.get(key)
            if found is None:
                found = self._known[key] = _Tile(array, slot, offset)
            self._tiles[id(array)] = found
            self._keep.append(array)
        return found

    def _record_call(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: Options | None,
    ) -> None:
        given = (*args, *kwargs.values())
        views = tuple(view_of(a, m) for each in given for a, m in arrays_of(each))
        accesses = tuple(
            self._tile(o.value).access((o.mode, o.part))
            for each in given
            for o in operands_of(each)
        )
        number = len(self._accesses)
        self._accesses.append(accesses)
        self._calls[number] = CallTask(
            getattr(function, "__name__", type(function).__name__),
            SpawnedCall(function, args, kwargs),
            views,
            self._source,
            (options and options.cost) or 0.0,
            holds_gil=not does_release_gil(function),
            exact=accesses,
        )


def _whole(mode: Mode, part: Part) -> Use:
    """Return how a tile is accessed if a part of it stands for all."""
    return (Mode.INOUT if mode.writes and part is not None else mode), None


def _failed(call: NativeCall, code: int) -> LazydagError:
    return call.failed(code, None)
