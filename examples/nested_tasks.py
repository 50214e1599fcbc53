"""Tasks that spawn tasks: an integral, halved wherever its pieces disagree.

Nobody knows beforehand where the function is rough. Each task looks at one interval; if
two estimates of it differ, it spawns a task for each half and adds up what they find.

Run it: ``python examples/nested_tasks.py --tolerance 1e-10``
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from scipy import integrate

import lazydag as ld

Function = Callable[[float], float]


def simpson(f: Function, a: float, b: float) -> float:
    """Return Simpson's estimate of an integral: a parabola through three points."""
    return (b - a) / 6 * (f(a) + 4 * f((a + b) / 2) + f(b))


def integral(f: Function, a: float, b: float, tolerance: float) -> float:
    """Return an integral, as exact as asked for, from as many tasks as that takes."""
    middle = (a + b) / 2
    whole = simpson(f, a, b)
    halves = simpson(f, a, middle) + simpson(f, middle, b)
    if abs(halves - whole) <= 15 * tolerance:
        return halves + (halves - whole) / 15
    left = ld.spawn(integral, f, a, middle, tolerance / 2)
    right = ld.spawn(integral, f, middle, b, tolerance / 2)
    # A task that waits gives its worker to those that it waits for.
    return float(left.result()) + float(right.result())


def rough(x: float) -> float:
    """Return a function with a sharp peak, and waves that quicken towards 0."""
    return 1 / (1e-4 + (x - 0.7) ** 2) + math.sin(3 / (x + 0.05))


def main() -> None:
    """Integrate by tasks and by SciPy, and compare."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--tolerance", type=float, default=1e-9)
    tolerance = parser.parse_args().tolerance

    found = ld.spawn(integral, rough, 0.0, 1.0, tolerance).result()
    expected, _ = integrate.quad(rough, 0, 1, points=[0.7], epsabs=1e-12, limit=500)
    print(f"tasks {found:.12f}")
    print(f"SciPy {expected:.12f}")
    print(f"difference {abs(found - expected):.1e}")
    if abs(found - expected) > 10 * tolerance:
        raise SystemExit("the integrals differ")


if __name__ == "__main__":
    main()
