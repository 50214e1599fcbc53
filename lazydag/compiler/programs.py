"""Tile programs in plans: an operation becomes the tasks that its program spawns.

The program runs once, when the plan is made, over placeholders. What it spawns is
recorded with the very bytes that each task accesses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import CodeType
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms import Program, program_of
from lazydag.algorithms.python import does_release_gil
from lazydag.backends.cpu.products import OWNER
from lazydag.compiler.spawned import Spawned, routine
from lazydag.cost.estimate import kernel_seconds
from lazydag.cost.target import Target
from lazydag.errors import LazydagError, SourceLine
from lazydag.ir.attrs import FunctionAttrs, KernelAttrs
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.passes.wishes import wish_of
from lazydag.runtime import Access, CallTask, KernelTask, Mode, Role, Slot, View
from lazydag.runtime.alias import Part
from lazydag.runtime.dynamic import Scope, leave_scope, scope
from lazydag.runtime.dynamic.options import Options
from lazydag.runtime.native import Bind, NativeCall, rebound
from lazydag.runtime.placeholders import place_of, placeholder, region_of, view_of
from lazydag.runtime.regions.access import Accessed, Deps, unwrapped
from lazydag.runtime.regions.operands import operands_of, part_of

Array: TypeAlias = NDArray[Any]

#: Programs spawn up to the third power of so many tiles along an axis.
MOST_ALONG: Final = 128
Tasks: TypeAlias = list[KernelTask | CallTask]
#: How a task accesses an array, and what of it.
Use: TypeAlias = tuple[Mode, Part]


def program_for(body: Graph) -> Program | None:
    """Return the program that computes a kernel's body; None if there is none."""
    node = body.outputs[0]
    if not set(node.srcs) <= set(body.params):
        return None
    return program_of(_name(node), [src.type for src in node.srcs], _options(node))


def run_program(
    program: Program,
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    region: PlannedRegion,
    tile: int | None = None,
) -> None:
    """Record the tasks of a kernel that a program computes in a region.

    Parameters
    ----------
    tile
        Order of its tiles, where no operand says it and the program takes one.
    """
    assert isinstance(kernel.attrs, KernelAttrs)
    body = kernel.attrs.body
    options = _options(body.outputs[0])
    wished = (wished_tile(kernel) or tile) if program.takes_tile else None
    if wished is not None:
        options["tile"] = wished
    arrays = dict(zip(body.params, map(placeholder, inputs), strict=True))
    given = [arrays[src] for src in body.outputs[0].srcs]
    wanted = _wanted(body, outputs)
    with region.recording():
        program.run(given, wanted, **options)


def wished_tile(kernel: Node) -> int | None:
    """Return the order of the tiles that an operand is cut into, the first that is."""
    for src in kernel.srcs:
        wish = wish_of(src)
        if wish is not None and wish.tile:
            sizes: tuple[int, ...] = src.type.sizes
            return max(min(wish.tile), max(sizes) // MOST_ALONG)
    return None


def _name(node: Node) -> str:
    attrs = node.attrs
    return attrs.name if isinstance(attrs, FunctionAttrs) else node.op.name


def _options(node: Node) -> dict[str, Any]:
    attrs = node.attrs
    return dict(attrs.options) if isinstance(attrs, FunctionAttrs) else {}


def _wanted(body: Graph, outputs: Sequence[View]) -> list[Array | None]:
    """Return a placeholder for each result of the operation that is an output."""
    found: dict[int, Array] = {}
    for node, view in zip(body.outputs, outputs, strict=True):
        attrs = node.attrs
        number = attrs.output if isinstance(attrs, FunctionAttrs) else 0
        found[number] = placeholder(view)
    return [found.get(number) for number in range(_result_count(body.outputs[0]))]


def _result_count(node: Node) -> int:
    if not isinstance(node.attrs, FunctionAttrs):
        return 1
    types = [src.type for src in node.srcs]
    return len(FUNCTIONS[node.attrs.name].infer(types, **_options(node)))


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
        views = tuple(view_of(a, m) for each in given for a, m in _arrays(each))
        accesses = tuple(
            self._tile(o.value).access((o.mode, o.part))
            for each in given
            for o in operands_of(each)
        )
        number = len(self._accesses)
        self._accesses.append(accesses)
        self._calls[number] = CallTask(
            getattr(function, "__name__", type(function).__name__),
            _Call(function, args, kwargs),
            views,
            self._source,
            (options and options.cost) or 0.0,
            holds_gil=not does_release_gil(function),
            exact=accesses,
        )


def _whole(mode: Mode, part: Part) -> Use:
    """Return how a tile is accessed if a part of it stands for all."""
    return (Mode.INOUT if mode.writes and part is not None else mode), None


class _Call:
    """A function with its arguments, called on arrays in the places of operands."""

    __slots__ = ("_args", "_function", "_kwargs")

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._function = function
        self._args, self._kwargs = args, kwargs

    def __call__(self, *arrays: Array) -> None:
        given = iter(arrays)
        args = [_filled(each, given) for each in self._args]
        kwargs = {name: _filled(each, given) for name, each in self._kwargs.items()}
        self._function(*args, **kwargs)


def _arrays(argument: Any) -> Iterator[tuple[Array, Mode]]:
    """Yield the arrays in an argument, and how the function accesses each."""
    if isinstance(argument, np.ndarray):
        yield argument, Mode.IN
    elif isinstance(argument, Accessed):
        for array, _ in _arrays(argument.value):
            yield array, argument.mode
    elif isinstance(argument, Deps):
        writes = any(part.mode.writes for part in argument.parts)
        yield argument.value, Mode.INOUT if writes else Mode.IN
    elif isinstance(argument, (list, tuple)):
        for each in argument:
            yield from _arrays(each)


def _filled(argument: Any, arrays: Iterator[Array]) -> Any:
    """Return an argument with arrays where it has placeholders, in their order."""
    if isinstance(argument, (Accessed, Deps)):
        return _filled(argument.value, arrays)
    if isinstance(argument, np.ndarray):
        return next(arrays)
    if isinstance(argument, (list, tuple)):
        return type(argument)([_filled(each, arrays) for each in argument])
    return argument


def _failed(call: NativeCall, code: int) -> LazydagError:
    return call.failed(code, None)
