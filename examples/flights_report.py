"""What `flights.py` prints: results beside NumPy's, and times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray


def heading(text: str) -> None:
    """Print the title of a section."""
    print(f"\n{text}\n{'-' * len(text)}")


def named_values(value: Any, name: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the arrays in dataclasses, tuples and lists, named as in ``gram[0]``."""
    if is_dataclass(value):
        for field in fields(value):
            inner = f"{name}.{field.name}".lstrip(".")
            yield from named_values(getattr(value, field.name), inner)
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from named_values(item, f"{name}[{i}]")
    else:
        yield name, np.asarray(value)


def difference(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """Return the largest relative difference; inf if NaNs stand in other places."""
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return np.inf
    scale = np.maximum(np.abs(theirs), np.finfo(np.float64).tiny)
    return float(np.max(np.nan_to_num(np.abs(ours - theirs) / scale), initial=0.0))


def compare(ours: Any, theirs: Any, *, rows: int = 14) -> float:
    """Print the results side by side and return the largest difference.

    Columns count as one line, and of the rest the first `rows` lines are printed.
    """
    pairs = [
        (name, mine, yours, difference(mine, yours))
        for (name, mine), (_, yours) in zip(
            named_values(ours), named_values(theirs), strict=True
        )
    ]
    print(f"{'':20}{'lazydag':>20}{'NumPy':>20}{'difference':>12}")
    for name, mine, yours, apart in pairs[:rows]:
        print(f"{name:20}{_shown(mine):>20}{_shown(yours):>20}{apart:12.1e}")
    if rest := pairs[rows:]:
        worst = max(apart for *_, apart in rest)
        label = f"… {len(rest)} more" if rows else f"all {len(rest)} results"
        print(f"{label:60}{worst:12.1e}")
    return max(apart for *_, apart in pairs)


def _shown(value: NDArray[Any]) -> str:
    if value.ndim:
        return f"mean {np.nanmean(value):.8g}"
    return f"{value:,}" if value.dtype.kind in "iu" else f"{value:.10g}"


def shortened(text: str, *, most: int = 10, width: int = 110) -> str:
    """Return a text whose long runs of equally indented lines lose their middle."""
    kept = []
    for indent, run in groupby(text.splitlines(), _indent):
        lines = list(run)
        if len(lines) > most + 1:
            left_out = f"{indent}… {len(lines) - most} more lines"
            lines[most // 2 : -(most // 2)] = [left_out]
        kept += [_cut(line, width) for line in lines]
    return "\n".join(kept)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]


def _cut(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    code, mark, comment = line.rpartition("  # ")
    tail = mark + comment if len(comment) < width // 2 else ""
    return f"{(code if tail else line)[: width - len(tail) - 2].rstrip()} …{tail}"


def in_turns(calls: Sequence[Callable[[], object]], rounds: int) -> tuple[float, ...]:
    """Return the median seconds of each call; they take turns."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, record in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            record.append(time.perf_counter() - start)
    return tuple(map(statistics.median, times))


def print_times(rows: int, ours: float, theirs: float) -> None:
    """Print both times, their ratio and the rows a second."""
    for name, seconds in (("lazydag", ours), ("NumPy", theirs)):
        speed = rows / seconds / 1e6
        print(f"{name:8}{seconds * 1e3:10.1f} ms{speed:10.1f} million flights a second")
    print(f"lazydag is {theirs / ours:.1f} times as fast as NumPy")
