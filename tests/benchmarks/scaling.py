"""Plans for a machine of 16 sockets and 64 cores, simulated: `sockets.toml`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.harness import OURS, Settings
from tests.benchmarks.libraries import load_lazydag
from tests.benchmarks.report import Goal, Row, show_seconds

if TYPE_CHECKING:
    from lazydag.compiler import Plan
    from lazydag.cost import Target
    from lazydag.explain.sockets import Prediction

MACHINE = Path(__file__).with_name("sockets.toml")
SIZE = 32768
EFFICIENCY = 0.8
RATIO = 1.2

#: How matrices are dealt to the sockets, and in tiles of which order.
GRID = (4, 4)
TILE = 512


@dataclass(frozen=True)
class Case:
    """A program of matrices of one order.

    Parameters
    ----------
    run : callable
        The program, of lazy arrays.
    count : int
        How many matrices it takes.
    """

    run: Callable[..., Any]
    count: int = 1


def linalg(
    name: str, *, result: int | None = None, **options: Any
) -> Callable[..., Any]:
    """Return a function of `lazydag.linalg`, of which one result may be wanted only."""

    def run(*arrays: Any) -> Any:
        import lazydag as ld

        found = getattr(ld.linalg, name)(*arrays, **options)
        return found if result is None else found[result]

    return run


PROGRAMS = {
    "cholesky": Case(linalg("cholesky")),
    "lu_factor": Case(linalg("lu_factor", result=0)),
    "qr": Case(linalg("qr", result=1)),
    "solve_triangular": Case(linalg("solve_triangular", lower=True), 2),
}


def machine() -> Target:
    """Return the target."""
    from lazydag.cost.store import load

    return load(MACHINE)


def planned(
    case: Case, target: Target, *, size: int = SIZE, tile: int | None = None
) -> Plan:
    """Return the plan of a program.

    Parameters
    ----------
    tile
        Order of the tiles that the matrices are dealt in; they are not by default.
    """
    import lazydag as ld
    from lazydag.compiler import plan
    from lazydag.ir.types import F64, ArrayType

    def run(*arrays: Any) -> Any:
        if tile is not None:
            arrays = tuple(a.retile(tile, GRID) for a in arrays)
        return case.run(*arrays)

    types = [ArrayType((size, size), F64)] * case.count
    graph = ld.jit(run).trace(*types)
    return plan(graph, (None,) * case.count, target)


def predicted(
    case: Case, target: Target, *, size: int = SIZE, tile: int | None = None
) -> Prediction:
    """Return a simulated run of a program."""
    from lazydag.explain.sockets import dealt, predict

    plan = planned(case, target, size=size, tile=tile)
    return predict(plan.task_graph, dealt(plan), target)


def rows(settings: Settings) -> Iterator[Row]:
    """Simulate each program."""
    if load_lazydag() is None or not settings.wants(OURS):
        return
    target = machine()
    size = max(TILE, int(SIZE * settings.scale) // TILE * TILE)
    for name, case in PROGRAMS.items():
        alone = predicted(case, target, size=size).schedule.makespan
        found = predicted(case, target, size=size, tile=TILE)
        yield Row(
            name=f"{name}, n = {size}, simulated on {found.cores} cores",
            threads=settings.threads,
            ours=found.schedule.makespan,
            peers={},
            ratios={},
            goals=(
                Goal("of the cores' time", EFFICIENCY, found.efficiency, unit="%"),
                Goal("of the bound", RATIO, found.ratio, at_most=True),
            ),
            limit=show_seconds(found.bound_seconds),
            note=f"{found.schedule.moved_nbytes / 1e9:.0f} GB between sockets; "
            f"undealt {show_seconds(alone)}",
        )
