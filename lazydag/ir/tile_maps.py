"""Functions of tiles: a person's, called on every tile with what is around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import ShapeError
from lazydag.ir.attrs import UserKernel
from lazydag.ir.boundaries import window
from lazydag.ir.types import DTYPES, ArrayType

Array: TypeAlias = NDArray[Any]
Ranges: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Tiling:
    """How a function of tiles goes over arrays.

    Parameters
    ----------
    function : UserKernel
        Called with a tile of each array, and its halo.
    tile, halo : tuple of int
        Elements of a tile along each axis, and of what is around it on either side.
    boundary : tuple of str
        What lies beyond the ends of each axis.
    extents : tuple of tuple of int
        For each axis the elements that each tile gives.
    is_trimmed : bool
        Whether the function may give the halo, too.
    releases_gil : bool
        Whether it lets the interpreter go for most of its time.
    """

    function: UserKernel
    tile: tuple[int, ...]
    halo: tuple[int, ...]
    boundary: tuple[str, ...]
    extents: tuple[tuple[int, ...], ...]
    is_trimmed: bool
    releases_gil: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return tuple(map(sum, self.extents))

    def pieces(self, shape: Sequence[int]) -> Iterator[Piece]:
        """Yield what is done for each tile of arrays of a shape."""
        cuts = [spans(n, size) for n, size in zip(shape, self.tile, strict=True)]
        ends = [pairwise(accumulate(each, initial=0)) for each in self.extents]
        grid = product(*cuts), product(*map(list, ends))
        for where, out in zip(*grid, strict=True):
            yield Piece(self, tuple(shape), where, out)


@dataclass(frozen=True, slots=True)
class Piece:
    """One tile: where it lies, and where its result does."""

    tiling: Tiling
    shape: tuple[int, ...]
    where: Ranges
    out: Ranges

    @property
    def read(self) -> tuple[slice, ...]:
        """The elements that the tile and its halo are made of."""
        return tuple(slice(*each) for each in self._read())

    @property
    def written(self) -> tuple[slice, ...]:
        """The elements of the result."""
        return tuple(slice(*each) for each in self.out)

    def _read(self) -> Iterator[tuple[int, int]]:
        tiling = self.tiling
        axes = zip(self.where, tiling.halo, self.shape, tiling.boundary, strict=True)
        for (start, stop), halo, n, boundary in axes:
            lower, upper = start - halo, stop + halo
            is_beyond = lower < 0 or upper > n
            if is_beyond and (boundary == "wrap" or halo >= n):
                yield 0, n
            else:
                yield max(lower, 0), min(upper, n)

    def __call__(self, *arrays: Array) -> None:
        """Call the function on elements that were read, and write its result."""
        *given, out = arrays
        tiling = self.tiling
        ranges = [
            (start - halo - first, stop + halo - first)
            for (start, stop), halo, (first, _) in zip(
                self.where, tiling.halo, self._read(), strict=True
            )
        ]
        tiles = [window(array, ranges, tiling.boundary) for array in given]
        out[...] = self._result(tiles, out.shape)

    def _result(self, tiles: list[Array], shape: tuple[int, ...]) -> Array:
        tiling = self.tiling
        found = np.asarray(tiling.function.function(*tiles))
        if tiling.is_trimmed and found.shape == tiles[0].shape:
            inner = [
                slice(h, n - h) for h, n in zip(tiling.halo, found.shape, strict=True)
            ]
            found = found[tuple(inner)]
        elif not found.shape:
            found = found.reshape((1,) * len(shape))
        if found.shape != shape:
            raise ShapeError(
                f"{tiling.function.name} made {list(found.shape)} elements of a tile "
                f"of {list(tiles[0].shape)} at {[start for start, _ in self.where]}, "
                f"and should have made {list(shape)}",
                remedy="Say by shape= what it makes of a tile of some shape.",
            )
        return found


def spans(length: int, size: int) -> list[tuple[int, int]]:
    """Return where the tiles of an axis begin and end."""
    return [(start, min(start + size, length)) for start in range(0, length, size)]


def mapped(*arrays: Array, dtype: str, **options: Any) -> Array:
    """Return what a function makes of all tiles, one after the other."""
    tiling = Tiling(**options)
    result = np.empty(tiling.shape, DTYPES[dtype])
    for piece in tiling.pieces(arrays[0].shape):
        piece(*(array[piece.read] for array in arrays), result[piece.written])
    return result


def typed(
    types: Sequence[ArrayType], dtype: str, **options: Any
) -> tuple[ArrayType, ...]:
    """Return the type of the result; operands are of one shape."""
    tiling = Tiling(**options)
    first = types[0]
    if any(type_.shape != first.shape for type_ in types):
        raise ShapeError(f"tiles of {', '.join(map(str, types))}")
    counts = [len(spans(n, t)) for n, t in zip(first.sizes, tiling.tile, strict=True)]
    if counts != [len(each) for each in tiling.extents]:
        raise ShapeError(f"tiles {counts} of {first} make {tiling.extents}")
    return (ArrayType(tiling.shape, DTYPES[dtype]),)
