"""What reductions do with two elements, and with none; and trees of them.

The order in which elements meet is written here and in `row_reducers` and
`column_reducers`, for one number of lanes per type: it depends on nothing else.
"""

from collections.abc import Sequence
from typing import Final

from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.expr import Expr, arg, const
from lazydag.backends.scalar.lower import RULES
from lazydag.backends.scalar.types import TYPES, DType

RULE_OF: Final = {
    "sum": "add",
    "prod": "mul",
    "amin": "minimum",
    "amax": "maximum",
    "any": "lor",
    "all": "land",
}
"""The elementwise op that combines two elements."""

MOMENTS: Final = ("sum", "residual", "m2")
"""Reductions that one function finds together, if one of the last two is wanted."""

LINE_NBYTES: Final = 64
ACCUMULATORS: Final = 4
"""Vectors into which the elements of a row go in turn."""


def lanes(dtype: DType) -> int:
    """Return the width of the vectors in which reductions add up a type."""
    return LINE_NBYTES // TYPES[dtype].nbytes


def identity(kind: str, dtype: DType) -> Expr:
    """Return what combines with any element without changing it."""
    row = TYPES[dtype]
    if kind in ("amin", "amax"):
        return const(_extreme(kind, dtype), dtype)
    if kind == "sum":  # -0.0 + x is x for every x, 0.0 + -0.0 is not
        return const(-0.0 if row.kind == "f" else 0, dtype)
    return const(kind in ("prod", "all"), dtype)


def _extreme(kind: str, dtype: DType) -> float:
    row = TYPES[dtype]
    if row.kind == "f":
        return float("inf") if kind == "amin" else float("-inf")
    if row.kind == "b":
        return kind == "amin"
    return row.maximum if kind == "amin" else row.minimum


def constant(out: VectorPrinter, value: Expr) -> str:
    """Return the text of a constant in every lane."""
    return out.body([value], {})[0]


def combine(out: VectorPrinter, kind: str, dtype: DType, a: str, b: str) -> str:
    """Print the combination of two vectors."""
    value = RULES[RULE_OF[kind]](arg(0, dtype), arg(1, dtype))
    return out.body([value], {0: a, 1: b})[0]


def tree(out: VectorPrinter, kind: str, dtype: DType, names: Sequence[str]) -> str:
    """Print the combination of neighbours, then of these, until one is left."""
    level = list(names)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [combine(out, kind, dtype, a, b) for a, b in pairs]
    return level[0]


def horizontal(out: VectorPrinter, kind: str, dtype: DType, vector: str) -> str:
    """Print the combination of all lanes: the upper half with the lower, and so on."""
    wide, width = out.type(dtype), out.width
    half = width // 2
    while half:
        lane = [str(half + i) if i < half else "poison" for i in range(width)]
        mask = ", ".join(f"i32 {x}" for x in lane)
        shuffle = f"shufflevector {wide} {vector}, {wide} poison"
        upper = out.emit(f"{shuffle}, <{width} x i32> <{mask}>")
        vector = combine(out, kind, dtype, vector, upper)
        half //= 2
    return out.emit(f"extractelement {wide} {vector}, i64 0")


def deviations(dtype: DType) -> list[Expr]:
    """Return the deviation of argument 0 from argument 1, and its square."""
    d = arg(0, dtype) - arg(1, dtype)
    return [d, d * d]


def corrected(first: Expr, second: Expr, count: Expr) -> Expr:
    """Return the sum of squares about the mean, of deviations from near it.

    Given are the sums of deviations and of their squares. The first would be zero if
    the mean were exact; what it is not belongs to the mean.
    """
    return second - first * first / count
