"""Functions of whole arrays that no kernel computes: one row each.

A row says what NumPy computes, and how the types of its results follow from those of
its operands, so that nothing runs before it is known to fit. The op ``function`` names
its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any, TypeAlias

import numpy as np

from lazydag.ir import (
    coordinates,
    draws,
    factors,
    selection,
    signals,
    sparse,
    spectra,
    table,
    tile_maps,
)
from lazydag.ir import function_types as t
from lazydag.ir import statistics as s
from lazydag.ir import statistics_types as st
from lazydag.ir import ufuncs as u
from lazydag.ir.refusals import refusal
from lazydag.ir.types import ArrayType

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Types: TypeAlias = Sequence[ArrayType]
Rule: TypeAlias = Callable[..., tuple[ArrayType, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of whole arrays.

    Parameters
    ----------
    name : str
        Name in dumps.
    call : callable
        ``call(*arrays, **options)`` returns an array, or a tuple of them.
    infer : callable
        ``infer(types, **options)`` returns the type of each result.
    flops : callable
        ``flops(types)`` returns the cost in additions.
    over : int
        The operand that the first result can be written over, if they have one type;
        -1 if there is none.
    """

    name: str
    call: Callable[..., Any]
    infer: Rule
    flops: Callable[[Types], float]
    over: int = -1

    def results(self, arrays: Sequence[NDArray], options: Any) -> tuple[NDArray, ...]:
        """Return all results, as arrays."""
        named = dict(options)
        try:
            found = self.call(*arrays, **named)
        except np.linalg.LinAlgError as error:
            raise refusal(self.name, arrays, named, error) from error
        listed = found if isinstance(found, tuple) else (found,)
        return tuple(np.asarray(each) for each in listed)


def _linear(per_element: float) -> Callable[[Types], float]:
    return lambda types: per_element * max(each.size for each in types)


def _sorting(types: Types) -> float:
    size = max(each.size for each in types)
    return 4.0 * size * log2(size + 2)


_triangular = factors.solve_triangular


def _substituting(types: Types) -> float:
    a, b = types
    return 2.0 * b.size * a.sizes[-1]


def _cubic(factor: float) -> Callable[[Types], float]:
    return lambda types: factor * types[0].size * max(types[0].sizes[-2:], default=1)


def _cholesky(x: NDArray, upper: bool) -> NDArray:
    return np.linalg.cholesky(x, upper=upper)


def _eig(x: NDArray) -> tuple[NDArray, NDArray]:
    values, vectors = np.linalg.eig(x)
    wanted = np.result_type(x.dtype, np.complex64)
    return values.astype(wanted), vectors.astype(wanted)


def _eigvals(x: NDArray) -> NDArray:
    return np.linalg.eigvals(x).astype(np.result_type(x.dtype, np.complex64))


def _qr(x: NDArray, mode: str) -> tuple[NDArray, NDArray]:
    kind: Any = mode
    q, r = np.linalg.qr(x, kind)
    return q, r


def _slogdet(x: NDArray) -> tuple[NDArray, NDArray]:
    sign, logarithm = np.linalg.slogdet(x)
    return sign, logarithm


def _pinv(x: NDArray, rtol: Any = None) -> NDArray:
    return np.linalg.pinv(x, rtol=rtol)


def _reduction(ufunc: np.ufunc) -> Callable[..., Any]:
    def call(x: NDArray, axes: tuple[int, ...], keepdims: bool) -> Any:
        return ufunc.reduce(x, axis=axes, keepdims=keepdims)

    return call


def _fft(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(np.fft, name)
    return function


_TRANSFORMS: dict[str, Rule] = {
    "fft": t.transform,
    "ifft": t.transform,
    "rfft": t.half_transform,
    "ihfft": t.half_transform,
    "irfft": t.real_transform,
    "hfft": t.real_transform,
    "fftn": t.transform_over,
    "ifftn": t.transform_over,
    "rfftn": t.half_transform_over,
    "irfftn": t.real_transform_over,
}

# name, what NumPy computes, types of the results, cost in additions
_TABLE: tuple[Function, ...] = (
    Function("map_tiles", tile_maps.mapped, tile_maps.typed, _linear(50)),
    Function("table", table.table, table.typed, table.cost),
    Function("sort", s.sort, t.same, _sorting),
    Function("argsort", s.argsort, t.positions, _sorting),
    Function("partition", s.partition, t.same, _linear(8)),
    Function("argpartition", s.argpartition, t.positions, _linear(8)),
    Function("ranked", selection.ranked, st.ranked, _linear(8)),
    Function("ranked_at", selection.ranked_at, st.ranked_at, _sorting),
    Function("topk", s.topk, st.topk, _linear(8)),
    Function("lexsort", s.lexsort, st.by_keys, _sorting),
    Function("searchsorted", np.searchsorted, t.searched, _sorting),
    Function("digitize", np.digitize, t.positions, _sorting),
    Function("nanargmin", s.nan_position("nanargmin"), st.position_along, _linear(4)),
    Function("nanargmax", s.nan_position("nanargmax"), st.position_along, _linear(4)),
    Function("weighted_quantile", s.weighted_quantile, st.weighted_quantile, _sorting),
    Function("bincount", s.bincount, st.counted, _linear(2)),
    Function("histogram", s.histogram, st.histogram, _linear(16)),
    Function("histogram_between", s.histogram_between, st.histogram_between, _sorting),
    Function("histogramdd", s.histogramdd, st.histogramdd, _sorting),
    Function("cumsum", s.running(np.add), st.running, _linear(1)),
    Function("cumprod", s.running(np.multiply), st.running, _linear(1)),
    Function("draw", draws.draw, draws.drawn, _linear(50)),
    Function("choose", coordinates.choose, coordinates.chosen, _linear(4)),
    Function("ravel_multi_index", coordinates.ravel, coordinates.raveled, _linear(4)),
    Function("unravel_index", coordinates.unravel, coordinates.unraveled, _linear(8)),
    Function("prod", _reduction(np.multiply), t.reduced, _linear(4)),
    Function("amin", _reduction(np.minimum), t.reduced, _linear(4)),
    Function("amax", _reduction(np.maximum), t.reduced, _linear(4)),
    *(Function(n, _fft(n), rule, _sorting) for n, rule in _TRANSFORMS.items()),
    Function("cholesky", _cholesky, t.matrix, _cubic(1 / 3), over=0),
    Function("det", np.linalg.det, t.of_matrix, _cubic(2 / 3)),
    Function("slogdet", _slogdet, t.sign_and_logarithm, _cubic(2 / 3)),
    Function("inv", np.linalg.inv, t.matrix, _cubic(2), over=0),
    Function("pinv", _pinv, t.transposed, _cubic(20)),
    Function("solve", np.linalg.solve, t.solution, _cubic(2), over=1),
    Function("lu_factor", factors.lu_factor, factors.lu_types, _cubic(2 / 3), over=0),
    Function("permutation", factors.permutation, factors.permuted, _linear(8)),
    Function("solve_triangular", _triangular, t.solution, _substituting, over=1),
    Function("eig", _eig, t.complex_eigen, _cubic(25)),
    Function("eigvals", _eigvals, t.complex_eigenvalues, _cubic(10)),
    Function("eigh", spectra.eigh, t.eigen, _cubic(9)),
    Function("eigvalsh", np.linalg.eigvalsh, t.eigenvalues, _cubic(4 / 3)),
    Function("qr", _qr, t.qr, _cubic(4)),
    Function("svd", spectra.svd, t.svd, _cubic(20)),
    Function("svdvals", spectra.svdvals, t.singular_values, _cubic(4)),
    Function("householder", signals.householder, signals.reflectors, _cubic(2)),
    Function("least_squares", signals.least_squares, signals.fitted, _cubic(20)),
    Function("interp", np.interp, signals.interpolated, _sorting),
    Function("correlate", signals.correlate, signals.correlated, signals.cost),
    Function("poly", np.poly, signals.from_zeros, _linear(4)),
    Function("ufunc", u.apply, u.applied, u.cost),
    Function("ufunc_reduce", u.reduce, u.reduced, u.cost),
    Function("ufunc_accumulate", u.accumulate, u.accumulated, u.cost),
    Function("ufunc_reduceat", u.reduceat, u.reduced_at, u.cost),
    Function("i0", np.i0, t.same, _linear(60)),
    Function("csr_rows", sparse.row_numbers, sparse.rows_of, _linear(1)),
    Function("csr_product", sparse.product, sparse.multiplied, sparse.cost),
    Function(
        "csr_transposed_product",
        sparse.transposed_product,
        sparse.multiplied,
        sparse.cost,
    ),
    Function("csr_dense", sparse.dense, sparse.filled, _linear(4)),
    Function("csr_transpose", sparse.transpose, sparse.turned, _linear(16)),
    Function("csr_place", sparse.place, sparse.placed, _linear(4)),
    Function("reinterpret", u.reinterpret, u.reinterpreted, _linear(1)),
)

#: Every function by name.
FUNCTIONS: dict[str, Function] = {row.name: row for row in _TABLE}
