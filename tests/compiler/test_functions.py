"""Functions of whole arrays and complex numbers, compiled, against NumPy."""

from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.ir.functions import FUNCTIONS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 30))
Z = X + 1j * RNG.normal(size=(40, 30))


def test_results_of_one_call_are_one_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    row = FUNCTIONS["svd"]

    def counted(*arrays: Any, **options: Any) -> Any:
        calls.append(options)
        return row.call(*arrays, **options)

    new = type(row)(row.name, counted, row.infer, row.flops)
    monkeypatch.setitem(FUNCTIONS, "svd", new)

    def product(x: Any) -> Any:
        u, s, vh = ld.linalg.svd(x, full_matrices=False)
        return (u * s) @ vh

    for f in (product, ld.jit(product)):
        calls.clear()
        np.testing.assert_allclose(np.asarray(f(ld.asarray(X))), X)
        assert len(calls) == 1


def test_complex_graphs() -> None:
    def f(z: Any) -> Any:
        y = z.T[::2] * (1 + 2j) - abs(z).T[::2]
        return y.sum(0), y.real.max(1), ld.fft.fft(y, axis=0), y @ ld.conj(y.T)

    want = f(ld.asarray(Z))
    y = Z.T[::2] * (1 + 2j) - abs(Z).T[::2]
    wanted = y.sum(0), y.real.max(1), np.fft.fft(y, axis=0), y @ y.T.conj()
    for found in (want, ld.jit(f)(Z)):
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(np.asarray(a), b)


def test_failures_name_the_line() -> None:
    @ld.jit
    def f(x: Any) -> Any:
        return ld.linalg.cholesky(x)

    with pytest.raises(np.linalg.LinAlgError) as caught:
        f(-np.eye(3))
    assert "test_functions.py" in str(caught.value)
    with pytest.raises(IndexError):
        np.asarray(ld.take(ld.asarray(X), [99], axis=0))
