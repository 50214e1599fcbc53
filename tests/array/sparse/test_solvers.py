"""Iterative solvers against SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import linalg

import lazydag as ld
from lazydag.sparse import bicgstab, cg, csr_array, gmres

SOLVERS = {"cg": cg, "bicgstab": bicgstab, "gmres": gmres}
N = 60
B = np.random.default_rng(5).normal(size=N)


def definite(n: int = N) -> Any:
    """Return the matrix of a chain of springs."""
    parts = -np.ones(n - 1), np.linspace(2.1, 9.0, n), -np.ones(n - 1)
    return sparse.diags_array(parts, offsets=[-1, 0, 1]).tocsr()


def general(n: int = N) -> Any:
    rng = np.random.default_rng(4)
    return (
        sparse.random_array((n, n), density=0.1, rng=rng) + 5 * sparse.eye_array(n)
    ).tocsr()


MATRICES = {"cg": definite(), "bicgstab": general(), "gmres": general()}


def residual(a: Any, x: Any, b: Any) -> float:
    return float(np.linalg.norm(a @ np.asarray(x) - b))


@pytest.mark.parametrize("name", SOLVERS)
@given(
    rtol=st.sampled_from([1e-3, 1e-9, 0.0]),
    atol=st.sampled_from([0.0, 1e-6]),
    maxiter=st.sampled_from([None, 1, 4]),
    precondition=st.booleans(),
    start=st.booleans(),
)
@settings(max_examples=6, deadline=None)
def test_the_result_is_scipys(
    name: str, rtol: Any, atol: Any, maxiter: Any, precondition: bool, start: bool
) -> None:
    a = MATRICES[name]
    if rtol == atol == 0:
        atol = 1e-8
    options: dict[str, Any] = {"rtol": rtol, "atol": atol, "maxiter": maxiter}
    if precondition:
        options["M"] = sparse.diags_array(1 / a.diagonal()).tocsr()
    if start:
        options["x0"] = np.linspace(0, 1, N)
    if name == "gmres":
        options["restart"] = 7
    found, info = SOLVERS[name](csr_array(a), B, **options)
    theirs, code = getattr(linalg, name)(a, B, **options)
    assert (int(info) == 0) == (code == 0)
    limit = max(rtol * np.linalg.norm(B), atol)
    if code == 0:
        assert residual(a, found, B) <= 1.01 * limit
    else:
        assert int(info) == code
        np.testing.assert_allclose(found, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16", "i8"])
def test_types(name: str, dtype: str) -> None:
    a = MATRICES[name].toarray()
    if np.dtype(dtype).kind == "c":
        a = a + 1j * (np.triu(a, 1) - np.triu(a, 1).T)
    a = a.astype(dtype)
    x, info = SOLVERS[name](csr_array(a), np.ones(N, dtype), rtol=1e-4)
    assert x.dtype == (a[0, 0] * 1.0).dtype if dtype != "i8" else np.float64
    assert int(info) == 0
    assert residual(a, x, np.ones(N)) <= 2e-4 * np.sqrt(N)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("form", ["scipy", "dense", "function", "transposed"])
def test_what_stands_for_a_matrix(name: str, form: str) -> None:
    a = MATRICES[name]
    forms = {
        "scipy": a.tocsc(),
        "dense": a.toarray(),
        "function": lambda x: csr_array(a) @ x,
        "transposed": csr_array(a.T.tocsr()).T,
    }
    x, info = SOLVERS[name](forms[form], B[:, None], M=lambda r: r / 5, rtol=1e-8)
    assert int(info) == 0
    assert x.shape == (N,)
    assert residual(a, x, B) <= 1.1e-8 * np.linalg.norm(B)


@pytest.mark.parametrize("name", SOLVERS)
def test_zeros_are_the_solution_for_zeros(name: str) -> None:
    x, info = SOLVERS[name](csr_array(MATRICES[name]), np.zeros(N), x0=B)
    assert int(info) == 0
    assert not np.any(x)


@pytest.mark.parametrize("name", SOLVERS)
def test_nan_ends_at_once_and_is_no_solution(name: str) -> None:
    _, info = SOLVERS[name](csr_array(MATRICES[name]), B * np.nan)
    assert int(info) == 1


@pytest.mark.parametrize("name", SOLVERS)
def test_callbacks_see_each_step(name: str) -> None:
    ours: list[float] = []
    theirs: list[float] = []
    a = MATRICES[name]
    more = {"callback_type": "x"} if name == "gmres" else {}
    SOLVERS[name](csr_array(a), B, callback=lambda x: ours.append(float(x[0])))
    getattr(linalg, name)(a, B, callback=lambda x: theirs.append(x[0]), **more)
    # the last step of SciPy's bicgstab may be half of one, which it does not tell
    assert len(ours) - len(theirs) in (0, 1)
    np.testing.assert_allclose(ours[: len(theirs)], theirs, rtol=1e-6)


def test_breakdown() -> None:
    turn = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert int(bicgstab(turn, [1.0, 0.0])[1]) == -11
    assert int(bicgstab(turn * 0, [1.0, 0.0])[1]) == -11


def test_gmres_ends_where_the_space_ends() -> None:
    turn = np.roll(np.eye(5), 1, axis=0)
    x, info = gmres(turn, np.eye(5)[0], maxiter=1)
    assert int(info) == 0
    np.testing.assert_allclose(x, np.eye(5)[4], atol=1e-12)
    x, info = gmres(np.eye(5), np.arange(5.0), maxiter=1)
    np.testing.assert_allclose(x, np.arange(5.0), atol=1e-12)


def test_a_solver_is_one_loop_of_a_larger_graph() -> None:
    @ld.jit
    def heat(a: csr_array, b: Any) -> Any:
        x, _ = cg(a * 2, b * 3, rtol=1e-10)
        return x.sum()

    a = definite()
    for scale in (1.0, 2.0):
        expected = np.linalg.solve(2 * scale * a.toarray(), 3 * B).sum()
        np.testing.assert_allclose(heat(csr_array(a * scale), B), expected, rtol=1e-7)


def test_large_systems_have_the_same_bits_on_any_number_of_threads() -> None:
    a, found = csr_array(definite(150_000)), []
    b = np.random.default_rng(0).normal(size=150_000)
    threads = ld.get_num_threads()
    for number in (1, 2):
        ld.set_num_threads(number)
        x, info = cg(a, b, maxiter=5)
        found.append(np.asarray(x).tobytes())
    ld.set_num_threads(threads)
    assert int(info) == 5
    assert found[0] == found[1]


def test_mistakes() -> None:
    a = csr_array(definite())
    with pytest.raises(ValueError, match=r"\[60, 60\] for a right side of 3"):
        cg(a, np.ones(3))
    with pytest.raises(ValueError, match=r"shape \[60, 2\]"):
        cg(a, np.ones((60, 2)))
