"""Sizes, times and counts in three digits."""

import pytest

from lazydag.ir.text.units import (
    format_count,
    format_nbytes,
    format_rate,
    format_seconds,
)


@pytest.mark.parametrize(
    ("nbytes", "text"),
    [
        (0, "0 B"),
        (17, "17 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1024, "1.02 kB"),
        (999_600, "1 MB"),
        (240_000_000, "240 MB"),
        (3.951e9, "3.95 GB"),
        (2e18, "2000 PB"),
        (-1500, "-1.5 kB"),
        (float("inf"), "inf B"),
    ],
)
def test_nbytes(nbytes: float, text: str) -> None:
    assert format_nbytes(nbytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (2e-10, "0.2 ns"),
        (1.5e-8, "15 ns"),
        (20e-6, "20 us"),
        (0.0101, "10.1 ms"),
        (0.9999, "1 s"),
        (75, "75 s"),
        (4000, "4000 s"),
        (float("nan"), "nan ns"),
    ],
)
def test_seconds(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


def test_counts_and_rates() -> None:
    assert [format_count(n) for n in (12, 1000, 336_776, 2e7)] == [
        "12",
        "1 k",
        "337 k",
        "20 M",
    ]
    assert format_rate(23.7e9) == "23.7 GB/s"
