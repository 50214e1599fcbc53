"""Stencils against slices in NumPy and loops in Numba: sweeps of Jacobi's method.

What lies beyond the ends is 0: the others keep a frame of zeros around their arrays and
swap two of them, which is the fastest way to write it. The physical limit of sweeps one
by one is to read and write every element once in each; tiles of several sweeps may be
faster than that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load, load_jax, load_lazydag
from tests.benchmarks.limits import Stream
from tests.benchmarks.report import Goal, Row, show_seconds

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Sweeps over a cube of a side, and the goals against NumPy and Numba."""

    side: int
    ndim: int
    sweeps: int
    dtype: str
    numpy_goal: float | None = None
    numba_goal: float | None = None

    @property
    def name(self) -> str:
        """What the row is called."""
        points = 2 * self.ndim + 1
        size = "x".join([str(self.side)] * self.ndim)
        return f"{points}-point {size} {self.dtype}, {self.sweeps} sweeps"


PROBLEMS = (
    Problem(4096, 2, 100, "f8", 5.0, 1.5),
    Problem(4096, 2, 100, "f4", 5.0, 1.5),
    Problem(256, 3, 50, "f8"),
    Problem(512, 2, 1000, "f8"),
    Problem(4096, 2, 1, "f8"),
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each problem."""
    for full in PROBLEMS:
        side = max(16, int(full.side * settings.scale))
        problem = Problem(
            side, full.ndim, full.sweeps, full.dtype, full.numpy_goal, full.numba_goal
        )
        if settings.matches(problem.name):
            yield measured(problem, settings)


def measured(problem: Problem, settings: Settings) -> Row:
    """Return the row of one problem."""
    shape = (problem.side,) * problem.ndim
    u = np.random.default_rng(0).standard_normal(shape).astype(problem.dtype)
    made = {name: make(u, problem.sweeps) for name, make in CONTENDERS.items()}
    calls = {name: call for name, call in made.items() if call is not None}
    if settings.wants(OURS) and settings.wants("NumPy"):
        found, expected = calls[OURS](), calls["NumPy"]()
        np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))
    times = race(calls, settings, least=3, most=20)
    goals = [("NumPy", problem.numpy_goal), ("Numba", problem.numba_goal)]
    return Row(
        name=problem.name,
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=tuple(Goal(p, need, times.ratio(p)) for p, need in goals if need),
        limit=limit(u, problem, settings),
    )


def limit(u: Array, problem: Problem, settings: Settings) -> str:
    """Return what copying the array as often takes."""
    stream = Stream(1 << 24, settings.threads)
    best = min(map(stream.seconds_per_byte, ("copy", "copy_nt")))
    return f"{show_seconds(2 * u.nbytes * problem.sweeps * best)} (a copy a sweep)"


def around(u: Any, ndim: int) -> Any:
    """Return the mean of the neighbours, each by its distance along each axis."""
    total: Any = None
    for axis, step in product(range(ndim), (1, -1)):
        one = u[tuple(step if a == axis else 0 for a in range(ndim))]
        total = one if total is None else total + one
    return total * (0.5 / ndim)


def ours(u: Array, sweeps: int) -> Call | None:
    """Return the stencil."""
    ld = load_lazydag()
    if ld is None:
        return None
    jacobi = ld.stencil(lambda a: around(a, u.ndim), boundary=("constant", 0.0))
    return lambda: np.asarray(jacobi(u, steps=sweeps))


def framed(u: Array) -> tuple[Array, Array]:
    """Return two arrays in frames of zeros, the first with the values."""
    return np.pad(u, 1), np.zeros([n + 2 for n in u.shape], u.dtype)


def shifted(a: Array) -> Any:
    """Return what gives slices of an array in a frame, by distances."""

    class Slices:
        def __getitem__(self, away: tuple[int, ...]) -> Array:
            return a[
                tuple(
                    slice(1 + k, n - 1 + k) for k, n in zip(away, a.shape, strict=True)
                )
            ]

    return Slices()


def with_numpy(u: Array, sweeps: int) -> Call:
    """Return slices, added up."""
    inner = (slice(1, -1),) * u.ndim

    def call() -> Array:
        a, b = framed(u)
        for _ in range(sweeps):
            b[inner] = around(shifted(a), u.ndim)
            a, b = b, a
        return a[inner]

    return call


def with_numba(u: Array, sweeps: int) -> Call | None:
    """Return loops over all elements, the outer one in parallel."""
    numba = load("numba")
    if numba is None:
        return None
    source = PLANE if u.ndim == 2 else SPACE
    names: dict[str, Any] = {"prange": numba.prange}
    exec(source, names)
    sweep = numba.njit(parallel=True)(names["sweep"])
    factor = u.dtype.type(0.5 / u.ndim)

    def call() -> Array:
        a, b = framed(u)
        for _ in range(sweeps):
            sweep(a, b, factor)
            a, b = b, a
        return a[(slice(1, -1),) * u.ndim]

    return call


PLANE = """
def sweep(a, b, factor):
    for i in prange(1, a.shape[0] - 1):
        for j in range(1, a.shape[1] - 1):
            b[i, j] = factor * (a[i + 1, j] + a[i - 1, j] + a[i, j + 1] + a[i, j - 1])
"""
SPACE = """
def sweep(a, b, factor):
    for i in prange(1, a.shape[0] - 1):
        for j in range(1, a.shape[1] - 1):
            for k in range(1, a.shape[2] - 1):
                b[i, j, k] = factor * (
                    a[i + 1, j, k] + a[i - 1, j, k] + a[i, j + 1, k]
                    + a[i, j - 1, k] + a[i, j, k + 1] + a[i, j, k - 1]
                )
"""


def with_jax(u: Array, sweeps: int) -> Call | None:
    """Return slices in a loop that is compiled whole."""
    jax = load_jax()
    if jax is None:
        return None
    inner = (slice(1, -1),) * u.ndim

    def sweep(_: Any, a: Any) -> Any:
        return a.at[inner].set(around(shifted(a), u.ndim))

    def all_sweeps(a: Any) -> Any:
        return jax.lax.fori_loop(0, sweeps, sweep, jax.numpy.pad(a, 1))[inner]

    jitted, held = jax.jit(all_sweeps), jax.numpy.asarray(u)
    return lambda: jitted(held).block_until_ready()


CONTENDERS = {OURS: ours, "NumPy": with_numpy, "Numba": with_numba, "JAX": with_jax}
