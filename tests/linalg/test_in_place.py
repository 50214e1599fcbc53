"""Results in the place of arguments: values, identity, and what else sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from tests.linalg.matrices import DEFINITE, lower, random

L = ld.linalg
SIZES = [7, 401]

#: Of a matrix and right-hand sides: the result, in the place of one of them or not.
FUNCTIONS: dict[str, Callable[[Any, Any, bool], Any]] = {
    "cholesky": lambda a, b, over: L.cholesky(a, overwrite_a=over),
    "inv": lambda a, b, over: L.inv(a, overwrite_a=over),
    "solve": lambda a, b, over: L.solve(a, b, overwrite_b=over),
    "cho_factor": lambda a, b, over: L.cho_factor(a, overwrite_a=over)[0],
    "cho_solve": lambda a, b, over: L.cho_solve((a, True), b, overwrite_b=over),
    "lu_factor": lambda a, b, over: L.lu_factor(a, overwrite_a=over)[0],
    "lu_solve": lambda a, b, over: L.lu_solve(L.lu_factor(a), b, overwrite_b=over),
    "solve_triangular": lambda a, b, over: L.solve_triangular(
        a, b, lower=True, overwrite_b=over
    ),
}
OF_MATRICES = {"cholesky", "inv", "cho_factor", "lu_factor"}


def operands(name: str, n: int) -> tuple[Any, Any]:
    """Return a matrix that a function takes, and right-hand sides."""
    make = lower if name in ("cho_solve", "solve_triangular") else None
    a = make(n, n, np.float64) if make else DEFINITE["condition 2"](n, n, np.float64)
    return a, random(n, 5, np.float64)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_lazy_argument_becomes_the_result(name: str, n: int) -> None:
    function, (a, b) = FUNCTIONS[name], operands(name, n)
    expected = np.asarray(function(a, b, False))
    x, y = ld.asarray(a.copy()), ld.asarray(b.copy())
    changed, kept = (x, y) if name in OF_MATRICES else (y, x)
    view, earlier = changed[1:], changed * 2.0
    found = function(x, y, True)
    assert found is changed
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(view, expected[1:])
    before, other = (a, b) if name in OF_MATRICES else (b, a)
    np.testing.assert_array_equal(earlier, before * 2.0)
    np.testing.assert_array_equal(kept, other)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpys_arrays_are_written_into(name: str, n: int) -> None:
    function, (a, b) = FUNCTIONS[name], operands(name, n)
    expected = np.asarray(function(a, b, False))
    before = a.copy(), b.copy()
    np.testing.assert_array_equal(function(a, b, True), expected)
    changed, kept = (a, b) if name in OF_MATRICES else (b, a)
    np.testing.assert_array_equal(changed, expected)
    np.testing.assert_array_equal(kept, before[1 if name in OF_MATRICES else 0])


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_operands_stay_as_they_are(name: str, n: int) -> None:
    function, (a, b) = FUNCTIONS[name], operands(name, n)
    before = a.copy(), b.copy()
    x, y = ld.asarray(a), ld.asarray(b)
    found = function(x, y, False)
    found += 2
    ld.compute(found)
    for each, other in zip((a, b, x, y), before * 2, strict=True):
        np.testing.assert_array_equal(each, other)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_jitted_functions_change_their_arguments(name: str, n: int) -> None:
    function, (a, b) = FUNCTIONS[name], operands(name, n)
    expected = np.asarray(function(a, b, False)) + 2

    @ld.jit
    def program(a: Any, b: Any) -> Any:
        found = function(a, b, True)
        found += 2
        return found.sum()

    total = program(a, b)
    changed = a if name in OF_MATRICES else b
    np.testing.assert_array_equal(changed, expected)
    assert total == pytest.approx(expected.sum())


@pytest.mark.parametrize("n", SIZES)
def test_what_does_not_fit_stays(n: int) -> None:
    """There is nothing to write a real result into: integers keep theirs."""
    b = np.arange(n)
    x = L.solve_triangular(np.eye(n), b, overwrite_b=True)
    np.testing.assert_array_equal(x, np.arange(float(n)))
    np.testing.assert_array_equal(b, np.arange(n))


@pytest.mark.parametrize("n", SIZES)
def test_a_failure_changes_nothing(n: int) -> None:
    a, b = np.zeros((n, n)), random(n, 3, np.float64)
    before = b.copy()
    with pytest.raises(np.linalg.LinAlgError):
        L.solve_triangular(a, b, overwrite_b=True)
    np.testing.assert_array_equal(b, before)
