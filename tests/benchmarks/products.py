"""Products of matrices of all shapes, what is computed of them, and chains of products.

Each program is written once, for NumPy, and runs as it is in all libraries. The limit
is the rate of one product of two square matrices on all threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call, Settings, Times, race
from tests.benchmarks.libraries import load, load_jax, load_lazydag
from tests.benchmarks.report import Goal, Row, show_seconds

Array = NDArray[Any]
Shapes = tuple[tuple[int, ...], ...]
Program = Callable[..., Any]

DTYPES = {"f64": np.float64, "f32": np.float32}
PEAK = 2048  # order of the product that the peak is measured with
EXPONENT = 1024  # order of the matrix that is exponentiated


def product(xp: Any, a: Any, b: Any) -> Any:
    """One product."""
    return a @ b


def gram(xp: Any, a: Any) -> Any:
    """The products of all columns: a long sum for each of few elements."""
    return a.T @ a


def symmetric(xp: Any, a: Any) -> Any:
    """The products of all rows."""
    return a @ a.T


def scaled_square(xp: Any, a: Any, b: Any) -> Any:
    """A square that nothing but the last product needs."""
    return b * (a @ a) / 3


def layer(xp: Any, x: Any, w: Any, b: Any) -> Any:
    """A layer of a network."""
    return xp.maximum(x @ w + b, 0)


def chain(xp: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Four matrices, which are best multiplied from the right."""
    options = {} if xp.__name__ == "lazydag.numpy" else {"optimize": True}
    return xp.einsum("ij,jk,kl,lm->im", a, b, c, d, **options)


def contraction(xp: Any, a: Any, b: Any) -> Any:
    """Two axes of two tensors, which lie in another order."""
    return xp.einsum("abcd,dcef->abef", a, b)


@dataclass(frozen=True, slots=True)
class Problem:
    """A program with the shapes of its arrays.

    Attributes
    ----------
    flops
        Additions and products, at least.
    goal
        Against NumPy.
    """

    name: str
    program: Program
    shapes: Shapes
    flops: float
    goal: float = 1.0


def square(n: int) -> Problem:
    """Return the product of two square matrices."""
    return Problem(f"product, n = {n}", product, ((n, n), (n, n)), 2.0 * n**3)


PROBLEMS = (
    *map(square, (1024, 2048, 4096, 8192)),
    Problem("wide product", product, ((64, 512), (512, 100_000)), 2 * 64 * 512 * 1e5),
    Problem("tall product", product, ((200_000, 64), (64, 64)), 2 * 64 * 64 * 2e5),
    Problem("outer product", product, ((4096, 64), (64, 4096)), 2 * 64 * 4096**2),
    Problem("gram matrix", gram, ((200_000, 64),), 2 * 64 * 64 * 2e5),
    Problem("symmetric product", symmetric, ((4096, 4096),), 4096.0**3),
    Problem("scaled square", scaled_square, ((4096, 4096),) * 2, 2 * 4096**3, 1.05),
    Problem("layer", layer, ((8192, 256), (256, 2048), (2048,)), 2.0**33, 1.2),
    Problem(
        "chain",
        chain,
        ((2000, 1000), (1000, 2000), (2000, 100), (100, 10)),
        2 * (2000 * 100 * 10 + 1000 * 2000 * 10 + 2000 * 1000 * 10),
    ),
    Problem("contraction", contraction, ((40,) * 4, (40,) * 4), 2.0 * 1600**3),
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each program in both precisions, and the exponential."""
    for problem in PROBLEMS:
        for type_name, dtype in DTYPES.items():
            if settings.matches(f"{problem.name} {type_name}"):
                yield measured(problem, type_name, dtype, settings)
    if settings.matches("exponential f64"):
        yield exponential(settings)


def measured(problem: Problem, type_name: str, dtype: Any, settings: Settings) -> Row:
    """Return the row of one program."""
    random = np.random.default_rng(0)
    arrays = [
        random.standard_normal([scaled(n, settings) for n in shape]).astype(dtype)
        for shape in problem.shapes
    ]
    makers = {OURS: ours, "NumPy": with_numpy, "JAX": with_jax, "dask": with_dask}
    made = {name: make(problem.program, arrays) for name, make in makers.items()}
    calls = {name: call for name, call in made.items() if call is not None}
    check(calls, settings, dtype)
    calls["peak"] = peak(dtype)
    times = race(calls, settings, least=3, most=25)
    name = f"{problem.name} {type_name}"
    return row(
        name,
        problem.flops,
        Goal("NumPy", problem.goal, times.ratio("NumPy")),
        settings,
        times,
    )


def scaled(extent: int, settings: Settings) -> int:
    """Return a length, scaled if it is large."""
    return max(64, int(extent * settings.scale)) if extent > 64 else extent


def ours(program: Program, arrays: list[Array]) -> Call | None:
    """Return the jitted program."""
    ld, xp = load_lazydag(), load("lazydag.numpy")
    if ld is None:
        return None
    jitted = ld.jit(lambda *held: program(xp, *held))
    return lambda: np.asarray(jitted(*arrays))


def with_numpy(program: Program, arrays: list[Array]) -> Call:
    """Return the program as it is."""
    return lambda: program(np, *arrays)


def with_jax(program: Program, arrays: list[Array]) -> Call | None:
    """Return the jitted program on arrays that JAX has."""
    jax = load_jax()
    if jax is None:
        return None
    held = [jax.numpy.asarray(array) for array in arrays]
    jitted = jax.jit(lambda *held: program(jax.numpy, *held))
    return lambda: jitted(*held).block_until_ready()


def with_dask(program: Program, arrays: list[Array]) -> Call | None:
    """Return the program on threads, in the chunks that dask chooses."""
    da, dask = load("dask.array"), load("dask")
    if da is None:
        return None
    dask.config.set(scheduler="threads")
    held = [da.from_array(array) for array in arrays]
    return lambda: program(da, *held).compute()


def check(calls: dict[str, Call], settings: Settings, dtype: Any) -> None:
    """Raise AssertionError where ours is not what NumPy computes."""
    if settings.only != "both" or OURS not in calls:
        return
    found, wanted = np.asarray(calls[OURS]()), np.asarray(calls["NumPy"]())
    size = np.abs(wanted).max()
    error = np.abs(found - wanted).max() / size
    assert error < 1000 * np.finfo(dtype).eps, error


def peak(dtype: Any) -> Call:
    """Return the product that the peak is measured with."""
    a, c = np.ones((PEAK, PEAK), dtype), np.empty((PEAK, PEAK), dtype)
    return lambda: np.matmul(a, a, out=c)


def exponential(settings: Settings) -> Row:
    """Return the row of the exponential of a matrix."""
    n = scaled(EXPONENT, settings)
    a = np.random.default_rng(0).standard_normal((n, n)) / np.sqrt(n)
    ld, linalg, jax = load_lazydag(), load("scipy.linalg"), load("jax")
    calls: dict[str, Call] = {"peak": peak(np.float64)}
    if ld is not None:
        jitted = ld.jit(ld.linalg.expm)
        calls[OURS] = lambda: np.asarray(jitted(a))
    if linalg is not None:
        calls["SciPy"] = lambda: linalg.expm(a)
    if jax is not None:
        load_jax()
        held = jax.numpy.asarray(a)
        theirs = jax.jit(load("jax.scipy.linalg").expm)
        calls["JAX"] = lambda: theirs(held).block_until_ready()
    times = race(calls, settings, least=3, most=15)
    goal = Goal("SciPy", 1.0, times.ratio("SciPy"))
    # Six products, a factorisation and two solutions.
    return row(f"exponential f64, n = {n}", 15 * float(n) ** 3, goal, settings, times)


def row(name: str, flops: float, goal: Goal, settings: Settings, times: Times) -> Row:
    """Return the row; the peak is the product's rate in the same rounds."""
    peers, ratios = times.peers(), times.ratios()
    product_seconds = peers.pop("peak", None)
    ratios.pop("peak", None)
    limit = ""
    if product_seconds:
        flops_per_s = 2 * PEAK**3 / product_seconds
        least = show_seconds(flops / flops_per_s) if settings.scale == 1 else "less"
        limit = f"{least} ({flops_per_s / 1e9:.0f} Gflop/s of products)"
    return Row(
        name=name,
        threads=settings.threads,
        ours=times.median(OURS),
        peers=peers,
        ratios=ratios,
        goals=(goal,),
        limit=limit,
    )
