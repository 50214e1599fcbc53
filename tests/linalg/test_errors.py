"""Matrices that cannot be taken: NumPy's errors, with the place and the line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from tests.linalg.matrices import DEFINITE, with_nan
from tests.linalg.ways import WAYS

L = ld.linalg
SIZES = [5, 401]  # one call of LAPACK, and tiles

Solve = Callable[[Any], Any]

#: Functions of a matrix that has to be regular, and singular matrices.
REGULAR: dict[str, Solve] = {
    "inv": L.inv,
    "solve": lambda a: L.solve(a, ld.ones(a.shape[0])),
    "solve many": lambda a: L.solve(a, ld.ones((a.shape[0], 3))),
    "solve_triangular": lambda a: L.solve_triangular(a, ld.ones(a.shape[0])),
    "lu_solve": lambda a: L.lu_solve(L.lu_factor(a), ld.ones(a.shape[0])),
}
SINGULAR: dict[str, Callable[[int], Any]] = {
    "zero": lambda n: np.zeros((n, n)),
    "zero column": lambda n: np.eye(n) * (np.arange(n) != n - 2),
    "last zero": lambda n: np.triu(np.ones((n, n))) * (np.arange(n) < n - 1),
}


def indefinite(n: int, order: int) -> Any:
    """Return a matrix whose leading minors are positive up to that of an order."""
    a = DEFINITE["condition 2"](n, n, np.float64)
    a[order - 1, order - 1] = -1
    return a


def caught(call: Callable[[], Any]) -> ld.LinAlgError:
    """Return the error of a call, which names a line of this file."""
    with pytest.raises(ld.LinAlgError) as info:
        call()
    error = info.value
    assert isinstance(error, np.linalg.LinAlgError)
    assert error.at is not None
    assert "test_errors.py:" in str(error)
    return error


@pytest.mark.parametrize("way", ["lazily", "jitted", "of_views"])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize(("n", "order"), [(5, 1), (5, 4), (401, 2), (401, 301)])
def test_the_leading_minor_is_named(n: int, order: int, upper: bool, way: str) -> None:
    a = indefinite(n, order)
    error = caught(lambda: WAYS[way](lambda a: L.cholesky(a, upper=upper), a))
    assert f"minor of order {order} is not positive definite" in str(error)


def test_the_matrix_of_a_stack_is_named() -> None:
    a = np.stack([[np.eye(4), indefinite(4, 3)]])
    error = caught(lambda: ld.compute(L.cholesky(a)))
    assert "minor of order 3 of matrix (0, 1) is not positive" in str(error)


@pytest.mark.parametrize("n", SIZES)
def test_cho_factor_names_it_too(n: int) -> None:
    error = caught(lambda: ld.compute(L.cho_factor(indefinite(n, n - 1))[0]))
    assert f"order {n - 1} " in str(error)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("function", REGULAR)
@pytest.mark.parametrize("kind", SINGULAR)
def test_singular(function: str, kind: str, n: int) -> None:
    a = ld.asarray(SINGULAR[kind](n))
    assert "singular" in str(caught(lambda: ld.compute(REGULAR[function](a))))


@pytest.mark.parametrize("n", SIZES)
def test_singular_matrices_have_determinants_and_factors(n: int) -> None:
    a = SINGULAR["zero column"](n)
    assert L.det(a) == 0
    sign, logarithm = L.slogdet(a)
    assert (sign, logarithm) == (0, -np.inf)
    p, low, up = L.lu(a)
    np.testing.assert_array_equal(p @ low @ up, a)


@pytest.mark.parametrize("n", SIZES)
def test_an_error_in_a_larger_program(n: int) -> None:
    """What does not depend on the failure is no reason to be silent about it."""

    @ld.jit
    def program(a: Any, b: Any) -> Any:
        y = b @ b
        x = L.solve(a, b)
        return x + y

    error = caught(lambda: program(np.zeros((n, n)), np.eye(n)))
    assert error.at is not None
    assert error.at.text() == "x = L.solve(a, b)"


@pytest.mark.parametrize("n", SIZES)
def test_nothing_of_a_failed_run_is_left(n: int) -> None:
    def function(a: Any) -> Any:
        return L.cholesky(a) * 2.0

    jitted, good = ld.jit(function), DEFINITE["condition 2"](n, n, np.float64)
    expected = np.asarray(jitted(good))
    for _ in range(3):
        caught(lambda: jitted(indefinite(n, 3)))
        np.testing.assert_array_equal(jitted(good), expected)


NAN: dict[str, tuple[Solve, Solve]] = {
    "cholesky": (L.cholesky, np.linalg.cholesky),
    "inv": (L.inv, np.linalg.inv),
    "det": (L.det, np.linalg.det),
    "slogdet": (L.slogdet, np.linalg.slogdet),
    "qr": (L.qr, np.linalg.qr),
    "svd": (L.svd, np.linalg.svd),
    "svdvals": (L.svdvals, np.linalg.svdvals),
    "eigh": (L.eigh, np.linalg.eigh),
    "pinv": (L.pinv, np.linalg.pinv),
}


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("n", [6, 340])
@pytest.mark.parametrize("name", NAN)
def test_nan_never_passes_for_a_number(name: str, n: int, value: float) -> None:
    """There is an error, or numbers that are not finite: never a plausible result."""
    ours, theirs = NAN[name]
    a = DEFINITE["condition 2"](n, n, np.float64)
    a[n // 2, n // 3] = value
    with suppress(np.linalg.LinAlgError):
        assert not is_finite(ours(a)) or is_finite(theirs(a))


def is_finite(found: Any) -> bool:
    """Tell whether all elements of one or more results are."""
    listed = found if isinstance(found, tuple) else (found,)
    return all(np.isfinite(np.asarray(each)).all() for each in listed)


SHAPES: dict[str, tuple[Callable[[], Any], type[Exception]]] = {
    "no matrix": (lambda: L.cholesky(np.ones(3)), np.linalg.LinAlgError),
    "not square": (lambda: L.inv(np.ones((3, 4))), np.linalg.LinAlgError),
    "square for eigh": (lambda: L.eigh(np.ones((2, 3))), np.linalg.LinAlgError),
    "square for det": (lambda: L.det(np.ones((2, 3))), np.linalg.LinAlgError),
    "other rows": (lambda: L.solve(np.ones((3, 3)), np.ones(4)), ValueError),
    "triangle": (lambda: L.solve_triangular(np.ones((3, 3)), np.ones(4)), ValueError),
    "product": (lambda: L.matmul(np.ones((3, 4)), np.ones((3, 4))), ValueError),
    "float16": (lambda: L.inv(np.ones((3, 3), np.float16)), TypeError),
    "mode": (lambda: L.qr(np.ones((3, 3)), mode="raw?"), ValueError),
    "trans": (lambda: L.solve_triangular(np.eye(3), np.ones(3), "X"), ValueError),
}


@pytest.mark.parametrize("name", SHAPES)
def test_refused_at_once(name: str) -> None:
    """Shapes and types are refused when an expression is written, not when it runs."""
    call, expected = SHAPES[name]
    with pytest.raises(expected) as info:
        call()
    assert isinstance(info.value, ld.LazydagError)
    assert "test_errors.py:" in str(info.value)


@pytest.mark.parametrize("dtype", [bool, np.int64, np.uint8, np.float32, np.complex64])
def test_dtypes_are_numpys(dtype: Any) -> None:
    a = np.eye(4).astype(dtype)
    for name in ("cholesky", "inv", "det"):
        ours, theirs = getattr(L, name)(a), getattr(np.linalg, name)(a)
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs)
    assert L.solve(a, np.ones(4, np.float32)).dtype == np.result_type(
        np.linalg.inv(a).dtype, np.float32
    )


def test_one_nan_stays_where_it_belongs() -> None:
    """The factor before the row with a NaN is that of the matrix without."""
    a = DEFINITE["condition 2"](401, 401, np.float64)
    clean = np.asarray(L.cholesky(a))
    found = np.asarray(L.cholesky(with_nan(a, (400, 7))))
    np.testing.assert_array_equal(found[:400, :400], clean[:400, :400])
    assert np.isnan(found[400, 7:]).all()


def test_one_wrapper_of_two_functions_names_the_line_of_each() -> None:
    a = indefinite(5, 3)

    def wrapped(function: Solve) -> Callable[[Any], Any]:
        def program(x: Any) -> Any:
            return function(x * 1)

        return ld.jit(program)

    first = wrapped(lambda x: L.cholesky(x, upper=False))
    second = wrapped(
        lambda x: L.cholesky(x, upper=False),
    )
    errors = [caught(lambda: np.asarray(f(a))) for f in (first, second, first)]  # noqa: B023
    lines = [error.at.line for error in errors if error.at is not None]
    assert lines[0] == lines[2] != lines[1]
