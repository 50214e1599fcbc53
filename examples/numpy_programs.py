"""Well-known programs, written for NumPy and run by lazydag: one import differs.

Each file of ``examples/programs`` is plain NumPy code under ``import lazydag.numpy as
np`` and a ``@jit``. Here each runs as it stands and, the same text with NumPy imported,
by NumPy; the results are compared, and the times printed.

Run it: ``python examples/numpy_programs.py [names]``
"""

from __future__ import annotations

import argparse
import statistics
import sys
from math import exp, log

from programs.checking import difference, outcome
from programs.loading import with_lazydag, with_numpy
from programs.problems import PROBLEMS, Problem

import lazydag as ld


def main() -> None:
    """Run the programs that are asked for, all by default, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PROBLEMS)}")
    parser.add_argument("--rounds", type=int, default=5, help="measured, by turns")
    parser.add_argument("--small", action="store_true", help="small problems only")
    options = parser.parse_args()
    unknown = set(options.names) - set(PROBLEMS)
    if unknown:
        parser.error(f"no program {', '.join(sorted(unknown))}")
    print(f"{'':20} {'first call':>10} {'lazydag':>10} {'NumPy':>10} speed-up")
    ratios = [
        run(PROBLEMS[name], options.rounds, is_small=options.small)
        for name in options.names or PROBLEMS
    ]
    mean = exp(statistics.fmean(map(log, ratios)))
    print(f"geometric mean: {mean:.2f} on {ld.get_num_threads()} threads")


def run(problem: Problem, rounds: int, *, is_small: bool) -> float:
    """Check a program, print a line about it, and return its speed-up."""
    arguments = problem.small_arguments() if is_small else problem.arguments()
    ours, theirs = with_lazydag(problem.name), with_numpy(problem.name)
    first, results = outcome(ours, arguments)
    error = difference(results, outcome(theirs, arguments)[1])
    if not error <= problem.tolerance:
        sys.exit(f"{problem.name}: lazydag and NumPy differ by {error:.1e}")
    pairs = [
        (outcome(ours, arguments)[0], outcome(theirs, arguments)[0])
        for _ in range(rounds)
    ]
    mine, other = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    times = "".join(f"{seconds * 1e3:8.1f} ms" for seconds in (first, mine, other))
    print(f"{problem.name:20}{times}{ratio:8.2f}x", flush=True)
    return ratio


if __name__ == "__main__":
    main()
