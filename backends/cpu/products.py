"""Products of matrices as grids of tiles: one call of BLAS for some rows of each.

How the rows are cut follows from the shapes alone, and each call uses one thread, so
the bits are the same for any number of them.
"""

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blas.blocks import Arguments, Block, block_at
from lazydag.backends.cpu.blas.gemm import gemm_address
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
COUNT_WORD: Final = 4
"""Where a block has BLAS's `n`: behind the routine's address, two letters and `m`."""
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

    NumPy does where a matrix is a vector, lies so that BLAS cannot read it, or has
    other numbers than floats, and where its library is not known.
    """
    node, c = body.outputs[0], outputs[0]
    if node.op.name != "matmul" or node.srcs != body.params or c.dtype.kind != "f":
        return None
    a, b = inputs
    places = _place(a), _place(b)
    (m, k), n = a.shape[-2:], b.shape[-1]
    if min(m, n) < 2 or places[0] is None or places[1] is None:
        return None
    dtype = dtype_name(c.dtype)
    address = gemm_address(dtype)
    if address is None:
        return None
    rows = _rows(m)
    block = _block(address, dtype, (m, n, k), (places[0], places[1]))
    blocks = _blocks(block, (a, b, c), rows)
    accesses = [Access(v.slot, Mode.IN, *v.span()) for v in inputs]
    accesses.append(Access(c.slot, Mode.OUT, *c.span()))
    return KernelTask(
        name, block.kernel, blocks, tuple(accesses), source, seconds, owner=OWNER
    )


def _rows(m: int) -> int:
    """Return the rows of a tile, a multiple of `ROWS`."""
    return ROWS * max(1, -(-m // (ROWS * MAX_TILES)))


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


def _block(
    address: int,
    dtype: str,
    sizes: tuple[int, int, int],
    places: tuple[tuple[str, int], tuple[str, int]],
) -> Block:
    """Return the block of a whole product; by columns it is that of the transposes."""
    (m, n, k), ((trans_a, lda), (trans_b, ldb)) = sizes, places
    arguments: Arguments = {
        "transa": trans_b,
        "transb": trans_a,
        "m": n,
        "n": m,
        "k": k,
        "alpha": 1.0,
        "a": 1,
        "lda": ldb,
        "b": 0,
        "ldb": lda,
        "beta": 0.0,
        "c": 2,
        "ldc": n,
    }
    return block_at(address, "gemm", dtype, arguments)


def _blocks(block: Block, views: Sequence[View], rows: int) -> Array:
    """Return a block for each tile: a matrix of each stack, and some of its rows."""
    m = views[2].shape[-2]
    stack, starts = views[2].shape[:-2], range(0, m, rows)
    table = np.empty((prod(stack) * len(starts), len(block.words)), np.int64)
    table[:] = block.words
    steps = [strides_of(view) for view in views]
    for number, (*index, start) in enumerate(product(*map(range, stack), starts)):
        words = table[number]
        words[COUNT_WORD] = min(rows, m - start)
        for k, (view, strides) in enumerate(zip(views, steps, strict=True)):
            offset = view.offset + _moved(strides, index)
            if k != 1:
                offset += start * strides[-2]
            words[block.places[k]] = view.slot
            words[block.places[k] + 1] = offset
    return table


def _moved(strides: Strides, index: Sequence[int]) -> int:
    return sum(i * s for i, s in zip(index, strides, strict=False))
