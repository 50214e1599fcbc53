"""Functions on single elements: compiled whole by Numba, or left to Python."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
import lazydag.numpy as lnp
from lazydag.array.jitted import Jitted
from lazydag.array.terms import in_numpys_terms

N = 14


def tier(f: Jitted) -> str:
    """Return how the last way of a function to run came about."""
    (entry,) = f._entries.variants.entries()
    return getattr(entry, "tier", type(entry).__name__)


def factor(a: Any) -> Any:
    """Cholesky, element by element."""
    n = a.shape[0]
    low = lnp.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = 0.0
            for k in range(j):
                s += low[i, k] * low[j, k]
            if i == j:
                low[i, i] = lnp.sqrt(a[i, i] - s)
            else:
                low[i, j] = (a[i, j] - s) / low[j, j]
    return low


def sweep(u: Any, rounds: int) -> None:
    """Gauss-Seidel, in place."""
    for _ in range(rounds):
        for i in range(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                u[i, j] = (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]) / 4


def checksum(data: Any) -> Any:
    """CRC-32, bit by bit."""
    crc = 0xFFFFFFFF
    for i in range(data.shape[0]):
        crc = crc ^ int(data[i])
        for _ in range(8):
            crc = (crc >> 1) ^ 0xEDB88320 if crc & 1 else crc >> 1
    return crc ^ 0xFFFFFFFF


def solve(low: Any, b: Any) -> Any:
    """Forward substitution, by rows."""
    x = b.copy()
    for i in range(b.shape[0]):
        for j in range(i):
            x[i] -= low[i, j] * x[j]
        x[i] /= low[i, i]
    return x


def collatz(n: int) -> Any:
    """Count the steps of each number."""
    steps = lnp.zeros(n, dtype=lnp.int64)
    for i in range(1, n):
        m = i
        while m != 1:
            m = m // 2 if m % 2 == 0 else 3 * m + 1
            steps[i] += 1
    return steps


def definite() -> Any:
    rng = np.random.default_rng(0)
    m = rng.normal(size=(N, N))
    return m @ m.T + N * np.eye(N)


PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (factor, (definite(),)),
    (sweep, (definite(), 8)),
    (checksum, (np.arange(200) % 256,)),
    (solve, (np.tril(definite()) * 1.0, np.arange(float(N)))),
    (collatz, (60,)),
]


@pytest.mark.parametrize(("function", "args"), PROGRAMS)
def test_loops_over_elements_are_compiled(
    function: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    f = ld.jit(function)
    plain = in_numpys_terms(function)
    for _ in range(2):
        mine = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
        theirs = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
        got, want = f(*mine), plain(*theirs)
        if want is not None:
            assert got.dtype == np.asarray(want).dtype
            np.testing.assert_array_equal(got, want)
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(a, b)
    if function is not solve:  # which makes too few arrays to be worth it
        assert tier(f) == "Numba"


def test_integers_that_do_not_fit_are_pythons() -> None:
    @ld.jit
    def mixed(x: Any) -> Any:
        h = 7
        for i in range(x.shape[0]):
            h = h * 31 + int(x[i])
        return h % 1_000_003

    x = np.arange(2000)
    h = 7
    for value in x.tolist():
        h = h * 31 + value
    assert int(mixed(x)) == h % 1_000_003


def test_errors_are_pythons_and_nothing_is_written() -> None:
    @ld.jit
    def beyond(x: Any) -> None:
        for i in range(5000):
            x[i] = x[i] + 1.0

    x = np.zeros(4000)
    with pytest.raises(IndexError, match="index 4000 is out of bounds"):
        beyond(x)
    assert not x.any()


def test_narrow_types_are_numpys() -> None:
    @ld.jit
    def total(x: Any) -> Any:
        s = x[0] * 0
        for i in range(x.shape[0]):
            s += x[i] * 0.1
        return s

    x = np.linspace(0, 1, 1500, dtype=np.float32)
    want = x[0] * 0
    for value in x:
        want += value * 0.1
    got = total(x)
    assert got.dtype == np.float32
    assert float(got) == float(want)


def test_arrays_from_outside_are_seen_anew() -> None:
    weights = np.ones(3)

    @ld.jit
    def f(x: Any) -> Any:
        s = 0.0
        for i in range(x.shape[0]):
            s += float(x[i]) * float(weights[i % 3])
        return s

    x = np.ones(1200)
    assert float(f(x)) == 1200.0
    weights[:] = 2.0
    assert float(f(x)) == 2400.0
    assert tier(f) == "NumPy"


def test_helpers_are_compiled_along() -> None:
    @ld.jit
    def inner(a: float, b: float = 2.0) -> Any:
        return math.sqrt(a) * b

    @ld.kernel
    def step(a: float) -> float:
        return a + 1.0 if a > 3.0 else a

    @ld.jit
    def outer(x: Any) -> Any:
        y = lnp.empty(x.shape[0])
        for i in range(x.shape[0]):
            y[i] = inner(step(x[i])) + inner(x[i], b=1.0)
        return y

    x = np.arange(1100.0)
    want = np.sqrt(np.where(x > 3, x + 1, x)) * 2 + np.sqrt(x)
    np.testing.assert_array_equal(outer(x), want)
    assert tier(outer) == "Numba"


def test_what_lazydag_has_not_runs_as_numpy_does() -> None:
    f = ld.jit(lambda x: np.polynomial.polynomial.polyval(2.0, np.lib.scimath.sqrt(x)))
    x = np.array([1.0, 4.0])
    assert float(f(x)) == 5.0
    with pytest.raises(NotImplementedError):
        ld.jit(f.function, strict=True)(x)


def test_random_numbers_are_lazydags_in_any_tier() -> None:
    def walk(n: int) -> Any:
        position = lnp.zeros(1)
        for _ in range(1200):
            position[0] = position[0] + 1.0
        for _ in range(n):
            position[0] += lnp.random.rand()
        return position

    f = ld.jit(walk)
    lnp.random.seed(7)
    got = float(f(5)[0])
    lnp.random.seed(7)
    assert got == 1200.0 + float(sum(float(lnp.random.rand()) for _ in range(5)))
    assert tier(f) == "NumPy"


def test_numpys_arrays_in_long_loops() -> None:
    @ld.jit
    def f(x: Any) -> Any:
        out = np.zeros(1500)
        for i in range(1500):
            out[i] = x[i % 4] * 2.0
        return out

    x = np.arange(4.0)
    assert f(x).tolist() == (np.tile(x, 375) * 2.0).tolist()


def test_strict_functions_are_traced_at_any_length() -> None:
    @ld.jit(strict=True)
    def f(x: Any) -> Any:
        for _ in range(1500):
            x = x + 1
        return x

    assert f(np.zeros(2)).tolist() == [1500.0] * 2


def test_lazy_arguments_and_results_of_their_own() -> None:
    @ld.jit
    def f(x: Any) -> Any:
        for i in range(1200):
            x[i] = -x[i]
        return x, x[:2]

    x = ld.asarray(np.arange(1200.0))
    whole, part = f(x)
    assert part.tolist() == [0.0, -1.0]
    assert x[1] == -1.0
    assert not np.shares_memory(np.asarray(whole), np.asarray(part))


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_no_tier_changes_a_bit(data: st.DataObject) -> None:
    """Exact arithmetic, traced, in parts, compiled whole, and by Python."""
    steps = data.draw(st.lists(st.sampled_from("+*/mc"), min_size=1, max_size=4))

    def program(x: Any, rounds: int) -> Any:
        y = x * 1.0
        for r in range(rounds):
            for step in steps:
                if step == "+":
                    y[1:] = y[1:] + y[:-1] * 0.5
                elif step == "*":
                    y *= 0.75 + r
                elif step == "/":
                    y = y / (abs(x) + 1.5)
                elif step == "m":
                    y = lnp.maximum(y, -y)
                else:
                    y = lnp.where(y > 1e6, y * 1e-6, y)
        return y

    numbers = st.floats(-8, 8, width=16)
    x = np.array(data.draw(st.lists(numbers, min_size=3, max_size=6)))
    want = in_numpys_terms(program)(x, 600)
    whole, traced = ld.jit(program), ld.jit(program, strict=True)
    for f in (whole, traced):
        np.testing.assert_array_equal(f(x, 600), want)
