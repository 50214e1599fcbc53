"""Steps of functions of whole arrays that wait for each other.

Each is a launch at least on a GPU, which for small arrays takes longer than all
arithmetic: factorisations go by columns, or by panels of them, sorts by digits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

from lazydag.ir.types import ArrayType

#: For each column of a matrix, about: panels of columns take fewer launches than each
#: column for itself, and reductions to two diagonals more.
_PER_COLUMN: Final[Mapping[str, float]] = {
    "cholesky": 1 / 8,
    "solve_triangular": 1 / 32,
    **dict.fromkeys(("lu_factor", "solve", "inv", "det", "slogdet"), 1 / 4),
    **dict.fromkeys(("qr", "householder"), 1 / 2),
    **dict.fromkeys(("eigh", "eigvalsh"), 2.0),
    **dict.fromkeys(("svd", "svdvals", "pinv", "least_squares"), 8.0),
}
#: Of sorts, by four bits at a time of eight bytes.
_PASSES: Final = 16
_SORTS: Final = frozenset(
    {
        *("sort", "argsort", "partition", "argpartition", "ranked", "ranked_at"),
        *("topk", "lexsort"),
    }
)


def steps_of(name: str, types: Sequence[ArrayType]) -> int:
    """Return about how many steps of a function wait for the one before, one at least.

    A stack of matrices takes as many as one of them.
    """
    if name in _SORTS:
        return _PASSES
    columns = min(types[0].sizes[-2:], default=1) if types else 1
    return max(1, ceil(_PER_COLUMN.get(name, 0.0) * columns))
