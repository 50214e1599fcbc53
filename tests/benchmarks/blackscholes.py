"""Black-Scholes prices: about twenty operations, with log, sqrt, exp and erf."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load, load_jax, load_lazydag
from tests.benchmarks.limits import Stream, show_limit
from tests.benchmarks.report import Goal, Row

Array = NDArray[np.float64]

RATE, VOLATILITY = 0.02, 0.3
DRIFT = RATE + 0.5 * VOLATILITY**2
HALF_ROOT = math.sqrt(0.5)
ELEMENTS = 20_000_000


def price(xp: Any, erf: Any, s: Any, k: Any, t: Any) -> tuple[Any, Any]:
    """Return the call's and the put's price, written as anyone would."""
    spread = VOLATILITY * xp.sqrt(t)
    d1 = (xp.log(s / k) + DRIFT * t) / spread
    d2 = d1 - spread
    strike = k * xp.exp(-RATE * t)
    n1 = 0.5 + 0.5 * erf(HALF_ROOT * d1)
    n2 = 0.5 + 0.5 * erf(HALF_ROOT * d2)
    call = s * n1 - strike * n2
    return call, call - s + strike


def ours(s: Array, k: Array, t: Array) -> Call | None:
    """Return the call of lazydag."""
    ld = load_lazydag()
    if ld is None:
        return None
    jitted = ld.jit(lambda s, k, t: price(ld, ld.special.erf, s, k, t))
    return lambda: jitted(s, k, t)


def with_numpy(s: Array, k: Array, t: Array) -> Call | None:
    """Return the plain formula in NumPy and SciPy."""
    special = load("scipy.special")
    return special and (lambda: price(np, special.erf, s, k, t))


def with_numpy_buffers(s: Array, k: Array, t: Array) -> Call | None:
    """Return NumPy at its best: every step in place, in arrays that are kept."""
    special = load("scipy.special")
    spread, d1, strike, call, put = (np.empty_like(s) for _ in range(5))

    def half_erf(x: Array) -> None:
        np.multiply(x, HALF_ROOT, out=x)
        special.erf(x, out=x)
        np.multiply(x, 0.5, out=x)
        np.add(x, 0.5, out=x)

    def run() -> tuple[Array, Array]:
        np.sqrt(t, out=spread)
        np.multiply(spread, VOLATILITY, out=spread)
        np.divide(s, k, out=d1)
        np.log(d1, out=d1)
        np.multiply(t, DRIFT, out=strike)
        np.add(d1, strike, out=d1)
        np.divide(d1, spread, out=d1)
        d2 = np.subtract(d1, spread, out=spread)
        np.multiply(t, -RATE, out=strike)
        np.exp(strike, out=strike)
        np.multiply(k, strike, out=strike)
        half_erf(d1)
        half_erf(d2)
        np.multiply(s, d1, out=call)
        np.multiply(strike, d2, out=d2)
        np.subtract(call, d2, out=call)
        np.subtract(call, s, out=put)
        np.add(put, strike, out=put)
        return call, put

    return run if special else None


def with_numba(s: Array, k: Array, t: Array) -> Call | None:
    """Return one parallel loop with fastmath, into arrays that are kept."""
    numba = load("numba")
    if numba is None:
        return None

    def loop(s: Array, k: Array, t: Array, call: Array, put: Array) -> None:
        for i in numba.prange(s.size):
            spread = VOLATILITY * math.sqrt(t[i])
            d1 = (math.log(s[i] / k[i]) + DRIFT * t[i]) / spread
            strike = k[i] * math.exp(-RATE * t[i])
            n1 = 0.5 + 0.5 * math.erf(HALF_ROOT * d1)
            n2 = 0.5 + 0.5 * math.erf(HALF_ROOT * (d1 - spread))
            call[i] = s[i] * n1 - strike * n2
            put[i] = call[i] - s[i] + strike

    fast = numba.njit(parallel=True, fastmath=True, error_model="numpy")(loop)
    call, put = np.empty_like(s), np.empty_like(s)

    def run() -> tuple[Array, Array]:
        fast(s, k, t, call, put)
        return call, put

    return run


def with_jax(s: Array, k: Array, t: Array) -> Call | None:
    """Return the jitted formula on arrays that JAX already holds."""
    jax = load_jax()
    if jax is None:
        return None
    jitted = jax.jit(lambda s, k, t: price(jax.numpy, jax.lax.erf, s, k, t))
    args = [jax.numpy.asarray(x) for x in (s, k, t)]
    return lambda: jax.block_until_ready(jitted(*args))


CONTENDERS = {
    OURS: ours,
    "NumPy": with_numpy,
    "NumPy in place": with_numpy_buffers,
    "Numba": with_numba,
    "JAX": with_jax,
}


def rows(settings: Settings) -> Iterator[Row]:
    """Measure all contenders, after a check that they agree."""
    n = settings.size(ELEMENTS)
    rng = np.random.default_rng(1)
    s, k = rng.uniform(10, 200, n), rng.uniform(10, 200, n)
    t = rng.uniform(0.1, 3.0, n)
    made = {name: make(s, k, t) for name, make in CONTENDERS.items()}
    calls = {name: call for name, call in made.items() if call is not None}
    check(calls, settings, s, k, t)
    times = race(calls, settings)
    stream = Stream(n, settings.threads)
    needs = {"JAX": 3.0, "Numba": 3.0, "NumPy": 10.0}
    yield Row(
        name=f"Black-Scholes, {n:.0e} f64",
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=tuple(Goal(p, need, times.ratio(p)) for p, need in needs.items()),
        limit=show_limit(5 * s.nbytes, stream.bytes_per_s),
    )


def check(calls: dict[str, Call], settings: Settings, *args: Array) -> None:
    """Raise AssertionError where a contender computes something else."""
    special = load("scipy.special")
    if special is None:
        return
    some = [x[:1000] for x in args]
    expected = price(np, special.erf, *some)
    for name, call in calls.items():
        if settings.wants(name):
            got: Any = call()
            for e, g in zip(expected, got, strict=True):
                np.testing.assert_allclose(
                    np.asarray(g)[:1000], e, rtol=1e-9, atol=1e-9, err_msg=name
                )
