"""Products of matrices as grids of tiles: one call of BLAS for some rows of each.

How the rows are cut follows from the shapes alone, and each call uses one thread, so
the bits are the same for any number of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blas.blocks import Arguments, Block, block_at
from lazydag.backends.cpu.blas.gemm import numpys_address
from lazydag.backends.cpu.space import Strides, strides_of
from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.ir.types import dtype_name
from lazydag.runtime import Access, CallTask, KernelTask, Mode, View

Array: TypeAlias = NDArray[Any]

ROWS: Final = 128
"""Rows of a tile: so many that packing the other matrix for each costs little."""
MAX_TILES: Final = 32
"""Tiles of one matrix, at most; large ones have more rows in each."""
VECTOR_SIZE: Final = 1 << 16
"""Elements of the matrix in a tile of a product with a vector, at least."""
GEMM_COUNT: Final = 4
GEMV_COUNTS: Final = {True: 3, False: 2}
"""Words with the number of rows: BLAS's `n`, or its `m` where it reads by columns."""
OWNER: Final = "BLAS"
"""What holds the code of such tasks."""


def calls_blas(task: KernelTask | CallTask) -> bool:
    """Tell whether a task is made of calls that are to use one thread each."""
    return isinstance(task, KernelTask) and task.owner is OWNER


def product_task(
    name: str,
    body: Graph,
    inputs: Sequence[View],
    outputs: Sequence[View],
    source: SourceLine | None,
    seconds: float,
) -> KernelTask | None:
    """Return the task of a product, or None if NumPy has to compute it.

    NumPy does where both are vectors, a matrix lies so that BLAS cannot read or write
    it or has other numbers than floats, and where its library is not known.
    """
    node, c = body.outputs[0], outputs[0]
    if node.op.name != "matmul" or node.srcs != body.params or c.dtype.kind != "f":
        return None
    a, b = inputs
    m, n = c.shape[-2:]
    if m > 1 and n > 1:
        call = _of_matrices(a, b, c)
    elif m > 1:
        call = _of_vector(a, b, c)
    else:
        call = _of_vector(*map(_turned, (b, a, c))) if n > 1 else None
    if call is None:
        return None
    accesses = [Access(v.slot, Mode.IN, *v.span()) for v in inputs]
    accesses.append(Access(c.slot, Mode.OUT, *c.span()))
    return KernelTask(
        name,
        call.block.kernel,
        call.blocks(),
        tuple(accesses),
        source,
        seconds,
        owner=OWNER,
    )


def _turned(view: View) -> View:
    """Return the view of the transposed matrices."""
    shape, strides = view.shape, strides_of(view)
    return replace(
        view,
        shape=(*shape[:-2], shape[-1], shape[-2]),
        strides=(*strides[:-2], strides[-1], strides[-2]),
    )


@dataclass(frozen=True, slots=True)
class _Call:
    """A call of BLAS for some rows of each matrix.

    Attributes
    ----------
    block
        For all rows of the first matrices.
    views
        The first operand, the second, and the result.
    rows
        Of a tile.
    count
        The word of the block that holds them.
    """

    block: Block
    views: tuple[View, View, View]
    rows: int
    count: int

    def blocks(self) -> Array:
        """Return a block for each tile: a matrix of each stack, and some rows of it."""
        block, views = self.block, self.views
        *stack, m, _ = views[2].shape
        starts = range(0, m, self.rows)
        table = np.empty((prod(stack) * len(starts), len(block.words)), np.int64)
        table[:] = block.words
        steps = [strides_of(view) for view in views]
        for words, (*index, start) in zip(
            table, product(*map(range, stack), starts), strict=True
        ):
            words[self.count] = min(self.rows, m - start)
            for k, (view, strides) in enumerate(zip(views, steps, strict=True)):
                row = start * strides[-2] if k != 1 else 0
                words[block.places[k]] = view.slot
                words[block.places[k] + 1] = view.offset + row + _moved(strides, index)
        return table


def _of_matrices(a: View, b: View, c: View) -> _Call | None:
    left, right, there, dtype = _place(a), _place(b), _place(c), dtype_name(c.dtype)
    address = numpys_address("gemm", dtype)
    if left is None or right is None or there is None or address is None:
        return None
    (trans_a, lda), (trans_b, ldb), (trans_c, ldc) = left, right, there
    if trans_c != "N":
        return None
    m, n = c.shape[-2:]
    # By columns, as BLAS has them, c is the product of the transposes.
    arguments: Arguments = {
        "transa": trans_b,
        "transb": trans_a,
        "m": n,
        "n": m,
        "k": a.shape[-1],
        "alpha": 1.0,
        "a": 1,
        "lda": ldb,
        "b": 0,
        "ldb": lda,
        "beta": 0.0,
        "c": 2,
        "ldc": ldc,
    }
    block = block_at(address, "gemm", dtype, arguments)
    rows = ROWS * max(1, -(-m // (ROWS * MAX_TILES)))
    return _Call(block, (a, b, c), rows, GEMM_COUNT)


def _of_vector(a: View, x: View, y: View) -> _Call | None:
    """Return the call for matrices and vectors, which are matrices of one column."""
    place, dtype = _place(a), dtype_name(y.dtype)
    address = numpys_address("gemv", dtype)
    steps, itemsize = (strides_of(x)[-2], strides_of(y)[-2]), x.dtype.itemsize
    if any(step < itemsize or step % itemsize for step in steps):
        return None
    if place is None or address is None:
        return None
    (m, k), (by_columns, lda) = a.shape[-2:], place
    is_row = by_columns == "N"  # of what BLAS takes for the transposed matrix
    arguments: Arguments = {
        "trans": "T" if is_row else "N",
        "m": k if is_row else m,
        "n": m if is_row else k,
        "alpha": 1.0,
        "a": 0,
        "lda": lda,
        "x": 1,
        "incx": steps[0] // itemsize,
        "beta": 0.0,
        "y": 2,
        "incy": steps[1] // itemsize,
    }
    block = block_at(address, "gemv", dtype, arguments)
    rows = ROWS * max(1, -(-VECTOR_SIZE // (ROWS * max(k, 1))))
    return _Call(block, (a, x, y), rows, GEMV_COUNTS[is_row])


def _place(view: View) -> tuple[str, int] | None:
    """Return how BLAS reads a matrix by columns, and the distance of its columns."""
    itemsize, (rows, columns) = view.dtype.itemsize, view.shape[-2:]
    row, column = strides_of(view)[-2:]
    if column == itemsize and _is_apart(row, columns, itemsize):
        return "N", row // itemsize
    if row == itemsize and _is_apart(column, rows, itemsize):
        return "T", column // itemsize
    return None


def _is_apart(stride: int, extent: int, itemsize: int) -> bool:
    return stride >= extent * itemsize and stride % itemsize == 0


def _moved(strides: Strides, index: Sequence[int]) -> int:
    return sum(i * s for i, s in zip(index, strides, strict=False))
