"""The namespace `lazydag.numpy.linalg`, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=30, deadline=None)
RNG = np.random.default_rng(1)
A = RNG.normal(size=(3, 3))
STACK = RNG.normal(size=(2, 4, 3))
COMPLEX = A + 1j * RNG.normal(size=(3, 3))
SYMMETRIC = A + A.T
HERMITIAN = COMPLEX + COMPLEX.conj().T
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
ONES = np.eye(3, dtype=int) + 1
V = np.array([3.0, -4.0, 0.0])
ROTATION = np.array([[0.0, -1.0], [1.0, 0.0]])
inf = np.inf

CALLS = {
    "det": (lambda la, x: la.det(a=x), A),
    "inv": (lambda la, x: la.inv(a=x), A),
    "inv of integers": (lambda la, x: la.inv(x), np.array([[2, 1], [1, 1]])),
    "slogdet": (lambda la, x: la.slogdet(x), COMPLEX),
    "cholesky": (lambda la, x: la.cholesky(x @ x.T, upper=True), A),
    "solve": (lambda la, x: la.solve(a=x, b=[1.0, 2, 3]), A),
    "solve many": (lambda la, x: la.solve(x, x[None, :, :2]), A),
    "eigh": (lambda la, x: la.eigh(x), SYMMETRIC),
    "eigh by the upper triangle": (lambda la, x: la.eigh(x, "U"), A),
    "eigh of complex": (lambda la, x: la.eigh(x, UPLO="U"), HERMITIAN),
    "eigvalsh": (lambda la, x: la.eigvalsh(x, UPLO="u"), A),
    "eig": (lambda la, x: la.eig(x), SYMMETRIC),
    "eig of a rotation": (lambda la, x: la.eig(x), ROTATION),
    "eig of complex": (lambda la, x: la.eig(x), COMPLEX),
    "eigvals": (lambda la, x: la.eigvals(x), SYMMETRIC),
    "eigvals of a rotation": (lambda la, x: la.eigvals(x), ROTATION),
    "eigvals of complex": (lambda la, x: la.eigvals(x), COMPLEX),
    "qr": (lambda la, x: la.qr(x), STACK),
    "qr, complete": (lambda la, x: la.qr(x, mode="complete"), STACK),
    "qr, r": (lambda la, x: la.qr(x, "r"), STACK),
    "qr, raw": (lambda la, x: la.qr(x, "raw"), STACK.astype("f4")),
    "svd": (lambda la, x: la.svd(x), STACK),
    "svd, few vectors": (lambda la, x: la.svd(x, full_matrices=False), STACK),
    "svd, values": (lambda la, x: la.svd(x, compute_uv=False), STACK),
    "svd, symmetric": (lambda la, x: la.svd(x, hermitian=True), SYMMETRIC),
    "svd, symmetric values": (lambda la, x: la.svd(x, True, False, True), HERMITIAN),
    "svdvals": (lambda la, x: la.svdvals(x), STACK),
    "pinv": (lambda la, x: la.pinv(x), STACK),
    "pinv, rcond": (lambda la, x: la.pinv(x, rcond=0.5), STACK),
    "pinv, rtol": (lambda la, x: la.pinv(x, rtol=[0.1, 0.5]), STACK),
    "pinv, default": (lambda la, x: la.pinv(x, rtol=None), STACK),
    "pinv, symmetric": (lambda la, x: la.pinv(x, hermitian=True), HERMITIAN),
    "rank": (lambda la, x: la.matrix_rank(x), SINGULAR),
    "rank, tol": (lambda la, x: la.matrix_rank(x, tol=[1.0, 9.0]), STACK),
    "rank, rtol": (lambda la, x: la.matrix_rank(x, rtol=0.5), STACK),
    "rank, symmetric": (lambda la, x: la.matrix_rank(x, hermitian=True), SINGULAR),
    "rank of a vector": (lambda la, x: la.matrix_rank(x), V),
    "cond": (lambda la, x: la.cond(x), STACK),
    "cond, singular": (lambda la, x: la.cond(x, -2), SINGULAR),
    "cond, NaN": (lambda la, x: la.cond(x * np.nan, 1), A),
    "cond, zero": (lambda la, x: la.cond(x * 0), A),
    "tensorinv": (lambda la, x: la.tensorinv(x.reshape(3, 3, 1), ind=1), A),
    "tensorsolve": (lambda la, x: la.tensorsolve(x.reshape(3, 1, 3), x[:, :1]), A),
    "tensorsolve, axes": (lambda la, x: la.tensorsolve(x, x[0], axes=(0,)), A),
    "multi_dot": (lambda la, x: la.multi_dot([x, x.T, x, x.T]), STACK[0]),
    "multi_dot of two": (lambda la, x: la.multi_dot([x.T, x]), STACK[0]),
    "multi_dot of vectors": (lambda la, x: la.multi_dot([x[0], x, x.T, x[1]]), A),
    "power": (lambda la, x: la.matrix_power(x, 5), STACK[:, :3]),
    "power, negative": (lambda la, x: la.matrix_power(x, n=-3), A),
    "power, none": (lambda la, x: la.matrix_power(x, 0), STACK[:, :3]),
    "power of integers": (lambda la, x: la.matrix_power(x, 6), ONES),
    "trace": (lambda la, x: la.trace(x, offset=1), STACK),
    "diagonal": (lambda la, x: la.diagonal(x, offset=-1), STACK),
    "outer": (lambda la, x: la.outer(x, x), V),
    "cross": (lambda la, x: la.cross(x, x[::-1]), V),
    "vecdot": (lambda la, x: la.vecdot(x, x), COMPLEX),
    "matmul": (lambda la, x: la.matmul(x, x.T), A),
    "transpose": (lambda la, x: la.matrix_transpose(x), STACK),
    "matrix_norm": (lambda la, x: la.matrix_norm(x, ord=1), STACK),
    "vector_norm": (lambda la, x: la.vector_norm(x, axis=(0, 1)), STACK),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_linalg(name: str) -> None:
    call, x = CALLS[name]
    agrees(lambda xp, x: call(xp.linalg, x), x, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    "name", ["eigh", "qr, r", "pinv", "rank, tol", "cond", "trace"]
)
def test_numpys_own_functions(name: str) -> None:
    call, x = CALLS[name]
    dispatches(lambda xp, x: call(xp.linalg, x), x, rtol=1e-7)


def test_conditions_by_norms() -> None:
    for p in ("fro", "nuc", 1, -1, 2, -2, inf, -inf):
        agrees(lambda xp, x, p=p: xp.linalg.cond(x, p), A, rtol=1e-9)


@QUICK
@given(
    st.sampled_from([None, 0, 1, -1, 2, -2, 3, 0.5, inf, -inf]),
    st.sampled_from([0, 1, -1]),
    st.booleans(),
)
def test_norms_of_vectors(ord: Any, axis: int, keepdims: bool) -> None:
    agrees(lambda xp, x: xp.linalg.norm(x, ord, axis, keepdims), STACK, rtol=1e-12)
    agrees(lambda xp, x: xp.linalg.norm(x, ord=ord), V, rtol=1e-12)
    dispatches(lambda xp, x: xp.linalg.norm(x, ord, axis), COMPLEX, rtol=1e-12)


@QUICK
@given(
    st.sampled_from([None, "fro", "f", "nuc", 1, -1, 2, -2, inf, -inf]),
    st.permutations([0, 1, 2]),
    st.booleans(),
)
def test_norms_of_matrices(ord: Any, axes: list[int], keepdims: bool) -> None:
    where = tuple(axes[:2])

    def norms(xp: Any, x: Any) -> Any:
        return xp.linalg.norm(x, ord, axis=where, keepdims=keepdims)

    agrees(norms, STACK, rtol=1e-12)
    agrees(lambda xp, x: xp.linalg.norm(x, ord), COMPLEX, rtol=1e-12)


def test_norms_of_other_things() -> None:
    agrees(lambda xp, x: xp.linalg.norm(x, keepdims=True), STACK, rtol=1e-14)
    agrees(lambda xp: xp.linalg.norm([3, 4]))
    agrees(lambda xp, x: xp.linalg.norm(x), V.astype("f4"), rtol=1e-6)


LSTSQ = {
    "one side": (STACK[0], np.arange(4.0)),
    "sides": (STACK[0], np.arange(8.0).reshape(4, 2)),
    "few equations": (STACK[0].T, np.arange(3)),
    "singular": (np.ones((3, 2)), np.arange(3.0)),
    "complex": (COMPLEX[:, :2], np.arange(3)),
    "single": (STACK[0].astype("f4"), np.arange(4, dtype="f4")),
}


@pytest.mark.parametrize("name", LSTSQ)
def test_lstsq(name: str) -> None:
    def solved(xp: Any, a: Any, b: Any) -> Any:
        x, sums, rank, values = xp.linalg.lstsq(a, b, rcond=1e-6)
        return x, sums, rank + 0, values

    rtol = 1e-4 if name == "single" else 1e-9
    agrees(solved, *LSTSQ[name], rtol=rtol, atol=rtol, dtypes=False)


MISTAKES = {
    "not square": lambda la, x: la.inv(x),
    "no matrix": lambda la, x: la.svd(x[0, 0]),
    "lstsq": lambda la, x: la.lstsq(x[0], x[0, :2]),
    "lstsq of a stack": lambda la, x: la.lstsq(x, x),
    "mode": lambda la, x: la.qr(x, "half"),
    "triangle": lambda la, x: la.eigh(x[:, :3], "X"),
    "norm of three axes": lambda la, x: la.norm(x, 2),
    "norm": lambda la, x: la.norm(x[0], 3),
    "norm of vectors": lambda la, x: la.norm(x, "fro", axis=0),
    "both": lambda la, x: la.matrix_rank(x, 1.0, rtol=0.1),
    "both of pinv": lambda la, x: la.pinv(x, 1.0, rtol=0.1),
    "cond": lambda la, x: la.cond(x, "fro"),
    "cond of nothing": lambda la, x: la.cond(x[0, :0]),
    "one matrix": lambda la, x: la.multi_dot([x[0]]),
    "stacks": lambda la, x: la.multi_dot([x, x, x]),
    "shapes": lambda la, x: la.multi_dot([x[0], x[0], x[0]]),
    "ind": lambda la, x: la.tensorinv(x, ind=0),
    "tensorsolve": lambda la, x: la.tensorsolve(x, x[0, 0]),
    "power": lambda la, x: la.matrix_power(x, 2),
    "power of a fraction": lambda la, x: la.matrix_power(x[0, :3], 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    refuses(lambda xp, x: MISTAKES[name](xp.linalg, x), STACK)


@pytest.mark.parametrize("name", ["not square", "no matrix", "power", "stacks"])
def test_errors_are_of_linear_algebra(name: str) -> None:
    with pytest.raises(np.linalg.LinAlgError):
        MISTAKES[name](lnp.linalg, ld.array(STACK))


def test_every_name_is_there() -> None:
    assert set(np.linalg.__all__) <= set(dir(lnp.linalg))
    assert all(hasattr(lnp.linalg, name) for name in np.linalg.__all__)
