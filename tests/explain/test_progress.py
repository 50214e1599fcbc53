"""The progress bar: what it says, when it says it, and what it leaves."""

import io
import os
import threading
import time
from types import SimpleNamespace

import pytest

from lazydag.errors import UsageError
from lazydag.explain import bar, meters, progress
from lazydag.explain.meters import Meters, Status, status_line
from lazydag.runtime import sink


class Work:
    """A meter whose counters the test sets."""

    def __init__(self, name="work", total=10):
        self.name, self._total, self._done, self._busy = name, total, 0, 2

    def total(self):
        return self._total

    def done(self):
        return self._done

    def busy(self):
        return self._busy


@pytest.fixture(autouse=True)
def nothing_is_left():
    yield
    assert not sink.watching
    names = [thread.name for thread in threading.enumerate()]
    assert "lazydag-progress" not in names


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets, in a list of one."""
    now = [100.0]
    monkeypatch.setattr(meters.time, "monotonic", lambda: now[0])
    return now


def test_counters_of_all_open_work_are_added(clock):
    watched, first, second = Meters([]), Work("first"), Work("second", 30)
    watched.begin(first)
    watched.begin(second)
    first._done, second._done = 4, 6
    clock[0] += 2.0
    status = watched.status()
    assert status == Status("first", 10, 40, 4, 2.0)
    assert status.per_second == 5.0
    assert status.left_seconds == 6.0


def test_works_in_a_row_are_one(clock):
    watched, first, second = Meters([]), Work("first"), Work("second")
    watched.begin(first)
    first._done = 10
    watched.end(first)
    clock[0] += 0.1
    assert watched.status() == Status("", 10, 10, 0, pytest.approx(0.1))
    watched.begin(second)
    assert watched.status().total == 20
    watched.end(second)
    clock[0] += 1.0
    assert watched.status() is None
    watched.begin(Work("later"))
    assert watched.status().total == 10


def test_work_that_began_before_is_not_counted():
    watched = Meters([])
    watched.end(Work())
    assert watched.status() is None


def test_standing_work_counts_while_workers_are_busy(clock):
    tasks = Work("tasks", 100)
    tasks._done, tasks._busy = 40, 0
    watched = Meters([tasks])
    assert watched.status() is None
    tasks._done, tasks._busy = 45, 1
    assert watched.status() == Status("tasks", 5, 60, 1, 0.0)
    clock[0] += 1.0
    tasks._done = 70
    assert watched.status() == Status("tasks", 30, 60, 1, 1.0)
    tasks._done, tasks._busy = 100, 0
    clock[0] += 1.0
    assert watched.status() is None


def test_nothing_is_left_when_nothing_or_all_is_done():
    assert Status("a", 0, 10, 1, 1.0).left_seconds is None
    assert Status("a", 10, 10, 1, 1.0).left_seconds is None
    assert Status("a", 0, 0, 0, 0.0).per_second == 0.0


@pytest.mark.parametrize("width", [0, 1, 20, 50, 80, 200])
@pytest.mark.parametrize("plain", [True, False])
def test_lines_fit(width, plain):
    status = Status("a_name_that_is_rather_longer", 123_456, 9_999_999, 64, 4000.0)
    line = status_line(status, width, plain=plain)
    assert len(line) <= width
    assert line.isascii() or not plain


def test_hours():
    line = status_line(Status("a", 1, 3, 1, 3700.0), 80, plain=True)
    assert "1:01:40 + 2:03:20" in line


class Screen(io.StringIO):
    """A terminal of 79 usable columns that keeps what is written to it."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def screen(monkeypatch):
    made = Screen()
    monkeypatch.setattr(bar, "sys", SimpleNamespace(stderr=made))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(bar, "_EVERY_SECONDS", 0.002)
    return made


def shown(screen):
    """Return the last line on the screen and the longest ever drawn."""
    lines = screen.getvalue().split("\r")
    return lines[-1], max(lines, key=len)


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_short_work_shows_nothing(screen):
    with progress():
        meter = Work()
        sink.begin(meter)
        time.sleep(0.05)
        sink.end(meter)
    assert screen.getvalue() == ""


def test_long_work_is_shown_and_wiped_away(screen, monkeypatch):
    monkeypatch.setattr(bar, "_SHOWN_AFTER_SECONDS", 0.02)
    with progress():
        meter = Work("cholesky", 200)
        sink.begin(meter)
        meter._done = 150
        wait_until(lambda: "75%" in screen.getvalue())
        sink.end(meter)
    last, longest = shown(screen)
    assert last == ""
    assert longest.startswith("cholesky  75% |")
    assert screen.getvalue().rstrip("\r").endswith(" " * len(longest))


def test_exceptions_leave_the_terminal_clean(screen, monkeypatch):
    monkeypatch.setattr(bar, "_SHOWN_AFTER_SECONDS", 0.0)

    def fail():
        sink.begin(Work())
        wait_until(lambda: "0%" in screen.getvalue())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), progress():
        fail()
    assert shown(screen)[0] == ""


def test_no_terminal_shows_nothing_unless_forced(screen, monkeypatch):
    monkeypatch.setattr(screen, "isatty", lambda: False)
    monkeypatch.setattr(bar, "_SHOWN_AFTER_SECONDS", 0.0)
    with progress():
        assert not sink.watching
    with progress(force=True):
        meter = Work()
        sink.begin(meter)
        wait_until(lambda: "work" in screen.getvalue())
        sink.end(meter)


def test_a_stream_that_closes_ends_the_bar_only(screen, monkeypatch):
    monkeypatch.setattr(bar, "_SHOWN_AFTER_SECONDS", 0.0)
    with progress():
        screen.close()
        sink.begin(Work())
        time.sleep(0.02)


def test_a_bar_is_entered_once(screen):
    shown_once = progress()
    with shown_once, pytest.raises(UsageError, match="twice"), shown_once:
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_a_forked_child_has_no_bar(screen):
    with progress() as shown_here:
        child = os.fork()
        if not child:
            quiet = not sink.watching
            shown_here.__exit__(None, None, None)
            os._exit(0 if quiet else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
