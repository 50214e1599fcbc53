"""Flights from New York in 2013: one lazily traced program over real data.

Run it with ``make demo``, or ``python examples/flights.py``. The functions below are
plain NumPy code. Given NumPy arrays they compute at once, one pass over memory an
operation; under `ld.jit` the same lines are traced into one graph, which is fused,
tiled and run in parallel.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from flights_data import Flights, Floats, load, rows_that_fit
from flights_report import compare, heading, in_turns, print_times, shortened

import lazydag as ld

Array: TypeAlias = Any  # a NumPy array, or what stands for one in a trace

RADIUS_MILES = 3958.8
RADIANS = np.pi / 180.0
LATE_MINUTES = (15.0, 60.0, 180.0)
TERMS = (
    "for each flight",
    "per 1000 miles",
    "per hour of delay at departure",
    "per hour of the day",
    "per 10 mph of wind",
    "per 10 miles of visibility",
)
TOLERANCE = 1e-9  # relative; sums and sines may differ in their last bits


@dataclass(frozen=True)
class Summary:
    """Mean and spread of a column, whose missing values are left out."""

    count: Array
    mean: Array
    std: Array


@dataclass(frozen=True)
class Study:
    """All that the program finds out."""

    distance: Array  # miles, one a flight
    speed: Array  # mph, one a flight
    worst_deviation: Array  # miles, from the airlines' figure
    mean_deviation: Array
    speeds: Summary
    departures: Summary  # minutes late
    arrivals: Summary
    late: tuple[Array, ...]  # flights that left later than LATE_MINUTES
    fitted: Array  # flights that the fit is made from
    gram: list[list[Array]]  # the upper triangle of XᵀWX, by row
    moments: list[Array]  # XᵀWy


def great_circle(lat1: Array, lon1: Array, lat2: Array, lon2: Array) -> Array:
    """Return the miles between points given in degrees, by the haversine formula."""
    phi1, phi2 = lat1 * RADIANS, lat2 * RADIANS
    a = np.sin((phi2 - phi1) * 0.5) ** 2
    b = np.cos(phi1) * np.cos(phi2) * np.sin((lon2 - lon1) * (0.5 * RADIANS)) ** 2
    return 2.0 * RADIUS_MILES * np.arcsin(np.sqrt(a + b))


def summarize(x: Array) -> Summary:
    """Return count, mean and standard deviation of the values that are not NaN."""
    known = ~np.isnan(x)
    count = np.sum(known)
    mean = np.sum(np.where(known, x, 0.0)) / count
    variance = np.sum(np.where(known, (x - mean) ** 2, 0.0)) / count
    return Summary(count, mean, np.sqrt(variance))


def normal_equations(
    terms: list[Array], y: Array
) -> tuple[Array, list[list[Array]], list[Array]]:
    """Return the rows used, XᵀWX and XᵀWy; rows with a missing value weigh nothing."""
    known = np.isfinite(sum(terms, y))
    columns = [np.where(known, 1.0, 0.0), *(np.where(known, t, 0.0) for t in terms)]
    target = np.where(known, y, 0.0)
    gram = [
        [np.sum(left * right) for right in columns[i:]]
        for i, left in enumerate(columns)
    ]
    return np.sum(known), gram, [np.sum(column * target) for column in columns]


def analyse(flights: Flights) -> Study:
    """Return distances, speeds, delay statistics and the fit of delay recovery."""
    distance = great_circle(
        flights.origin_lat, flights.origin_lon, flights.dest_lat, flights.dest_lon
    )
    deviation = abs(distance - flights.miles)
    located = ~np.isnan(deviation)
    deviation = np.where(located, deviation, 0.0)
    speed = distance / (flights.air_time / 60.0)
    fitted, gram, moments = normal_equations(
        [
            distance / 1000.0,
            flights.dep_delay / 60.0,
            flights.hour,
            flights.wind / 10.0,
            flights.visibility / 10.0,
        ],
        flights.dep_delay - flights.arr_delay,
    )
    return Study(
        distance,
        speed,
        np.max(deviation),
        np.sum(deviation) / np.sum(located),
        summarize(speed),
        summarize(flights.dep_delay),
        summarize(flights.arr_delay),
        tuple(np.sum(flights.dep_delay > minutes) for minutes in LATE_MINUTES),
        fitted,
        gram,
        moments,
    )


def solve(study: Study) -> Floats:
    """Return the coefficients of the fit, minutes a unit of each of TERMS."""
    upper = np.zeros((len(TERMS), len(TERMS)))
    for i, row in enumerate(study.gram):
        upper[i, i:] = [float(entry) for entry in row]
    gram = upper + np.triu(upper, 1).T
    moments = np.array([float(entry) for entry in study.moments])
    return np.linalg.solve(gram, moments)


haversine = ld.jit(great_circle)
study = ld.jit(analyse)

#: Arguments for ``lazydag explain examples/flights.py:NAME``, where none are given.
EXAMPLES = {
    "haversine": ("f64[336776]",) * 4,
    "study": lambda: (load(),),
}


def main() -> None:
    """Study the flights of 2013, then as many more as memory has room for."""
    options = parse_options()
    flights = load()
    heading(f"{len(flights):,} flights from New York in 2013")
    start = time.perf_counter()
    ours = study(flights)
    first = time.perf_counter() - start
    theirs = analyse(flights)
    worst = compare(ours, theirs)
    print_findings(ours, theirs)

    heading("Time")
    print(f"first call, with tracing, planning and compilation: {first * 1e3:.0f} ms")
    race(flights, rounds=15)

    heading("The graph: traced, simplified, fused, tiled, placed")
    explanation = ld.explain(study, flights)
    print(explanation if options.full else shortened(str(explanation)))
    if not options.full:
        print("\nWith --full every line is printed.")

    heading("Kernels, predicted and measured")
    print(ld.explain(study, flights, stage="placed", analyze=True).analysis)

    rows = rows_that_fit(options.rows)
    heading(f"The same flights over and over: {rows:,} rows")
    many = flights.repeated(rows)
    worst = max(worst, compare(study(many), analyse(many), rows=0))
    race(many, rounds=3)
    print(ld.explain(study, many, stage="placed", analyze=True).analysis)
    if worst > TOLERANCE:
        sys.exit(f"lazydag and NumPy differ by {worst:.1e}")


def race(flights: Flights, rounds: int) -> None:
    """Let lazydag and NumPy compute the study in turns, and print the median times."""
    calls = (lambda: study(flights), lambda: analyse(flights))
    print_times(len(flights), *in_turns(calls, rounds))


def print_findings(ours: Study, theirs: Study) -> None:
    """Print what the flights tell: deviations and the fit of delay recovery."""
    worst, mean = float(ours.worst_deviation), float(ours.mean_deviation)
    print(
        f"\nGreat-circle distances deviate from the airlines' by {mean:.1f} miles on\n"
        f"average, {worst:.1f} at most; airports without coordinates are left out.\n"
        f"\nMinutes made up in the air, fitted to {int(ours.fitted):,} flights:"
    )
    for term, mine, other in zip(TERMS, solve(ours), solve(theirs), strict=True):
        print(f"{mine:+12.6f} {term:<32}{other:+12.6f} by NumPy")


def parse_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=20_000_000, help="of the long columns"
    )
    parser.add_argument("--full", action="store_true", help="print whole graphs")
    return parser.parse_args()


if __name__ == "__main__":
    main()
