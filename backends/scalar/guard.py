"""Operations completed where C leaves them undefined, as NumPy has them.

`div`, `rem`, `shl`, `shr` and `cast` may be used on any operands. They cost a few
selects where operands are not constants that rule the odd cases out.
"""

from lazydag.backends.scalar.expr import (
    Expr,
    absolute,
    bitcast,
    const,
    convert,
    eq,
    make,
    ne,
    select,
    value_of,
)
from lazydag.backends.scalar.types import TYPES, DType


def div(a: Expr, b: Expr) -> Expr:
    """Quotient: IEEE for floats; integers truncate, ``x/0 = 0``, ``min/-1 = min``."""
    if TYPES[a.dtype].kind == "f" or _is_harmless(b):
        return make("div", a, b)
    quotient = make("div", a, _safe_divisor(a, b))
    return select(eq(b, 0), 0, quotient)


def rem(a: Expr, b: Expr) -> Expr:
    """Remainder with the sign of `a` (C's ``%`` and ``fmod``); ``x rem 0 = 0``."""
    if TYPES[a.dtype].kind == "f" or _is_harmless(b):
        return make("rem", a, b)
    remainder = make("rem", a, _safe_divisor(a, b))
    return select(eq(b, 0), 0, remainder)


def _is_harmless(divisor: Expr) -> bool:
    return value_of(divisor) not in (None, 0, -1)


def _safe_divisor(a: Expr, b: Expr) -> Expr:
    """1 where the division would trap: min/1 is min, and min rem 1 is 0."""
    traps = eq(b, 0)
    if TYPES[a.dtype].kind == "i":
        traps = traps | (eq(b, -1) & eq(a, TYPES[a.dtype].minimum))
    return select(traps, 1, b)


def shl(a: Expr, b: Expr) -> Expr:
    """``a << b``; 0 for a shift outside ``0..bits-1``."""
    inside = _in_range(b)
    if inside is None:
        return make("shl", a, b)
    return select(inside, make("shl", a, select(inside, b, 0)), 0)


def shr(a: Expr, b: Expr) -> Expr:
    """``a >> b``; only copies of the sign for a shift outside ``0..bits-1``."""
    inside = _in_range(b)
    if inside is None:
        return make("shr", a, b)
    if TYPES[a.dtype].kind == "u":
        return select(inside, make("shr", a, select(inside, b, 0)), 0)
    return make("shr", a, select(inside, b, TYPES[a.dtype].bits - 1))


def _in_range(shift: Expr) -> Expr | None:
    """Whether the shift is defined; None when it is known to be."""
    bits, value = TYPES[shift.dtype].bits, value_of(shift)
    if value is not None and 0 <= value < bits:
        return None
    unsigned: dict[int, DType] = {8: "u8", 16: "u16", 32: "u32", 64: "u64"}
    return bitcast(shift, unsigned[bits]) < bits


def cast(x: Expr, dtype: DType) -> Expr:
    """NumPy's ``astype`` on x86-64, the same on every processor.

    A float outside an integer's range (or NaN) gives what ``cvttsd2si`` gives: the
    least ``i32`` or ``i64``. Narrower integers take the low bits of the ``i32``,
    ``u32`` those of the ``i64``, and ``u64`` is converted in two halves.
    """
    if TYPES[x.dtype].kind != "f" or TYPES[dtype].kind not in "iu":
        return convert(x, dtype)
    if dtype == "u64":
        return _to_u64(x)
    wide: DType = "i64" if dtype in ("i64", "u32") else "i32"
    return convert(_to_signed(x, wide), dtype)


def _to_signed(x: Expr, dtype: DType) -> Expr:
    """Truncate to `dtype`, its least value where that does not fit."""
    row = TYPES[dtype]
    least = const(float(row.minimum), x.dtype)
    above = x >= least
    if row.bits == 32 and x.dtype == "f64":  # -2147483648.5 truncates into range
        above = x > row.minimum - 1.0
    inside = above & (x < float(row.maximum + 1))
    return select(inside, convert(select(inside, x, least), dtype), row.minimum)


def _to_u64(x: Expr) -> Expr:
    half = float(2**63)
    is_high = x >= half
    low = _to_signed(select(is_high, x - half, x), "i64")
    flip = select(is_high, const(1 << 63, "u64"), 0)
    return bitcast(low, "u64") ^ flip


def is_nan(x: Expr) -> Expr:
    """Whether `x` is a NaN."""
    return ne(x, x)


def is_inf(x: Expr) -> Expr:
    """Whether `x` is infinite."""
    return eq(absolute(x), float("inf"))


def is_finite(x: Expr) -> Expr:
    """Whether `x` is neither infinite nor a NaN."""
    return absolute(x) < float("inf")
