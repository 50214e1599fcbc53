"""Sparse matrices whose rows or columns are compressed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.creation import ones
from lazydag.array.functions.elementwise import where
from lazydag.array.functions.reductions import sum as summed
from lazydag.array.nodes.library import call, calls
from lazydag.array.sparse.elementwise import added, gathered, multiplied
from lazydag.array.sparse.products import product, transposed_product
from lazydag.array.sparse.structure import Shape, taken_apart
from lazydag.errors import AxisError, UnsupportedError
from lazydag.ir.source import caller_location


@dataclass(frozen=True, init=False, eq=False, repr=False)
class csr_array:  # noqa: N801 -- SciPy's name
    """A sparse matrix whose rows are compressed.

    A tree of three lazy arrays: jitted functions, loops and branches take and return
    it. Its elements may be computed later than their positions.

    Parameters
    ----------
    arg1 : sparse matrix of SciPy, (data, indices, indptr), or array_like
        The matrix; or its elements row by row, their columns, and where each row begins
        in both, with the end of the last. Positions that are lazy arrays have to be
        distinct; those that are known are checked and sorted, and elements in one place
        added up.
    shape : (int, int), optional
        Rows and columns, with the three arrays; as many as these have by default.
    dtype : dtype, optional
        Of the elements.

    Attributes
    ----------
    data : Array, shape (nnz,)
        Elements, row by row.
    indices : Array of int, shape (nnz,)
        Their columns.
    indptr : Array of int, shape (rows + 1,)
        Where each row begins, and the last ends.
    shape : (int, int)
        Rows and columns.

    Raises
    ------
    ShapeError, DTypeError, BoundsError
        If the arrays do not make a matrix.

    See Also
    --------
    cg, bicgstab, gmres

    Notes
    -----
    ``A @ x`` takes ``2 nnz k`` additions and products for `k` columns, and goes through
    the elements once: kernels share the rows among threads. The elements of a row are
    added up in turn; in products with vectors, rows of 32 elements or more have four
    sums, of every fourth element. ``A.T @ x`` adds up parts of the rows, and then
    these.

    Where the result's positions depend on values, as in the sum of matrices with
    elements in other places, the positions of both are computed at once.

    References
    ----------
    Y. Saad, *Iterative Methods for Sparse Linear Systems*, 2nd edition, SIAM 2003,
    section 3.4.

    Examples
    --------
    >>> import lazydag as ld
    >>> A = ld.sparse.csr_array(([4.0, 1.0, 3.0], [0, 1, 1], [0, 2, 3]))
    >>> A
    <csr_array f64[2,2] of 3 elements>
    >>> A @ [1.0, 2.0]
    Array([6., 6.])
    >>> A.toarray()
    Array([[4., 1.],
           [0., 3.]])
    """

    data: Array
    indices: Array
    indptr: Array
    shape: Shape = field(metadata={"static": True})

    ndim = 2
    # NumPy's arrays leave operators to us
    __array_ufunc__ = None

    def __init__(
        self, arg1: Any, shape: tuple[int, int] | None = None, *, dtype: Any = None
    ) -> None:
        parts = arg1 if isinstance(arg1, csr_array) else taken_apart(arg1, shape)
        data = as_array(parts.data)
        self._set(
            data if dtype is None else data.astype(dtype),
            as_array(parts.indices),
            as_array(parts.indptr),
            parts.shape,
        )

    def _set(self, *values: Any) -> None:
        for name, value in zip(self.__dataclass_fields__, values, strict=True):
            object.__setattr__(self, name, value)

    @classmethod
    def made(cls, data: Any, indices: Any, indptr: Any, shape: Shape) -> csr_array:
        """Return a matrix of arrays that are known to make one."""
        found = object.__new__(cls)
        found._set(*map(as_array, (data, indices, indptr)), shape)
        return found

    def with_data(self, data: Any) -> csr_array:
        """Return a matrix with other elements in the same places.

        Parameters
        ----------
        data : array_like, shape (nnz,)
            The elements, row by row.
        """
        return csr_array.made(data, self.indices, self.indptr, self.shape)

    @property
    def nnz(self) -> int:
        """Number of elements that are stored."""
        size: int = self.data.shape[0]
        return size

    @property
    def dtype(self) -> Any:
        """Type of the elements."""
        return self.data.dtype

    @property
    def T(self) -> csc_array:
        """The transposed matrix, of the same arrays."""
        return csc_array(self)

    def __repr__(self) -> str:
        rows, columns = self.shape
        kind = str(self.data.node.type).partition("[")[0]
        return f"<csr_array {kind}[{rows},{columns}] of {self.nnz} elements>"

    def rows(self) -> Array:
        """Return the row of each element."""
        return Array(call("csr_rows", self.indptr.node, self.indices.node))

    def diagonal(self) -> Array:
        """Return the elements whose row is their column."""
        inside = self.rows() == self.indices
        data, places = where(inside, self.data, 0), where(inside, self.indices, 0)
        size = min(self.shape)
        return Array(call("csr_place", data.node, places.node, size=size))

    def sum(self, axis: int | None = None) -> Array:
        """Return the sum of all elements, of those of each column, or of each row.

        Parameters
        ----------
        axis : int, optional
            0 for columns, 1 for rows.
        """
        if axis is None:
            return summed(self.data)
        if axis not in (0, 1, -1, -2):
            raise AxisError(f"axis {axis} of a matrix", caller_location())
        data = self.data if self.dtype.kind in "fc" else self.data.astype(np.int64)
        matrix = self.with_data(data)
        along = axis % 2
        unit = ones(self.shape[along], dtype=data.dtype)
        return matrix @ unit if along else matrix.T @ unit

    def astype(self, dtype: Any) -> csr_array:
        """Return the matrix with elements of another type."""
        return self.with_data(self.data.astype(dtype))

    def toarray(self) -> Array:
        """Return the matrix with all its zeros."""
        nodes = self.data.node, self.indices.node, self.indptr.node
        return Array(call("csr_dense", *nodes, columns=self.shape[1]))

    def to_scipy(self) -> Any:
        """Compute the matrix, as `scipy.sparse.csr_array`; needs SciPy."""
        from scipy import sparse  # noqa: PLC0415 -- optional

        parts = map(np.array, (self.data, self.indices, self.indptr))
        return sparse.csr_array(tuple(parts), shape=self.shape)

    def __matmul__(self, other: Any) -> Array:
        return product(self, _dense(other))

    def __rmatmul__(self, other: Any) -> Array:
        return transposed_product(self, as_array(_dense(other)).T).T

    def __neg__(self) -> csr_array:
        return self.with_data(-self.data)

    def __abs__(self) -> csr_array:
        return self.with_data(abs(self.data))

    def conj(self) -> csr_array:
        """Return the matrix of the conjugate numbers."""
        return self.with_data(self.data.conj())

    def __mul__(self, other: Any) -> csr_array:
        if isinstance(other, csr_array):
            return multiplied(self, other)
        return self.with_data(self.data * gathered(self, other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> csr_array:
        return self.with_data(self.data / gathered(self, _dense(other)))

    def __add__(self, other: Any) -> Any:
        if isinstance(other, csr_array):
            return added(self, other, 1)
        return self.toarray() + _matrix(other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, csr_array):
            return added(self, other, -1)
        return self.toarray() - _matrix(other)

    def __rsub__(self, other: Any) -> Array:
        found: Array = _matrix(other) - self.toarray()
        return found


@dataclass(frozen=True, eq=False, repr=False)
class csc_array:  # noqa: N801 -- SciPy's name
    """A sparse matrix whose columns are compressed: a transposed `csr_array`.

    Parameters
    ----------
    T : csr_array
        The transposed matrix.

    Examples
    --------
    >>> import lazydag as ld
    >>> A = ld.sparse.csr_array(([4.0, 1.0, 3.0], [0, 1, 1], [0, 2, 3]))
    >>> A.T @ [1.0, 2.0]
    Array([4., 7.])
    """

    T: csr_array

    ndim = 2
    __array_ufunc__ = None

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.T.shape[::-1]

    @property
    def nnz(self) -> int:
        """Number of elements that are stored."""
        return self.T.nnz

    @property
    def dtype(self) -> Any:
        """Type of the elements."""
        return self.T.dtype

    def __repr__(self) -> str:
        return f"<transposed {self.T!r}>"

    def tocsr(self) -> csr_array:
        """Return the matrix with its rows compressed."""
        a = self.T
        nodes = a.data.node, a.indices.node, a.indptr.node
        found = calls("csr_transpose", 3, *nodes, columns=a.shape[1])
        data, indices, indptr = map(Array, found)
        return csr_array.made(data, indices, indptr, self.shape)

    def toarray(self) -> Array:
        """Return the matrix with all its zeros."""
        return self.T.toarray().T

    def __matmul__(self, other: Any) -> Array:
        return transposed_product(self.T, _dense(other))

    def __rmatmul__(self, other: Any) -> Array:
        return product(self.T, as_array(_dense(other)).T).T


def _dense(other: Any) -> Any:
    if isinstance(other, csr_array | csc_array) or hasattr(other, "tocsr"):
        raise UnsupportedError(
            "products and quotients of two sparse matrices are not there",
            caller_location(),
            "Make one of them dense with toarray().",
        )
    return other


def _matrix(other: Any) -> Array:
    """Return what can be added to a sparse matrix."""
    dense = as_array(_dense(other))
    if not dense.ndim:
        raise UnsupportedError(
            "a number cannot be added to a sparse matrix: all zeros would change",
            caller_location(),
            "Add it to toarray().",
        )
    return dense
