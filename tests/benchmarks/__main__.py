"""Run the benchmarks, each in a process of its own: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from tests.benchmarks.gpu_libraries import prepare
from tests.benchmarks.harness import Settings
from tests.benchmarks.libraries import limit_threads
from tests.benchmarks.report import Row

# name -> does the number of threads matter?
BENCHMARKS = {
    "blackscholes": True,
    "chain": True,
    "reductions": True,
    "compiling": False,
    "positions": True,
    "random_numbers": True,
    "overhead": False,
    "spawning": True,
    "stencils": True,
    "tiles": False,
    "regions": False,
    "cholesky": True,
    "linear_algebra": True,
    "products": True,
    "ordering": True,
    "fourier": True,
    "sparse": True,
    "replay": True,
    "numpy_programs": True,
    "scalar_loops": False,
    "scaling": False,
}
# Run by `make gpu`; see `tests.benchmarks.gpu`.
GPU_BENCHMARKS = (
    "gpu_chains",
    "gpu_reductions",
    "gpu_launches",
    "gpu_products",
    "gpu_transfers",
    "gpu_memory",
)


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; or all")
    parser.add_argument("--threads", default="1,2", help="numbers, as in 1,2")
    parser.add_argument("--scale", type=float, default=1.0, help="of the array sizes")
    parser.add_argument("--seconds", type=float, default=15.0, help="a row, about")
    parser.add_argument("--only", choices=("both", "ours", "peers"), default="both")
    parser.add_argument("--match", default="", help="rows, a pattern, where supported")
    parser.add_argument("--json", type=Path, help="write the rows here, too")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = set(options.names) - {*BENCHMARKS, *GPU_BENCHMARKS}
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}")
    return options


def main() -> int:
    """Run what was asked for; return 1 if a goal was missed."""
    options = parse()
    if options.child:
        run_child(options)
        return 0
    rows = []
    for row in run_all(options):
        print(row.text(), flush=True)
        rows.append(row)
    if options.json:
        options.json.write_text("".join(row.dumps() + "\n" for row in rows))
    marks = [row.mark for row in rows]
    print(
        f"\n{marks.count('pass')} passed, {marks.count('FAIL')} failed, "
        f"{marks.count('-')} not judged"
    )
    return int("FAIL" in marks)


def run_child(options: argparse.Namespace) -> None:
    """Run one benchmark in this process, rows to stdout as JSON."""
    threads = int(options.threads)
    if options.names[0] in GPU_BENCHMARKS:
        prepare()
    else:
        limit_threads(threads)
    settings = Settings(
        threads, options.scale, options.seconds, options.only, options.match
    )
    module = import_module(f"tests.benchmarks.{options.names[0]}")
    for row in module.rows(settings):
        print(row.dumps(), flush=True)


def run_all(options: argparse.Namespace) -> Iterator[Row]:
    """Run each benchmark in a process of its own for each number of threads."""
    cores = os.cpu_count() or 1
    numbers = [n for n in map(int, options.threads.split(",")) if n <= cores] or [1]
    for name in options.names or BENCHMARKS:
        for threads in numbers if BENCHMARKS.get(name) else [max(numbers)]:
            yield from child(name, threads, options)


def child(name: str, threads: int, options: argparse.Namespace) -> Iterator[Row]:
    """Yield the rows of one benchmark; report one that dies, and go on."""
    command = [sys.executable, "-m", "tests.benchmarks", "--child", name]
    command += ["--threads", str(threads), "--scale", str(options.scale)]
    command += ["--seconds", str(options.seconds), "--only", options.only]
    command += ["--match", options.match]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield Row.loads(line)
    if process.returncode:
        print(f"FAIL {name}, {threads} threads: exit code {process.returncode}")


if __name__ == "__main__":
    sys.exit(main())
