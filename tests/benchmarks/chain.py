"""``a*b + c - d/e`` into an array that exists: bound by memory alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load, load_jax, load_lazydag
from tests.benchmarks.limits import Stream, aligned, show_limit
from tests.benchmarks.report import Goal, Row

Array = NDArray[np.float64]

ELEMENTS = 20_000_000


def chain(a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
    """Return the expression."""
    return a * b + c - d / e


def ours(args: list[Array], out: Array) -> Call | None:
    """Return the call of lazydag, evaluated into ``out``."""
    ld = load_lazydag()
    if ld is None:
        return None
    jitted = ld.jit(chain)
    return lambda: jitted.into(out, *args)


def with_numpy(args: list[Array], out: Array) -> Call:
    """Return NumPy's steps with ``out=`` and one array for what lies between."""
    a, b, c, d, e = args
    ratio = np.empty_like(a)

    def run() -> None:
        np.multiply(a, b, out=out)
        np.add(out, c, out=out)
        np.divide(d, e, out=ratio)
        np.subtract(out, ratio, out=out)

    return run


def with_numba(args: list[Array], out: Array) -> Call | None:
    """Return one parallel loop with fastmath."""
    numba = load("numba")
    if numba is None:
        return None

    def loop(a: Array, b: Array, c: Array, d: Array, e: Array, out: Array) -> None:
        for i in numba.prange(a.size):
            out[i] = a[i] * b[i] + c[i] - d[i] / e[i]

    fast = numba.njit(parallel=True, fastmath=True, error_model="numpy")(loop)
    return lambda: fast(*args, out)


def with_numexpr(args: list[Array], out: Array) -> Call | None:
    """Return numexpr, compiled once and re-evaluated."""
    numexpr = load("numexpr")
    if numexpr is None:
        return None
    values = dict(zip("abcde", args, strict=True))
    text = "a*b + c - d/e"
    return lambda: numexpr.evaluate(text, local_dict=values, out=out)


def with_jax(args: list[Array], out: Array) -> Call | None:
    """Return the jitted expression; JAX has no way to write into an array."""
    jax = load_jax()
    if jax is None:
        return None
    jitted, held = jax.jit(chain), [jax.numpy.asarray(x) for x in args]
    return lambda: jitted(*held).block_until_ready()


def with_dask(args: list[Array], out: Array) -> Call | None:
    """Return dask's array on threads, in chunks of 8 MB, stored into ``out``."""
    da, dask = load("dask.array"), load("dask")
    if da is None:
        return None
    dask.config.set(scheduler="threads")
    result = chain(*(da.from_array(x, chunks=1_000_000, name=False) for x in args))
    return lambda: da.store(result, out, lock=False)


CONTENDERS = {
    OURS: ours,
    "NumPy": with_numpy,
    "Numba": with_numba,
    "numexpr": with_numexpr,
    "JAX": with_jax,
    "dask": with_dask,
}


def rows(settings: Settings) -> Iterator[Row]:
    """Measure all contenders, STREAM's best loop among them."""
    n = settings.size(ELEMENTS)
    rng = np.random.default_rng(2)
    args, out = [aligned(n) for _ in range(5)], aligned(n)
    for x in args:
        x[:] = rng.uniform(1.0, 2.0, n)
    made = {name: make(args, out) for name, make in CONTENDERS.items()}
    calls = {name: call for name, call in made.items() if call is not None}
    check(calls, settings, args, out)
    stream = Stream(n, settings.threads)
    times = race({**calls, "STREAM": stream.contender()}, settings, most=100)
    yield row(n, settings, times, stream)


def row(n: int, settings: Settings, times: Any, stream: Stream) -> Row:
    """Return the row: bandwidth is compared with STREAM's of the same rounds."""
    nbytes = 6 * 8 * n
    peers = times.peers()
    seconds = peers.pop("STREAM", None)
    reached = times.ratio("STREAM")
    fraction = reached and reached * nbytes / stream.nbytes(stream.name)
    speed = stream.nbytes(stream.name) / seconds if seconds else stream.bytes_per_s
    return Row(
        name=f"a*b+c-d/e, {n:.0e} f64, output reused",
        threads=settings.threads,
        ours=times.median(OURS),
        peers=peers,
        ratios={p: r for p, r in times.ratios().items() if p != "STREAM"},
        goals=(
            Goal("of STREAM", 0.85, fraction, unit="%"),
            Goal("NumPy", 2.0, times.ratio("NumPy")),
        ),
        limit=show_limit(nbytes, speed),
    )


def check(
    calls: dict[str, Call], settings: Settings, args: list[Array], out: Array
) -> None:
    """Raise AssertionError where a contender leaves something else in ``out``."""
    expected = chain(*(x[:1000] for x in args))
    for name, call in calls.items():
        if settings.wants(name) and name != "JAX":
            out[:] = 0
            call()
            np.testing.assert_allclose(out[:1000], expected, rtol=1e-14, err_msg=name)
