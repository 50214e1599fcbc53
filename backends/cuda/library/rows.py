"""Which operations of whole arrays libraries of a device compute: one row each.

A row is called with the library of arrays, the operands and the operation's options,
and returns the results. Those that can fail return codes after them, int32, one for
each matrix, which `lazydag.ir.refusals` makes errors of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

from lazydag.backends.cuda.library import (
    counting,
    factors,
    filling,
    order,
    sparse,
    spectra,
)
from lazydag.backends.cuda.library.blas import Array
from lazydag.backends.cuda.library.products import matmul
from lazydag.ir.types import ArrayType

Types: TypeAlias = Sequence[ArrayType]


def _any(_types: Types, _options: Mapping[str, Any]) -> bool:
    return True


def _floating(types: Types, _options: Mapping[str, Any]) -> bool:
    return all(each.dtype.kind in "fc" for each in types)


def _counts(types: Types, options: Mapping[str, Any]) -> bool:
    most = np.iinfo(types[0].dtype).max if types[0].dtype.kind in "iu" else -1
    return len(types) == 1 and options["length"] <= most


def _real(types: Types, _options: Mapping[str, Any]) -> bool:
    return all(each.dtype.kind == "f" for each in types)


def _matrix(types: Types, _options: Mapping[str, Any]) -> bool:
    return types[0].ndim == 2


def _compressed(types: Types, _options: Mapping[str, Any]) -> bool:
    data, *positions = types[:3]
    narrow = {"i4", "i8", "u4"}
    return data.dtype.kind == "f" and all(p.dtype.str[1:] in narrow for p in positions)


def _positions(types: Types, _options: Mapping[str, Any]) -> bool:
    return all(each.dtype.str[1:] in {"i4", "i8"} for each in types)


def _numbers(types: Types, _options: Mapping[str, Any]) -> bool:
    return types[0].dtype.kind != "b"


@dataclass(frozen=True, slots=True)
class Row:
    """An operation.

    Parameters
    ----------
    call
        ``call(xp, *operands, **options)`` returns the results; if it is `is_into`,
        ``call(xp, out, *operands, **options)`` writes the one that there is.
    takes
        ``takes(types, options)`` tells whether it takes such operands.
    can_fail
        Whether codes follow the results: one for each matrix, or if it `has_one_code`
        just one.
    """

    call: Callable[..., Any]
    takes: Callable[[Types, Mapping[str, Any]], bool] = _any
    can_fail: bool = False
    is_into: bool = False
    has_one_code: bool = False


def _transform(name: str) -> Row:
    def call(xp: Any, x: Array, **options: Any) -> Any:
        return getattr(xp.fft, name)(x, **options)

    return Row(call, _floating)


def _reduction(name: str) -> Row:
    def call(xp: Any, x: Array, axes: tuple[int, ...], keepdims: bool) -> Any:
        return getattr(xp, name)(x, axis=axes, keepdims=keepdims).astype(x.dtype)

    return Row(call)


_TRANSFORMS: Final = (
    *("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"),
    *("fftn", "ifftn", "rfftn", "irfftn"),
)

#: By the name of the op or of the function.
ROWS: Final[dict[str, Row]] = {
    "matmul": Row(matmul, _numbers, is_into=True),
    "iota": Row(filling.iota),
    "concat": Row(filling.concat),
    "argmin": Row(filling.argmin),
    "argmax": Row(filling.argmax),
    "sort": Row(order.sort),
    "argsort": Row(order.argsort),
    "partition": Row(order.partition),
    "argpartition": Row(order.argpartition),
    "ranked": Row(order.ranked),
    "ranked_at": Row(order.ranked_at),
    "topk": Row(order.topk),
    "lexsort": Row(order.lexsort),
    "searchsorted": Row(order.searchsorted),
    "nanargmin": Row(counting.nanargmin, _real, can_fail=True, has_one_code=True),
    "nanargmax": Row(counting.nanargmax, _real, can_fail=True, has_one_code=True),
    "bincount": Row(counting.bincount, _counts, can_fail=True, has_one_code=True),
    "digitize": Row(counting.digitize, _real, can_fail=True, has_one_code=True),
    "interp": Row(filling.interp, _floating),
    "i0": Row(filling.i0, _floating),
    "reinterpret": Row(filling.reinterpret),
    **{name: _reduction(name) for name in ("prod", "amin", "amax")},
    **{name: _transform(name) for name in _TRANSFORMS},
    "cholesky": Row(factors.cholesky, _floating, can_fail=True),
    "lu_factor": Row(factors.lu_factor, _floating),
    "permutation": Row(factors.permutation),
    "solve": Row(factors.solve, _floating, can_fail=True),
    "solve_triangular": Row(factors.solve_triangular, _floating, can_fail=True),
    "inv": Row(factors.inv, _floating, can_fail=True),
    "det": Row(factors.det, _floating),
    "slogdet": Row(factors.slogdet, _floating),
    "qr": Row(spectra.qr, _floating),
    "householder": Row(spectra.householder, _matrix),
    "eigh": Row(spectra.eigh, _floating, can_fail=True),
    "eigvalsh": Row(spectra.eigvalsh, _floating, can_fail=True),
    "svd": Row(spectra.svd, _floating, can_fail=True),
    "svdvals": Row(spectra.svdvals, _floating, can_fail=True),
    "pinv": Row(spectra.pinv, _floating, can_fail=True),
    "least_squares": Row(spectra.least_squares, _floating, can_fail=True),
    "csr_product": Row(sparse.product, _compressed, can_fail=True),
    "csr_transposed_product": Row(
        sparse.transposed_product, _compressed, can_fail=True
    ),
    "csr_transpose": Row(sparse.transpose, _compressed, can_fail=True),
    "csr_rows": Row(sparse.row_numbers, _positions, can_fail=True),
}
