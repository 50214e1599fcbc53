"""Products of matrices as grids of tiles: one call of BLAS for each.

How they are cut follows from the shapes alone, and each call uses one thread, so the
bits are the same for any number of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blas.blocks import Arguments, Block, block_at
from lazydag.backends.cpu.blas.gemm import numpys_address
from lazydag.backends.cpu.space import strides_of
from lazydag.backends.cpu.symmetric import is_symmetric, symmetric_blocks
from lazydag.backends.evaluation import multiply, multiply_itself
from lazydag.errors import SourceLine
from lazydag.ir.attrs import ParamAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.products import product_tile, vector_tile
from lazydag.ir.types import dtype_name
from lazydag.runtime import Access, CallTask, KernelTask, Mode, View

Array: TypeAlias = NDArray[Any]

GEMM_COUNTS: Final = (4, 3)
"""Words with the numbers of rows and of columns: BLAS, by columns, swaps them."""
GEMV_COUNTS: Final = {True: (3,), False: (2,)}
"""Word with the number of rows: BLAS's `n`, or its `m` where it reads by columns."""
OWNER: Final = "BLAS"
"""What holds the code of such tasks."""


def calls_blas(task: KernelTask | CallTask) -> bool:
    """Tell whether a task is made of calls that are to use one thread each."""
    if not isinstance(task, KernelTask):
        # Bits of NumPy's own products depend on its threads.
        is_product = task.function in {multiply, multiply_itself}
        return is_product and task.arguments[-1].dtype.kind == "f"
    owners = task.owner if isinstance(task.owner, tuple) else (task.owner,)
    return any(owner is OWNER for owner in owners)


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
    slots = [s.attrs.slot for s in node.srcs if isinstance(s.attrs, ParamAttrs)]
    if node.op.name != "matmul" or len(slots) < 2 or c.dtype.kind != "f":
        return None
    a, b = (inputs[slot] for slot in slots)
    accesses = [Access(v.slot, Mode.IN, *v.span()) for v in (a, b)]
    accesses.append(Access(c.slot, Mode.OUT, *c.span()))
    kernel = _kernel(a, b, c)
    if kernel is None:
        return None
    return KernelTask(name, *kernel, tuple(accesses), source, seconds, owner=OWNER)


def _kernel(a: View, b: View, c: View) -> tuple[int, Array] | None:
    """Return the address of a product's kernel, and its blocks."""
    if is_symmetric(a, b) and (halves := _by_halves(a, c)) is not None:
        return halves
    m, n = c.shape[-2:]
    if m > 1 and n > 1:
        call = _of_matrices(a, b, c)
    elif m > 1:
        call = _of_vector(a, b, c)
    else:
        call = _of_vector(*map(_turned, (b, a, c))) if n > 1 else None
    return None if call is None else (call.block.kernel, call.blocks())


def _by_halves(a: View, c: View) -> tuple[int, Array] | None:
    there, here = _place(a), _place(c)
    if there is None or here is None or here[0] != "N":
        return None
    return symmetric_blocks(a, c, there, here)


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
    """A call of BLAS for a tile of each matrix.

    Attributes
    ----------
    block
        For all of the first matrices.
    views
        The first operand, the second, and the result.
    tile
        Rows, and columns if they are cut, of a tile.
    counts
        The words of the block that hold them.
    """

    block: Block
    views: tuple[View, View, View]
    tile: tuple[int, ...]
    counts: tuple[int, ...]

    def blocks(self) -> Array:
        """Return a block for each tile, of each matrix of a stack, in C order."""
        block, c = self.block, self.views[2]
        cut = c.shape[: len(c.shape) - 2 + len(self.tile)]
        tile = (1,) * (len(c.shape) - 2) + self.tile
        grid = tuple(-(-n // t) for n, t in zip(cut, tile, strict=True))
        table = np.empty((*grid, len(block.words)), np.int64)
        table[...] = block.words
        starts = [np.arange(n) * t for n, t in zip(grid, tile, strict=True)]
        for axis, word in enumerate(self.counts, len(c.shape) - 2):
            left = cut[axis] - starts[axis]
            table[..., word] = _along(np.minimum(tile[axis], left), axis, len(grid))
        for number, view in enumerate(self.views):
            place = block.places[number]
            table[..., place] = view.slot
            table[..., place + 1] = view.offset
            for axis, stride in enumerate(_steps(view, number)[: len(grid)]):
                table[..., place + 1] += _along(starts[axis] * stride, axis, len(grid))
        return table.reshape(-1, len(block.words))


def _steps(view: View, number: int) -> tuple[int, ...]:
    """Return how an operand moves along the axes of the result, in bytes."""
    *stack, row, column = strides_of(view)
    return (*stack, row if number != 1 else 0, column if number != 0 else 0)


def _along(values: Array, axis: int, ndim: int) -> Array:
    return values.reshape([-1 if k == axis else 1 for k in range(ndim)])


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
    tile = product_tile(m, a.shape[-1], n)
    return _Call(block, (a, b, c), tile, GEMM_COUNTS)


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
    tile = (vector_tile(m, k, by_columns=not is_row),)
    return _Call(block, (a, x, y), tile, GEMV_COUNTS[is_row])


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
