"""Every elementwise op on every dtype it takes, against NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from lazydag.backends import backend
from lazydag.errors import DTypeError
from lazydag.ir.attrs import CastAttrs
from lazydag.ir.node import make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.types import DTYPES
from tests.backends.kernels import graph_of, op, params_of, run, same_bits, samples

ULP = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan",
    "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "hypot", "cbrt", "erf", "pow",
}  # fmt: skip
ELEMENTWISE = [
    (name, dtype)
    for (name, row), dtype in itertools.product(OPS.items(), DTYPES)
    if row.kind is Kind.ELEMENTWISE and name not in ("call", "cast")
]
# NumPy gives bools another type or refuses: frontends convert first.
NOT_FOR_BOOL = {"sub", "neg", "sign", "floordiv", "mod", "pow", "shl", "shr"}


def arguments(name, dtype, count=1500):
    arity = OPS[name].arity
    arrays = [samples(dtype, (count,), seed) for seed in range(arity)]
    if name == "where":
        arrays[0] = samples("bool", (count,))
    return arrays


@pytest.mark.parametrize(("name", "dtype"), ELEMENTWISE)
def test_op(name, dtype):
    if dtype == "bool" and name in NOT_FOR_BOOL:
        return
    arrays = arguments(name, dtype)
    if name == "pow" and DTYPES[dtype].kind == "i":
        arrays[1] = np.abs(arrays[1] // 64)
    params = params_of(*arrays)
    try:
        node = op(name, *params)
    except DTypeError:
        return
    body = graph_of(params, node)
    want, got = (np.zeros(1500, node.type.dtype) for _ in range(2))
    run(backend("reference"), body, arrays, [want])
    run(backend("cpu"), body, arrays, [got])
    is_magnitude = name == "abs" and DTYPES[dtype].kind == "c"
    if is_magnitude or (name in ULP and DTYPES[dtype].kind == "f"):
        a, b = finite(want, got)
        np.testing.assert_array_max_ulp(a, b, maxulp=5)
        assert np.array_equal(np.isnan(want), np.isnan(got))
    elif name in ("minimum", "maximum", "fmin", "fmax"):
        assert np.array_equal(want, got, equal_nan=DTYPES[dtype].kind in "fc")
    else:
        different = np.flatnonzero((want != got) & ~((want != want) & (got != got)))[:5]
        shown = [[a[different] for a in arrays], want[different], got[different]]
        assert same_bits(want, got), shown


def finite(a, b):
    ok = np.isfinite(a) & np.isfinite(b)
    assert np.array_equal(a[np.isinf(a)], b[np.isinf(a)])
    return a[ok], b[ok]


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_cast(source, target):
    (x,) = arrays = [samples(source, (1003,))]
    if x.dtype.kind == "c" and DTYPES[target].kind in "iu":
        x[:] = samples("u8", (1003,))
    if x.dtype.kind == "f" and DTYPES[target].kind in "iu":
        info = np.iinfo(DTYPES[target])  # beyond that C leaves it open
        inside = (x > info.min) & (x < info.max)
        x[~inside] = 1.5
    params = params_of(x)
    body = graph_of(params, make(OPS["cast"], *params, attrs=CastAttrs(DTYPES[target])))
    want, got = (np.zeros(1003, DTYPES[target]) for _ in range(2))
    run(backend("reference"), body, arrays, [want])
    run(backend("cpu"), body, arrays, [got])
    assert same_bits(want, got)
