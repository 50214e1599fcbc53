"""Sum of squared differences, mean and std: over everything and along each axis."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, Times, race
from tests.benchmarks.libraries import load_jax, load_lazydag
from tests.benchmarks.limits import Stream, show_limit
from tests.benchmarks.numba_reductions import numba_reduction
from tests.benchmarks.report import Goal, Row

Array = NDArray[np.float64]

ELEMENTS = 20_000_000
SIDE = 4096
PEERS = ("NumPy", "Numba", "JAX")
# Half a unit in the last place of a double: no result can promise less.
ROUNDING = 2.0**-53


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """One reduction of one or two arrays, along one axis or all."""

    name: str
    inputs: int
    formula: Callable[..., Any]  # (xp, axis, *arrays)


CASES = (
    Case("sum((a-b)**2)", 2, lambda xp, axis, a, b: xp.sum((a - b) ** 2, axis=axis)),
    Case("mean(a)", 1, lambda xp, axis, a: xp.mean(a, axis=axis)),
    Case("std(a)", 1, lambda xp, axis, a: xp.std(a, axis=axis)),
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each case over a long array and along both axes of a square one."""
    rng = np.random.default_rng(3)
    side = settings.size(SIDE)
    flat = [rng.normal(5.0, 2.0, settings.size(ELEMENTS)) for _ in range(2)]
    square = [rng.normal(5.0, 2.0, (side, side)) for _ in range(2)]
    bandwidth = Stream(flat[0].size, settings.threads).bytes_per_s
    for case in CASES:
        for axis, arrays in ((None, flat), (0, square), (1, square)):
            yield row(case, axis, arrays[: case.inputs], settings, bandwidth)


def row(
    case: Case, axis: int | None, arrays: list[Array], settings: Settings, speed: float
) -> Row:
    """Measure one case: times, and the error beside NumPy's."""
    calls = contenders(case, axis, arrays)
    expected = exact(case.name, axis, arrays)
    wanted = {name: call for name, call in calls.items() if settings.wants(name)}
    errors = {name: error(call(), expected) for name, call in wanted.items()}
    bound = max(error(calls["NumPy"](), expected), ROUNDING)
    times = race(calls, dataclasses.replace(settings, seconds=settings.seconds / 3))
    shape = arrays[0].shape
    where = f"{shape[0]:.0e}" if axis is None else f"{shape} axis {axis}"
    return Row(
        name=f"{case.name}, {where}",
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=goals(times, errors.get(OURS), bound),
        limit=show_limit(sum(a.nbytes for a in arrays), speed),
        note="error " + ", ".join(f"{name} {e:.1e}" for name, e in errors.items()),
    )


def goals(times: Times, ours: float | None, bound: float) -> tuple[Goal, ...]:
    """Return what is asked of every reduction."""
    return (
        Goal("the best peer", 1.3, times.best_ratio(PEERS)),
        Goal("error", bound, ours, at_most=True, unit=""),
    )


def contenders(case: Case, axis: int | None, arrays: list[Array]) -> dict[str, Call]:
    """Return the ways to compute a case."""
    calls: dict[str, Call] = {"NumPy": with_numpy(case, axis, arrays)}
    ld, jax = load_lazydag(), load_jax()
    if ld is not None:
        mine = ld.jit(lambda *args: case.formula(ld, axis, *args))
        calls[OURS] = lambda: mine(*arrays)
    if jax is not None:
        jitted = jax.jit(lambda *args: case.formula(jax.numpy, axis, *args))
        held = [jax.numpy.asarray(a) for a in arrays]
        calls["JAX"] = lambda: jitted(*held).block_until_ready()
    loop = numba_reduction(case.name, axis)
    if loop is not None:
        calls["Numba"] = lambda: loop(*arrays)
    return calls


def with_numpy(case: Case, axis: int | None, arrays: list[Array]) -> Call:
    """Return NumPy at its best: in place, and a dot product over everything."""
    if case.inputs == 1:
        return lambda: case.formula(np, axis, *arrays)
    a, b = arrays
    difference = np.empty_like(a)

    def run() -> Any:
        np.subtract(a, b, out=difference)
        if axis is None:
            return np.dot(difference, difference)
        np.square(difference, out=difference)
        return np.sum(difference, axis=axis)

    return run


def exact(name: str, axis: int | None, arrays: list[Array]) -> NDArray[np.longdouble]:
    """Return the result in long double, two-pass, summed pairwise."""
    if name.startswith("sum"):
        a, b = (x.astype(np.longdouble) for x in arrays)
        return pairwise(np.square(np.subtract(a, b, out=a), out=a), axis)
    x = arrays[0].astype(np.longdouble)
    count = x.size if axis is None else x.shape[axis]
    mean = pairwise(x, axis) / count
    if name.startswith("mean"):
        return np.asarray(mean)
    x -= mean if axis is None else np.expand_dims(mean, axis)
    return np.asarray(np.sqrt(pairwise(np.square(x, out=x), axis) / count))


def pairwise(x: NDArray[np.longdouble], axis: int | None) -> NDArray[np.longdouble]:
    """Sum along a contiguous axis, which is where NumPy sums pairwise."""
    return np.asarray(
        x.sum() if axis is None else np.moveaxis(x, axis, -1).copy().sum(-1)
    )


def error(result: object, expected: NDArray[np.longdouble]) -> float:
    """Return the largest relative error."""
    return float(np.max(np.abs(np.asarray(result) - expected) / np.abs(expected)))
