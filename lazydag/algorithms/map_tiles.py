"""A person's function of tiles: a task for each, which reads the tile and its halo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from numpy.typing import NDArray

from lazydag.algorithms.program import Program
from lazydag.algorithms.python import releases_gil
from lazydag.ir.sizes import SMALL
from lazydag.ir.tile_maps import Piece, Tiling
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out

Array = NDArray[Any]

"""Elements below which all tiles are one task."""


def are_many(types: Sequence[ArrayType], **_: Any) -> bool:
    """Tell whether there is enough to do for tasks."""
    return types[0].size > SMALL


def map_tiles(
    inputs: Sequence[Array], outputs: Sequence[Array | None], dtype: str, **options: Any
) -> None:
    """Call the function on each tile."""
    del dtype  # that of the output
    (out,) = outputs
    assert out is not None
    tiling = Tiling(**options)
    for piece in tiling.pieces(inputs[0].shape):
        given = [In(array[piece.read]) for array in inputs]
        spawn(_task(piece), *given, Out(out[piece.written]))


def _task(piece: Piece) -> Any:
    """Return the function of a task, which is called what the person's is."""

    def task(*arrays: Array) -> None:
        piece(*arrays)

    task.__name__ = piece.tiling.function.name
    return releases_gil(task) if piece.tiling.releases_gil else task


PROGRAMS: Final = {"map_tiles": Program(map_tiles, are_many)}
