"""Operations on tiles: called, they run at once; recorded, they are native tasks.

An operation is written as a function from its arguments to a `Row`: the routine, its
arguments and what it accesses. `tile_operation` makes of it what people call. The row
depends on shapes, strides and options alone, so it is made once for each.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial, update_wrapper
from itertools import permutations
from operator import attrgetter
from typing import Any, ClassVar, Final, Generic, Literal, ParamSpec

import numpy as np

from lazydag.backends.cpu.blas import make_block
from lazydag.backends.cpu.blas.arrays import OTHERS, OVERLAP, ArrayCall
from lazydag.backends.cuda.library.tiles import tile_call
from lazydag.cost import Work
from lazydag.cost.history import shape_bucket
from lazydag.errors import LazydagError, SourceLine, UsageError
from lazydag.ir.source import caller_location
from lazydag.runtime.address import address_of
from lazydag.runtime.native import Bound, NativeCall, Operand
from lazydag.tiles.failures import failure
from lazydag.tiles.layouts import Tile
from lazydag.tiles.rows import Access, Row

P = ParamSpec("P")

# Calls remembered by an operation; a program uses a few dozen.
CAPACITY: Final = 4096


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is remembered for some types, shapes, strides and options."""

    call: NativeCall
    on_arrays: ArrayCall


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
    is_native: ClassVar[Literal[True]] = True

    def __init__(self, function: Callable[P, Row]) -> None:
        self._function = function
        update_wrapper(self, function)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = self._signature.parameters.values()
        self._names = tuple(p.name for p in parameters if p.kind is kind)
        self._entries: dict[tuple[object, ...], _Entry] = {}
        self._last: dict[tuple[object, ...], _Entry] = {}
        self._counted: dict[int, Counted] = {}

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self._function)

    def __repr__(self) -> str:
        return f"<operation on tiles {self.__name__}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Run the operation on NumPy arrays, in place."""
        arrays: tuple[Any, ...] = args
        entry = self._latest(kwargs)
        code = OTHERS if entry is None else entry.on_arrays.run(args)
        if code == OTHERS:
            entry, arrays = self._find(args, kwargs)
            code = entry.on_arrays.run(arrays)
        if code:
            assert entry is not None
            raise self._failure(entry, arrays, code)

    def bind(self, *args: P.args, **kwargs: P.kwargs) -> Bound:
        """Return the kernel call for some arguments, and the arrays in its order."""
        arrays: tuple[Any, ...] = args
        entry = self._latest(kwargs)
        wrong = OTHERS if entry is None else entry.on_arrays.check(args)
        if wrong == OTHERS:
            entry, arrays = self._find(args, kwargs)
            wrong = entry.on_arrays.check(arrays)
        assert entry is not None
        if wrong:
            raise self._failure(entry, arrays, wrong)
        return entry.call, arrays

    def counted_from(self, first: int) -> Counted:
        """Return the operation with failures that count from an element of a matrix.

        Parameters
        ----------
        first
            Row and column of the tile's first element.
        """
        found = self._counted.get(first)
        if found is None:
            found = self._counted[first] = Counted(self, first)
        return found

    def _latest(self, kwargs: dict[str, Any]) -> _Entry | None:
        """Return what was used last with such options: most often it fits again."""
        try:
            return self._last.get((*kwargs.items(),))
        except TypeError:  # arrays by keyword have no hash
            return None

    def _find(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[_Entry, tuple[Tile, ...]]:
        try:
            options = (*kwargs.items(),)
            key = (*map(_geometry, args), *options)
            found = self._entries.get(key)
        except (TypeError, AttributeError):  # arrays by keyword, or no arrays
            return self._make(args, kwargs)
        if found is None:
            found, _ = self._make(args, kwargs)
            if len(self._entries) >= CAPACITY:
                self._entries.clear()
                self._last.clear()
            self._entries[key] = found
        self._last[options] = found
        return found, args

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
        return entry, arrays

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
            far=tile_call(row.routine, row.arguments),
        )
        return _Entry(call, ArrayCall(block, arrays, _apart(arrays, accesses)))

    def _failure(
        self, entry: _Entry, arrays: tuple[Tile, ...], code: int
    ) -> LazydagError:
        if code != OVERLAP:
            return entry.call.failed(code, caller_location())
        pairs = list(zip(entry.call.operands, arrays, strict=True))
        written, other = next(
            (one.name, two.name)
            for (one, a), (two, b) in permutations(pairs, 2)
            if one.mode.writes and address_of(a) == address_of(b)
        )
        return UsageError(
            f"{self.__name__} writes {written}, which begins where {other} does",
            caller_location(),
            f"Give {written} and {other} memory of their own.",
        )


class Counted:
    """An operation on a tile whose failures count in the matrix around it.

    Made by `TileOperation.counted_from`.
    """

    is_native: ClassVar[Literal[True]] = True

    def __init__(self, operation: TileOperation[Any], first: int) -> None:
        self._operation = operation
        self._first = first
        self._calls: dict[NativeCall, NativeCall] = {}
        self.__name__ = operation.__name__

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Run the operation on NumPy arrays, in place."""
        self._operation(*args, **kwargs)

    def bind(self, *args: Any, **kwargs: Any) -> Bound:
        """Return the kernel call for some arguments, and the arrays in its order."""
        call, arrays = self._operation.bind(*args, **kwargs)
        found = self._calls.get(call)
        if found is None:
            failed = partial(_later, call.failed, self._first)
            found = self._calls[call] = replace(call, failed=failed)
        return found, arrays


def _later(
    failed: Callable[[int, SourceLine | None], LazydagError],
    first: int,
    code: int,
    at: SourceLine | None,
) -> LazydagError:
    return failed(code + first if code > 0 else code, at)


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
    return Work(read, written, {row.operands.dtype: row.flops}, in_products=True)


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
