"""How arrays lie in memory for BLAS: by columns, or by rows as transposes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from numpy.typing import NDArray

from lazydag.errors import UsageError

Tile: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Matrix:
    """An array of two axes, as BLAS can take it.

    Attributes
    ----------
    label
        Operation, parameter and array, for messages.
    by_columns, by_rows
        The leading dimension if columns, or rows, are contiguous; 0 if they are not. A
        matrix of one row or column can be both.
    """

    label: str
    by_columns: int
    by_rows: int

    @property
    def is_rows(self) -> bool:
        """Whether it is handed over by rows, which to Fortran is its transpose."""
        return not self.by_columns

    @property
    def ld(self) -> int:
        """The leading dimension in the order that `is_rows` tells."""
        return self.by_columns or self.by_rows


def common_order(*matrices: Matrix) -> bool:
    """Return whether all are handed over by rows, as one order must do for all.

    Raises
    ------
    UsageError
        If some are by columns and others by rows.
    """
    if all(matrix.by_columns for matrix in matrices):
        return False
    if all(matrix.by_rows for matrix in matrices):
        return True
    first, *rest = matrices
    other = next(m for m in rest if bool(m.by_columns) != bool(first.by_columns))
    raise UsageError(
        f"{first.label}, and {other.label}, lie in memory in different orders",
        remedy="Make both C-ordered or both Fortran-ordered.",
    )


def lay_out(label: str, array: Tile) -> Matrix:
    """Return how an array of two axes lies in memory."""
    (m, n), (down, across) = array.shape, array.strides
    by_columns = _leading((m, n), (down, across), array.itemsize)
    by_rows = _leading((n, m), (across, down), array.itemsize)
    return Matrix(label, by_columns, by_rows)


def _leading(sizes: tuple[int, int], strides: tuple[int, int], itemsize: int) -> int:
    """Return the leading dimension if the first axis is contiguous, else 0."""
    inner, outer = sizes
    if not (inner and outer):
        return max(1, inner)
    if inner > 1 and strides[0] != itemsize:
        return 0
    if outer == 1:
        return inner
    ld, rest = divmod(strides[1], itemsize)
    return ld if ld >= inner and not rest else 0
