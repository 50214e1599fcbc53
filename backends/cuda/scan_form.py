"""Forms of running sums on GPUs, and the words that they are launched with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.types import TYPES, DType

Task: TypeAlias = Literal["scan", "total", "resume"]

ROUNDS: Final = "rounds"
STRIPS: Final = "strips"
PIECES: Final = "pieces"
PIECE: Final = "piece"
ROWS: Final = "rows"
COLUMNS: Final = "columns"
WIDTH: Final = "width"
HEAD: Final = (ITEMS, ROUNDS, STRIPS, PIECES, PIECE, ROWS, COLUMNS, WIDTH)

ROUND_NBYTES: Final = 1 << 14
MOST: Final = 1 << 12
"""Elements of a round at most."""
FIRST: Final = {"sum": 0, "prod": 1}
"""What stands in front of all results, where that is wanted."""


@dataclass(frozen=True, slots=True)
class ScanForm:
    """What decides a kernel's text.

    Parameters
    ----------
    task
        ``"scan"`` for whole lanes, ``"total"`` for what pieces come to alone,
        ``"resume"`` for pieces behind what comes before each.
    kind
        Of `folds.RULE_OF`: how two elements are combined.
    lanes
        Elements that are combined in pairs; 1 to take all in turn.
    outer, inner
        Dimensions before and behind the one along which sums run.
    has_initial
        Whether the identity is stored in front of the results.
    is_narrow
        Whether 32 bits are enough for the numbers of elements.
    """

    task: Task
    kind: str
    dtype: DType
    lanes: int
    outer: int
    inner: int
    has_initial: bool
    is_narrow: bool


def round_size(dtype: DType) -> int:
    """Return the elements that a block has in shared memory."""
    return min(MOST, ROUND_NBYTES // TYPES[dtype].nbytes)


def scan_layout(form: ScanForm) -> WordLayout:
    """Return the words that a scan is launched with."""
    operands = 3 if form.task == "resume" else 2
    return WordLayout(HEAD, form.outer + 1 + form.inner, operands)
