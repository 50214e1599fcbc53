"""Products of matrices, tile by tile: for devices that share one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.algorithms.program import Program
from lazydag.algorithms.tiling import cut, is_large
from lazydag.algorithms.triangular import in_tiles, tile_order
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut, Out
from lazydag.tiles import gemm

Array: TypeAlias = NDArray[Any]


def fits(types: Sequence[ArrayType], **_options: object) -> bool:
    """Tell whether there are two matrices, large enough for tiles, of real numbers."""
    return all(is_large(each) for each in types)


def matmul(
    inputs: Sequence[Array], outputs: Sequence[Array | None], *, tile: int | None = None
) -> None:
    """Multiply two matrices: ``c = a @ b``.

    Parameters
    ----------
    tile
        Order of the tiles; by default the shapes decide.

    Notes
    -----
    Each tile of c is a sum over tiles in the order of the inner axis.
    """
    a, b = map(in_tiles, inputs)
    (c,) = outputs
    if c is None:
        return
    order = tile or tile_order(max(*a.shape, *b.shape))
    rows, inner, columns = (cut(0, n, order) for n in (*a.shape, b.shape[1]))
    for i in rows:
        for j in columns:
            for number, k in enumerate(inner):
                into = InOut(c[i, j]) if number else Out(c[i, j])
                beta = 1.0 if number else 0.0
                spawn(gemm, In(a[i, k]), In(b[k, j]), into, beta=beta)


MATMUL: Final = Program(matmul, fits, takes_tile=True)
