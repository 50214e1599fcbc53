"""What a spawned task costs: empty Python functions, of 100,000 tasks each."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load, load_lazydag
from tests.benchmarks.report import Goal, Row

TASKS = 100_000
THREADS = "ThreadPoolExecutor"
DASK = "dask.threaded"


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each shape of program."""
    ld, dask = load_lazydag(), load("dask.threaded")
    count = settings.size(TASKS)
    yield independent(settings, count, ld, dask)
    yield chain(settings, count, ld, dask)
    yield tree(settings, count, ld, dask)
    yield recursion(settings, ld)


def same(x: int) -> int:
    """Return the argument."""
    return x


def successor(x: int) -> int:
    """Return the next number."""
    return x + 1


def add(x: int, y: int) -> int:
    """Return the sum."""
    return x + y


def independent(
    settings: Settings, count: int, ld: ModuleType | None, dask: ModuleType | None
) -> Row:
    """Spawn tasks that depend on nothing, and ask for all results in order."""
    calls: dict[str, Call] = {}
    pool = ThreadPoolExecutor(settings.threads)

    def on_threads() -> None:
        futures = [pool.submit(same, n) for n in range(count)]
        check([future.result() for future in futures], count)

    calls[THREADS] = on_threads
    if ld is not None:
        spawn = ld.spawn

        def ours() -> None:
            tasks = [spawn(same, n) for n in range(count)]
            check([task.result() for task in tasks], count)

        calls[OURS] = ours
    if dask is not None:
        get = dask.get

        def with_dask() -> None:
            graph = {f"{n}": (same, n) for n in range(count)}
            check(list(get(graph, [*graph], num_workers=settings.threads)), count)

        calls[DASK] = with_dask
    row = measured("spawn + run + result", settings, count, calls, judged=True)
    pool.shutdown()
    return row


def chain(
    settings: Settings, count: int, ld: ModuleType | None, dask: ModuleType | None
) -> Row:
    """Spawn tasks each of which takes the result of the one before."""
    calls: dict[str, Call] = {}
    if ld is not None:
        spawn = ld.spawn

        def ours() -> None:
            task = spawn(successor, 0)
            for _ in range(count - 1):
                task = spawn(successor, task)
            assert task.result() == count

        calls[OURS] = ours
    if dask is not None:
        get = dask.get

        def with_dask() -> None:
            graph: dict[str, Any] = {"0": (successor, 0)}
            for n in range(1, count):
                graph[f"{n}"] = (successor, f"{n - 1}")
            assert get(graph, f"{count - 1}", num_workers=settings.threads) == count

        calls[DASK] = with_dask
    return measured("a chain", settings, count, calls)


def tree(
    settings: Settings, count: int, ld: ModuleType | None, dask: ModuleType | None
) -> Row:
    """Add numbers in pairs, pairs of pairs, and so on."""
    leaves = 1 << (count // 2).bit_length() - 1
    total = leaves * (leaves - 1) // 2
    calls: dict[str, Call] = {}
    if ld is not None:
        spawn = ld.spawn

        def ours() -> None:
            level = [spawn(same, n) for n in range(leaves)]
            while len(level) > 1:
                pairs = zip(level[::2], level[1::2], strict=True)
                level = [spawn(add, *pair) for pair in pairs]
            assert level[0].result() == total

        calls[OURS] = ours
    if dask is not None:
        get = dask.get

        def with_dask() -> None:
            graph: dict[str, Any] = {f"0-{n}": (same, n) for n in range(leaves)}
            height, left = 0, leaves
            while left > 1:
                height, left = height + 1, left // 2
                for n in range(left):
                    below = f"{height - 1}-{2 * n}", f"{height - 1}-{2 * n + 1}"
                    graph[f"{height}-{n}"] = (add, *below)
            assert get(graph, f"{height}-0", num_workers=settings.threads) == total

        calls[DASK] = with_dask
    return measured("a tree of sums", settings, 2 * leaves - 1, calls)


def recursion(settings: Settings, ld: ModuleType | None) -> Row:
    """Spawn recursively; each task waits for one that it has spawned."""
    calls: dict[str, Call] = {}
    if ld is not None:
        spawn = ld.spawn

        def fibonacci(n: int) -> int:
            if n < 2:
                return n
            first = spawn(fibonacci, n - 1)
            second = fibonacci(n - 2)
            value: int = first.result()
            return value + second

        calls[OURS] = lambda: spawn(fibonacci, 22).result()
    return measured("fibonacci(22), recursively", settings, 28_657, calls)


def check(found: list[int], count: int) -> None:
    """Raise an error unless all results are there."""
    assert len(found) == count
    assert found[-1] == count - 1


def measured(
    name: str,
    settings: Settings,
    count: int,
    calls: dict[str, Call],
    *,
    judged: bool = False,
) -> Row:
    """Return seconds a task, by library."""
    times = race(calls, settings, least=3, most=15)
    total = times.median(OURS)
    ours = total and total / count
    goals: tuple[Goal, ...] = ()
    if judged:
        goals = (
            Goal("", 5e-6, ours, at_most=True, unit="s"),
            Goal(THREADS, 4.0, times.ratio(THREADS)),
            Goal(DASK, 10.0, times.ratio(DASK)),
        )
    return Row(
        name=f"{name}, a task of {count:,}",
        threads=settings.threads,
        ours=ours,
        peers={peer: seconds / count for peer, seconds in times.peers().items()},
        ratios=times.ratios(),
        goals=goals,
    )
