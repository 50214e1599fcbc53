"""The tests that run on devices, too: what holds for plans holds wherever they run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests of plans.

    Parameters
    ----------
    path
        A file, or a folder with all that is in it.
    without
        Beginnings of the names of tests about the host's own tasks and memory.
    is_quick
        Whether it always runs on a simulated device, and not only when asked for.
    """

    path: str
    without: tuple[str, ...] = ()
    is_quick: bool = False

    def has(self, path: Path, test: str) -> bool:
        """Tell whether a test is one of these."""
        own = TESTS / self.path
        return own in {path, *path.parents} and not test.startswith(self.without)


SUITES: Final = (
    Suite("algorithms"),
    Suite("algorithms/test_cholesky.py", is_quick=True),
    # Callbacks of the simulated driver lose what interrupts them.
    Suite(
        "array/control",
        ("test_each_tile_is_a_task", "test_an_endless_loop_can_be_interrupted"),
    ),
    Suite("array/linalg"),
    Suite("array/random"),
    Suite("array/sparse"),
    Suite("compiler/test_functions.py", ("test_results_of_one_call_are_one",)),
    Suite("compiler/test_joins.py", is_quick=True),
    Suite("compiler/test_plans.py"),
    Suite("compiler/test_random.py"),
    Suite("compiler/test_random_positions.py"),
    Suite("compiler/test_variance.py"),
    Suite("compiler/test_views.py"),
    Suite("examples"),
    Suite("linalg", ("test_small_calls_of_lapack_use_one_thread",)),
)


def places(path: Path, test: str, *, everywhere: bool) -> list[str]:
    """Return where a test runs: ``"host"``, ``"simulated"``, ``"real"``.

    Parameters
    ----------
    everywhere
        Whether suites that take long run on simulated devices, too.
    """
    found = [suite for suite in SUITES if suite.has(path, test)]
    if not found:
        return ["host"]
    is_simulated = everywhere or any(suite.is_quick for suite in found)
    return ["host", "simulated", "real"] if is_simulated else ["host", "real"]
