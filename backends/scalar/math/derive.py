"""Derives the coefficients in `coefficients.py`. Run by hand; needs mpmath.

``python -m lazydag.backends.scalar.math.derive > backends/scalar/math/coefficients.py``

Every polynomial is the best in the weighted maximum norm, where the weight turns its
error into a relative error of the function computed from it. It is found by Lawson's
algorithm [1]_: least squares on Chebyshev points, the weight of a point multiplied by
the error there after each round, in 45 digits. The two lowest coefficients are rounded
to the format one after the other, and the others fitted anew after each, so that
their rounding does not spoil the fit.

References
----------
.. [1] J. R. Rice and K. H. Usow, "The Lawson algorithm and extensions", Mathematics of
   Computation 22, 1968.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import mpmath as mp
import numpy as np

Real = Callable[[mp.mpf], mp.mpf]
POINTS, ROUNDS, SETTLED = 96, 16, 2


@dataclass(frozen=True)
class Fit:
    """A function, the weight of its error, and (interval, degree) by format."""

    name: str
    meaning: str
    function: Real
    weight: Real
    f64: tuple[float, float, int]
    f32: tuple[float, float, int] | None


def solve(function: Real, weight: Real, xs: list[mp.mpf], degree: int) -> list[mp.mpf]:
    """Coefficients, lowest first, of the polynomial that is best on `xs`."""
    scale = max(abs(x) for x in xs)
    rows = [[(x / scale) ** j * weight(x) for j in range(degree + 1)] for x in xs]
    values = [function(x) * weight(x) for x in xs]
    loads = [mp.mpf(1)] * len(xs)
    best, best_error = [mp.mpf(0)] * (degree + 1), mp.inf
    for _ in range(ROUNDS):
        found = _least_squares(rows, values, loads)
        errors = [abs(mp.fdot(found, r) - v) for r, v in zip(rows, values, strict=True)]
        if max(errors) < best_error:
            best, best_error = found, max(errors)
        loads = [w * e for w, e in zip(loads, errors, strict=True)]
        total = mp.fsum(loads)
        loads = [w / total for w in loads]
    return [c / scale**j for j, c in enumerate(best)]


def _least_squares(
    rows: list[list[mp.mpf]], values: list[mp.mpf], loads: list[mp.mpf]
) -> list[mp.mpf]:
    count = len(rows[0])
    weighted = [[w * x for x in row] for w, row in zip(loads, rows, strict=True)]
    columns = list(zip(*rows, strict=True))
    heavy = list(zip(*weighted, strict=True))
    matrix = mp.matrix(count, count)
    for i in range(count):
        for j in range(i, count):
            matrix[i, j] = matrix[j, i] = mp.fdot(heavy[i], columns[j])
    right = mp.matrix([mp.fdot(column, values) for column in heavy])
    return list(mp.lu_solve(matrix, right))


def fit(
    item: Fit, bounds: tuple[float, float, int], dtype: str
) -> tuple[list[float], mp.mpf]:
    """Rounded coefficients of one polynomial and the weighted error left."""
    low, high, degree = mp.mpf(bounds[0]), mp.mpf(bounds[1]), bounds[2]
    middle, half = (low + high) / 2, (high - low) / 2
    angles = [mp.pi * (k + mp.mpf(1) / 2) / POINTS for k in range(POINTS)]
    xs = [middle + half * mp.cos(a) for a in angles]
    values = {x: item.function(x) for x in xs}
    fixed: list[float] = []
    for j in range(SETTLED):
        rest = _remaining(values, fixed)
        weight = _raised(item.weight, j)
        fixed.append(_round(solve(rest.__getitem__, weight, xs, degree - j)[0], dtype))
    weight, rest = _raised(item.weight, SETTLED), _remaining(values, fixed)
    tail = solve(rest.__getitem__, weight, xs, degree - SETTLED)
    result = fixed + [_round(c, dtype) for c in tail]
    errors = [item.weight(x) * (mp.polyval(result[::-1], x) - values[x]) for x in xs]
    return result, max(abs(e) for e in errors)


def _remaining(
    values: dict[mp.mpf, mp.mpf], fixed: list[float]
) -> dict[mp.mpf, mp.mpf]:
    known = fixed[::-1] or [0.0]
    shift = len(fixed)
    return {x: (v - mp.polyval(known, x)) / x**shift for x, v in values.items()}


def _raised(weight: Real, power: int) -> Real:
    return lambda x: weight(x) * abs(x) ** power


def _round(x: mp.mpf, dtype: str) -> float:
    return float(np.float32(float(x))) if dtype == "f32" else float(x)


def _ratio(f: Real, z: mp.mpf) -> mp.mpf:
    """f(x)/x at x = sqrt(z)."""
    x = mp.sqrt(z)
    return f(x) / x


def _exp(r: mp.mpf) -> mp.mpf:
    return (mp.exp(r) - 1 - r) / r**2


def _log(z: mp.mpf) -> mp.mpf:
    return (2 * _ratio(mp.atanh, z) - 2) / z


def _log_tail(z: mp.mpf) -> mp.mpf:
    return (_log(z) - mp.mpf(2) / 3) / z


def _odd(f: Real) -> Real:
    return lambda z: (_ratio(f, z) - 1) / z


def _cos(z: mp.mpf) -> mp.mpf:
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


def _erf_large(u: mp.mpf) -> mp.mpf:
    return -mp.log(mp.erfc(u + 1))


LN2_HALF, QUARTER_PI, LOG_END = 0.3466, 0.7855, 0.17158**2
FITS = [
    Fit(
        "EXP",
        "(exp(r) - 1 - r) / r**2",
        _exp,
        lambda r: r**2 / abs(mp.expm1(r)),
        (-LN2_HALF, LN2_HALF, 10),
        (-LN2_HALF, LN2_HALF, 5),
    ),
    Fit(
        "LOG",
        "(2 atanh(s)/s - 2) / z, z = s**2",
        _log,
        lambda z: z / 2,
        (0, LOG_END, 6),
        (0, LOG_END, 3),
    ),
    Fit(
        "LOG_TAIL",
        "what LOG has beyond 2/3, over z",
        _log_tail,
        lambda z: z**2 / 2,
        (0, LOG_END, 7),
        None,
    ),
    Fit(
        "SIN",
        "(sin(r)/r - 1) / z, z = r**2",
        _odd(mp.sin),
        lambda z: z / _ratio(mp.sin, z),
        (0, QUARTER_PI**2, 5),
        (0, QUARTER_PI**2, 3),
    ),
    Fit(
        "COS",
        "(cos(r) - 1 + z/2) / z**2, z = r**2",
        _cos,
        lambda z: z**2 / mp.cos(mp.sqrt(z)),
        (0, QUARTER_PI**2, 5),
        (0, QUARTER_PI**2, 3),
    ),
    Fit(
        "ASIN",
        "(asin(x)/x - 1) / z, z = x**2, |x| <= 1/2",
        _odd(mp.asin),
        lambda z: z / _ratio(mp.asin, z),
        (0, 0.25, 12),
        (0, 0.25, 5),
    ),
    Fit(
        "ATAN",
        "(atan(t)/t - 1) / z, z = t**2, |t| <= tan(pi/8)",
        _odd(mp.atan),
        lambda z: z / _ratio(mp.atan, z),
        (0, 0.17158, 10),
        (0, 0.17158, 4),
    ),
    Fit(
        "ERF_SMALL",
        "erf(x)/x - 1 in z = x**2, |x| <= 1",
        lambda z: _ratio(mp.erf, z) - 1,
        lambda z: 1 / _ratio(mp.erf, z),
        (0, 1, 13),
        (0, 1, 6),
    ),
    Fit(
        "ERF_LARGE",
        "-log(erfc(1 + u)); f64 up to x = 6, f32 up to x = 4",
        _erf_large,
        lambda u: mp.erfc(1 + u) / mp.erf(1 + u),
        (0, 5, 18),
        (0, 3, 9),
    ),
]


@dataclass(frozen=True)
class Parts:
    """A constant as a sum of floats; `digits` of the leading ones, 0 for all."""

    name: str
    meaning: str
    value: Callable[[], mp.mpf]
    count: int
    f64: int = 0
    f32: int = 0


# The leading part of LN2 and LOG10_2 times any exponent is exact.
PARTS = [
    Parts("LN2", "log(2)", lambda: mp.log(2), 2, 40, 15),
    Parts("LN2_PAIR", "log(2)", lambda: mp.log(2), 2),
    Parts("LOG2_E", "1 / log(2)", lambda: 1 / mp.log(2), 2),
    Parts("LOG10_E", "1 / log(10)", lambda: 1 / mp.log(10), 2),
    Parts("LOG10_2", "log10(2)", lambda: mp.log10(2), 2, 40, 15),
    Parts("HALF_PI", "pi/2", lambda: mp.pi / 2, 3),
    Parts("TWO_OVER_PI", "2/pi", lambda: 2 / mp.pi, 1),
    Parts("TWO_THIRDS", "2/3", lambda: mp.mpf(2) / 3, 2),
]


def parts(item: Parts, dtype: str) -> tuple[float, ...]:
    """The parts of a constant in one format."""
    rest, found = item.value(), []
    for i in range(item.count):
        digits = item.f64 if dtype == "f64" else item.f32
        part = _round(rest, dtype)
        if digits and i < item.count - 1:
            with mp.workprec(digits):
                part = float(+rest)
        found.append(part)
        rest -= part
    return tuple(found)


def two_over_pi_words(zeros: int, count: int) -> list[int]:
    """The binary digits of 2/pi as 64-bit words, after so many zeros."""
    with mp.workprec(64 * count + 64):
        digits = int(mp.floor(mp.ldexp(2 / mp.pi, 64 * count - zeros)))
    return [digits >> 64 * i & (2**64 - 1) for i in reversed(range(count))]


HEADER = '''"""Coefficients of the elementary functions, lowest degree first.

Made by `derive`, which says how; edit that, not this. By function, what it
approximates; by format, the interval and the weighted error on it.
"""

from typing import Final
'''


def show_fit(item: Fit) -> str:
    """Return the lines that define one table of coefficients."""
    lines = [f"{item.name}: Final = {{"]
    for dtype, bounds in (("f64", item.f64), ("f32", item.f32)):
        if bounds is not None:
            values, error = fit(item, bounds, dtype)
            size = mp.nstr(mp.log(error, 2), 4)
            lines.append(f"    # [{bounds[0]:.5g}, {bounds[1]:.5g}]: 2**{size}")
            lines += [
                f'    "{dtype}": (',
                *(f"        {v!r}," for v in values),
                "    ),",
            ]
    return "\n".join([*lines, f'}}\n"""{item.meaning}"""'])


def show_parts(item: Parts) -> str:
    """Return the lines that define one constant."""
    rows = [f'    "{t}": {parts(item, t)!r},' for t in ("f64", "f32")]
    return "\n".join([f"{item.name}: Final = {{", *rows, f'}}\n"""{item.meaning}"""'])


def show_words() -> str:
    """Return the lines that define the digits of 2/pi."""
    rows = [f"    0x{w:016X}," for w in two_over_pi_words(16, 20)]
    meaning = '"""2/pi in binary after 16 zeros, 64 digits a word"""'
    return "\n".join(["TWO_OVER_PI_WORDS: Final = (", *rows, f")\n{meaning}"])


def main() -> None:
    """Write the module to standard output."""
    mp.mp.dps = 60
    tables = [show_fit(item) for item in FITS] + [show_parts(item) for item in PARTS]
    sys.stdout.write("\n".join([HEADER, "\n\n".join([*tables, show_words()]), ""]))


if __name__ == "__main__":
    main()
