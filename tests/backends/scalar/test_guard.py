"""The guarded operations mean what NumPy means, on every level and width."""

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lazydag.backends.cpu.objects import Compiler
from lazydag.backends.cpu.probe import NUMPY, evaluate
from lazydag.backends.scalar import Expr, arg, const, guard
from lazydag.backends.scalar.types import TYPES, DType

INTEGERS: list[DType] = [t for t in NUMPY if TYPES[t].kind in "iu"]
EDGES = [0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 255.0, 256.0, -1.0, -129.0, 300.7, 65536.0]
HUGE = [1e10, -1e10, 2.0**31 - 0.5, 2.0**31, -(2.0**31), -(2.0**31) - 0.5, -(2.0**32)]
HUGER = [2.0**63, 2.0**63 - 1024, -(2.0**63), 2.0**64, 1.8e19, -5e18, 1e-320, 1e38]
BAD = [np.nan, np.inf, -np.inf]


def values_of(dtype: DType) -> NDArray[Any]:
    """Values of a type around everything that can go wrong."""
    kind = NUMPY[dtype]
    if dtype == "bool":
        return np.array([False, True], kind)
    if kind.kind == "f":
        return np.array([*EDGES, *HUGE, *HUGER, *BAD], kind)
    info = np.iinfo(kind)
    low, high = int(info.min), int(info.max)
    return np.array([low, high, 0, 1, high // 2, high - 1, low + 1, 7], kind)


@pytest.mark.parametrize(("source", "target"), [*itertools.product(NUMPY, NUMPY)])
def test_cast_is_astype(
    source: DType, target: DType, compilers: list[Compiler]
) -> None:
    x = values_of(source)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # One at a time: NumPy's vector code for float to u32 differs out of range.
        expected = np.concatenate(
            [x[i : i + 1].astype(NUMPY[target]) for i in range(x.size)]
        )
    root = guard.cast(arg(0, source), target)
    for compiler, width in itertools.product(compilers, (4, 8)):
        found = evaluate(root, x, width=width, compiler=compiler)
        np.testing.assert_array_equal(found, expected)
        zero = expected == 0
        np.testing.assert_array_equal(
            np.signbit(found[zero]), np.signbit(expected[zero])
        )


@given(st.floats(width=64), st.sampled_from(INTEGERS))
@settings(max_examples=60)
def test_cast_of_any_double(value: float, target: DType) -> None:
    x = np.array([value])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = x.astype(NUMPY[target])
    assert evaluate(guard.cast(arg(0, "f64"), target), x) == expected


def quotient(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """C's division, and 0 for a zero divisor."""
    with np.errstate(all="ignore"):
        floored = np.floor_divide(a, b)
        inexact = (floored * b != a) & ((a < 0) != (b < 0)) & (b != 0)
    return floored + inexact.astype(a.dtype)


OPERATIONS: list[tuple[Callable[[Expr, Expr], Expr], Callable[..., NDArray[Any]]]] = [
    (guard.div, quotient),
    (guard.rem, np.fmod),
    (guard.shl, np.left_shift),
    (guard.shr, np.right_shift),
]


@pytest.mark.parametrize(("build", "meaning"), OPERATIONS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_operations_have_no_undefined_case(
    build: Callable[[Expr, Expr], Expr],
    meaning: Callable[..., NDArray[Any]],
    dtype: DType,
    compilers: list[Compiler],
) -> None:
    values, bits = values_of(dtype), TYPES[dtype].bits
    others = np.append(values, np.array([2, 3, bits - 1, bits], values.dtype))
    a, b = (m.ravel() for m in np.meshgrid(values, others))
    with np.errstate(all="ignore"):
        expected = meaning(a, b)
    root = build(arg(0, dtype), arg(1, dtype))
    for compiler in compilers:
        found = evaluate(root, a, b, compiler=compiler)
        np.testing.assert_array_equal(found, expected)


def test_constants_that_rule_out_odd_cases_cost_nothing() -> None:
    x = arg(0, "i32")
    assert guard.div(x, const(3, "i32")).op == "div"
    assert guard.shl(x, const(5, "i32")).op == "shl"
    assert guard.div(x, const(-1, "i32")).op == "select"
    assert guard.shr(x, const(32, "i32")).op == "shr"
    assert guard.shl(x, const(32, "i32")).op == "select"
