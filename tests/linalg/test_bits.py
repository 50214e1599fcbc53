"""The same bits, however often, on however many threads and in whatever company."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.backends.cpu.blas import threads
from tests.linalg.matrices import DEFINITE, random
from tests.linalg.ways import computed

L = ld.linalg
SIZES = [40, 210, 401]  # few elements, fewer than tiles take, tiles

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matmul": lambda a, b: a @ b,
    "cholesky": lambda a, b: L.cholesky(a),
    "lu": lambda a, b: tuple(L.lu_factor(b)),
    "qr": lambda a, b: tuple(L.qr(b)),
    "solve": lambda a, b: L.solve(a, b[:, :9]),
    "solve_triangular": L.solve_triangular,
    "inv": lambda a, b: L.inv(a),
    "slogdet": lambda a, b: tuple(L.slogdet(a)),
    "svd": lambda a, b: tuple(L.svd(b[:, :60], full_matrices=False)),
    "svd of some": lambda a, b: tuple(L.svd(b, k=5)),
    "eigh": lambda a, b: tuple(L.eigh(a)),
    "lstsq": lambda a, b: L.lstsq(b[:, :60], b[:, :2])[0],
    "expm": lambda a, b: L.expm(b / 50),
}


@pytest.fixture
def _threads_are_restored() -> Iterator[None]:
    before = ld.get_num_threads()
    yield
    ld.set_num_threads(before)


def operands(n: int) -> tuple[Any, Any]:
    """Return a positive definite matrix, and a random one."""
    return DEFINITE["condition 2"](n, n, np.float64), random(n, n, np.float64)


def assert_same(found: Any, expected: Any) -> None:
    """Compare all results, bit by bit."""
    listed = found if isinstance(found, tuple) else (found,)
    wanted = expected if isinstance(expected, tuple) else (expected,)
    for each, other in zip(listed, wanted, strict=True):
        np.testing.assert_array_equal(each, other)


@pytest.mark.usefixtures("_threads_are_restored")
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_threads(name: str, n: int) -> None:
    function, arrays = FUNCTIONS[name], operands(n)
    found = []
    for count in (1, 2, 1):
        ld.set_num_threads(count)
        found.append(computed(ld.jit(function)(*arrays)))
    assert_same(found[1], found[0])
    assert_same(found[2], found[0])


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_tiers(name: str, n: int) -> None:
    """Interpreted at first, planned when it comes again, and jitted."""
    function, arrays = FUNCTIONS[name], operands(n)
    expected = computed(ld.jit(function)(*arrays))
    for _ in range(4):
        fresh = [ld.asarray(array.copy()) for array in arrays]
        assert_same(computed(function(*fresh)), expected)


@pytest.mark.parametrize("n", SIZES)
def test_operations_of_one_plan_are_those_of_many(n: int) -> None:
    a, b = operands(n)

    def solved(a: Any, b: Any) -> Any:
        low = L.cholesky(a)
        y = L.solve_triangular(low, b, lower=True)
        return low, y, L.solve_triangular(low, y, trans="T", lower=True)

    together = computed(ld.jit(solved)(a, b))
    low = np.asarray(L.cholesky(a))
    y = np.asarray(L.solve_triangular(low, b, lower=True))
    x = np.asarray(L.solve_triangular(low, y, trans="T", lower=True))
    assert_same(together, (low, y, x))


def test_small_calls_of_lapack_use_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its threads wait for each other, and a busy machine takes a second."""
    original, seen = np.linalg.cholesky, []

    def watched(x: Any, **options: Any) -> Any:
        seen.append(threads._single_threaded._users > 0)
        return original(x, **options)

    monkeypatch.setattr(np.linalg, "cholesky", watched)
    a, _ = operands(40)
    computed(L.cholesky(ld.asarray(a)))
    computed(ld.jit(L.cholesky)(a))
    computed(ld.jit(L.cholesky)(np.stack([a] * 100)))
    assert all(seen)
    assert len(seen) >= 3


def test_a_chain_of_all() -> None:
    """Products, factors, solutions and arithmetic, in one plan and one by one."""
    a, b = operands(350)

    def chain(a: Any, b: Any) -> Any:
        c = b * (a @ a) / 3
        q, r = L.qr(c)
        x = L.solve_triangular(r, q.T @ b)
        x += 2
        return x.sum(axis=0), L.inv(x.T @ x + 350 * ld.eye(350))

    sums, inverse = computed(ld.jit(chain)(a, b))
    lazy = computed(chain(ld.asarray(a), ld.asarray(b)))
    assert_same(lazy, (sums, inverse))
    c = b * (a @ a) / 3
    x = np.linalg.solve(c, b) + 2
    np.testing.assert_allclose(sums, x.sum(axis=0), rtol=1e-8)
    np.testing.assert_allclose(
        inverse, np.linalg.inv(x.T @ x + 350 * np.eye(350)), atol=1e-9
    )
