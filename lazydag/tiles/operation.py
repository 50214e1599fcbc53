"""Operations on tiles: called, they run at once; recorded, they are native tasks.

An operation is written as a function from its arguments to a `Row`: the routine, its
arguments and what it accesses. `tile_operation` makes of it what people call. The row
depends on shapes, strides and options alone, so it is made once for each.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial, update_wrapper
from operator import attrgetter
from typing import Any, Final, Generic, ParamSpec, TypeAlias

import numpy as np

from lazydag.backends.cpu.blas import Arguments, make_block
from lazydag.backends.cpu.blas.call import Caller, caller
from lazydag.cost import Work
from lazydag.cost.history import shape_bucket
from lazydag.errors import LazydagError, UsageError
from lazydag.ir.source import caller_location
from lazydag.runtime.address import address_of
from lazydag.runtime.edges import Mode
from lazydag.runtime.native import Bound, NativeCall, Operand, Part
from lazydag.tiles.failures import failure
from lazydag.tiles.operands import Operands, Tile

P = ParamSpec("P")

Access: TypeAlias = tuple[Mode, Part | None]

# Calls remembered by an operation; a program uses a few dozen.
CAPACITY: Final = 4096


@dataclass(frozen=True, slots=True)
class Row:
    """How an operation is done for some arguments.

    Attributes
    ----------
    routine
        Name in the table of routines.
    operands
        The arrays.
    arguments
        The routine's, by name; arrays by their number.
    accesses
        By parameter, how the array is accessed and which part of it.
    flops
        Additions and multiplications.
    """

    routine: str
    operands: Operands
    arguments: Arguments
    accesses: Mapping[str, Access]
    flops: float


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is remembered for a shape.

    Attributes
    ----------
    run
        Runs the kernel on operands at given addresses.
    apart
        Pairs of operands that must not begin at the same element.
    """

    call: NativeCall
    run: Caller
    apart: tuple[tuple[int, int], ...]


# What decides a row, of an array; the quickest way to all of it.
_geometry: Final = attrgetter("__class__", "dtype", "shape", "strides", "flags.num")


class TileOperation(Generic[P]):
    """An operation of BLAS or LAPACK on tiles, in place.

    Called, it runs at once, without the GIL, and returns `None`. `bind` gives a
    recorder the native kernel and its argument block instead.

    Parameters
    ----------
    function
        Returns the `Row` for some arguments. Positional parameters are arrays, keywords
        are options.
    """

    __name__: str

    def __init__(self, function: Callable[P, Row]) -> None:
        self._function = function
        update_wrapper(self, function)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = self._signature.parameters.values()
        self._names = tuple(p.name for p in parameters if p.kind is kind)
        self._entries: dict[tuple[object, ...], _Entry] = {}

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self._function)

    def __repr__(self) -> str:
        return f"<operation on tiles {self.__name__}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Run the operation on NumPy arrays, in place."""
        entry, arrays = self._find(args, kwargs)
        addresses = [*map(address_of, arrays)]
        for first, second in entry.apart:
            if addresses[first] == addresses[second]:
                raise self._overlap(first, second)
        if code := entry.run(addresses):
            raise entry.call.failed(code, caller_location())

    def bind(self, *args: P.args, **kwargs: P.kwargs) -> Bound:
        """Return the kernel call for some arguments, and the arrays in its order."""
        entry, arrays = self._find(args, kwargs)
        return entry.call, arrays

    def _find(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[_Entry, tuple[Tile, ...]]:
        try:
            found = self._entries.get((*map(_geometry, args), *kwargs.items()))
        except (TypeError, AttributeError):
            found = None  # no arrays, or arrays by keyword
        return self._make(args, kwargs) if found is None else (found, args)

    def _make(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[_Entry, tuple[Tile, ...]]:
        given = self._signature.bind(*args, **kwargs).arguments
        arrays = tuple(given[name] for name in self._names)
        try:
            self._check_flags(given)
            entry = self._entry(self._function(*args, **kwargs), arrays)
        except LazydagError as error:
            error.at = error.at or caller_location()
            raise
        self._remember((*map(_geometry, args), *kwargs.items()), entry)
        return entry, arrays

    def _remember(self, key: tuple[object, ...], entry: _Entry) -> None:
        if len(self._entries) >= CAPACITY:
            self._entries.clear()
        with suppress(TypeError):  # arrays by keyword have no hash
            self._entries[key] = entry

    def _check_flags(self, given: Mapping[str, Any]) -> None:
        for name, value in given.items():
            is_flag = isinstance(self._signature.parameters[name].default, bool)
            if is_flag and not isinstance(value, (bool, np.bool_)):
                what = f"{self.__name__}: {name} is {value!r}"
                raise UsageError(what, remedy="It is True or False.")

    def _entry(self, row: Row, arrays: tuple[Tile, ...]) -> _Entry:
        accesses = [row.accesses[name] for name in self._names]
        for name, array, (mode, _) in zip(self._names, arrays, accesses, strict=True):
            if mode.writes and not array.flags.writeable:
                what = f"{self.__name__} writes {name}, which is read-only"
                raise UsageError(what, remedy="Give an array that can be written.")
        block = make_block(row.routine, row.operands.dtype, row.arguments)
        operands = tuple(
            Operand(name, mode, word, part)
            for name, (mode, part), word in zip(
                self._names, accesses, block.places, strict=True
            )
        )
        call = NativeCall(
            name=self.__name__,
            kernel=block.kernel,
            words=block.words,
            operands=operands,
            work=_work(row, arrays, accesses),
            key=f"{row.routine}.{row.operands.dtype}",
            bucket=shape_bucket(array.shape for array in arrays),
            failed=partial(failure, self.__name__),
        )
        return _Entry(call, caller(block), _apart(arrays, accesses))

    def _overlap(self, first: int, second: int) -> UsageError:
        written, other = self._names[first], self._names[second]
        return UsageError(
            f"{self.__name__} writes {written}, which begins where {other} does",
            caller_location(),
            f"Give {written} and {other} memory of their own.",
        )


def tile_operation(function: Callable[P, Row]) -> TileOperation[P]:
    """Make an operation of a function that says how it is done."""
    return TileOperation(function)


def _work(row: Row, arrays: tuple[Tile, ...], accesses: list[Access]) -> Work:
    """Return what a call moves and computes; a part counts as half."""
    read = written = 0.0
    for array, (mode, part) in zip(arrays, accesses, strict=True):
        nbytes = array.nbytes if part is None else array.nbytes / 2
        read += nbytes * mode.reads
        written += nbytes * mode.writes
    return Work(read, written, {row.operands.dtype: row.flops})


def _apart(
    arrays: tuple[Tile, ...], accesses: list[Access]
) -> tuple[tuple[int, int], ...]:
    """Return the pairs of operands of which the first is written."""
    return tuple(
        (first, second)
        for first, (mode, _) in enumerate(accesses)
        for second in range(len(arrays))
        if first != second and mode.writes
        if arrays[first].size and arrays[second].size
        if second > first or not accesses[second][0].writes
    )


READS: Final[Access] = (Mode.IN, None)
WRITES: Final[Access] = (Mode.OUT, None)
UPDATES: Final[Access] = (Mode.INOUT, None)

LOWER: Final[Part] = np.tril
UPPER: Final[Part] = np.triu
BELOW: Final[Part] = partial(np.tril, k=-1)
ABOVE: Final[Part] = partial(np.triu, k=1)


def triangle(*, lower: bool, unit: bool = False) -> Part:
    """Return the triangle that is accessed; without the diagonal if that is of ones."""
    if unit:
        return BELOW if lower else ABOVE
    return LOWER if lower else UPPER
