"""Result dtypes and values of every elementwise function, as NumPy has them."""

from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.array.functions.beyond.ufuncs import UFUNCS
from lazydag.array.nodes.rows import ROWS, Row
from lazydag.ir.types import DTYPES

SCALARS = (True, 3, 2.5)
UNARY = [row for row in ROWS.values() if row.ufunc.nin == 1]
BINARY = [row for row in ROWS.values() if row.ufunc.nin == 2]


def name(row: Row) -> str:
    return row.name


def sample(dtype: Any) -> Any:
    if dtype.kind == "b":
        return np.array([True, False, True])
    if dtype.kind == "c":
        return np.array([1.5 - 1j, 0.25, -2.0 + 3j], dtype)
    values = [1.5, 0.25, -2.0] if dtype.kind == "f" else [1, 2, 3]
    return np.array(values, dtype)


def outcome(function: Any, *args: Any) -> Any:
    """Return the result as an array, or the kind of error."""
    try:
        found = function(*args)
        dtypes = {
            np.asarray(x).dtype for x in (found if type(found) is tuple else (found,))
        }
        found = np.asarray(found)
    except OverflowError:
        return OverflowError
    except TypeError:
        return TypeError
    return TypeError if np.dtype("f2") in dtypes else found


def check(row: Row, *args: Any) -> None:
    want = outcome(row.ufunc, *args)
    found = outcome(vars(ld).get(row.name) or UFUNCS[row.ufunc], *args)
    if row.name == "signbit" and found is TypeError:
        return  # NumPy computes it in float16, but its result is a bool
    if isinstance(want, type) or isinstance(found, type):
        assert want is found, args
        return
    assert found.dtype == want.dtype, args
    np.testing.assert_allclose(found, want, rtol=1e-6, err_msg=str(args))


@pytest.mark.parametrize("row", UNARY, ids=name)
def test_unary(row: Row) -> None:
    for dtype in DTYPES.values():
        check(row, sample(dtype))
    for scalar in SCALARS:
        check(row, scalar)


@pytest.mark.parametrize("row", BINARY, ids=name)
def test_binary(row: Row) -> None:
    arrays = [sample(dtype) for dtype in DTYPES.values()]
    for x in arrays:
        for y in (*arrays, *SCALARS):
            check(row, x, y)
            check(row, y, x)


def test_dtype_is_known_before_the_value() -> None:
    for x in DTYPES.values():
        for y in DTYPES.values():
            lazy = ld.asarray(sample(x)) * ld.asarray(sample(y))
            assert lazy.dtype == np.result_type(x, y)


@pytest.mark.parametrize("value", [300, -1, 255, 0, 10**30, -(10**30)])
@pytest.mark.parametrize("op", ["__lt__", "__le__", "__eq__", "__ne__", "__gt__"])
def test_comparison_with_any_python_integer(value: int, op: str) -> None:
    x = np.array([0, 1, 255], np.uint8)
    np.testing.assert_array_equal(
        getattr(ld.asarray(x), op)(value), getattr(x, op)(value)
    )


@pytest.mark.parametrize("row", ["equal", "less", "less_equal", "greater"])
def test_signed_with_unsigned_is_exact(row: str) -> None:
    x = np.array([-1, 2**63 - 1, 2**63 - 1, 5], np.int64)
    y = np.array([2**64 - 1, 2**63 - 1, 2**63, 4], np.uint64)
    ours, numpys = vars(ld)[row], getattr(np, row)
    np.testing.assert_array_equal(ours(x, y), numpys(x, y))
    np.testing.assert_array_equal(ours(y, x), numpys(y, x))


def test_python_integer_that_does_not_fit() -> None:
    x = ld.asarray(np.array([1], np.uint8))
    with pytest.raises(ld.RangeError, match="300 out of bounds for uint8") as caught:
        x + 300
    assert isinstance(caught.value, OverflowError)


def test_weak_scalars_do_not_widen() -> None:
    x = ld.asarray(np.ones(2, np.float32))
    assert (x + 1).dtype == np.float32
    assert (2.5 * x).dtype == np.float32
    assert (x + np.float64(1)).dtype == np.float64
    assert (ld.asarray(np.ones(2, np.int8)) + 1).dtype == np.int8
    assert (ld.asarray(np.ones(2, np.int8)) + 1.5).dtype == np.float64


def test_zero_keeps_its_sign() -> None:
    x = ld.asarray(np.zeros(1))
    assert np.signbit(np.asarray(x * -0.0))[0]
    assert not np.signbit(np.asarray(x * 0.0))[0]


def test_integers_to_negative_powers() -> None:
    x = ld.asarray(np.array([1, 2]))
    with pytest.raises(ValueError, match="negative integer powers"):
        x**-1
    assert (x**-1.0).dtype == np.float64


@pytest.mark.parametrize("power", [0, 1, 2, 3, 4, 5.0, 6, -1, 0.5, 2.0, 2.5])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_powers_of_the_operator(power: float, dtype: str) -> None:
    x = np.array([0.25, 1.5, 7.0], dtype)
    found = np.asarray(ld.asarray(x) ** power)
    assert found.dtype == (x**power).dtype
    np.testing.assert_array_max_ulp(found, x**power, 3)


def test_result_type_and_can_cast() -> None:
    x = ld.asarray(np.ones(2, np.float32))
    assert ld.result_type(x, 1.0) == np.float32
    assert ld.result_type(ld.int8, ld.uint8) == np.int16
    assert ld.can_cast(x, ld.float64)
    with pytest.raises(ld.DTypeError):
        ld.result_type(np.float16)
