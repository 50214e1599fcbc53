"""Operations on sparse matrices whose rows are compressed, for rows of them.

Each takes all elements and their columns, where the rows begin and end, what they are
multiplied by, and the result. These lie together in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.backends.cpu.csr import Kind, csr_kernel
from lazydag.cost import Work
from lazydag.errors import BoundsError, LazydagError, SourceLine
from lazydag.runtime.mode import Mode
from lazydag.runtime.native import NativeCall
from lazydag.tiles.natives import WordOperation

Array: TypeAlias = NDArray[Any]


class CsrOperation(WordOperation):
    """A product with rows of a sparse matrix, or with their transpose.

    Parameters
    ----------
    kind
        Of the kernel.
    """

    def __init__(self, kind: Kind) -> None:
        def kernel(arrays: Sequence[Array]) -> int:
            data, indices, *_ = arrays
            return csr_kernel(kind, data.dtype.name, indices.dtype.name)

        modes = dict.fromkeys(("data", "indices", "indptr", "x"), Mode.IN)
        by = 3 if kind in ("rows", "columns") else 4
        super().__init__(f"csr_{kind}", {**modes, "out": Mode.OUT}, kernel, _words(by))

    def _call(self, arrays: Sequence[Array], options: Mapping[str, Any]) -> NativeCall:
        call = super()._call(arrays, {})
        return replace(call, work=_share(arrays, options["elements"]))

    def _failed(self, code: int, at: SourceLine | None) -> LazydagError:
        del code
        return BoundsError(
            "indices of a sparse matrix are outside of it, or indptr goes backwards",
            at,
            "Look at data, indices and indptr: to_scipy().check_format() tells more.",
        )


def _words(by: int) -> Callable[..., Sequence[int]]:
    """Return what makes the words; array number `by` has a row for each column."""

    def words(*arrays: Array) -> Sequence[int]:
        data, _, indptr, x, out = arrays
        width = 1 if x.ndim == 1 else x.shape[1]
        pitches = x.strides[0], out.strides[0]
        return indptr.size - 1, arrays[by].shape[0], data.size, width, *pitches

    return words


def _share(arrays: Sequence[Array], elements: int) -> Work:
    """Return what is moved and computed for so many elements."""
    data, indices, indptr, x, out = arrays
    width = 1 if x.ndim == 1 else x.shape[1]
    read = elements * (data.itemsize + indices.itemsize) + indptr.nbytes + x.nbytes
    dtype = {4: "f32", 8: "f64"}[data.itemsize]
    return Work(read, out.nbytes, {dtype: 2.0 * elements * width})


#: Rows of ``A @ x`` of a vector.
csr_vector: Final = CsrOperation("rows")
#: Rows of ``A @ x`` of a matrix.
csr_matrix: Final = CsrOperation("columns")
#: ``A.T @ x`` of rows of A and of a vector.
csr_vector_transposed: Final = CsrOperation("spread")
#: ``A.T @ x`` of rows of A and of a matrix.
csr_matrix_transposed: Final = CsrOperation("scatter")
