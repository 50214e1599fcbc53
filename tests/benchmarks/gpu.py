"""Run the GPU benchmarks and write docs/benchmarks-gpu.md: ``make gpu``."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lazydag.cost.nvidia import gpus_of_machine
from tests.benchmarks.__main__ import GPU_BENCHMARKS, parse, run_all
from tests.benchmarks.libraries import load
from tests.benchmarks.report import Goal, Row, show_seconds

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks-gpu.md"
PACKAGES = ("numpy", "cupy-cuda13x", "torch", "jax", "llvmlite", "numba-cuda")
NO_GPU = """no GPU here: {reason}
`make gpu` tests and measures on an NVIDIA GPU; {page} is left as it is."""

HEAD = """# Benchmarks on GPUs

`make gpu` runs the tests of plans on a GPU, then measures, and writes this page. Every
row is a ratio to a named library or to a physical limit in one process: the contenders
take turns, many times, and medians are compared. Limits are copies of as many bytes,
measured in the same rounds.

{machine}

| measured | lazydag | peers, and their time over ours | physical limit | goal |
|---|---|---|---|---|
"""


def main() -> int:
    """Measure all and write the page; return 1 if a goal was missed or nothing ran."""
    if "--look" in sys.argv:
        return look()
    options = parse()
    found = machine()
    if isinstance(found, str):
        print(NO_GPU.format(reason=found, page=PAGE.name))
        return 1
    options.names = options.names or list(GPU_BENCHMARKS)
    rows = []
    for row in run_all(options):
        print(row.text(), flush=True)
        rows.append(row)
    if set(options.names) == set(GPU_BENCHMARKS) and rows:
        PAGE.write_text(page(found, rows), encoding="utf-8")
        print(f"written: {PAGE}")
    return int(any(row.mark == "FAIL" for row in rows) or not rows)


def look() -> int:
    """Tell what GPUs there are, before anything is installed for them."""
    found = gpus_of_machine()
    if not found:
        reason = "NVIDIA's driver finds none, or is not installed"
        print(NO_GPU.format(reason=reason, page=PAGE.name))
        return 1
    print(*(f"{gpu.device}: {gpu.name}" for gpu in found), sep="\n")
    return 0


def machine() -> list[str] | str:
    """Return what this is: lines of text; or why there is nothing to measure."""
    cupy = load("cupy")
    if cupy is None:
        return "CuPy is not installed"
    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except runtime.CUDARuntimeError as error:
        return str(error)
    names = [_name(runtime, number) for number in range(count)]
    driver, library = runtime.driverGetVersion(), runtime.runtimeGetVersion()
    return [
        f"Date: {datetime.now(UTC):%d %B %Y}.",
        f"Devices: {', '.join(names)}.",
        f"CUDA: driver for {_dotted(driver)}, runtime {_dotted(library)}.",
        f"Python {platform.python_version()}; {', '.join(_versions())}.",
    ]


def _name(runtime: Any, number: int) -> str:
    found = runtime.getDeviceProperties(number)
    return f"{found['name'].decode()}, {found['totalGlobalMem'] / 1e9:.0f} GB"


def _dotted(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"


def _versions() -> Iterator[str]:
    for package in PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            yield f"no {package}"


def page(machine: list[str], rows: list[Row]) -> str:
    """Return the page of documentation."""
    about = "\n".join(f"- {line}" for line in machine)
    return HEAD.format(machine=about) + "\n".join(map(_line, rows)) + "\n"


def _line(row: Row) -> str:
    """Return a row of the table."""
    ours = "" if row.ours is None else show_seconds(row.ours)
    if row.note:
        ours += f" ({row.note})"
    peers = ", ".join(map(row.peer, row.peers))
    name = row.name.replace("*", r"\*")
    goals = "; ".join(map(_goal, row.goals))
    return f"| {name} | {ours} | {peers} | {row.limit} | {goals} |"


def _goal(goal: Goal) -> str:
    sign = "≤" if goal.at_most else "≥"
    got = "" if goal.got is None else f" ({goal.show(goal.got)})"
    mark = {True: "met", False: "**missed**", None: "not measured"}[goal.passed]
    return f"{mark}: {sign} {goal.show(goal.need)} {goal.what}{got}"


if __name__ == "__main__":
    sys.exit(main())
