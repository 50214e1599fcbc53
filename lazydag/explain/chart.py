"""Timelines as text: a row a worker, a column a stretch of time."""

from __future__ import annotations

import shutil
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lazydag.explain.columns import aligned, counted
from lazydag.explain.coverage import Coverage, coverage
from lazydag.explain.terminal import is_plain
from lazydag.ir.text.units import format_seconds
from lazydag.runtime import RunReport
from lazydag.runtime.sink import FAILED
from lazydag.runtime.tasklist import Words
from lazydag.runtime.timeline import Timeline

_LETTERS = string.ascii_uppercase[:16]
_REST = "*"
_FAILED = "!"
_WIDTH = 88
_LEAST_COLUMNS = 10
_MOST_WORKERS = 64
# A column is a capital where it is busy for more than half, and idle below a twentieth.
_MOSTLY, _HARDLY = 0.5, 0.05
_TICK_COLUMNS = 12


def gantt(
    run: Timeline | RunReport, *, width: int | None = None, plain: bool | None = None
) -> str:
    """Return what was run as a chart, a row a worker, with a legend.

    A column shows the kernel that took most of its time: in capitals if the worker was
    busy for more than half of it. Tasks that failed are marked with ``!``.

    Parameters
    ----------
    run
        What was run: `lazydag.trace` has a timeline, `explain` with `analyze` a report.
    width
        Characters a line; those of the terminal by default.
    plain
        Whether to use ASCII only; by default, if stdout cannot show more.
    """
    timeline = run.timeline if isinstance(run, RunReport) else run
    if not len(timeline.rows):
        return "nothing was run"
    if plain is None:
        plain = is_plain(sys.stdout)
    columns = width or shutil.get_terminal_size((_WIDTH, 24)).columns
    marks = _Marks.plain() if plain else _Marks()
    return "\n".join(_lines(timeline, columns, marks))


@dataclass(frozen=True, slots=True)
class _Marks:
    idle: str = "·"
    waiting: str = "─"

    @classmethod
    def plain(cls) -> _Marks:
        return cls(".", "-")


def _lines(timeline: Timeline, width: int, marks: _Marks) -> Iterator[str]:
    shown = min(len(timeline.tracks), _MOST_WORKERS)
    names = max(map(len, timeline.tracks[:shown]))
    columns = max(_LEAST_COLUMNS, width - names - len("    100%") - 2)
    covered = coverage(timeline, columns)
    letters = _letters(covered)
    yield _title(timeline)
    for track in range(shown):
        row = _row(timeline, covered, letters, track, marks)
        share = covered.busy(track) / (covered.ends[-1] - covered.ends[0])
        yield f"  {timeline.tracks[track]:{names}}  {row}  {share:4.0%}"
    if shown < len(timeline.tracks):
        yield f"  and {len(timeline.tracks) - shown} more workers"
    yield f"  {'':{names}}  {_axis(covered.ends)}".rstrip()
    yield from _legend(timeline, covered, letters, marks)


def _title(timeline: Timeline) -> str:
    workers = counted(len(timeline.tracks), "worker")
    runs = len(np.unique(timeline.rows["run"]))
    often = f", {runs} runs" if runs > 1 else ""
    lost = f", {timeline.dropped} events lost" if timeline.dropped else ""
    return f"{format_seconds(timeline.seconds)} on {workers}{often}{lost}"


def _letters(covered: Coverage) -> dict[int, str]:
    """Return a letter for each name, the busiest first; the rest share one."""
    ranked = sorted(covered.names, key=covered.seconds, reverse=True)
    working = [name for name in ranked if name not in covered.waits]
    return {
        name: _LETTERS[i] if i < len(_LETTERS) else _REST
        for i, name in enumerate(working)
    }


def _row(
    timeline: Timeline,
    covered: Coverage,
    letters: dict[int, str],
    track: int,
    marks: _Marks,
) -> str:
    """Return the characters of one worker."""
    lengths = np.diff(covered.ends)
    most, busiest, busy, waiting = covered.row(track)
    cells = np.full(len(lengths), marks.idle)
    cells[waiting > busy] = marks.waiting
    for name in np.unique(busiest[most > 0]).tolist():
        here = (busiest == name) & (busy > _HARDLY * lengths) & (busy >= waiting)
        cells[here] = letters[name].lower()
        cells[here & (busy > _MOSTLY * lengths)] = letters[name]
    rows = timeline.rows
    failed = rows["end"][(rows["track"] == track) & (rows["outcome"] == FAILED)]
    at = np.searchsorted(covered.ends, failed, "left") - 1
    cells[np.clip(at, 0, len(cells) - 1)] = _FAILED
    return "".join(cells.tolist())


def _axis(ends: Words) -> str:
    """Return the ticks below the rows, at round times."""
    columns, seconds = len(ends) - 1, (ends[-1] - ends[0]) * 1e-9
    least = seconds * _TICK_COLUMNS / columns
    power = 10.0 ** np.floor(np.log10(least))
    step = power * next(f for f in (1, 2, 5, 10) if f * power >= least)
    text = ""
    for tick in np.arange(0.0, seconds, step).tolist():
        label = f"|{format_seconds(tick)}"
        column = round(tick / seconds * columns)
        if column + len(label) <= columns:
            text = text.ljust(column) + label
    return text


def _legend(
    timeline: Timeline, covered: Coverage, letters: dict[int, str], marks: _Marks
) -> Iterator[str]:
    whole = timeline.seconds * len(timeline.tracks)
    rows: list[tuple[str, ...]] = []
    for name, letter in letters.items():
        if letter != _REST:
            rows.append(_legend_row(letter, covered, [name], whole))
    rest = [name for name, letter in letters.items() if letter == _REST]
    if rest:
        rows.append(_legend_row(_REST, covered, rest, whole))
    waits = sum(map(covered.seconds, covered.waits))
    if waits:
        rows.append((marks.waiting, "waiting", *_took(waits, whole), ""))
    idle = max(0.0, whole - waits - sum(map(covered.seconds, letters)))
    rows.append((marks.idle, "idle", *_took(idle, whole), ""))
    failed = int(np.count_nonzero(timeline.rows["outcome"] == FAILED))
    if failed:
        rows.append((_FAILED, "failed", "", "", counted(failed, "task")))
    yield from aligned(rows, right={2, 3}, indent="  ")


def _legend_row(
    letter: str, covered: Coverage, names: list[int], whole: float
) -> tuple[str, ...]:
    title = covered.titles[names[0]] if len(names) == 1 else f"{len(names)} others"
    took = _took(sum(map(covered.seconds, names)), whole)
    return letter, title, *took, counted(sum(map(covered.tasks, names)), "task")


def _took(seconds: float, whole: float) -> tuple[str, str]:
    return format_seconds(seconds), f"{seconds / whole:.0%}" if whole else "-"
