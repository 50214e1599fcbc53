"""Bytes, seconds and counts as people read them: three digits and a unit."""

from __future__ import annotations

from math import isfinite

_BYTES = ((1, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"), (1e15, "PB"))
_SECONDS = ((1e-9, "ns"), (1e-6, "us"), (1e-3, "ms"), (1.0, "s"))
_COUNTS = ((1, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"), (1e15, "P"))
_RATES = tuple((scale, f"{unit}/s") for scale, unit in _BYTES)

_Units = tuple[tuple[float, str], ...]


def _digits(value: float) -> str:
    """Return `value` in three significant digits, but all those before the point."""
    size = abs(value)
    places = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if places else text


def _scaled(value: float, units: _Units) -> str:
    if not isfinite(value):
        return f"{value} {units[0][1]}".rstrip()
    # 999.6 kB reads as 1 MB: the unit follows from the rounded value.
    fits = (row for row in reversed(units) if abs(value) >= 0.9995 * row[0])
    scale, unit = next(fits, units[0])
    return f"{_digits(value / scale)} {unit}".rstrip()


def format_nbytes(nbytes: float) -> str:
    """Return a size in decimal units.

    >>> format_nbytes(240_000_000), format_nbytes(17)
    ('240 MB', '17 B')
    """
    return _scaled(nbytes, _BYTES)


def format_seconds(seconds: float) -> str:
    """Return a duration.

    >>> format_seconds(0.0101), format_seconds(75)
    ('10.1 ms', '75 s')
    """
    return "0 s" if seconds == 0 else _scaled(seconds, _SECONDS)


def format_count(count: float) -> str:
    """Return a large number; small ones stay exact.

    >>> format_count(336_776), format_count(12)
    ('337 k', '12')
    """
    return _scaled(count, _COUNTS)


def format_rate(bytes_per_s: float) -> str:
    """Return a bandwidth.

    >>> format_rate(23.7e9)
    '23.7 GB/s'
    """
    return _scaled(bytes_per_s, _RATES)
