"""Measures the math library: ``python -m lazydag.backends.cpu.accuracy``.

Prints the table of `docs/numerics.md` for this machine: the greatest error of every
function in units in the last place (ULP) of the exact value, and its time.

Notes
-----
References are NumPy's functions on ``longdouble`` where that has 64 digits (x86), and
mpmath for erf. Samples are even and random points of the ranges where functions do
something, and random bit patterns, which cover all exponents.
"""

import ctypes
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import mpmath
import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.mathlib import NATURAL
from lazydag.backends.cpu.objects import Compiler, default_compiler
from lazydag.backends.cpu.probe import NUMPY, SCALAR, evaluate, probe_module
from lazydag.backends.scalar.expr import Expr, arg
from lazydag.backends.scalar.math import FUNCTIONS, apply
from lazydag.backends.scalar.types import DType

Floats = NDArray[Any]
Bounds = tuple[float, float]

RANGES: Final[dict[str, tuple[Bounds, ...]]] = {
    "exp": ((-750, 715), (-104, 89), (-1, 1)),
    "exp2": ((-1080, 1026), (-150, 129), (-1, 1)),
    "expm1": ((-50, 715), (-20, 89), (-1, 1), (-1e-3, 1e-3)),
    "log": ((0, 10), (0.5, 2), (0.99, 1.01)),
    "log2": ((0, 10), (0.5, 2), (0.99, 1.01)),
    "log10": ((0, 10), (0.5, 2), (0.99, 1.01)),
    "log1p": ((-1, 10), (-0.5, 0.5), (-0.01, 0.01)),
    "sin": ((-10, 10), (-1e5, 1e5), (-1, 1)),
    "cos": ((-10, 10), (-1e5, 1e5), (-1, 1)),
    "tan": ((-10, 10), (-1e5, 1e5), (-1, 1)),
    "asin": ((-1, 1), (-0.01, 0.01), (0.99, 1)),
    "acos": ((-1, 1), (-0.01, 0.01), (0.99, 1), (-1, -0.99)),
    "atan": ((-1, 1), (-10, 10), (0.3, 0.5), (2, 3)),
    "atan2": ((-10, 10), (-1, 1)),
    "sinh": ((-720, 720), (-90, 90), (-1, 1), (-30, 30)),
    "cosh": ((-720, 720), (-90, 90), (-1, 1), (-30, 30)),
    "tanh": ((-1, 1), (-25, 25), (-0.01, 0.01)),
    "asinh": ((-1, 1), (-10, 10), (-1e10, 1e10)),
    "acosh": ((1, 1.01), (1, 10), (1, 1e10)),
    "atanh": ((-1, 1), (-0.1, 0.1), (0.99, 1)),
    "erf": ((-1, 1), (-6.5, 6.5), (0.9, 1.6)),
    "pow": ((0, 10), (0.9, 1.1)),
    "hypot": ((-10, 10), (-1, 1)),
    "cbrt": ((-10, 10), (-1, 1)),
}
NUMPY_NAMES: Final = {
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "pow": "power",
}


def samples(name: str, dtype: DType, count: int, seed: int = 0) -> list[Floats]:
    """Return the arguments to try, about `count` each way for each range."""
    rng = np.random.default_rng(seed)
    kind = NUMPY[dtype]
    arity = FUNCTIONS[name].arity
    even = [np.linspace(*bounds, count) for bounds in RANGES[name]]
    spread = [rng.uniform(*bounds, count) for bounds in RANGES[name]]
    first = np.concatenate([*even, *spread]).astype(kind)
    if arity == 1:
        return [np.append(first, _any_bits(rng, kind, count))]
    second = _partner(name, rng, first.astype(np.float64)).astype(kind)
    tail = [_any_bits(rng, kind, 2 * count) for _ in range(2)]
    return [np.append(first, tail[0]), np.append(second, tail[1])]


def _partner(name: str, rng: np.random.Generator, first: Floats) -> Floats:
    """Second arguments that make the first ones interesting."""
    if name != "pow":
        return rng.uniform(-10, 10, first.size)
    with np.errstate(all="ignore"):
        return rng.uniform(-750, 715, first.size) / np.log(first)


def _any_bits(rng: np.random.Generator, kind: np.dtype[Any], count: int) -> Floats:
    raw = rng.integers(0, 256, count * kind.itemsize, dtype=np.uint8)
    return raw.view(kind)


def exact(name: str, *arrays: Floats) -> Floats:
    """Return the function in extended precision."""
    if name == "erf":
        return _erf(arrays[0])
    function: Callable[..., Floats] = getattr(np, NUMPY_NAMES.get(name, name))
    with np.errstate(all="ignore"):
        return function(*(a.astype(np.longdouble) for a in arrays))


def _erf(x: Floats) -> Floats:
    with mpmath.workdps(30):
        values = [mpmath.erf(float(v)) for v in x]
        high = np.array([float(v) for v in values], np.longdouble)
        rest = [float(v - float(v)) if mpmath.isfinite(v) else 0.0 for v in values]
    with np.errstate(all="ignore"):
        return np.copysign(high + np.array(rest, np.longdouble), x)


def ulps(found: Floats, expected: Floats) -> Floats:
    """Return the errors in ULP of the expected values; infinite where one is wrong.

    A NaN or an infinity must be met, an overflow is an error of one ULP at most.
    """
    info = np.finfo(found.dtype)
    with np.errstate(all="ignore"):
        exponent = np.maximum(np.frexp(expected)[1] - 1, info.minexp)
        unit = np.ldexp(np.longdouble(1), exponent - info.nmant)
        error = np.abs(found.astype(np.longdouble) - expected) / unit
        rounded = expected.astype(found.dtype)
    same = (found == rounded) | (np.isnan(found) & np.isnan(expected))
    is_plain = np.isfinite(rounded) & np.isfinite(found)
    error = np.where(is_plain, error, np.where(same, 0.0, np.inf))
    at_end = np.abs(expected) > info.max * (1 - 2 * info.eps)
    return np.where(~is_plain & ~same & at_end & ~np.isnan(found), 1.0, error)


def compute(
    name: str,
    *arrays: Floats,
    width: int | None = None,
    compiler: Compiler | None = None,
) -> Floats:
    """Return the library's values."""
    root = _call(name, SCALAR[arrays[0].dtype])
    width = width or NATURAL[root.dtype]
    return evaluate(root, *arrays, width=width, compiler=compiler)


def _call(name: str, dtype: DType) -> Expr:
    return apply(name, *(arg(i, dtype) for i in range(FUNCTIONS[name].arity)))


def worst(name: str, dtype: DType, count: int) -> float:
    """Return the greatest error over the samples, in ULP."""
    arrays = samples(name, dtype, count)
    return float(ulps(compute(name, *arrays), exact(name, *arrays)).max())


def nanoseconds(name: str, dtype: DType) -> float:
    """Return the median time per element, in cache, on one thread."""
    rng = np.random.default_rng(1)
    bounds = RANGES[name][0] if name not in ("exp", "sinh", "cosh") else (-10.0, 10.0)
    kind, arity, size = NUMPY[dtype], FUNCTIONS[name].arity, 4096
    arrays = [rng.uniform(*bounds, size).astype(kind) for _ in range(arity)]
    arrays.append(np.empty(size, kind))
    module = probe_module(_call(name, dtype), [dtype] * arity, NATURAL[dtype])
    (address,) = default_compiler().load(module)
    signature = [ctypes.c_void_p] * len(arrays) + [ctypes.c_int64]
    function = ctypes.CFUNCTYPE(None, *signature)(address)
    pointers = [a.ctypes.data for a in arrays]
    times = [_timed(lambda: function(*pointers, size)) for _ in range(300)]
    return float(np.median(times)) / size * 1e9


def _timed(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    write = sys.stdout.write
    write("| function | f64 ULP | f32 ULP | f64 ns | f32 ns |\n|---|---|---|---|---|\n")
    for name in FUNCTIONS:
        count = 20_000 if name == "erf" else 1_000_000
        errors = " | ".join(f"{worst(name, t, count):.2f}" for t in ("f64", "f32"))
        times = " | ".join(f"{nanoseconds(name, t):.2f}" for t in ("f64", "f32"))
        write(f"| {name} | {errors} | {times} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
