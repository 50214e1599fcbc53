"""Results lie over operands that nobody needs any more."""

import numpy as np
import pytest
from scipy import linalg

import lazydag as ld

N = 500  # a matrix takes 2 MB
LINALG = ld.linalg


@pytest.fixture
def matrices():
    random = np.random.default_rng(0).standard_normal((N, N))
    definite = random @ random.T + N * np.eye(N)
    return ld.asarray(definite), ld.asarray(random)


CASES = {
    "cholesky": (lambda x, a, b: x.cholesky(a * 2), np.linalg),
    "upper cholesky": (lambda x, a, b: x.cholesky(a * 2, upper=True), np.linalg),
    "inv": (lambda x, a, b: x.inv(b * 2), np.linalg),
    "lu_factor": (lambda x, a, b: x.lu_factor(b * 2)[0], linalg),
    "solve": (lambda x, a, b: x.solve(a, b * 2), np.linalg),
    "solve_triangular": (lambda x, a, b: x.solve_triangular(a, b * 2), linalg),
    "solution plus 2": (lambda x, a, b: x.solve_triangular(a, b * 2) + 2, linalg),
}


@pytest.mark.parametrize("case", CASES)
def test_over_what_dies(case, matrices):
    function, peer = CASES[case]
    found = function(LINALG, *matrices)
    assert "peak 2 MB" in str(ld.explain(found))
    expected = function(peer, *map(np.asarray, matrices))
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7)


def test_not_over_what_is_used_again(matrices):
    a, b = matrices
    twice = b * 2
    solution, same, known = ld.compute(
        LINALG.solve(a, twice), LINALG.solve(twice, twice), twice
    )
    np.testing.assert_array_equal(known, np.asarray(b) * 2)
    np.testing.assert_allclose(same, np.eye(N), atol=1e-9)
    np.testing.assert_allclose(np.asarray(a) @ np.asarray(solution), known, atol=1e-9)


def test_a_jitted_function_solves_in_its_argument(matrices):
    a, b = (np.asarray(each) for each in matrices)

    @ld.jit
    def solve(a, b):
        LINALG.solve_triangular(a, b, lower=True, overwrite_b=True)

    right = b.copy()
    solve(a, right)
    np.testing.assert_allclose(np.tril(a) @ right, b, atol=1e-9)


@pytest.mark.parametrize("name", ["cholesky", "inv"])
def test_matrices_become_results(name, matrices):
    function = getattr(LINALG, name)
    a, _ = matrices
    expected = np.asarray(function(a))
    work = np.array(a)
    function(work, overwrite_a=True)
    np.testing.assert_array_equal(work, expected)
    lazy = a * 1
    assert function(lazy, overwrite_a=True) is lazy
    np.testing.assert_array_equal(lazy, expected)


def test_right_sides_become_solutions(matrices):
    a, b = matrices
    expected = np.asarray(LINALG.solve(a, b))
    right = b * 1
    assert LINALG.solve(a, right, overwrite_b=True) is right
    np.testing.assert_array_equal(right, expected)
