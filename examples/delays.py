"""What makes a flight late: least squares and principal components of real delays.

A matrix has a row for each of the 327,346 flights that arrived, and a column for each
airline, airport, hour, month and kind of weather: tall, so that its QR factors are made
of strips of rows, joined by a tree. A second one has a row for each day; its singular
vectors are the shapes that a day's delays have.

Run it: ``python examples/delays.py`` (needs ``pip install 'lazydag[examples]'``)
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd
from flights_data import data_folder
from numpy.typing import NDArray
from scipy import linalg

import lazydag as ld

Matrix = NDArray[np.float64]

WEATHER = ("wind_speed", "precip", "visib")
KINDS = ("carrier", "origin", "month", "hour")


def load(rows: int | None = None) -> pd.DataFrame:
    """Return the flights that arrived, with the weather when they left."""
    folder = data_folder()
    columns = ["origin", "carrier", "month", "day", "hour", "time_hour", "distance"]
    flights = pd.read_csv(folder / "flights.csv.zip", usecols=[*columns, "arr_delay"])
    weather = pd.read_csv(folder / "weather.csv").drop_duplicates(
        ["origin", "time_hour"]
    )
    found = flights.merge(weather[["origin", "time_hour", *WEATHER]], how="left")
    found = found.dropna(subset=["arr_delay"]).head(rows)
    calm = dict(zip(WEATHER, found[list(WEATHER)].median(), strict=True))
    return found.fillna(calm)


def design(flights: pd.DataFrame) -> tuple[Matrix, list[str]]:
    """Return a row for each flight, and what each column is."""
    kinds = pd.get_dummies(flights[list(KINDS)].astype("category"), drop_first=True)
    numbers = flights[["distance", *WEATHER]]
    numbers = (numbers - numbers.mean()) / numbers.std()
    made = pd.concat([numbers, kinds], axis=1)
    matrix = np.column_stack([np.ones(len(made)), made.to_numpy(np.float64)])
    return matrix, ["intercept", *made.columns]


def fit(A: Any, y: Any) -> tuple[Any, Any]:
    """Return coefficients of least squares, and their standard errors."""
    Q, R = ld.linalg.qr(A)
    beta = ld.linalg.solve_triangular(R, Q.T @ y)
    rest = y - A @ beta
    variance = ld.sum(rest * rest) / (A.shape[0] - A.shape[1])
    inverse = ld.linalg.solve_triangular(R, ld.eye(A.shape[1]))
    return beta, ld.sqrt(variance * ld.sum(inverse * inverse, axis=1))


def by_day(flights: pd.DataFrame) -> Matrix:
    """Return the mean delay of each day (rows) by airport and hour (columns)."""
    rows, columns = ["month", "day"], ["origin", "hour"]
    table = flights.pivot_table("arr_delay", index=rows, columns=columns)
    return np.ascontiguousarray(table.fillna(table.mean()).to_numpy(np.float64))


def components(days: Any, count: int) -> tuple[Any, Any]:
    """Return the share of the variance of each component, and the first ones' days."""
    centred = days - ld.mean(days, axis=0)
    u, s, _ = ld.linalg.svd(centred, full_matrices=False)
    return s * s / ld.sum(s * s), (u * s)[:, :count]


def agree(what: str, found: Matrix, expected: Matrix) -> None:
    """Print how far a result is from SciPy's, and stop if it is too far."""
    error = float(np.abs(found - expected).max() / np.abs(expected).max())
    print(f"{what}: largest difference from SciPy {error:.1e}")
    if not error < 1e-9:
        raise SystemExit(f"{what} differ too much")


def main() -> None:
    """Fit the delays, look at the shapes of days, and compare with SciPy."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rows", type=int, help="flights to look at; all by default")
    flights = load(parser.parse_args().rows)
    A, names = design(flights)
    y = flights.arr_delay.to_numpy(np.float64)

    beta, errors = map(np.asarray, ld.compute(*fit(ld.asarray(A), ld.asarray(y))))
    print(f"{A.shape[0]:,} flights, {A.shape[1]} columns; minutes of delay:")
    for i in np.argsort(-np.abs(beta / errors))[:8]:
        print(f"  {names[i]:16} {beta[i]:8.2f} ± {errors[i]:.2f}")
    agree("coefficients", beta, linalg.lstsq(A, y, check_finite=False)[0])

    days = by_day(flights)
    shares, scores = map(np.asarray, ld.compute(*components(ld.asarray(days), 3)))
    print(
        f"{len(days)} days; the first shapes have {shares[:3].round(3)} of all variance"
    )
    worst = 1 + int(np.argmax(np.abs(scores[:, 0])))
    print(f"the worst day is number {worst} of the year")
    values = linalg.svdvals(days - days.mean(axis=0))
    agree("shares", shares, values**2 / (values**2).sum())


if __name__ == "__main__":
    main()
