"""Products of sparse matrices and dense arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.nodes.dtypes import result_type
from lazydag.array.nodes.library import call
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.array.sparse.compressed import csr_array

_MATRIX = 2


def product(a: csr_array, x: Any) -> Array:
    """Return ``a @ x``."""
    return _product("csr_product", a, as_array(x), a.shape)


def transposed_product(a: csr_array, x: Any) -> Array:
    """Return ``a.T @ x``."""
    x = as_array(x)
    shape = a.shape[::-1]
    return _product("csr_transposed_product", a, x, shape, columns=shape[0])


def _product(
    name: str, a: csr_array, x: Array, shape: tuple[int, int], **options: int
) -> Array:
    if x.ndim not in (1, _MATRIX) or x.shape[0] != shape[1]:
        raise ShapeError(
            f"cannot multiply a sparse matrix {list(shape)} by {list(x.shape)}",
            caller_location(),
            f"Give a vector of {shape[1]} elements, or a matrix with as many rows.",
        )
    dtype = result_type(a.dtype, x.dtype)
    data, x = a.data.astype(dtype), x.astype(dtype)
    positions = a.indices.node, a.indptr.node
    return Array(call(name, data.node, *positions, x.node, **options))
