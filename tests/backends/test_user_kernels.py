"""People's scalar functions inside of kernels."""

from __future__ import annotations

import ctypes
import math
from functools import partial

import numpy as np
import pytest

from lazydag.backends import backend
from lazydag.backends.cpu.user_kernel import result_dtype
from lazydag.errors import DTypeError
from lazydag.ir.attrs import CallAttrs, ReduceAttrs, UserKernel
from lazydag.ir.types import DTYPES
from lazydag.runtime import KernelTask
from tests.backends.kernels import (
    KERNEL,
    base_of,
    graph_of,
    lower,
    op,
    params_of,
    run,
)

CPU = backend("cpu")
F64 = DTYPES["f64"]


def collatz(n):
    steps = 0
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def clipped(x, low):
    if x < low:
        return low
    return math.sqrt(x) + 1.0


def is_small(x):
    return abs(x) < 0.5


def picky(x):
    if x > 10.0:
        raise ValueError("too large")
    return x


def timid(x):
    if x < 4.0:
        raise ValueError("too small")
    return x


def call(function, *params):
    dtype = result_dtype(function, [p.type.dtype for p in params])
    return op("call", *params, attrs=CallAttrs(UserKernel("f", function), dtype))


@pytest.mark.parametrize("count", [1, 8, 1003])
def test_loops_and_branches(count):
    n = np.arange(1, count + 1)
    params = params_of(n)
    got = np.zeros(count, np.int64)
    run(CPU, graph_of(params, call(collatz, *params)), [n], [got])
    assert got.tolist() == [collatz(int(k)) for k in n]


def test_fused_with_other_ops_and_types():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 2, 500), rng.uniform(0, 2, 500).astype(np.float32)
    params = params_of(x, y)
    doubled = op("add", params[0], params[0])
    body = graph_of(
        params, call(clipped, doubled, params[1]), call(is_small, params[0])
    )
    got = [np.zeros(500, o.type.dtype) for o in body.outputs]
    run(CPU, body, [x, y], got, (64,))
    want = [clipped(float(a + a), float(b)) for a, b in zip(x, y, strict=True)]
    assert got[0].tolist() == want
    assert got[1].tolist() == (np.abs(x) < 0.5).tolist()


def outcome(body, inputs):
    """Run a kernel in one tile; return what its failure means, or nothing."""
    outputs = [np.zeros(o.type.shape, o.type.dtype) for o in body.outputs]
    task = lower(CPU, body, inputs, outputs)
    assert isinstance(task, KernelTask)
    arrays = [base_of(a) for a in (*inputs, *outputs)]
    bases = (ctypes.c_void_p * len(arrays))(*(a.ctypes.data for a in arrays))
    code = KERNEL(task.address)(task.blocks.ctypes.data, bases)
    return task.meanings[code] if code else ""


def test_an_exception_fails_the_tile():
    for value, expected in ((1.0, ""), (11.0, "picky"), (1.0, "")):
        x = np.full(5, value)
        params = params_of(x)
        found = outcome(graph_of(params, call(picky, *params)), [x])
        assert found.partition(",")[0] == expected


def test_a_failure_names_the_function():
    for value, expected in ((1.0, "timid"), (11.0, "picky"), (5.0, "")):
        x = np.full(5, value)
        params = params_of(x)
        body = graph_of(params, call(picky, *params), call(timid, *params))
        assert outcome(body, [x]).partition(",")[0] == expected


def total(axis, x):
    return op("sum", call(timid, x), attrs=ReduceAttrs((axis,)))


def strided(x):
    return np.repeat(x, 2, axis=1)[:, ::2]


@pytest.mark.parametrize("layout", [np.ascontiguousarray, strided, np.asfortranarray])
@pytest.mark.parametrize(
    "make", [partial(total, 0), partial(total, 1), partial(call, timid)]
)
def test_functions_see_only_elements(make, layout):
    """Lanes beyond the end of a row hold neither a number of ours nor an older one."""
    for value in (3.0, 1.0, 3.0):
        x, y = layout(np.full((37, 29), value)), np.full((37, 29), value)
        params = params_of(x, y)
        body = graph_of(params, make(op("add", *params)))
        assert bool(outcome(body, [x, y])) == (value < 2.0)


@pytest.mark.parametrize(
    ("function", "dtypes", "expected"),
    [
        (collatz, ["i32"], "i64"),
        (clipped, ["f64", "f32"], "f64"),
        (is_small, ["f32"], "bool"),
    ],
)
def test_result_dtype(function, dtypes, expected):
    assert result_dtype(function, [DTYPES[d] for d in dtypes]) == DTYPES[expected]


def test_what_numba_cannot_compile_names_the_line():
    def bad(x):
        return x.frobnicate()

    with pytest.raises(DTypeError, match=r"cannot compile bad\(f64\)") as caught:
        result_dtype(bad, [F64])
    assert "frobnicate" in str(caught.value)
    assert "test_user_kernels.py" in str(caught.value)


def test_a_function_that_returns_no_number():
    def pair(x):
        return (x, x)

    with pytest.raises(DTypeError, match="pair returns"):
        result_dtype(pair, [F64])
