"""Sparse matrices against SciPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import lazydag as ld
from lazydag.sparse import csr_array

QUICK = settings(max_examples=25, deadline=None)
RNG = np.random.default_rng(3)


def random(shape: Any, dtype: Any = "f8", density: float = 0.3, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    found = sparse.random_array(shape, density=density, rng=rng).tocsr()
    if np.dtype(dtype).kind == "c":
        found = found * (1 + 2j)
    return (found * 9).astype(dtype)


def same(found: Any, expected: Any) -> None:
    if hasattr(found, "toarray"):
        found = found.toarray()
    if hasattr(expected, "toarray"):
        expected = expected.toarray()
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    eps = 0 if expected.dtype.kind in "iub" else 1e3 * np.finfo(expected.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=eps, atol=eps)


A, B = random((5, 7)), random((5, 7), seed=1)
D, COLUMN, ROW = RNG.normal(size=(5, 7)), RNG.normal(size=(5, 1)), RNG.normal(size=7)
X = RNG.normal(size=(7, 3))

EXPRESSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "vector": lambda a, b: a @ ROW,
    "matrix": lambda a, b: a @ X,
    "columns first": lambda a, b: a @ np.asfortranarray(X),
    "from the left": lambda a, b: COLUMN[:, 0] @ a,
    "matrix from the left": lambda a, b: D[:, :5].T @ a,
    "transposed": lambda a, b: a.T @ COLUMN[:, 0],
    "transposed matrix": lambda a, b: a.T @ D,
    "transposed from the left": lambda a, b: X.T @ a.T,
    "lists": lambda a, b: a @ ROW.tolist(),
    "sum": lambda a, b: a + b,
    "difference": lambda a, b: a - b,
    "product": lambda a, b: a * b,
    "same places": lambda a, b: a * a + a - a * 2,
    "scaled": lambda a, b: 2 * a * 3.0,
    "quotient": lambda a, b: a / 4,
    "negative": lambda a, b: abs(-a),
    "and dense": lambda a, b: a + D,
    "without dense": lambda a, b: D - a,
    "dense without": lambda a, b: a - D,
    "diagonal": lambda a, b: a.diagonal(),
    "total": lambda a, b: a.sum(),
    "column sums": lambda a, b: a.sum(0),
    "row sums": lambda a, b: a.sum(axis=-1),
    "rows compressed": lambda a, b: a.T.tocsr(),
    "there and back": lambda a, b: a.T.tocsr().T,
    "dense": lambda a, b: a.toarray(),
    "other type": lambda a, b: a.astype("f4"),
    "conjugate": lambda a, b: (a * 1j).conj(),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions(name: str) -> None:
    compute = EXPRESSIONS[name]
    same(compute(csr_array(A), csr_array(B)), compute(A, B))


@pytest.mark.parametrize("dense", [D, ROW, ROW[None], COLUMN, np.float64(3.0)])
def test_elements_times_dense(dense: Any) -> None:
    same(csr_array(A) * dense, A.multiply(dense).tocsr())
    same(csr_array(A) / dense, A.multiply(1 / dense).tocsr())


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.sampled_from(["f4", "f8", "c8", "c16", "i4", "i8", "u1"]),
    st.sampled_from(["f4", "f8", "c16", "i8"]),
    st.sampled_from([0.0, 0.2, 1.0]),
)
@QUICK
def test_any_type_and_shape(shape: Any, dtype: str, other: str, density: float) -> None:
    a = random(shape, dtype, density)
    x = RNG.normal(size=(shape[1], 2)).astype(other)
    same(csr_array(a) @ x, a @ x)
    same(csr_array(a).T @ np.ones(shape[0], other), a.T @ np.ones(shape[0], other))
    same(csr_array(a).sum(0).astype(a.dtype), a.sum(0).astype(a.dtype))
    same(csr_array(a).T.tocsr() + csr_array(a.T.tocsr()), a.T + a.T)


@pytest.mark.parametrize("width", [(), (5,)])
def test_large_products_are_shared_by_threads(width: Any) -> None:
    a = random((20_000, 15_000), "f8", 1e-3)
    x, y = RNG.normal(size=(15_000, *width)), RNG.normal(size=(20_000, *width))
    matrix, found = csr_array(a), []
    threads = ld.get_num_threads()
    for number in (1, 2, 3):
        ld.set_num_threads(number)
        both = matrix @ x, matrix.T @ y
        found.append([np.asarray(each).tobytes() for each in both])
    ld.set_num_threads(threads)
    same(both[0], a @ x)
    same(both[1], a.T @ y)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_every_tier_gives_the_same_bits(dtype: str) -> None:
    a = random((50, 90), dtype, 0.7)
    x, y = RNG.normal(size=90).astype(dtype), RNG.normal(size=(50, 3)).astype(dtype)
    found = []
    for _ in range(4):  # interpreted at first, planned later
        both = csr_array(a) @ x, csr_array(a).T @ y
        found.append([np.asarray(each).tobytes() for each in both])
    both = ld.jit(lambda a, x, y: (a @ x, a.T @ y))(csr_array(a), x, y)
    found.append([np.asarray(each).tobytes() for each in both])
    assert all(each == found[0] for each in found)


def test_a_jitted_function_takes_and_returns_matrices() -> None:
    @ld.jit
    def scaled(a: csr_array, x: Any) -> tuple[csr_array, Any]:
        return a * a.diagonal()[:, None], a @ x

    a = random((6, 6))
    for factor in (1, 2):
        found, product = scaled(csr_array(a * factor), np.ones(6))
        same(found, (a * factor).multiply((a * factor).diagonal()[:, None]).tocsr())
        same(product, a * factor @ np.ones(6))


def test_elements_may_be_computed_later() -> None:
    places = csr_array(A)
    data = ld.exp(places.data) * 2
    same(places.with_data(data) @ ROW, places.with_data(np.asarray(data)) @ ROW)
    lazy = csr_array((data, places.indices + 0, places.indptr + 0), (5, 7))
    same(lazy @ ROW, places.with_data(data) @ ROW)


def test_loops_carry_matrices() -> None:
    a = csr_array(A)
    found = ld.fori_loop(0, 3, lambda i, m: m * 0.5, a)
    same(found, A * 0.125)


def test_elements_in_one_place_are_added_and_columns_sorted() -> None:
    a = csr_array(([1.0, 2.0, 4.0, 8.0], [2, 0, 2, 1], [0, 3, 4]))
    same(a, np.array([[2.0, 0.0, 5.0], [0.0, 8.0, 0.0]]))
    assert a.nnz == 3
    assert a.indices.tolist() == [0, 2, 1]


def test_what_matrices_are_made_of() -> None:
    for form in ("csr", "csc", "coo", "lil"):
        same(csr_array(A.asformat(form)), A)
    same(csr_array(sparse.csr_matrix(A)), A)
    same(csr_array(A.toarray()), A)
    same(csr_array(csr_array(A), dtype="f4"), A.astype("f4"))
    same(csr_array(A).to_scipy(), A)
    same(csr_array(([], [], [0, 0]), (1, 3)), np.zeros((1, 3)))
    assert repr(csr_array(A)) == f"<csr_array f64[5,7] of {A.nnz} elements>"
    assert csr_array(A).T.shape == (7, 5)
    assert csr_array(A).T.T.nnz == A.nnz


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: csr_array(([1.0], [0])), ValueError, "of 2 arrays"),
        (
            lambda: csr_array(([1.0], [0, 1], [0, 1])),
            ValueError,
            r"\[1\], \[2\], \[2\]",
        ),
        (lambda: csr_array(([1.0], [3], [0, 1]), (1, 3)), IndexError, "columns 3 to 3"),
        (lambda: csr_array(([1.0], [-1], [0, 1])), IndexError, "columns -1"),
        (lambda: csr_array(([1.0], [0], [0, 2])), IndexError, "from 0 to 1"),
        (lambda: csr_array(np.ones(3)), ValueError, "1 axes"),
        (lambda: csr_array(A) @ np.ones(5), ValueError, r"\[5, 7\] by \[5\]"),
        (lambda: csr_array(A) + csr_array(A.T), ValueError, "do not go together"),
        (lambda: csr_array(A) + 1, NotImplementedError, "all zeros"),
        (lambda: csr_array(A) @ csr_array(B), NotImplementedError, "two sparse"),
        (lambda: csr_array(A).sum(2), ValueError, "axis 2"),
        (
            lambda: csr_array(([1.0], ld.asarray([0.5]), [0, 1]), (1, 1)),
            TypeError,
            "int32 or int64",
        ),
    ],
)
def test_mistakes(make: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        make()
    assert "test_compressed.py" in str(caught.value)


def test_lazy_positions_are_checked_when_they_are_used() -> None:
    a = csr_array(([1.0, 2.0], ld.asarray([0, 3]) + 0, ld.asarray([0, 1, 2])), (2, 3))
    with pytest.raises(IndexError, match="outside"):
        np.asarray(a @ np.ones(3))
    size = 200_000
    large = csr_array(
        (np.ones(size), ld.arange(size) + 1, ld.arange(size + 1)), (size, size)
    )
    with pytest.raises(IndexError, match="outside"):
        np.asarray(large @ np.ones(size))
