"""The chart of a run: every character stands for something."""

import numpy as np
import pytest

from lazydag.explain import gantt
from lazydag.runtime.sink import FAILED
from lazydag.runtime.tasklist import Label
from tests.explain.timelines import of

MS = 1_000_000


def rows(text):
    """Return the characters of the workers' rows."""
    return [line.split()[1] for line in text.splitlines() if line.endswith("%")][:2]


def test_golden(golden):
    timeline = of(
        [
            (0, 0, 0, 5 * MS),
            (1, 0, 5 * MS, 8 * MS),
            (2, 1, 1 * MS, 4 * MS),
            (3, 1, 4 * MS, 10 * MS),
        ],
        ["gemm", "trsm", Label("sync", "wait"), "gemm"],
        range(4),
    )
    texts = [gantt(timeline, width=60, plain=plain) for plain in (False, True)]
    golden("workers.gantt.txt", "\n\n".join(texts) + "\n")
    assert texts[1].isascii()
    assert all(len(line) <= 60 for text in texts for line in text.splitlines())


def test_small_letters_are_less_than_half_busy():
    found = of([(0, 0, 0, 10 * MS), (1, 0, 13 * MS, 14 * MS), (0, 0, 18 * MS, 20 * MS)])
    busy, idle = rows(gantt(found, width=32, plain=True))
    assert len(set(busy)) > 2
    assert busy[0] == "A"
    assert busy[-1] == "A"
    assert set(idle) == {"."}


def test_a_column_shows_what_took_most_of_it():
    timeline = of([(0, 0, 0, 60), (1, 0, 60, 100)])
    found, _ = rows(gantt(timeline, width=26, plain=True))
    assert found == "AAAAAABBBB"


def test_failures_are_marked():
    timeline = of([(0, 0, 0, 100), (1, 1, 0, 55)], outcomes=[0, FAILED])
    text = gantt(timeline, width=26, plain=True)
    assert rows(text)[1] == "BBBBB!...."
    assert "!  failed" in text


def test_many_kernels_share_the_last_mark():
    n = 40
    timeline = of(
        [(i, 0, i * 10, i * 10 + 10) for i in range(n)], map(str, range(n)), range(n)
    )
    text = gantt(timeline, width=80, plain=True)
    assert "*  24 others" in text
    assert "24 tasks" in text


def test_many_workers():
    workers = [f"w{i}" for i in range(100)]
    timeline = of([(0, i, 0, 5) for i in range(100)], workers=workers)
    assert "and 36 more workers" in gantt(timeline, width=60)


@pytest.mark.parametrize("width", [1, 20, 41, 200])
def test_any_width(width):
    timeline = of([(0, 0, 0, 123_456), (1, 1, 77_000, 5_000_000)])
    lines = gantt(timeline, width=width, plain=True).splitlines()
    cells = {len(line.split()[1]) for line in lines if line.endswith("%")}
    assert len({len(row) for row in rows("\n".join(lines))}) == 1
    assert cells


def test_nothing():
    assert gantt(of([])) == "nothing was run"


def test_events_of_no_length():
    assert "100%" not in gantt(of([(0, 0, 5, 5)]), width=40)


def test_stdout_says_what_it_can_show(monkeypatch):
    class Ascii:
        encoding = "US-ASCII"

    timeline = of([(0, 0, 0, 5), (1, 0, 8, 9)])
    assert not gantt(timeline, width=40, plain=False).isascii()
    monkeypatch.setattr("sys.stdout", Ascii())
    assert gantt(timeline, width=40).isascii()


def test_the_terminal_says_how_wide_it_is(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    text = gantt(of([(0, 0, 0, 5)]), plain=True)
    assert 40 <= max(map(len, text.splitlines())) <= 50


def test_a_million_events():
    n = 1_000_000
    starts = np.arange(n) * 100
    columns = np.stack(
        [np.arange(n) % 5, np.arange(n) % 2, starts, starts + 90], axis=1
    )
    timeline = of(columns, list("abcde"), range(5))
    assert rows(gantt(timeline, width=80, plain=True))[0][0] in "ABCDEabcde"
